#!/bin/bash
# Makes stand-ins for base images, where no registry of images can be reached, under their own names:
#   busybox, debian:bookworm-slim (also bookworm, 12-slim, latest), python:3.11-slim, node:20-slim;
#   login: registry.example.com/team/base:1, a base of somebody's own whose SHELL is a login shell;
#   archived: python:3.7-buster, with git, and lists of a release that is not on the mirrors any more;
#   maven: eclipse-temurin:17-jre-noble with Debian's Java, and maven:3.9-eclipse-temurin-17 with plugins;
#   javas: registry.example.com/team/java:1, with two Javas to be had, and an apt for which order counts;
#   fakes: alpine, fedora, ubuntu, node, python: busybox with a stand-in for package managers.
#   usage: bases.sh WORK NAME...     with DOCKER_HOST set; needs mmdebstrap, and for node Node.js here
# How packages are reached is copied from this machine, so that no index or mirror is named.
set -euo pipefail
work=$1
shift
mkdir -p "$work"

packages_of_this_machine() { # ROOT: its mirrors, indexes and certificates
    local root=$1 file
    mkdir -p "$root"/etc/uv "$root"/etc/apt/{sources.list.d,apt.conf.d} "$root"/etc/ssl/certs "$root"/usr/local/etc "$root"/usr/etc
    rm -f "$root"/etc/apt/sources.list
    for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
        if [ -e "$file" ]; then cp "$file" "$root${file}"; fi
    done
    if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
        cp /etc/ssl/certs/ca-certificates.crt "$root"/etc/ssl/certs/
        # from here they are taken again when ca-certificates is installed
        mkdir -p "$root"/usr/local/share/ca-certificates
        cp /usr/local/share/ca-certificates/*.crt "$root"/usr/local/share/ca-certificates/ 2>/dev/null || true
        printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\ndisable-pip-version-check = true\n' >"$root"/etc/pip.conf
        echo 'system-certs = true' >"$root"/etc/uv/uv.toml
        printf 'cafile=/etc/ssl/certs/ca-certificates.crt\naudit=false\nfund=false\nupdate-notifier=false\n' |
            tee "$root"/usr/etc/npmrc >"$root"/usr/local/etc/npmrc
    fi
    # What official images of Debian carry. Without the first, the downloaded packages would stay.
    echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };' >"$root"/etc/apt/apt.conf.d/docker-clean
    printf 'Acquire::GzipIndexes "true";\nAcquire::Languages "none";\nAcquire::Check-Valid-Until "false";\n' >"$root"/etc/apt/apt.conf.d/docker-lists
}

busybox() {
    local root=$work/busybox program
    mkdir -p "$root"/{bin,dev,etc,proc,root,sys,tmp,usr/bin,var}
    chmod 1777 "$root/tmp"
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download busybox-static && dpkg-deb --fsys-tarfile busybox-static_*.deb | tar -x ./bin/busybox)
    mv "$work/bin/busybox" "$root/bin/"
    for program in $("$root/bin/busybox" --list); do
        [ "$program" = busybox ] || ln -sf busybox "$root/bin/$program"
    done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    tar -C "$root" -c . | docker import -c 'CMD ["sh"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - busybox >/dev/null
}

mirror_of_this_machine() {
    awk '/^URIs:/ {print $2; exit} /^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' \
        <(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)
}

debian() {
    local mirror root=$work/debian
    mirror=$(mirror_of_this_machine)
    mmdebstrap --quiet --variant=minbase --include=usr-is-merged --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        bookworm "$work/debian.tar" "deb $mirror bookworm main" >"$work/mmdebstrap.log" 2>&1
    mkdir "$root"
    tar -C "$root" -xf "$work/debian.tar"
    packages_of_this_machine "$root"
    rm -f "$root/etc/resolv.conf" "$root/etc/apt/apt.conf.d/99mmdebstrap"
    : >"$root/etc/hostname"
    tar -C "$root" --numeric-owner -c . | docker import -c 'CMD ["bash"]' - debian:bookworm-slim >/dev/null
    for tag in bookworm 12-slim latest; do docker tag debian:bookworm-slim "debian:$tag"; done
}

python() { # Debian's own Python, under the names that the official image has
    docker build -q --network host -t python:3.11-slim - >/dev/null <<'D'
FROM debian:bookworm-slim
ENV PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip ca-certificates \
    && rm -rf /var/lib/apt/lists/* && ln -s /usr/bin/python3 /usr/local/bin/python
CMD ["python3"]
D
    docker build -q --network host -t python:3.11 - >/dev/null <<'D'
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
D
}

node() { # the machine's own Node.js and npm
    local root=$work/node modules
    modules=$(dirname "$(dirname "$(realpath "$(type -P npm)")")")
    mkdir -p "$root"/usr/local/{bin,lib/node_modules}
    cp -L "$(type -P node)" "$root/usr/local/bin/node"
    cp -a "$modules" "$root/usr/local/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    printf 'FROM debian:bookworm-slim\nCOPY usr/ /usr/\nRUN node --version && npm --version\nCMD ["node"]\n' >"$root/Dockerfile"
    docker build -q --network host -t node:20-slim "$root" >/dev/null
}

login() { # its programs are found by what its profile says
    docker build -q --network host -t registry.example.com/team/base:1 - >/dev/null <<'D'
FROM debian:bookworm-slim
RUN mkdir -p /opt/tool/bin && printf '#!/bin/sh\necho tool 1.0 "$@"\n' >/opt/tool/bin/tool && chmod +x /opt/tool/bin/tool \
    && echo 'export PATH=/opt/tool/bin:$PATH TOOL_HOME=/opt/tool' >/etc/profile.d/tool.sh
SHELL ["/bin/bash", "-lc"]
D
}

archived() {
    docker build -q --network host --build-arg MIRROR="$(mirror_of_this_machine)" -t python:3.7-buster - >/dev/null <<'D'
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends git curl python3 && rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d
ARG MIRROR
RUN echo "deb $MIRROR buster-archived main" >/etc/apt/sources.list
CMD ["python3"]
D
}

maven() { # plugins that Maven finds offline, in a repository that Debian's packages make
    docker build -q --network host -t eclipse-temurin:17-jre-noble - >/dev/null <<'D'
FROM debian:bookworm-slim
RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
D
    docker build -q --network host -t maven:3.9-eclipse-temurin-17 - >/dev/null <<'D'
FROM eclipse-temurin:17-jre-noble
RUN apt-get update && apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven libmaven-resources-plugin-java libmaven-compiler-plugin-java libmaven-jar-plugin-java libsurefire-java && rm -rf /var/lib/apt/lists/*
D
}

javas() { # a base of somebody's own, whose packages are two Javas of stand-ins, and what wants any of them
    mkdir -p "$work/javas"
    cat >"$work/javas/make" <<'M'
#!/bin/sh
set -e
package() { # NAME VERSION FIELDS [JAVA PRIORITY]: a package, with a Java of this version
    folder=/tmp/$1
    mkdir -p "$folder/DEBIAN"
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: stand-in\n%b' "$1" "$2" "$3" >"$folder/DEBIAN/control"
    if [ "$4" ]; then
        mkdir -p "$folder/usr/lib/jvm/$4/bin"
        printf '#!/bin/sh\necho openjdk version %s\n' "$2" >"$folder/usr/lib/jvm/$4/bin/java"
        chmod +x "$folder/usr/lib/jvm/$4/bin/java"
        printf '#!/bin/sh\nupdate-alternatives --install /usr/bin/java java /usr/lib/jvm/%s/bin/java %s\n' "$4" "$5" >"$folder/DEBIAN/postinst"
        chmod +x "$folder/DEBIAN/postinst"
    fi
    dpkg-deb --build --root-owner-group "$folder" "/repository/$1.deb" >/dev/null
    { cat "$folder/DEBIAN/control"
      printf 'Filename: ./%s.deb\nSize: %s\nSHA256: %s\n\n' "$1" "$(stat -c %s "/repository/$1.deb")" "$(sha256sum "/repository/$1.deb" | cut -d' ' -f1)"
    } >>/repository/Packages
    rm -r "$folder"
}
mkdir /repository
java8='Provides: java8-runtime-headless, java2-runtime-headless\n'
java11='Provides: java11-runtime-headless, java8-runtime-headless, java2-runtime-headless\n'
package openjdk-8-jre-headless 1.8.0 "$java8" java-8-openjdk-amd64 1081
package openjdk-8-jdk 1.8.0 'Depends: openjdk-8-jre-headless\n'
package openjdk-11-jre-headless 11.0.2 "$java11" java-11-openjdk-amd64 1111
package default-jre-headless 2:1.11 'Depends: openjdk-11-jre-headless\n'
package ant 1.10 'Depends: default-jre-headless | java2-runtime-headless\n'
package maven 3.6 'Depends: default-jre-headless | java8-runtime-headless\n'
package ca-certificates-java 2019 'Depends: default-jre-headless | java8-runtime-headless\n'
rm -rf /etc/apt/sources.list*
echo 'deb [trusted=yes] file:/repository ./' >/etc/apt/sources.list
M
    docker build -q --network host -t registry.example.com/team/java:1 -f - "$work/javas" >/dev/null <<'D'
FROM debian:bookworm-slim
COPY make /tmp/
RUN sh /tmp/make && rm /tmp/make
D
}

fakes() { # a manager that notes what it would install, and keeps a cache where the real one does
    mkdir -p "$work/fakes"
    cat >"$work/fakes/manager" <<'M'
#!/bin/sh
name=${0##*/}
case $name in
    apk) cache=/var/cache/apk ;;
    apt-get) cache=/var/lib/apt/lists ;;
    dnf) cache=/var/cache/dnf ;;
    pip) cache=$HOME/.cache/pip ;;
    npm) cache=$HOME/.npm/_cacache ;;
    gem) cache=/usr/local/bundle/doc ;;
esac
verb='' keep=1 from=''
for word; do
    case $word in
        --no-cache | --no-cache-dir | --no-document | --no-rdoc) keep='' ;;
        -r) from=next ;;
        -* | –* | —*) ;;
        clean | cache) verb=clean ;;
        add | install | ci | i | update | del | upgrade) verb=${verb:-$word} ;;
        *)
            case $verb$from in
                *next) for line in $(cat "$word"); do touch "/installed/$line"; done; from='' ;;
                add | install | i) touch "/installed/${word%%[=@<>]*}" ;;
                del) rm "/installed/$word" ;;
            esac ;;
    esac
done
[ "$verb" = ci ] && cat package-lock.json >/installed/lock
[ "$verb" = clean ] && rm -rf "$cache"/* && exit
[ "$keep" ] && mkdir -p "$cache" && echo cached >"$cache/index"
exit 0
M
    chmod +x "$work/fakes/manager"
    docker build -q --network host -t alpine:3.20 -f - "$work/fakes" >/dev/null <<'D'
FROM busybox
COPY manager /usr/local/bin/
RUN mkdir /installed && cd /usr/local/bin && mkdir -p /var/lib/apt/lists; for name in apk apt-get dnf pip npm gem; do ln -s manager $name; done
D
    for tag in fedora:41 ruby:3.3 ubuntu:24.04 node:22 python:3.12; do docker tag alpine:3.20 "$tag"; done
}

for name; do "$name"; done
