"""Installs what was asked for and what it needs, not what goes well with it.

What it does: `apt-get install` gets `--no-install-recommends`, zypper's `--no-recommends`, dnf's
and microdnf's `--setopt=install_weak_deps=False` (`=0` for microdnf).

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

from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.managers import named_in
from dockfix.managers.manager import Manager
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import Call, calls_in
from dockfix.shell.tree import Simple, Word
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, source_span
from dockfix.state.run_commands import run_commands


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each install that brings what is only recommended."""
    decided: dict[str, bool] = {}
    for instruction, script in facts.scripts:
        for simple, call in calls_in(script):
            if call.program.value in shadowed(script) or not _brings_more(call, simple):
                continue
            if _is_decided(call.manager, facts.source, decided):
                continue
            last = _last_flag(call, simple)
            at = source_span(instruction, last.start, last.end)[1]
            option = call.manager.only_needed
            message = with_doubt(
                f"add {option}: packages that are only recommended stay out of the image",
                "a program may need one of them",
            )
            yield Group(at, message, (Edit(at, at, f" {option}"),), Safety.UNSAFE)


def _brings_more(call: Call, simple: Simple) -> bool:
    return (
        call.action == "install"
        and bool(call.manager.only_needed)
        and _names_packages(call, simple)
        and not any(
            "recommends" in word.text or "weak_deps" in word.text or word.text in ("-R", "-r")
            for word in simple.words
        )
    )


def _is_decided(manager: Manager, source: str, known: dict[str, bool]) -> bool:
    """True if a file has a setting for every install of a manager."""
    if manager.name not in known:
        text = source.replace(f" {manager.only_needed}", "")
        known[manager.name] = manager.only_needed_setting in text
    return known[manager.name]


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


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands with the same words, the options of this pass aside."""
    old, new = run_commands(before, after)
    options = {one.only_needed for one in named_in(before.source)}
    if _without_options(old, options) != _without_options(new, options):
        return "a command has changed by more than the option"
    return None


def _without_options(commands: list[str], options: set[str]) -> list[list[str]]:
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
    removes=lambda: _MADE,
    logs=_RECORDS,
    fewer_packages=True,
)
