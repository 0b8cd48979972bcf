"""`dockfix init`: writes a configuration file that explains every setting, and sets none."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence

from dockfix.cli.command_line import read
from dockfix.cli.config import Config
from dockfix.cli.keys import KEYS
from dockfix.cli.streams import say, write_text
from dockfix.cli.table import Command, Row
from dockfix.errors import ConfigError
from dockfix.typed import Any

NAME = ".dockfix.toml"

INIT = Command(
    "init",
    f"""Write {NAME}, in which each setting is explained and none is set yet.

    With - it goes to standard output. A file that is there stays as it is.""",
    """Exit status: 0, or 2: there is such a file, or it cannot be written.""",
    (),
    lambda values: values["paths"],
    lambda paths: None if paths in ((), ("-",)) else "init takes no path but - (standard output)",
)


def run_command(arguments: Sequence[str]) -> int:
    """Carries out `dockfix init`; returns the exit status. Raises ConfigError."""
    paths = read(arguments, INIT)
    if paths is None:
        from dockfix.cli.usage import answer

        answer(arguments, INIT)
        return 0
    if paths:
        write_text(configuration())
        return 0
    if os.path.lexists(NAME):
        raise ConfigError(f"{NAME} is there already")
    try:
        with open(NAME, "x", encoding="utf-8") as file:
            file.write(configuration())
    except OSError as error:
        raise ConfigError(f"{NAME}: {error.strerror}") from error
    say(f"Wrote {NAME}: each line in it is a comment, so nothing has changed yet.\n")
    return 0


#: Where the default says too little: a value that shows what it looks like.
_EXAMPLES = {
    "select": '["merge-runs", "DF2"]',
    "extend-select": '["use-cache-mount"]',
    "ignore": '["sort-packages"]',
    "context": '".."',
    "registry-mirror": '["https://mirror.example.org"]',
    "cache-dir": '".dockfix_cache"',
    "exclude": '["vendor/"]',
    "per-file-ignores": '{ "test/**" = ["exec-form"] }',
    "severity": '{ tag-base = "warning" }',
    "extend": '"../.dockfix.toml"',
}


def configuration() -> str:
    """The file: all keys as comments, with what they mean."""
    lines = [
        "# Settings of dockfix. They hold for the Dockerfiles in this folder and below, unless a",
        f"# {NAME} or a pyproject.toml with [tool.dockfix] is nearer.",
    ]
    for key, row in KEYS.items():
        lines += [
            "",
            *textwrap.wrap(row.option.help, 96, initial_indent="# ", subsequent_indent="# "),
        ]
        lines.append(f"# {key} = {_EXAMPLES.get(key) or _default(row)}")
    return "\n".join(lines) + "\n"


def _default(row: Row) -> str:
    value: Any = Config._field_defaults[row.name]
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'
