"""Writes the table of tags of official images anew, from the history of their list.

    python tests/distributions/official_tags.py CLONE

CLONE is a clone of docker-library/official-images with its history. Its files `library/NAME` say
which folder each tag is built from, and so on which release of a distribution. A tag that is no
longer in the list stays at the hub as it was built last. The script fails if a tag and its slim
form were ever built last on different releases: what is written then would be wrong.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import textwrap
from pathlib import Path

from dockfix.state.official_tags import SUITES, slim_tag

FILE = Path(__file__).parents[2] / "src/dockfix/state/tag_table.py"
IMAGES = (
    "eclipse-temurin",
    "gcc",
    "golang",
    "node",
    "perl",
    "php",
    "pypy",
    "python",
    "ruby",
    "rust",
)
SLIM = ("eclipse-temurin", "node", "perl", "pypy", "python", "ruby", "rust")
#: Behind a version in the tag that every version of an image has.
USUAL = {"eclipse-temurin": "-jdk"}
#: Suites from before most images had a slim form for each: not looked at.
BEFORE_SLIM = {"wheezy", "jessie", "stretch"}

Version = tuple[int, ...]
HEAD = '''"""Tags of official images: the release under each version, and where slim forms begin.

Written by tests/distributions/official_tags.py from the history of docker-library/official-images;
`dockfix.state.official_tags` reads it. In `RELEASES`, a version and a release stand for all
versions from that one on; `?` is unknown. In `SLIM`, `+` and `-` say whether these versions have a
slim form.
"""

from __future__ import annotations

#: The day of the newest list that was read.
AS_OF = "{date}"
'''


def git(clone: Path, *words: str, given: str = "") -> bytes:
    """What git prints."""
    command = ["git", "-C", str(clone), *words]
    return subprocess.run(command, input=given.encode(), capture_output=True, check=True).stdout


def lists(clone: Path, image: str) -> list[str]:
    """All versions of an image's list, the newest first."""
    path = f"library/{image}"
    commits = git(clone, "log", "--format=%H", "--", path).decode().split()
    data = git(clone, "cat-file", "--batch", given="".join(f"{one}:{path}\n" for one in commits))
    texts, at = [], 0
    while at < len(data):
        end = data.index(b"\n", at)
        words = data[at:end].split()
        size = 0 if words[-1] == b"missing" else int(words[2]) + 1
        texts.append(data[end + 1 : end + 1 + size].decode(errors="replace"))
        at = end + 1 + size
    return texts


def tags_in(text: str) -> dict[str, str]:
    """The tags of a list for Linux, and the suite that each is built on, or `?`."""
    found: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1].isspace():
                fields[name] = fields.get(name, "") + " " + line.strip()
            elif ":" in line and not line.startswith("#"):
                name, _, value = line.partition(":")
                fields[name] = value.strip()
        if "Tags" not in fields:
            # the form of before 2016: `tag: repository@commit folder`
            old = re.findall(r"^([\w.-]+):\s*git\S+@\S+(?:[ \t]+(\S+))?$", paragraph, re.MULTILINE)
            found.update((tag, suite_of(folder)) for tag, folder in old)
        elif "windows" not in fields.get("Directory", ""):
            suite = suite_of(f"{fields.get('Directory', '')} {fields['Tags']}")
            tags = re.split(r"[,\s]+", f"{fields['Tags']}, {fields.get('SharedTags', '')}")
            found.update((tag, suite) for tag in tags if tag)
    return found


def suite_of(text: str) -> str:
    """The suite that a folder or a tag names."""
    return next((part for part in re.split(r"[-/.,\s]", text) if part in SUITES), "?")


def history(texts: list[str]) -> dict[str, str]:
    """The suite that each tag was built on last."""
    found: dict[str, str] = {}
    for text in reversed(texts):
        found.update(tags_in(text))
    return found


def version_of(tag: str, suffix: str = "") -> Version | None:
    """The numbers of a tag that is a version and nothing else."""
    tag = re.sub(r"^(\d+)_", r"\1.0.0_", tag)  # Java's first version of a release
    if not re.fullmatch(r"\d+(?:[._]\d+)*" + suffix, tag):
        return None
    return tuple(map(int, re.split(r"[._]", tag.removesuffix(suffix))))


def runs(known: dict[Version, str]) -> str:
    """`version value` for each version from which on a value holds."""
    said, last = [], ""
    for version in sorted(known):
        if known[version] != last:
            last = known[version]
            said.append(f"{'.'.join(map(str, version))} {last}")
    return " ".join(said)


def exact(tags: dict[str, str], image: str) -> dict[Version, str]:
    """The suites of the full versions; also of the short ones that no full one belongs to."""
    suffix = USUAL.get(image, "")
    known = {version: tag for tag in tags if (version := version_of(tag, suffix))}
    full = {
        version: tags[tag]
        for version, tag in known.items()
        if not any(len(one) > len(version) and one[: len(version)] == version for one in known)
    }
    for version, tag in known.items():
        below = [one for one in full if one[: len(version)] == version]
        assert tags[tag] == full[max(below)], f"{image}:{tag} is not what its newest version is"
    return full


def compare(tags: dict[str, str], image: str) -> dict[Version, str]:
    """`+` for each version with a slim form on the same release, `-` for one without."""
    suffix = USUAL.get(image, "")
    having: dict[Version, str] = {}
    for tag, suite in tags.items():
        slim = slim_tag(image, tag)
        if slim is None or suite in BEFORE_SLIM:
            continue
        other = tags.get(slim)
        assert other in (None, suite, "?"), f"{image}:{tag}: {suite}, {slim}: {other}"
    for version in exact(tags, image):
        tag = ".".join(map(str, version)) + suffix
        tag = next((one for one in tags if version_of(one, suffix) == version), tag)
        slim = slim_tag(image, tag)
        having[version] = "+" if slim in tags and tags[slim] != "?" else "-"
    return having


def table(name: str, comment: str, rows: dict[str, str]) -> str:
    """A dict of texts as Python."""
    lines = ["", f"#: {comment}", f"{name} = {{"]
    for image, text in rows.items():
        parts = textwrap.wrap(text, 84)
        parts = [part + " " for part in parts[:-1]] + parts[-1:]
        if len(parts) == 1 and len(image) + len(text) < 86:
            lines.append(f'    "{image}": "{text}",')
        else:
            lines += [f'    "{image}": (', *(f'        "{part}"' for part in parts), "    ),"]
    return "\n".join([*lines, "}", ""])


def main() -> None:
    """Reads the lists and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("clone", type=Path)
    clone = parser.parse_args().clone
    date = git(clone, "log", "-1", "--format=%cs").decode().strip()
    releases, slim, live = {}, {}, {}
    for image in IMAGES:
        texts = lists(clone, image)
        tags = history(texts)
        if image != "pypy":  # its versions are those of Python, with its own behind them
            releases[image] = runs(exact(tags, image))
            newest = exact(tags_in(texts[0]), image)
            live[image] = " ".join(".".join(map(str, version)) for version in sorted(newest))
        if image in SLIM:
            having = compare(tags, image)
            if image != "pypy":
                slim[image] = runs(having)
    text = HEAD.format(date=date)
    text += table("RELEASES", "From which version on, which release.", releases)
    text += table("LIVE", "Versions that were still built: their release may change.", live)
    text += table("SLIM", "From which version on there is a slim form, or none.", slim)
    FILE.write_text(text)
    subprocess.run(["ruff", "format", "-q", str(FILE)], check=False)


if __name__ == "__main__":
    main()
