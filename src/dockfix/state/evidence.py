"""What a build of a file showed of its last stage, where the text does not tell: facts for passes.

These are facts about the image alone: nothing of the engine, the machine or the day is in them. Who
builds hands them over (`dockfix.builds.evidence`), as the build context is handed over.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.typed import Literal

#: "copy": it is copied as it is. "link": it is made again, because COPY follows links. "folder": it
#: is made with its owner and mode, which COPY does not keep. "gone": it is removed, be it of the
#: base, of a package or copied.
How = Literal["copy", "link", "folder", "gone"]


class Left(Record):
    """A path that RUNs which build have left: the highest folder that nothing else brings, or a
    file in a folder that something else brings.

    `target` is that of a link. `owner` is `USER:GROUP` where it is not root's: of a folder that is
    made, or of all that is copied. `mode` is that of a folder that is made, as `install -m` has it.
    """

    how: How
    path: str
    target: str = ""
    owner: str = ""
    mode: str = ""


class Evidence(Record):
    """What a build showed of a file.

    `left` are the results of the RUNs that build, and `unfit` says why they cannot be brought to
    another stage, "" if they can. `libraries` are packages of the system that these need, beyond
    those that the base image and the packages bring that stay; `tools` are packages for building
    alone, `building` those of them of which something was started when it ran. `cached` says that
    a library is found by the loader's cache alone (`ldconfig`); `stages` is how many the file has.
    `behind_pip` are the packages that have to be named if Debian's python3-pip is not; None: it is
    not there. `packages` are all names of packages that are there.

    By their lines: `accounts` are RUNs that made users or groups, `gone` are copies of which
    nothing is there in the end.
    """

    left: tuple[Left, ...]
    stages: int = 1
    libraries: tuple[str, ...] = ()
    building: tuple[str, ...] = ()
    tools: frozenset[str] = frozenset()
    cached: bool = False
    accounts: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    behind_pip: tuple[str, ...] | None = None
    packages: frozenset[str] = frozenset()
    unfit: str = ""
