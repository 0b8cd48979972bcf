"""Finds the ecosystem of a stage, and has the stage divided; or says why it is left alone."""

from __future__ import annotations

from dockfix.context import Context
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.toolchains import is_only_for_builds, only_builds
from dockfix.records import Record
from dockfix.stages import dotnet, go, java, native, node, php, python, ruby, rust
from dockfix.stages.last_stage import Trimmed, is_filled, trimmed
from dockfix.stages.seen import Seen
from dockfix.stages.split import Split, split
from dockfix.stages.view import Ecosystem, View
from dockfix.state.base_images import is_windows
from dockfix.state.evidence import Evidence
from dockfix.state.facts import Facts
from dockfix.state.image_variants import image_of, unlisted
from dockfix.state.variables import default_values

#: In this order: the first that a stage is one of.
_ECOSYSTEMS: tuple[Ecosystem, ...] = (python, go, rust, java, dotnet, node, ruby, php, native)


class Left(Record):
    """A stage that is left alone, and what would have to be known."""

    reason: str


def find(
    facts: Facts, context: Context | None, evidence: Evidence | None
) -> Split | Trimmed | Left | None:
    """How the last stage is divided, or made shorter where nothing is built in it; None if there is
    nothing to gain.

    What text tells goes before what a build showed.
    """
    stage = facts.stages[-1]
    if stage.base is None or stage.base_stage is not None or is_windows(facts.dockerfile, stage):
        return None
    image = image_of(stage.base, default_values(facts) if "$" in stage.base else None)
    view = View(facts, image or unlisted(stage.base), context)
    if evidence is not None and len(facts.stages) > evidence.stages:
        return None  # what came of it
    found = _by_text(view, known=image is not None)
    if evidence is None or isinstance(found, Split | Trimmed):
        return found
    try:
        return Seen(evidence).divide(view)
    except UnsureError as error:
        return Left(str(error))


def _by_text(view: View, *, known: bool) -> Split | Trimmed | Left | None:
    """How the last stage is divided, by its text; `known`: there is a row of its image."""
    ecosystems = [one for one in _ECOSYSTEMS if one.concerns(view)][:1]
    if not ecosystems and is_filled(view):
        try:
            return trimmed(view)
        except UnsureError as error:
            return Left(str(error))
    if not known:
        return None
    for one in ecosystems:
        try:
            return split(view, one)
        except UnsureError as error:
            return Left(_on_alpine(view) or str(error)) if _is_worth_it(view) else None
    return None


#: Images in which packages of a language are linked with libraries of the system.
_LINKING = ("node", "php", "python", "ruby")


def _on_alpine(view: View) -> str:
    """Why a stage on Alpine is left alone; "": it is on another system."""
    release = view.image.release
    if release is None or release.distribution != "alpine" or view.image.name not in _LINKING:
        return ""
    return f"{view.stage.base} is on Alpine, and it is unknown which libraries its packages have"


def _is_worth_it(view: View) -> bool:
    """True if something in the stage only builds."""
    if any(one.concerns(view) for one in (java, dotnet, go, rust)):
        return True
    release = view.image.release
    other = release is not None and release.distribution != "debian"
    removes = other and any(
        done.action == "remove" for run in view.runs.values() for done in run.of_kind("system")
    )
    builds = is_only_for_builds if other and not removes else only_builds
    return bool(view.image.full and not view.image.is_slim and not other) or any(
        builds(word.value or "")
        for run in view.runs.values()
        for done in run.of_kind("system")
        if done.command is not None and done.action == "install"
        for word in done.command.packages
    )
