"""Where a path of an image leads, links followed inside of it as the kernel would follow them.

Nothing of this machine is opened: names are looked up in what the archive said.
"""

from __future__ import annotations

from collections.abc import Mapping

from dockfix.builds.images.overlay import Placed

#: Links on the way after which the kernel gives up, too.
_MOST_LINKS = 40
#: What an engine puts into a container when it is started, so that an image need not have it.
_MADE_AT_START = (b"dev", b"proc", b"sys", b"run")


def resolved(paths: Mapping[bytes, Placed], path: bytes) -> bytes | None:
    """The path of what a path leads to, which is no link; None if there is nothing.

    Paths have no slash at either end. One that begins with `/proc`, `/dev`, `/sys` or `/run` is
    taken as it is.
    """
    waiting = [part for part in path.split(b"/") if part not in (b"", b".")][::-1]
    done: list[bytes] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == b"..":
            done = done[:-1]
            continue
        place = b"/".join((*done, part))
        placed = paths.get(place)
        if placed is None:
            if (done[0] if done else part) in _MADE_AT_START:
                return b"/".join((place, *reversed(waiting)))
            return None
        if placed.entry.kind == "symlink":
            links += 1
            if links > _MOST_LINKS:
                return None
            target = placed.entry.target
            if target[:1] == b"/":
                done = []
            waiting += [one for one in target.split(b"/") if one not in (b"", b".")][::-1]
            continue
        if waiting and placed.entry.kind != "directory":
            return None
        done.append(part)
    return b"/".join(done)
