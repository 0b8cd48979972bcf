#!/usr/bin/env bash
# PYTHONDONTWRITEBYTECODE does not keep pip from writing .pyc files
#
# Package: pip 25.3, uv 0.9.9, with six 1.17.0 (Python)
# One would expect: `ENV PYTHONDONTWRITEBYTECODE=1` above `RUN pip install` leaves no .pyc files in
#     the image. The variable says so, and pip is a Python program.
# What happens: the variable is for imports. pip compiles what it installs by a direct call, which
#     does not ask. Only `--no-compile` (or PIP_NO_COMPILE) stops it. uv does the opposite: it
#     compiles nothing unless it is told to.
# Seen:
# | pip, with the variable: 1
# | pip --no-compile: 0
# | uv, without it: 0
# Why it matters: the line stands in most Python Dockerfiles to save room and saves none of what pip
#     writes. After a move to uv the same line has an effect at last: with no .pyc in the image and
#     none to be written, every start compiles everything again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset PYTHONDONTWRITEBYTECODE PIP_NO_COMPILE UV_COMPILE_BYTECODE
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3 uv==0.9.9
} > log 2>&1
count() { # .pyc files after an install, called as the words say
    python3 -m venv --without-pip --clear target
    "$@" six==1.17.0 >> log 2>&1
    find target -name 'six.*.pyc' | wc -l
}
pip=(venv/bin/pip --python target/bin/python install)
{
    echo "pip, with the variable: $(count env PYTHONDONTWRITEBYTECODE=1 "${pip[@]}")"
    echo "pip --no-compile: $(count "${pip[@]}" --no-compile)"
    echo "uv, without it: $(count venv/bin/uv pip install --python target/bin/python)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
