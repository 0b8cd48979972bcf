"""How images are built, as a record: what a command line says, and what a driver passes on."""

from dockfix.records import Record
from dockfix.typed import Literal

EngineName = Literal["auto", "docker", "podman", "buildah"]


class BuildOptions(Record):
    """How images are built. The names are those of `docker build`, which they are passed on to.

    `timeout` is in seconds, for each build.
    """

    build_arg: tuple[str, ...] = ()
    build_context: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    target: str | None = None
    platform: str | None = None
    network: str | None = None
    add_host: tuple[str, ...] = ()
    no_cache: bool = False
    strip_syntax: bool = False

    engine: EngineName = "auto"
    builder: str | None = None
    timeout: int | None = None
