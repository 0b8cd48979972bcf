#!/usr/bin/env bash
# NODE_ENV=production keeps development packages out with some installers only
#
# Package: npm 11.19.1, yarn 1.22.22, yarn 4.18.1 (@yarnpkg/cli-dist), pnpm 9.15.9 and 10.20.0, bun
#     1.4.5 (npm)
# One would expect: `ENV NODE_ENV=production` above `RUN … install` leaves the devDependencies out,
#     whichever of the installers it is. Many Dockerfiles count on it.
# What happens: npm, yarn 1 and pnpm 9 read the variable. yarn 4, pnpm 10 and bun do not and install
#     everything.
# Seen:
# | npm: ms
# | yarn 1: ms
# | yarn 4: ms wrappy
# | pnpm 9: ms
# | pnpm 10: ms wrappy
# | bun: ms wrappy
# Why it matters: when a project moves from npm or yarn 1 to one of the others and the Dockerfile
#     keeps its ENV, the image grows by all build and test tools. An update of pnpm alone does the
#     same. No message, no other exit code.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset npm_config_omit NPM_CONFIG_OMIT npm_config_production NPM_CONFIG_PRODUCTION
for tool in npm@11.19.1 yarn@1.22.22 @yarnpkg/cli-dist@4.18.1 pnpm@9.15.9 pnpm@10.20.0 bun@1.4.5; do
    npm install --prefix "tool/${tool##*/}" "$tool" >> log 2>&1
done
installed() { # by tool $1 (package@version) called $2: ms is needed, wrappy for development only
    rm -rf project
    mkdir project
    cd project
    cat > package.json <<'END'
{
  "name": "app", "version": "1.0.0",
  "dependencies": {"ms": "2.1.3"},
  "devDependencies": {"wrappy": "1.0.2"}
}
END
    touch yarn.lock
    echo 'nodeLinker: node-modules' > .yarnrc.yml
    NODE_ENV=production "../tool/$1/node_modules/.bin/$2" install >> ../log 2>&1
    find node_modules -mindepth 1 -maxdepth 1 -name '[a-z]*' -printf '%f\n' | sort | xargs
    cd ..
}
{
    echo "npm: $(installed npm@11.19.1 npm)"
    echo "yarn 1: $(installed yarn@1.22.22 yarn)"
    echo "yarn 4: $(installed cli-dist@4.18.1 yarn)"
    echo "pnpm 9: $(installed pnpm@9.15.9 pnpm)"
    echo "pnpm 10: $(installed pnpm@10.20.0 pnpm)"
    echo "bun: $(installed bun@1.4.5 bun)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
