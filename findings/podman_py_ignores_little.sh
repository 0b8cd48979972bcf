#!/usr/bin/env bash
# podman-py excludes other files by .dockerignore than Docker does
#
# Package: podman 5.8.0 (Python, "podman-py"); held against Docker's own client, Debian's docker.io
#     20.10.24+dfsg1-1+deb12u1+b6
# One would expect: the Python library of an engine reads the ignore file as the engine's command
#     does.
# What happens: it holds each line against each path by Python's fnmatch, where "*" also crosses
#     "/". A slash at the start or end of a line makes it fit nothing, "!" has no meaning, and "**/"
#     does not fit the topmost folder. "*.txt" on the other hand fits at any depth.
# Seen (a line for each .dockerignore: the line, what is sent):
# | /src: docker a.txt; podman-py a.txt src/b.txt
# | src/: docker a.txt; podman-py a.txt src/b.txt
# | **/a.txt: docker src/b.txt; podman-py a.txt src/b.txt
# | *.txt: docker src/b.txt; podman-py nothing
# | * !src: docker src/b.txt; podman-py nothing
# Why it matters: a build started from Python sends folders that the ignore file names
#     ("/node_modules", "dist/"), so it is slow and its image may be larger, or it lacks files that
#     a "!" brings back, and COPY fails. The command line shows neither.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download docker.io=20.10.24+dfsg1-1+deb12u1+b6
    dpkg -x docker.io_*.deb program
    python3 -m venv venv
    venv/bin/pip install podman==5.8.0
    mkdir -p context/src
    touch context/a.txt context/src/b.txt
    echo 'FROM scratch' > context/Dockerfile
} > log 2>&1
sent() { # the command's files but for the Dockerfile and the ignore file, which both always send
    local files
    files=$("$@" | tr ' ' '\n' | sed '/Dockerfile/d; /\.dockerignore/d' | xargs)
    echo "${files:-nothing}"
}
by_podman() {
    venv/bin/python -c '
import tarfile
from podman.api.tar_utils import create_tar, prepare_containerignore

archive = create_tar("context", exclude=prepare_containerignore("context"))
print(*sorted(member.name for member in tarfile.open(fileobj=archive) if member.isfile()))'
}
for patterns in '/src' 'src/' '**/a.txt' '*.txt' '* !src'; do
    tr ' ' '\n' <<< "$patterns" > context/.dockerignore
    docker=$(sent python3 "${script%/*}/helpers/docker_context.py" program/usr/bin/docker context)
    echo "$patterns: docker $docker; podman-py $(sent by_podman)"
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
