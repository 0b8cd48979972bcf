#!/usr/bin/env bash
# tini, catatonit and dumb-init run a script that a container cannot start; gosu does not
#
# Package: tini 0.19.0 (Debian 0.19.0-1+b3), catatonit 0.1.7 (Debian 0.1.7-1+b2), dumb-init
#     1.2.5.post1 (Python package), gosu 1.14 (Debian 1.14-1+b10). `docker run --init` is tini,
#     `podman run --init` is catatonit.
# One would expect: an init starts what a container could start without it, and nothing else.
# What happens: the three start a program by C's execvp, which hands a file without `#!` to /bin/sh.
#     A container's runtime and gosu (in Go) ask the kernel alone, which refuses it.
# Seen:
# | no init: Exec format error
# | tini: started, one argument
# | catatonit: started, one argument
# | dumb-init: started, one argument
# | gosu: exec format error
# Why it matters: an image whose entry point script lost its first line starts with --init, below an
#     orchestrator that adds one, or behind `ENTRYPOINT ["tini", "--"]`, and fails as soon as any of
#     these goes, or gosu comes between.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download tini=0.19.0-1+b3 catatonit=0.1.7-1+b2 gosu=1.14-1+b10
    for package in *.deb; do dpkg -x "$package" program; done
    python3 -m venv venv
    venv/bin/pip install dumb-init==1.2.5.post1
    echo 'test $# = 1 && echo started, one argument' > start
    chmod +x start
} > log 2>&1
kernel() { python3 -c 'import os, sys; os.execv(sys.argv[1], sys.argv[1:])' "$@"; }
start() { # the script behind a program; of an error its last words
    "$@" ./start word 2>&1 | tail -n 1 | sed 's/.*: //; s/.*\] //' || true
}
{
    echo "no init: $(start kernel)"
    # tini says on other places than process 1 that it is not: -s makes it right.
    echo "tini: $(start program/usr/bin/tini -s --)"
    echo "catatonit: $(start program/usr/bin/catatonit --)"
    echo "dumb-init: $(start venv/bin/dumb-init --)"
    echo "gosu: $(start program/usr/sbin/gosu "$(id -u)")"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
