"""The command: reads the command line, runs the passes over files, prints, exits.

Nothing is imported before it is needed: on a single file most of the time would go into imports.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from dockfix import __version__
from dockfix.cli.command_line import read
from dockfix.cli.config import Config, Finder, check_options
from dockfix.cli.options import MAIN, Options, reads_stdin, wants_notes
from dockfix.cli.output import report
from dockfix.cli.streams import all_written, flush, is_terminal, say, write_text
from dockfix.cli.work import Job, done, process
from dockfix.core.choice import choose
from dockfix.errors import ConfigError, DockfixError
from dockfix.reports import text
from dockfix.reports.run import Mode, Outcome
from dockfix.typed import Any, NoReturn

#: From this many files on, people wonder how long it takes.
_WORTH_PROGRESS = 64

#: What a command line begins with that has images built.
_ENGINE_COMMANDS = (["verify"], ["measure"])
#: Further commands: modules of this room with a function `run_command`.
_COMMANDS = (["lsp"], ["fleet"], ["init"])


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and exits with its status: see the end of `dockfix --help`."""
    sys.exit(_status(sys.argv[1:] if argv is None else argv))


def leave(status: object) -> None:
    """Ends the process at once, if all is written and nobody waits for its end.

    To take apart all that is alive takes a fifteenth of a run on one file. Python does it where
    threads have to be waited for, something is to be done at exit, or somebody watches the run.
    """
    import atexit

    if (
        isinstance(status, int)
        and "threading" not in sys.modules
        and not atexit._ncallbacks()
        and not _is_watched()
        and all_written()
    ):
        os._exit(status)


def _is_watched() -> bool:
    """True if a profiler, a debugger or a measure of coverage looks on."""
    if sys.getprofile() is not None or sys.gettrace() is not None:
        return True
    # Python 3.12 and later have another way to look on, with six places.
    monitoring: Any = getattr(sys, "monitoring", None)
    return monitoring is not None and any(map(monitoring.get_tool, range(6)))


def _status(arguments: Sequence[str]) -> int:
    """Runs the command: its exit status. Raises SystemExit where Typer answers."""
    try:
        status = _dispatch(list(arguments))
        flush()
    except DockfixError as error:
        # a wrong command line or configuration; no engine
        say(text.failure(str(error)))
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        # Only writing to standard output can fail up here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say(text.failure(f"standard output: {error.strerror}"))
        return 2
    return status


def _dispatch(arguments: list[str]) -> int:
    """Does what the command line says, or answers a shell that wants to complete one."""
    # A shell that wants completions talks to Typer through this variable.
    if "_DOCKFIX_COMPLETE" in os.environ:
        _complete()
        return 0
    if arguments[:1] in _ENGINE_COMMANDS:
        from dockfix.cli.builds import run_command

        return run_command(arguments)
    if arguments[:1] in _COMMANDS:
        from importlib import import_module

        status: int = import_module(f"dockfix.cli.{arguments[0]}").run_command(arguments[1:])
        return status
    options = read(arguments, MAIN)
    if options is None:
        from dockfix.cli.usage import answer

        answer(arguments, MAIN)
        return 0
    return run(options)


def _complete() -> None:
    """Tells a shell how its command line may go on. Raises SystemExit."""
    words = _words_so_far()
    if words[1:2] in _ENGINE_COMMANDS:
        from dockfix.cli.builds import complete

        complete(words[1])
    from dockfix.cli.usage import answer

    answer([], MAIN)


def _words_so_far() -> list[str]:
    """The command line that a shell wants to have completed."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    return line.split()


def run(options: Options) -> int:
    """Does what the options say and returns the exit status. Raises ConfigError."""
    if options.version:
        write_text(f"dockfix {__version__}\n")
        return 0
    if options.list_passes or options.explain is not None:
        write_text(_about_passes(options.explain))
        return 0
    check_options(options)
    finder = Finder(options)
    if reads_stdin(options):
        return report([_from_stdin(options, finder)], _mode(options), options)
    from dockfix.cli.discovery import find

    found = find(
        options.paths or (".",),
        finder.settings,
        options.exclude,
        embedded=not options.add_ignores,
    )
    if found.generated and not options.quiet:
        say(text.left_out(found.generated))
    elif not found.files and not found.errors and not options.quiet:
        say("warning: no Dockerfile found\n")
    if options.show_files or options.show_settings:
        from dockfix.cli.show import show

        return show(found, finder, settings=options.show_settings)
    mode = _mode(options)
    if mode == "text" and len(found.files) != 1:
        raise ConfigError(f"--output takes one file, or --diff; found {len(found.files)} files")
    if options.add_ignores:
        from dockfix.cli.add_ignores import add_ignores

        return add_ignores(found, finder, notes=options.notes, quiet=options.quiet)
    jobs = [_job(path, options, finder) for path in found.files]
    flush()
    results = _results(jobs, options, finder)
    if len(jobs) >= _WORTH_PROGRESS and not options.quiet and is_terminal(sys.stderr):
        from dockfix.cli.progress import with_progress

        results = with_progress(results, len(jobs))
    if options.baseline is not None:
        from dockfix.cli.baseline import Baseline

        baseline = Baseline(options.baseline, update=options.update_baseline)
        status = report(baseline.of(results), mode, options, found.errors)
        if options.update_baseline and not options.quiet:
            recorded = text.count(baseline.recorded, "finding")
            say(f"Recorded {recorded} in {text.visible(options.baseline)}.\n")
        return status
    return report(results, mode, options, found.errors)


def _results(jobs: list[Job], options: Options, finder: Finder) -> Iterator[Outcome]:
    """What comes of the jobs, from results of earlier runs where these still hold."""
    # a run on one file has none, unless they are asked for
    if len(jobs) > 1 or any(
        isinstance(one.config, Config) and one.config.cache_dir for one in jobs
    ):
        from dockfix.cli.cache import opened, remembered

        cache = opened(jobs, options, finder)
        if cache is not None:
            found = cache(jobs)
            rest = [
                job._replace(recorded=True)
                for job, outcome in zip(jobs, found, strict=True)
                if outcome is None
            ]
            return remembered(jobs, found, done(rest, options.jobs), cache)
    return (one.outcome for one in done(jobs, options.jobs))


def _mode(options: Options) -> Mode:
    if options.diff:
        return "diff"
    if options.in_place:
        return "in-place"
    if options.check:
        return "check"
    return "text" if reads_stdin(options) or options.output is not None else "check"


def _job(path: str, options: Options, finder: Finder) -> Job:
    config: Config | str
    try:
        config = finder.settings(os.path.dirname(path))
    except ConfigError as error:
        config = str(error)
    mode = _mode(options)
    notes = mode == "check" or options.verbose or options.statistics or wants_notes(options)
    detail = options.output_format != "text" or options.baseline is not None
    return Job(path, mode, config, options.verbose, notes or detail, detail)


def _from_stdin(options: Options, finder: Finder) -> Outcome:
    path = options.stdin_filename or "<stdin>"
    try:
        source = b"" if sys.stdin is None else sys.stdin.buffer.read()
    except OSError as error:
        return Outcome(path, error=f"standard input: {error.strerror}")
    return process(_job(path, options, finder), source, piped=True)


def _about_passes(name: str | None) -> str:
    from dockfix.passes import PASSES

    if name is None:
        return text.listing(PASSES)
    from dockfix.reports.explain import explain, plain

    return "\n".join(plain(explain(one.load())) for one in choose([name]))
