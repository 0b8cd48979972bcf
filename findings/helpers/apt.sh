# Debian's apt 2.6.1 in a root of its own below $folder, for findings to source. Nothing is installed:
# the repository has descriptions of packages only, so what apt says it would do is all there is.

apt_root() { # reads descriptions (a Packages file) from standard input
    apt-get download apt=2.6.1 libapt-pkg6.0=2.6.1
    for package in *.deb; do dpkg -x "$package" program; done
    mkdir -p repository state/lists/partial cache/archives/partial etc/preferences.d
    touch state/status
    cat > repository/Packages
    echo "deb [trusted=yes] file:$folder/repository ./" > etc/sources.list
    cat > apt.conf <<END
Dir "$folder/";
Dir::State "state";
Dir::State::status "$folder/state/status";
Dir::Cache "cache";
Dir::Etc "etc";
Dir::Bin::methods "$folder/program/usr/lib/apt/methods";
APT::Sandbox::User "";
APT::Architecture "amd64";
END
    apt_get update
}

apt_get() {
    APT_CONFIG=$folder/apt.conf LD_LIBRARY_PATH=$(echo "$folder"/program/usr/lib/*-linux-gnu) \
        "$folder/program/usr/bin/apt-get" "$@" 2>> "$folder/errors"
}

describe() { # package $1, which depends on $2 if that is given
    printf 'Package: %s\nVersion: 1\nArchitecture: all\n' "$1"
    [ -z "${2-}" ] || echo "Depends: $2"
    printf 'Filename: %s.deb\nSize: 1\n\n' "$1"
}
