"""What a command is made of: a table of options, each described once.

A record describes them: its fields carry type, default and help. The command line
(`command_line.py`), configuration files (`keys.py`), help and the completions of shells
(`usage.py`) are all read or made by such a table.
"""

from collections.abc import Callable, Mapping

from dockfix.records import Record
from dockfix.typed import Any, Literal


class Option(Record):
    """What the description of an option holds beside its name, its type and its default.

    `configurable` says that a configuration file may set it, under the name of its flag; `whole`
    that a value given is one item of a list, with the commas in it.
    """

    help: str
    panel: str = "More"
    short: str | None = None
    metavar: str | None = None
    configurable: bool = False
    whole: bool = False


#: "lists" and "words" are tables of a configuration file, of lists and of words.
Kind = Literal["flag", "toggle", "text", "number", "list", "choice", "lists", "words"]

_KINDS: dict[object, Kind] = {
    bool: "flag",
    bool | None: "toggle",
    str | None: "text",
    int | None: "number",
    tuple[str, ...]: "list",
}


class Row(Record):
    """A line of the table of options; `flag` is None for the paths."""

    name: str
    kind: Kind
    choices: tuple[str, ...]
    flag: str | None
    option: Option
    default: Any


class Command(Record):
    """A command: its name ("" for dockfix itself), what its help says, its options.

    `make` turns the values of a command line into the record that the command works with, and
    `conflict` says what is wrong with values that are right one by one.
    """

    name: str
    summary: str
    epilog: str
    table: tuple[Row, ...]
    make: Callable[[dict[str, Any]], Any]
    conflict: Callable[[Any], str | None]


def _row(name: str, declared: Any, option: Option, default: Any) -> Row:
    choices: tuple[str, ...] = getattr(declared, "values", ())
    return Row(
        name,
        "choice" if choices else _KINDS[declared],
        choices,
        None if name == "paths" else "--" + name.replace("_", "-"),
        option,
        default,
    )


def rows(record: Any, options: Mapping[str, Option] | None = None) -> tuple[Row, ...]:
    """The table of options that a record describes.

    `options` are those of its fields, for a record that does not carry them in its annotations.
    """
    return tuple(
        _row(name, annotation.__origin__, annotation.__metadata__[0], record._field_defaults[name])
        if options is None
        else _row(name, annotation, options[name], record._field_defaults[name])
        for name, annotation in record.__annotations__.items()
    )
