#!/usr/bin/env bash
# Two readers of .dockerignore take no notice of capital letters
#
# Package: docker 7.1.0 (Python, "docker-py"), @balena/dockerignore 1.0.2 (npm); held against
#     Docker's own client, Debian's docker.io 20.10.24+dfsg1-1+deb12u1+b6
# One would expect: names of files differ by capital letters on Linux, in .dockerignore as well.
# What happens: docker-py turns pattern and name into small letters before it compares, and
#     @balena/dockerignore (in tools that build with Node.js) makes its patterns case-insensitive
#     unless told otherwise. Docker's client, like BuildKit, compares what is written.
# Seen (.dockerignore says "*.log" and "/data"):
# | docker: .dockerignore DATA/table.csv Dockerfile build.LOG
# | docker-py: .dockerignore Dockerfile
# | @balena/dockerignore: .dockerignore Dockerfile
# Why it matters: the same Dockerfile in the same folder builds with `docker build`, and its COPY
#     fails or copies less when a library sends the context (a test that starts containers, a
#     deployment tool). A pattern that excludes "Makefile" by "makefile" works with one and not with
#     the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download docker.io=20.10.24+dfsg1-1+deb12u1+b6
    dpkg -x docker.io_*.deb program
    python3 -m venv venv
    venv/bin/pip install docker==7.1.0
    npm install --prefix node @balena/dockerignore@1.0.2
    mkdir -p context/DATA
    touch context/DATA/table.csv context/build.LOG
    echo 'FROM scratch' > context/Dockerfile
    printf '*.log\n/data\n' > context/.dockerignore
} > log 2>&1
{
    echo "docker: $(python3 "${script%/*}/helpers/docker_context.py" program/usr/bin/docker context)"
    echo "docker-py: $(venv/bin/python -c '
import os
from docker.utils.build import exclude_paths

patterns = open("context/.dockerignore").read().split()
print(*sorted(p for p in exclude_paths("context", patterns) if os.path.isfile(f"context/{p}")))')"
    echo "@balena/dockerignore: $(NODE_PATH=node/node_modules node -e '
const ignore = require("@balena/dockerignore");
const patterns = require("fs").readFileSync("context/.dockerignore", "utf8");
const files = [".dockerignore", "DATA/table.csv", "Dockerfile", "build.LOG"];
console.log(ignore().add(patterns).filter(files).join(" "));')"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
