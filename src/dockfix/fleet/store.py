"""Keeps what is done, in Parquet: a part for each batch, written whole or not at all.

    OUT/files/PART.parquet       a row for each Dockerfile, with its patch
    OUT/findings/PART.parquet    a row for each finding

A part is named by the items in it, so a batch that is done twice is written once. The file below
`files/` comes last: a part without it is not done.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

import pyarrow
from pyarrow import parquet

from dockfix.errors import ConfigError
from dockfix.fleet.records import Done, Item
from dockfix.typed import Any

_OTHER = pyarrow.struct(
    [("path", pyarrow.string()), ("before", pyarrow.binary()), ("after", pyarrow.binary())]
)
FILES = pyarrow.schema(
    [
        ("repository", pyarrow.string()),
        ("path", pyarrow.string()),
        ("digest", pyarrow.string()),
        ("changed", pyarrow.bool_()),
        ("error", pyarrow.string()),
        ("layers_before", pyarrow.int32()),
        ("layers_after", pyarrow.int32()),
        ("made", pyarrow.int32()),
        ("offered", pyarrow.int32()),
        ("noted", pyarrow.int32()),
        ("seconds", pyarrow.float64()),
        ("patch", pyarrow.binary()),
        ("others", pyarrow.list_(_OTHER)),
    ]
)
FINDINGS = pyarrow.schema(
    [
        ("repository", pyarrow.string()),
        ("path", pyarrow.string()),
        ("code", pyarrow.string()),
        ("name", pyarrow.string()),
        ("message", pyarrow.string()),
        ("line", pyarrow.int32()),
        ("column", pyarrow.int32()),
        ("safety", pyarrow.string()),
        ("severity", pyarrow.string()),
        ("made", pyarrow.bool_()),
    ]
)


class Store:
    """What is done so far, in a folder. `made_with` are the version and settings of the run.

    Raises ConfigError for a folder in which a run with others is.
    """

    def __init__(self, folder: str, made_with: dict[str, Any]) -> None:
        self._folder = folder
        self._files, self._findings = (os.path.join(folder, n) for n in ("files", "findings"))
        for one in (self._files, self._findings):
            os.makedirs(one, exist_ok=True)
        path = os.path.join(folder, "run.json")
        text = json.dumps(made_with, indent=2, sort_keys=True) + "\n"
        try:
            with open(path, encoding="utf-8") as file:
                known = file.read()
        except FileNotFoundError:
            write(path, text.encode())
        else:
            if known != text:
                raise ConfigError(
                    f"{folder}: there is a run with other settings or another version of dockfix: "
                    "name another folder, or remove it"
                )

    def rest(self, items: Iterable[Item]) -> list[Item]:
        """The items that are not done yet, each once.

        A part with a file that has changed since, or is gone, is forgotten whole.
        """
        wanted = {item.key: item for item in items}
        for name in self._parts():
            columns = ["repository", "path", "digest"]
            rows = parquet.read_table(os.path.join(self._files, name), columns=columns).to_pylist()
            keys = [(row["repository"], row["path"], row["digest"]) for row in rows]
            if all(key in wanted for key in keys):
                for key in keys:
                    del wanted[key]
            else:
                os.unlink(os.path.join(self._files, name))
                os.unlink(os.path.join(self._findings, name))
        # a run that was killed may have left these behind
        for name in set(os.listdir(self._findings)) - set(self._parts()):
            os.unlink(os.path.join(self._findings, name))
        return list(wanted.values())

    def add(self, done: Sequence[Done]) -> None:
        """Writes what came of a batch."""
        name = f"{digest_of([one.item for one in done])}.parquet"
        findings = [row for one in done for row in _finding_rows(one)]
        files = [_file_row(one) for one in done]
        for folder, rows, schema in (
            (self._findings, findings, FINDINGS),
            (self._files, files, FILES),
        ):
            sink = pyarrow.BufferOutputStream()
            table = pyarrow.Table.from_pylist(rows, schema=schema)
            parquet.write_table(table, sink, compression="zstd")
            write(os.path.join(folder, name), sink.getvalue().to_pybytes())

    def files(self) -> list[dict[str, Any]]:
        """A row for each file, in the order of repositories and paths."""
        rows = [
            row
            for name in self._parts()
            for row in parquet.read_table(os.path.join(self._files, name)).to_pylist()
        ]
        rows.sort(key=lambda row: (row["repository"], row["path"]))
        return rows

    def findings(self) -> Iterator[dict[str, Any]]:
        """A row for each finding, in no order."""
        for name in self._parts():
            yield from parquet.read_table(os.path.join(self._findings, name)).to_pylist()

    def _parts(self) -> list[str]:
        return sorted(name for name in os.listdir(self._files) if name.endswith(".parquet"))


def digest_of(items: Iterable[Item]) -> str:
    """What names a batch."""
    text = "\0".join("\0".join(item.key) for item in items)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def write(path: str, data: bytes) -> None:
    """Writes a file so that nobody ever sees half of it."""
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _file_row(one: Done) -> dict[str, Any]:
    return {
        "repository": one.item.repository,
        "path": one.item.path,
        "digest": one.item.digest,
        "changed": one.changed,
        "error": one.error,
        "layers_before": one.layers[0],
        "layers_after": one.layers[1],
        "made": sum(each.made for each in one.findings),
        "offered": sum(each.safety == "unsafe" and not each.made for each in one.findings),
        "noted": sum(each.safety == "note" for each in one.findings),
        "seconds": one.seconds,
        "patch": one.patch,
        "others": [
            {"path": path, "before": before, "after": after} for path, before, after in one.others
        ],
    }


def _finding_rows(one: Done) -> Iterator[dict[str, Any]]:
    for each in one.findings:
        yield {"repository": one.item.repository, "path": one.item.path, **each._asdict()}
