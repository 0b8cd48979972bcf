"""Installs that ask nothing, by the program that is made for scripts.

What it does: `-y` is added to installs, upgrades and removals by apt-get, aptitude, yum and dnf
that lack it, `-n` to those by zypper. `apt install` and the like are written `apt-get`.

Why: a build has nobody to answer. What asks gets an end of file and gives up, so the build fails as
soon as a package brings dependencies. apt itself warns that its command line is not stable, and not
for scripts.

What it leaves alone: commands that are told otherwise (`-qq` implies `-y`; `--assume-no`, `-s`), or
get their answers from a pipe or a file; files that set the answer up (`APT::Get::Assume-Yes`,
`assumeyes`); commands whose failure the RUN gets over (`||` or `;` behind them, a condition):
there it may have been meant that nothing happens, so `-y` is offered as unsafe. `apt` in a
file that calls it for what apt-get does not have (`list`, `search`, `show`, `edit-sources`) or
means otherwise (`apt upgrade` installs new packages, too): one of the two names in one file.
microdnf never asks.

Safety: a command that asked nothing does the same with the option, and one that asked has failed
the build. apt and apt-get are two faces of one library; what differs by default (a progress bar,
colors, and that apt deletes the archives it fetched, as the official images have apt-get do) is no
part of what is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.managers import named_in
from dockfix.managers.manager import Manager
from dockfix.managers.parts import Asking
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import Call, calls_in
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, fact, source_span
from dockfix.state.run_commands import run_commands


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each command that would ask, or is apt."""
    answered: dict[str, bool] = {}
    known = facts.places
    for instruction, script in facts.scripts:
        fatal: set[int] | None = None
        for simple, call in calls_in(script):
            if call.verb is None or call.program.value in shadowed(script):
                continue
            edits: list[Edit] = []
            aliases: list[str] = []
            messages: list[str] = []
            safety = Safety.SAFE
            stable = call.manager.stable
            if (
                stable
                and call.program.text == stable.program
                and call.verb.value in stable.verbs
                and stable.program not in _kept_names(facts)
            ):
                span = source_span(instruction, call.program.start, call.program.end)
                edits.append(Edit(*span, stable.instead))
                aliases.append(stable.alias)
                messages.append(
                    f"write {stable.instead}: {stable.program} is not meant for scripts"
                )
            asking = call.manager.asking
            if (
                asking is not None
                and _asks(asking, call, simple)
                and not _is_answered(call.manager, facts.source, answered)
                and not _is_fed(script, simple)
            ):
                if fatal is None:
                    errexit = known[instruction.start].shell.errexit
                    fatal = _fatal(script, errexit)
                behind = call.program if asking.early else call.verb
                at = source_span(instruction, behind.start, behind.end)[1]
                edits.append(Edit(at, at, f" {asking.answer}"))
                aliases.append(asking.alias)
                messages.append(f"add {asking.answer}: a build cannot answer questions")
                if simple.start not in fatal:
                    safety = Safety.UNSAFE
            if edits and safety is Safety.UNSAFE and len(edits) > 1:
                yield _answering(edits[:1], messages[:1], aliases[:1], Safety.SAFE)
            elif edits:
                yield _answering(edits, messages, aliases, safety)


@fact
def _kept_names(facts: Facts) -> frozenset[str]:
    """The programs of which a call keeps its name, so that no other call gets another one.

    Where the author has both names already, each call that can gets the better one.
    """
    kept: set[str] = set()
    better: set[str] = set()
    for _, script in facts.scripts:
        for _, call in calls_in(script):
            stable = call.manager.stable
            if stable is None:
                continue
            if call.program.text == stable.instead:
                better.add(stable.program)
            elif call.program.text == stable.program and (
                call.verb is None or call.verb.value not in stable.verbs
            ):
                kept.add(stable.program)
    return frozenset(kept - better)


def _answering(edits: list[Edit], messages: list[str], aliases: list[str], safety: Safety) -> Group:
    return Group(
        edits[0].start,
        with_doubt("; ".join(messages), _GOES_ON if safety is Safety.UNSAFE else ""),
        tuple(edits),
        safety,
        aliases=tuple(aliases),
    )


def _fatal(script: Script, errexit: bool) -> set[int]:
    """Where the commands start whose failure is that of the script."""
    from dockfix.shell.fatal import deciding

    return {simple.start for simple in deciding(script, errexit=errexit)}


def _asks(asking: Asking, call: Call, simple: Simple) -> bool:
    verb = call.verb
    if (
        verb is None
        or call.program.value is None
        or verb.value not in asking.verbs
        or any(redirect.operator.startswith("<") for redirect in simple.redirects)
        or (verb.value in _TAKES_AWAY and verb is simple.words[-1])
    ):
        return False
    return not any(
        (text := word.value or word.text).partition("=")[0] in asking.told
        or text in asking.told
        or (text[:1] == "-" and text[:2] != "--" and any(one in text for one in asking.letters))
        for word in simple.words
    )


def _is_answered(manager: Manager, source: str, known: dict[str, bool]) -> bool:
    """True if the file has a setting that answers for every command of a manager."""
    if manager.name not in known:
        pattern = manager.asking.answered if manager.asking else None
        known[manager.name] = pattern is not None and pattern.search(source) is not None
    return known[manager.name]


def _is_fed(script: Script, simple: Simple) -> bool:
    """True if a pipe may bring the answers."""
    before = script.text[: simple.start].rstrip()
    return before.endswith(("|", "|&")) and not before.endswith("||")


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands with the same words, the answers and the name of apt aside."""
    old, new = run_commands(before, after)
    named = {one.program: one.instead for m in named_in(before.source) if (one := m.stable)}
    if _without_answers(old, named) != _without_answers(new, named):
        return "a command has changed by more than its answer"
    return None


def _without_answers(commands: list[str], named: dict[str, str]) -> list[str]:
    """The commands without answers, and with the names of programs that are made for scripts."""
    found = [_ASIDE.sub("", text) for text in commands]
    for name, instead in named.items():
        pattern = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w./-])")
        found = [pattern.sub(instead, text) if name in text else text for text in found]
    return found


_GOES_ON = "the build goes on if the command stops at the question"
#: Verbs that do nothing, and ask nothing, if no package and no option is behind them.
_TAKES_AWAY = frozenset(("purge", "remove"))
_ASIDE = lazy(r"[ \t]-[yn](?![\w-])")


PASS = Pass(
    code="DF204",
    name="assume-yes",
    summary="Let package managers ask nothing, and call apt-get instead of apt",
    safety=Safety.SAFE,
    aliases=("DL3014", "DL3027", "DL3030", "DL3034", "DL3038"),
    rewrite=rewrite,
    verify=verify,
)
