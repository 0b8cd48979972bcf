"""The files of a run: what is to be done with each, alone or in several processes, and what came
of it.

Nothing here prints, and nothing raises: what is wrong with a file is part of its outcome.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from dockfix.cli.config import Config
from dockfix.cli.library import Configured, rewrite_configured, write_together
from dockfix.context.disk import Question, digest, recorded
from dockfix.context.worktree import real_path, worktree_of
from dockfix.core.result import OtherFile
from dockfix.errors import DockfixError
from dockfix.records import Record
from dockfix.reports.run import Mode, Other, Outcome
from dockfix.typed import Any

#: From this many files on, further processes win more time than they take to start.
_WORTH_PROCESSES = 128
#: So many are done before, so that what they import and compile is there in processes that fork.
_FIRST = 4
#: So many go to a process at once.
_CHUNK = 8


class Job(Record):
    """A file to be done, and how. `config` is the message of an error when it cannot be had;
    without `notes` nobody wants to know what is only pointed out; with `detail` the outcome holds
    the text, and the changes as edits of it and as a patch; if it is `recorded`, what was asked of
    the disk is kept."""

    path: str
    mode: Mode
    config: Config | str
    verbose: bool = False
    notes: bool = True
    detail: bool = False
    recorded: bool = False


class Done(Record):
    """What came of a job. Of one that is recorded: a digest of the file's bytes, and what was asked
    of the disk, with digests of the answers."""

    outcome: Outcome
    source: str = ""
    asked: Mapping[Question, str] = {}


def read(path: str) -> bytes:
    """The bytes of a file. Raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def process(job: Job, source: bytes | None = None, *, piped: bool = False) -> Outcome:
    """Does one file, read unless its `source` is given; writes in mode "in-place". Never raises.

    `piped`: the source comes from standard input, and the path may be nothing but a name.
    """
    path = job.path
    if isinstance(job.config, str):
        return Outcome(path, error=job.config)
    try:
        return _process(job, job.config, source, piped)
    except DockfixError as error:
        return Outcome(path, error=str(error))
    except OSError as error:
        return Outcome(path, error=f"{path}: {error.strerror or error}")
    except Exception as error:
        message = (
            f"{path}: left as it is: internal error: {type(error).__name__}: {error}; "
            "please report it with the file"
        )
        if job.verbose:
            import traceback

            message += "\n" + traceback.format_exc()
        return Outcome(path, error=message)


def _process(job: Job, config: Config, source: bytes | None, piped: bool) -> Outcome:
    path = job.path
    before = read(path) if source is None else source
    has_folder = not piped or (path != "<stdin>" and os.path.isdir(os.path.dirname(path) or "."))
    found = rewrite_configured(
        path, before, config, on_disk=has_folder, alone=job.mode == "text", notes=job.notes
    )
    result = found.result
    after = before
    others: tuple[Other, ...] = ()
    if result.changed:
        after = result.to_bytes()
        others = tuple(_other(one, found) for one in result.others)
    output = after if job.mode == "text" else b""
    parted = False
    if job.mode == "in-place" and result.changed:
        parted = write_together(path, before, found)
    if job.mode == "diff" and before != after:
        from dockfix.core.diff import unified

        output = unified(before, after, patch_path("Dockerfile" if path == "<stdin>" else path))
    outcome = Outcome(
        path,
        result.changed,
        result.applied,
        result.offered,
        result.notes,
        output,
        None,
        others,
        parted,
        only_others=result.changed and before == after,
    )
    if not job.detail:
        return outcome
    from dockfix.core.diff import unified

    patch = unified(before, after, patch_path("Dockerfile" if path == "<stdin>" else path))
    if not os.path.isabs(path):
        # reports name all files as the command line names the Dockerfile
        others = tuple(one._replace(path=os.path.relpath(one.path)) for one in others)
    return outcome._replace(
        source=result.before, fixes=tuple(result.fixes), patch=patch, others=others
    )


def _other(one: OtherFile, found: Configured) -> Other:
    from dockfix.dockerfile.source import encode

    before = None if one.before is None else encode(one.before)
    return Other(found.path_of(one), before, encode(one.after))


def patch_path(path: str) -> str:
    """What a patch calls a file: its path in the Git repository, else below the working directory.

    Symbolic links are followed, because that is what rewriting does and Git would not.
    """
    real = real_path(path)
    root = (worktree_of(os.path.dirname(real)) or os.getcwd()).rstrip("/") + "/"
    return real[len(root) :] if real.startswith(root) else real.lstrip("/")


def _processes(wanted: int | None, files: int) -> int:
    if files < _WORTH_PROCESSES or wanted == 1:
        return 1
    if wanted is None:
        has_affinity = hasattr(os, "sched_getaffinity")
        wanted = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return min(wanted, files)


def done(jobs: Sequence[Job], wanted: int | None) -> Iterator[Done]:
    """What came of the jobs, in their order, from as many processes as are `wanted` and of use.

    What waits to be printed has to be flushed before: a forked process would print it again. An
    interrupt ends them at once; where files are rewritten, those that are done come first.
    """
    if len(jobs) < 2 or jobs[0].mode != "in-place":
        yield from _done(jobs, wanted, lambda: False)
        return
    interrupts = _HeldInterrupts()
    try:
        yield from _done(jobs, wanted, lambda: interrupts.came)
    finally:
        interrupts.release()
    if interrupts.came:
        raise KeyboardInterrupt


def _done(jobs: Sequence[Job], wanted: int | None, stopped: Callable[[], bool]) -> Iterator[Done]:
    """What came of all jobs, or of those that were done or begun when they were `stopped`."""
    processes = _processes(wanted, len(jobs))
    if processes == 1:
        for job in jobs:
            if stopped():
                return
            yield _one(job)
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # nobody prints them before the others are forked
    first, jobs = list(map(_one, jobs[:_FIRST])), jobs[_FIRST:]
    pool = ProcessPoolExecutor(processes, initializer=_leave_interrupts_to_parent)
    count = 0
    try:
        # An interrupt that meets a process before it leaves them to its parent would end it.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        chunks = [jobs[at : at + _CHUNK] for at in range(0, len(jobs), _CHUNK)]
        futures = [pool.submit(_all, chunk) for chunk in chunks]
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        yield from first
        for future in futures:
            if stopped():
                pool.shutdown(cancel_futures=True)
            if future.cancelled():
                continue
            for one in future.result():
                count += 1
                yield one
    except BrokenProcessPool:
        for job in jobs[count:]:
            yield Done(Outcome(job.path, error=f"{job.path}: a process died; try --jobs 1"))
    finally:
        pool.shutdown(cancel_futures=True)


def _all(jobs: Sequence[Job]) -> list[Done]:
    """`_one` for several files, in a process of their own."""
    return list(map(_one, jobs))


def _one(job: Job) -> Done:
    if not job.recorded:
        return Done(process(job))
    try:
        source = read(job.path)
    except OSError:
        return Done(process(job))
    outcome, asked = recorded(lambda: process(job, source))
    return Done(outcome, digest(source), asked)


class _HeldInterrupts:
    """Notes the first interrupt, which then does nothing else; a second one interrupts."""

    def __init__(self) -> None:
        import signal
        import threading

        self.came = False
        self._before: Any = None
        # no other thread is ever interrupted, nor may it set this
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: object) -> None:
        """What an interrupt does now."""
        self.came = True
        self.release()

    def release(self) -> None:
        """Lets interrupts do what they did before."""
        import signal

        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


def _leave_interrupts_to_parent() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
