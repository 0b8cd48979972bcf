#!/usr/bin/env bash
# yarn 1: --frozen-lockfile does not look at the packages of a workspace
#
# Package: yarn 1.22.22 (npm), with ms 2.1.2 and 2.1.3
# One would expect: --frozen-lockfile fails when yarn.lock does not fit the manifests. For a single
#     package it does.
# What happens: in a project of workspaces only the manifest of the root is held against yarn.lock.
#     If a package asks for another version, that one is looked up and installed, the lock is left
#     as it is, and the exit code is 0. The same with no yarn.lock at all.
# Seen:
# | single package, lock out of date: exit code 1
# | workspace, lock out of date: exit code 0, installed 2.1.3, locked 2.1.2
# | workspace, no lock: exit code 0, installed 2.1.3
# Why it matters: `RUN yarn install --frozen-lockfile` is taken for a promise that the image has
#     what was tested. In a monorepo it may install another version, and says nothing. A COPY that
#     leaves yarn.lock out is not noticed either.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    npm install --prefix tool yarn@1.22.22
    mkdir -p single many/packages/a
    echo '{"name": "a", "version": "1.0.0", "dependencies": {"ms": "2.1.2"}}' |
        tee single/package.json > many/packages/a/package.json
    echo '{"private": true, "workspaces": ["packages/*"]}' > many/package.json
} > log 2>&1
yarn() { "$folder/tool/node_modules/.bin/yarn" --cwd "$@" >> log 2>&1; }
version() { sed -n 's/^ *"\?version"\?:\? "\(.*\)",\?$/\1/p' "$1"; }
frozen() { # install in folder $1; prints the exit code
    local code=0
    rm -rf "$1/node_modules"
    yarn "$1" install --frozen-lockfile || code=$?
    echo "exit code $code"
}
{
    yarn single install
    yarn many install
    sed -i 's/2\.1\.2/2.1.3/' single/package.json many/packages/a/package.json
    echo "single package, lock out of date: $(frozen single)"
    echo "workspace, lock out of date: $(frozen many)," \
        "installed $(version many/node_modules/ms/package.json), locked $(version many/yarn.lock)"
    rm many/yarn.lock
    echo "workspace, no lock: $(frozen many), installed $(version many/node_modules/ms/package.json)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
