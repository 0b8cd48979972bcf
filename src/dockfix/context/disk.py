"""What this room asks of the disk.

Every look at it goes through a function here. So a run can keep a record of what it asked, with a
digest of each answer. If a later run gets the same answers, it would come to the same result
(`answers.py`). Nothing here raises: what cannot be had is an answer, too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import cache

from dockfix.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Literal, TypeVar

    Answer = TypeVar("Answer")

#: Where results of runs are kept. It is no part of a build context, as far as anybody here sees.
CACHE_FOLDER = ".dockfix_cache"
#: Answers that are kept at most, of each question that many files ask.
_MOST_KEPT = 4096

#: A question: its name, a path, and what else it says.
Question = tuple[str, str, str]


def exists(path: str) -> bool:
    """True if there is something at a path, be it a broken link."""
    return ask(_exists, path)


def is_link(path: str) -> bool:
    """True if a path is a symbolic link."""
    return ask(_is_link, path)


def is_file(path: str) -> bool:
    """True if a path leads to a regular file."""
    return ask(_is_file, path)


def real(path: str) -> str:
    """`os.path.realpath`."""
    return ask(_real, path)


def kind(path: str) -> Literal["file", "directory"] | None:
    """What lies at a path, which may not be a link; None: nothing, or something else."""
    return ask(_kind, path)


def mode(path: str) -> int | None:
    """The permission bits of what a path leads to; None if they cannot be had."""
    return ask(_mode, path)


def target(path: str) -> str | None:
    """Where a symbolic link leads; "" for something else, None if nothing is there."""
    return ask(_target, path)


def names(path: str, most: int) -> tuple[str, ...] | None:
    """The names in a directory, sorted; None for none, and for one with more than `most`."""
    return ask(_names, path, str(most))


def content(path: str, size: int) -> bytes | None:
    """The first `size` bytes of a regular file; None for none."""
    return ask(_content, path, str(size))


def _exists(path: str, _: str) -> bool:
    return os.path.lexists(path)


def _is_link(path: str, _: str) -> bool:
    try:
        return os.path.islink(path)
    except ValueError:
        return False


def _is_file(path: str, _: str) -> bool:
    return os.path.isfile(path)


def _real(path: str, _: str) -> str:
    return os.path.realpath(path)


def _kind(path: str, _: str) -> Literal["file", "directory"] | None:
    try:
        found = os.stat(path, follow_symlinks=False).st_mode
    except (OSError, ValueError):
        return None
    return "file" if stat.S_ISREG(found) else "directory" if stat.S_ISDIR(found) else None


def _mode(path: str, _: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except (OSError, ValueError):
        return None


def _target(path: str, _: str) -> str | None:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return ""


def _names(path: str, most: str) -> tuple[str, ...] | None:
    found: list[str] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                found.append(entry.name)
                if len(found) > int(most):
                    return None
    except (OSError, ValueError):
        return None
    return tuple(sorted(name for name in found if name != CACHE_FOLDER))


def _content(path: str, size: str) -> bytes | None:
    try:
        # A named pipe must not make us wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            return file.read(int(size))
    except (OSError, ValueError):
        return None


#: The questions of this module, by their names.
QUESTIONS: dict[str, Callable[[str, str], object]] = {
    one.__name__: one
    for one in (_exists, _is_link, _is_file, _real, _kind, _mode, _target, _names, _content)
}


class _Keeping:
    """Whether this process keeps records, and the one that is kept now, if any."""

    on = False
    asked: dict[Question, str] | None = None


_forgetting: list[Callable[[], None]] = []


def keep_records() -> None:
    """Has this process keep records from now on: `recorded`."""
    if not _Keeping.on:
        _Keeping.on = True
        # nobody knows what these answers were made from
        forget()


def forget() -> None:
    """Forgets what is `kept`: for a process that goes on while folders and files change."""
    for clear in _forgetting:
        clear()


def recorded(work: Callable[[], Answer]) -> tuple[Answer, dict[Question, str]]:
    """What `work` returns, and what it asked, with digests of the answers."""
    keep_records()
    outer, _Keeping.asked = _Keeping.asked, {}
    try:
        return work(), _Keeping.asked
    finally:
        _Keeping.asked = outer


def ask(question: Callable[[str, str], Answer], path: str, more: str = "") -> Answer:
    """The answer of a question, which is recorded, and what it asks itself is not.

    A question goes by the name of its function.
    """
    asked = _Keeping.asked
    if asked is None:
        return question(path, more)
    _Keeping.asked = None
    try:
        answer = question(path, more)
    finally:
        _Keeping.asked = asked
    asked[question.__name__, path, more] = digest(answer)
    return answer


def not_again(what: str) -> None:
    """Notes that something else than the disk was asked: then the record never counts."""
    if _Keeping.asked is not None:
        _Keeping.asked[what, "", ""] = "unknown"


def digest(answer: object) -> str:
    """A short text that stands for an answer; of two different answers they differ."""
    if answer is None or isinstance(answer, int):
        return repr(answer)
    data = answer if isinstance(answer, bytes) else repr(answer).encode("utf-8", "surrogatepass")
    found: str = _hash()(data, digest_size=16).hexdigest()
    return found


@cache
def _hash() -> Callable[..., Any]:
    """The hash of digests; to import it anew for each of them would take as long as to make one."""
    from hashlib import blake2b

    return blake2b


def kept(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """A decorator: answers of `function` are kept for the whole process, with what they asked."""
    answers: dict[tuple[Any, ...], tuple[Answer, dict[Question, str]]] = {}
    _forgetting.append(answers.clear)

    def answer(*arguments: Any) -> Answer:
        found = answers.get(arguments)
        if found is None:
            if len(answers) >= _MOST_KEPT:
                answers.clear()
            if _Keeping.on:
                found = recorded(lambda: function(*arguments))
            else:
                found = function(*arguments), {}
            answers[arguments] = found
        if _Keeping.asked is not None:
            _Keeping.asked.update(found[1])
        return found[0]

    answer.__name__, answer.__doc__ = function.__name__, function.__doc__
    return answer
