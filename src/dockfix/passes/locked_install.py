"""Installs what the lock file says, and fails where it does not fit.

What it does: `npm install` becomes `npm ci`; yarn, pnpm and bun get `--frozen-lockfile` (yarn from
version 2 on `--immutable`), pipenv `--deploy`, `uv sync` `--locked`; bundler is told by `bundle
config set frozen true`; `composer update` and `poetry update` become `install`. Only where the
build context is at hand, its lock file is there, and a COPY brings it to where the install runs.

Why: an install that may bring its lock file up to date installs what is new on the day of the
build. The image is another one every day, and what was tested is not what runs.

What it leaves alone: installs of packages by name (`npm install express` is something else), of
anything global, with options that speak of the lock file already, with words that are not settled
in the script, or beside a command that names the lock file (to remove it, say); bundler where
`frozen` or `deployment` is spoken of anywhere in the file; installs below a directory that is not
known.

Safety: unsafe. A lock file that does not fit its manifest stops the build, as it should; one that
fits may name other versions than those installed today. `npm ci` also removes node_modules first.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.installs.locks import locking_of, unlocked
from dockfix.installs.project import Copied
from dockfix.installs.reads import placed
from dockfix.managers import named_in
from dockfix.managers.manifests.shape import UnsureError
from dockfix.managers.parts import Lock
from dockfix.passes.base import Pass, Settings
from dockfix.shell.tree import Script
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, script_of, source_span
from dockfix.state.paths import Copy, bases, copy_of, resolve


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each install that need not keep to its lock file."""
    context = settings.context
    if context is None or not _has_locks(facts.source):
        return
    starting = bases(facts)
    above: dict[int | None, list[Copy | None]] = {None: []}
    for stage in facts.stages:
        copies = above[stage.base_stage].copy()
        for one in stage.instructions:
            if one.keyword in ("COPY", "ADD"):
                copies.append(copy_of(one, starting[one.start]))
            elif one.keyword == "RUN" and _has_locks(one.arguments):
                yield from _groups(facts, one, copies, starting[one.start], context)
        above[stage.index] = copies


def _groups(
    facts: Facts,
    run: Instruction,
    copies: list[Copy | None],
    base: str,
    context: Context,
) -> Iterator[Group]:
    script = script_of(run, facts.places[run.start])
    if not isinstance(script, Script):
        return
    hidden = shadowed(script)
    for folder, command in placed(script):
        here = resolve(base, folder) if folder else base
        if here is None or (command.words and command.words[0].value in hidden):
            continue
        project = Copied(copies, here, context)
        found = locking_of(command)
        if found is None or _is_settled(found.lock, facts.source):
            continue
        lock = found.lock
        if any(name in script.text for name in lock.files):
            continue
        try:
            if not any(project.kind(name) == "file" for name in lock.files):
                continue
            if lock.newer is not None:
                found = locking_of(command, lock.newer(project)) or found
        except UnsureError:
            continue
        start, end = source_span(run, found.start, found.end)
        if found.text[0] == " ":
            # behind a word: what the line goes on with stays where it is
            start = end = source_span(run, found.start - 1, found.end)[1]
        yield Group(
            source_span(run, command.start, command.end)[0],
            with_doubt(
                f"run {found.now.removesuffix(' && ')}: only what {lock.files[0]} names is "
                "installed",
                f"the build then fails if {lock.files[0]} is out of date",
            ),
            (Edit(start, end, found.text),),
            Safety.UNSAFE,
        )


def _has_locks(text: str) -> bool:
    """True if a text names a manager that has lock files."""
    return any(one.lock is not None for one in named_in(text))


def _is_settled(lock: Lock, source: str) -> bool:
    """True if somebody has made up his mind about a lock file, somewhere in the Dockerfile."""
    lower = source.lower()
    return any(text in lower for text in lock.settled)


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands with the same words, but for those that speak of a lock file."""
    for was, now in zip(_unlocked_commands(before), _unlocked_commands(after), strict=True):
        if was != now:
            return "a command has changed by more than its way with the lock file"
    return None


def _unlocked_commands(facts: Facts) -> Iterator[list[list[str]] | str]:
    known = facts.places
    for one in facts.instructions:
        script = script_of(one, known[one.start]) if one.keyword == "RUN" else None
        if not isinstance(script, Script):
            yield "" if one.keyword == "RUN" else one.arguments
            continue
        commands = [unlocked([word.text for word in simple.words]) for simple in script.simples]
        yield [words for words in commands if words is not None]


PASS = Pass(
    code="DF405",
    name="locked-install",
    summary="Install exactly what the lock file says, or fail",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    changes=lambda: (
        "/**/node_modules/**",
        "/**/vendor/**",
        "/**/.venv/**",
        "/**/site-packages/**",
        "/usr/local/bundle/**",
        "/**/*.lock",
        "/**/*-lock.*",
    ),
)
