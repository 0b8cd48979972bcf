#!/usr/bin/env bash
# npm: leaving out one more kind of package brings the development packages back
#
# Package: npm 11.19.1
# One would expect: with NODE_ENV=production the devDependencies are left out, and `--omit=optional`
#     leaves out the optional ones as well. `--omit=dev,optional` says both in one word.
# What happens: NODE_ENV only sets the default of "omit". A value from anywhere else (option,
#     environment, .npmrc) takes its place. And a list with a comma is no valid value: npm warns,
#     ignores it and leaves out nothing. Only the option twice says both. All exit codes are 0.
# Seen:
# | NODE_ENV=production npm ci: needed optional
# | NODE_ENV=production npm ci --omit=optional: needed development
# | npm ci --omit=dev,optional: needed development optional
# | NPM_CONFIG_OMIT=dev npm ci --omit=optional: needed development
# | npm ci --omit=dev --omit=optional: needed
# Why it matters: "smaller" is the reason to add --omit=optional to a RUN, and below an ENV
#     NODE_ENV=production it makes the image larger by all test and build tools.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset NODE_ENV npm_config_omit NPM_CONFIG_OMIT npm_config_include NPM_CONFIG_INCLUDE
npm install --prefix tool npm@11.19.1 > log 2>&1
pinned_npm() { "$folder/tool/node_modules/.bin/npm" "$@" >> "$folder/log" 2>&1; }
mkdir project
cd project
cat > package.json <<'END'
{
  "name": "app", "version": "1.0.0",
  "dependencies": {"ms": "2.1.3"},
  "devDependencies": {"isarray": "2.0.5"},
  "optionalDependencies": {"wrappy": "1.0.2"}
}
END
pinned_npm install --package-lock-only
installed() { # by `npm ci` with the options given
    pinned_npm ci "$@"
    local line=needed
    [ ! -d node_modules/isarray ] || line+=' development'
    [ ! -d node_modules/wrappy ] || line+=' optional'
    echo "$line"
}
{
    echo "NODE_ENV=production npm ci: $(NODE_ENV=production installed)"
    echo "NODE_ENV=production npm ci --omit=optional: $(NODE_ENV=production installed --omit=optional)"
    echo "npm ci --omit=dev,optional: $(installed --omit=dev,optional)"
    echo "NPM_CONFIG_OMIT=dev npm ci --omit=optional: $(NPM_CONFIG_OMIT=dev installed --omit=optional)"
    echo "npm ci --omit=dev --omit=optional: $(installed --omit=dev --omit=optional)"
} > ../seen
diff <(sed -n 's/^# | //p' "$script") ../seen
