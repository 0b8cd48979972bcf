#!/usr/bin/env bash
# pnpm becomes another pnpm when package.json arrives, and then installs nothing
#
# Package: pnpm 10.20.0, and pnpm 9.15.9 which package.json names (npm)
# One would expect: the pnpm that was installed is the pnpm that runs. `pnpm fetch` needs the lock
#     file alone, so copying only that first, as pnpm's own guide for Docker says, is safe.
# What happens: pnpm 10 reads "packageManager" of the package.json in the folder, downloads that
#     version and hands the command over to it. Before package.json is copied it cannot know. So
#     version 10 fetches into its own store and starts a node_modules in its own form. Then version
#     9 runs: it asks whether it may remove that node_modules, gets no answer, and stops with exit
#     code 0.
# Seen:
# | without package.json: 10.20.0
# | with package.json: 9.15.9
# | pnpm install --offline: exit code 0, ms is not installed
# Why it matters: the two-step recipe (lock file, `pnpm fetch`, all files, `pnpm install --offline`)
#     gives an image without its packages, and the build succeeds. With CI=true in the environment
#     the same install fails, for the packages are in the other version's store. Any move of a pnpm
#     command across the COPY of package.json may change the version that runs it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
unset CI
npm install --prefix tool pnpm@10.20.0 > log 2>&1
export PATH=$folder/tool/node_modules/.bin:$PATH XDG_DATA_HOME=$folder/data PNPM_HOME=$folder/pnpm
mkdir context image
cat > context/package.json <<'END'
{"name": "app", "version": "1.0.0", "packageManager": "pnpm@9.15.9", "dependencies": {"ms": "2.1.3"}}
END
(cd context && pnpm install --lockfile-only) >> log 2>&1
rm -rf data
cd image
{
    cp ../context/pnpm-lock.yaml .
    pnpm fetch >> ../log 2>&1
    echo "without package.json: $(pnpm --version)"
    cp ../context/package.json .
    echo "with package.json: $(pnpm --version)"
    code=0
    pnpm install --offline < /dev/null >> ../log 2>&1 || code=$?
    [ -e node_modules/ms ] && found=is || found='is not'
    echo "pnpm install --offline: exit code $code, ms $found installed"
} > ../seen
diff <(sed -n 's/^# | //p' "$script") ../seen
