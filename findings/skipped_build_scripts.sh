#!/usr/bin/env bash
# Whether a dependency's install script runs, and what it means if it does not
#
# Package: npm 11.19.1, yarn 1.22.22, yarn 4.18.1 (@yarnpkg/cli-dist), pnpm 10.20.0 and 12.21.0, bun
#     1.4.5 (npm)
# One would expect: an installer runs the install scripts of dependencies (they compile or fetch
#     native parts), or it refuses and fails.
# What happens: npm and yarn 1 run them. yarn 4, pnpm 10 and bun do not and exit with 0. pnpm 12
#     does not either but exits with 1, when all files are in place. The scripts of the project
#     itself run in all six, so a project that "has scripts turned on" proves nothing.
# Seen:
# | npm: exit code 0, dependency built, project's own script ran
# | yarn 1: exit code 0, dependency built, project's own script ran
# | yarn 4: exit code 0, dependency not built, project's own script ran
# | pnpm 10: exit code 0, dependency not built, project's own script ran
# | pnpm 12: exit code 1, dependency not built, project's own script ran
# | bun: exit code 0, dependency not built, project's own script ran
# Why it matters: with yarn 4, pnpm 10 and bun the RUN succeeds and the program fails when it loads
#     its native module. And an update from pnpm 10 to 12 breaks a RUN that worked.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset NODE_ENV CI npm_config_ignore_scripts
{
    for tool in npm@11.19.1 yarn@1.22.22 @yarnpkg/cli-dist@4.18.1 \
        pnpm@10.20.0 pnpm@12.21.0 bun@1.4.5; do
        npm install --prefix "tool/${tool##*/}" "$tool"
    done
    mkdir dependency
    echo '{"name": "dependency", "version": "1.0.0", "scripts": {"install": "echo > built"}}' \
        > dependency/package.json
    npm pack ./dependency
} > log 2>&1
try() { # tool $1 (package@version) called $2
    local code=0 built='not built' own='did not run'
    rm -rf project
    mkdir project
    cd project
    cp ../dependency-1.0.0.tgz .
    cat > package.json <<'END'
{
  "name": "app", "version": "1.0.0",
  "scripts": {"postinstall": "echo > own"},
  "dependencies": {"dependency": "file:./dependency-1.0.0.tgz"}
}
END
    echo 'nodeLinker: node-modules' > .yarnrc.yml
    touch yarn.lock
    "../tool/$1/node_modules/.bin/$2" install < /dev/null >> ../log 2>&1 || code=$?
    [ ! -e node_modules/dependency/built ] || built=built
    [ ! -e own ] || own=ran
    cd ..
    echo "exit code $code, dependency $built, project's own script $own"
}
{
    echo "npm: $(try npm@11.19.1 npm)"
    echo "yarn 1: $(try yarn@1.22.22 yarn)"
    echo "yarn 4: $(try cli-dist@4.18.1 yarn)"
    echo "pnpm 10: $(try pnpm@10.20.0 pnpm)"
    echo "pnpm 12: $(try pnpm@12.21.0 pnpm)"
    echo "bun: $(try bun@1.4.5 bun)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
