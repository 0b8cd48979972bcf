"""Which Dockerfiles other files name: Compose files, Bake files, and those of dev containers."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dockfix.context import compose, disk
from dockfix.context.worktree import real_path, worktree_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context.bake import Baked

_LARGEST = 1_000_000
_MOST_NAMES = 1_000_000
_BAKE_NAMES = frozenset(
    ("docker-bake.hcl", "docker-bake.json", "docker-bake.override.hcl", "docker-bake.override.json")
)
_DEVCONTAINER_NAMES = frozenset(("devcontainer.json", ".devcontainer.json"))
_ENDS = (".yml", ".yaml", ".hcl", ".json")
#: What `devcontainer.json` may have beyond JSON: comments, and commas behind a last element; and
#: strings, in which neither counts.
_COMMENT = lazy(r'("(?>(?:[^"\\\n]|\\.)*)"?)|//[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)(?:\*/|\Z)')
_LAST_COMMA = lazy(r'("(?>(?:[^"\\\n]|\\.)*)"?)|,(?=[ \t\r\n]*+[}\]])')


class Named(Record):
    """A Dockerfile: its path, or the text of one that is written inline.

    Neither is there for one that is not known, because it is computed. `context` is the path of its
    build context, if that is known.
    """

    path: str | None
    inline: str | None = None
    context: str | None = None


def names_dockerfiles(name: str) -> bool:
    """True if a file of this name may name Dockerfiles."""
    # a folder may hold many thousands of other files
    return name.endswith(_ENDS) and (
        compose.is_compose(name) or name in _BAKE_NAMES or name in _DEVCONTAINER_NAMES
    )


def named_by(path: str) -> Iterator[Named]:
    """The Dockerfiles that a file names, with paths seen from where `path` is seen."""
    folder, name = os.path.split(path)
    data = disk.content(path, _LARGEST + 1) or b""
    if len(data) > _LARGEST or b"ocker" not in data:
        return
    if name in _BAKE_NAMES:
        from dockfix.context.bake import baked

        for one in baked(name, data.decode("utf-8", "surrogateescape")):
            yield Named(None, one.inline) if one.path is None else _baked(folder, one)
    elif name in _DEVCONTAINER_NAMES:
        yield from _by_devcontainer(folder, data)
    elif b"dockerfile" in data:
        yield from _by_compose(path)


def contexts_of(dockerfile: str) -> Iterator[str]:
    """The build contexts that Bake files and dev containers give a Dockerfile, as real paths.

    They lie in its folder, or in one above it in the same repository; the nearest come first. What
    Compose files say is in `compose.py`.
    """
    wanted = real_path(dockerfile)
    folder = os.path.dirname(wanted)
    top = worktree_of(folder) or os.getcwd()
    while True:
        for path, context in _contexts_in(folder):
            if path == wanted:
                yield context
        if folder == top or not folder.startswith(top.rstrip("/") + "/"):
            return
        folder = os.path.dirname(folder)


@disk.kept
def _contexts_in(folder: str) -> tuple[tuple[str, str], ...]:
    """The Dockerfiles that files in a folder name, with their contexts, all as real paths."""
    return tuple(
        (disk.real(one.path), disk.real(one.context))
        for name in disk.names(folder, _MOST_NAMES) or ()
        if name in _BAKE_NAMES or name in _DEVCONTAINER_NAMES
        for one in named_by(os.path.join(folder, name))
        if one.path is not None and one.context is not None
    )


def _baked(folder: str, one: Baked) -> Named:
    """What a Bake file in a folder names. Its paths are seen from where the command is called.

    That is the folder of the file, or one above it, in the same repository.
    """
    path, at = one.path or "", real_path(folder)
    top = worktree_of(at) or at
    called = folder
    while not disk.is_file(os.path.join(called, path)) and at != top:
        at, called = os.path.dirname(at), os.path.join(called, os.pardir)
    if not disk.is_file(os.path.join(called, path)):
        called = folder
    context = None if one.context is None else os.path.normpath(os.path.join(called, one.context))
    return Named(os.path.normpath(os.path.join(called, path)), None, context)


def _by_compose(path: str) -> Iterator[Named]:
    for build in compose.builds_of(compose.load(path)):
        inline = build.get("dockerfile_inline")
        if isinstance(inline, str):
            yield Named(None, inline)
            continue
        context, dockerfile = build.get("context", "."), build.get("dockerfile")
        if not isinstance(context, str) or not isinstance(dockerfile, str):
            continue
        if "$" not in context + dockerfile and "://" not in context:
            named = os.path.join(os.path.dirname(path), context, dockerfile)
            yield Named(os.path.normpath(named))


def _by_devcontainer(folder: str, data: bytes) -> Iterator[Named]:
    """What the file of a dev container names: a Dockerfile, or Compose files of any name.

    Paths are seen from its folder (Development Containers Specification, `build.dockerfile`).
    """
    import json

    text = data.decode("utf-8-sig", "surrogateescape")
    for beyond in (_COMMENT, _LAST_COMMA):
        text = beyond.sub(lambda found: found[1] or "", text)
    try:
        file = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(file, dict):
        return
    build = file.get("build")
    builds = [file, *([build] if isinstance(build, dict) else ())]
    for one in builds:
        context = one.get("context", ".")
        is_known = isinstance(context, str) and "${" not in context
        for name in (one.get("dockerfile"), one.get("dockerFile")):
            if isinstance(name, str) and "${" not in name:
                named = os.path.normpath(os.path.join(folder, name))
                root = os.path.normpath(os.path.join(folder, context)) if is_known else None
                yield Named(named, None, root)
    others = file.get("dockerComposeFile", ())
    for other in [others] if isinstance(others, str) else others:
        if isinstance(other, str) and "${" not in other:
            yield from _by_compose(os.path.normpath(os.path.join(folder, other)))
