#!/usr/bin/env bash
# `apt-get build-dep` marks what it installs as wanted: `apt-get autoremove` keeps the compilers
#
# Package: apt 2.6.1 (Debian's apt 2.6.1, libapt-pkg6.0 2.6.1)
# One would expect: what build-dep brings was never asked for by name, so it counts as automatically
#     installed, as dependencies do, and autoremove takes all of it away after the build.
# What happens: build-essential and the packages that the source names count as asked for. Only what
#     those depend on is automatic, and stays with them. The setting that marks them otherwise,
#     APT::Get::Build-Dep-Automatic, is off, and has to be given to build-dep, not to autoremove.
# Seen:
# | build-dep: automatic are helper; autoremove removes nothing
# | build-dep, the setting given to autoremove: automatic are helper; autoremove removes nothing
# | build-dep, the setting given to it: automatic are build-essential compiler helper; autoremove removes build-essential compiler helper
# Why it matters: `apt-get build-dep -y x && make && apt-get autoremove -y` in one RUN looks like a
#     build that cleans up behind it, exits with 0, and ships every compiler.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "$(dirname "$script")/helpers/apt.sh"
package() { # package $1, which depends on $2 if that is given
    mkdir -p "of-$1/DEBIAN"
    {
        printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: x\n' "$1"
        [ -z "${2-}" ] || echo "Depends: $2"
        echo 'Description: x'
    } > "of-$1/DEBIAN/control"
    dpkg-deb --build "of-$1" "repository/$1.deb" >> log
    dpkg-deb --field "repository/$1.deb"
    echo "Filename: $1.deb"
    echo "Size: $(stat --format=%s "repository/$1.deb")"
    printf 'SHA256: %s\n\n' "$(sha256sum < "repository/$1.deb" | cut -d ' ' -f 1)"
}
mkdir -p repository var/log/apt
{
    package build-essential
    package compiler helper
    package helper
} > packages
apt_root < packages >> log 2>&1
cat > repository/Sources <<END
Package: program
Version: 1
Architecture: any
Build-Depends: compiler
Directory: .
Files:
 $(md5sum < /dev/null | cut -d ' ' -f 1) 0 program_1.dsc
Checksums-Sha256:
 $(sha256sum < /dev/null | cut -d ' ' -f 1) 0 program_1.dsc
END
echo "deb-src [trusted=yes] file:$folder/repository ./" >> etc/sources.list
cat >> apt.conf <<END
Dir::State::status "$folder/root/var/lib/dpkg/status";
DPkg::Options { "--root=$folder/root"; "--force-not-root"; "--log=/dev/null"; };
END
try() { # with options $1 for build-dep and $2 for autoremove
    rm -rf root state/extended_states
    mkdir -p root/var/lib/dpkg/{info,updates,triggers}
    touch root/var/lib/dpkg/{status,available}
    # shellcheck disable=SC2086
    apt_get build-dep --yes $1 program >> log
    automatic=$(awk '/^Package/ { print $2 }' state/extended_states | sort | xargs)
    # shellcheck disable=SC2086
    removed=$(apt_get autoremove --simulate $2 | awk '/^Remv/ { print $2 }' | sort | xargs)
    echo "automatic are $automatic; autoremove removes ${removed:-nothing}"
}
setting='-o APT::Get::Build-Dep-Automatic=true'
apt_get update >> log
{
    echo "build-dep: $(try '' '')"
    echo "build-dep, the setting given to autoremove: $(try '' "$setting")"
    echo "build-dep, the setting given to it: $(try "$setting" '')"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
