"""Builds the last stage on the slim form of its image, where nothing needs the full one.

What it does: `FROM python:3.12` becomes `FROM python:3.12-slim`, `FROM node:20-bookworm` becomes
`FROM node:20-bookworm-slim`: the same version on the same release of the same distribution. A
program that the file or its build context calls and that only the full image has (curl, git, wget,
ps) is installed right below.

Of a JDK it is the JRE beside it: `eclipse-temurin:21-jdk` becomes `eclipse-temurin:21-jre`, and
`openjdk:11` becomes `openjdk:11-jre`, where the source in the build context is seen to need no
compiler, debugger or other program of a JDK.

Why: full images hold compilers, headers and version control, for whatever anybody may want to
build: of `python:3.13` 413 MB are to be pulled, of `python:3.13-slim` 43; of `node:24` 409 and 81;
of `debian:trixie` 49 and 30 (compressed, linux/amd64, docker-library/repo-info, August 2026). What
is not there needs no updates and serves no attacker.

What it leaves alone: a stage that calls a compiler, or builds packages with one; Python packages of
which it is not known that they come as wheels; npm packages with install scripts, and those without
a lock file that says so; gems and the like; files of other stages, which may be linked with what
the full image has; source whose calls cannot be told, or that is not at hand; Java that compiles,
or attaches to another Java. A note says why. All stages but the last, and images without a slim
form (`golang`, `php`, `postgres`, `ubuntu`), stay without a note. It never takes Alpine: its C
library is another one, and wheels for Python are mostly made for glibc.

Safety: unsafe. Programs, libraries and headers are gone from the image on purpose. What calls them
is looked for in the file and in what it copies; what data, plugins or people call cannot be seen
there. `dockfix verify` compares the images.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from dockfix.state.official_tags import slim_of
from dockfix.state.run_commands import run_commands


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for the last FROM, or a note that says why it stays."""
    from dockfix.stages.slim import Slim, find_slim

    found = find_slim(facts, settings.context)
    if found is None:
        return
    begin = facts.stages[-1].instructions[0]
    word = begin.words[0]
    if not isinstance(found, Slim):
        message = f"{word.text} stays: {found.reason}"
        yield Group(begin.keyword_offset, message, (), Safety.NOTE)
        return
    if facts.source[word.start : word.end] != word.text:
        return
    edits = [Edit(word.start, word.end, found.image)]
    if found.install:
        edits.append(Edit(begin.end, begin.end, facts.style.of(begin).lines([found.install])))
    more = f", with {', '.join(found.packages)}" if found.packages else ""
    yield Group(
        word.start,
        with_doubt(
            f"build on {found.image}{more}: the same version and release in a smaller image",
            "a program may use what only the full image has",
        ),
        tuple(edits),
        Safety.UNSAFE,
        declares=found.differs,
    )


def verify(before: Facts, after: Facts) -> str | None:
    """Only the last base is another one, its slim form; every command is still there."""
    old, new = before.stages, after.stages
    if [stage.base for stage in old[:-1]] != [stage.base for stage in new[:-1]]:
        return "another base has changed"
    base, slim = old[-1].base, new[-1].base
    if base != slim and (base is None or slim_of(base) != slim):
        return f"{base} became {slim}"
    commands, kept = run_commands(before, after)
    left = iter(kept)
    lost = next((one for one in commands if one not in left), None)
    return None if lost is None else f"a command is lost: {lost}"


PASS = Pass(
    code="DF602",
    name="slim-base",
    summary="Build the image on the slim form of its base where nothing needs the full one",
    safety=Safety.UNSAFE,
    aliases=(),
    default=False,
    rewrite=rewrite,
    verify=verify,
    splits=True,
)
