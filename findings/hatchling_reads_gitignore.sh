#!/usr/bin/env bash
# What hatchling packs depends on a .gitignore, which a .dockerignore may hold back
#
# Package: hatchling 1.27.0 (Python)
# One would expect: a wheel holds the files of the package's folder. Git has nothing to do with it:
#     there is no repository here, and git is not even called.
# What happens: hatchling reads .gitignore by itself and leaves out what it names. So the same
#     sources give two wheels, by whether one hidden file was sent with them.
# Seen:
# | with .gitignore: hello/__init__.py
# | without .gitignore: hello/__init__.py hello/bundle.js
# Why it matters: an earlier stage often puts a built file (a front end, a generated module) where
#     .gitignore names it. With .gitignore in the context the wheel lacks it; with .gitignore in
#     .dockerignore, as many templates have it, the wheel has it. Adding or removing that line
#     changes what runs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install hatchling==1.27.0
    mkdir -p project/hello
    touch project/hello/__init__.py
    echo 'alert(1)' > project/hello/bundle.js
    echo '*.js' > project/.gitignore
    cat > project/pyproject.toml <<'END'
[build-system]
requires = ["hatchling==1.27.0"]
build-backend = "hatchling.build"

[project]
name = "hello"
version = "1.0"
END
    cp -r project context
    rm context/.gitignore
} > log 2>&1
wheel() { # of the project in folder $1; prints the package's files
    (cd "$1" && ../venv/bin/hatchling build -t wheel) >> log 2>&1
    python3 -m zipfile -l "$1"/dist/*.whl | awk '/^hello\// { print $1 }' | sort | xargs
}
{
    echo "with .gitignore: $(wheel project)"
    echo "without .gitignore: $(wheel context)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
