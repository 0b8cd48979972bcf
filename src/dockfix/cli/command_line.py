"""Reads command lines by a table of options, and says what is wrong with one.

Help and the completions of shells are Typer's (`usage.py`): importing Typer costs more time than
rewriting a file.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.cli.table import Command, Row
from dockfix.errors import ConfigError
from dockfix.typed import Any

#: What is no option of a table, and answered by `usage.py`.
ANSWERED_BY_TYPER = ("--help", "-h", "--install-completion", "--show-completion")


def _flags(table: Sequence[Row]) -> dict[str, tuple[Row, bool]]:
    flags: dict[str, tuple[Row, bool]] = {}
    for row in table:
        if row.flag is None:
            continue
        flags[row.flag] = row, True
        if row.option.short is not None:
            flags[row.option.short] = row, True
        if row.kind == "toggle":
            flags["--no-" + row.flag[2:]] = row, False
    return flags


def read(argv: Sequence[str], command: Command) -> Any:
    """What a command line asks for, as `command.make` makes it; None: help, or completion.

    Raises ConfigError for a command line that is wrong.
    """
    flags = _flags(command.table)
    values: dict[str, Any] = {}
    paths: list[str] = []
    rest = list(reversed(argv))
    while rest:
        argument = rest.pop()
        if argument == "--":
            paths += reversed(rest)
            break
        if argument in ANSWERED_BY_TYPER:
            return None
        if argument[:2] == "--":
            flag, equals, value = argument.partition("=")
            row, switch = _known(flag, flags, command)
            if row.kind not in ("flag", "toggle"):
                _store(values, row, value if equals else _next(rest, flag))
            elif equals:
                raise ConfigError(f"{flag} takes no value")
            else:
                values[row.name] = switch
        elif argument[:1] == "-" and argument != "-":
            for position, letter in enumerate(argument[1:], 2):
                row, switch = _known("-" + letter, flags, command)
                if row.kind not in ("flag", "toggle"):
                    _store(values, row, argument[position:] or _next(rest, "-" + letter))
                    break
                values[row.name] = switch
        else:
            paths.append(argument)
    for row in command.table:
        # of an option given twice only the last value counts, and is looked at
        if row.name in values and row.kind in ("number", "choice", "list"):
            values[row.name] = _converted(row, values[row.name])
    asked = command.make({**values, "paths": tuple(paths)})
    problem = command.conflict(asked)
    if problem:
        raise ConfigError(problem)
    return asked


def _known(flag: str, flags: dict[str, tuple[Row, bool]], command: Command) -> tuple[Row, bool]:
    """The option that a flag sets, and what a switch is set to."""
    if flag in flags:
        return flags[flag]
    from difflib import get_close_matches

    close = get_close_matches(flag, flags, 1)
    named = f"dockfix {command.name}".rstrip()
    advice = f"did you mean {close[0]}?" if close else f"see {named} --help"
    raise ConfigError(f"there is no option {flag}; {advice}")


def _next(rest: list[str], flag: str) -> str:
    """Takes the value of an option from the arguments behind it."""
    if not rest:
        raise ConfigError(f"{flag} takes a value")
    return rest.pop()


def _store(values: dict[str, Any], row: Row, value: str) -> None:
    if row.kind == "list":
        values.setdefault(row.name, []).append(value)
    else:
        values[row.name] = value


def _converted(row: Row, given: Any) -> Any:
    """A value of the kind that the option has. Raises ConfigError."""
    if row.kind == "number":
        if not (given.isascii() and given.isdecimal() and len(given) < 10):
            raise ConfigError(f"{row.flag} takes a number, not {given!r}")
        return int(given)
    if row.kind == "choice":
        if given not in row.choices:
            raise ConfigError(f"{row.flag} takes {' or '.join(row.choices)}, not {given!r}")
        return given
    if row.option.whole:
        return tuple(given)
    names = [name.strip() for value in given for name in value.split(",")]
    return tuple(name for name in names if name)
