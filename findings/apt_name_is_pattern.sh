#!/usr/bin/env bash
# `apt-get install` of a name with a dot may install something else, and succeeds
#
# Package: apt 2.6.1 (Debian's apt 2.6.1, libapt-pkg6.0 2.6.1)
# One would expect: a package name that does not exist is an error, exit code 100.
# What happens: if the name has a dot, apt takes it for a regular expression, in which the dot is
#     any character, and which need not fit the whole name. Every package that fits is installed,
#     with a line "Note, selecting …" and exit code 0. A name without such a character fails as
#     expected.
# Seen:
# | apt-get install php8: exit code 100, nothing
# | apt-get install php8.2: exit code 0, libphp8.2-embed php8.2-doc
# | apt-get install php8.3: exit code 100, nothing
# Why it matters: versions stand in names with a dot (php8.2, python3.11, lua5.3). When a base image
#     moves on, the name is gone and whatever has it inside its own name is taken. The RUN that
#     should break succeeds, without the program.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "$(dirname "$script")/helpers/apt.sh"
{
    describe libphp8.2-embed
    describe php8.2-doc
    describe hello
} | apt_root > log 2>&1
try() {
    local code=0 names
    apt_get --simulate install "$1" > out || code=$?
    names=$(awk '/^Inst/ { print $2 }' out | sort | xargs)
    echo "apt-get install $1: exit code $code, ${names:-nothing}"
}
{
    try php8
    try php8.2
    try php8.3
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
