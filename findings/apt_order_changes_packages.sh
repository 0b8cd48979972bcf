#!/usr/bin/env bash
# The order of names in `apt-get install` changes what is installed
#
# Package: apt 2.6.1 (Debian's apt 2.6.1, libapt-pkg6.0 2.6.1)
# One would expect: `apt-get install` takes a set of names. Sorting the list, as linters and style
#     guides ask, changes the text only.
# What happens: each name is worked off in turn, with all that it needs. "Depends: big | small" is
#     settled by what is marked when apt comes to it. If an earlier name brought small, that is
#     enough; if it comes later, big is installed too.
# Seen:
# | apt-get install site app: app site small
# | apt-get install app site: app big site small
# Why it matters: on Debian 12 `nginx php-fpm php` installs no Apache, and sorted, `nginx php
#     php-fpm` does. apt sorted the names itself before 2.5.3, so the same Dockerfile is safe on
#     Debian 11. Two installs merged into one are a change of order, too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "$(dirname "$script")/helpers/apt.sh"
{
    describe app 'big | small'
    describe big
    describe site small
    describe small
} | apt_root > log 2>&1
installed() { apt_get --simulate install "$@" | awk '/^Inst/ { print $2 }' | sort | xargs; }
{
    echo "apt-get install site app: $(installed site app)"
    echo "apt-get install app site: $(installed app site)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
