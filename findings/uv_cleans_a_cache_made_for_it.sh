#!/usr/bin/env bash
# `uv cache clean` under UV_NO_CACHE removes a folder made a moment before; the cache stays
#
# Package: uv 0.9.9, pip 25.3 (Python)
# One would expect: UV_NO_CACHE says that nothing is to be stored. To clean what was stored before
#     works as ever, or is refused, as pip refuses it.
# What happens: without a cache uv works in a temporary one, and the command that cleans takes that
#     for the cache. It reports a folder removed and exits with 0. All that was stored is still
#     there. `uv cache prune` does the same. pip says that it cannot, and exits with 1.
# Seen:
# | uv cache clean, UV_NO_CACHE=1: exit code 0, says that it removed something; the cache is there
# | uv cache prune, UV_NO_CACHE=1: exit code 0; the cache is there
# | uv cache clean: exit code 0, says that it removed something; the cache is gone
# | pip cache purge, PIP_NO_CACHE_DIR=1: exit code 1
# Why it matters: `ENV UV_NO_CACHE=1` put below the installs, or set by the image that this one is
#     built on and undone for one command, turns a cleanup further down into a line that does
#     nothing and says that it did. The same line with pip stops the build.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
export UV_CACHE_DIR=$folder/of-uv
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3 uv==0.9.9
    venv/bin/uv pip install --target with-uv six==1.17.0
} > log 2>&1
holds() { # whether something of six is stored
    if [ -n "$(find of-uv -type f ! -name CACHEDIR.TAG ! -name .gitignore ! -name .lock)" ]; then
        echo 'the cache is there'
    else
        echo 'the cache is gone'
    fi
}
try() { # command $1 with the variable $2
    local code=0 said=''
    # shellcheck disable=SC2086
    env $2 venv/bin/$1 > said 2>&1 || code=$?
    case $1 in *clean) ! grep -q '^Removed [1-9]' said || said=', says that it removed something' ;; esac
    case $1 in uv*) said="$said; $(holds)" ;; esac
    echo "$1${2:+, $2}: exit code $code$said"
}
{
    try 'uv cache clean' UV_NO_CACHE=1
    try 'uv cache prune' UV_NO_CACHE=1
    try 'uv cache clean' ''
    try 'pip cache purge' PIP_NO_CACHE_DIR=1
} > seen 2> errors
diff <(sed -n 's/^# | //p' "$script") seen
