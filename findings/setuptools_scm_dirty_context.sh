#!/usr/bin/env bash
# setuptools-scm takes a build context with an ignore file for a changed work tree
#
# Package: setuptools-scm 9.2.2 (Python), git
# One would expect: a checkout of the tag v1.0 with nothing changed is version 1.0, wherever it is
#     built.
# What happens: files that .dockerignore holds back are "deleted" in the eyes of the .git folder
#     that was copied. The tree counts as changed, so the version is the next one, as a development
#     release with a date in its name. The exit code is 0.
# Seen:
# | whole checkout: 1.0
# | without README.md: 1.1.dev0
# Why it matters: `COPY . .` with .git beside a .dockerignore that names one tracked file
#     (README.md, docs, the Dockerfile itself) gives every image another version than the release. A
#     shorter COPY (`COPY src/ .git ./`) does the same.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install setuptools-scm==9.2.2
    git init checkout
    cd checkout
    echo 'print("hello")' > hello.py
    echo 'About hello' > README.md
    git add .
    git -c user.name=nobody -c user.email=nobody@example.org commit -m 'First release'
    git tag v1.0
    cd ..
} > log 2>&1
# The letters behind the "+" are the commit and the day, which differ from run to run.
version() { venv/bin/python -m setuptools_scm --root "$1" 2>> log | sed 's/+.*//'; }
{
    echo "whole checkout: $(version checkout)"
    cp -r checkout context
    rm context/README.md # what a .dockerignore with the line "README.md" sends
    echo "without README.md: $(version context)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
