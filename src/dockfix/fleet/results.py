"""What is made of a finished run: patches by repository, a list of them, and the page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files

from dockfix import __version__
from dockfix.core.diff import unified
from dockfix.fleet.store import Store, write
from dockfix.reports.run import Other, combined
from dockfix.typed import Any

#: So many repositories and files are named on the page.
_NAMED = 25

_APPLY = """#!/bin/sh
# Applies the patch of the repository whose checkout is the current directory: for
#   multi-gitter run "$PWD/apply.sh" ...     (it says which repository in REPOSITORY)
#   turbolift foreach /path/to/apply.sh      (checkouts are work/OWNER/NAME)
set -eu
patch="$(dirname "$0")/patches/${REPOSITORY:-${PWD##*/work/}}.patch"
if [ -e "$patch" ]; then
    git apply "$patch"
fi
"""


def write_results(folder: str, store: Store) -> dict[str, int]:
    """Writes `patches/`, `repos.txt`, `apply.sh` and `page.html`. Returns the counts of the run."""
    rows = store.files()
    patched = []
    for repository, of_repository in _by_repository(rows):
        patch = _patch(of_repository)
        if patch:
            path = os.path.join(folder, "patches", f"{_as_path(repository)}.patch")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write(path, patch)
            patched.append(repository)
    write(os.path.join(folder, "repos.txt"), "".join(f"{one}\n" for one in patched).encode())
    script = os.path.join(folder, "apply.sh")
    write(script, _APPLY.encode())
    os.chmod(script, 0o755)
    counts = _counts(rows)
    page = "".join(_page(rows, counts, store.findings()))
    write(os.path.join(folder, "page.html"), page.encode("utf-8", "replace"))
    return counts


def _by_repository(
    rows: Sequence[dict[str, Any]],
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["repository"], []).append(row)
    yield from found.items()


def _patch(rows: Iterable[dict[str, Any]]) -> bytes:
    """One patch for all files of a repository, for `git apply` at its root."""
    pieces, others = [], []
    for row in rows:
        pieces.append(row["patch"])
        others += [Other(one["path"], one["before"], one["after"]) for one in row["others"]]
    pieces += [unified(one.before, one.after, one.path) for one in combined(others)]
    return b"".join(pieces)


def _as_path(repository: str) -> str:
    """The name of a repository as a path below a folder, whatever it is."""
    parts = [part for part in repository.split("/") if part not in ("", ".", "..")]
    return "/".join(parts).replace("\0", "") or "repository"


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {
        "repositories": len({row["repository"] for row in rows}),
        "files": len(rows),
        "changed": sum(row["changed"] for row in rows),
        "layers_before": sum(row["layers_before"] for row in rows),
        "layers_after": sum(row["layers_after"] for row in rows),
        "failed": sum(row["error"] is not None for row in rows),
    }


def _page(
    rows: Sequence[dict[str, Any]], counts: dict[str, int], findings: Iterable[dict[str, Any]]
) -> Iterator[str]:
    style = files("dockfix.reports").joinpath("page.css").read_text(encoding="utf-8")
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>dockfix fleet</title>\n<style>\n{style}</style>\n</head>\n<body>\n<header>\n"
    yield "<h1>What dockfix would change in these repositories</h1>\n"
    yield f'<p class="soft">Found by dockfix {__version__}. A layer is an instruction that makes '
    yield "one: RUN, COPY, ADD.</p>\n</header>\n<main>\n"
    fewer = counts["layers_before"] - counts["layers_after"]
    yield from _table(
        "In all",
        ("", "number"),
        [
            ("Repositories", counts["repositories"]),
            ("Dockerfiles", counts["files"]),
            ("Dockerfiles that would change", counts["changed"]),
            ("Layers now", counts["layers_before"]),
            ("Layers fewer", fewer),
            ("Files that could not be read", counts["failed"]),
        ],
    )
    made: Counter[tuple[str, str]] = Counter()
    offered: Counter[tuple[str, str]] = Counter()
    noted: Counter[tuple[str, str]] = Counter()
    for one in findings:
        key = one["name"], one["code"]
        which = made if one["made"] else noted if one["safety"] == "note" else offered
        which[key] += 1
    order = sorted({*made, *offered, *noted}, key=lambda key: (-made[key], -offered[key], key))
    yield from _table(
        "By pass",
        ("pass", "would be made", "only offered", "pointed out"),
        [(f"{key[0]} ({key[1]})", made[key], offered[key], noted[key]) for key in order],
    )
    totals = []
    for repository, group in _by_repository(rows):
        saved = sum(row["layers_before"] - row["layers_after"] for row in group)
        changes = sum(row["made"] for row in group)
        further = sum(row["offered"] + row["noted"] for row in group)
        totals.append((repository, len(group), changes, further, saved))
    totals.sort(key=lambda one: (-one[2], -one[3], one[0]))
    yield from _table(
        _first("Repositories with the most changes", totals),
        ("repository", "Dockerfiles", "changes", "offered or pointed out", "layers fewer"),
        totals[:_NAMED],
    )
    worst = sorted(
        rows, key=lambda row: (-row["made"], -row["offered"] - row["noted"], row["path"])
    )
    yield from _table(
        _first("Dockerfiles with the most changes", worst),
        ("file", "changes", "offered or pointed out", "layers fewer"),
        [
            (
                f"{row['repository']}: {row['path']}",
                row["made"],
                row["offered"] + row["noted"],
                row["layers_before"] - row["layers_after"],
            )
            for row in worst[:_NAMED]
        ],
    )
    failed = [row for row in rows if row["error"] is not None]
    if failed:
        yield from _table(
            _first("Not read", failed),
            ("file", "reason"),
            [(f"{row['repository']}: {row['path']}", row["error"]) for row in failed[:_NAMED]],
        )
    yield "</main>\n</body>\n</html>\n"


def _first(title: str, rows: Sequence[object]) -> str:
    return title if len(rows) <= _NAMED else f"{title}: the first {_NAMED} of {len(rows):,}"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Iterator[str]:
    yield f'<h2>{escape(title)}</h2>\n<div class="card wide"><table>\n<tr>'
    yield "".join(f"<th>{escape(one)}</th>" for one in head) + "</tr>\n"
    for row in rows:
        cells = (f"{one:,}" if isinstance(one, int) else escape(_shown(one)) for one in row)
        yield "<tr>" + "".join(f"<td>{one}</td>" for one in cells) + "</tr>\n"
    yield "</table></div>\n"


def _shown(text: str) -> str:
    """A text of somebody else's, without control characters."""
    return "".join(one if one.isprintable() else " " for one in text)
