#!/usr/bin/env bash
# A copy of an image into an OCI folder loses HEALTHCHECK, SHELL and ONBUILD, silently
#
# Package: skopeo 1.9.3 (Debian's skopeo 1.9.3+ds1-1+b10)
# One would expect: a copy holds what the original holds. What a format cannot hold is refused or
#     warned about, as buildah does.
# What happens: the configuration is cut to the fields that the OCI specification names. skopeo says
#     nothing and exits with 0. A copy back into Docker's format does not bring them back.
# Seen:
# | Docker: Cmd Healthcheck OnBuild Shell
# | as OCI: Cmd
# | and back: Cmd
# | warnings: 0
# Why it matters: `oci:` is the usual form in which an image is kept between two jobs of a pipeline.
#     What is deployed then has no health check, though the Dockerfile has one and the image that
#     was tested had it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download skopeo=1.9.3+ds1-1+b10 libgpgme11 libassuan0 libdevmapper1.02.1
    for package in *.deb; do dpkg -x "$package" program; done
} > log 2>&1
python3 "${script%/*}/helpers/docker_image.py" docker '{
    "Cmd": ["serve"], "Healthcheck": {"Test": ["CMD", "probe"]}, "Shell": ["/bin/bash", "-c"],
    "OnBuild": ["RUN prepare"]}'
copy() {
    LD_LIBRARY_PATH=$(echo program/usr/lib/*-linux-gnu):$(echo program/lib/*-linux-gnu) \
        program/usr/bin/skopeo --insecure-policy copy "$@" >> log 2>> warnings
}
settings() { # names of them in the image in folder $1
    python3 - "$1" <<'END'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
digest = json.loads((folder / "manifest.json").read_text())["config"]["digest"]
print(*sorted(json.loads((folder / digest.removeprefix("sha256:")).read_text())["config"]))
END
}
{
    echo "Docker: $(settings docker)"
    copy dir:docker oci:kept:latest
    copy oci:kept:latest dir:kept-as-folder
    echo "as OCI: $(settings kept-as-folder)"
    copy --format v2s2 oci:kept:latest dir:back
    echo "and back: $(settings back)"
    echo "warnings: $(wc -l < warnings)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
