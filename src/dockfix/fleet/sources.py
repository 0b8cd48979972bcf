"""Reads what there is to do: checkouts, a list of them, or tables with the content of files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from hashlib import sha256

from dockfix.errors import ConfigError
from dockfix.fleet.records import Item
from dockfix.typed import Any

#: How deep below a folder checkouts are looked for: `host/owner/name`.
_DEEPEST = 3
_COLUMNS = ("repository", "path", "content")

#: Finds the Dockerfiles below a folder.
Search = Callable[[str], list[str]]


def items(source: str, search: Search) -> Iterator[Item]:
    """The Dockerfiles of a folder of checkouts, of a list of checkouts, or of a table.

    Raises ConfigError for what is none of these.
    """
    if os.path.isdir(source):
        found = sorted(_checkouts(source))
        if not found:
            raise ConfigError(f"{source}: no checkouts of repositories below it")
        for folder in found:
            yield from _of_checkout(os.path.relpath(folder, source), folder, search)
    elif source.endswith((".jsonl", ".ndjson")):
        yield from _of_json_lines(source)
    elif source.endswith(".parquet"):
        yield from _of_parquet(source)
    else:
        yield from _of_list(source, search)


def _checkouts(top: str, depth: int = _DEEPEST) -> Iterator[str]:
    with os.scandir(top) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if os.path.lexists(os.path.join(entry.path, ".git")):
                    yield entry.path
                elif depth > 1:
                    yield from _checkouts(entry.path, depth - 1)


def _of_list(source: str, search: Search) -> Iterator[Item]:
    """Paths of checkouts, one a line, seen from the list."""
    for line in _lines(source):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        folder = os.path.join(os.path.dirname(source), name)
        if not os.path.isdir(folder):
            raise ConfigError(f"{source}: there is no such folder: {name}")
        yield from _of_checkout(name, folder, search)


def _of_checkout(repository: str, folder: str, search: Search) -> Iterator[Item]:
    root = os.path.abspath(folder)
    for path in search(root):
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        yield _item(repository, os.path.relpath(path, root), content, root)


def _of_json_lines(source: str) -> Iterator[Item]:
    for number, line in enumerate(_lines(source), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ConfigError(f"{source}:{number}: not JSON: {error.msg}") from error
            yield _of_row(row if isinstance(row, dict) else {}, f"{source}:{number}")


def _of_parquet(source: str) -> Iterator[Item]:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(source)
        missing = [name for name in _COLUMNS if name not in table.schema_arrow.names]
        if missing:
            raise ConfigError(f"{source}: it has no column {missing[0]}")
        for batch in table.iter_batches(columns=list(_COLUMNS)):
            for number, row in enumerate(batch.to_pylist()):
                yield _of_row(row, f"{source}, row {number}")
    except (OSError, pyarrow.ArrowException) as error:
        raise ConfigError(f"{source}: {error}") from error


def _of_row(row: dict[str, Any], place: str) -> Item:
    values = [row.get(name) for name in _COLUMNS]
    repository, path, content = values
    if not (isinstance(repository, str) and isinstance(path, str) and repository and path):
        raise ConfigError(f"{place}: repository and path must be strings")
    if not isinstance(content, str | bytes):
        raise ConfigError(f"{place}: content must be the text of the file")
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return _item(repository, path, data, None)


def _item(repository: str, path: str, content: bytes, folder: str | None) -> Item:
    return Item(repository, path, sha256(content).hexdigest()[:32], content, folder)


def _lines(source: str) -> Iterator[str]:
    try:
        with open(source, encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{source}: {reason}") from error
