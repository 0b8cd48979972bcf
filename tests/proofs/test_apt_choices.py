"""Where the tables say that two ways to install bring the same packages, apt brings the same."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from apt_root import AptRoot

from proofs.apt_choices import PYTHON, compare, random_lists

#: Another one each day would find more, and fail for nobody else.
SEED = 20_261_130


def mirror() -> str:
    """The mirror of Debian that this machine's apt uses, less its `/debian` at the end."""
    if shutil.which("apt-get") is None:
        pytest.skip("apt is asked, and there is no apt-get")
    if subprocess.run([PYTHON, "-c", "import apt_pkg"], capture_output=True).returncode:
        pytest.skip("apt's library is asked by python3-apt, which is not installed")
    listed = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    found = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    ends = [address for address in found if address.rstrip("/").endswith("/debian")]
    if not ends:
        pytest.skip("apt knows of no mirror of Debian here")
    return ends[0].rstrip("/").removesuffix("/debian")


@pytest.mark.engine
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_apt_brings_the_same_where_the_tables_say_so(suite: str, tmp_path: Path) -> None:
    root = AptRoot(tmp_path, suite, mirror())
    root.prepare()
    print("seed", SEED)
    chance = random.Random(f"{SEED} {suite}")
    counts = compare(root, random_lists(suite, chance), 50, chance)
    assert counts["compared"] == 50
    assert not counts["DIFFERENT"], "if Debian's packages have changed, make the tables anew"
    # otherwise nothing was compared
    assert counts["refused by apt"] < 10
    assert min(counts["sorted"], counts["joined"], counts["by apt-get"]) > 0
