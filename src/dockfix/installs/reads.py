"""What an install reads of the files around it, and where it writes, told by its words.

`reads_of` is exact: a script with one command, option or word that is not understood is None. What
a package's own build or install script does is not among it: `Reads.scripts` says that such run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockfix.managers import manager_of
from dockfix.managers.manager import Command
from dockfix.managers.manifests.shape import Reads
from dockfix.programs.command import command_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Pipeline, Script, Simple, Word


class FirstInstall(Record):
    """An install that may be called twice, the first time without the project itself.

    `reads` is what it reads then, with `option` behind its words. `span` is where the command
    stands in the script, `again` what is to be written before the second call.
    """

    reads: Reads
    option: str
    span: tuple[int, int]
    again: str


class Chain(Record):
    """The commands of a script from its start, as far as they are understood.

    `whole` says that these are all. `cuts` are the places where the script can be divided into two
    RUNs, behind as many commands: where the first ends, where the second starts, and what is to be
    written before the second. None: not there. `first_installs` are the ways to divide the script
    in the middle of a command, for each of `reads`.
    """

    reads: tuple[Reads, ...]
    whole: bool
    cuts: tuple[tuple[int, int, str] | None, ...]
    first_installs: tuple[FirstInstall | None, ...] = ()

    def undivided(self) -> Chain:
        """The same chain, with no place where it can be divided."""
        return self._replace(cuts=(), first_installs=())


_HARMLESS_NAMES = lazy(
    r"DEBIAN_FRONTEND|DEBCONF_\w+|LANG|LC_ALL|CI|NODE_ENV|PIP_(?:NO_CACHE_DIR|DEFAULT_TIMEOUT"
    r"|DISABLE_PIP_VERSION_CHECK|BREAK_SYSTEM_PACKAGES|ROOT_USER_ACTION)|PYTHONUNBUFFERED"
)
_URL = lazy(r"(?:https?|git\+https?|git\+ssh|ssh)://", re.IGNORECASE)
#: What is removed by the rest of a script would stay in the layer of the first part. `clean` stands
#: for all that begins with it.
_REMOVALS = (
    "rm", "rmdir", "purge", "del", "remove", "autoremove", "prune", "clean", "uninstall", "unlink",
    "mv", "apk", "trap"
)  # fmt: skip


#: What is fetched or built by these is none of the project's source: it belongs to the install.
_FROM_ELSEWHERE = frozenset(
    ("cpan", "cpanm", "curl", "docker-php-ext-configure", "docker-php-ext-enable",
     "docker-php-ext-install", "luarocks", "opam", "pear", "pecl", "phpize", "wget")
)  # fmt: skip


def reads_of(script: Script) -> tuple[Reads, ...] | None:
    """What each command of a script reads, in order; None if one of them is not understood."""
    chain = chain_of(script)
    return chain.reads if chain.whole else None


@cached_by_identity
def chain_of(script: Script) -> Chain:
    """The commands of a script as far as they are understood, and where it can be divided."""
    found: list[Reads] = []
    cuts: list[tuple[int, int, str] | None] = [None]
    firsts: list[FirstInstall | None] = []
    directory, again = "", ""
    plain = len(script.items) == 1 and script.items[0].terminator != "&"
    last_removal: int | None = None
    for item in script.items:
        pipelines = item.node.pipelines
        chained = "||" not in [operator.text for operator in item.node.operators]
        torn = _torn(pipelines)
        for index, pipeline in enumerate(pipelines):
            command = pipeline.commands[0]
            if (
                not chained
                or item.terminator == "&"
                or pipeline.negated
                or len(pipeline.commands) > 1
                or not isinstance(command, Simple)
            ):
                return Chain(tuple(found), False, tuple(cuts), tuple(firsts))
            if (folder := _changed_to(command)) is not None:
                directory = posixpath.join(directory, folder)
                again = script.text[command.start : command.end] + " && "
                plain = plain and index == 0
                continue
            reads = _reads(command)
            if reads is None:
                return Chain(tuple(found), False, tuple(cuts), tuple(firsts))
            found.append(reads._replace(directory=directory))
            plain = plain and reads.manager != "set"
            first = _first_install(command, found[-1], again) if plain and reads.source else None
            if first and offset_of_last_removal(script.text) > command.start:
                first = None
            firsts.append(first)
            behind = pipelines[index + 1].commands[0].start if index + 1 < len(pipelines) else -1
            if not plain or behind < 0 or index + 1 in torn:
                cuts.append(None)
                continue
            if last_removal is None:
                last_removal = offset_of_last_removal(script.text)
            cuts.append((command.end, behind, again) if behind > last_removal else None)
    return Chain(tuple(found), True, tuple(cuts), tuple(firsts))


def _first_install(command: Simple, reads: Reads, again: str) -> FirstInstall | None:
    """The call of an install that comes first if it is divided; None if it is not."""
    manager = manager_of(reads.manager)
    way = manager.without_project if manager else None
    if manager is None or manager.reads is None or way is None or command.redirects:
        return None
    values = [word.value or word.text for word in command.words[1:]]
    if not way.settled.isdisjoint(value.partition("=")[0] for value in values):
        return None
    first = manager.reads([*values, way.option])
    if first is None or first.source:
        return None
    first = first._replace(directory=reads.directory)
    return FirstInstall(first, way.option, (command.start, command.end), again)


def _torn(pipelines: tuple[Pipeline, ...]) -> frozenset[int]:
    """Above which pipelines of a list no cut is to be: what follows is part of the install.

    That is so up to the last command before the project's own that fetches from elsewhere.
    """
    found: list[int] = []
    torn = False
    for index in range(len(pipelines) - 1, 0, -1):
        command = pipelines[index].commands[0]
        word = command.words[0] if isinstance(command, Simple) and command.words else None
        name = (word.value or "").rpartition("/")[2] if word else ""
        manager = manager_of(name)
        torn = name in _FROM_ELSEWHERE or (torn and (manager is None or manager.reads is None))
        if torn:
            found.append(index)
    return frozenset(found)


def offset_of_last_removal(text: str) -> int:
    """Where the last word of a script stands that may remove something; 0: there is none."""
    last = 0
    for word in _REMOVALS:
        at = text.rfind(word)
        while at > last and not _is_whole(text, at, word):
            at = text.rfind(word, 0, at)
        last = max(last, at)
    return last


def _is_whole(text: str, at: int, word: str) -> bool:
    before, behind = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
    return not (before.isalnum() or before == "_") and (
        word == "clean" or not (behind.isalnum() or behind == "_")
    )


def chained(script: Script) -> list[tuple[str, str]] | None:
    """The commands of a script that stops at the first that fails, each with the directory that the
    `cd` before it names; None for another script."""
    if len(script.items) != 1 or script.items[0].terminator == "&":
        return None
    node = script.items[0].node
    if "||" in [operator.text for operator in node.operators]:
        return None
    found: list[tuple[str, str]] = []
    directory = ""
    for pipeline in node.pipelines:
        command = pipeline.commands[0]
        folder = _changed_to(command) if isinstance(command, Simple) else None
        if folder is not None and len(pipeline.commands) == 1 and not pipeline.negated:
            directory = posixpath.join(directory, folder)
        else:
            found.append((directory, script.text[pipeline.start : pipeline.end]))
    return found


def placed(script: Script) -> Iterator[tuple[str, Simple]]:
    """The commands of a script that nothing but the success of those before decides about, each
    with the directory that `cd` changed to."""
    directory = ""
    for item in script.items:
        node = item.node
        if any(operator.text != "&&" for operator in node.operators):
            return
        for pipeline in node.pipelines:
            command = pipeline.commands[0]
            if len(pipeline.commands) > 1 or pipeline.negated or not isinstance(command, Simple):
                continue
            folder = _changed_to(command)
            if folder is not None:
                directory = posixpath.join(directory, folder)
            elif command.words and command.words[0].value in ("cd", "pushd", "popd"):
                return
            else:
                yield directory, command


def _changed_to(command: Simple) -> str | None:
    words = command.words
    if len(words) != 2 or words[0].value != "cd" or command.assignments or command.redirects:
        return None
    folder = words[1].value
    return folder if folder and folder[0] not in "-~" else None


def _reads(command: Simple) -> Reads | None:
    if command.assignments and not all(
        _HARMLESS_NAMES.fullmatch(one.name) for one in command.assignments
    ):
        return None
    if command.redirects and any(
        one.target.value not in ("/dev/null", "1", "2") for one in command.redirects
    ):
        return None
    if not command.words or not all(map(_is_settled, command.words)):
        return None
    name = (command.words[0].value or "").rpartition("/")[2]
    if name in ("sudo", "env"):
        return None
    values = [word.value or word.text for word in command.words[1:]]
    if name in ("rm", "set"):
        return read_rm(values) if name == "rm" else _set(values)
    manager = manager_of(name)
    if manager is not None and manager.reads is not None:
        return manager.reads(values)
    known = command_of(command)
    if known is None:
        return None
    if known.manager.reads_command is not None:
        return known.manager.reads_command(known, name.startswith(("python", "pypy")))
    return _system(known) if known.manager.system else None


def _is_settled(word: Word) -> bool:
    """True if the files around have no say in what a word becomes: no glob, no command."""
    if word.value is not None:
        return True
    plain = all(
        one.kind == "parameter" and one.operator in ("", ":-", "-") and not one.nested
        for one in word.expansions
    )
    if word.expansions:
        return plain and not re.search(r"[*?\[~]", re.sub(r"\$\{[^}]*\}|\$\w+", "", word.text))
    # Globs of absolute paths: where rm empties a cache.
    return re.fullmatch(r"/[\w./+-]*/[\w.+*-]*", word.text) is not None


def _system(command: Command) -> Reads | None:
    if command.action not in ("update", "install", "upgrade", "clean", "remove"):
        return None
    for option in command.options:
        value = option.option.partition("=")[2]
        if "/" in value and not _URL.search(value):
            return None
    for word in command.packages:
        if word.value is None or not command.manager.is_plain(word.value):
            return None
    return Reads(
        command.manager.name,
        system=True,
        refreshes=command.action == "update",
        installs=command.action in ("install", "upgrade"),
    )


def read_rm(values: list[str]) -> Reads | None:
    paths = [value for value in values if value[:1] != "-"]
    options = [value for value in values if value[:1] == "-"]
    if any(path[:1] != "/" or ".." in path for path in paths):
        return None
    if not all(
        option in ("--recursive", "--force") or (option != "-" and not option[1:].strip("rRf"))
        for option in options
    ):
        return None
    return Reads("rm", writes=tuple(map(_settled_part, paths)), installs=False)


def _settled_part(path: str) -> str:
    """A path up to the directory where a glob begins."""
    start, star, _ = path.partition("*")
    return start.rpartition("/")[0] or "/" if star else path


def _set(values: list[str]) -> Reads | None:
    return (
        Reads("set", installs=False)
        if all(re.fullmatch(r"-[eux]+", value) for value in values)
        else None
    )
