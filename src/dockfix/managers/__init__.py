"""The package managers, one file each. `PROGRAMS` is the only registry and the only order.

A manager's file holds one record, `MANAGER`, with all that is known of it (its fields: `manager`),
and reads its formats. It is imported when a file calls one of its programs: most files call two.
Beside the managers lie the fields of their records (`manager`), the readers of formats that several
of them share (`manifests/`) and the tables of distributions (`distributions/`).
"""

from __future__ import annotations

from functools import lru_cache

from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.managers.manager import Manager

#: Each manager: the name of its module, and of the programs that it is called by. A star stands
#: for a version in the name (`pip3.11`).
PROGRAMS = {
    "apt": "apt-get apt",
    "aptitude": "aptitude",
    "apk": "apk",
    "yum": "yum",
    "dnf": "dnf*",
    "microdnf": "microdnf",
    "tdnf": "tdnf",
    "zypper": "zypper",
    "pacman": "pacman",
    "pip": "pip*",
    "gem": "gem*",
    "npm": "npm",
    "yarn": "yarn yarnpkg",
    "pnpm": "pnpm",
    "bun": "bun",
    "go": "go",
    "cargo": "cargo",
    "maven": "mvn mvnw",
    "gradle": "gradle gradlew",
    "composer": "composer composer.phar",
    "bundler": "bundle bundler",
    "conda": "conda mamba micromamba",
    "pipenv": "pipenv",
    "poetry": "poetry",
    "uv": "uv",
    "pdm": "pdm",
    "dotnet": "dotnet",
    "mix": "mix",
}
_NAMES = {
    program: name
    for name, programs in PROGRAMS.items()
    for program in programs.replace("*", "").split()
}
_VERSIONED = frozenset(
    program[:-1] for programs in PROGRAMS.values() for program in programs.split() if "*" in program
)
_VERSION = "0123456789."
_SORTED = sorted(_NAMES, key=len)
#: Texts of which one stands in every text that names a program.
_PARTS = tuple(
    one for at, one in enumerate(_SORTED) if not any(part in one for part in _SORTED[:at])
)
#: For each of these texts the names of programs in which it stands.
_BY_PART = {part: [one for one in _SORTED if part in one] for part in _PARTS}
_LOADED: dict[str, Manager] = {}


def load(name: str) -> Manager:
    """The record of a manager, by the name of its module."""
    if name not in _LOADED:
        # importlib would cost as much as some of the modules
        _LOADED[name] = __import__(f"dockfix.managers.{name}", fromlist=("MANAGER",)).MANAGER
    return _LOADED[name]


def every_manager() -> tuple[Manager, ...]:
    """All of them, in their order: for those that want to know them all."""
    return tuple(map(load, PROGRAMS))


@lru_cache(maxsize=4096)
def manager_of(program: str) -> Manager | None:
    """The manager that a program is, by its name without a path; None: it is none."""
    if program not in _NAMES:
        program = program.rstrip(_VERSION)
        if program not in _VERSIONED:
            return None
    return load(_NAMES[program])


def may_name(text: str) -> bool:
    """True if a text may name a program of a manager: it has such a name somewhere, as a part of a
    word perhaps."""
    return any(map(text.__contains__, _PARTS))


@lru_cache(maxsize=64)
def named_in(text: str) -> tuple[Manager, ...]:
    """The managers whose programs a text names, be it in a path or a comment, in their order."""
    found = {
        _NAMES[program]
        for part in _PARTS
        if part in text
        for program in _BY_PART[part]
        if _is_named(program, text)
    }
    return tuple([load(name) for name in PROGRAMS if name in found]) if found else ()


def _is_named(program: str, text: str) -> bool:
    """True if a program's name stands in a text as a word, a version behind it aside."""
    at = text.find(program)
    while at >= 0:
        end = at + len(program)
        if program in _VERSIONED:
            while text[end : end + 1] in _DIGITS:
                end += 1
        if not _continues(text[at - 1 : at]) and not _continues(text[end : end + 1]):
            return True
        at = text.find(program, end)
    return False


_DIGITS = frozenset(_VERSION)


def _continues(character: str) -> bool:
    return character.isalnum() or character == "_"
