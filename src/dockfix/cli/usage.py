"""Help, and the completions of shells: Typer's part, from the description of the options.

Imported only when one of them is wanted: it costs more time than rewriting a file. Typer reads no
command line here; `command_line.read` does.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from dockfix.cli.command_line import ANSWERED_BY_TYPER
from dockfix.cli.table import Command, Row


def answer(argv: Sequence[str], described: Command) -> None:
    """Prints what a command line asks for that `command_line.read` leaves to Typer.

    Without such a question it answers a shell that wants completions. Raises SystemExit.
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

    def command(**given: Any) -> None:
        """Does nothing: whoever asks wants an answer only."""

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    # what a shell runs to complete a command line is dockfix itself, whatever the command
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=not described.name)
    summary = "\n\n".join(" ".join(part.split()) for part in described.summary.split("\n\n"))
    app.command(
        help=summary,
        epilog=" ".join(described.epilog.split()),
        context_settings={"help_option_names": ["-h", "--help"]},
    )(command)
    asked = [argument for argument in argv if argument in ANSWERED_BY_TYPER]
    app(args=asked[:1], prog_name=f"dockfix {described.name}".rstrip())


def _typer_annotation(row: Row) -> Any:
    declared: Any = {
        "flag": bool,
        "toggle": bool | None,
        "text": str | None,
        "number": int | None,
        "list": list[str] | None,
    }.get(row.kind)
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
