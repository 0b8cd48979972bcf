"""Whether apt's package lists lie in the image at an instruction, and which RUN fetched them."""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.installs.lists import (
    SOURCES,
    Lists,
    are_covered,
    hidden_install,
    lists_of,
    removes_lists,
    speaks_of_apt,
)
from dockfix.installs.sight import Sight
from dockfix.managers.manager import words
from dockfix.programs.command import call_of
from dockfix.programs.deed import Deed
from dockfix.records import Record
from dockfix.shell.fatal import deciding
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.facts import Place, script_of
from dockfix.state.paths import copy_of
from dockfix.typed import Literal

#: Official images on Debian and Ubuntu; all of them remove the lists they fetch.
_WITHOUT_LISTS = words("debian ubuntu buildpack-deps python node ruby golang php perl rust gcc")
_OTHER_SYSTEMS = ("alpine", "windows", "nanoserver", "$")

#: Packages from files of the image: what may be removed, and cannot be fetched again then.
OWN_SOURCES = lazy(r"\b(?:file|copy|cdrom):/|-local[-_][\w.~+-]*\.deb")
_REMOVES = lazy(r"\brm\b(?![^;&|]*/apt/lists)")

#: What takes away the means to check what comes from a source: keys, and certificates. Nobody
#: misses them until the lists are fetched again.
_UNTRUSTS = lazy(
    r"\b(?:rm|mv|shred|unlink|purge|remove|autoremove)\b[^;&|\n]*"
    r"(?:keyrings?/|\.gpg\b|\.asc\b|trusted|ca-certificates|/etc/ssl|apt-transport)"
)

#: Whether lists lie in the image: surely none, those of an earlier RUN, or nobody knows.
State = Literal["none", "fetched", "unknown"]


class Run(Record):
    """A RUN and what it does with lists; `script` is None where it was not read.

    `hidden` is the first program in it that may install from lists of an earlier RUN without saying
    so, `unknown` says that one may do anything.
    """

    owner: Instruction
    place: Place
    script: Script | None
    lists: Lists
    hidden: Deed | None
    unknown: bool


def has_no_lists(image: str) -> bool:
    """True for an official image on Debian or Ubuntu, by its name."""
    name, _, tag = image.partition("@")[0].partition(":")
    name = name.removeprefix("docker.io/library/").removeprefix("library/")
    return name in _WITHOUT_LISTS and not any(one in tag for one in _OTHER_SYSTEMS)


def read_run(owner: Instruction, place: Place, sight: Sight) -> Run:
    """What a RUN, or one behind ONBUILD, does with lists."""
    shell = owner.child or owner
    script = script_of(shell, place)
    found = sight.of_run(shell, owner, place, script)
    unknown = any(deed.unknown for deed in found)
    if isinstance(script, Script):
        lists = lists_of(script)
        return Run(owner, place, script, lists, hidden_install(found, lists.fetches), unknown)
    body = shell.arguments + "".join(heredoc.content for heredoc in shell.heredocs)
    opaque = speaks_of_apt(body) or shell.json is None
    return Run(owner, place, None, Lists(opaque=opaque), hidden_install(found, None), True)


def behind(
    run: Run, state: State, fetched: Run | None, *, own_sources: bool
) -> tuple[State, Run | None]:
    """What lies in the image behind a RUN, and the RUN that fetched it.

    With `own_sources` the packages may come from the image, where they may be removed.
    """
    if run.owner.child is not None:
        return state, fetched
    mounts = [flag.value or "" for flag in run.owner.flags if flag.name == "mount"]
    if are_covered(mounts):
        return state, fetched
    if run.script is None or run.unknown:
        return "unknown", fetched
    text = run.script.text
    if own_sources and _REMOVES.search(text):
        return "unknown", run if run.lists.fetches else fetched
    if removes_lists(text):
        return "none", None
    updated = text.rfind(" update")
    if _UNTRUSTS.search(text, max(updated, 0)):
        return "unknown", run if run.lists.fetches else fetched
    changed = max((one.start() for one in SOURCES.finditer(text)), default=-1)
    if changed > updated:
        return ("unknown" if state == "fetched" or run.lists.fetches else state), fetched
    if not run.lists.fetches:
        return state, fetched
    # a failure that went by, of a source that is gone, would come up
    return "fetched" if _succeeded(run.script, run.place) else "unknown", run


def _succeeded(script: Script, place: Place) -> bool:
    """True if an update in a script that succeeds has succeeded."""
    found = deciding(script, errexit=place.shell.errexit)
    return any((call := call_of(one)) and call.action == "update" for one in found)


def changes_sources(item: Instruction, base: str) -> bool:
    """True if an instruction may bring sources of packages along, or other settings of apt's.

    `base` is the directory that its paths are seen from.
    """
    if item.keyword == "ENV":
        return "APT_CONFIG" in item.arguments
    if item.keyword not in ("ADD", "COPY"):
        return False
    copy = copy_of(item, base)
    if copy is None or "/etc" in item.arguments:
        return "/etc" in item.arguments or item.arguments.split()[-1] in ("/", '"/"]')
    target = f"{copy.target.rstrip('/')}/"
    return target == "/" or target.startswith("/etc/") or not target.startswith("/")
