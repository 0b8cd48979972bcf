"""What an install reads of the files around it, and where it writes, told by its words.

`reads_of` is exact: a script with one command, option or word that is not understood is None. What
a package's own build or install script does is not among it: `Reads.scripts` says that such run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dockfix.packages.command import Command, command_of
from dockfix.packages.language import GEM, NPM, PIP
from dockfix.packages.manifests import Reads, rules_of
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word


class Chain(Record):
    """The commands of a script from its start, as far as they are understood.

    `whole` says that these are all. `cuts` are the places where the script can be divided into two
    RUNs, behind as many commands: where the first ends, where the second starts, and what is to be
    written before the second. None: not there.
    """

    reads: tuple[Reads, ...]
    whole: bool
    cuts: tuple[tuple[int, int, str] | None, ...]


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


def reads_of(script: Script) -> tuple[Reads, ...] | None:
    """What each command of a script reads, in order; None if one of them is not understood."""
    chain = chain_of(script)
    return chain.reads if chain.whole else None


@cached_by_identity
def chain_of(script: Script) -> Chain:
    """The commands of a script as far as they are understood, and where it can be divided."""
    found: list[Reads] = []
    cuts: list[tuple[int, int, str] | None] = [None]
    directory, again = "", ""
    plain = len(script.items) == 1 and script.items[0].terminator != "&"
    last_removal: int | None = None
    for item in script.items:
        pipelines = item.node.pipelines
        chained = "||" not in [operator.text for operator in item.node.operators]
        for index, pipeline in enumerate(pipelines):
            command = pipeline.commands[0]
            if (
                not chained
                or item.terminator == "&"
                or pipeline.negated
                or len(pipeline.commands) > 1
                or not isinstance(command, Simple)
            ):
                return Chain(tuple(found), False, tuple(cuts))
            if (folder := _changed_to(command)) is not None:
                directory = posixpath.join(directory, folder)
                again = script.text[command.start : command.end] + " && "
                plain = plain and index == 0
                continue
            reads = _reads(command)
            if reads is None:
                return Chain(tuple(found), False, tuple(cuts))
            found.append(reads._replace(directory=directory))
            plain = plain and reads.manager != "set"
            behind = pipelines[index + 1].commands[0].start if index + 1 < len(pipelines) else -1
            if not plain or behind < 0:
                cuts.append(None)
                continue
            if last_removal is None:
                last_removal = _last_removal(script.text)
            cuts.append((command.end, behind, again) if behind > last_removal else None)
    return Chain(tuple(found), True, tuple(cuts))


def _last_removal(text: str) -> int:
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
        return _rm(values) if name == "rm" else _set(values)
    rules = rules_of(name)
    if rules is not None and name != "pip":
        return rules.reads(values)
    known = command_of(command)
    if known is not None and known.manager is PIP:
        from dockfix.packages.manifests.pip import reads_of_command

        return reads_of_command(known, as_module=name.startswith(("python", "pypy")))
    if known is None or known.manager in (NPM, GEM):
        return None
    return _system(known)


def _is_settled(word: Word) -> bool:
    """Whether the files around have no say in what a word becomes: no glob, no command."""
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


def _rm(values: list[str]) -> Reads | None:
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
