#!/usr/bin/env bash
# `pip install --target` a second time: new metadata, old code
#
# Package: pip 25.3, with toolz 0.11.2 and 1.0.0 (Python)
# One would expect: installing toolz 1.0.0 into a folder that holds toolz 0.11.2 replaces it, or
#     fails, or does nothing.
# What happens: each folder that is there already is kept, with a warning, and each that is new is
#     added. The code of a package keeps its folder's name, and the metadata has the version in its
#     name. So the old code stays, and Python says the new version of it. The exit code is 0.
# Seen:
# | exit code: 0
# | metadata says: 1.0.0
# | code says: 0.11.2
# Why it matters: images for serverless functions install with `--target`. Where two RUNs do it (or
#     one on top of a base image that did) the version that tools report is not the one that runs,
#     and pins do not help.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install pip==25.3
    venv/bin/pip install --no-deps --target app toolz==0.11.2
} > log 2>&1
{
    code=0
    venv/bin/pip install --no-deps --target app toolz==1.0.0 >> log 2>&1 || code=$?
    echo "exit code: $code"
    PYTHONPATH=app python3 -c '
import importlib.metadata, toolz
print("metadata says:", importlib.metadata.version("toolz"))
print("code says:", toolz.__version__)'
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
