"""Help, completion, and what is wrong with a command line: Typer's part, from the same description.

Imported only when one of them is wanted: it costs more time than rewriting a file.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dockfix.options import Command, Row, options_from


def read_with_typer(argv: Sequence[str], described: Command) -> Any:
    """What `options.read` returns, read by Typer, which prints help and errors itself.

    Raises SystemExit when there is nothing to do, after help (0) and after an error (2).
    """
    parameters = [
        inspect.Parameter(
            row.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if row.kind == "flag" else None,
            annotation=_typer_annotation(row),
        )
        for row in described.table
    ]
    found: list[Any] = []

    def command(**given: Any) -> None:
        values = {
            name: getattr(value, "value", value)
            for name, value in given.items()
            if value is not None
        }
        options = options_from(values, described)
        message = described.conflict(options)
        if message is not None:
            raise typer.BadParameter(message)
        found.append(options)

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    # what a shell runs to complete a command line is dockfix itself, whatever the command
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=not described.name)
    summary = "\n\n".join(" ".join(part.split()) for part in described.summary.split("\n\n"))
    app.command(help=summary, epilog=" ".join(described.epilog.split()))(command)
    try:
        app(args=list(argv), prog_name=f"dockfix {described.name}".rstrip())
    except SystemExit:
        if not found:
            raise
    return found[0]


def _typer_annotation(row: Row) -> Any:
    declared: Any = {
        "flag": bool,
        "toggle": bool | None,
        "text": str | None,
        "number": int | None,
        "list": list[str] | None,
        "choice": None,
    }[row.kind]
    if row.kind == "choice":
        # Typer understands an Enum in every version, a Literal only in recent ones.
        members = [(choice, choice) for choice in row.choices]
        declared = enum.Enum(row.name, members) | None  # type: ignore[operator]
    option = row.option
    if row.flag is None:
        return Annotated[
            declared,
            typer.Argument(help=option.help, metavar="PATHS", show_default=False),
        ]
    flags = [row.flag] if row.kind != "toggle" else [f"{row.flag}/--no-{row.flag[2:]}"]
    if option.short is not None:
        flags.append(option.short)
    return Annotated[
        declared,
        typer.Option(
            *flags,
            help=option.help,
            metavar=option.metavar,
            rich_help_panel=option.panel,
            show_default=False,
        ),
    ]
