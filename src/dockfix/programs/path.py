"""Which programs a script looks up in PATH, and which it may put there.

A shell that has run `pip` once goes on running the one it found, even when `pip install pip` has
put another in front of it; a fresh shell would run the new one. What each manager puts there is in
its record (`manager.OnPath`); here is what lies beside the managers.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from dockfix.managers import manager_of, named_in
from dockfix.managers.manager import Manager
from dockfix.managers.parts import OnPath
from dockfix.programs.program_table import SETTLED
from dockfix.shell.effects import HARMLESS_BUILTINS
from dockfix.shell.fresh import unwrapped
from dockfix.shell.joining import Lookups
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word
from dockfix.state.facts import Facts, Place, outer_base

#: Programs beside the managers that put into PATH at most what their words name.
_NAMING = frozenset(
    ("dpkg", "rpm", "emerge", "cp", "mv", "ln", "install", "tar", "unzip", "rsync", "gunzip",
     "bunzip2", "xz", "curl", "wget", "tee", "cpanm")
)  # fmt: skip
#: What installs a program by another name than its own.
_CALLED = {"cpanminus": "cpanm"}
#: Programs that run others.
_WRAPPERS = frozenset(("su", "sudo", "env", "xargs", "gosu", "runuser", "timeout"))
#: What a shell runs without looking for it, or finds where no build puts another.
_FOUND_FIRST = SETTLED | HARMLESS_BUILTINS
#: Programs that put nothing there.
_INERT = (_FOUND_FIRST | {"git", "hg", "svn", "cd", "export", "set"}) - _NAMING - _WRAPPERS
_MAKES_ENVIRONMENTS = frozenset(("add", "env", "install", "sync", "update", "venv"))
#: Other programs, by what they do there.
_BESIDE = {
    "corepack": OnPath(
        names=frozenset(("enable", "disable", "prepare", "install", "use")),
        beside=frozenset(("yarn", "yarnpkg", "pnpm", "pnpx")),
    ),
    "rye": OnPath(environments=_MAKES_ENVIRONMENTS),
    "pixi": OnPath(environments=frozenset(("install",))),
    "python": OnPath(environments=frozenset(("venv", "virtualenv"))),
}
_NOTHING = OnPath()
#: What is in an environment with a Python of its own.
_IN_ENVIRONMENTS = frozenset(("python", "pip"))
#: How making one looks in the words of other programs: installers, and what a shell is told to run.
_MAKING_ONE = ("-m venv", "virtualenv ", "Anaconda", "Mambaforge", "Miniconda", "Miniforge")
#: What puts programs into PATH whose names do not stand in the script.
_INSTALLS_UNSEEN = lazy(
    r"get-pip|ez_setup|\bself-?update\b|--system\b|\bupdate-alternatives\b"
    r"|(?:^|[\s;&|({])(?:n|nvm|nodenv|pyenv|rbenv|rvm|asdf|volta|sdk)[ \t]"
)
_NAME = lazy(r"[A-Za-z_][\w.+]*")
#: Programs beside those of managers that official images have in /usr/local/bin, by the family.
_FIRST = {
    "node": frozenset(("corepack", "node", "nodejs", "npx")),
    "python": frozenset(("idle", "pydoc", "python")),
}


def first_in_path(facts: Facts, place: Place) -> frozenset[str]:
    """Families of programs that are found where the base image has them, whatever is installed.

    Official images of languages have them in /usr/local/bin: with the PATH that they come with, no
    install can put another in front of them. Where the file changes PATH, there are none: what a
    user or a virtual environment installs for itself is in no folder of it.
    """
    if "PATH" in place.names:
        return frozenset()
    image = outer_base(facts, place.stage).partition("@")[0].partition(":")[0]
    found = _FIRST.get(image, frozenset())
    # what the file does not name, it does not run
    return found.union(
        *(one.programs for one in named_in(facts.source) if image in _of(one).first_in)
    )


def _of(manager: Manager | None) -> OnPath:
    return (manager.on_path if manager else None) or _NOTHING


def _on_path(program: str) -> OnPath:
    return _BESIDE.get(program) or _of(manager_of(program))


def is_found_first(program: str) -> bool:
    """True if it does not matter where a shell remembers a program to be."""
    if program in _FOUND_FIRST:
        return True
    manager = manager_of(program)
    return manager is not None and manager.system


def may_replace(script: Script, start: int = 0, stop: int | None = None) -> frozenset[str] | None:
    """Families of programs that the commands of a script that begin at `start` or later, and before
    `stop`, may put into PATH anew; None: any.

    Whoever installs a program names it (a package, an archive, a target), so what counts are the
    names in the words of what installs; of every command, if one of them is not known here (`make
    install` of what `git clone` brought).
    """
    end = len(script.text) if stop is None else stop
    commands = [
        (start <= command.start < end, words)
        for command in script.nested
        if (words := unwrapped(command))
    ]
    known = all(_puts_only_named(words) or _is_inert(words) for inside, words in commands if inside)
    where = (max(start - 1, 0), end) if known else (0, len(script.text))
    if _INSTALLS_UNSEEN.search(script.text, *where):
        return None
    installing = [
        words for inside, words in commands if not known or (inside and _puts_only_named(words))
    ]
    beside = [_on_path(words[0].value or "").beside for words in installing]
    if any(inside and _makes_environment(words) for inside, words in commands):
        beside.append(_IN_ENVIRONMENTS)
    return frozenset(
        family(name)
        for words in installing
        for text in _texts(words)
        for name in _NAME.findall(text)
    ).union(*beside)


def _texts(words: tuple[Word, ...]) -> Iterable[str]:
    """The texts of a command in which the names of what it installs stand."""
    called = _on_path(words[0].value or "").called
    programs = called(words[1:]) if called else None
    return map(_written, words[1:]) if programs is None else programs


def _written(word: Word) -> str:
    """A word without the commands in it, whose own words are looked at anyway."""
    text = word.text
    for expansion in reversed(word.expansions):
        if expansion.body is not None:
            text = f"{text[: expansion.start - word.start]} {text[expansion.end - word.start :]}"
    return text


def _puts_only_named(words: tuple[Word, ...]) -> bool:
    """True if a command puts there at most what its words name."""
    program = words[0].value or ""
    if program in _NAMING:
        return True
    manager = manager_of(program)
    if manager is not None and manager.system:
        return True
    known = _on_path(program)
    return (
        known.named
        or _verb(words) in known.names
        or (known.called is not None and known.called(words[1:]) is not None)
    )


def _makes_environment(words: tuple[Word, ...]) -> bool:
    """True if a command may make an environment with Python and pip, in a folder that PATH has had
    since the start."""
    program = family((words[0].value or "").rpartition("/")[2])
    if program == "virtualenv":
        return True
    making = _on_path(program).environments
    if making and any(word.value in making for word in words[1:]):
        return True
    return any(mark in word.text for word in words for mark in _MAKING_ONE)


def _is_inert(words: tuple[Word, ...]) -> bool:
    program = words[0].value or ""
    return program in _INERT or _verb(words) in _on_path(program).inert


def _verb(words: tuple[Word, ...]) -> str | None:
    """The verb right behind a program; what stands behind options may be the value of one."""
    return words[1].value if len(words) > 1 else None


@cached_by_identity
def lookups(script: Script) -> Lookups:
    """What a script looks up in PATH, by family, and what it may put there.

    The order counts where that of the text is that of the commands.
    """
    first: dict[str, int] = {}
    for command in script.nested:
        name = command.words[0].value if command.words else None
        if name is not None and "/" not in name and not is_found_first(name):
            first.setdefault(family(name), command.start)
    run = frozenset(first)
    if not run:
        return Lookups(run, run, run)
    whole = replaced(script)
    touched = run if whole is None else run & whole
    if not touched or not _in_order(script):
        return Lookups(run, touched, touched)

    def among(found: frozenset[str] | None, name: str) -> bool:
        return found is None or name in found

    return Lookups(
        run,
        frozenset(one for one in touched if among(may_replace(script, 0, first[one]), one)),
        frozenset(one for one in touched if among(may_replace(script, first[one]), one)),
    )


@cached_by_identity
def replaced(script: Script) -> frozenset[str] | None:
    """Families of programs that a script may put into PATH; None: any."""
    return may_replace(script)


def _in_order(script: Script) -> bool:
    """True if a script is simple commands only, so that none runs before one that stands above."""
    return len(script.nested) == len(script.simples) and all(
        isinstance(command, Simple)
        for item in script.items
        for pipeline in item.node.pipelines
        for command in pipeline.commands
    )


@lru_cache(maxsize=4096)
def family(name: str) -> str:
    """`pip`, `pip3` and `pip3.11` are one program to whoever upgrades one of them."""
    stem = name.rstrip("0123456789.")
    return _CALLED.get(stem, stem) if stem[-1:].isascii() and stem[-1:].isalpha() else name
