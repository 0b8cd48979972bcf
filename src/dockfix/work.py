"""The files of a run: what is to be done with each, alone or in several processes, and what came
of it.

Nothing here prints, and nothing raises: what is wrong with a file is part of its outcome.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dockfix.config import Config
from dockfix.errors import DockfixError
from dockfix.passes.base import Settings
from dockfix.pipeline import Applied, OtherFile, rewrite
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Literal
from dockfix.worktree import real_path, worktree_of

if TYPE_CHECKING:
    from dockfix.context import Context
    from dockfix.syntax.tree import Dockerfile

#: From this many files on, further processes win more time than they take to start.
_WORTH_PROCESSES = 128
#: So many are done before, so that what they import and compile is there in processes that fork.
_FIRST = 4

Mode = Literal["check", "diff", "in-place", "text"]


class Job(Record):
    """A file to be done, and how. `config` is the message of an error when it cannot be had;
    without `notes` nobody wants to know what is only pointed out."""

    path: str
    mode: Mode
    config: Config | str
    verbose: bool = False
    notes: bool = True


class Other(Record):
    """Another file that changes with a Dockerfile; `before` is None for one that is new."""

    path: str
    before: bytes | None
    after: bytes


class Outcome(Record):
    """What came of a file. `output` is the patch in mode "diff", in mode "text" the new text."""

    path: str
    changed: bool = False
    applied: tuple[Applied, ...] = ()
    offered: tuple[Applied, ...] = ()
    notes: tuple[Applied, ...] = ()
    output: bytes = b""
    error: str | None = None
    others: tuple[Other, ...] = ()


def read(path: str) -> bytes:
    """The bytes of a file. Raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def process(job: Job, source: bytes | None = None) -> Outcome:
    """Does one file, read unless its `source` is given; writes in mode "in-place". Never raises."""
    path = job.path
    if isinstance(job.config, str):
        return Outcome(path, error=job.config)
    try:
        return _process(job, job.config, source)
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


def _process(job: Job, config: Config, source: bytes | None) -> Outcome:
    path = job.path
    before = read(path) if source is None else source
    finding = _Finding(path, config.context)
    has_folder = source is None or (
        path != "<stdin>" and os.path.isdir(os.path.dirname(path) or ".")
    )
    result = rewrite(
        before,
        filename=path,
        select=config.select,
        ignore=config.ignore,
        extend_select=config.extend_select,
        unsafe_fixes=config.unsafe_fixes,
        settings=Settings(config.merge_strategy, alone=job.mode == "text"),
        find_context=finding if has_folder or config.context else None,
        notes=job.notes,
    )
    after = before
    others: tuple[Other, ...] = ()
    if result.changed:
        from dockfix.syntax.source import encode

        after = encode(result.after)
        others = tuple(_other(one, finding.root) for one in result.others)
    output = after if job.mode == "text" else b""
    if job.mode == "in-place" and result.changed:
        from dockfix import files

        # What is left out of the build first: on its own, that is what harms least.
        changes = [files.Change(one.path, one.before, one.after) for one in others]
        if before != after:
            changes.append(files.Change(path, before, after))
        files.replace_together(changes)
    if job.mode == "diff" and before != after:
        from dockfix.diff import unified

        output = unified(before, after, patch_path("Dockerfile" if path == "<stdin>" else path))
    return Outcome(
        path, result.changed, result.applied, result.offered, result.notes, output, None, others
    )


class _Finding:
    """The build context of a Dockerfile, once it is asked for, and then its `root`."""

    def __init__(self, path: str, named: str | None) -> None:
        self._path, self._named = path, named
        self.root = ""

    def __call__(self, dockerfile: Dockerfile) -> tuple[Context | None, str]:
        from dockfix.context.folder import find

        context, why = find(self._path, dockerfile, self._named)
        self.root = "" if context is None else context.root
        return context, why


def _other(one: OtherFile, root: str) -> Other:
    from dockfix.syntax.source import encode

    before = None if one.before is None else encode(one.before)
    return Other(os.path.join(root, one.path), before, encode(one.after))


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


def outcomes(jobs: Sequence[Job], wanted: int | None) -> Iterator[Outcome]:
    """The outcomes, in the order of the jobs, from as many processes as are `wanted` and of use.

    What waits to be printed has to be flushed before: a forked process would print it again.
    """
    processes = _processes(wanted, len(jobs))
    if processes == 1:
        yield from map(process, jobs)
        return
    import signal
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # nobody prints them before the others are forked
    first, jobs = list(map(process, jobs[:_FIRST])), jobs[_FIRST:]
    pool = ProcessPoolExecutor(processes, initializer=_leave_interrupts_to_parent)
    done = 0
    try:
        # An interrupt that meets a process before it leaves them to its parent would end it.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        results = pool.map(process, jobs, chunksize=8)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        yield from first
        for outcome in results:
            done += 1
            yield outcome
    except BrokenProcessPool:
        for job in jobs[done:]:
            yield Outcome(job.path, error=f"{job.path}: a process died; try --jobs 1")
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts_to_parent() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
