"""go: `go mod download` reads go.mod and go.sum, of modules in the project that a `replace` or a
go.work names the same two. `go build` reads the source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    beside,
    present,
    text_of,
)
from dockfix.managers.parts import Brings, Cache, Mount, OnPath
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.shell.tree import Word


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
        raise UnsureError("a go.work in a folder above may name the project")
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
            raise UnsureError(f"`{line.strip()}` in go.mod is not understood")
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


def called(words: tuple[Word, ...]) -> list[str] | None:
    """What `go install` calls the programs of packages, where paths name each and none is that of
    a folder: as the last part of the path without its version, or as the one before that where it
    is a version (cmd/go, load.DefaultExecName)."""
    paths = [word.value or "" for word in words[1:]]
    if (
        not words
        or words[0].value not in ("get", "install")
        or not any("/" in one for one in paths)
    ):
        return None
    if any(not one or one[0] == "." or "..." in one for one in paths):
        return None
    return [_program(path.partition("@")[0].split("/")) for path in paths]


def _program(parts: list[str]) -> str:
    is_major = len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdecimal()
    return parts[-2] if is_major else parts[-1]


#: Modules, and what was built of them: builds work on both, so nothing cleans them.
CACHE = Cache(
    name="go",
    folders=("/go/pkg/mod", "~/.cache/go-build"),
    fills=words("build install mod test vet get generate"),
    names=("XDG_CACHE_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS"),
    mount=Mount(bases=words("golang"), store=True),
)

_VALUED = words(
    "-ldflags -tags -mod -gcflags -asmflags -p -installsuffix -modfile -overlay -pgo -C -toolexec"
)
_MOVED = lazy(r"\b(?:GOBIN|GOPATH|GOOS)\b[= ]")


def leaves(project: Project, values: list[str], above: str) -> list[str]:
    """The programs that a command leaves (`go help build`, `go help install`)."""
    verb, rest = (values[0] if values else ""), iter(values[1:])
    if verb not in ("build", "install"):
        if verb in (
            "mod",
            "get",
            "vet",
            "test",
            "fmt",
            "version",
            "env",
            "list",
            "generate",
            "clean",
        ):
            return []
        raise UnsureError(f"it is unknown what go {verb} leaves")
    output, packages = "", []
    for value in rest:
        name, equals, given = value.partition("=")
        name = "-" + name.lstrip("-") if value[:1] == "-" else value
        if name == "-o":
            output = given if equals else next(rest, "")
        elif name in ("-buildmode", "-C"):
            raise UnsureError(f"{name} says what go builds, and where")
        elif name in _VALUED:
            if not equals:
                next(rest, "")
        elif value[:1] != "-":
            packages.append(value)
    if any("$" in one or "..." in one for one in (output, *packages)):
        raise UnsureError("it is unknown what go builds is called")
    if verb == "install":
        if _MOVED.search(above):
            raise UnsureError("it is unknown where go installs")
        own = [one for one in packages or ["."] if "@" not in one and one[:1] == "."]
        return [f"/go/bin/{_name_of(project, one)}" for one in own]
    if len(packages) > 1 and not packages[0].endswith(".go") and not output:
        return []
    if not output:
        return [_name_of(project, one) for one in packages[:1] or ["."]]
    is_folder = output.endswith("/") or output in (".", "..") or _is_folder(project, output)
    if not is_folder:
        return [output]
    return [f"{output.rstrip('/')}/{_name_of(project, one)}" for one in packages or ["."]]


def _is_folder(project: Project, path: str) -> bool:
    return path in ("/usr/local/bin", "/usr/bin", "/bin") or project.kind(path) == "directory"


def _name_of(project: Project, package: str) -> str:
    """What the program of a package is called: as the last part of its path."""
    if package.endswith(".go"):
        return package.rpartition("/")[2].removesuffix(".go")
    parts = [part for part in package.split("/") if part not in ("", ".")]
    if parts:
        return _program(parts)
    text = project.read("go.mod")
    found = re.search(r"(?m)^module\s+[\"']?([^\s\"']+)", text or "")
    if found is None:
        raise UnsureError("it is unknown what the module is called")
    return _program(found[1].split("/"))


MANAGER = Manager(
    name="go",
    brings=Brings(lazy(r"/go/bin/[^/]+"), r"\bgo[ \t]+(?:install|get)\b"),
    verbs=verbs(install="install get mod", other="build test vet generate run env version tool"),
    code="none",
    cache=CACHE,
    reads=reads,
    needs=needs,
    hints=("go mod",),
    on_path=OnPath(called=called),
    manifests=("go.mod", "go.sum"),
    stamps=lazy(r"\bgo[ \t]+(?:build|install|run|test|generate|get|list)\b"),
    language="golang",
    leaves=leaves,
    versions=(".go-version",),
)
