#!/usr/bin/env bash
# buildah: SHELL holds for RUN but not for CMD and ENTRYPOINT
#
# Package: buildah 1.28.2 (Debian's buildah 1.28.2+ds1-3+deb12u1+b3); run as root
# One would expect: after `SHELL ["/bin/bash", "-c"]`, `CMD echo hi` starts bash, as Docker's
#     reference says. At least with `--format docker`, for buildah itself warns that the OCI format
#     has no SHELL and names that option as the remedy.
# What happens: the option brings SHELL into the image's settings, and the CMD beside it still
#     starts /bin/sh.
# Seen:
# | oci: SHELL is not kept, CMD is /bin/sh -c echo hi
# | docker: SHELL is /bin/bash -c, CMD is /bin/sh -c echo hi
# Why it matters: a CMD with a bash word in it ("[[", "source") works in an image that Docker built
#     and fails in one that buildah or podman built from the same file, when the container starts.
#     An exec form that names bash is the same everywhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "${script%/*}/helpers/buildah.sh"
get_buildah > log 2>&1
printf 'FROM scratch\nSHELL ["/bin/bash", "-c"]\nCMD echo hi\n' > Dockerfile
for format in oci docker; do
    buildah build --format "$format" --tag "$format" . >> log 2>&1
    buildah inspect --type image "$format" | python3 -c '
import json, sys

settings = json.load(sys.stdin)["Docker"]["config"]
shell = "is " + " ".join(settings["Shell"]) if "Shell" in settings else "is not kept"
print("SHELL", shell + ", CMD is", *settings["Cmd"])' | sed "s/^/$format: /"
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
