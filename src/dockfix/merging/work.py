"""What a RUN does, as far as it matters for whether merging it with its neighbors pays."""

from __future__ import annotations

from dockfix.managers import PROGRAMS, load, manager_of
from dockfix.managers.beside import FROM_FILES, SETS_UP, SOURCES
from dockfix.managers.manager import Action, Manager
from dockfix.programs.command import program_of
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word
from dockfix.state.neighbors import NeighborRun

#: Programs that are done in no time, and that an edit may repeat without anybody noticing.
_CHEAP = frozenset(
    (":", "[", "a2dismod", "a2dissite", "a2enconf", "a2enmod", "a2ensite", "addgroup", "adduser",
     "alternatives", "awk", "basename", "cat", "chgrp", "chmod", "chown", "chpasswd", "chsh", "cp",
     "cut", "date", "delgroup", "deluser", "dirname", "docker-php-ext-enable", "echo", "egrep",
     "false", "fgrep", "find", "getent", "grep", "groupadd", "groupdel", "groupmod", "head", "id",
     "install", "ldconfig", "ln", "locale-gen", "localedef", "ls", "mkdir", "mktemp", "mv",
     "passwd", "printf", "pwd", "readlink", "realpath", "rm", "rmdir", "sed", "setcap", "sleep",
     "sort", "ssh-keygen", "tail", "tee", "test", "touch", "tr", "true", "uname", "uniq",
     "update-alternatives", "update-ca-certificates", "update-locale", "useradd", "userdel",
     "usermod", "wc", "which")
)  # fmt: skip
#: Commands of the shell itself that change nothing in an image, and go with any others.
_SHELL = frozenset(("cd", "set", "exit"))
_FETCH = frozenset(("curl", "wget", "aria2c", "axel"))
_FETCH_GIT = frozenset(("clone", "fetch", "pull", "submodule", "lfs"))
_UNPACK = frozenset(
    ("7z", "bunzip2", "cpio", "gunzip", "gzip", "tar", "unrar", "unxz", "unzip", "xz", "zstd")
)
#: Programs beside the cheap ones in a script that sets up where packages come from.
_WITH_KEYS = frozenset(("bash", "gpg", "gpg2", "lsb_release", "sh", *_FETCH, *SETS_UP, "rpm"))
#: Verbs by which a manager is told how to work, and does nothing yet.
_CONFIGURES = frozenset(
    (
        "alias",
        "config",
        "config-manager",
        "copr",
        "env",
        "get",
        "list",
        "mark",
        "set",
        "versionlock",
    )
)
#: Verbs that install, beside those that the record of their manager calls so.
_INSTALLS = frozenset(("ci", "clean-install", "cit", "create-project", "it", "require"))
#: Options of `apk add` with which it fetches its lists itself.
_OWN_LISTS = frozenset(("--no-cache", "--update", "--update-cache", "-U"))
#: Endings of files that hold packages.
_PACKAGE = (".apk", ".deb", ".gem", ".rpm", ".tar.gz", ".tgz", ".whl")

_SCHEME = lazy(r"[A-Za-z][A-Za-z0-9+.-]*")
_NOWHERE = frozenset(
    ("", "/", ".", "..", "/dev/null", "/bin", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt",
     "/root", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin",
     "/usr/share", "/usr/src", "/var", "/var/lib", "/var/log", "/bin/sh", "/bin/bash")
)  # fmt: skip


class Work(Record):
    """What a RUN does. Each field is a set of texts:

    `slow`: what takes its time: families of managers that install, "download", "unpack", "step" (a
    program that is not known to be quick). `managers`: families it calls, sets up or cleans up
    after; `updates`, `cleans`: those whose lists it fetches, whose cache it empties. `installs`,
    `drops`: packages it brings or takes away, as `apt:gcc`. `paths`: those it names. `removes`:
    operands of `rm`; `extracts`: archives it takes apart; `owns`: paths whose owner or mode it
    changes; `makes_in`: folders in which it makes files without naming them.
    """

    slow: frozenset[str]
    managers: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    cleans: frozenset[str] = frozenset()
    installs: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    extracts: frozenset[str] = frozenset()
    owns: frozenset[str] = frozenset()
    makes_in: frozenset[str] = frozenset()


#: A script that is not read may do anything.
UNKNOWN = Work(frozenset(("step",)))
#: Kinds of `Work.slow` that are no family of managers.
OTHER_KINDS = frozenset(("download", "step", "unpack"))


def work_of(run: NeighborRun) -> Work:
    """What a RUN does."""
    if run.part is None:
        return UNKNOWN
    script, workdir = run.part.script, run.place.workdir or ""
    known = _works(script)
    if workdir not in known:
        found = _Reading(script, workdir)
        known[workdir] = Work(*(frozenset(getattr(found, name)) for name in Work._fields))
    return known[workdir]


def is_system(kind: str) -> bool:
    """True for a family of managers of a distribution: what it installs lies everywhere, not in the
    project's folder."""
    return kind in PROGRAMS and load(kind).system


def _stays_outside(kind: str) -> bool:
    """True for a family whose installs leave the working directory alone."""
    return is_system(kind) or (kind in PROGRAMS and load(kind).outside_project)


@cached_by_identity
def _works(script: Script) -> dict[str, Work]:
    """What a script does, by the directory that it starts in."""
    return {}


class _Reading:
    """The fields of a `Work`, while a script is read."""

    def __init__(self, script: Script, workdir: str) -> None:
        for name in Work._fields:
            setattr(self, name, set())
        self.slow: set[str]
        self.managers: set[str]
        self.updates: set[str]
        self.cleans: set[str]
        self.installs: set[str]
        self.drops: set[str]
        self.paths: set[str]
        self.removes: set[str]
        self.extracts: set[str]
        self.owns: set[str]
        self.makes_in: set[str]
        self._text, self._workdir = script.text, workdir
        names = {self._read(one) for one in script.nested}
        self._set_up(names)
        if workdir and not all(map(_stays_outside, self.slow)):
            while workdir not in ("", "/"):
                self.makes_in.add(workdir)
                workdir = workdir.rpartition("/")[0]

    def _set_up(self, names: set[str]) -> None:
        """Takes a script that only says where packages come from as no slow one."""
        families = {who for text, who in SOURCES if text in self._text}
        families |= {SETS_UP[name] for name in names & SETS_UP.keys()}
        names = {one for one in names if manager_of(one) is None}
        if (
            families
            and names <= _CHEAP | _SHELL | _WITH_KEYS
            and not any(map(is_system, self.slow))
        ):
            self.managers |= families
            self.slow.clear()
        else:
            self.managers |= {SETS_UP[name] for name in names & SETS_UP.keys()}

    def _read(self, simple: Simple) -> str:
        """Takes in a command; the name of its program."""
        for one in simple.redirects:
            self._name(one.target)
        found = program_of(simple)
        if found is None:
            if simple.words:
                self.slow.add("step")
                return "?"
            return ":"
        name, position = found
        words = simple.words[position:]
        manager = manager_of(name)
        if manager is not None:
            self._manage(manager, words)
            return name
        for word in words:
            self._name(word)
        if name in _FETCH or (name == "git" and _has_verb(words, _FETCH_GIT)):
            self.slow.add("download")
        elif name in _UNPACK:
            self.slow.add("unpack")
            self.extracts |= _operands(words)
        elif name in FROM_FILES:
            self._from_files(name, words)
        elif name in ("rm", "rmdir"):
            self.removes |= _operands(words)
        elif name in ("chown", "chmod", "chgrp"):
            self._own(words)
        elif not (name in _CHEAP or name in _SHELL or name == "git" or _asks_version(words)):
            self.slow.add("step")
        return name

    def _manage(self, manager: Manager, words: tuple[Word, ...]) -> None:
        who = manager.family
        verb, action = _verb(manager, words)
        value = (verb.value or "") if verb else ""
        behind = [one for one in words if verb is not None and one.start > verb.start]
        packages = {f"{who}:{_bare(one)}" for one in behind if one.text[:1] != "-"}
        self.managers.add(who)
        if manager.compiles_all:
            self.slow.add("step")
        elif (
            action in ("install", "upgrade")
            or value in _INSTALLS
            or (verb is None and manager.bare and not words)
        ):
            self.slow.add(who)
            self.installs |= packages or {f"{who}:*"}
            if action == "upgrade" and manager.system:
                self.installs -= {f"{who}:*"}
            self.extracts |= {one.text for one in behind if one.text.endswith(_PACKAGE)}
            if who == "apk" and any(one.value in _OWN_LISTS for one in words):
                self.updates.add(who)
        elif action == "update":
            self.updates.add(who)
        elif action == "remove":
            self.drops |= packages
        elif action == "clean" or value == "cache":
            self.cleans.add(who)
        elif value == "prune":
            self.drops.add(f"{who}:*")
        elif action != "reads" and value not in _CONFIGURES and not _asks_version(words):
            self.slow.add(who if manager.system else "step")

    def _from_files(self, name: str, words: tuple[Word, ...]) -> None:
        who = FROM_FILES[name]
        self.managers.add(who)
        files = {one for one in _operands(words) if one.endswith(_PACKAGE) or "*" in one}
        if files:
            self.slow.add(who)
            self.extracts |= files
        elif not _has_verb(words, frozenset(("--add-architecture", "--import", "-l", "-L", "-q"))):
            self.slow.add("step")

    def _own(self, words: tuple[Word, ...]) -> None:
        recursive = any(
            one.text == "--recursive" or (one.text[:1] == "-" and "R" in one.text[1:4])
            for one in words
        )
        for one in words[1:]:
            path = self._resolved(_bare(one))
            if recursive or path != self._workdir:
                self.owns.add(path)

    def _name(self, word: Word) -> None:
        """Takes in a path that a word names: the file of a URL, or the value of an option."""
        text = _bare(word)
        if text[:1] == "-":
            text = text.partition("=")[2]
        if "://" in text and _SCHEME.fullmatch(text.partition("://")[0]):
            text = text.rstrip("/").rpartition("/")[2].partition("?")[0]
        text = text.removesuffix("/*").rstrip("/") if text != "/" else text
        if text not in _NOWHERE and ("/" in text or "." in text):
            self.paths.add(text.removeprefix("./"))

    def _resolved(self, path: str) -> str:
        path = path.removesuffix("/*").rstrip("/")
        if path[:1] == "/":
            return path
        return self._workdir if path in ("", ".") else f"{self._workdir}/{path}"


def _verb(manager: Manager, words: tuple[Word, ...]) -> tuple[Word | None, Action]:
    """The verb of a manager's command, options not looked at, and what it does."""
    for word in words:
        value = word.value or ""
        action = manager.action(value) if manager.action else manager.verbs.get(value)
        if action is not None:
            return word, action
    return None, "other"


def _bare(word: Word) -> str:
    return word.value if word.value is not None else word.text.strip("\"'")


def _operands(words: tuple[Word, ...]) -> set[str]:
    return {text for one in words if (text := _bare(one)) and text[0] != "-"}


def _has_verb(words: tuple[Word, ...], verbs: frozenset[str]) -> bool:
    return any(word.value in verbs for word in words)


def _asks_version(words: tuple[Word, ...]) -> bool:
    return len(words) == 1 and words[0].value in ("--version", "-v", "-V", "version")
