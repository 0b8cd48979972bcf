"""Packages whose coming first changes what a later install does."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from dockfix.installs.new_sources import family
from dockfix.managers.manager import base
from dockfix.shell.patterns import lazy

#: Packages that others accept as an alternative (`default-jre | java-runtime`). apt counts what is
#: asked for beside them: `php` alone brings Apache, beside `php-fpm` it does not; installed one
#: after the other, both are there.
_JAVA = lazy(
    r"(?:openjdk|java|default-j|oracle-java|temurin|zulu|adoptopenjdk|gcj|ibm-java|jdk|jre)\S*"
)
_ALTERNATIVES = lazy(
    r"""(?:postfix|exim|sendmail|ssmtp|msmtp|nullmailer|dma|mailutils|bsd-mailx|heirloom-mailx|qmail
        |courier|opensmtpd|mail-transport|default-mta|citadel|esmtp)\S*
    |(?:mysql|mariadb|percona|default-mysql|default-libmysql|libmysql|libmariadb|virtual-mysql)\S*
    |(?:fonts-|ttf-|otf-|gsfonts|xfonts-|t1-)\S*|(?:pinentry|gnome-keyring)\S*
    |(?:clang|tcc|gcc-\d|g\+\+-\d|gfortran-|llvm|libc\+\+)\S*|(?:mawk|gawk|original-awk|busybox\S*)
    |(?:libblas|libopenblas|libatlas|liblapack|libmkl|intel-mkl)\S*
    |(?:libopenmpi|openmpi|libmpich|mpich|mpi-default|lam)\S*
    |(?:rsyslog|syslog-ng|inetutils-syslogd|busybox-syslogd|sysklogd)\S*
    |(?:cronie|bcron|systemd-cron|chrony|openntpd|ntpsec|systemd-timesyncd)
    |(?:systemd|sysvinit|upstart|runit|resolvconf|openresolv|dbus)\S*
    |(?:lynx|w3m|elinks|links2?|firefox|chromium|epiphany|konqueror)\S*
    |(?:libnvidia|nvidia|ocl-icd|pocl|intel-opencl|mesa-opencl|beignet)\S*
    |(?:lua\d|luajit|tclsh|tcl\d|tk\d)\S*|(?:netcat-openbsd|ncat)|(?:pulseaudio|pipewire|jackd)\S*
    |(?:dropbear|openssh-server|lsh-server|tinysshd)|(?:linux-(?:image|headers))\S*
    |(?:xserver|xvfb|tightvnc|tigervnc|xorg|xterm|rxvt|kitty|alacritty)\S*|(?:tofrodos|ed|ncal)""",
    re.VERBOSE,
)

_WEB_SERVERS = lazy(r"(?:php|libapache2-mod|apache2|nginx|lighttpd|hhvm|httpd|cherokee)\S*")
#: Those that want a web server or a way to run PHP in one.
_WEB = lazy(
    r"""(?:lib)?php\S*|hhvm|nagios\S*|icinga\S*|munin\S*|cacti\S*|awstats|cgit|gitweb|mailman\S*
    |roundcube\S*|zabbix\S*|drupal\S*|wordpress\S*|squirrelmail|mediawiki|owncloud\S*|nextcloud\S*
    |moodle|adminer|\S*admin|dokuwiki|smokeping|bugzilla\S*|viewvc|websvn|mrtg|\S*-doc|\S*web\S*
    |graphite\S*|collectd\S*|letsencrypt|certbot\S*|python3?-certbot\S*|apache2\S*|backuppc|rt4\S*""",
    re.VERBOSE,
)

#: Families of packages that throw one another out: asked for at once, apt refuses.
_RIVALS = (
    "nodejs npm node-* yarn yarnpkg cmdtest",
    "docker* containerd* runc* podman* moby* crun*",
    "libcurl*-dev",
    "libssl-dev libssl1.0-dev",
    "libjpeg*",
    "libpng*",
    "libtiff*",
    "libreadline*",
    "libhdf5* hdf5*",
    "ruby* rubygems* rake* bundler*",
    "erlang* esl-erlang* elixir* rabbitmq*",
    "redis* memcached* elasticsearch* kibana* logstash*",
    "iptables* nftables* ufw* firewalld*",
    "libav* ffmpeg* libsw*",
    "vim* neovim*",
    # of two that offer a program with the same priority, update-alternatives takes the one that is
    # configured first (the scripts of Debian 12's packages: 30, 40, 50)
    "mg vim zile",
    "micro nano vim-nox",
    "tilde vim-gtk3 vim-motif",
    "libudev* udev* eudev* libsystemd*",
    "libgl* libegl* libgles* libglx* mesa*",
    "libmagick* libgraphicsmagick* imagemagick* graphicsmagick*",
    "libpq* postgresql* pgdg* libpgtypes* libecpg*",
    "libzmq*-dev libgdbm*-dev libdb*-dev libpython*-dev python*-dev",
)
_RIVAL_FAMILIES = tuple(map(family, _RIVALS))
#: All of these families in one: most packages are in none.
_ANY_RIVAL = family(" ".join(_RIVALS))


def chosen_beside(before: Collection[str], second: Iterable[str], *, chooses: bool) -> bool:
    """True if a manager may bring something else for both lists at once than for one by one.

    `before` are the names of the packages of the first list, `chooses` is what its record says.
    """
    for name in {base(name) for name in second}:
        if name in before:
            continue
        if _JAVA.fullmatch(name):
            return True
        if not chooses:
            continue
        if _ALTERNATIVES.fullmatch(name):
            return True
        if _WEB_SERVERS.fullmatch(name) and any(map(_WEB.fullmatch, before)):
            return True
        if not _ANY_RIVAL.holds(name):
            continue
        for rivals in _RIVAL_FAMILIES:
            if rivals.holds(name) and any(map(rivals.holds, before)):
                return True
    return False


def builds_others(tools: re.Pattern[str], names: Iterable[str]) -> bool:
    """True if the manager uses one of the packages itself, or the build of others is known to."""
    return any(tools.fullmatch(base(name).replace("_", "-")) for name in names)
