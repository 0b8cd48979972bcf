"""pip: a list of requirements may name other lists, constraints, archives, and the project itself.

A list is read line by line, as pip does; whatever is not plainly a package from elsewhere counts as
one of the project. `pip install .` and `-e .` run the project's own build, which reads the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.packages.command import Argument, Command
from dockfix.packages.language import PIP
from dockfix.packages.manager import words
from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    beside,
    present,
    text_of,
)
from dockfix.patterns import lazy

_URL = lazy(r"(?:https?|git\+https?|git\+ssh|ssh)://", re.IGNORECASE)
_FILES = words("--requirement --requirements --constraint")
_TREES = words("--target --prefix --root --cache-dir")
_REFUSED = words(
    "--src --build --build-dir --build-directory --source --source-dir --cert",
    "--client-cert --config-setting --config-settings --group --python --log --log-file",
    "--local-log --report --download --download-cache --global-option --install-option --dry-run",
)
_BUILDS = "pip builds the project, which reads its source"


def reads_of_command(command: Command, *, as_module: bool) -> Reads | None:
    """What an install reads, told by its words; None: it is none, or not understood."""
    if command.action != "install" or command.verb.value != "install":
        return None
    files: list[str] = []
    trees: list[str] = []
    links: list[str] = []
    source = ""
    for option in command.options:
        name, value = _split(option)
        if _is_one_of(name, words("--editable"), "e"):
            source = source or _BUILDS
        elif _is_one_of(name, _REFUSED, "bdC"):
            return None
        elif _is_one_of(name, _FILES, "rc"):
            if not value or "$" in value or _is_url(value):
                return None
            files.append(value)
        elif _is_one_of(name, _TREES, "t"):
            trees.append(value)
        elif name in ("-f", "--find-links") and not _is_url(value):
            if "$" in value:
                return None
            links.append(value.removeprefix("file://"))
    for word in command.packages:
        value = word.value or ""
        if value[:1] in (".", "/"):
            source = source or _BUILDS
        elif not PIP.is_plain(value) and not _is_url(value):
            return None
    if not files and not command.packages and not source:
        return None
    return Reads(
        "pip",
        tuple(files),
        tuple(links),
        writes=tuple(trees),
        shadowed=as_module,
        source=source,
    )


def _is_url(value: str) -> bool:
    return "://" in value and _URL.match(value) is not None


def _is_one_of(name: str, long: frozenset[str], letters: str) -> bool:
    """Whether an option is one of the long ones, or letters behind a dash of which one is last."""
    return name in long or (
        name[:1] == "-" and name[-1] in letters and name[1:].isascii() and name[1:].isalpha()
    )


def _split(option: Argument) -> tuple[str, str]:
    """An option of pip and its value: `-r x`, `-rx`, `--requirement=x`."""
    if len(option.words) == 2:
        return option.words[0].text, option.words[1].value or option.words[1].text
    text = option.words[0].value or option.words[0].text
    if text.startswith("--"):
        name, _, value = text.partition("=")
        return name, value
    found = re.match(r"(-[A-Za-z]*?[rctbefiCd])(.+)", text)
    return (found[1], found[2]) if found else (text, "")


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REQUIREMENT = lazy(
    rf"{_NAME}\s*+(?:\[[\w\s,.-]*\])?\s*+(?:\(?[=<>!~]=?=?[^/\\]*\)?)?(?:;.*)?(?:\s--hash[= ]\S+)*"
)
_REMOTE = lazy(r"(?:git\+|hg\+)?(?:https?|ssh)://")
_HARMLESS_OPTION = lazy(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[= ]\s*https?://\S+"
    r"|--(?:trusted-host|no-binary|only-binary|use-feature)[= ]\s*\S+"
    r"|--(?:pre|prefer-binary|require-hashes|no-index)"
)
_OTHER_LIST = lazy(r"(?:-r|-c|--requirements?|--constraint)[= ]?\s*(\S+)")
_LINKS = lazy(r"(?:-f|--find-links)[= ]\s*(?:file://)?(\S+)")
_LOCAL_ARCHIVE = lazy(r"(\S*\.(?:whl|zip|tar|tgz|gz|bz2|xz|egg))(?:\s|;|$)")


def needs(project: Project, command: Reads) -> Needs:
    """The lists and what they name."""
    if command.source:
        raise UnsureError(command.source)
    found: list[str] = []
    waiting = list(command.manifests)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            for other, nested in _named(text_of(project, name)):
                if nested:
                    waiting.append(beside(name, other))
                else:
                    # looked for beside the list, or where pip runs
                    found += [beside(name, other), beside("", other)]
    found += command.optional
    return Needs(present(project, tuple(dict.fromkeys(found))))


def lines_of(text: str) -> Iterator[str]:
    """The lines of a list of requirements that say something, continued ones joined."""
    for line in re.sub(r"\\\r?\n", " ", text.removeprefix("\ufeff")).splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if line:
            yield line


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """The files that a list names, and whether they are lists themselves."""
    for line in lines_of(text):
        if _HARMLESS_OPTION.fullmatch(line):
            continue
        other = _OTHER_LIST.fullmatch(line)
        if other:
            if "${" in other[1]:
                raise UnsureError(f"`{line}` depends on a variable")
            if not _is_url(other[1]):
                yield other[1], True
            continue
        links = _LINKS.fullmatch(line)
        if links:
            yield links[1], False
            continue
        requirement, at, url = line.partition(" @ ")
        if at and _REMOTE.match(url) and re.fullmatch(_NAME + r"(?:\[[\w,.-]*\])?", requirement):
            continue
        if _REMOTE.match(line):
            continue
        archive = _LOCAL_ARCHIVE.match(line)
        if archive and "://" not in line and "${" not in line:
            yield archive[1], False
        elif not _REQUIREMENT.fullmatch(line):
            raise UnsureError(f"`{line}` in its list names a file of the project")


def _no_words(values: list[str]) -> Reads | None:
    """pip's words are read by its table of options: see `reads_of_command`."""
    return None


RULES = Rules(_no_words, needs)
