"""apt's package lists: which scripts fetch them, and which live on those fetched before.

apt alone installs from lists that somebody has to fetch first. So a RUN may need what an earlier
one left, and so may a stage that is built on this one or copies its root.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from dockfix.installs.caches import covered
from dockfix.managers import load
from dockfix.programs.command import call_of
from dockfix.programs.deed import Deed
from dockfix.programs.effects import deeds
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity, cached_by_value
from dockfix.shell.tree import Script, Simple
from dockfix.state.facts import Facts
from dockfix.state.lineage import may_be_built_on

_APT = lazy(r"\b(?:apt|aptitude)\b")
#: The dash of an option, and letters of options without a value that may stand before another.
_PLAIN_LETTERS = "-bdfmqsuvyV"


#: Programs beside apt that look into its lists, or fetch them.
APT_READERS = frozenset(
    ("apt-cache", "apt-file", "apt-add-repository", "apt-mark", "add-apt-repository",
     "mk-build-deps", "gdebi", "unattended-upgrade", "apt-fast", "nala", "tasksel", "deb-get",
     "equivs-build", "auto-apt")
)  # fmt: skip


_APT_NAMES = APT_READERS | {"apt-get", "apt"}
#: Texts of which one stands in each of these names.
_APT_SIGNS = ("apt", "deb", "mk-", "nala", "tasksel", "unattended", "equivs")
_BETWEEN_NAMES = lazy(r"[^\w.+-]+")


def mentions_apt(simple: Simple) -> bool:
    """True if a command may run apt, or look into its lists, in any way, as far as its words tell.

    Generous to a fault (`xargs apt-get install`, `echo apt`, `bash -c "apt-get …"`): for a pass
    that must not miss one.
    """
    return any(_mentions_apt(word.text) for word in simple.words)


@lru_cache(maxsize=4096)
def _mentions_apt(word: str) -> bool:
    return word in _APT_NAMES or (
        any(map(word.__contains__, _APT_SIGNS))
        and not _APT_NAMES.isdisjoint(_BETWEEN_NAMES.split(word))
    )


#: What fetches the lists.
UPDATE = "apt-get update"
_REMOVES_LISTS = lazy(r"\brm\b[^&;|]{0,99}/var/lib/apt|\bdist-?clean\b")
#: What may add a source that cannot be fetched from before something else is installed.
SOURCES = lazy(
    r"/etc/apt\b|sources\.list|apt-key|add-apt-repository|\bdpkg\b|\|[ \t]*(?:sudo )?(?:ba)?sh\b"
    r"|\.deb\b|https-transport|-release\b|-repo\b|apt-config"
)


def removes_lists(text: str) -> bool:
    """True if a script may remove the lists, by its text."""
    return _REMOVES_LISTS.search(text) is not None


def are_covered(mounts: Iterable[str]) -> bool:
    """True if one of the mounts (the values of their flags) lies over the lists."""
    cache = load("apt").cache
    return cache is not None and any(covered(cache, mount) for mount in mounts)


_INSTALLS = lazy(r"\bapt(?:-get|itude)?\b[^;&|]*\binstall\b|\bapk\b[^;&|]*\badd\b")
_REFRESHES = lazy(r"\bupdate\b|--no-cache\b|--update-cache\b|-U\b")


@cached_by_value
def relies_on_lists(text: str) -> bool:
    """True if a script installs from lists or an index that it does not fetch, by its text."""
    return (
        ("apt" in text or "apk" in text)
        and not _REFRESHES.search(text)
        and _INSTALLS.search(text) is not None
    )


_LIVES = lazy(
    r"\b(?:apt-get|apt|aptitude)\b[^;&|\n]{0,200}?\b(?:install|satisfy|build-dep|source|download)\b"
    r"|\bapt-cache[ \t]|\bapt[ \t]+(?:list(?![ \t]+--installed)|policy|search|show)\b"
)
_UPDATES = lazy(r"\b(?:apt-get|apt|aptitude)\b[^;&|\n]{0,200}?\bupdate\b|\badd-apt-repository\b")
#: An install from files alone needs no lists.
_FILES_ONLY = lazy(r"install(?:[ \t]+-[\w-]+)*(?:[ \t]+[\w./*-]+\.deb\b)+[ \t\"']*$")


@cached_by_value
def installs_from_lists(text: str) -> bool:
    """True if a text of commands, in any language, has apt install, or look into its lists, before
    it fetches any."""
    found = _LIVES.search(text) if "apt" in text else None
    if found is None:
        return False
    line = text[found.start() :].partition("\n")[0]
    updated = _UPDATES.search(text)
    return (updated is None or updated.start() > found.start()) and not _FILES_ONLY.search(line)


def speaks_of_apt(text: str) -> bool:
    """True if a file or a script may have to do with apt, by its text."""
    return "apt-" in text or ("apt" in text and _APT.search(text) is not None)


class Lists(Record):
    """What a script does with the lists.

    `fetches` is the first command that updates them (an `install --update`, too), `refreshes` the
    last; `installs` says that something is installed from them. `needs` is the first command that
    may use lists which an earlier RUN fetched; for a script that was not read `opaque` says that it
    might.
    """

    fetches: Simple | None = None
    refreshes: Simple | None = None
    installs: bool = False
    needs: Simple | None = None
    opaque: bool = False

    @property
    def needy(self) -> bool:
        """True if it may use lists that an earlier RUN fetched."""
        return self.opaque or self.needs is not None


@cached_by_identity
def lists_of(script: Script) -> Lists:
    """What a script does with the lists."""
    fetches: Simple | None = None
    refreshes: Simple | None = None
    needs: Simple | None = None
    installs = False
    for command in script.nested:
        call = call_of(command)
        action = call.action if call and call.manager.needs_update else None
        if action == "update":
            fetches, refreshes = fetches or command, command
        elif action in ("install", "upgrade", "reads") or (
            action is None and mentions_apt(command) and not _only_names(command)
        ):
            installs |= action in ("install", "upgrade")
            if action is not None and _updates_itself(command):
                fetches, refreshes = fetches or command, command
            needs = needs or (command if fetches is None else None)
    return Lists(fetches, refreshes, installs, needs)


def _updates_itself(command: Simple) -> bool:
    """True if apt-get is told to update the lists first (`-U`, `--update`: apt-get(8) of apt 3)."""
    return any(
        word.value == "--update" or (word.value or "").lstrip(_PLAIN_LETTERS)[:1] == "U"
        for word in command.words
        if word.text[:1] == "-"
    )


def _only_names(command: Simple) -> bool:
    return bool(command.words) and command.words[0].value in ("rm", "echo", "mkdir", "sed", "ln")


def hidden_install(found: Iterable[Deed], fetches: Simple | None) -> Deed | None:
    """The first of what commands may do that may install from lists which an earlier RUN fetched.

    `fetches` is where the script fetches lists of its own.
    """
    for deed in found:
        if "installs" in deed.kinds and (fetches is None or deed.start < fetches.start):
            return deed
    return None


def lives_on_lists(script: Script) -> bool:
    """True if a script, or what it runs, may install from lists that an earlier RUN fetched."""
    lists = lists_of(script)
    return lists.needy or hidden_install(deeds(script), lists.fetches) is not None


class Need(Record):
    """Whether lists are needed: for sure, or perhaps by a program that nobody knows."""

    sure: bool = False
    doubt: str = ""

    def joined(self, other: Need) -> Need:
        """What is needed if this is, and another."""
        return Need(self.sure or other.sure, self.doubt or other.doubt)


def needed_behind(
    facts: Facts, runs: Sequence[Sequence[Need]], starts: Sequence[Need]
) -> list[Need]:
    """For each stage, who needs what lies in it at its end: a start, a stage built on it or copying
    from it. `runs` says of each RUN of a stage what it needs, `starts` of each stage's programs.
    """
    result = list(starts)
    own = [need.joined(_any(needs)) for need, needs in zip(starts, runs, strict=True)]
    called: dict[str, list[int]] = {}
    for stage in facts.stages:
        for name in {stage.name or "", str(stage.index)}:
            called.setdefault(name, []).append(stage.index)
    bases = may_be_built_on(facts)
    for stage in reversed(facts.stages):
        need = own[stage.index]
        for base in bases[stage.index]:
            result[base] = result[base].joined(need).joined(result[stage.index])
        for item in stage.instructions:
            if item.keyword == "COPY" and need != Need():
                source = next((f.value for f in item.flags if f.name == "from"), None)
                texts = item.json or tuple(word.text for word in item.words)
                if source and any(
                    text in ("/", "/.") or text.startswith("/var") for text in texts[:-1]
                ):
                    for index in called.get(source.lower(), ()):
                        if index < stage.index:
                            result[index] = result[index].joined(need)
    return result


def _any(needs: Sequence[Need]) -> Need:
    return Need(any(need.sure for need in needs), next((n.doubt for n in needs if n.doubt), ""))
