#!/usr/bin/env bash
# An install by the lock takes away what was installed beside it, or leaves it there
#
# Package: uv 0.13.9, poetry 2.5.1, pipenv 2026.10.3 (pip); npm 11.19.1, yarn 1.22.22,
#     yarn 4.18.1 (@yarnpkg/cli-dist), pnpm 10.20.0, bun 1.4.5 (npm)
# One would expect: "install by the lock" means the same to all tools that have a lock: either the
#     environment is what the lock says, or what the lock says is added to it.
# What happens: uv, `poetry sync` and npm take away every package that the lock does not have.
#     `poetry install`, both commands of pipenv (sync, too), yarn, pnpm and bun leave it there. So
#     "sync" means one thing to uv and poetry, and another to pipenv. All exit codes are 0.
# Seen (toolz and ms were installed beside the lock):
# | uv sync: goes
# | uv sync --inexact: stays
# | poetry install: stays
# | poetry sync: goes
# | pipenv install --deploy: stays
# | pipenv sync: stays
# | npm install: goes
# | npm ci: goes
# | yarn 1 install --frozen-lockfile: stays
# | yarn 4 install --immutable: stays
# | pnpm install --frozen-lockfile: stays
# | bun install --frozen-lockfile: stays
# Why it matters: a Dockerfile that installs a server by hand and then the project by its lock works
#     with poetry and pipenv, and loses the server with uv or npm. The two RUNs must not change
#     places, and a move to another tool has to look at them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset NODE_ENV CI VIRTUAL_ENV
export POETRY_VIRTUALENVS_IN_PROJECT=1 PIPENV_VENV_IN_PROJECT=1
python3 -m venv python
python/bin/pip install uv==0.13.9 poetry==2.5.1 pipenv==2026.10.3 > log 2>&1
for tool in npm@11.19.1 yarn@1.22.22 @yarnpkg/cli-dist@4.18.1 pnpm@10.20.0 bun@1.4.5; do
    npm install --prefix "node/${tool##*/}" "$tool" >> log 2>&1
done
PATH=$folder/python/bin:$PATH

of_python() { # what becomes of toolz by the command given
    rm -rf project
    mkdir project
    cd project
    if [ "$1" = pipenv ]; then
        pipenv install six==1.17.0 >> ../log 2>&1
    else
        cat > pyproject.toml <<'END'
[project]
name = "app"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["six==1.17.0"]
[tool.uv]
package = false
[tool.poetry]
package-mode = false
END
        if [ "$1" = uv ]; then uv lock; else poetry lock; fi >> ../log 2>&1
        "$1" "$([ "$1" = uv ] && echo sync || echo install)" >> ../log 2>&1
    fi
    uv pip install --python .venv/bin/python toolz==1.0.0 >> ../log 2>&1
    "$@" >> ../log 2>&1
    if .venv/bin/python -c 'import six, toolz' 2>> ../log; then echo "$*: stays"; else echo "$*: goes"; fi
    cd ..
}
of_node() { # tool $1 (package@version), called $2 in what is seen; the rest: the command
    local tool=$folder/node/$1/node_modules/.bin/${2%% *} name=$2
    shift 2
    rm -rf project
    mkdir project
    cd project
    echo '{"name": "app", "version": "1.0.0", "dependencies": {"wrappy": "1.0.2"}}' > package.json
    echo 'nodeLinker: node-modules' > .yarnrc.yml
    touch yarn.lock
    "$tool" install >> ../log 2>&1
    cp -r ../beside/node_modules/ms node_modules/ms
    "$tool" "$@" >> ../log 2>&1
    if [ -d node_modules/ms ]; then echo "$name $*: stays"; else echo "$name $*: goes"; fi
    cd ..
}
npm install --prefix beside ms@2.1.3 >> log 2>&1
{
    of_python uv sync
    of_python uv sync --inexact
    of_python poetry install
    of_python poetry sync
    of_python pipenv install --deploy
    of_python pipenv sync
    of_node npm@11.19.1 npm install
    of_node npm@11.19.1 npm ci
    of_node yarn@1.22.22 'yarn 1' install --frozen-lockfile
    of_node cli-dist@4.18.1 'yarn 4' install --immutable
    of_node pnpm@10.20.0 pnpm install --frozen-lockfile
    of_node bun@1.4.5 bun install --frozen-lockfile
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
