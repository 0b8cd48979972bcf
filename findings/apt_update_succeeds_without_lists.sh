#!/usr/bin/env bash
# `apt-get update` exits with 0 when a source cannot be reached
#
# Package: apt 2.6.1 (Debian's apt 2.6.1, libapt-pkg6.0 2.6.1)
# One would expect: if a package list cannot be fetched, `apt-get update` fails.
# What happens: a list that the source does not have is an error. But a source that cannot be
#     reached is a warning, because old lists may do. The exit code is 0 even where there are no old
#     lists. `--error-on=any` makes it an error.
# Seen:
# | list is missing: exit code 100
# | nothing listens there: exit code 0
# | the same with --error-on=any: exit code 100
# Why it matters: `RUN apt-get update` in an instruction of its own goes into the cache without
#     lists when the network fails for a minute, and every install above that layer fails or takes
#     old versions until somebody builds without the cache. In one RUN with the install it is seen
#     at once, or not at all: with two sources the install takes what the one that was reached has.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "$(dirname "$script")/helpers/apt.sh"
describe hello | apt_root > log 2>&1
try() {
    local code=0
    apt_get -o Acquire::Retries=0 update "$@" >> log || code=$?
    echo "exit code $code"
}
{
    echo "deb [trusted=yes] file:$folder/missing ./" > etc/sources.list
    echo "list is missing: $(try)"
    # Port 9 of this machine: "discard", which nobody runs.
    echo "deb [trusted=yes] http://localhost:9/ ./" > etc/sources.list
    echo "nothing listens there: $(try)"
    echo "the same with --error-on=any: $(try --error-on=any)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
