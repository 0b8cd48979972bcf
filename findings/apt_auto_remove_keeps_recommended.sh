#!/usr/bin/env bash
# `apt-get purge --auto-remove` keeps what a package that stays recommends or suggests
#
# Package: apt 2.6.1 (Debian's apt 2.6.1, libapt-pkg6.0 2.6.1)
# One would expect: a compiler that was installed with --no-install-recommends goes with all that it
#     brought when it is purged with --auto-remove. What nothing installed needs is left for nobody.
# What happens: what came as a dependency of the compiler stays if any package that stays recommends
#     or only suggests it, installed with recommends or not. --no-install-recommends given to purge
#     changes nothing: which packages are kept is another setting, RecommendsImportant and
#     SuggestsImportant of APT::AutoRemove. The exit code is 0.
# Seen:
# | nothing names helper: compiler helper
# | editor recommends helper: compiler
# | editor recommends helper, --no-install-recommends: compiler
# | editor recommends helper, RecommendsImportant=false: compiler helper
# | editor suggests helper: compiler
# | editor suggests helper, SuggestsImportant=false: compiler helper
# Why it matters: "install, build, purge" in one RUN does not bring the image back to what it was.
#     Docker's Debian images set SuggestsImportant to false in a file; RecommendsImportant stays
#     true, which is why the official images give it with each purge.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "$(dirname "$script")/helpers/apt.sh"
{
    describe compiler helper
    describe helper
} | apt_root > log 2>&1
installed() { # package $1, with the field $2
    printf 'Package: %s\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n' "$1"
    [ -z "${2-}" ] || echo "$2"
    echo
}
printf 'Package: helper\nArchitecture: amd64\nAuto-Installed: 1\n\n' > state/extended_states
removed() { # by purging the compiler; editor has the field $1, and apt gets the other options
    local field=$1
    shift
    { installed compiler 'Depends: helper'; installed helper; installed editor "$field"; } > state/status
    apt_get --simulate purge --auto-remove "$@" compiler | awk '/^Purg/ { print $2 }' | sort | xargs
}
recommends='editor recommends helper'
suggests='editor suggests helper'
{
    echo "nothing names helper: $(removed '')"
    echo "$recommends: $(removed 'Recommends: helper')"
    echo "$recommends, --no-install-recommends: $(removed 'Recommends: helper' --no-install-recommends)"
    echo "$recommends, RecommendsImportant=false: $(
        removed 'Recommends: helper' -o APT::AutoRemove::RecommendsImportant=false
    )"
    echo "$suggests: $(removed 'Suggests: helper')"
    echo "$suggests, SuggestsImportant=false: $(
        removed 'Suggests: helper' -o APT::AutoRemove::SuggestsImportant=false
    )"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
