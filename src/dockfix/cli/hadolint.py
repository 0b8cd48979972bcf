"""What hadolint's configuration says about rules that dockfix has passes for.

hadolint reads `.hadolint.yaml` or `.hadolint.yml` from the directory it is started in, mostly the
root of a repository. Here the nearest one above a Dockerfile counts, up to that root, or to the
working directory where there is no repository. Its ignored rules hold like `# hadolint global
ignore=` in each file, and `override` gives severities. The rest is about what dockfix has no pass
for, or about hadolint itself, and is named by `--show-settings`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.context.worktree import worktree_of
from dockfix.errors import ConfigError
from dockfix.passes import Severity
from dockfix.records import Record
from dockfix.typed import Any

_NAMES = (".hadolint.yaml", ".hadolint.yml")
#: hadolint's severities (Hadolint/Config/Configuration.hs), and what they are here.
_SEVERITIES: dict[str, Severity] = {
    "error": "error",
    "warning": "warning",
    "info": "note",
    "style": "note",
}


class Hadolint(Record):
    """A file of settings: `path`, the rules it ignores, pairs of a rule and its severity.

    `unused` are keys that it has and dockfix does nothing with.
    """

    path: str = ""
    ignored: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    unused: tuple[str, ...] = ()


def find(
    directory: str,
    known: dict[str, Hadolint] | None = None,
    names: Sequence[str] | None = None,
) -> Hadolint:
    """The settings that hold in a directory; empty ones if there are none.

    `known` is what was found before, and takes in what is found; `names` are those of the files in
    the directory, if somebody has them. Raises ConfigError for a file that
    is no YAML, or that says it in another form.
    """
    return _above(os.path.abspath(directory), {} if known is None else known, names)


def _above(
    directory: str, known: dict[str, Hadolint], names: Sequence[str] | None = None
) -> Hadolint:
    found = known.get(directory)
    if found is None:
        found = known[directory] = _find(directory, known, names)
    return found


def _find(directory: str, known: dict[str, Hadolint], names: Sequence[str] | None) -> Hadolint:
    for name in _NAMES if names is None else [one for one in _NAMES if one in names]:
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            return _read(path)
    top = worktree_of(directory) or os.getcwd()
    if directory == top or not directory.startswith(top.rstrip("/") + "/"):
        return Hadolint()
    return _above(os.path.dirname(directory), known)


def _read(path: str) -> Hadolint:
    import yaml

    try:
        with open(path, "rb") as file:
            found = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if found is None:
        return Hadolint(path)
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: must be a table of settings")
    override = found.get("override") or {}
    if not isinstance(override, dict) or not set(override) <= set(_SEVERITIES):
        raise ConfigError(f"{path}: override must be a table of {', '.join(_SEVERITIES)}")
    return Hadolint(
        path,
        _rules(found.get("ignored"), path, "ignored"),
        tuple(
            (rule, _SEVERITIES[level])
            for level, rules in override.items()
            for rule in _rules(rules, path, f"override.{level}")
        ),
        tuple(sorted(str(key) for key in found if key not in ("ignored", "override"))),
    )


def _rules(value: Any, path: str, key: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"{path}: {key} must be a list of rules")
    return tuple(value)
