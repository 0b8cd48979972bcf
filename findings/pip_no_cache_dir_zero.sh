#!/usr/bin/env bash
# PIP_NO_CACHE_DIR=0 turns pip's cache off; UV_NO_CACHE=0 leaves uv's on
#
# Package: pip 25.3, uv 0.9.9 (Python)
# One would expect: a variable called "no cache" with the value 0, off, no or false means "keep the
#     cache". All other yes-or-no variables of pip are read that way.
# What happens: for this one variable pip takes any such word, yes or no, as "no cache". uv reads
#     its own variable of the same meaning as it is written.
# Seen:
# | 1: pip has no cache, uv has none
# | 0: pip has no cache, uv has one
# | off: pip has no cache, uv has one
# | false: pip has no cache, uv has one
# Why it matters: a stage that mounts a cache and sets PIP_NO_CACHE_DIR=0 to undo the base image's
#     setting downloads everything each time. Only an empty value (or none) gives pip its cache
#     back. A move from pip to uv turns the cache on where `ENV PIP_NO_CACHE_DIR=off` was
#     "translated" word by word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3 uv==0.9.9
} > log 2>&1
export PIP_CACHE_DIR=$folder/of-pip UV_CACHE_DIR=$folder/of-uv
for value in 1 0 off false; do
    pip='has one' uv='has one'
    PIP_NO_CACHE_DIR=$value venv/bin/pip cache dir >> log 2>&1 || pip='has no cache'
    test "$(UV_NO_CACHE=$value venv/bin/uv cache dir)" = "$UV_CACHE_DIR" || uv='has none'
    echo "$value: pip $pip, uv $uv"
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
