#!/usr/bin/env bash
# `pip install --prefix` leaves out what the running Python has already
#
# Package: pip 25.3, with python-dateutil 2.9.0 which needs six (Python)
# One would expect: --prefix fills a folder with a package and all that it needs, so that the folder
#     can be copied into another stage. `--target`, its sibling, does.
# What happens: with --prefix pip first looks which needs are met by the Python that runs it, and
#     does not install those. With --target it looks at nothing. The exit code is 0 both times.
# Seen:
# | --prefix: dateutil six
# | --prefix where six is there already: dateutil
# | --target where six is there already: dateutil six
# Why it matters: the two-stage recipe (`pip install --prefix=/install` in one stage, `COPY --from`
#     in the next) gives an image that lacks a package, if any RUN or the base image of the first
#     stage brought that package. Moving a `pip install` of some build tool above it is enough.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3
} > log 2>&1
pip() { venv/bin/pip install "$@" >> log 2>&1; }
found() { # the modules of the two packages below folder $1
    find "$1" -name six.py -printf 'six\n' -o -name dateutil -printf 'dateutil\n' | sort | xargs
}
{
    pip --prefix first python-dateutil==2.9.0
    echo "--prefix: $(found first)"
    pip six==1.17.0
    pip --prefix second python-dateutil==2.9.0
    echo "--prefix where six is there already: $(found second)"
    pip --target third python-dateutil==2.9.0
    echo "--target where six is there already: $(found third)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
