"""Which sources of an ADD are fetched or unpacked rather than copied.

BuildKit fetches what is written as a URL or as `user@host:path` (dockerfile2llb/convert_copy.go,
dfgitutil/git_ref.go). It unpacks each file of the build context that starts like a tar archive,
whatever its name. The archive may be compressed by gzip, bzip2, xz or zstd.
"""

from __future__ import annotations

from dockfix.shell.patterns import lazy
from dockfix.state.paths import is_pattern
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context import Context

_REMOTE = lazy(r"[\w+.-]*://|[\w.-]+@")
#: Endings of archives, and of formats that are archives under another name.
_ENDING = lazy(
    r"\.(?:apk|bak|backup|box|bz2?|bzip2?|crate|docker|dump|gem|gtar|gz|gzip|img|ipk|lz|lz4|lzma|lzo"
    r"|oci|ova|phar|pkg|rootfs|snapshot|spk|tar|taz|tbz2?|tgz|tlz|txz|tz2|tzst|unitypackage|xz|z"
    r"|zstd?)\Z"
)
#: Names that people give to archives without an ending.
_HINT = lazy(
    r"(?:archive|backup|bundle|chroot|dump|image|layer|rootfs|snapshot|stage\d|tarball|\btar)\Z"
)
_ORDINARY = lazy(r"\.[a-z]\w*\Z")
_LITERAL_START = lazy(r"[\w-]*[./][^$:@]*\$")
_STARTS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")


def is_remote(source: str) -> bool:
    """True if a source is a URL or a Git reference, or could be one for some builder."""
    return _REMOTE.match(source) is not None


def named_archive(source: str) -> bool:
    """True if a source has the ending of an archive."""
    return _ENDING.search(source.rstrip("/").lower()) is not None


def only_copied(source: str, context: Context | None) -> bool:
    """True if a source (quotes removed) is surely copied as it stands: files and directories.

    Its name must not be that of an archive. With a build context, the file's content decides too. A
    pattern or a source with a variable must end like an ordinary file. `NAME*` will do as well,
    where the context has a file NAME and all else that matches is called after it.
    """
    name = source.rstrip("/").rpartition("/")[2].lower()
    if is_remote(source) or named_archive(source):
        return False
    if "$" in source or is_pattern(source):
        clear = "$" not in source or _LITERAL_START.match(source) is not None
        return clear and (_ORDINARY.search(name) is not None or _names_files(source, context))
    path = source.strip("/")
    kind = context.kind(path) if context else None
    if context and kind == "file":
        return _is_ordinary(path, context)
    return kind == "directory" or source.endswith("/") or _HINT.search(name) is None


def _names_files(source: str, context: Context | None) -> bool:
    """True if a pattern is `NAME*` for an ordinary file NAME and what is called after it."""
    stem = source.removesuffix("*").removeprefix("./").lstrip("/")
    parent, _, name = stem.rpartition("/")
    if context is None or source[-1:] != "*" or "$" in source or is_pattern(stem):
        return False
    if context.kind(stem) != "file":
        return False
    beside = [one for one in context.entries(parent) or () if one.startswith(name)]
    paths = [f"{parent}/{one}" if parent else one for one in beside]
    return not any(map(named_archive, beside)) and all(
        context.kind(path) == "directory" or _is_ordinary(path, context) for path in paths
    )


def _is_ordinary(path: str, context: Context) -> bool:
    """True if the first bytes of a file can be read and are not those of an archive."""
    head = context.head(path, 512)
    return head is not None and not starts_archive(head)


def starts_archive(head: str) -> bool:
    """True if a file whose first 512 bytes are `head` may be an archive, compressed or not."""
    start = head.encode("utf-8", "surrogateescape")[:512]
    if start.startswith(_STARTS) or start[257:262] == b"ustar":
        return True
    # Older archives have only a checksum of the header, in which its own field counts as blanks.
    written = start[148:156].strip(b" \0")
    if len(start) < 512 or not written or written.strip(b"01234567"):
        return False
    return sum(start[:148]) + sum(start[156:]) + 8 * 32 == int(written, 8)
