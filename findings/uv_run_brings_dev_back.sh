#!/usr/bin/env bash
# `uv run` installs what `uv sync --no-dev` left out
#
# Package: uv 0.9.9, with six 1.17.0 and toolz 1.0.0 (Python)
# One would expect: after `uv sync --frozen --no-dev` the environment is settled, and `uv run
#     --frozen` runs a program in it.
# What happens: `uv run` syncs before it runs, by its own options. It knows nothing of --no-dev and
#     adds the development packages. Only `--no-sync`, `--no-dev` once more, or UV_NO_DEV stops it.
# Seen:
# | after uv sync --no-dev: six
# | after uv run --no-sync: six
# | after uv run: six toolz
# Why it matters: an image with `RUN uv sync --frozen --no-dev` and `CMD ["uv", "run", "app"]` goes
#     to the network whenever a container starts, installs test tools into it, and does not start
#     where there is no network or no right to write.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset VIRTUAL_ENV UV_NO_DEV UV_NO_SYNC
{
    python3 -m venv tool
    tool/bin/pip install uv==0.9.9
    mkdir project
    cd project
    cat > pyproject.toml <<'END'
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["six==1.17.0"]

[dependency-groups]
dev = ["toolz==1.0.0"]
END
    ../tool/bin/uv lock
    ../tool/bin/uv sync --frozen --no-dev
} > log 2>&1
installed() { ../tool/bin/uv pip freeze 2>> log | sed 's/==.*//' | xargs; }
{
    echo "after uv sync --no-dev: $(installed)"
    ../tool/bin/uv run --frozen --no-sync python -c 'pass' 2>> log
    echo "after uv run --no-sync: $(installed)"
    ../tool/bin/uv run --frozen python -c 'pass' 2>> log
    echo "after uv run: $(installed)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
