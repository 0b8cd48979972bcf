#!/usr/bin/env bash
# `pacman -Scc --noconfirm` keeps the cache that it is asked to remove
#
# Package: pacman 6.0.2 (Debian's pacman-package-manager 6.0.2-3, libalpm13 13.0.2-3)
# One would expect: -Scc removes every package from the cache, and --noconfirm answers yes, as it
#     does when packages are installed.
# What happens: --noconfirm takes the default of each question. The default is "yes" nearly
#     everywhere but "no" here, because -Scc is thought dangerous. Nothing is removed and the exit
#     code is 0. Answered by `yes`, the same question empties the cache.
# Seen:
# | -Scc --noconfirm: exit code 0, in the cache: hello-1-1-any.pkg.tar
# | yes | -Scc: exit code 0, in the cache: nothing
# Why it matters: `pacman -Syu --noconfirm … && pacman -Scc --noconfirm` is the usual last line of a
#     RUN on Arch Linux, and the packages stay in the layer. Nothing tells.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download pacman-package-manager=6.0.2-3 libalpm13=13.0.2-3
    for package in *.deb; do dpkg -x "$package" program; done
    mkdir -p root/var/lib/pacman/sync cache
    printf 'pkgname = hello\npkgver = 1-1\narch = any\nsize = 0\n' > .PKGINFO
    tar -cf cache/hello-1-1-any.pkg.tar .PKGINFO
    printf '[options]\nArchitecture = auto\n' > pacman.conf
} > log 2>&1
pacman() {
    LD_LIBRARY_PATH=$(echo program/usr/lib/*-linux-gnu) program/usr/bin/pacman \
        --config pacman.conf --root root --dbpath root/var/lib/pacman --cachedir cache \
        --logfile pacman.log "$@" >> log 2>&1
}
left() { find cache -type f -printf '%f\n' | grep . || echo nothing; }
{
    code=0
    pacman -Scc --noconfirm < /dev/null || code=$?
    echo "-Scc --noconfirm: exit code $code, in the cache: $(left)"
    code=0
    pacman -Scc < <(yes 2>> log) || code=$?
    echo "yes | -Scc: exit code $code, in the cache: $(left)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
