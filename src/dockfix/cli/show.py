"""Which files a run would do, and which settings hold for each of them."""

from __future__ import annotations

import os

from dockfix.cli.config import Config, Finder
from dockfix.cli.discovery import Found
from dockfix.cli.keys import KEYS
from dockfix.cli.per_file import ignored_for
from dockfix.cli.streams import say, write_text
from dockfix.errors import ConfigError
from dockfix.reports.text import failure, visible
from dockfix.typed import Any


def show(found: Found, finder: Finder, *, settings: bool) -> int:
    """Prints the files, or with `settings` what holds for each; returns the exit status."""
    failed = bool(found.errors)
    for message in found.errors:
        say(failure(message))
    for path in found.files:
        if not settings:
            write_text(f"{visible(path)}\n")
            continue
        try:
            config = finder.settings(os.path.dirname(path))
        except ConfigError as error:
            failed = True
            say(failure(str(error)))
        else:
            write_text(settings_text(path, config))
    return 2 if failed else 0


def settings_text(path: str, config: Config) -> str:
    """What holds for a file, as a configuration file would say it, with its sources as comments."""
    lines = [f"# {visible(path)}"]
    lines += [f"# from {visible(one)}" for one in (config.origin, *config.extended) if one]
    if not config.origin:
        lines.append("# from no file: the defaults, and the command line")
    for key, row in KEYS.items():
        value = getattr(config, row.name, None)
        # without a value nobody chose
        if value is not None:
            lines.append(f"{key} = {_toml(value, table=row.kind in ('lists', 'words'))}")
    for name in ignored_for(path, config):
        lines.append(f"# per-file-ignores leave out {name} here")
    found = config.found
    if found.path:
        lines.append(f"# from {visible(found.path)}")
        lines += [f"#   ignored: {rule}" for rule in found.ignored]
        lines += [f"#   {rule}: {level}" for rule, level in found.severity]
        lines += [f"#   not used: {key}" for key in found.unused]
    return "\n".join(lines) + "\n\n"


def _toml(value: Any, *, table: bool = False) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, str):
        return _string(value)
    if table:
        pairs = ", ".join(f"{_string(key)} = {_toml(one)}" for key, one in value)
        return f"{{ {pairs} }}" if pairs else "{}"
    return "[" + ", ".join(_string(one) for one in value) + "]"


def _string(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
