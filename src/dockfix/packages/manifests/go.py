"""go: `go mod download` reads go.mod and go.sum, of modules in the project that a `replace` or a
go.work names the same two. `go build` reads the source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.packages.manifests.shape import (
    Needs,
    Project,
    Reads,
    Rules,
    UnsureError,
    beside,
    present,
    text_of,
)


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    if values[:2] == ["mod", "download"] and values[2:] in ([], ["-x"], ["all"]):
        files = ("go.sum", "go.work", "go.work.sum")
        trees = ("/go/pkg", "/go/bin", "/root/go")
        return Reads("go", ("go.mod",), files, trees, words=tuple(values))
    return None


def needs(project: Project, command: Reads) -> Needs:
    """go.mod, go.sum, go.work, and those of modules that are folders of the project."""
    if project.above("go.work") is not None:
        raise UnsureError("it may belong to a go.work above")
    found = ["go.mod", *present(project, ("go.sum", "go.work", "go.work.sum"))]
    for folder in _used(project.read("go.work") or ""):
        path = beside("go.work", f"{folder}/go.mod")
        if path not in found:
            found += [path, *present(project, (beside(path, "go.sum"),))]
            text_of(project, path)
    for path in [name for name in found if name.endswith("go.mod")]:
        for folder in _replaced(text_of(project, path)):
            other = beside(path, f"{folder}/go.mod")
            if other not in found:
                text_of(project, other)
                found.append(other)
    return Needs(tuple(found))


def _replaced(text: str) -> Iterator[str]:
    """The folders that replace modules."""
    for line in text.splitlines():
        target = re.sub(r"//.*", "", line).partition("=>")[2].split()
        if target and target[0][0] in "\"'`":
            raise UnsureError(f"`{line.strip()}` is not read")
        if target and target[0][0] in "./":
            yield target[0]


def _used(text: str) -> Iterator[str]:
    """The folders that a go.work uses, and those that it replaces modules by."""
    inside = False
    for line in text.splitlines():
        words = re.sub(r"//.*", "", line).split()
        if words[:2] == ["use", "("]:
            inside = True
        elif words == [")"]:
            inside = False
        elif words and (inside or words[0] == "use"):
            yield words[-1].strip('"`')
    yield from _replaced(text)


RULES = Rules(reads, needs)
