"""Settings from `.dockfix.toml` and from `[tool.dockfix]` in `pyproject.toml`.

The nearest file above a Dockerfile that speaks of dockfix decides, alone; `.dockfix.toml` goes
before `pyproject.toml` in the same directory. What the command line says goes before both.
"""

from __future__ import annotations

import os

from dockfix.errors import ConfigError
from dockfix.options import TABLE, MergeStrategy, Options, Row
from dockfix.records import Record
from dockfix.typed import Any


class Config(Record):
    """What holds for a file. `select` is None when nobody chose.

    `origin` is the file the settings come from ("" for none), `root` the directory to which the
    patterns in `exclude` are relative.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    merge_strategy: MergeStrategy = "all"
    context: str | None = None
    exclude: tuple[str, ...] = ()
    origin: str = ""
    root: str = ""


_ROWS = {row.flag[2:]: row for row in TABLE if row.flag and row.option.configurable}


class Finder:
    """Finds the settings that hold in a directory, reading every configuration file once.

    `named` is the file of `--config`, which then holds everywhere.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._found: dict[str, Config | ConfigError] = {}
        self._everywhere: Config | None = None
        if options.config is not None:
            root = os.getcwd()
            table = _read(options.config)
            if table is None:
                raise ConfigError(f"{options.config}: not found")
            if _speaks_of_dockfix(table):
                table = _tool(table, options.config)
            elif os.path.basename(options.config) == "pyproject.toml":
                table = {}
            self._everywhere = self._with_options(_config(table, options.config, root))

    def settings(self, directory: str) -> Config:
        """What holds for files in a directory. Raises ConfigError for a file that is wrong."""
        if self._everywhere is not None:
            return self._everywhere
        directory = os.path.abspath(directory)
        if directory not in self._found:
            try:
                self._found[directory] = self._search(directory)
            except ConfigError as error:
                self._found[directory] = error
        found = self._found[directory]
        if isinstance(found, ConfigError):
            raise found
        return found

    def _search(self, directory: str) -> Config:
        config = _load(directory)
        if config is not None:
            return self._with_options(config)
        parent = os.path.dirname(directory)
        return self._with_options(Config()) if parent == directory else self.settings(parent)

    def _with_options(self, config: Config) -> Config:
        given = {
            name: value
            for name in (row.name for row in _ROWS.values())
            if (value := getattr(self._options, name)) not in (None, ())
        }
        # These patterns are relative to the working directory, unlike the file's own.
        given.pop("exclude", None)
        if "select" in given:
            # "only these" on the command line is meant for what a file adds, too
            given.setdefault("extend_select", ())
        return config._replace(**given)


def _load(directory: str) -> Config | None:
    """The settings of one directory; None if no file there speaks of dockfix."""
    path = os.path.join(directory, ".dockfix.toml")
    table = _read(path)
    if table is not None:
        return _config(table, path, directory)
    path = os.path.join(directory, "pyproject.toml")
    table = _read(path, speaking_of=b"dockfix")
    if table is None or not _speaks_of_dockfix(table):
        return None
    return _config(_tool(table, path), path, directory)


def _speaks_of_dockfix(table: dict[str, Any]) -> bool:
    tool = table.get("tool")
    return isinstance(tool, dict) and "dockfix" in tool


def _tool(table: dict[str, Any], path: str) -> dict[str, Any]:
    found = table["tool"]["dockfix"]
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: tool.dockfix must be a table")
    return found


def _read(path: str, speaking_of: bytes = b"") -> dict[str, Any] | None:
    """The file's content; None if there is none, or if it has no such bytes in it."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if speaking_of not in data:
        return None
    import tomllib

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _config(table: dict[str, Any], path: str, root: str) -> Config:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _ROWS:
            raise ConfigError(f"{path}: unknown key {key!r}{_suggestion(key)}")
        row = _ROWS[key]
        problem = _problem(row, value)
        if problem:
            raise ConfigError(f"{path}: {key} must be {problem}, not {_toml(value)}")
        values[row.name] = tuple(value) if row.kind == "list" else value
    _check_names(values, path)
    if "context" in values:
        values["context"] = os.path.join(root, values["context"])
        if not os.path.isdir(values["context"]):
            raise ConfigError(f"{path}: context: there is no such folder: {values['context']}")
    return Config(**values, origin=path, root=root)


def _problem(row: Row, value: object) -> str | None:
    """What the value of a key should have been; None if it is that."""
    if row.kind == "list":
        fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return None if fits else "a list of strings"
    if row.kind == "text":
        return None if isinstance(value, str) else "a string"
    if row.kind == "choice":
        return None if value in row.choices else " or ".join(f'"{one}"' for one in row.choices)
    return None if isinstance(value, bool) else "true or false"


def _check_names(values: dict[str, Any], path: str) -> None:
    if not values.keys().isdisjoint(("select", "extend_select", "ignore")):
        from dockfix.pipeline import choose

        try:
            choose(values.get("select"), values.get("ignore", ()), values.get("extend_select", ()))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key.replace("_", "-"), _ROWS, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; the keys are {', '.join(_ROWS)}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
