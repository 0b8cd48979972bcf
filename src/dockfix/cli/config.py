"""Settings from `.dockfix.toml` and from `[tool.dockfix]` in `pyproject.toml`.

The nearest file above a Dockerfile that speaks of dockfix decides, and those that it extends;
`.dockfix.toml` goes before `pyproject.toml` in the same directory. What the command line says goes
before all of them. hadolint's settings (`hadolint.py`) are added.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.cli.hadolint import Hadolint
from dockfix.cli.keys import KEYS, problem_of, value_of
from dockfix.cli.options import MergeStrategy, Options
from dockfix.errors import ConfigError
from dockfix.passes import Severity
from dockfix.records import Record
from dockfix.typed import Any

#: So many files may extend one another.
_DEEPEST = 10


class Config(Record):
    """What holds for a file. `select` is None when nobody chose.

    `per_file_ignores` are pairs of a pattern and passes, `severity` of a pass and its severity;
    `found` is what `.hadolint.yaml` says, if that is read at all (`hadolint`). `origin` is the file
    the settings come from ("" for none), `extended` are those that it extends, and `root` is the
    directory to which patterns are relative.
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    unsafe_fixes: bool = False
    merge_strategy: MergeStrategy = "gains"
    context: str | None = None
    min_age: int = 0
    registry_mirror: tuple[str, ...] = ()
    refresh: bool = False
    cache: bool = True
    cache_dir: str | None = None
    exclude: tuple[str, ...] = ()
    embedded: bool = False
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    hadolint: bool = True
    found: Hadolint = Hadolint()
    extended: tuple[str, ...] = ()
    origin: str = ""
    root: str = ""


def check_options(options: Options) -> None:
    """Raises ConfigError for passes and a build context that do not exist."""
    from dockfix.core.choice import choose

    choose(options.select or None, options.ignore, options.extend_select)
    if options.context is not None and not os.path.isdir(options.context):
        raise ConfigError(f"--context: there is no such folder: {options.context}")


class Finder:
    """Finds the settings that hold in a directory, reading every configuration file once.

    `named` is the file of `--config`, which then holds everywhere.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._found: dict[str, Config | ConfigError] = {}
        self._hadolint: dict[str, Hadolint] = {}
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
            self._everywhere = self._with_hadolint(self._everywhere, root)

    def settings(self, directory: str, names: Sequence[str] | None = None) -> Config:
        """What holds for files in a directory. Raises ConfigError for a file that is wrong.

        `names` are those of its files, if somebody has them: then no other is looked for there.
        """
        if self._everywhere is not None:
            return self._everywhere
        found = self._found.get(directory)
        if found is None:
            whole = os.path.abspath(directory)
            found = self._found.get(whole) or self._settings(whole, names)
            self._found[directory] = self._found[whole] = found
        if isinstance(found, ConfigError):
            raise found
        return found

    def _settings(self, directory: str, names: Sequence[str] | None) -> Config | ConfigError:
        """What holds in a directory with this absolute path, or what is wrong with its file."""
        try:
            return self._with_hadolint(self._search(directory, names), directory, names)
        except ConfigError as error:
            return error

    def _search(self, directory: str, names: Sequence[str] | None) -> Config:
        config = _load(directory, names)
        if config is not None:
            return self._with_options(config)
        parent = os.path.dirname(directory)
        return self._with_options(Config()) if parent == directory else self.settings(parent)

    def _with_options(self, config: Config) -> Config:
        given = {
            name: value
            for name in (row.name for row in KEYS.values() if row.flag)
            if (value := getattr(self._options, name)) not in (None, ())
        }
        # These patterns are relative to the working directory, unlike the file's own.
        given.pop("exclude", None)
        if "select" in given:
            # "only these" on the command line is meant for what a file adds, too
            given.setdefault("extend_select", ())
        return config._replace(**given)

    def _with_hadolint(
        self, config: Config, directory: str, names: Sequence[str] | None = None
    ) -> Config:
        if not config.hadolint:
            return config
        from dockfix.cli.hadolint import find

        found = find(directory, self._hadolint, names)
        return config if found == config.found else config._replace(found=found)


def _load(directory: str, names: Sequence[str] | None) -> Config | None:
    """The settings of one directory; None if no file there speaks of dockfix."""
    if names is None or ".dockfix.toml" in names:
        path = os.path.join(directory, ".dockfix.toml")
        table = _read(path)
        if table is not None:
            return _config(table, path, directory)
    if names is not None and "pyproject.toml" not in names:
        return None
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
        if key not in KEYS:
            raise ConfigError(f"{path}: unknown key {key!r}{_suggestion(key)}")
        row = KEYS[key]
        problem = problem_of(row, value)
        if problem:
            raise ConfigError(f"{path}: {key} must be {problem}, not {_toml(value)}")
        values[row.name] = value_of(row, value)
    _check_names(values, path)
    if "context" in values:
        values["context"] = os.path.join(root, values["context"])
        if not os.path.isdir(values["context"]):
            raise ConfigError(f"{path}: context: there is no such folder: {values['context']}")
    if "cache_dir" in values:
        values["cache_dir"] = os.path.join(root, values["cache_dir"])
    other = values.pop("extend", None)
    if other is None:
        return Config(**values, origin=path, root=root)
    below = _extended(os.path.join(root, other), path)
    return below._replace(
        **values, origin=path, root=root, extended=(below.origin, *below.extended)
    )


def _extended(path: str, by: str, depth: int = 0) -> Config:
    """The settings of a file that another one extends. Patterns in it are relative to the other."""
    path = os.path.normpath(path)
    table = _read(path)
    if table is None:
        raise ConfigError(f"{by}: extend: {path}: not found")
    if _speaks_of_dockfix(table):
        table = _tool(table, path)
    if depth == _DEEPEST:
        raise ConfigError(f"{by}: extend: more than {_DEEPEST} files, or a circle")
    other = table.pop("extend", None)
    own = _config(table, path, os.path.dirname(path))
    if other is None:
        return own
    if not isinstance(other, str):
        raise ConfigError(f"{path}: extend must be a string, not {_toml(other)}")
    below = _extended(os.path.join(os.path.dirname(path), other), path, depth + 1)
    said = {KEYS[key].name: getattr(own, KEYS[key].name) for key in table}
    return below._replace(**said, origin=path, extended=(below.origin, *below.extended))


def _check_names(values: dict[str, Any], path: str) -> None:
    named = [name for _, names in values.get("per_file_ignores", ()) for name in names]
    named += [name for name, _ in values.get("severity", ())]
    if named or not values.keys().isdisjoint(("select", "extend_select", "ignore")):
        from dockfix.core.choice import choose

        try:
            choose(values.get("select"), values.get("ignore", ()), values.get("extend_select", ()))
            choose((), named)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error


def _suggestion(key: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key.replace("_", "-"), KEYS, 1)
    return f"; did you mean {close[0]!r}?" if close else f"; the keys are {', '.join(KEYS)}"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
