"""Packages that official images on Debian and Ubuntu may bring, and so need no lists.

`apt-get install` of what is there already does nothing and succeeds, without any lists. The names
are those of Debian's packages of priority required, and of what docker-library's buildpack-deps
installs (its Dockerfiles of bullseye to trixie) with all that these depend on; most of them by what
they begin or end with, which takes in too many rather than too few.
"""

from __future__ import annotations

from collections.abc import Iterable

from dockfix.managers.manager import base, words
from dockfix.shell.patterns import lazy

_SYSTEM = words(
    "adduser apt apt-utils base-files base-passwd bash bsdutils bzip2 ca-certificates coreutils",
    "dash debconf debian-archive-keyring debianutils diffutils dmsetup dpkg e2fslibs e2fsprogs",
    "findutils gpgv grep gzip hostname inetutils-ping init init-system-helpers initscripts insserv",
    "iproute2 iputils-ping login login.defs logsave lsb-base mawk mount multiarch-support",
    "ncurses-base ncurses-bin netbase openssl-provider-legacy passwd procps readline-common sed",
    "sensible-utils sqv startpar systemd systemd-sysv sysv-rc sysvinit-utils tar tzdata",
    "tzdata-legacy ubuntu-keyring ucf udev util-linux util-linux-extra zlib1g bsdextrautils",
    "usrmerge usr-is-merged ubuntu-minimal",
)
_LIBRARIES = lazy(r"lib(?!.*-dev$).*|gcc-\d+-base|perl-base|perl-modules.*|python3?-minimal")
_LANGUAGES = words(
    "autoconf automake autotools-dev comerr-dev curl dbus dirmngr dpkg-dev file fontconfig",
    "fonts-dejavu-core ghostscript git git-man gnupg gnupg2 gpg gpg-agent gpgconf gpgsm gsfonts",
    "hicolor-icon-theme icu-devtools imagemagick less lsb-release m4 make media-types mercurial",
    "mime-support openssh-client openssl patch pkg-config pkgconf pinentry-curses poppler-data",
    "rpcsvc-proto sgml-base shared-mime-info sq sqlite3 subversion ssl-cert tcl tk ucf unzip",
    "uuid-dev wget xauth xdg-user-dirs xml-core xz-utils zip zstd publicsuffix manpages keyboxd",
    "dh-python bind9-host psmisc ca-certificates-java java-common patchutils gettext-base hwdata",
    "node nodejs npm yarn yarnpkg golang golang-go rustc cargo php ruby perl erlang",
)
_FAMILIES = lazy(
    r"perl.*|python.*|ruby.*|php.*|gcc.*|g\+\+.*|cpp.*|binutils.*|imagemagick.*|mercurial.*|tcl.*"
    r"|tk\d.*|fonts-.*|x11.*|xtrans.*|gir1\.2.*|linux-libc.*|mysql-common|mariadb-common|krb5.*"
    r"|default-lib.*|gnupg.*|gpg.*|pinentry.*|sqlite.*|uuid.*|icu.*|pkg.*|gfortran.*|openssh.*"
    r"|xorg.*|.*-config|.*-dev|.*-common|.*-data|.*-base|.*-bin|.*-utils|.*-doc|.*-l10n|.*-devtools|.*1g"
)
#: Images that have no more than the system.
_PLAIN = words("debian ubuntu")


def surely_missing(image: str, packages: Iterable[str]) -> bool:
    """True if one of the packages is surely not in an official image, given by its name.

    A package without a known name counts as there.
    """
    plain = image.partition("@")[0].partition(":")[0].rpartition("/")[2] in _PLAIN
    return any(
        "$" not in package and not _may_be_there(base(package), plain) for package in packages
    )


def _may_be_there(name: str, plain: bool) -> bool:
    if not name or name in _SYSTEM or _LIBRARIES.fullmatch(name):
        return True
    return not plain and (name in _LANGUAGES or _FAMILIES.fullmatch(name) is not None)
