"""Writing files so that nobody ever sees half a file.

A file is replaced, never overwritten: the new text goes to a temporary file beside it, onto the
disk, and then over the old name in one step. Whatever happens in between, the name means the old
file or the new one.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence

from dockfix.records import Record


def replace(path: str, before: bytes, after: bytes) -> None:
    """Make `after` the content of the file at `path`, which was `before` when it was read.

    Symbolic links are followed: the file they lead to is replaced. Mode, owner, group and extended
    attributes stay; other hard links keep the old content. Raises OSError, with the old file
    untouched: for a file that may not be written or is no regular file, for one whose owner cannot
    be kept, and for one that somebody else changed since it was read (unless to the same).
    """
    replace_together([Change(path, before, after)])


class Change(Record):
    """A file at `path` that was `before` when it was read (None: not there) becomes `after`."""

    path: str
    before: bytes | None
    after: bytes


def replace_together(changes: Sequence[Change]) -> None:
    """`replace` for several files of which none may change without the others, in this order.

    All are written and lie on the disk before the first one gets its name. If one then cannot be
    renamed, those before it get their old content back. Between the renames, which is for some
    microseconds, a crash of the machine can leave the first files new and the others old.
    """
    ready: list[tuple[Change, str, str]] = []
    renamed: list[Change] = []
    try:
        for change in changes:
            target = os.path.realpath(change.path)
            temporary = _written(change, target)
            if temporary is not None:
                ready.append((change, temporary, target))
        for change, temporary, target in ready:
            os.rename(temporary, target)
            renamed.append(change)
    except BaseException:
        for _, temporary, _ in ready[len(renamed) :]:
            _unlink_quietly(temporary)
        for change in reversed(renamed):
            if change.before is None:
                _unlink_quietly(os.path.realpath(change.path))
            else:
                replace(change.path, change.after, change.before)
        raise
    for folder in dict.fromkeys(os.path.dirname(target) for _, _, target in ready):
        _sync_directory(folder)


def has_other_names(path: str) -> bool:
    """True if there are hard links to a file, which a replacement would leave with the old text."""
    try:
        return os.stat(path).st_nlink > 1
    except OSError:
        return False


def _written(change: Change, target: str) -> str | None:
    """A temporary file with the new content, and the status of the old file if there is one; None
    if the file has that content already."""
    status = None if change.before is None else _status(target, change.path)
    # The umask decides over the mode of a new file, and only the kernel can apply it safely.
    temporary, descriptor = _create_beside(target, 0o666 if status is None else 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(change.after)
            file.flush()
            if status is not None:
                _copy_status(descriptor, target, status, change.path)
            os.fsync(descriptor)
        if not _is_as_it_was(change, target):
            os.unlink(temporary)
            return None
    except BaseException:
        _unlink_quietly(temporary)
        raise
    return temporary


def _status(target: str, path: str) -> os.stat_result:
    """The status of a file that may be replaced."""
    status = os.stat(target)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    # Root may write everything, but who made a file read-only did not want it rewritten.
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "the file is read-only", path)
    return status


def _is_as_it_was(change: Change, target: str) -> bool:
    """True if nobody has changed a file since; False if somebody has, to what it is to become."""
    if change.before is None:
        if os.path.lexists(target):
            raise OSError(errno.EAGAIN, "made by somebody else in the meantime", change.path)
        return True
    now = _read(target)
    if now not in (change.before, change.after):
        raise OSError(errno.EAGAIN, "changed by somebody else in the meantime", change.path)
    return now == change.before


def write(path: str, data: bytes) -> None:
    """Write `data` to a file that may exist already or not, or to a device. Raises OSError."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        replace_together([Change(path, None, data)])
        return
    if stat.S_ISREG(status.st_mode):
        replace(path, _read(path), data)
        return
    with open(path, "wb") as file:
        file.write(data)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _create_beside(target: str, mode: int) -> tuple[str, int]:
    """A new, empty file in the directory of `target` that no search takes for a Dockerfile."""
    while True:
        name = f".dockfix-{os.getpid()}-{os.urandom(6).hex()}.tmp"
        temporary = os.path.join(os.path.dirname(target), name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return temporary, os.open(temporary, flags, mode)
        except FileExistsError:
            continue


def _copy_status(descriptor: int, target: str, status: os.stat_result, path: str) -> None:
    created = os.fstat(descriptor)
    if (created.st_uid, created.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.fchown(descriptor, status.st_uid, status.st_gid)
        except OSError as error:
            raise OSError(error.errno, "its owner and group could not be kept", path) from error
    for name in _attributes(target):
        try:
            os.setxattr(descriptor, name, os.getxattr(target, name))
        except OSError:
            # Some attributes belong to the system alone, which then sets them by itself.
            continue
    # Last, because a change of owner takes set-user-ID bits away.
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _attributes(target: str) -> list[str]:
    if not hasattr(os, "listxattr"):
        return []
    try:
        return os.listxattr(target)
    except OSError:
        return []


def _sync_directory(directory: str) -> None:
    """Bring the new name onto the disk, on file systems that can."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _unlink_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
