"""Whether what a stage starts on a JDK runs on the JRE beside it.

It does if nothing that is started, or that the source of the build context calls, is of the JDK
alone. Without source in the build context nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manifests.shape import UnsureError
from dockfix.stages.java_builds import builder
from dockfix.stages.java_source import SOURCE, calls
from dockfix.stages.programs import OTHERWISE, started
from dockfix.stages.sides import Run
from dockfix.stages.source import all_files, brings_elsewhere, is_shell_script
from dockfix.stages.view import View
from dockfix.state.java_images import lost_programs

#: Programs that a RUN may call: those of a JRE.
_HARMLESS = ("java", "keytool")
#: An image with version control and its libraries beside the JDK, which its JRE has not.
_WITH_TOOLS = "openjdk"
_DOWNLOADS = ("git clone", "git fetch")


def check_jre(view: View, jre: str) -> None:
    """Raises UnsureError unless a stage is known to need no more than the JRE."""
    lost = lost_programs(view.stage.base or "")
    tag = view.image.reference.tag
    if tag.partition("-")[0].partition("u")[0] == "8" and "/jre/" in view.text:
        raise UnsureError("a folder of the JDK is named that the JRE has not")
    for one in view.instructions:
        _check(view, one, lost, jre)
    names = {name for one in view.instructions for name in _of_start(view, one)}
    is_seen = False
    for path, text in _files(view):
        is_seen |= path.endswith(SOURCE)
        found = calls(path, text)
        names |= found if is_shell_script(path, text) else frozenset()
        for name in found:
            if name in lost and name not in OTHERWISE:
                raise UnsureError(f"{path} calls {name}, which {jre} has not")
    if "java" not in names:
        raise UnsureError("nothing says that Java is started")
    if not is_seen or any(one in view.facts.source for one in _DOWNLOADS):
        raise UnsureError("the source of what is started is not in the build context")


def _check(view: View, one: Instruction, lost: frozenset[str], jre: str) -> None:
    """Raises UnsureError for an instruction that may need the JDK, or whose files are not seen."""
    where = f"line {view.line(one)}"
    if one.keyword == "ONBUILD":
        raise UnsureError("it is unknown what is built on this image")
    if one.keyword in ("COPY", "ADD"):
        origin = next((flag.value for flag in one.flags if flag.name == "from"), None)
        stages = {stage.name for stage in view.facts.stages} | {
            str(stage.index) for stage in view.facts.stages
        }
        if brings_elsewhere(one) or (origin is not None and origin.lower() not in stages):
            raise UnsureError(f"what {where} brings cannot be seen")
        if origin is not None and view.image.name == _WITH_TOOLS and not _brings_archives(one):
            raise UnsureError(f"what {where} brings may need what {view.stage.base} has")
    for name in _of_start(view, one):
        if name in lost:
            raise UnsureError(f"{one.keyword} in {where} calls {name}, which {jre} has not")
    if one.keyword == "RUN":
        _check_run(view.runs[one.start], where, lost, jre)


def _brings_archives(one: Instruction) -> bool:
    words = one.json if one.json is not None else [word.text for word in one.words]
    return all(word.endswith((".jar", ".war")) for word in words[:-1])


def _check_run(run: Run, where: str, lost: frozenset[str], jre: str) -> None:
    if run.done is None:
        raise UnsureError(f"what the RUN of {where} does is not understood")
    for done in run.done:
        if done.program in lost or builder(done) is not None:
            raise UnsureError(f"{done.program} in {where} needs what {jre} has not")
        if done.kind in ("language", "asks") or (
            done.kind == "runs" and done.program not in _HARMLESS
        ):
            raise UnsureError(f"it is unknown what {done.program} in {where} needs of the JDK")


def _of_start(view: View, one: Instruction) -> frozenset[str]:
    if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        return started(view, one)
    return frozenset()


def _files(view: View) -> Iterator[tuple[str, str]]:
    """The files of the build context with their texts: of scripts, those that the stage copies."""
    if view.context is None:
        raise UnsureError("the build context was not found, so it is unknown what is run")
    paths = list(all_files(view.context))
    try:
        copied = set(view.files)
    except UnsureError:
        # a COPY of a path with a variable brings an archive
        copied = {path for path in paths if path.rpartition("/")[2] in view.text}
    for path in paths:
        text = view.read(path)
        if not is_shell_script(path, text) or path in copied:
            yield path, text
