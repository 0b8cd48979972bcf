"""Where what came of a run goes: reports, patches, rewritten text, messages for people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from dockfix.cli.options import Options, wants_notes
from dockfix.cli.streams import flush, say, takes_colors, write_bytes, write_text
from dockfix.cli.work import patch_path
from dockfix.reports import text, writer
from dockfix.reports.run import Counts, Mode, Other, Outcome, Request, combined, exit_status


def report(
    outcomes: Iterable[Outcome], mode: Mode, options: Options, errors: Sequence[str] = ()
) -> int:
    """Prints what came of the files, as it comes, and returns the exit status.

    `errors` are messages about what is no file to work on.
    """
    return _Output(mode, options, errors).of(outcomes)


class _Output:
    """A run on its way out."""

    def __init__(self, mode: Mode, options: Options, errors: Sequence[str]) -> None:
        self.mode, self.options = mode, options
        self.colored = takes_colors(options, sys.stdout)
        self.colored_errors = takes_colors(options, sys.stderr)
        self.errors = errors
        self.counts = Counts()
        self.said: set[str] = set()
        #: What --output is to get, and the files beside Dockerfiles.
        self.patches: list[bytes] = []
        self.others: list[Other] = []
        #: What is said of each file that was rewritten.
        self.rewritten: list[str] = []

    def of(self, outcomes: Iterable[Outcome]) -> int:
        for message in self.errors:
            self.fail(message)
        mode, options = self.mode, self.options
        is_text, to_file = options.output_format == "text", options.output_file is not None
        listed = options.verbose or ((mode == "check" or to_file) and not options.statistics)
        colored = self.colored and not (to_file and options.color == "auto")
        request = Request(
            mode, listed, wants_notes(options), options.statistics, colored, tuple(self.errors)
        )
        pieces: list[str] = []
        write: Callable[[str], object] = write_text if mode == "check" or not is_text else say
        if to_file:
            write = pieces.append
        for piece in writer(options.output_format)(self.handed_on(outcomes), request):
            write(piece)
        if options.output_file is not None:
            self.write_file(options.output_file, "".join(pieces).encode("utf-8", "surrogateescape"))
        self.sum_up()
        return exit_status(
            self.counts,
            mode,
            exit_zero=options.exit_zero,
            exit_non_zero_on_fix=options.exit_non_zero_on_fix,
            fail_on=options.fail_on,
        )

    def handed_on(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes, each counted before the report has it, and written out behind it."""
        try:
            for outcome in outcomes:
                self.counts = self.counts.plus(outcome, self.mode)
                if outcome.error is not None:
                    self.say_error(outcome.error)
                yield outcome
                if outcome.error is None:
                    self.put(outcome)
        except KeyboardInterrupt:
            if self.mode == "in-place":
                self.say_stopped()
            raise
        self.put_the_rest()

    def say_stopped(self) -> None:
        """Says which files were rewritten before an interrupt, if that was not said at once."""
        if self.options.quiet:
            say("".join(self.rewritten))
        say("Stopped: the files named above were rewritten, the others are as they were.\n")

    def put(self, outcome: Outcome) -> None:
        """Prints what a file became, and that it was rewritten."""
        mode, options = self.mode, self.options
        if mode == "in-place" and outcome.changed:
            parted = ", but not under its other names (hard links): they keep the old text"
            own = f"Rewrote {text.visible(outcome.path)}{parted * outcome.parted}\n"
            lines = [] if outcome.only_others else [own]
            lines += [f"Rewrote {text.visible(patch_path(one.path))}\n" for one in outcome.others]
            self.rewritten += lines
            if not options.quiet:
                say("".join(lines))
        self.others += outcome.others
        if options.output is not None:
            self.patches.append(outcome.output)
        elif outcome.output:
            plain = mode == "text" or not self.colored
            write_bytes(outcome.output if plain else text.colored_patch(outcome.output))

    def put_the_rest(self) -> None:
        """Prints what belongs to no single file, and writes the file of --output."""
        if self.mode == "diff" and self.others:
            patch = _patch_of_others(self.others)
            self.patches.append(patch)
            if self.options.output is None:
                write_bytes(text.colored_patch(patch) if self.colored else patch)
        if self.options.output is not None and not (self.mode == "text" and self.counts.failed):
            self.write_file(self.options.output, b"".join(self.patches))

    def write_file(self, path: str, data: bytes) -> None:
        """Writes a file that the command line names; `-` is standard output."""
        from dockfix.cli import files

        if path == "-":
            write_bytes(data)
            return
        try:
            files.write(path, data)
        except OSError as error:
            self.fail(f"{path}: {error.strerror}")

    def sum_up(self) -> None:
        """Says what the run came to, and what to run next."""
        mode, options, counts = self.mode, self.options, self.counts
        if options.quiet or not counts.files or (mode == "text" and not options.verbose):
            return
        flush()
        say(text.summary(counts, mode, with_notes=wants_notes(options)))
        if mode == "check" and not options.check:
            say(text.hint(counts.made, counts.offered))

    def fail(self, message: str) -> None:
        """Counts and says an error that is not that of one file."""
        self.counts = self.counts._replace(failed=self.counts.failed + 1)
        self.say_error(message)

    def say_error(self, message: str) -> None:
        # Files below the same wrong configuration share their message.
        if message not in self.said:
            self.said.add(message)
            flush()
            say(text.failure(message, self.colored_errors))


def _patch_of_others(others: Sequence[Other]) -> bytes:
    """A patch of the files beside the Dockerfiles."""
    from dockfix.core.diff import unified

    return b"".join(
        unified(before, after, patch_path(path)) for path, before, after in combined(others)
    )
