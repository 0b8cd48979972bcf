#!/usr/bin/env bash
# A layer as zstd:chunked, read by python-zstandard: the first file and no error
#
# Package: zstandard 0.23.0 (Python), skopeo 1.9.3 (Debian's skopeo 1.9.3+ds1-1+b10)
# One would expect: zstandard.ZstdDecompressor().decompress(layer) gives the whole layer, or raises.
# What happens: skopeo, podman and buildah write zstd:chunked layers as many zstd frames, one for
#     each piece of a file, so that pieces can be fetched alone. To a reader of streams that is one
#     file. decompress() stops behind the first frame and returns what it has.
# Seen (a layer of three files):
# | frames: many
# | by stream: one two three
# | by decompress: fewer bytes than the tar has, no error
# Why it matters: the layers of one builder are one frame each, so a scanner passes its tests. With
#     the next builder it sees the first entries of each layer and finds nothing in the rest.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download skopeo=1.9.3+ds1-1+b10 libgpgme11 libassuan0 libdevmapper1.02.1
    for package in *.deb; do dpkg -x "$package" program; done
    python3 -m venv venv
    venv/bin/pip install zstandard==0.23.0
    python3 "${script%/*}/helpers/docker_image.py" docker '{"Cmd": ["serve"]}'
    LD_LIBRARY_PATH=$(echo program/usr/lib/*-linux-gnu):$(echo program/lib/*-linux-gnu) \
        program/usr/bin/skopeo --insecure-policy copy --format oci \
        --dest-compress --dest-compress-format zstd:chunked dir:docker dir:chunked
} > log 2>&1
venv/bin/python > seen <<'END'
import io
import json
import pathlib
import tarfile

import zstandard

folder = pathlib.Path("chunked")
[layer] = json.loads((folder / "manifest.json").read_text())["layers"]
data = (folder / layer["digest"].removeprefix("sha256:")).read_bytes()
print("frames:", "many" if data.count(zstandard.FRAME_HEADER) > 2 else "one")
whole = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()
print("by stream:", *tarfile.open(fileobj=io.BytesIO(whole)).getnames())
part = zstandard.ZstdDecompressor().decompress(data, max_output_size=len(whole))
print("by decompress:", "fewer bytes than the tar has" if len(part) < len(whole) else "all", end="")
print(", no error")
END
diff <(sed -n 's/^# | //p' "$script") seen
