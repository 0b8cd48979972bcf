"""The practices of articles on small images, each a project in fixtures/articles.

`Dockerfile` is what many people write, `expected` what the articles teach. The patch that the
command prints, applied by git, turns one into the other, with the build context at hand and default
options.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from command import dockfix_command, git
from shell_runs import SHELLS, outcomes, runs_of

ARTICLES = Path(__file__).parent.parent / "fixtures" / "articles"

#: Each project with the practice it shows and the passes that apply it; none: it has to stay.
PROJECTS: dict[str, tuple[str, ...]] = {
    # one RUN, one install, in order, without package lists
    "P1-one-install": ("merge-runs", "merge-installs", "sort-packages", "clean-package-cache"),
    "P1-joined-by-hand": (),
    "P2-sorted-lists": ("merge-runs", "sort-packages"),
    # lists fetched and removed in one layer, in the layout of the file
    "P3-pinned-and-cleaned": (
        "merge-runs", "merge-installs", "sort-packages", "clean-package-cache",
    ),
    "P3-tabs-and-trailing-operators": ("merge-runs", "sort-packages", "clean-package-cache"),
    # what is removed in a later layer still weighs
    "P5-install-use-remove": ("merge-runs",),
    "P6-download-extract-delete": ("merge-runs",),
    # a stop signal reaches the program, not a shell before it
    "P7-signals-reach-python": ("exec-form",),
    "P7-signals-reach-java": ("exec-form",),
    # an edited file of the source does not install everything again
    "P8-source-after-dependencies": ("install-before-source", "clean-package-cache"),
    "P8-source-after-packages": (
        "install-before-source", "merge-runs", "clean-package-cache", "exec-form",
    ),
    # the manifest that is installed is not the one that is copied: nobody knows what was meant
    "P8-misspelt-manifest": ("clean-package-cache",),
    # the manifest first, and everything else behind the install
    "P9-everything-before-npm": ("install-before-source", "clean-package-cache"),
    "P9-manifest-among-the-source": ("install-before-source", "clean-package-cache"),
    # what is deleted in a later layer still weighs, so it is not copied
    "P12-copied-to-be-removed": ("no-late-delete",),
    # npm's own name for it, since the old one is deprecated
    "P17-production-only": ("modern-flags", "clean-package-cache"),
    # what changes most, last: the libraries above the classes
    "P10-libraries-first": ("stable-first", "exec-form"),
    # a commit to every layer: what is built is said below the install
    "P10-revision-last": ("stable-first", "clean-package-cache"),
    # ADD for what it unpacks, COPY for the rest
    "P14-add-and-copy": ("copy-not-add",),
    # WORKDIR makes a directory and goes there
    "P15-mkdir-and-workdir": ("use-workdir",),
    "P15-mkdir-and-cd": ("use-workdir",),
    # an en dash, a mapped port and single quotes, with which it can't build or start
    "P23-typing-slips": (
        "repair-typos", "exec-form", "install-before-source", "clean-package-cache",
    ),
    # a snippet has no FROM
    "P24-fragment": ("merge-runs", "merge-installs", "sort-packages", "clean-package-cache"),
}  # fmt: skip


def project(name: str, folder: Path) -> Path:
    """A copy of a project as a Git repository of its own."""
    root = folder / name
    shutil.copytree(ARTICLES / name, root, ignore=shutil.ignore_patterns("expected"))
    git("init", "--quiet", cwd=root)
    return root


@pytest.mark.parametrize("name", PROJECTS)
def test_the_patch_makes_of_a_project_what_the_article_teaches(name: str, tmp_path: Path) -> None:
    root = project(name, tmp_path)
    before = (root / "Dockerfile").read_bytes()
    expected = (ARTICLES / name / "expected").read_bytes()
    done = dockfix_command("--diff", cwd=root)
    assert done.returncode == int(before != expected)
    if done.stdout:
        git("apply", cwd=root, given=done.stdout)
    assert (root / "Dockerfile").read_bytes() == expected
    assert dockfix_command("--diff", cwd=root).stdout == b""
    if done.stdout:
        git("apply", "--reverse", cwd=root, given=done.stdout)
    assert (root / "Dockerfile").read_bytes() == before


@pytest.mark.parametrize("name", PROJECTS)
def test_the_passes_that_apply_a_practice_are_named(name: str, tmp_path: Path) -> None:
    lines = dockfix_command(cwd=project(name, tmp_path)).stdout.decode()
    named = re.findall(r"^Dockerfile:\d+:\d+: DF\d+ ([a-z-]+) .*\[safe\]$", lines, re.MULTILINE)
    assert set(named) == set(PROJECTS[name])


def test_writing_in_place_makes_the_same(tmp_path: Path) -> None:
    for name in PROJECTS:
        root = project(name, tmp_path)
        assert dockfix_command("--in-place", cwd=root).returncode == 0
        assert (root / "Dockerfile").read_bytes() == (ARTICLES / name / "expected").read_bytes()


def test_a_fragment_is_said_to_be_one(tmp_path: Path) -> None:
    said = dockfix_command(cwd=project("P24-fragment", tmp_path)).stdout.decode()
    assert re.search(r"^Dockerfile:1:1: DF001 fragment no FROM", said, re.MULTILINE)


def test_a_manifest_that_names_the_source_keeps_the_order(tmp_path: Path) -> None:
    root = project("P8-source-after-dependencies", tmp_path)
    (root / "requirements.txt").write_text("-e ./shop_project\n")
    done = dockfix_command("--diff", "--ignore", "clean-package-cache", cwd=root)
    assert done.stdout == b""


def test_download_extract_delete_leaves_the_same_files(tmp_path: Path) -> None:
    """With stand-ins for the network, in real shells."""
    folder = ARTICLES / "P6-download-extract-delete"
    make = "mkdir 2024; touch 2024/01.csv 2024/02.csv; tar -cf x.tar 2024; rm -r 2024"
    cases = []
    for name in ("Dockerfile", "expected"):
        texts = runs_of((folder / name).read_text())
        cases.append(
            [make, *(text.replace("wget -O samples.tar.gz ${SAMPLES}", "mv x.tar samples.tar.gz")
                     for text in texts)]
        )  # fmt: skip
    for shell in SHELLS.values():
        before, after = outcomes(cases, shell, tmp_path / "shell")
        assert before == after
        assert before[0]
        assert set(before[1]) == {"2024", "2024/01.csv"}
