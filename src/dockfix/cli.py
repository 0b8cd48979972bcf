"""The command: reads the command line, runs the passes over files, prints, exits.

Nothing is imported before it is needed: on a single file most of the time would go into imports.
"""

# ruff: noqa: E402
from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator, Sequence

# What is imported stays; looking for garbage in it takes a fifteenth of a run on one file.
gc.disable()

from dockfix import __version__
from dockfix.config import Config, Finder
from dockfix.errors import ConfigError, DockfixError
from dockfix.options import MAIN, Command, Options, parse, read, reads_stdin
from dockfix.passes.base import Settings
from dockfix.pipeline import Applied, choose
from dockfix.report import text
from dockfix.typed import TYPE_CHECKING, Any, NoReturn, TextIO
from dockfix.work import Job, Mode, Other, Outcome, outcomes, patch_path, process
from dockfix.work import read as read_file

if TYPE_CHECKING:
    from dockfix.engine.targets import Target

# Or it would be looked through at the next occasion.
gc.freeze()
gc.enable()

#: From this many files on, people wonder how long it takes.
_WORTH_PROGRESS = 64

#: Characters to a line of a table, unless the terminal is narrower.
_WIDTH = 100

#: What a command line begins with that has images built.
_ENGINE_COMMANDS = (["verify"], ["measure"])


def command() -> NoReturn:
    """`main` for a process that is there for nothing else: it ends without tidying up.

    Taking apart all that was imported takes a twentieth of a run on one file.
    """
    status = _status(sys.argv[1:])
    if _is_last_to_act():
        try:
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
        except (OSError, ValueError):
            # Python says so when it fails at the same
            sys.exit(status)
        os._exit(status)
    sys.exit(status)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and exits with its status: see the end of `dockfix --help`."""
    sys.exit(_status(sys.argv[1:] if argv is None else argv))


def _is_last_to_act() -> bool:
    """Whether nothing but an exit would follow: nobody waits for the end, measures or watches."""
    if sys.argv[1:2] in _ENGINE_COMMANDS or "threading" in sys.modules or sys.flags.inspect:
        return False
    if sys.gettrace() or sys.getprofile() or atexit._ncallbacks():
        return False
    # A program that runs ours has a frame between the start of Python and the script.
    above = sys._getframe(2).f_back
    while above is not None and above.f_globals.get("__name__") == "runpy":
        above = above.f_back
    return above is None


def _status(given: Sequence[str]) -> int:
    """Runs the command: its exit status. Raises SystemExit where Typer takes over."""
    # Trees hold no cycles, so reference counts free them; looking for cycles in them takes a tenth
    # of the time. Over many files it is worth a look now and then, for what a library may leave.
    gc.set_threshold(1_000_000, 20, 50)
    arguments = list(given)
    try:
        # A shell that wants completions talks to Typer through this variable.
        completing = "_DOCKFIX_COMPLETE" in os.environ
        if completing and (words := _words_so_far())[1:2] in _ENGINE_COMMANDS:
            _complete(words[1])
        if arguments[:1] in _ENGINE_COMMANDS and not completing:
            status = _build(arguments)
        else:
            options = None if completing else parse(arguments)
            status = run(_explained(arguments, MAIN) if options is None else options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except DockfixError as error:
        # a wrong command line or configuration; no engine
        _say(text.failure(str(error)))
        status = 2
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:
        # Python flushes once more at exit, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except OSError as error:
        # Only writing to standard output can fail up here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say(text.failure(f"standard output: {error.strerror}"))
        status = 2
    # Else Python looks for cycles in all that is alive before it lets go of everything anyway.
    gc.freeze()
    return status


def _explained(arguments: Sequence[str], command: Command) -> Any:
    """Reads a command line that is unusual or wrong, or asks for help. Raises SystemExit."""
    from dockfix.usage import read_with_typer

    return read_with_typer(arguments, command)


def _words_so_far() -> list[str]:
    """The command line that a shell wants to have completed."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    return line.split()


def _complete(name: str) -> NoReturn:
    """Tells a shell how the command line of a command that has images built may go on."""
    from dockfix.engine.options import COMMANDS

    _explained([], COMMANDS[name]._replace(name=""))
    sys.exit(0)


def run(options: Options) -> int:
    """Does what the options say and returns the exit status. Raises ConfigError."""
    if options.version:
        _print(f"dockfix {__version__}\n")
        return 0
    if options.list_passes or options.explain is not None:
        _print(_about_passes(options.explain))
        return 0
    _checked(options)
    finder = Finder(options)
    if reads_stdin(options):
        return _report([_from_stdin(options, finder)], options)
    from dockfix.discovery import find

    found = find(options.paths or (".",), finder.settings, options.exclude)
    if not found.files and not found.errors and not options.quiet:
        _say("warning: no Dockerfile found\n")
    mode = _mode(options)
    if mode == "text" and len(found.files) != 1:
        raise ConfigError(f"--output takes one file, or --diff; found {len(found.files)} files")
    jobs = [_job(path, options, finder) for path in found.files]
    _flush()
    results = outcomes(jobs, options.jobs)
    if len(jobs) >= _WORTH_PROGRESS and not options.quiet and _is_terminal(sys.stderr):
        results = iter(_with_progress(results, len(jobs)))
    return _report(results, options, found.errors)


def _checked(options: Options) -> None:
    """Raises ConfigError for passes and a context that do not exist."""
    choose(options.select or None, options.ignore, options.extend_select)
    if options.context is not None and not os.path.isdir(options.context):
        raise ConfigError(f"--context: there is no such folder: {options.context}")


class _Terminal:
    """The terminal, for the rooms that have images built."""

    def __init__(self, options: Options) -> None:
        self.colored = _colored(options, sys.stdout)
        self.width = _WIDTH
        if _is_terminal(sys.stdout):
            from shutil import get_terminal_size

            self.width = min(self.width, get_terminal_size().columns)
        self.lively = _is_terminal(sys.stderr) and not options.quiet

    def print(self, line: str) -> None:
        _print(line)
        _flush()

    def say(self, line: str) -> None:
        _flush()
        _say(line)


def _build(arguments: Sequence[str]) -> int:
    """Does what a command that has images built was asked for, and returns the exit status."""
    from dockfix.engine.options import COMMANDS

    command = COMMANDS[arguments[0]]
    request = read(arguments[1:], command) or _explained(arguments[1:], command)
    options = request.options
    _checked(options)
    finder = Finder(options)
    from dockfix.discovery import find
    from dockfix.engine.commands import run_command

    found = find(options.paths or (".",), finder.settings, options.exclude)
    if not found.files and not found.errors:
        raise ConfigError("no Dockerfile found")
    terminal = _Terminal(options)
    for message in found.errors:
        terminal.say(text.failure(message))
    targets = []
    failed = bool(found.errors)
    for path in found.files:
        try:
            target = _target(path, finder)
            targets.append(target)
            if target.unknown:
                taken = os.path.relpath(target.context)
                terminal.say(f"warning: {path}: {target.unknown}; it is built from {taken}\n")
        except (DockfixError, OSError) as error:
            failed = True
            reason = error.strerror if isinstance(error, OSError) else None
            terminal.say(text.failure(f"{path}: {reason}" if reason else str(error)))
    if not targets:
        return 2
    return max(run_command(command.name, request, targets, terminal), 2 * failed)


def _target(path: str, finder: Finder) -> Target:
    """A file to be built. Raises DockfixError and OSError."""
    from dockfix.context.folder import find
    from dockfix.engine.targets import Target
    from dockfix.syntax.parser import parse as parse_dockerfile
    from dockfix.syntax.source import decode

    config = finder.settings(os.path.dirname(path))
    source = read_file(path)
    context, unknown = find(path, parse_dockerfile(decode(source), path), config.context)
    folder = config.context or os.path.dirname(path) or "."
    settings = Settings(config.merge_strategy, context)
    root = folder if context is None else context.root
    return Target(path, source, config, settings, root, unknown)


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
    notes = mode == "check" or options.verbose or options.statistics
    return Job(path, mode, config, options.verbose, notes)


def _from_stdin(options: Options, finder: Finder) -> Outcome:
    path = options.stdin_filename or "<stdin>"
    try:
        source = b"" if sys.stdin is None else sys.stdin.buffer.read()
    except OSError as error:
        return Outcome(path, error=f"standard input: {error.strerror}")
    return process(_job(path, options, finder), source)


def _with_progress(results: Iterator[Outcome], total: int) -> list[Outcome]:
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    except ImportError:
        return list(results)
    columns = TextColumn("Dockerfiles"), BarColumn(), MofNCompleteColumn()
    done = []
    # Without its own thread, for the sake of processes that are forked meanwhile.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, auto_refresh=False
    ) as progress:
        task = progress.add_task("", total=total)
        for outcome in results:
            done.append(outcome)
            progress.advance(task)
            if len(done) % 16 == 0:
                progress.refresh()
    return done


def _report(
    results: Sequence[Outcome] | Iterator[Outcome],
    options: Options,
    errors: Sequence[str] = (),
) -> int:
    """Prints what came of the files, as it comes, and returns the exit status."""
    mode = _mode(options)
    checking, writing = mode == "check", mode in ("in-place", "text")
    colored = _colored(options, sys.stdout)
    colored_errors = _colored(options, sys.stderr)
    said: set[str] = set()
    found: list[Applied] = []
    patches: list[bytes] = []
    others: list[Other] = []
    files = changed = affected = made = offered = failed = 0

    def fail(message: str) -> None:
        # Files below the same wrong configuration share their message.
        if message not in said:
            said.add(message)
            _flush()
            _say(text.failure(message, colored_errors))

    for message in errors:
        failed += 1
        fail(message)
    for outcome in results:
        files += 1
        if outcome.error is not None:
            failed += 1
            fail(outcome.error)
            continue
        findings = [*outcome.applied, *outcome.offered, *outcome.notes]
        findings.sort(key=lambda one: (one.line, one.column, one.code))
        changed += outcome.changed
        affected += bool(outcome.applied or outcome.offered)
        made += len(outcome.applied)
        offered += len(outcome.offered)
        found += findings
        if options.verbose or (checking and not options.statistics):
            lines = "".join(text.finding(outcome.path, one, colored) for one in findings)
            (_print if checking else _say)(lines)
        if mode == "in-place" and outcome.changed and not options.quiet:
            for path in (outcome.path, *(patch_path(one.path) for one in outcome.others)):
                _say(f"Rewrote {text.visible(path)}\n")
        others += outcome.others
        if options.output is not None:
            patches.append(outcome.output)
        elif outcome.output:
            plain = mode == "text" or not colored
            _print_bytes(outcome.output if plain else text.colored_patch(outcome.output))
    if mode == "diff" and others:
        patch = _patch_of_others(others)
        patches.append(patch)
        if options.output is None:
            _print_bytes(text.colored_patch(patch) if colored else patch)
    if options.output is not None and not (mode == "text" and failed):
        error = _write_output(options.output, b"".join(patches))
        if error is not None:
            failed += 1
            fail(error)
    if options.statistics:
        (_print if checking else _say)(text.statistics(found))
    if not options.quiet and files and not (mode == "text" and not options.verbose):
        _flush()
        tally = text.Tally(files, changed, affected, made, offered, failed)
        _say(text.summary(tally, writing=writing, checking=checking))
        if checking and not options.check:
            _say(text.hint(made, offered))
    if failed:
        return 2
    if options.exit_zero:
        return 0
    if writing:
        return int(bool(changed) and options.exit_non_zero_on_fix)
    return int(bool(changed) if mode == "diff" else bool(made or offered))


def _patch_of_others(others: Sequence[Other]) -> bytes:
    """A patch of the files beside the Dockerfiles, each with all the lines that it is to get."""
    from dockfix.context.ignorefile import extended
    from dockfix.diff import unified
    from dockfix.syntax.source import decode, encode

    befores = {one.path: one.before for one in others}
    afters: dict[str, str] = {}
    for path, before, after in others:
        more = decode(after)[len(decode(before or b"")) :].splitlines()
        text_before = afters.get(path, decode(before or b""))
        afters[path] = extended(text_before, [line for line in more if line])
    return b"".join(
        unified(befores[path], encode(after), patch_path(path)) for path, after in afters.items()
    )


def _write_output(path: str, data: bytes) -> str | None:
    """Writes the file of --output; a message if that fails."""
    from dockfix import files

    if path == "-":
        _print_bytes(data)
        return None
    try:
        files.write(path, data)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return None


def _about_passes(name: str | None) -> str:
    from dockfix.passes import PASSES

    if name is None:
        return text.listing(PASSES)
    from dockfix.report.explain import explain, plain

    return "\n".join(plain(explain(one.load())) for one in choose([name]))


def _colored(options: Options, stream: TextIO | None) -> bool:
    if options.color != "auto":
        return options.color == "always"
    return (
        not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and _is_terminal(stream)
    )


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _print(line: str) -> None:
    _print_bytes(line.encode("utf-8", "surrogateescape"))


def _print_bytes(data: bytes) -> None:
    if sys.stdout is not None:
        sys.stdout.buffer.write(data)


def _say(line: str) -> None:
    """Prints to standard error; if nobody can be told, work goes on."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(line.encode("utf-8", "surrogateescape"))
        sys.stderr.flush()
    except OSError:
        return


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()
