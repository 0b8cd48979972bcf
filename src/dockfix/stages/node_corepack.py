"""Node.js: what corepack has fetched, which the final stage may start."""

from __future__ import annotations

from collections.abc import Collection

from dockfix.managers.manifests.node_commands import OF_COREPACK
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.node_calls import calls
from dockfix.stages.view import View

_FETCHED = "/root/.cache/node/corepack"
#: What has it lie elsewhere, or go.
_HOMES = lazy(
    r"\bCOREPACK_HOME\b|\bXDG_CACHE_HOME\b|\bHOME[= ]|\bcorepack cache\b|\brm\s.*\.cache"
    r"|target=/root(?:/\.cache(?:/node\S*)?)?(?:[,\s]|$)"
)
_PREPARED = lazy(r"\bcorepack\s+prepare\s+([\w@.-]+)")
_ASKED = lazy(r'"packageManager"\s*:\s*"([\w@.-]+)')
_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
_WORD = lazy(r"[\w-]+")


def fetched_by_corepack(view: View, built: Collection[int], owner: str) -> list[str]:
    """What corepack has fetched, if something in the final stage may start it. Raises UnsureError.

    `built` are the starts of the RUNs of the build, and of those that both stages have.
    """
    if "corepack" not in view.text or _is_prepared(view):
        return []
    texts = [
        one.arguments
        for one in view.instructions
        if one.keyword in _STARTS or (one.keyword == "RUN" and one.start not in built)
    ]
    called = {word for text in texts for word in _WORD.findall(text)}
    for path in view.files:
        called |= calls(path, view.read(path))
    if called.isdisjoint(OF_COREPACK):
        return []
    if owner:
        raise UnsureError(f"what corepack has fetched is {owner}'s")
    if found := _HOMES.search(view.text):
        raise UnsureError(f"what corepack has fetched may lie elsewhere: {found[0].strip()}")
    return [_FETCHED]


def _is_prepared(view: View) -> bool:
    """True if corepack is told on both sides to fetch what the project asks for."""
    prepared = set(_PREPARED.findall(view.text))
    asked = {
        found
        for path in view.files
        if path.rpartition("/")[2] == "package.json"
        for found in _ASKED.findall(view.read(path))
    }
    return bool(prepared) and asked <= prepared
