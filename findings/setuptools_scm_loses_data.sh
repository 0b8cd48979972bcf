#!/usr/bin/env bash
# A package built without .git lacks its data files, and only those
#
# Package: setuptools-scm 9.2.2 with setuptools 80.9.0 (Python)
# One would expect: SETUPTOOLS_SCM_PRETEND_VERSION is the documented way to build where there is no
#     .git folder. It replaces the version, so the wheel is otherwise the same.
# What happens: setuptools-scm also tells setuptools which files the project has, by asking git.
#     Where git knows nothing the list is empty, and every file that is not Python is left out of
#     the wheel. Nothing is printed, and the exit code is 0.
# Seen:
# | with .git: hello/__init__.py hello/page.html
# | with the version given: hello/__init__.py
# Why it matters: .git stands in nearly every .dockerignore, and the variable is the advice that
#     everybody finds next. The image then builds, and the templates are missing when it runs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install setuptools-scm==9.2.2 setuptools==80.9.0 wheel==0.45.1
    git init project
    cd project
    mkdir -p src/hello
    touch src/hello/__init__.py
    echo '<p>Hello</p>' > src/hello/page.html
    cat > pyproject.toml <<'END'
[build-system]
requires = ["setuptools==80.9.0", "setuptools-scm==9.2.2"]
build-backend = "setuptools.build_meta"

[project]
name = "hello"
dynamic = ["version"]

[tool.setuptools_scm]
END
    git add .
    git -c user.name=nobody -c user.email=nobody@example.org commit -m 'First release'
    git tag v1.0
    cd ..
    cp -r project context
    rm -rf context/.git
} > log 2>&1
wheel() { # of the project in folder $1, into $1.wheel; prints the package's files
    venv/bin/pip wheel --no-build-isolation --no-deps -w "$1.wheel" "./$1" >> log 2>&1
    python3 -m zipfile -l "$1".wheel/*.whl | awk '/^hello\// { print $1 }' | sort | xargs
}
{
    echo "with .git: $(wheel project)"
    export SETUPTOOLS_SCM_PRETEND_VERSION=1.0
    echo "with the version given: $(wheel context)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
