"""mix: mix.exs, mix.lock, and config/, which every task loads first. mix.exs is a program: one that
reads files or names a path is not understood."""

from __future__ import annotations

import re

from dockfix.managers.manager import Manager, verbs
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    present,
    text_of,
    verb_of,
)
from dockfix.shell.patterns import lazy

_READS = lazy(
    r"\bFile\.|\bCode\.|\bPath\.|System\.(?:cmd|shell)|\bpath:|apps_path|in_umbrella|import_file"
    r"|deps_path|build_path|config_path|lockfile:|Mix\.Shell|:os\."
)


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb in ("local.hex", "local.rebar"):
        return Reads("mix", (), ("mix.exs", "config"), installs=False, words=tuple(values))
    if verb == "do":
        tasks = " ".join(options).replace("+", ",").split(",")
        parts = [task.split() for task in tasks]
    else:
        parts = [values]
    for part in parts:
        known = part[:1] == ["deps.get"] or part == ["deps.compile"]
        if not known or part[1:] not in ([], ["--only", "prod"], ["--only", "$MIX_ENV"]):
            return None
    compiled = any(part == ["deps.compile"] for part in parts)
    return Reads(
        "mix",
        ("mix.exs",),
        ("mix.lock", "config"),
        ("deps", *(("_build",) if compiled else ())),
        ("mix.lock",) if "deps.get" in values else (),
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """mix.exs, mix.lock and config."""
    found = present(project, ("mix.exs", "mix.lock", "config"))
    if command.manifests:
        text = re.sub(r"#[^\n{]*", "", text_of(project, "mix.exs"))
        met = _READS.search(text)
        if met:
            raise UnsureError(f"`{met[0]}` in mix.exs may read a file of the project")
    settled = _settled(project)
    return Needs(found, settled=settled)


def _settled(project: Project) -> tuple[str, ...]:
    """mix.lock, if it has an entry for each package that mix.exs asks for."""
    lock = project.read("mix.lock")
    if lock is None:
        return ()
    asked = re.findall(r"\{:(\w+),\s*(?:\"|git:|github:)", project.read("mix.exs") or "")
    return ("mix.lock",) if all(f'"{name}":' in lock for name in asked) else ()


MANAGER = Manager(
    name="mix",
    verbs=verbs(install="deps.get", other="compile deps.compile do release local.hex local.rebar"),
    reads=reads,
    needs=needs,
)
