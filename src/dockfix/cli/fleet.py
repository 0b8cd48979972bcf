"""`dockfix fleet`: the Dockerfiles of many repositories, on Dask."""

import os
import time
from collections.abc import Sequence
from functools import partial

from dockfix import __version__
from dockfix.cli import options as plain
from dockfix.cli.command_line import read
from dockfix.cli.config import Finder, check_options
from dockfix.cli.library import Configured, rewrite_configured
from dockfix.cli.options import Options
from dockfix.cli.streams import say, write_text
from dockfix.cli.table import Command, Option, Row, rows
from dockfix.core.diff import unified
from dockfix.core.findings import Applied
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import encode
from dockfix.edit.edits import Safety
from dockfix.errors import ConfigError, DockfixError
from dockfix.fleet.records import Done, Finding, Item
from dockfix.fleet.sources import items
from dockfix.records import Record
from dockfix.reports.run import severity
from dockfix.reports.text import count
from dockfix.typed import Annotated, Any

_LAYERS = frozenset(("ADD", "COPY", "RUN"))


class FleetOptions(Record):
    """What only this command has."""

    output_dir: Annotated[
        str | None,
        Option(
            "Where findings, patches and the page go; a run that was ended goes on there."
            " Default: dockfix-fleet.",
            metavar="DIR",
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        Option(
            "The address of a Dask scheduler (tcp://HOST:8786). Default: processes of its own.",
            metavar="ADDRESS",
        ),
    ] = None


class Request(Record):
    """A command line: the options of dockfix itself, and the command's own."""

    options: Options
    own: FleetOptions


_SHARED = (
    "paths", "select", "extend_select", "ignore", "unsafe_fixes", "merge_strategy", "config",
    "quiet", "jobs",
)  # fmt: skip
_SAID = {
    "paths": Option(
        "A folder of checkouts; a file with the path of a checkout on each line; or a table with"
        " repository, path and content (.jsonl, .parquet)."
    ),
    "jobs": Option("How many processes to start. Default: one per CPU.", short="-j", metavar="N"),
}


def _make(values: dict[str, Any]) -> Request:
    own = {name: values.pop(name) for name in ("output_dir", "scheduler") if name in values}
    return Request(Options(**values), FleetOptions(**own))


def _conflict(request: Request) -> str | None:
    if len(request.options.paths) != 1 or request.options.paths == ("-",):
        return "dockfix fleet takes one folder, list or table; see dockfix fleet --help"
    return plain.conflict(request.options)


_SHARED_ROWS: tuple[Row, ...] = tuple(
    [
        row._replace(option=_SAID.get(row.name, row.option))
        for row in plain.TABLE
        if row.name in _SHARED
    ]
)

FLEET = Command(
    "fleet",
    """Say what dockfix would change in many repositories, and write it down.

    PATHS is a folder of checkouts, a list of them, or a table with the content of Dockerfiles.
    They are done by Dask. Nothing is written but the folder of results: tables in Parquet, a patch
    for each repository, a page. A run that was ended goes on where it was. It needs the extra
    fleet: pip install 'dockfix[fleet]'.""",
    """Exit status: 0, or 2: a wrong command line, a list that cannot be read, no scheduler. A
    Dockerfile that cannot be read is a row of the results.""",
    (*_SHARED_ROWS, *rows(FleetOptions)),
    _make,
    _conflict,
)


def run_command(arguments: Sequence[str]) -> int:
    """Does what the command line says; the exit status. Raises DockfixError."""
    request = read(arguments, FLEET)
    if request is None:
        from dockfix.cli.usage import answer

        answer(arguments, FLEET)
        return 0
    check_options(request.options)
    try:
        from dockfix.fleet.results import write_results
        from dockfix.fleet.run import connected, done
        from dockfix.fleet.store import Store
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("dask", "distributed", "pyarrow"):
            raise
        advice = "pip install 'dockfix[fleet]'"
        raise ConfigError(f"dockfix fleet needs Dask and Arrow: {advice}") from error
    options, own = request.options, request.own
    folder = own.output_dir or "dockfix-fleet"
    given = options._replace(paths=(), quiet=False, jobs=None)._asdict()
    store = Store(folder, {"version": __version__, "options": given})
    rest = store.rest(items(options.paths[0], partial(_search, options)))
    if rest:
        if not options.quiet:
            say(f"{count(len(rest), 'file')} to do\n")
        with connected(own.scheduler, options.jobs) as client:
            for batch in done(client, rest, partial(rewrite_items, options=options)):
                store.add(batch)
    counts = write_results(folder, store)
    fewer = counts["layers_before"] - counts["layers_after"]
    write_text(
        f"{count(counts['files'], 'Dockerfile')} in "
        f"{count(counts['repositories'], 'repository', 'repositories')}: "
        f"{counts['changed']} would change, "
        f"{fewer} of {counts['layers_before']} layers fewer, {counts['failed']} not read.\n"
        f"See {os.path.join(folder, 'page.html')}\n"
    )
    return 0


def _search(options: Options, folder: str) -> list[str]:
    """The Dockerfiles of a checkout. Raises ConfigError."""
    from dockfix.cli.discovery import find

    found = find((folder,), Finder(options).settings)
    if found.errors:
        raise ConfigError(found.errors[0])
    return list(found.files)


def rewrite_items(batch: Sequence[Item], options: Options) -> list[Done]:
    """What comes of items; a worker calls this."""
    return [rewrite_item(item, options) for item in batch]


def rewrite_item(item: Item, options: Options) -> Done:
    """What comes of an item. Never raises: what is wrong is part of it."""
    start = time.process_time()
    folder = item.folder
    # a table has no folders, and the settings of where a worker happens to be are not its own
    path = item.path if folder is None else os.path.join(folder, item.path)
    try:
        config = Finder(options).settings("/" if folder is None else os.path.dirname(path))
        found = rewrite_configured(path, item.content, config, on_disk=folder is not None)
        made = _done(item, found, folder)
    except DockfixError as error:
        made = Done(item, error=str(error))
    except Exception as error:
        made = Done(item, error=f"internal error: {type(error).__name__}: {error}")
    # the content is where it came from, and need not travel back
    return made._replace(item=item._replace(content=b""), seconds=time.process_time() - start)


def _done(item: Item, found: Configured, folder: str | None) -> Done:
    result = found.result
    others = []
    for one in result.others:
        before = None if one.before is None else encode(one.before)
        name = os.path.relpath(found.path_of(one), folder) if folder else one.path
        others.append((name, before, encode(one.after)))
    findings = [_finding(one, made=True) for one in result.applied]
    findings += [_finding(one, made=False) for one in (*result.offered, *result.notes)]
    return Done(
        item,
        result.changed,
        None,
        (_layers(result.before), _layers(result.after)),
        tuple(findings),
        unified(item.content, result.to_bytes(), item.path.lstrip("/")),
        tuple(others),
    )


def _finding(one: Applied, *, made: bool) -> Finding:
    safety: Safety = one.safety
    return Finding(
        one.code, one.name, one.message, one.line, one.column, safety.value, severity(one), made
    )


def _layers(text: str) -> int:
    return sum(one.keyword in _LAYERS for one in parse(text, "").instructions)
