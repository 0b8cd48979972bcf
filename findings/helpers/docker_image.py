"""Writes a small Docker image (schema 2) into a folder, in the form that skopeo calls `dir:`.

Takes the folder, and the image's settings as JSON. The one layer has three files.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

DOCKER = "application/vnd.docker."


def main(folder: Path, settings: dict[str, object]) -> None:
    folder.mkdir()

    def blob(data: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (folder / digest).write_bytes(data)
        return {"mediaType": DOCKER + kind, "size": len(data), "digest": "sha256:" + digest}

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for name in ("one", "two", "three"):
            file = tarfile.TarInfo(name)
            file.size = 100_000
            archive.addfile(file, io.BytesIO(name[:1].encode() * file.size))
    diff_id = "sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()
    image = {
        "architecture": "amd64",
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created_by": "by hand"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER + "distribution.manifest.v2+json",
        "config": blob(json.dumps(image).encode(), "container.image.v1+json"),
        "layers": [blob(gzip.compress(layer.getvalue()), "image.rootfs.diff.tar.gzip")],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "version").write_text("Directory Transport Version: 1.1\n")


main(Path(sys.argv[1]), json.loads(sys.argv[2]))
