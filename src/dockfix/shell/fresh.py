"""What every RUN gets anew that is no state of its shell: files, processes, programs, a directory.

BuildKit starts each RUN in a new container process (executor/runcexecutor, executor/oci): with its
own mounts of /etc/hosts, /etc/resolv.conf, /dev and /dev/shm, without the processes of the RUN
before, in a working directory that is made if it is missing, as the user that /etc/passwd names
now, and with the /bin/sh that is there now. A script that changes one of these must not share a
process with the script that follows it. `barrier` finds such scripts; in doubt it finds one too
many.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.shell.effects import HARMLESS_BUILTINS
from dockfix.shell.tree import Script, Simple, Word

#: Programs that stay in the background by themselves, or are usually started to.
_DAEMONS = frozenset(
    ("service", "systemctl", "rc-service", "openrc", "invoke-rc.d", "start-stop-daemon", "pg_ctl",
     "pg_ctlcluster", "mysqld", "mysqld_safe", "mariadbd", "mongod", "redis-server", "nginx",
     "apache2", "apache2ctl", "apachectl", "httpd", "rabbitmq-server", "dockerd", "containerd",
     "sshd", "cron", "crond", "rsyslogd", "dbus-daemon", "ssh-agent", "gpg-agent", "memcached",
     "slapd", "supervisord", "Xvfb", "vncserver", "nohup", "setsid", "daemonize", "daemon",
     "screen", "tmux", "pm2", "forever", "nscd", "influxd", "etcd", "consul", "vault", "postgres")
)  # fmt: skip
_STARTED_INSIDE = lazy(
    r"init\.d/[\w.@-]+[ \t]+(?:re)?start"
    r"|\b(?:service|systemctl|rc-service)[ \t]+[\w.@-]+[ \t]+(?:re)?start"
    r"|\bpg_ctl\b|start-stop-daemon|--?daemon(?:ize)?\b|--fork\b|--background\b|--detach\b"
    r"|[^&>\s][ \t]*&[ \t]*['\"]"
)
_STARTERS = (
    "init.d/", "service", "systemctl", "pg_ctl", "-daemon", "--fork", "--background", "--detach"
)  # fmt: skip
#: Files and folders that a container process gets a mount of its own for.
_MOUNTED = lazy(
    r"/etc/(?:hosts|resolv\.conf|hostname)(?![\w.-])|/dev/shm(?![\w-])"
    r"|/dev/(?!null|std(?:in|out|err)|tty|zero|u?random|fd\b|tcp\b|udp\b)[A-Za-z]"
)
_MAYBE_MOUNTED = ("/etc/host", "/etc/resolv.conf", "/dev/")
_MACHINE = frozenset(
    ("mount", "umount", "sysctl", "hostname", "domainname", "swapon", "mknod", "modprobe",
     "chroot", "unshare", "setcap")
)  # fmt: skip
_CHANGES_FILES = frozenset(
    ("ln", "mv", "cp", "rm", "install", "unlink", "dpkg-divert", "update-alternatives",
     "alternatives")
)  # fmt: skip
_REMOVES = frozenset(("rm", "rmdir", "mv"))
_SHELL_PATH = lazy(r"/bin/(?:sh|dash|bash|ash|busybox)(?![\w./-])")
_ACCOUNTS = frozenset(
    ("usermod", "groupmod", "gpasswd", "chsh", "vipw", "deluser", "userdel", "delgroup",
     "groupdel", "addgroup", "adduser")
)  # fmt: skip
#: The programs that `barrier` has something to say of.
_NOTABLE = (
    _DAEMONS
    | _MACHINE
    | _CHANGES_FILES
    | _REMOVES
    | _ACCOUNTS
    | frozenset(("dpkg-reconfigure", "busybox"))
)
_EDITS_ACCOUNTS = lazy(r"(?:\bsed[ \t]+-[^&;|]*|>[ \t]*)/etc/(?:passwd|group)(?![\w-])")
_ROOT = frozenset((None, "root", "0", "root:root", "0:0"))
#: Folders below which no image keeps its working directory.
_SCRATCH = lazy(
    r"/(?:tmp|var/tmp|var/cache|var/lib/apt|var/lib/dpkg|var/log|var/spool|etc|run|lib|bin|sbin"
    r"|usr/share|usr/lib|usr/include|usr/bin|usr/sbin|usr/local/(?:bin|sbin|lib|share|include|man)"
    r"|root/\.[\w-]+)/."
)
_FROM_MKTEMP = lazy(r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*+)=\"?(?:\$\(|`)[ \t]*mktemp\b")
_GLOB = lazy(r"[*?\[]")

#: Programs that no build replaces half-way under the same name, so that it does not matter that a
#: shell remembers where it found them (POSIX XCU 2.9.1.1: the location may be remembered).
_SETTLED = frozenset(
    ("apt-get", "apt", "aptitude", "apt-key", "apt-cache", "apt-mark", "add-apt-repository",
     "dpkg", "apk", "yum", "dnf", "microdnf", "tdnf", "rpm", "zypper", "pacman", "emerge", "rm",
     "cp", "mv", "ln", "mkdir", "rmdir", "touch", "cat", "sed", "awk", "grep", "egrep", "fgrep",
     "head", "tail", "cut", "sort", "uniq", "tr", "wc", "tee", "xargs", "find", "chmod", "chown",
     "chgrp", "install", "tar", "gzip", "gunzip", "bzip2", "xz", "unzip", "wget", "curl",
     "useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod", "userdel", "chpasswd",
     "passwd", "id", "whoami", "uname", "date", "sleep", "ls", "stat", "du", "df", "basename",
     "dirname", "readlink", "realpath", "mktemp", "env", "printenv", "sha256sum", "sha1sum",
     "sha512sum", "md5sum", "gpg", "gpgconf", "ldconfig", "locale-gen", "update-locale",
     "localedef", "dpkg-reconfigure", "debconf-set-selections", "update-ca-certificates",
     "update-alternatives", "a2enmod", "a2ensite", "a2dismod", "a2dissite",
     "docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable", "phpenmod",
     "crontab", "su", "sudo", "gosu", "seq", "expr", "diff", "patch", "strip", "file", "which",
     "nproc", "getconf", "yes", "sync", "dos2unix", "rsync", "ssh-keyscan", "ssh-keygen",
     "openssl", "runuser", "setfacl", "ssh", "arch", "base64", "comm", "getent", "lsb_release",
     "timeout", "truncate")
)  # fmt: skip
#: Programs that put into PATH at most what their words name.
_NAMING = frozenset(
    ("apt-get", "apt", "aptitude", "dpkg", "apk", "yum", "dnf", "microdnf", "tdnf", "rpm",
     "zypper", "pacman", "emerge", "pip", "pip2", "pip3", "npm", "yarn", "gem", "cp", "mv", "ln",
     "install", "tar", "unzip", "rsync", "gunzip", "bunzip2", "xz", "curl", "wget", "tee", "cpanm")
)  # fmt: skip
#: What installs a program by another name than its own.
_CALLED = {"cpanminus": "cpanm"}
#: Programs that run others.
_WRAPPERS = frozenset(("su", "sudo", "env", "xargs", "gosu", "runuser", "timeout"))
#: Programs that put nothing there.
_INERT = (
    (_SETTLED | {"git", "hg", "svn"} | HARMLESS_BUILTINS | {"cd", "export", "set"})
    - _NAMING
    - _WRAPPERS
)
#: What a shell runs without looking for it, or finds where no build puts another.
_FOUND_FIRST = _SETTLED | HARMLESS_BUILTINS
#: Verbs that put nothing there: `pnpm fetch` fills a store by the lock file, and links no program.
_INERT_VERBS = {"pnpm": frozenset(("fetch",))}
#: Verbs that put there what their words name, and what `_BESIDE` says.
_NAMING_VERBS = {
    "pnpm": frozenset(("install", "i")),
    "corepack": frozenset(("enable", "disable", "prepare", "install", "use")),
}
_BESIDE = {"corepack": frozenset(("yarn", "yarnpkg", "pnpm", "pnpx"))}
#: What makes an environment with a Python of its own, which may be in PATH before it is made, and
#: by what word of it.
_ENVIRONMENTS = {
    **dict.fromkeys(("conda", "mamba", "micromamba"), frozenset(("create", "env"))),
    **dict.fromkeys(
        ("pdm", "pipenv", "poetry", "rye", "uv"),
        frozenset(("add", "env", "install", "sync", "update", "venv")),
    ),
    "pixi": frozenset(("install",)),
    "python": frozenset(("venv", "virtualenv")),
}
_IN_ENVIRONMENTS = frozenset(("python", "pip"))
#: How that looks in the words of other programs: installers, and what a shell is told to run.
_MAKING_ONE = ("-m venv", "virtualenv ", "Anaconda", "Mambaforge", "Miniconda", "Miniforge")
#: What puts programs into PATH whose names do not stand in the script.
_INSTALLS_UNSEEN = lazy(
    r"get-pip|ez_setup|\bself-?update\b|--system\b|\bupdate-alternatives\b"
    r"|(?:^|[\s;&|({])(?:n|nvm|nodenv|pyenv|rbenv|rvm|asdf|volta|sdk)[ \t]"
)
_NAME = lazy(r"[A-Za-z_][\w.+]*")


def barrier(script: Script, workdir: str | None, user: str | None) -> str | None:
    """Why a script must not share its process with one that follows, or None.

    `workdir` is the absolute working directory at its start, `user` the USER as written; None for
    either means that the file does not say.
    """
    text = script.text
    if any(map(text.__contains__, _MAYBE_MOUNTED)) and _MOUNTED.search(text):
        return "it touches a file that every RUN gets anew"
    if _may_start(text) and _STARTED_INSIDE.search(text):
        return "it starts something in the background"
    if ("/etc/passwd" in text or "/etc/group" in text) and _EDITS_ACCOUNTS.search(text):
        return "it edits the user database"
    removes = False
    for command in script.nested:
        words = unwrapped(command)
        name = words[0].value if words else None
        if name is None:
            continue
        base = name.rpartition("/")[2] if "/" in name else name
        if base not in _NOTABLE and "/init.d/" not in name:
            continue
        removes = removes or base in _REMOVES
        if base in _DAEMONS or "/init.d/" in name:
            return f"it may leave {base} running in the background"
        if base in _MACHINE:
            return f"{base} changes what the next RUN would get anew"
        if base in _CHANGES_FILES and any(
            "/bin/" in word.text and _SHELL_PATH.search(word.text) for word in words[1:]
        ):
            return "it replaces the shell"
        if base == "dpkg-reconfigure" and any(word.value == "dash" for word in words):
            return "it replaces the shell"
        if base == "busybox" and any(word.value == "--install" for word in words):
            return "it replaces the shell"
        if base in _ACCOUNTS and (
            user not in _ROOT or any(word.value == "root" for word in words[1:])
        ):
            return f"{base} may change the account that RUN uses"
    if removes and loses_directory(script, workdir):
        return "it may remove the working directory, which the next RUN would get anew"
    return None


def _may_start(text: str) -> bool:
    """Whether a look for what a script starts inside of others is worth its time."""
    return any(map(text.__contains__, _STARTERS)) or "&" in text.replace("&&", "")


def unwrapped(command: Simple) -> tuple[Word, ...]:
    """The words of a command without a plain `sudo`, `command` or `exec` in front."""
    words = command.words
    while len(words) > 1 and words[0].value in ("sudo", "command", "exec", "builtin"):
        words = words[1:]
    return words


def loses_directory(script: Script, workdir: str | None) -> bool:
    """Whether a script may remove or move the directory it was started in, or one above it.

    The root directory cannot go.
    """
    if workdir == "/":
        return False
    here = workdir
    moved = False
    fresh = set(_FROM_MKTEMP.findall(script.text)) if "mktemp" in script.text else set()
    for command in script.simples:
        words = unwrapped(command)
        name = (words[0].value or "").rpartition("/")[2] if words else ""
        if name in ("cd", "pushd", "popd", "chdir"):
            target = words[1].value if len(words) > 1 else None
            here = _join(here, target) if target else None
            moved = True
        elif name in _REMOVES and _removes_directories(name, words):
            targets = [word for word in words[1:] if not word.text.startswith("-")]
            for word in targets[: len(targets) - (name == "mv")]:
                if _may_remove(word, here, moved, workdir, fresh):
                    return True
    return False


def _removes_directories(name: str, words: tuple[Word, ...]) -> bool:
    return name != "rm" or any(
        word.text in ("--recursive", "--dir")
        or (word.text[:1] == "-" and word.text[:2] != "--" and set("rRd") & set(word.text))
        for word in words
    )


def _may_remove(
    word: Word, here: str | None, moved: bool, workdir: str | None, fresh: set[str]
) -> bool:
    if word.value is not None:
        path, glob = word.value, False
    else:
        if word.expansions:
            if {expansion.name for expansion in word.expansions} <= fresh:
                return False
            path = word.text[: word.expansions[0].start - word.start].lstrip("\"'")
            path = path[: path.rfind("/") + 1]
        else:
            path = word.text[: _cut(word.text)]
        glob = True
        if not path and word.expansions:
            return True
    if not path.startswith("/"):
        if not moved and ".." not in path:
            return path in (".", "./")
        if here is None:
            return True
    target = _join(here, path)
    if target is None:
        return True
    if workdir is None:
        looks_like_file = "." in target.rpartition("/")[2] and not glob
        return not (looks_like_file or _SCRATCH.match(target + ("/." if glob else "")))
    if glob:
        return workdir.startswith(target.rstrip("/") + "/")
    return workdir == target or workdir.startswith(target.rstrip("/") + "/")


def _cut(text: str) -> int:
    """Where the last path component before a glob or a tilde begins."""
    found = _GLOB.search(text)
    return text.rfind("/", 0, found.start() if found else 0) + 1


def _join(here: str | None, path: str) -> str | None:
    if not path.startswith("/"):
        if here is None or path.startswith("~") or path == "-":
            return None
        path = f"{here}/{path}"
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def may_replace(script: Script, start: int = 0, stop: int | None = None) -> frozenset[str] | None:
    """Families of programs that the commands of a script that begin at `start` or later, and before
    `stop`, may put into PATH anew; None: any.

    A shell that has run `pip` once goes on running the one it found, even when `pip install pip`
    has put another in front of it; a fresh shell would run the new one. Whoever installs a program
    names it (a package, an archive, a target), so what counts are the names in the words of what
    installs; of every command, if one of them is not known here (`make install` of what `git clone`
    brought).
    """
    end = len(script.text) if stop is None else stop
    commands = [
        (start <= command.start < end, words)
        for command in script.nested
        if (words := unwrapped(command))
    ]
    known = all(_names(words) or _is_inert(words) for inside, words in commands if inside)
    where = (max(start - 1, 0), end) if known else (0, len(script.text))
    if _INSTALLS_UNSEEN.search(script.text, *where):
        return None
    installing = [words for inside, words in commands if not known or (inside and _names(words))]
    beside = [_BESIDE[words[0].value or ""] for words in installing if words[0].value in _BESIDE]
    if any(inside and _makes_environment(words) for inside, words in commands):
        beside.append(_IN_ENVIRONMENTS)
    return frozenset(
        family(name)
        for words in installing
        for text in (_go_programs(words) if _is_go(words) else map(_written, words[1:]))
        for name in _NAME.findall(text)
    ).union(*beside)


def _go_programs(words: tuple[Word, ...]) -> Iterator[str]:
    """What `go install` calls the programs of packages: as the last part of a path without its
    version, or as the one before that where it is a version (cmd/go, load.DefaultExecName)."""
    for word in words[2:]:
        parts = (word.value or "").partition("@")[0].split("/")
        yield parts[-2] if len(parts) > 1 and _is_major(parts[-1]) else parts[-1]


def _is_major(part: str) -> bool:
    return part[:1] == "v" and part[1:].isdecimal()


def _written(word: Word) -> str:
    """A word without the commands in it, whose own words are looked at anyway."""
    text = word.text
    for expansion in reversed(word.expansions):
        if expansion.body is not None:
            text = f"{text[: expansion.start - word.start]} {text[expansion.end - word.start :]}"
    return text


def _names(words: tuple[Word, ...]) -> bool:
    return (
        words[0].value in _NAMING
        or _verb(words) in _NAMING_VERBS.get(words[0].value or "", ())
        or _is_go(words)
    )


def _is_go(words: tuple[Word, ...]) -> bool:
    """Whether `go` installs packages by paths that name each, not those of a folder."""
    return (
        words[0].value == "go"
        and _verb(words) in ("get", "install")
        and any("/" in word.text for word in words)
        and all(word.value and word.value[0] != "." and "..." not in word.value for word in words)
    )


def _makes_environment(words: tuple[Word, ...]) -> bool:
    """Whether a command may make an environment with Python and pip, in a folder that PATH has had
    since the start."""
    program = family((words[0].value or "").rpartition("/")[2])
    if program == "virtualenv":
        return True
    verbs = _ENVIRONMENTS.get(program)
    if verbs and any(word.value in verbs for word in words[1:]):
        return True
    return any(mark in word.text for word in words for mark in _MAKING_ONE)


def _is_inert(words: tuple[Word, ...]) -> bool:
    return words[0].value in _INERT or _verb(words) in _INERT_VERBS.get(words[0].value or "", ())


def _verb(words: tuple[Word, ...]) -> str | None:
    """The verb right behind a program; what stands behind options may be the value of one."""
    return words[1].value if len(words) > 1 else None


class Lookups(Record):
    """What a script looks up in PATH, by family: `run`, all that a build may replace; `before`,
    those that it may replace before it runs them first; `after`, those it may replace since."""

    run: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]


@cached_by_identity
def lookups(script: Script) -> Lookups:
    """What a script looks up. The order counts where that of the text is that of the commands."""
    first: dict[str, int] = {}
    for command in script.nested:
        name = command.words[0].value if command.words else None
        if name is not None and "/" not in name and name not in _FOUND_FIRST:
            first.setdefault(family(name), command.start)
    run = frozenset(first)
    replaced = may_replace(script) if run else run
    touched = run if replaced is None else run & replaced
    if not touched or not _in_order(script):
        return Lookups(run, touched, touched)

    def among(replaced: frozenset[str] | None, name: str) -> bool:
        return replaced is None or name in replaced

    return Lookups(
        run,
        frozenset(one for one in touched if among(may_replace(script, 0, first[one]), one)),
        frozenset(one for one in touched if among(may_replace(script, first[one]), one)),
    )


def _in_order(script: Script) -> bool:
    """Whether a script is simple commands only, so that none runs before one that stands above."""
    return len(script.nested) == len(script.simples) and all(
        isinstance(command, Simple)
        for item in script.items
        for pipeline in item.node.pipelines
        for command in pipeline.commands
    )


@lru_cache(maxsize=4096)
def family(name: str) -> str:
    """`pip`, `pip3` and `pip3.11` are one program to whoever upgrades one of them."""
    stem = name.rstrip("0123456789.")
    return _CALLED.get(stem, stem) if stem[-1:].isascii() and stem[-1:].isalpha() else name
