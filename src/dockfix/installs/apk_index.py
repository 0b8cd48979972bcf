"""What apk's --no-cache makes useless: the update before it, and the removal of its index."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Dockerfile
from dockfix.edit.edits import Edit
from dockfix.edit.style import whole_lines
from dockfix.installs.asked_for import is_asked_for, unforced
from dockfix.installs.runs import Run, removes, undecided
from dockfix.managers.apk import CACHE as APK
from dockfix.programs.effects import deeds
from dockfix.shell.patterns import lazy
from dockfix.shell.splice import without
from dockfix.shell.tree import Simple
from dockfix.state.facts import Facts, source_span

#: Who edits it, a mirror's name put in, neither stores an index nor reads one.
_REPOSITORIES = "/etc/apk/repositories"


def converts_whole(dockerfile: Dockerfile, stages: list[list[Run]]) -> bool:
    """True if no `apk update` is left once every other apk of the file has --no-cache.

    Beside an update that stays, the option only has the same index fetched twice.
    """
    updating = [
        run
        for runs in stages
        for run in runs
        if any(use.verb is not None and use.verb.value == "update" for use in run.of(APK))
    ]
    return not updating or (
        all(any(use.fills for use in run.of(APK)) for run in updating)
        and nothing_kept(dockerfile, stages, optioned=True)
    )


def index_is_missed(facts: Facts, stages: list[list[Run]]) -> bool:
    """True if somebody comes for the index that --no-cache leaves out: a COPY, or a removal that
    cannot go and fails at an empty folder."""
    dockerfile, every = facts.dockerfile, [run for runs in stages for run in runs]
    if is_asked_for(facts, APK, {run.owner.start for run in every if run.script is not None}):
        return True
    failing = [
        (run, simple)
        for run in every
        if run.script is not None
        for simple in unforced(run.script, APK)
    ]
    return bool(failing) and not (
        nothing_kept(dockerfile, stages, optioned=True)
        and all(_goes(run, simple) for run, simple in failing)
    )


_LIVES = lazy(r"\bapk\b(?![\w./-])[^;&|\n]{0,200}?\b(?:add|fetch|search|upgrade|policy)\b[^;&|\n]*")
_UPDATES = lazy(r"\bapk\b[^;&|\n]{0,200}?\bupdate\b")
_OWN_INDEX = lazy(r"--no-cache\b|--update(?:-cache)?\b|(?<!\S)-\w*U|\.apk\b")


def lives_on_index(text: str) -> bool:
    """True if a text of commands uses an index that is there: without one, `apk add` fails."""
    if "apk" not in text:
        return False
    updated = _UPDATES.search(text)
    until = len(text) if updated is None else updated.start()
    return any(not _OWN_INDEX.search(found[0]) for found in _LIVES.finditer(text, 0, until))


def _goes(run: Run, simple: Simple) -> bool:
    """True if a removal of the index goes, or what else it removes is all that stays of it."""
    assert run.script is not None
    shell = run.place.shell
    operands = [word.text for word in simple.words[1:] if word.text[:1] != "-"]
    useless = [text for text in operands if text in APK.junk]
    if len(useless) < len(operands):
        return all(text in APK.junk for text in operands if "/apk" in text)
    span = without(run.script, simple, errexit=shell.errexit, declared=shell.declared)
    return span is not None


def nothing_kept(
    dockerfile: Dockerfile, stages: list[list[Run]], *, optioned: bool = False
) -> bool:
    """True if surely no command of the file stores what apk fetches, or reads what is stored.

    `optioned`: once every command that may get --no-cache has it.
    """
    for item in dockerfile.instructions:
        if (item.child or item).keyword != "RUN" and "apk" in (item.child or item).arguments:
            return False
    for run in (run for runs in stages for run in runs):
        if not undecided(run, APK) or run.script is None:
            return False
        used = run.of(APK)
        for use in used:
            if use.verb is None or not (
                use.verb.value in ("update", "del", "info")
                or use.says(APK.decided | APK.instead)
                or (optioned and use.fills)
            ):
                return False
        known = {use.simple.start for use in used}
        names_apk = "apk" in run.script.text.replace(_REPOSITORIES, "")
        for simple in run.script.nested:
            if simple.start in known or removes(simple):
                continue
            if names_apk and any(
                "apk" in word.text.replace(_REPOSITORIES, "") for word in simple.words
            ):
                return False
        if any("installs" in deed.kinds for deed in deeds(run.script)):
            return False
    return True


def useless(dockerfile: Dockerfile, run: Run) -> Iterator[Edit]:
    """What removes `apk update` and `rm -rf /var/cache/apk/*` from a RUN."""
    if run.script is None:
        return
    shell, adds = run.place.shell, any(use.fills for use in run.of(APK))
    updates = [use for use in run.of(APK) if use.verb and use.verb.value == "update"]
    doomed = [use.simple for use in updates if adds and len(use.words) == 1]
    spans: list[tuple[int, int] | None] = []
    for simple in filter(removes, run.script.simples):
        junk = [n for n, word in enumerate(simple.words) if word.text in APK.junk]
        kept = [word for word in simple.words[1:] if word.text[:1] != "-"]
        if junk and len(junk) == len(kept):
            doomed.append(simple)
        elif junk:
            spans += ((simple.words[n - 1].end, simple.words[n].end) for n in junk)
    for simple in doomed:
        spans.append(without(run.script, simple, errexit=shell.errexit, declared=shell.declared))
    done = 0
    for start, end in sorted(span for span in spans if span is not None):
        first, last = whole_lines(dockerfile.source, _source(run, start), _source(run, end))
        edit = Edit(first, last, "")
        text = dockerfile.source[edit.start : edit.end]
        if "#" not in text and edit.start >= done:
            yield edit
            done = edit.end


def _source(run: Run, position: int) -> int:
    """Where in the file a position of a script lies, as the end of a span or else as its start."""
    script = run.script
    assert script is not None
    if (
        position
        and not script.text[position - 1].isspace()
        and (position == len(script.text) or script.text[position].isspace())
    ):
        return source_span(run.shell, position - 1, position)[1]
    return source_span(run.shell, position, position)[0]
