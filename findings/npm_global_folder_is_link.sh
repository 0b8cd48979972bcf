#!/usr/bin/env bash
# `npm install -g .` installs a link to the folder, and nothing that the program needs
#
# Package: npm 6.14.18, 9.0.1, 9.9.4 and 11.19.1
# One would expect: `npm install -g .` packs the project, as publishing does, and installs it below
#     the prefix with its dependencies, so that the folder can go afterwards.
# What happens: the "package" below the prefix is a symbolic link to the folder. npm 6 installed the
#     dependencies into the folder; since npm 7 they are installed nowhere, and the program fails at
#     its first require(). npm 9.0 made copies, and npm 9 took that back later (the default of
#     --install-links). The exit code is always 0. --install-links does what one expects.
# Seen:
# | npm 6.14.18: a link, dependencies in the folder, the program runs
# | npm 9.0.1: a copy, the program runs
# | npm 9.9.4: a link, the program fails
# | npm 11.19.1: a link, the program fails
# | npm 11.19.1 --install-links: a copy, the program runs
# Why it matters: `RUN npm install -g .` works while the folder lies there with a node_modules of its
#     own from an earlier `npm ci`. `rm -rf` of the sources, or COPY --from of the prefix into
#     another stage, leaves a link to nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset npm_config_install_links NPM_CONFIG_INSTALL_LINKS
mkdir app
cat > app/package.json <<'END'
{"name": "app", "version": "1.0.0", "bin": "app.js", "dependencies": {"ms": "2.1.3"}}
END
cat > app/app.js <<'END'
#!/usr/bin/env node
require("ms");
END
installed() { # by npm of version $1 with the other options
    local version=$1 npm=$folder/npm-$1/node_modules/.bin/npm line
    shift
    [ -e "$npm" ] || npm install --prefix "npm-$version" "npm@$version" >> log 2>&1
    rm -rf app/node_modules prefix
    (cd app && "$npm" install -g "$@" --prefix ../prefix . >> ../log 2>&1)
    line="npm $version${1+ $1}: a copy"
    [ ! -L prefix/lib/node_modules/app ] || line="npm $version${1+ $1}: a link"
    [ ! -d app/node_modules/ms ] || line+=', dependencies in the folder'
    prefix/bin/app >> log 2>&1 && echo "$line, the program runs" || echo "$line, the program fails"
}
{
    for version in 6.14.18 9.0.1 9.9.4 11.19.1; do
        installed "$version"
    done
    installed 11.19.1 --install-links
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
