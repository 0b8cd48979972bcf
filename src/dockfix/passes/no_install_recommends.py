"""Installs what was asked for and what it needs, not what goes well with it.

What it does: `apt-get install` gets `--no-install-recommends`, zypper's `--no-recommends`, dnf's
and microdnf's `--setopt=install_weak_deps=False`.

Why: apt, dnf and zypper install by default what packages only recommend, which on Debian often is
several times the size of what was asked for (an X server beside a library, documentation, mail
transport), and each is one more thing to be patched.

What it leaves alone: installs that speak of it already, files that set it for every command
(`APT::Install-Recommends`, `install_weak_deps`, `solver.onlyRequires`), yum, whose older versions
know no weak dependencies, and upgrades.

Safety: unsafe. Somebody may rely on a recommended package without knowing (ca-certificates beside
curl, for one), so the image needs a look and a test after it. Asked for by name or with
--unsafe-fixes.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import run_commands, scripts, source_span
from dockfix.packages.apt import APT, APTITUDE
from dockfix.packages.command import Call, calls_in
from dockfix.packages.rpm import YUM, ZYPPER
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.shell.tree import Simple, Word
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile

_OPTIONS = {
    APT.name: "--no-install-recommends",
    APTITUDE.name: "--without-recommends",
    YUM.name: "--setopt=install_weak_deps=False",
    ZYPPER.name: "--no-recommends",
}
#: Settings that hold for every command of a file.
_SET = lazy(r"APT::Install-Recommends|install_weak_deps|onlyRequires")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each install that brings what is only recommended."""
    decided: bool | None = None
    for instruction, script in scripts(dockerfile):
        for simple, call in calls_in(script):
            if call.program.value in shadowed(script) or not _brings_more(call, simple):
                continue
            if decided is None:
                text = dockerfile.source.replace(f" {_OPTIONS[YUM.name]}", "")
                decided = _SET.search(text) is not None
            if decided:
                return
            last = _last_flag(call, simple)
            at = source_span(instruction, last.start, last.end)[1]
            option = _OPTIONS[call.manager.name]
            message = f"install only what is needed: {option}"
            yield Group(at, message, (Edit(at, at, f" {option}"),), Safety.UNSAFE)


def _brings_more(call: Call, simple: Simple) -> bool:
    return (
        call.action == "install"
        and call.manager.name in _OPTIONS
        and call.program.value not in ("yum", "tdnf")
        and _names_packages(call, simple)
        and not any(
            "recommends" in word.text or "weak_deps" in word.text or word.text in ("-R", "-r")
            for word in simple.words
        )
    )


def _names_packages(call: Call, simple: Simple) -> bool:
    """Not so `apt-get install -f`, which mends what is installed."""
    assert call.verb is not None
    return any(w.start > call.verb.start and w.text[:1] != "-" for w in simple.words)


def _last_flag(call: Call, simple: Simple) -> Word:
    """The word to put the option behind: the verb, or the last of the flags that follow it."""
    assert call.verb is not None
    last = call.verb
    for word in simple.words:
        if word.start > last.start:
            if word.value not in call.manager.flags:
                break
            last = word
    return last


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands with the same words, the options of this pass aside."""
    old, new = run_commands(before, after)
    if _digest(old) != _digest(new):
        return "a command has changed by more than the option"
    return None


def _digest(commands: list[str]) -> list[list[str]]:
    options = _OPTIONS.values()
    return [[word for word in text.split() if word not in options] for text in commands]


#: What programs of packages make, and nobody else needs.
_MADE = (
    "/etc/ca-certificates.conf", "/etc/ssl/certs/**", "/usr/share/mime/**", "/var/cache/**",
    "/var/lib/dpkg/alternatives/*", "/var/lib/dpkg/triggers/*", "/var/lib/systemd/**",
    "/var/lib/ucf/**",
)  # fmt: skip
#: What programs of packages write about other packages, and what is made of what others bring.
_RECORDS = (
    "/etc/ca-certificates.conf", "/etc/ld.so.cache", "/etc/mailcap", "/etc/shells",
    "/etc/ssl/certs/**", "/usr/lib/*/gconv/gconv-modules.cache", "/usr/lib/*/gdk-pixbuf-2.0/**",
    "/usr/lib/*/gio/modules/giomodule.cache", "/usr/share/applications/mimeinfo.cache",
    "/usr/share/glib-2.0/schemas/gschemas.compiled", "/usr/share/icons/*/icon-theme.cache",
    "/usr/share/info/dir*", "/usr/share/mime/**", "/var/cache/**", "/var/lib/apt/extended_states",
    "/var/lib/dpkg/**", "/var/lib/systemd/**", "/var/lib/ucf/**", "/var/log/**",
)  # fmt: skip

PASS = Pass(
    code="DF203",
    name="no-install-recommends",
    summary="Install no packages that are only recommended",
    safety=Safety.UNSAFE,
    aliases=("DL3015",),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git\n",
            after=(
                "FROM debian\nRUN apt-get update"
                " && apt-get install -y --no-install-recommends git\n"
            ),
            unsafe=True,
        ),
        Example(
            before="FROM debian\nRUN apt-get -y install \\\n    curl \\\n    git\n",
            after=(
                "FROM debian\nRUN apt-get -y install --no-install-recommends \\\n    curl \\\n"
                "    git\n"
            ),
            unsafe=True,
        ),
        Example(
            before="FROM fedora\nRUN dnf install -y git\n",
            after="FROM fedora\nRUN dnf install -y --setopt=install_weak_deps=False git\n",
            unsafe=True,
        ),
        Example(
            before="FROM opensuse/leap\nRUN zypper -n in git\n",
            after="FROM opensuse/leap\nRUN zypper -n in --no-recommends git\n",
            unsafe=True,
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y --install-recommends git\n",
            why="asked for by name",
        ),
        Example(
            before=(
                "FROM debian\nRUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/1 && "
                "apt-get install -y git\n"
            ),
            why="set for every command",
        ),
        Example(before="FROM debian\nRUN apt-get upgrade -y\n", why="nothing new is asked for"),
        Example(before="FROM centos:7\nRUN yum install -y git\n", why="it knows of none"),
    ),
    removes=_MADE,
    logs=_RECORDS,
    fewer_packages=True,
)
