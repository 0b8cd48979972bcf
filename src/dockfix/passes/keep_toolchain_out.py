"""Points out compilers, SDKs and headers that stay in the image.

What it does: one note at the last FROM, naming what the last stage has that only a build needs: a
base image that is a toolchain (`golang`, `maven`, a JDK) and packages (`build-essential`,
`libpq-dev`; what `apt-get build-dep` brings, which `autoremove` keeps).

Why: they are most of the bytes of such images, and each is a program that an attacker finds there.
A second stage that copies only what the build made leaves them behind.

What it leaves alone: stages that start nothing, start a shell, or build when they start (`go run`,
`mvn spring-boot:run`); images with ONBUILD, which are there to build others; packages that the same
RUN removes again; and stages that others copy from.

Safety: a note. Whether a program calls a compiler when it runs, a Dockerfile does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Group, Safety
from dockfix.managers.manager import base
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import commands_in
from dockfix.programs.toolchains import is_only_for_builds, starts_a_build, toolchain_in
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts
from dockfix.state.official_tags import read_reference

#: So many packages are named.
_MOST = 4


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One note on the last stage."""
    if facts.dockerfile.fragment:
        return
    chain = _chain(facts)
    starts = _starts(chain)
    if not starts or any(map(starts_a_build, starts)):
        return
    if any(one.keyword == "ONBUILD" for stage in chain for one in stage.instructions):
        return
    image = chain[-1].base or ""
    toolchain = "" if "$" in image else toolchain_in(image)
    packages = _packages(facts, {stage.index for stage in chain})
    if toolchain or packages:
        offset = chain[0].instructions[0].keyword_offset
        yield Group(offset, _message(image, toolchain, packages), (), Safety.NOTE)


def _chain(facts: Facts) -> list[Stage]:
    """The last stage and those it is built on, the last one first."""
    chain = [facts.stages[-1]]
    while (below := chain[-1].base_stage) is not None:
        chain.append(facts.stages[below])
    return chain


def _starts(chain: list[Stage]) -> list[str]:
    """The texts of the CMD and the ENTRYPOINT in force."""
    found: dict[str, str] = {}
    for stage in chain:
        for one in reversed(stage.instructions):
            if one.keyword in ("CMD", "ENTRYPOINT"):
                found.setdefault(one.keyword, _text(one))
    return [text for text in found.values() if text.strip()]


def _text(instruction: Instruction) -> str:
    return instruction.arguments if instruction.json is None else " ".join(instruction.json)


def _packages(facts: Facts, stages: set[int]) -> list[str]:
    """The packages that only a build needs, and that stay."""
    found: dict[str, None] = {}
    for run in facts.runs:
        if run.place.stage in stages and isinstance(run.script, Script):
            found |= dict.fromkeys(_staying(run.script))
    return sorted(found)


def _staying(script: Script) -> Iterator[str]:
    """The packages of that kind that a script installs and does not remove."""
    commands = [one for _, one in commands_in(script) if one.manager.system]
    removed = {
        base(word.text) for one in commands if one.action == "remove" for word in one.packages
    }
    if any("$" in name for name in removed):
        return
    for one in commands:
        verb, brought = one.manager.for_builds or ("", "")
        if verb == one.verb.value and brought not in removed:
            yield brought
        # a removal may name the list, not what is in it
        named = {base(option.words[-1].text.rpartition("=")[2]) for option in one.options}
        if one.action != "install" or not removed.isdisjoint(named):
            continue
        for word in one.packages:
            if is_only_for_builds(word.text) and base(word.text) not in removed:
                yield base(word.text)


def _message(image: str, toolchain: str, packages: list[str]) -> str:
    parts = packages[:_MOST]
    if len(packages) > _MOST:
        parts[_MOST - 1 :] = [f"{len(packages) - _MOST + 1} more packages"]
    if toolchain:
        name = read_reference(image).name
        parts.insert(0, f"{toolchain} of {name}")
    what = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    several = len(parts) > 1 or toolchain.startswith("compilers") or " and " in toolchain
    stay = "stay" if several else "stays"
    them = "them" if stay == "stay" else "it"
    return (
        f"{what} {stay} in the image, though only a build seems to need {them}; "
        f"copy what is built into a final stage to leave {them} out"
    )


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF531",
    name="keep-toolchain-out",
    summary="Point out compilers, SDKs and headers that stay in the image",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
