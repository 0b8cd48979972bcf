"""Reading files whole, and writing them so that nobody ever sees half a file.

A file is replaced, never overwritten: the new text goes to a temporary file beside it, onto the
disk, and then over the old name in one step. Whatever happens in between, the name means the old
file or the new one.
"""

from __future__ import annotations

import errno
import os
import stat


def read(path: str) -> bytes:
    """The bytes of a file. Raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def replace(path: str, before: bytes, after: bytes) -> None:
    """Make `after` the content of the file at `path`, which was `before` when it was read.

    Symbolic links are followed: the file they lead to is replaced. Mode, owner, group and extended
    attributes stay; other hard links keep the old content. Raises OSError, with the old file
    untouched: for a file that may not be written or is no regular file, for one whose owner cannot
    be kept, and for one that somebody else changed since it was read (unless to the same).
    """
    target = os.path.realpath(path)
    status = os.stat(target)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
    # Root may write everything, but who made a file read-only did not want it rewritten.
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise OSError(errno.EACCES, "the file is read-only", path)
    temporary, descriptor = _create_beside(target, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(after)
            file.flush()
            _copy_status(descriptor, target, status, path)
            os.fsync(descriptor)
        now = read(target)
        if now != before:
            if now != after:
                raise OSError(errno.EAGAIN, "changed by somebody else in the meantime", path)
            os.unlink(temporary)
            return
        os.rename(temporary, target)
    except BaseException:
        _unlink_quietly(temporary)
        raise
    _sync_directory(os.path.dirname(target))


def write(path: str, data: bytes) -> None:
    """Write `data` to a file that may exist already or not, or to a device. Raises OSError."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        _create(path, data)
        return
    if stat.S_ISREG(status.st_mode):
        replace(path, read(path), data)
        return
    with open(path, "wb") as file:
        file.write(data)


def _create(path: str, data: bytes) -> None:
    target = os.path.realpath(path)
    # The umask decides over the mode of a new file, and only the kernel can apply it safely.
    temporary, descriptor = _create_beside(target, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.rename(temporary, target)
    except BaseException:
        _unlink_quietly(temporary)
        raise
    _sync_directory(os.path.dirname(target))


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
