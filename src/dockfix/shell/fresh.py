"""What every RUN gets anew that is no state of its shell: files, processes, a directory.

BuildKit starts each RUN in a new container process (executor/runcexecutor, executor/oci): with its
own mounts of /etc/hosts, /etc/resolv.conf, /dev and /dev/shm, without the processes of the RUN
before, in a working directory that is made if it is missing, as the user that /etc/passwd names
now, and with the /bin/sh that is there now. A script that changes one of these must not share a
process with the script that follows it. `barrier` finds such scripts. In doubt it also finds some
that are harmless.
"""

from __future__ import annotations

from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple, Word

#: Programs that go on in the background, or are usually started to do so.
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
#: Files and folders that each container process gets as a new mount.
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
#: The programs that `barrier` looks at.
_NOTABLE = (
    _DAEMONS
    | _MACHINE
    | _CHANGES_FILES
    | _REMOVES
    | _ACCOUNTS
    | frozenset(("dpkg-reconfigure", "busybox"))
)
_EDITS_ACCOUNTS = lazy(
    r"(?:\b(?:sed|perl)[ \t]+-[^\n]{0,400}?|\b(?:cp|ed|mv|tee)[ \t][^\n;&|]{0,400}?|>[ \t]*)"
    r"/etc/(?:passwd|group)(?![\w-])"
)
_ROOT = frozenset((None, "root", "0", "root:root", "0:0"))
#: Folders below which no image keeps its working directory.
_SCRATCH = lazy(
    r"/(?:tmp|var/tmp|var/cache|var/lib/apt|var/lib/dpkg|var/log|var/spool|etc|run|lib|bin|sbin"
    r"|usr/share|usr/lib|usr/include|usr/bin|usr/sbin|usr/local/(?:bin|sbin|lib|share|include|man)"
    r"|root/\.[\w-]+)/."
)
_FROM_MKTEMP = lazy(r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*+)=\"?(?:\$\(|`)[ \t]*mktemp\b")
_GLOB = lazy(r"[*?\[]")


def barrier(script: Script, workdir: str | None, user: str | None) -> str | None:
    """Why a script must not share its process with the next one; None if it may.

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
    """True if a script may start something in the background, by a quick look at its text."""
    return any(map(text.__contains__, _STARTERS)) or "&" in text.replace("&&", "")


def unwrapped(command: Simple) -> tuple[Word, ...]:
    """The words of a command without a plain `sudo`, `command` or `exec` in front."""
    words = command.words
    while len(words) > 1 and words[0].value in ("sudo", "command", "exec", "builtin"):
        words = words[1:]
    return words


def loses_directory(script: Script, workdir: str | None) -> bool:
    """True if a script may remove or move the directory it was started in, or one above it.

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
    """True for all commands but an `rm` without an option for directories."""
    return name != "rm" or any(
        word.text in ("--recursive", "--dir")
        or (word.text[:1] == "-" and word.text[:2] != "--" and set("rRd") & set(word.text))
        for word in words
    )


def _may_remove(
    word: Word, here: str | None, moved: bool, workdir: str | None, fresh: set[str]
) -> bool:
    """True if a word of an `rm` may name the working directory, or one above it."""
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
    """The position of the last path component before a glob or a tilde."""
    found = _GLOB.search(text)
    return text.rfind("/", 0, found.start() if found else 0) + 1


def _join(here: str | None, path: str) -> str | None:
    """`path` seen from the directory `here`; None if that is not known."""
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
