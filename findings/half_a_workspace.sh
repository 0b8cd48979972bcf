#!/usr/bin/env bash
# An install from the lock file, where one package of the workspace was not copied
#
# Package: npm 11.19.1, yarn 4.18.1 (@yarnpkg/cli-dist), pnpm 10.20.0, bun 1.4.5 (npm)
# One would expect: an install that must follow the lock fails when a package that the lock speaks
#     of is not there. Or it goes without, and then all do the same.
# What happens: four tools, three answers. npm and pnpm exit with 0 and leave a link to a folder
#     that does not exist. npm installs what the missing package needs all the same, pnpm does not.
#     yarn 4 and bun fail.
# Seen (package a needs b, b needs wrappy, b was not copied):
# | npm: exit code 0, link to b: broken, wrappy: installed
# | yarn 4: exit code 1, link to b: none, wrappy: missing
# | pnpm: exit code 0, link to b: broken, wrappy: missing
# | bun: exit code 1, link to b: none, wrappy: missing
# Why it matters: manifests are copied before the sources so that the install stays in the cache.
#     When a new package is not added to that list of COPYs, pnpm gives an image that lacks its
#     dependencies. The later `COPY . .` mends the link, so the build looks right. With npm the same
#     Dockerfile works.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset NODE_ENV CI
for tool in npm@11.19.1 @yarnpkg/cli-dist@4.18.1 pnpm@10.20.0 bun@1.4.5; do
    npm install --prefix "tool/${tool##*/}" "$tool" >> log 2>&1
done
try() { # tool $1 (package@version) called $2; $3: how a needs b; the rest: the install by the lock
    local tool=$folder/tool/$1/node_modules/.bin/$2 needs=$3 code=0 link=none wrappy=missing
    shift 3
    rm -rf project
    mkdir -p project/packages/a project/packages/b
    cd project
    echo '{"name": "root", "private": true, "workspaces": ["packages/*"]}' > package.json
    printf 'packages:\n  - packages/*\n' > pnpm-workspace.yaml
    echo 'nodeLinker: node-modules' > .yarnrc.yml
    touch yarn.lock
    echo '{"name": "a", "version": "1.0.0", "dependencies": {"b": "'"$needs"'"}}' \
        > packages/a/package.json
    echo '{"name": "b", "version": "1.0.0", "dependencies": {"wrappy": "1.0.2"}}' \
        > packages/b/package.json
    "$tool" install >> ../log 2>&1
    rm -rf node_modules packages/*/node_modules packages/b
    "$tool" "$@" >> ../log 2>&1 || code=$?
    for path in node_modules/b packages/a/node_modules/b; do
        if [ -L "$path" ] && [ ! -e "$path" ]; then link=broken; fi
    done
    [ ! -e node_modules/wrappy ] || wrappy=installed
    [ ! -e node_modules/.pnpm/wrappy@1.0.2 ] || wrappy=installed
    cd ..
    echo "exit code $code, link to b: $link, wrappy: $wrappy"
}
{
    echo "npm: $(try npm@11.19.1 npm 1.0.0 ci)"
    echo "yarn 4: $(try cli-dist@4.18.1 yarn 'workspace:*' install --immutable)"
    echo "pnpm: $(try pnpm@10.20.0 pnpm 'workspace:*' install --frozen-lockfile)"
    echo "bun: $(try bun@1.4.5 bun 'workspace:*' install --frozen-lockfile)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
