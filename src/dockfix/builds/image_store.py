"""Where an engine keeps images, and what that does to `COPY --link`.

BuildKit makes the files of a `COPY --link` a layer of their own and lays it over what is below. In
Docker's classic store, which cannot, it is an ordinary COPY. Seen with Docker 28.5, for a folder
`/d` of mode 0700 with a link `/l` to it:

| | classic (overlay2) | containerd |
|---|---|---|
| `COPY --link f /d/f` | `/d` keeps mode and owner | `/d` is 0755 and root's |
| `COPY --link f /l/f` | goes to `/d/f` | `/l` is a folder, and no link any more |
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.builds.compare import PathDifference
from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import joined
from dockfix.builds.images.overlay import Overlay
from dockfix.dockerfile.tree import Dockerfile


def has_linked_copies(dockerfile: Dockerfile) -> bool:
    """True if a COPY or ADD has the flag `--link`."""
    return any(
        flag.name == "link" and flag.value != "false"
        for stage in dockerfile.stages
        for instruction in stage.instructions
        if instruction.keyword in ("COPY", "ADD")
        for flag in instruction.flags
    )


def made_by_store(
    found: Sequence[PathDifference], before: Image, after: Image
) -> tuple[PathDifference, ...]:
    """The differences that come of a copied layer that was laid over what was there.

    These are another mode, owner or kind of a folder that such a layer describes anew, and, where
    the folder stands in the place of a link, the files that are here or where the link led.
    """
    if not found:
        return ()
    images = [(image, Overlay(image.layers)) for image in (before, after)]
    folders: set[str] = set()
    ends: list[str] = []
    for one in found:
        path = one.path.encode("utf-8", "surrogateescape")[1:]
        if one.aspect in ("mode", "owner", "kind"):
            links = [_described_anew(*image, path) for image in images]
            if any(link is not None for link in links):
                folders.add(one.path)
                if one.aspect == "kind":
                    ends += [one.path, *(f"/{link}" for link in links if link)]
    return tuple(
        one
        for one in found
        if (one.path in folders and one.aspect in ("mode", "owner", "kind"))
        or any(one.path == end or one.path.startswith(f"{end}/") for end in ends)
    )


def _described_anew(image: Image, overlay: Overlay, path: bytes) -> str | None:
    """Where a link led that a copied folder has replaced at a path, "" if it was a folder.

    None if the image has at that path what a layer of another instruction made.
    """
    placed = overlay.paths.get(path)
    if placed is None or placed.entry.kind != "directory":
        return None
    by = next((made.by for made in image.history if made.layer == placed.layer), "")
    if by[:4].upper() not in ("COPY", "ADD "):
        return None
    for layer in reversed(image.layers[: placed.layer]):
        below = layer.entries.get(path)
        if below is not None and below != placed.entry:
            if below.kind != "symlink":
                return ""
            folder = b"" if below.target[:1] == b"/" else path.rpartition(b"/")[0]
            return joined(folder, below.target).decode("utf-8", "surrogateescape")
    return None
