"""Whether a list in another order, or one install in place of several, may bring other packages.

What is not known to bring the same is a doubt, with its reason for people. For apt the tables of
`distributions` decide; what another manager does is in its record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.installs.lists import SOURCES
from dockfix.managers.manager import Command, base, words
from dockfix.programs.command import command_of, is_update, program_of
from dockfix.programs.effects import deeds
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple
from dockfix.state.facts import Facts, fact, outer_base
from dockfix.state.paths import bases, copy_of
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.managers.distributions.bases import Base
    from dockfix.managers.distributions.questions import Answer

#: Where apt's sources, pins and configuration lie.
_CONFIGURATION = "/etc/apt"
_CONFIGURED_BY = "APT_CONFIG"
#: Options of apt that leave the choice of packages as it is.
_QUIET = words(
    "--yes --assume-yes --quiet --no-install-recommends --install-recommends --force-yes",
    "--no-color --no-show-upgraded --reinstall --download-only --print-uris",
    "--allow-unauthenticated --show-progress --show-upgraded --verbose-versions --fix-broken",
    "--no-install-suggests --no-fix-broken --no-upgrade",
)
_QUIET_LETTERS = frozenset("yqfVu=0123456789")
_WITHOUT_RECOMMENDS = frozenset(
    f"{option}={name}={value}"
    for option in ("-o", "--option")
    for name in ("APT::Install-Recommends", "APT::Install-Recommends::")
    for value in ("0", "no", "false")
)
#: What looks as if it changed sources, and does not: keys add none, these programs of dpkg install
#: nothing, its configuration and scripts are no packages. Another host for the same archive has the
#: same packages, because apt checks the archive's signature; Ubuntu's own components are in its
#: tables. What `Acquire::` sets is how files are fetched (apt.conf(5)).
NO_SOURCES = lazy(
    r"\bdpkg-[a-z]+|\bdpkg --print-[a-z-]+|/etc/dpkg\b(?:/[\w./-]*)?"
    r"|/var/lib/dpkg/(?:info|alternatives)\b[\w./-]*|\bapt-key\b|\blsb[-_]release\b"
    r"|\bsed +(?:-[iEre.bak]+ +){1,3}(?P<quote>['\"]?)s(?P<cut>[/|@#,%!:])"
    r"(?:https?:)?[\w./:\\-]{0,60}(?:debian|ubuntu)\\?\.(?:org|com)[\w./\\-]{0,60}(?P=cut)"
    r"(?:https?:)?[\w./:\\-]{1,120}(?P=cut)g?(?P=quote) +"
    r"/etc/apt/sources\.list(?:\.d/[\w.-]+)?(?!\S)"
    r"|\b(?:add-apt-repository|apt-add-repository) +(?:-y +)?"
    r"(?:main|universe|multiverse|restricted)"
    r"(?=[ \t]*(?:[;&|\n\\]|$))"
    r"|\b(?:echo|printf) +['\"]Acquire::(?:Retries|https?|ForceIPv[46]|Languages|Check-|Queue-Mode)"
    r"(?:(?!\b(?i:apt|dir|dpkg)::|Insecure|Weak|Downgrade)[^&|>\n]){0,200}"
    r">+ *\"?/etc/apt/apt\.conf(?:\.d/[\w.-]+)?(?!\S)"
)
#: Texts of which one stands in every text that `NO_SOURCES` or `SOURCES` finds something in.
_MENTIONS = (
    "/etc/apt", "apt-key", "apt-config", "sources.list", "dpkg", "|", ".deb", "https-transport",
    "release", "-repo",
)  # fmt: skip
#: A source that is a release whose apt goes by order, and what makes one of an older one.
_LATER = lazy(
    r"\b(?:deb|sources|apt|debian|ubuntu)\b[^\n]*\b(?:bookworm|trixie|forky|sid|unstable|testing"
    r"|kinetic|lunar|mantic|noble|oracular|plucky|questing|resolute)\b|\bdo-release-upgrade\b"
)
#: Programs that install nothing and change no sources.
_IDLE = words("set echo export cd mkdir rm true : sleep umask unset test [")


class Install(Record):
    """An install, and where it stands."""

    facts: Facts
    instruction: Instruction
    script: Script
    simple: Simple
    command: Command

    @property
    def names(self) -> list[str]:
        """What it asks for; what is not known is in it as it is written."""
        return [word.text if word.value is None else word.value for word in self.command.packages]


def order_doubt(install: Install) -> str:
    """Why the packages may be others in another order; empty: they are the same."""
    command = install.command
    twice = _in_two_ways(install.names)
    if twice:
        return f"{twice} is named in two ways, and the last one counts"
    if not command.manager.has_tables:
        return _without_tables(command)
    from dockfix.managers.distributions.questions import order_matters

    def asked(base: Base, recommends: bool, fresh: bool) -> Answer:
        return order_matters(base, install.names, recommends=recommends, fresh=fresh)

    if not any("/" in name for name in install.names) and _keeps_no_order(install):
        return ""
    return _by_tables(install, asked)


def _keeps_no_order(install: Install) -> bool:
    """True if apt is older than 2.5.3, by the base or by a package that no later release has."""
    from dockfix.managers.distributions.bases import GONE

    base = _base(install)
    if base is None:
        return not GONE.isdisjoint(install.names) and not _sources_doubt(install)
    return base.keeps_no_order and not _names_a_later_release(install.facts)


@fact
def _names_a_later_release(facts: Facts) -> bool:
    return _LATER.search(facts.source) is not None


def join_doubt(install: Install, others: Sequence[Command]) -> str:
    """Why one install may bring other packages than `install` and then `others`; empty: the same.

    They differ in nothing but their packages, and nothing that counts stands between them.
    """
    manager = install.command.manager
    if not manager.has_tables:
        return f"{manager.name} may choose other packages when it installs all at once"
    from dockfix.managers.distributions.questions import join_changes

    before = install.names
    for other in others:
        later = install._replace(command=other).names

        def asked(
            base: Base,
            recommends: bool,
            fresh: bool,
            lists: tuple[list[str], list[str]] = (before, later),
        ) -> Answer:
            return join_changes(base, *lists, recommends=recommends, fresh=fresh)

        doubt = _by_tables(install, asked)
        if doubt:
            return doubt
        before = before + later
    return ""


def _in_two_ways(names: Sequence[str]) -> str:
    """A package that is asked for in different words (`a a=1`); empty if there is none."""
    asked: dict[str, str] = {}
    for name in names:
        if asked.setdefault(base(name), name) != name:
            return base(name)
    return ""


def _without_tables(command: Command) -> str:
    doubt = command.manager.order_doubt
    if doubt is None:
        return f"{command.manager.name} may choose by the order of the list"
    return doubt(command)


def _by_tables(install: Install, asked: Callable[[Base, bool, bool], Answer]) -> str:
    """The answer of the tables.

    A base that is in no table is held to all of them, as if it had any packages, and the newest apt
    unless its own is known to be old: what apt does then has to be the same by the dependencies of
    each release.
    """
    from dockfix.managers.distributions.bases import ANY, OLD
    from dockfix.managers.distributions.questions import table_of

    command = install.command
    recommends = True
    for option in command.options:
        if option.option == command.manager.only_needed or option.option in _WITHOUT_RECOMMENDS:
            recommends = False
        elif not _is_quiet(option.option):
            return f"{option.words[0].text} changes how apt chooses"
    doubt = _sources_doubt(install)
    if doubt:
        return doubt
    base = _base(install)
    if base is None:
        base = ANY
    elif not all(map(table_of, base.suites)):
        base = OLD._replace(hidden=base.hidden) if base.keeps_no_order else ANY
    return asked(base, recommends, _is_fresh(install)).reason


def _is_quiet(option: str) -> bool:
    return option in _QUIET or (
        option[:2] != "--" and option[:1] == "-" and _QUIET_LETTERS.issuperset(option[1:])
    )


def _base(install: Install) -> Base | None:
    from dockfix.managers.distributions.bases import base_of

    stage = install.facts.places[install.instruction.start].stage
    return base_of(outer_base(install.facts, stage))


def _sources_doubt(install: Install) -> str:
    """Why the packages may come from elsewhere than the base's own sources."""
    facts, instruction, simple = install.facts, install.instruction, install.simple
    if instruction.logical.text.lstrip()[:7].upper() == "ONBUILD":
        return "an ONBUILD runs in an image that is not known here"
    before = _doubts(facts)[instruction.start]
    if before:
        return before
    if _CONFIGURED_BY in facts.places[instruction.start].names or any(
        one.name == _CONFIGURED_BY for one in simple.assignments
    ):
        return f"{_CONFIGURED_BY} names another configuration"
    if _first_change(install.script) < simple.start:
        return "an earlier command may change where packages come from"
    return ""


@fact
def _doubts(facts: Facts) -> dict[int, str]:
    """For each instruction, what above it may have changed apt's sources; empty text: nothing."""
    found: dict[int, str] = {}
    ends: list[str] = []
    scripts = {instruction.start: script for instruction, script in facts.scripts}
    for stage in facts.stages:
        doubt = ends[stage.base_stage] if stage.base_stage is not None else ""
        for instruction in stage.instructions:
            found[instruction.start] = doubt
            if not doubt and _may_change_sources(facts, instruction, scripts):
                words = instruction.arguments.split(maxsplit=3)[:3]
                begins = " ".join((instruction.keyword, *words))
                doubt = f"`{begins[:40]} …` may change where packages come from"
        ends.append(doubt)
    return found


def _may_change_sources(facts: Facts, instruction: Instruction, scripts: dict[int, Script]) -> bool:
    if instruction.keyword in ("COPY", "ADD"):
        copy = copy_of(instruction, bases(facts)[instruction.start])
        return copy is None or bool(copy.brings(_CONFIGURATION, None))
    if instruction.keyword != "RUN":
        return False
    script, text = scripts.get(instruction.start), instruction.arguments
    return (_first_mention(text) if script is None else _first_change(script)) <= len(text)


@cached_by_identity
def _first_change(script: Script) -> int:
    """The offset in a script behind which packages may come from elsewhere; behind its end: none.

    Once for each script: it may hold thousands of installs, and each asks what stands before it.
    """
    starts = [
        one.start for one in deeds(script) if "installs" in one.kinds or one.called is not None
    ]
    return min([_first_mention(script.text) - 1, *starts])


def _first_mention(text: str) -> int:
    """Where the first words end that speak of changing sources; behind the whole text: none do."""
    if not may_speak_of_sources(text):
        return len(text) + 2
    gaps = [found.span() for found in NO_SOURCES.finditer(text)]
    found = SOURCES.search(NO_SOURCES.sub("", text) if gaps else text)
    if found is None:
        return len(text) + 2
    end = found.end()
    for start, stop in gaps:
        if start >= end:
            break
        end += stop - start
    return end


def may_speak_of_sources(text: str) -> bool:
    """True if a script may speak of changing sources, by a quick look at its text."""
    return any(map(text.__contains__, _MENTIONS))


def _is_fresh(install: Install) -> bool:
    """True if nothing is installed or removed between FROM and the install."""
    facts = install.facts
    stage: Stage = facts.stages[facts.places[install.instruction.start].stage]
    if stage.base_stage is not None:
        return False
    for instruction in stage.instructions:
        if instruction.start >= install.instruction.start:
            break
        if instruction.keyword in ("RUN", "COPY", "ADD"):
            return False
    return all(
        is_update(one) or (command_of(one) is None and (program_of(one) or ("",))[0] in _IDLE)
        for one in install.script.nested
        if one.start < install.simple.start
    )
