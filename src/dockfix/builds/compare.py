"""Whether two images are the same to those who use them: their files, and how they start.

What is compared: what lies at each path, its content, mode, owner, link target and extended
attributes, and the settings of the config. What is not: times, because every build has others; how
files are spread over layers; and which names share a hard link, because a change in a later layer
may break that on one engine and not on another; nor what engines themselves put into a container
for a while and leave a trace of.

Owners are compared by name, through each image's own passwd and group: the numbers of system
accounts depend on which was added first. Where numbers changed, `renumbered` says so, because a
volume of an earlier container keeps the old ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dockfix.builds.images.archive import Image
from dockfix.builds.images.layers import ACCOUNTS, AUTOMATIC, LayerEntry
from dockfix.builds.images.overlay import Overlay
from dockfix.records import Record
from dockfix.typed import Literal

Aspect = Literal["missing", "new", "kind", "content", "mode", "owner", "target", "attributes"]

#: What an image's config says about how it starts, under the names of the image specification.
SETTINGS = (
    "Env", "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes", "Labels",
    "Healthcheck", "StopSignal", "Shell", "OnBuild",
)  # fmt: skip
#: Those that hold when nothing is said.
_DEFAULTS = {"WorkingDir": "/", "User": "root", "Shell": ["/bin/sh", "-c"]}


#: Where an engine mounts something of its own while a RUN runs, and makes what to mount it on.
_MOUNTED = (b"dev", b"proc", b"sys")
_MADE = frozenset(
    (b"etc/hostname", b"etc/hosts", b"etc/mtab", b"etc/resolv.conf", b"run/.containerenv",
     b"run/secrets")
)  # fmt: skip


class PathDifference(Record):
    """A path that is not the same in two images, and in what. `before` and `after` are for people.

    `path` begins with a slash, and has bytes that are not UTF-8 as surrogates. A directory that is
    missing or new stands for all below it.
    """

    path: str
    aspect: Aspect
    before: str
    after: str


class SettingDifference(Record):
    """A setting that is not the same; `name` may be one of many: `Env PATH`. None: not set."""

    name: str
    before: str | None
    after: str | None


class Renumbered(Record):
    """A user or group of the same name and another number."""

    kind: Literal["user", "group"]
    name: str
    before: int
    after: int


class Comparison(Record):
    """What differs between two images. `noise` differs between two builds of the first, too."""

    files: tuple[PathDifference, ...]
    settings: tuple[SettingDifference, ...]
    renumbered: tuple[Renumbered, ...]
    noise: tuple[PathDifference, ...]

    @property
    def same(self) -> bool:
        """True if nothing differs but what differs by itself."""
        return not self.files and not self.settings


def compare(before: Image, after: Image, again: Image | None = None) -> Comparison:
    """Compares two images; `again` is another build of the first, to see what is noise."""
    first, second = _ComparedImage(before), _ComparedImage(after)
    renumbered = tuple(_renumbered(first, second))
    found = list(_differences(first, second))
    noise: list[PathDifference] = []
    if again is not None and found:
        third = _ComparedImage(again)
        noise_of = _Noise(_differences(first, third))
        noise = [one for one in found if noise_of.has(one)]
        known = set(noise)
        found = [one for one in found if one not in known]
    settings = list(_settings(before, after))
    if again is not None:
        restless = {one.name for one in _settings(before, again)}
        settings = [one for one in settings if one.name not in restless]
    return Comparison(tuple(found), tuple(settings), renumbered, tuple(noise))


class _ComparedImage:
    """The file system of an image, and the names of its accounts."""

    def __init__(self, image: Image) -> None:
        self.overlay = Overlay(image.layers)
        self.paths = self.overlay.paths
        texts = self.overlay.texts
        self.users = _numbers(texts.get(b"etc/passwd", b""))
        self.groups = _numbers(texts.get(b"etc/group", b""))
        self._user_names = {number: name for name, number in reversed(self.users.items())}
        self._group_names = {number: name for name, number in reversed(self.groups.items())}

    def owner(self, entry: LayerEntry) -> tuple[str, str]:
        """User and group, by name where they have one."""
        return (
            self._user_names.get(entry.uid, str(entry.uid)),
            self._group_names.get(entry.gid, str(entry.gid)),
        )

    def records(self, path: bytes) -> frozenset[bytes] | None:
        """What a file says whose order or numbers depend on what was installed first; else None.

        These are accounts, without their numbers, and which packages only others needed.
        """
        text = self.overlay.texts.get(path)
        if text is None or not (path in ACCOUNTS or path == AUTOMATIC):
            return None
        if path == AUTOMATIC:
            return frozenset(text.strip().split(b"\n\n"))
        return frozenset(self._lines(path, text))

    def _lines(self, path: bytes, text: bytes) -> Iterable[bytes]:
        """The lines of an account file without the numbers that depend on the order of installs."""
        for line in text.splitlines():
            fields = line.split(b":")
            if path.startswith(b"etc/passwd") and len(fields) > 3:
                group = self._group_names.get(_number(fields[3]), "")
                fields[2:4] = [b"", group.encode("utf-8", "surrogateescape") or fields[3]]
            elif path.startswith(b"etc/group") and len(fields) > 3:
                fields[2] = b""
            yield b":".join(fields)


def _is_engines(path: bytes) -> bool:
    """True if what lies at a path is the engine's own, for which no instruction asked."""
    return path.partition(b"/")[0] in _MOUNTED


def _numbers(text: bytes) -> dict[str, int]:
    """The numbers of users or groups; of two with one number, the first is the one that counts."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        fields = line.split(b":")
        if len(fields) > 2 and _number(fields[2]) >= 0:
            name = fields[0].decode("utf-8", "surrogateescape")
            found.setdefault(name, _number(fields[2]))
    return found


def _number(digits: bytes) -> int:
    """A decimal number as it stands in passwd; -1 for anything else."""
    return int(digits) if digits.isdigit() and len(digits) < 11 else -1


def _renumbered(before: _ComparedImage, after: _ComparedImage) -> Iterable[Renumbered]:
    """The accounts of the same name that have another number."""
    kinds: tuple[tuple[Literal["user", "group"], dict[str, int], dict[str, int]], ...] = (
        ("user", before.users, after.users),
        ("group", before.groups, after.groups),
    )
    for kind, old, new in kinds:
        for name in sorted(old.keys() & new.keys()):
            if old[name] != new[name]:
                yield Renumbered(kind, name, old[name], new[name])


def _differences(before: _ComparedImage, after: _ComparedImage) -> Iterable[PathDifference]:
    """The paths that differ, sorted; what is below one that is missing or new is not named."""
    same_names = before.users == after.users and before.groups == after.groups
    paths: list[bytes] = []
    for path, placed in before.paths.items():
        other = after.paths.get(path)
        # most paths are of the very same layer
        if other is None or not (same_names and placed.entry is other.entry):
            paths.append(path)
    paths += [path for path in after.paths if path not in before.paths]
    paths = sorted(path for path in paths if not _is_engines(path))
    one_sided: set[bytes] = set()
    for path in paths:
        old, new = before.paths.get(path), after.paths.get(path)
        if old is not None and new is not None:
            yield from _aspects(path, old.entry, new.entry, before, after)
            continue
        if path in _MADE and not any(one.entry.size for one in (old, new) if one):
            continue
        one_sided.add(path)
        if path.rpartition(b"/")[0] in one_sided:
            continue
        if old is not None:
            yield PathDifference(_path_text(path), "missing", _described(old.entry), "")
        elif new is not None:
            yield PathDifference(_path_text(path), "new", "", _described(new.entry))


def _aspects(
    path: bytes, old: LayerEntry, new: LayerEntry, before: _ComparedImage, after: _ComparedImage
) -> Iterable[PathDifference]:
    """What differs at a path that both images have."""
    name = _path_text(path)
    if old.kind != new.kind:
        yield PathDifference(name, "kind", old.kind, new.kind)
        return
    if old.essence != new.essence:
        records = before.records(path)
        if records is None or records != after.records(path):
            yield PathDifference(name, "content", _described(old), _described(new))
    if old.mode != new.mode:
        yield PathDifference(name, "mode", f"{old.mode:04o}", f"{new.mode:04o}")
    if before.owner(old) != after.owner(new):
        yield PathDifference(name, "owner", _owner_text(before, old), _owner_text(after, new))
    if old.target != new.target:
        yield PathDifference(name, "target", _bytes_text(old.target), _bytes_text(new.target))
    if old.xattrs != new.xattrs:
        yield PathDifference(name, "attributes", _attributes_text(old), _attributes_text(new))


class _Noise:
    """What differs between two builds of one file.

    A directory in which both builds have names that the other has not (a log with the time in its
    name, an object of Git) has such names in a third build, too.
    """

    def __init__(self, found: Iterable[PathDifference]) -> None:
        self._found: set[tuple[str, str]] = set()
        one_sided: dict[str, set[str]] = {}
        self._restless: set[str] = set()
        for one in found:
            self._found.add((one.path, one.aspect))
            if one.aspect in ("missing", "new"):
                folder = one.path.rpartition("/")[0]
                aspects = one_sided.setdefault(folder, set())
                aspects.add(one.aspect)
                if len(aspects) == 2:
                    self._restless.add(folder)

    def has(self, one: PathDifference) -> bool:
        """True if a difference is one of those that come by themselves."""
        if (one.path, one.aspect) in self._found:
            return True
        return one.aspect == "new" and one.path.rpartition("/")[0] in self._restless


def _settings(before: Image, after: Image) -> Iterable[SettingDifference]:
    """The settings that differ."""
    if before.author != after.author:
        yield SettingDifference("Author", before.author or None, after.author or None)
    for name in SETTINGS:
        old, new = _value(name, before.config), _value(name, after.config)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and name != "Healthcheck":
            for key in sorted(old.keys() | new.keys()):
                if old.get(key) != new.get(key):
                    yield SettingDifference(
                        f"{name} {key}", _setting_text(old.get(key)), _setting_text(new.get(key))
                    )
        else:
            yield SettingDifference(name, _setting_text(old), _setting_text(new))


def _value(name: str, config: Mapping[str, Any]) -> Any:
    """A setting; what is not set is what holds then, so that saying it makes no difference."""
    value = config.get(name)
    if name == "Env":
        listed = value if isinstance(value, list) else ()
        pairs = (str(one).partition("=") for one in listed)
        return {key: text for key, _, text in pairs}
    if name in ("Labels", "ExposedPorts", "Volumes"):
        return value if isinstance(value, dict) else {}
    if name == "User" and value in ("0", "0:0", "root:root", "root:0", "0:root"):
        return "root"
    return value or _DEFAULTS.get(name)


def _setting_text(value: Any) -> str | None:
    """A setting as it is said: text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _owner_text(side: _ComparedImage, entry: LayerEntry) -> str:
    """User and group with their numbers."""
    user, group = side.owner(entry)
    return f"{user}:{group} ({entry.uid}:{entry.gid})"


def _described(entry: LayerEntry) -> str:
    """What lies at a path, in words."""
    if entry.kind == "file":
        return f"file, {entry.size:,} bytes, sha256 of the content {entry.digest.hex()[:12]}"
    if entry.kind == "symlink":
        return f"link to {_bytes_text(entry.target)}"
    return entry.kind


def _attributes_text(entry: LayerEntry) -> str:
    """Extended attributes, their values as hexadecimal digits."""
    return ", ".join(f"{_bytes_text(key)}={value.hex()}" for key, value in entry.xattrs) or "none"


def _path_text(path: bytes) -> str:
    """A path with its slash, and with bytes that are not UTF-8 as surrogates."""
    return "/" + path.decode("utf-8", "surrogateescape")


def _bytes_text(text: bytes) -> str:
    """Bytes as they are said."""
    return text.decode("utf-8", "backslashreplace")
