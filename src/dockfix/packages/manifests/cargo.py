"""cargo: every command looks for the source files that make up a package, so none is split off.
`cargo chef` makes a recipe for that, with stages of its own."""

from __future__ import annotations

from dockfix.packages.manifests.shape import Needs, Project, Reads, Rules, UnsureError

_WHY = "cargo looks for the source of every package"


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    if values[:1] in (["fetch"], ["vendor"], ["build"]):
        return Reads("cargo", ("Cargo.toml",), source=_WHY, words=tuple(values))
    return None


def needs(project: Project, command: Reads) -> Needs:
    """Never told."""
    raise UnsureError(_WHY)


RULES = Rules(reads, needs)
