#!/usr/bin/env bash
# tini, catatonit and dumb-init stop the same script at different times
#
# Package: tini 0.19.0 (Debian 0.19.0-1+b3), catatonit 0.1.7 (Debian 0.1.7-1+b2), dumb-init
#     1.2.5.post1 (Python package). `docker run --init` is tini, `podman run --init` is catatonit.
# One would expect: a small init passes SIGTERM on, so any of the three stops a shell script whose
#     trap tidies up.
# What happens: tini and catatonit tell the script alone. A shell runs its trap when the command
#     that it waits for has ended, and that command knows of nothing: it goes on to its end.
#     dumb-init makes a session and tells every process in it, so the command stops and the trap
#     runs at once.
# Seen:
# | tini: tidied up, late
# | catatonit: tidied up, late
# | dumb-init: tidied up, at once
# Why it matters: an entry point script without `exec` works behind dumb-init, and after a change to
#     --init the engine waits its ten seconds and kills it before the trap ran. The other way round,
#     workers that the script wants to stop in order all get the signal themselves.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    apt-get download tini=0.19.0-1+b3 catatonit=0.1.7-1+b2
    for package in *.deb; do dpkg -x "$package" program; done
    python3 -m venv venv
    venv/bin/pip install dumb-init==1.2.5.post1
    cat > entrypoint.sh <<'END'
trap 'echo tidied up; exit 0' TERM
touch ready
sleep 6
echo slept to the end
END
} > log 2>&1
stop() { # the script below init $1, as soon as it waits for its command
    rm -f ready
    # tini says on other places than process 1 that it is not: -s makes it right.
    "$@" sh entrypoint.sh > said 2>> log &
    local init=$! begun
    until [ -e ready ]; do sleep 0.1; done
    sleep 0.5
    begun=$SECONDS
    kill -TERM "$init"
    wait "$init" || true
    if ((SECONDS - begun < 3)); then echo "$(cat said), at once"; else echo "$(cat said), late"; fi
}
{
    echo "tini: $(stop program/usr/bin/tini -s --)"
    echo "catatonit: $(stop program/usr/bin/catatonit --)"
    echo "dumb-init: $(stop venv/bin/dumb-init --)"
} > seen
diff <(sed -n 's/^# | //p' "$script") seen
