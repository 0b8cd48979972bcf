"""The options of the commands that build, described as `dockfix.cli.options` describes its own.

What says which files and which passes are the options of dockfix itself; `builds.options` has what
every build needs, under the names that `docker build` has for it, and a record for each command
holds the rest.
"""

from dockfix.builds.options import BuildOptions
from dockfix.cli import options as plain
from dockfix.cli.options import Options
from dockfix.cli.table import Command, Option, Row, rows
from dockfix.records import Record
from dockfix.typed import Annotated, Any

_BUILD = "How to build (as for docker build)"
_ENGINE = "Engine"
_PROOF = "What to compare"
_COST = "What to measure"
_MORE = " May be repeated."

#: The options of `BuildOptions`, by the names of its fields.
_BUILD_OPTIONS = {
    "build_arg": Option(f"Set a build argument.{_MORE}", _BUILD, metavar="NAME=VALUE", whole=True),
    "build_context": Option(
        f"Name a further context.{_MORE}", _BUILD, metavar="NAME=PATH", whole=True
    ),
    "secret": Option(
        f"Expose a secret to the build.{_MORE}", _BUILD, metavar="id=ID,src=FILE", whole=True
    ),
    "ssh": Option(
        f"Expose an SSH agent or keys.{_MORE}", _BUILD, metavar="default|ID=…", whole=True
    ),
    "target": Option("Build this stage.", _BUILD, metavar="STAGE"),
    "platform": Option("Build for this platform.", _BUILD, metavar="OS/ARCH"),
    "network": Option("The network of RUN instructions.", _BUILD, metavar="MODE"),
    "add_host": Option(
        f"Add a host and its address.{_MORE}", _BUILD, metavar="HOST:IP", whole=True
    ),
    "no_cache": Option("Use no cached steps in any of the builds.", _BUILD),
    "strip_syntax": Option("Build without the # syntax= line, which needs a registry.", _BUILD),
    "engine": Option("What to build with; auto: docker, else podman, else buildah.", _ENGINE),
    "builder": Option(
        "The buildx builder, remote ones too (docker buildx ls).", _ENGINE, metavar="NAME"
    ),
    "timeout": Option("Give up a build after so many seconds.", _ENGINE, metavar="SECONDS"),
}


class VerifyOptions(Record):
    """What `dockfix verify` compares beside the images."""

    run: Annotated[
        str | None,
        Option(
            "Run this command in both images, too, and compare what it prints and its status.",
            _PROOF,
            metavar="COMMAND",
        ),
    ] = None
    stop: Annotated[
        bool,
        Option("Start both images, send SIGTERM, and say how long each takes to stop.", _PROOF),
    ] = False
    against: Annotated[
        str | None,
        Option(
            "Compare with this Dockerfile, a smaller image of the same program, and not with what "
            "dockfix would write.",
            _PROOF,
            metavar="FILE",
        ),
    ] = None
    evidence: Annotated[
        bool,
        Option(
            "Divide files in stages (multi-stage), also where only a build tells what is needed: "
            "learn it from the layers and from what --run opens.",
            _PROOF,
        ),
    ] = False
    declare: Annotated[
        tuple[str, ...],
        Option(
            "With --against, a difference that is meant: /GLOB of paths that are gone, +/GLOB of "
            f"new ones, 'package NAME', or a setting such as 'Env PATH'.{_MORE}",
            _PROOF,
            metavar="WHAT",
            whole=True,
        ),
    ] = ()


class MeasureOptions(Record):
    """What `dockfix measure` edits, and how it says what came of it."""

    edit: Annotated[
        str | None,
        Option(
            "The file of the build context of which a line is edited. Default: the one that the "
            "build copies and most commits changed.",
            _COST,
            metavar="FILE",
        ),
    ] = None
    against: Annotated[
        str | None,
        Option(
            "Measure this Dockerfile as the other one, and not what dockfix would write.",
            _COST,
            metavar="FILE",
        ),
    ] = None
    json: Annotated[bool, Option("Print JSON (docs/measure.md describes it).", _COST)] = False
    html: Annotated[
        str | None, Option("Write a page with pictures, too.", _COST, metavar="FILE")
    ] = None


class Request(Record):
    """A command line: the options of dockfix itself, those of building, and the command's own."""

    options: Options
    build: BuildOptions
    own: Any


#: The options of dockfix itself that say which files, which passes, and how to speak.
_SHARED = (
    "paths", "context", "in_place", "select", "extend_select", "ignore", "unsafe_fixes",
    "merge_strategy", "quiet", "verbose", "color", "exclude", "config",
)  # fmt: skip


#: Those of which other things are to be said here.
_SAID = {
    "paths": Option("Dockerfiles, or directories to search. Default: the current directory."),
    "in_place": Option(
        "Rewrite the files whose images are the same, or as declared.", _PROOF, "-i"
    ),
    "verbose": Option("Show the engine's log, and all paths and files.", "Output", "-v"),
    "quiet": Option("Show no progress and no summary.", "Output", "-q"),
}


def command(name: str, summary: str, epilog: str, own: Any, not_shared: tuple[str, ...]) -> Command:
    """A command that builds; `own` is the record of the options that only it has."""
    shared = [
        row._replace(option=_SAID.get(row.name, row.option))
        for row in plain.TABLE
        if row.name in _SHARED and row.name not in not_shared
    ]
    building = rows(BuildOptions, _BUILD_OPTIONS)
    further = rows(own)

    def make(values: dict[str, Any]) -> Request:
        """The record of a command line, from the values of its options."""

        def of(table: tuple[Row, ...] | list[Row]) -> dict[str, Any]:
            """The values that belong to a table."""
            return {row.name: values[row.name] for row in table if row.name in values}

        return Request(Options(**of(shared)), BuildOptions(**of(building)), own(**of(further)))

    return Command(name, summary, epilog, (*shared, *further, *building), make, _conflict)


def _conflict(request: Request) -> str | None:
    """What is wrong with options that are right one by one; None: nothing."""
    options, build = request.options, request.build
    if "-" in options.paths:
        return "standard input has no build context: give a file or a directory"
    if build.timeout is not None and build.timeout < 1:
        return "--timeout must be at least 1"
    if isinstance(request.own, VerifyOptions):
        if request.own.declare and request.own.against is None:
            return "--declare goes with --against"
        if request.own.against is not None and options.in_place:
            return "--against has nothing to write: leave --in-place out"
        if request.own.evidence and request.own.against is not None:
            return "--evidence and --against exclude each other"
    if build.platform is not None and "," in build.platform:
        return "--platform takes one platform at a time"
    return plain.conflict(options)


VERIFY = command(
    "verify",
    """Build Dockerfiles as they are and as dockfix would rewrite them, and compare the images.

    PATHS are files or directories to be searched for Dockerfiles. Nothing is written, unless
    --in-place is given: then those files are rewritten whose images are the same.

    What a Dockerfile says is run by your engine, so build only what you trust. The work tree is
    never touched; images and containers made are removed again, the build cache stays.""",
    """Exit status: 0: all images are the same, but for what passes declare. 1: some differ.
    2: a wrong command line, no engine, or a Dockerfile that does not build as it is.""",
    VerifyOptions,
    (),
)

MEASURE = command(
    "measure",
    """Say what images cost, as their Dockerfiles are and as dockfix would rewrite them.

    PATHS are files or directories to be searched for Dockerfiles. Each is built as it is and
    rewritten; then one line is edited in a copy of the build context, and both are built again:
    what is built again then, what layers are new, and how long it takes. Nothing is written.

    What a Dockerfile says is run by your engine, so build only what you trust. The work tree is
    never touched; images made are removed again, the build cache stays.""",
    """Exit status: 0, or 2: a wrong command line, no engine, or a Dockerfile that does not
    build.""",
    MeasureOptions,
    ("in_place",),
)

#: By the name of the module in this room whose `run` carries them out.
COMMANDS = {one.name: one for one in (VERIFY, MEASURE)}
