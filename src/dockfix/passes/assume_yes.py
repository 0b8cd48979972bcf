"""Installs that ask nothing, by the program that is made for scripts.

What it does: `-y` is added to installs, upgrades and removals by apt-get, aptitude, yum and dnf
that lack it, `-n` to those by zypper. `apt install` and the like are written `apt-get`.

Why: a build has nobody to answer. What asks gets an end of file and gives up, so the build fails as
soon as a package brings dependencies. apt itself warns that its command line is not stable, and not
for scripts.

What it leaves alone: commands that are told otherwise (`-qq` implies `-y`; `--assume-no`, `-s`), or
get their answers from a pipe or a file; files that set the answer up (`APT::Get::Assume-Yes`,
`assumeyes`); commands whose failure the RUN gets over (`||` or `;` behind them, a condition):
there it may have been meant that nothing happens, so `-y` is offered as unsafe. `apt` with what
apt-get does not have (`list`, `search`, `show`, `edit-sources`) or means otherwise: `apt upgrade`
installs new packages, too. microdnf never asks.

Safety: a command that asked nothing does the same with the option, and one that asked has failed
the build. apt and apt-get are two faces of one library; what differs by default (a progress bar,
colors, and that apt deletes the archives it fetched, as the official images have apt-get do) is no
part of what is installed.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import places, run_commands, scripts, source_span
from dockfix.packages.apt import APT, APTITUDE
from dockfix.packages.command import Call, calls_in
from dockfix.packages.manager import words
from dockfix.packages.rpm import YUM, ZYPPER
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile

#: Settings that answer for every command of a file.
_ANSWERED = lazy(r"(?i)assume-?yes\b|Binary::apt")
_ASKING = {
    APT.name: words(
        "install upgrade dist-upgrade full-upgrade dselect-upgrade remove purge autoremove",
        "autopurge build-dep satisfy reinstall",
    ),
    YUM.name: words(
        "install localinstall in reinstall upgrade update up upgrade-minimal update-minimal",
        "downgrade distro-sync dsync swap remove erase autoremove groupinstall groupremove",
        "groupupdate builddep",
    ),
    ZYPPER.name: words("install in remove rm update up dup dist-upgrade patch source-install si"),
}
_ASKING[APTITUDE.name] = _ASKING[APT.name] | words("safe-upgrade")
#: Options after which nothing is asked, or nothing is done.
_TOLD = words(
    "--yes --assume-yes --assumeyes -qq -q=2 --assume-no --assumeno --force-yes --simulate",
    "--just-print --dry-run --recon --no-act --download-only --downloadonly --print-uris",
    "--non-interactive --no-confirm --help --trivial-only -qqq",
)
_LETTERS = {APT.name: "ysdh", APTITUDE.name: "ysdh", YUM.name: "y", ZYPPER.name: "nyD"}
#: What apt-get does as apt does it.
_COMMON = words("update install remove purge autoremove autoclean clean build-dep source download")
_ALIASES = {APT.name: "DL3014", APTITUDE.name: "DL3014", ZYPPER.name: "DL3034"}


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each command that would ask, or is apt."""
    answered: bool | None = None
    known = places(dockerfile)
    for instruction, script in scripts(dockerfile):
        fatal: set[int] | None = None
        for simple, call in calls_in(script):
            if call.verb is None or call.program.value in shadowed(script):
                continue
            edits: list[Edit] = []
            aliases: list[str] = []
            messages: list[str] = []
            safety = Safety.SAFE
            if call.program.text == "apt" and call.verb.value in _COMMON:
                span = source_span(instruction, call.program.start, call.program.end)
                edits.append(Edit(*span, "apt-get"))
                aliases.append("DL3027")
                messages.append("call apt-get, which is made for scripts")
            asks = _asks(call, simple)
            if asks and answered is None:
                answered = _ANSWERED.search(dockerfile.source) is not None
            if asks and not answered and not _is_fed(script, simple):
                if fatal is None:
                    errexit = known[instruction.start].shell.errexit
                    fatal = _fatal(script, errexit)
                zypper = call.manager is ZYPPER
                behind = call.program if zypper else call.verb
                at = source_span(instruction, behind.start, behind.end)[1]
                edits.append(Edit(at, at, " -n" if zypper else " -y"))
                aliases.append(_alias(call))
                messages.append("answer yes, because nobody else will")
                if simple.start not in fatal:
                    safety = Safety.UNSAFE
            if edits and safety is Safety.UNSAFE and len(edits) > 1:
                yield _group(edits[:1], messages[:1], aliases[:1], Safety.SAFE)
            elif edits:
                yield _group(edits, messages, aliases, safety)


def _group(edits: list[Edit], messages: list[str], aliases: list[str], safety: Safety) -> Group:
    return Group(
        edits[0].start, " and ".join(messages), tuple(edits), safety, aliases=tuple(aliases)
    )


def _fatal(script: Script, errexit: bool) -> set[int]:
    """Where the commands start whose failure is that of the script."""
    from dockfix.shell.fatal import deciding

    return {simple.start for simple in deciding(script, errexit=errexit)}


def _asks(call: Call, simple: Simple) -> bool:
    verb = call.verb
    if (
        verb is None
        or call.program.value in ("microdnf", None)
        or verb.value not in _ASKING.get(call.manager.name, ())
        or any(redirect.operator.startswith("<") for redirect in simple.redirects)
    ):
        return False
    letters = _LETTERS[call.manager.name]
    return not any(
        (text := word.value or word.text).partition("=")[0] in _TOLD
        or text in _TOLD
        or (text[:1] == "-" and text[:2] != "--" and any(one in text for one in letters))
        for word in simple.words
    )


def _is_fed(script: Script, simple: Simple) -> bool:
    """Whether a pipe may bring the answers."""
    before = script.text[: simple.start].rstrip()
    return before.endswith(("|", "|&")) and not before.endswith("||")


def _alias(call: Call) -> str:
    if call.manager is YUM:
        return "DL3030" if call.program.value == "yum" else "DL3038"
    return _ALIASES[call.manager.name]


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands with the same words, the answers and the name of apt aside."""
    old, new = run_commands(before, after)
    if _digest(old) != _digest(new):
        return "a command has changed by more than its answer"
    return None


def _digest(commands: list[str]) -> list[str]:
    return [_ASIDE.sub("", _APT.sub("apt-get", text)) for text in commands]


_APT = lazy(r"(?<![\w./-])apt(?![\w./-])")
_ASIDE = lazy(r"[ \t]-[yn](?![\w-])")


PASS = Pass(
    code="DF204",
    name="assume-yes",
    summary="Let package managers ask nothing, and call apt-get instead of apt",
    safety=Safety.SAFE,
    aliases=("DL3014", "DL3027", "DL3030", "DL3034", "DL3038"),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install git\n",
            after="FROM debian\nRUN apt-get update && apt-get install -y git\n",
        ),
        Example(
            before="FROM debian\nRUN apt update \\\n && apt install --no-install-recommends git\n",
            after=(
                "FROM debian\nRUN apt-get update \\\n"
                " && apt-get install -y --no-install-recommends git\n"
            ),
        ),
        Example(
            before="FROM centos:7\nRUN yum update && yum install git\n",
            after="FROM centos:7\nRUN yum update -y && yum install -y git\n",
        ),
        Example(
            before="FROM fedora\nRUN set -eux; dnf install git; dnf clean all\n",
            after="FROM fedora\nRUN set -eux; dnf install -y git; dnf clean all\n",
        ),
        Example(
            before="FROM opensuse/leap\nRUN zypper install git\n",
            after="FROM opensuse/leap\nRUN zypper -n install git\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get install git || true\n",
            after="FROM debian\nRUN apt-get install -y git || true\n",
            unsafe=True,
            why="as it is the build succeeds without git",
        ),
        Example(
            before="FROM debian\nRUN dpkg -i a.deb || apt -f install\n",
            after="FROM debian\nRUN dpkg -i a.deb || apt-get -f install -y\n",
            why="nothing gets over the failure of what comes last",
        ),
        Example(before="FROM debian\nRUN apt-get -qq install git\n", why="`-qq` implies `-y`"),
        Example(before="FROM debian\nRUN yes | apt-get install git\n", why="it has its answers"),
        Example(before="FROM debian\nRUN apt list --installed\n", why="apt-get has no `list`"),
        Example(
            before="FROM debian\nRUN apt upgrade -y\n",
            why="apt-get's `upgrade` installs no new packages",
        ),
        Example(
            before=(
                "FROM debian\nRUN echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf\n"
                "RUN apt-get install git\n"
            ),
            why="the file answers for all of them",
        ),
        Example(before="FROM fedora\nRUN microdnf install git\n", why="it never asks"),
    ),
)
