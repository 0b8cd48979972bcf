"""Archives of images made by hand: for tests of what no engine would write, or not here."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from dockfix.builds.images.archive import Image, read_archive


def info(name: str, kind: bytes = tarfile.REGTYPE, **more: Any) -> tarfile.TarInfo:
    """A header as tarfile knows it; `xattrs` are a dictionary of names and values."""
    one = tarfile.TarInfo(name)
    one.type = kind
    one.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    xattrs = more.pop("xattrs", {})
    one.pax_headers = {f"SCHILY.xattr.{key}": value for key, value in xattrs.items()}
    for key, value in more.items():
        setattr(one, key, value)
    return one


def layer(*members: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    """The archive of a layer: files with their content, and headers of what has none."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=form, errors="surrogateescape") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                header = info(member[0], size=len(member[1]))
                archive.addfile(header, io.BytesIO(member[1]))
    return output.getvalue()


def saved(
    *layers: bytes, name: str = "made", packed: bool = False, oci: bool = False, **config: Any
) -> bytes:
    """What `docker save` writes of an image; `oci`: without its own list."""
    blobs: dict[str, bytes] = {}

    def put(data: bytes) -> dict[str, Any]:
        digest = sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    stored = [put(gzip.compress(one) if packed else one) for one in layers]
    described = put(
        json.dumps(
            {
                "os": "linux",
                "architecture": "amd64",
                "config": config,
                "rootfs": {"diff_ids": [f"sha256:{sha256(one).hexdigest()}" for one in layers]},
                "history": [{"created_by": f"layer {place}"} for place, _ in enumerate(layers)],
            }
        ).encode()
    )
    manifest = put(json.dumps({"config": described, "layers": stored}).encode())
    if oci:
        annotations = {"io.containerd.image.name": name}
        index = {"manifests": [{**manifest, "annotations": annotations}]}
        last = {"index.json": json.dumps(index).encode()}
    else:
        entry = {
            "Config": f"blobs/{described['digest'].replace(':', '/')}",
            "RepoTags": [name],
            "Layers": [f"blobs/{one['digest'].replace(':', '/')}" for one in stored],
        }
        last = {"manifest.json": json.dumps([entry]).encode()}
    return layer(*blobs.items(), *last.items())


def image(*layers: bytes, programs: bool = False, **config: Any) -> Image:
    """The image of these layers, read as an engine's."""
    (one,) = read_archive(io.BytesIO(saved(*layers, **config)), programs=programs)
    return one


class Pieces(io.RawIOBase):
    """A file that is made while it is read, so that it may be larger than the memory."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        data, self._rest = self._rest[:size], self._rest[size:]
        return data
