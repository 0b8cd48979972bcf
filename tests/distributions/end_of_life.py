"""Writes the table of what is past its end of life anew.

    python tests/distributions/end_of_life.py CLONE

CLONE is a clone of endoflife-date/endoflife.date. Its files `products/NAME.md` begin with the dates
of each release. What ends after the day of the newest commit counts as alive.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "src/dockfix/state/life_table.py"
#: The images of products.
IMAGES = {
    "almalinux": "almalinux",
    "alpine": "alpine-linux",
    "amazonlinux": "amazon-linux",
    "centos": "centos",
    "debian": "debian",
    ".net": "dotnet",
    "eclipse-temurin": "eclipse-temurin",
    "fedora": "fedora",
    "golang": "go",
    "node": "nodejs",
    "perl": "perl",
    "php": "php",
    "postgres": "postgresql",
    "python": "python",
    "rockylinux": "rocky-linux",
    "ruby": "ruby",
    "ubuntu": "ubuntu",
}
#: Products whose extended support comes with the ordinary image: Debian's LTS.
EXTENDED = ("debian",)
HEAD = '''"""Releases and the day of their last security fix, or `-` for those that still get some.

Written by tests/distributions/end_of_life.py from endoflife-date/endoflife.date;
`dockfix.state.end_of_life` reads it. For Debian it is the end of its long term support, for Ubuntu
that of what comes without a subscription.
"""

from __future__ import annotations

#: The day of the data.
AS_OF = "{date}"

ENDS = {{
'''


def end_of(release: dict[str, Any], name: str, today: datetime.date) -> str:
    """The day on which a release ended, or `-`."""
    ends = [release["eol"]]
    if name in EXTENDED and "eoes" in release:
        ends.append(release["eoes"])
    if any(end is False for end in ends):
        return "-"
    days = [end for end in ends if isinstance(end, datetime.date)]
    if not days:
        return "?"  # it ended, and nobody says when
    return str(max(days)) if max(days) <= today else "-"


def main() -> None:
    """Reads the products and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("clone", type=Path)
    git = ["git", "-C", str(parser.parse_args().clone)]
    date = subprocess.check_output([*git, "log", "-1", "--format=%cs"], text=True).strip()
    text = HEAD.format(date=date)
    for image, name in sorted(IMAGES.items()):
        product = subprocess.check_output([*git, "show", f"HEAD:products/{name}.md"], text=True)
        releases = yaml.safe_load(product.split("\n---")[0])["releases"]
        rows = [
            (str(one["releaseCycle"]), end_of(one, name, datetime.date.fromisoformat(date)))
            for one in releases
            if re.fullmatch(r"\d+(\.\d+)*", str(one["releaseCycle"]))
        ]
        rows.sort(key=lambda row: tuple(map(int, row[0].split("."))))
        parts = textwrap.wrap(" ".join(f"{cycle} {end}" for cycle, end in rows), 84)
        text += f'    "{image}": (\n'
        text += "".join(f'        "{part} "\n' for part in parts[:-1])
        text += f'        "{parts[-1]}"\n    ),\n'
    FILE.write_text(text + "}\n")
    subprocess.run(["ruff", "format", "-q", str(FILE)], check=False)


if __name__ == "__main__":
    main()
