"""A pipe behind a download fails if the download does.

What it does: where a RUN pipes `curl` or `wget` into something, and its shell knows `pipefail`
(bash, and the `sh` of Alpine), the script begins with `set -o pipefail &&`, or its `set -eux` gets
the option. Where the shell is the `sh` of Debian and its relatives and the base image surely has
bash, `SHELL ["/bin/bash", "-o", "pipefail", "-c"]` goes above the RUN.

Why: a script's status is that of the last program of a pipe. With a download cut short, `tar` or
`sh` may well succeed with what it got.

What it leaves alone: a pipe into `head`, `grep -q` or the like, and one behind `yes`, whose first
part is cut off on purpose and would fail now; that is pointed out, once for a file. A stage with a
CMD, ENTRYPOINT or HEALTHCHECK in shell form, which another SHELL would start. Shells that are not
known.

Safety: unsafe. A pipe whose first part fails without harm now ends the build. With SHELL, all RUNs
below are read by bash, in which `echo` leaves `\\n` as it is, and the image has the setting, for
what is built on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import STARTS
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script, Simple
from dockfix.state.base_images import has_bash
from dockfix.state.facts import Facts, Place, ReadRun, source_span

_DOWNLOADS = ("curl", "wget")
_SHELL = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'
_OPTION = "o pipefail"
_SET = f"set -{_OPTION} && "
#: What ends before its input does, or never ends by itself.
_CUTS_OFF = lazy(r"\|[ \t\n]*(?:head|less|more|grep[ \t]+-\w*[qm]|sed[ \t]\S*q\b)|\byes\b")
#: The first word of options of a `set` that can take one more.
_OPTIONS = lazy(r"-[a-np-z]+")
_BEHIND = (
    "a download that fails then ends the build; unsafe because a pipe whose reader"
    " stops early, such as head, then fails, too"
)


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each RUN, or for a stage that gets a SHELL; one note for the others."""
    noted = False
    shells: set[int] = set()
    for run in facts.runs:
        script, place = run.script, run.place
        if not isinstance(script, Script) or "|" not in script.text or "pipefail" in script.text:
            continue
        first = next(_piped(script), None)
        knows = _knows_pipefail(facts, place)
        may_have = not knows and place.shell.dialect == "sh" and has_bash(_base(facts, place))
        if first is None or not (knows or may_have) or place.stage in shells:
            continue
        offset = source_span(run.shell, first.start, first.end)[0]
        if knows and not _CUTS_OFF.search(script.text):
            yield Group(
                offset,
                f"add set -o pipefail: {_BEHIND}",
                (_with_option(run, script),),
                Safety.UNSAFE,
            )
        elif may_have and run.owner is run.shell and _may_change_shell(facts, run):
            shells.add(place.stage)
            edit = _above(facts, run.owner)
            message = f"add a SHELL with pipefail: {_BEHIND}"
            yield Group(offset, message, (edit,), Safety.UNSAFE, declares=("Shell",))
        elif knows and not noted:
            noted = True
            name = first.words[0].text
            message = f"the build goes on if {name} fails: set -o pipefail, or use a SHELL with it"
            yield Group(offset, message, (), Safety.NOTE)


def _base(facts: Facts, place: Place) -> Stage:
    return facts.outermost[place.stage]


def _knows_pipefail(facts: Facts, place: Place) -> bool:
    """True if the shell knows the option, and does not have it set."""
    shell = place.shell
    if any("pipefail" in option for option in shell.options):
        return False
    base = (_base(facts, place).base or "").partition(":")[0]
    return shell.dialect in ("bash", "ash") or (shell.dialect == "sh" and base == "alpine")


def _piped(script: Script) -> Iterator[Simple]:
    for item in script.items:
        for pipeline in item.node.pipelines:
            for one in pipeline.commands[:-1]:
                if isinstance(one, Simple) and one.words and one.words[0].value in _DOWNLOADS:
                    yield one


def _with_option(run: ReadRun, script: Script) -> Edit:
    """The edit that sets the option as the first thing of a script."""
    first = script.simples[0]
    words = [word.text for word in first.words]
    alone = first.start == 0 and first.end == script.items[0].node.pipelines[0].end
    if alone and len(words) == 2 and words[0] == "set" and _OPTIONS.fullmatch(words[1]):
        at = source_span(run.shell, first.start, first.end)[1]
        return Edit(at, at, _OPTION)
    return Edit(run.shell.text_start, run.shell.text_start, _SET)


def _may_change_shell(facts: Facts, run: ReadRun) -> bool:
    """True if no script below, in the stage or in one built on it, would mind another shell."""
    at = run.place.stage
    for other in facts.runs:
        if other.owner.start >= run.owner.start and _is_on(facts, other.place.stage, at):
            text = other.shell.arguments
            if _CUTS_OFF.search(text) or other.place.shell != run.place.shell:
                return False
    return not any(
        (one.child or one).keyword in STARTS and one.json is None
        for stage in facts.stages
        if _is_on(facts, stage.index, at)
        for one in stage.instructions
    )


def _is_on(facts: Facts, stage: int | None, other: int) -> bool:
    """True if a stage is another one, or is built on it."""
    while stage is not None and stage != other:
        stage = facts.stages[stage].base_stage
    return stage == other


def _above(facts: Facts, run: Instruction) -> Edit:
    """The edit that puts the SHELL above a RUN, and above the comments that belong to it."""
    stage = facts.stages[facts.places[run.start].stage]
    at = stage.instructions[stage.instructions.index(run) - 1].end
    indent = facts.source[run.start : run.keyword_offset]
    small = facts.source.startswith("run", run.keyword_offset)
    line = _SHELL.replace("SHELL", "shell") if small else _SHELL
    return Edit(at, at, facts.style.of(run).lines([line], indent))


def verify(before: Facts, after: Facts) -> str | None:
    """All instructions are there with the same text, but for a SHELL and the option."""
    old, new = _texts(before), _texts(after)
    added = len(new) - len(old)
    if added and new.count(("SHELL", _SHELL[6:])) - old.count(("SHELL", _SHELL[6:])) != added:
        return "an instruction came or went"
    waiting = iter(new)
    return None if all(one in waiting for one in old) else "an instruction changed"


def _texts(facts: Facts) -> list[tuple[str, str]]:
    """The instructions, without the option where they have it."""
    return [
        (one.keyword, re.sub(rf"{_SET}|(?<=[a-z]){_OPTION}", "", one.arguments))
        for stage in facts.stages
        for one in stage.instructions
    ]


PASS = Pass(
    code="DF522",
    name="set-pipefail",
    summary="Let a pipe fail when the download in front of it fails",
    safety=Safety.UNSAFE,
    aliases=("DL4006",),
    rewrite=rewrite,
    verify=verify,
)
