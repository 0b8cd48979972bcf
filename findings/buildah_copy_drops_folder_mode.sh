#!/usr/bin/env bash
# COPY of a folder keeps the modes and owners of all that is in it, but not its own
#
# Package: buildah 1.28.2 (Debian's buildah 1.28.2+ds1-3+deb12u1+b3); run as root
# One would expect: COPY keeps modes, and `COPY --from` keeps owners too. A folder with mode 0700
#     that belongs to user 9 is one in the next stage as well.
# What happens: COPY takes what is in the folder and puts it into a new one, which is root's and
#     0755. A folder inside, with the same mode and owner, keeps both. Copied from one level higher
#     the folder keeps them as well.
# Seen (mode, owner, path):
# | COPY --from=made /data/private /private
# | 755 0 /private
# | 700 9 /private/inside
# | COPY --from=made /data /
# | 700 9 /private
# | 700 9 /private/inside
# Why it matters: PostgreSQL refuses a data folder with 0755, and a program that does not run as
#     root cannot write there. Narrowing a COPY from a folder to the one inside changes the image.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
source "${script%/*}/helpers/buildah.sh"
get_buildah > log 2>&1
mkdir -p context/data/private/inside
chmod 700 context/data/private context/data/private/inside
for copy in 'COPY --from=made /data/private /private' 'COPY --from=made /data /'; do
    printf '%s\n' 'FROM scratch AS made' 'COPY --chown=9:9 . /' 'FROM scratch' "$copy" > Dockerfile
    buildah build --tag copied -f Dockerfile context >> log 2>&1
    echo "$copy"
    container=$(buildah from copied 2>> log)
    root=$(buildah mount "$container")
    (cd "$root" && find . -mindepth 1 -printf '%m %U /%P\n' | sort -k3)
    buildah rm "$container" >> log
done > seen
diff <(sed -n 's/^# | //p' "$script") seen
