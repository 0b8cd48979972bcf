#!/usr/bin/env bash
# `sh -c 'one command'`: bash and busybox become the command, dash stays in front of it
#
# Package: dash 0.5.12 (Debian 0.5.12-2), bash 5.2 (Debian 5.2.15-2+b13), busybox 1.35
#     (busybox-static, Debian 1:1.35.0-4+deb12u1+b1)
# One would expect: the shell form of CMD starts /bin/sh, so that either all images have a shell as
#     process 1, or none.
# What happens: bash and busybox run a single command in their own place. dash, which is /bin/sh on
#     Debian and Ubuntu, starts a child and waits; a signal for it reaches the dash only.
# Seen:
# | dash: process 1 would be dash; SIGTERM leaves the command running
# | bash: process 1 would be sleep; SIGTERM stops the command
# | busybox: process 1 would be sleep; SIGTERM stops the command
# Why it matters: `CMD app` stops at once on Alpine and Fedora, and on Debian after ten seconds by
#     SIGKILL. Who changes the base image, or tries the command in a bash, sees another thing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download dash=0.5.12-2 bash=5.2.15-2+b13 busybox-static=1:1.35.0-4+deb12u1+b1
    for package in *.deb; do dpkg -x "$package" program; done
} > log 2>&1
started() { # the shell with its -c, and one command
    local first child state
    "$@" 'sleep 20' 2>> log &
    first=$!
    sleep 1
    child=$(pgrep -P "$first") || child=$first
    state="process 1 would be $(cat "/proc/$first/comm")"
    kill -TERM "$first"
    wait "$first" 2>> log || true
    if kill -TERM "$child" 2>> log; then
        echo "$state; SIGTERM leaves the command running"
    else
        echo "$state; SIGTERM stops the command"
    fi
}
{
    echo "dash: $(started program/bin/dash -c)"
    echo "bash: $(started program/bin/bash -c)"
    echo "busybox: $(started program/bin/busybox sh -c)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
