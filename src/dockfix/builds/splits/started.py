"""Which programs an image's settings start: those of CMD, ENTRYPOINT and HEALTHCHECK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dockfix.shell.builtins import BUILTINS
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.typed import Any

#: Programs that start the one behind them.
_STARTERS = frozenset(("exec", "env", "nohup", "timeout", "tini", "dumb-init", "gosu", "su-exec"))


def started_programs(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of a setting and a program that it calls, by its name or path.

    Of a line for a shell those are named that it calls by a plain name, and the shell; an argument
    of a program is one of these as well where the program is known to start it.
    """
    entrypoint, command = (_words(config.get(name)) for name in ("Entrypoint", "Cmd"))
    shell = _words(config.get("Shell")) or ["/bin/sh", "-c"]
    for name, words in (("Entrypoint", entrypoint), ("Cmd", [] if entrypoint else command)):
        yield from ((name, program) for program in _called(words))
    test = _words((config.get("Healthcheck") or {}).get("Test"))
    if test[:1] == ["CMD"]:
        yield from (("Healthcheck", program) for program in _called(test[1:]))
    elif test[:1] == ["CMD-SHELL"]:
        yield from (("Healthcheck", program) for program in _called([*shell, *test[1:]]))


def health_command(config: Mapping[str, Any]) -> list[str] | None:
    """The words that tell whether a container of an image is well; None: nothing does."""
    test = _words((config.get("Healthcheck") or {}).get("Test"))
    if test[:1] == ["CMD"] and len(test) > 1:
        return test[1:]
    if test[:1] == ["CMD-SHELL"] and len(test) > 1:
        return [*(_words(config.get("Shell")) or ["/bin/sh", "-c"]), *test[1:]]
    return None


def _words(value: object) -> list[str]:
    """The words of a setting that is an array."""
    return [str(one) for one in value] if isinstance(value, list) else []


def _called(words: Sequence[str]) -> Iterator[str]:
    """The programs that an array of words starts."""
    if not words:
        return
    yield words[0]
    if len(words) > 2 and words[1] == "-c":
        script = read_script(words[2], "sh")
        if isinstance(script, Script):
            for simple in script.nested:
                plain = [one.value for one in simple.words]
                yield from _behind_starters(plain)
    elif words[0].rpartition("/")[2] in _STARTERS:
        yield from _behind_starters(list(words))


def _behind_starters(words: Sequence[str | None]) -> Iterator[str]:
    """The program of a command, and the one that it starts in turn."""
    for word in words:
        if word is None:
            return
        if word not in BUILTINS and word[:1] != "-" and "=" not in word:
            yield word
        if word.rpartition("/")[2] not in _STARTERS:
            return
