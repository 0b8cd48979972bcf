#!/usr/bin/env bash
# dask: "off" is false in its settings file and true in the environment
#
# Package: dask 2026.8.0 (Python)
# One would expect: a setting means the same wherever it stands. dask's files are YAML, where off
#     and no are false, and ENV is the documented way to say the same in an image.
# What happens: values of the environment are read as Python's literals, not as YAML. "false" and
#     "none" are known in any spelling, "off" and "no" are not: they stay text, and text that is not
#     empty is true.
# Seen (value: in a file, in the environment):
# | false: False, False
# | off: False, 'off'
# | no: False, 'no'
# | on: True, 'on'
# Why it matters: moving a setting from a file that was copied into the image to `ENV DASK_…=off`
#     turns on what it was to turn off.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install dask==2026.8.0
} > log 2>&1
show() { venv/bin/python -c 'import dask; print(repr(dask.config.get("example.value")))'; }
for value in false off no on; do
    printf 'example:\n  value: %s\n' "$value" > settings.yaml
    echo "$value: $(DASK_CONFIG=settings.yaml show), $(DASK_EXAMPLE__VALUE=$value show)"
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
