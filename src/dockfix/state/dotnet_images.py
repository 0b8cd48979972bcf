"""Images of .NET's SDK, and those of the runtime that they are built on.

Tags of the SDK are `8.0`, `8.0.404`, and either with a release: `8.0-bookworm-slim`. The images of
the runtime have the same, with the version of the runtime in the place of the SDK's
(dotnet/dotnet-docker, README.sdk.md and README.aspnet.md, August 2026).
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.shell.patterns import lazy

SDK = ("mcr.microsoft.com/dotnet/sdk",)
_FOLDER = "dotnet/sdk:"
_TAG = lazy(
    r"((\d+)\.0)(\.\d{3})?((?:-(?:bullseye-slim|bookworm-slim|focal|jammy|noble|resolute))?)"
)
#: From this version on, what the SDK's image is built on sets the ports, and nothing else does.
_SAME_PORTS = 8


class Runtime(Record):
    """An image of the runtime. `same_ports`: programs of the web listen as they do on the SDK's."""

    image: str
    same_ports: bool


def runtime_of_sdk(image: str, expanded: str, *, web: bool) -> Runtime | None:
    """The image of the runtime for one of the SDK, as FROM names it; None if it is not known.

    `expanded` has the defaults in the place of variables.
    """
    found = _TAG.fullmatch(expanded.rpartition(":")[2])
    if found is None or _FOLDER not in image:
        return None
    name = "dotnet/aspnet:" if web else "dotnet/runtime:"
    if found[3]:
        if image != expanded:
            return None
        image = image.replace(found[3], "")
    same = int(found[2]) >= _SAME_PORTS and not found[3]
    return Runtime(image.replace(_FOLDER, name), same)
