"""Results of earlier runs, for files where nothing has changed that a result was made from.

A result is found by the bytes of its file, the settings and the program. It counts only if all that
was asked of the disk meanwhile (`dockfix.context.disk`) has the same answers now. What cannot be
read, is damaged, or comes from elsewhere is as good as nothing. Errors and rewritten files are not
kept, so that nothing is ever written because of a result from here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import dockfix
from dockfix.cli.config import Config, Finder
from dockfix.cli.options import Options
from dockfix.cli.work import Done, Job, read
from dockfix.context.answers import Answers
from dockfix.context.disk import CACHE_FOLDER, digest
from dockfix.core.findings import Applied
from dockfix.edit.edits import Safety
from dockfix.errors import ConfigError
from dockfix.reports.run import Other, Outcome
from dockfix.typed import Any

#: With fewer files it takes longer to read results than to make them, if half of them are new.
_WORTH_CACHE = 16
_NAME = "results"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of dockfix: may be removed.\n"
#: Results that no run asked for meanwhile are kept up to this many.
_MOST = 50_000
_LARGEST = 200_000_000
_BETWEEN = "\0\n\0"


def opened(jobs: Sequence[Job], options: Options, finder: Finder) -> Cache | None:
    """The results for a run; None if it is to have none, or can have none.

    They lie beside the configuration that holds in the working directory, else in that directory.
    """
    try:
        config = finder.settings(".")
    except ConfigError:
        return None
    if not config.cache or not all(job.mode in ("check", "diff", "in-place") for job in jobs):
        return None
    if any(job.detail for job in jobs):
        return None  # a format for programs wants more than is kept
    if config.cache_dir is None and len(jobs) < _WORTH_CACHE:
        return None
    folder = config.cache_dir or os.path.join(config.root or os.getcwd(), CACHE_FOLDER)
    return Cache(folder) if _made(folder) else None


class Cache:
    """The results in a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._answers = Answers()
        self._head = f"dockfix 1 {_program()}"
        self._kept = self._loaded()
        self._used: dict[str, str] = {}
        self._is_new = False

    def __call__(self, jobs: Sequence[Job]) -> list[Outcome | None]:
        """What is known to come of each job; None: not known."""
        return list(map(self._found, jobs))

    def keep(self, job: Job, done: Done) -> None:
        """Takes in what came of a job."""
        outcome = done.outcome
        if (
            outcome.error is None
            and done.source
            and not (job.mode == "in-place" and outcome.changed)
        ):
            key = _key(job, done.source)
            fields = [_written(outcome)]
            for question, answer in done.asked.items():
                fields += (*question, answer)
            rest = "\0".join(fields)
            self._used[key] = f"{key}\0{digest(key + rest)}\0{rest}"
            self._is_new = True

    def write(self) -> None:
        """Writes all results, in one step. What cannot be written is not kept."""
        if not self._is_new:
            return
        others = [line for key, line in self._kept.items() if key not in self._used]
        lines = [*others[max(0, len(others) + len(self._used) - _MOST) :], *self._used.values()]
        temporary = os.path.join(self._folder, f"{_NAME}-{os.getpid()}.tmp")
        try:
            _create(temporary, _BETWEEN.join([self._head, *lines]))
            # a link of that name is replaced, not followed
            os.replace(temporary, os.path.join(self._folder, _NAME))
        except OSError:
            return

    def _loaded(self) -> dict[str, str]:
        path = os.path.join(self._folder, _NAME)
        try:
            found = os.stat(path)
            if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                return {}
            lines = read(path).decode("utf-8", "surrogateescape").split(_BETWEEN)
        except OSError:
            return {}
        if lines[0] != self._head:
            return {}
        return {line.partition("\0")[0]: line for line in lines[1:]}

    def _found(self, job: Job) -> Outcome | None:
        if not self._kept or isinstance(job.config, str):
            return None
        try:
            if not stat.S_ISREG(os.stat(job.path).st_mode):
                return None  # a pipe could be read only once
            key = _key(job, digest(read(job.path)))
        except OSError:
            return None
        line = self._kept.get(key)
        if line is None:
            return None
        check, _, rest = line[len(key) + 1 :].partition("\0")
        if check != digest(key + rest):
            return None
        written, *fields = rest.split("\0")
        each = (fields[number::4] for number in range(4))
        if not self._answers.are_same(zip(*each, strict=False)):
            return None
        self._used[key] = line
        return _read_outcome(job.path, written)


def _made(folder: str) -> bool:
    """True if there is a folder for results, with a file that keeps it out of Git."""
    try:
        if os.path.islink(folder):
            return False
        os.makedirs(folder, exist_ok=True)
        for name, text in ((".gitignore", "*\n"), ("CACHEDIR.TAG", _TAG)):
            if not os.path.lexists(os.path.join(folder, name)):
                _create(os.path.join(folder, name), text)
    except OSError:
        return False
    return True


def _create(path: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(path, flags, 0o666), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))


def _program() -> str:
    """What stands for the program: its version and its files, which may be somebody's checkout."""
    import sys

    found = [dockfix.__version__, sys.version]
    folders = [os.path.dirname(dockfix.__file__)]
    while folders:
        folder = folders.pop()
        if not os.path.isdir(folder):
            # inside an archive
            found.append(_stamp(os.path.dirname(folder)))
            continue
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir():
                    folders += [entry.path] * (entry.name != "__pycache__")
                else:
                    found.append(_stamp(entry.path))
    return digest("\0".join(found))


def _stamp(path: str) -> str:
    found = os.stat(path)
    return f"{path} {found.st_mtime_ns} {found.st_size}"


def _key(job: Job, source: str) -> str:
    """What a result is found by: the digest of a file's bytes, and how it was done."""
    how = job._replace(config="")
    return digest(repr((source, tuple(how), _said(job.config), os.getcwd())))


@lru_cache(maxsize=64)
def _said(config: Config | str) -> str:
    """Settings as a text: most files of a run have the same."""
    return repr(config)


def _written(outcome: Outcome) -> str:
    """A result as a text; empty for a file of which there is nothing to say."""
    lists = (outcome.applied, outcome.offered, outcome.notes)
    if not any(lists) and not outcome.output and not outcome.others:
        return ""
    import json

    others = [(path, _text(before), _text(after)) for path, before, after in outcome.others]
    found = [[[*one[:5], one.safety.value, *one[6:]] for one in each] for each in lists]
    return json.dumps([outcome.changed, *found, _text(outcome.output), others, outcome.only_others])


def _read_outcome(path: str, written: str) -> Outcome:
    if not written:
        return Outcome(path)
    import json

    changed, *lists, output, others, only_others = json.loads(written)
    applied, offered, notes = (tuple(map(_read_applied, each)) for each in lists)
    return Outcome(
        path,
        changed,
        applied,
        offered,
        notes,
        _bytes(output) or b"",
        others=tuple(
            Other(one, _bytes(before), _bytes(after) or b"") for one, before, after in others
        ),
        only_others=only_others,
    )


def _read_applied(row: list[Any]) -> Applied:
    code, name, message, line, column, safety, start, end, declares, severity = row
    return Applied(
        code, name, message, line, column, Safety(safety), start, end, tuple(declares), severity
    )


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")


def remembered(
    jobs: Sequence[Job], found: Sequence[Outcome | None], rest: Iterable[Done], cache: Cache
) -> Iterator[Outcome]:
    """The outcomes in the order of the jobs: those that were `found`, and `rest` for the others."""
    others = iter(rest)
    for job, outcome in zip(jobs, found, strict=True):
        if outcome is not None:
            yield outcome
            continue
        done = next(others, None)
        if done is None:
            return  # an interrupt came
        cache.keep(job, done)
        yield done.outcome
    cache.write()
