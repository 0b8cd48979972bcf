#!/bin/bash
# Starts a Docker engine of its own in DIR, from Debian's packages, which are unpacked there and not
# installed. It has no bridge and touches no firewall, so it can stand beside another engine.
#   usage: start.sh DIR [FLAG OF DOCKERD]...
#   then: DOCKER_HOST=unix://DIR/docker.sock DOCKER_CONFIG=DIR/config
#   stop:  kill "$(cat DIR/dockerd.pid)"
# As root, on Debian. The newest engine that runs here is taken: sid's, else trixie's.
set -euo pipefail
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
cd "$dir"

# Debian's own mirror as this machine knows it, but the suite is another one.
sources=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true)
mirror=$(awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' <<<"$sources")
[ -n "$mirror" ] || { echo "no Debian mirror is configured" >&2; exit 1; }

of_suite() { # apt, with a state of its own that knows one suite only
    local suite=$1 state=$dir/apt-$1
    shift
    mkdir -p "$state"/{lists/partial,cache/archives/partial,parts}
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/parts/one.list"
    apt-get -qq -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none \
        -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$state/parts" \
        -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" "$@"
}

unpack() { # only programs: libraries and the like come from this machine
    local package
    rm -rf root
    mkdir -p root
    for package in debs/*.deb; do
        dpkg-deb --fsys-tarfile "$package" |
            tar -C root -x --wildcards './usr/bin/*' './usr/sbin/*' './usr/libexec/*' 2>/dev/null || true
    done
}

get() {
    rm -rf debs
    mkdir debs
    of_suite "$1" update
    (cd debs && of_suite "$1" download docker.io docker-cli docker-buildx containerd)
    # the newer suites' runc needs a newer C library than this machine may have
    (cd debs && apt-get -qq -o APT::Sandbox::User=root download runc)
    unpack
    root/usr/sbin/dockerd --version >/dev/null
}

[ -x root/usr/sbin/dockerd ] || get sid || get trixie
mkdir -p config/cli-plugins data
ln -sf "$dir/root/usr/libexec/docker/cli-plugins/docker-buildx" config/cli-plugins/docker-buildx
export PATH=$dir/root/usr/bin:$dir/root/usr/sbin:$PATH
setsid nohup dockerd --host "unix://$dir/docker.sock" --data-root "$dir/data" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" --bridge none --iptables=false --ip6tables=false "$@" >"$dir/dockerd.log" 2>&1 </dev/null &
for _ in $(seq 300); do
    docker -H "unix://$dir/docker.sock" version >/dev/null 2>&1 && exit 0
    sleep 0.1
done
tail -n 5 "$dir/dockerd.log" >&2
exit 1
