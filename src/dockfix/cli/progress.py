"""The progress bar of a run over many files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.reports.run import Outcome


def with_progress(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """Collects the outcomes behind a progress bar on standard error, if `rich` is there.

    After an interrupt those that came are handed on all the same, and then it is raised.
    """
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    except ImportError:
        yield from outcomes
        return
    columns = TextColumn("Dockerfiles"), BarColumn(), MofNCompleteColumn()
    done = []
    interrupt: KeyboardInterrupt | None = None
    # Without its own thread, for the sake of processes that are forked meanwhile.
    with Progress(
        *columns, console=Console(stderr=True), transient=True, auto_refresh=False
    ) as progress:
        task = progress.add_task("", total=total)
        try:
            for outcome in outcomes:
                done.append(outcome)
                progress.advance(task)
                if len(done) % 16 == 0:
                    progress.refresh()
        except KeyboardInterrupt as error:
            interrupt = error
    yield from done
    if interrupt is not None:
        raise interrupt
