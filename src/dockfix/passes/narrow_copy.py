"""A COPY of the whole context where the container runs one archive of it.

What it does: where the image starts `java -jar app.jar`, nothing is run on what was copied, and
only the whole context is, that one archive is copied instead (with `--unsafe-fixes`). If the
archive lies elsewhere than the start command looks for it, the COPY that was meant is pointed out.

Why: a change of any file of the project makes a new layer, sources, tests and documents are in the
image, and so is whatever else lies around.

What it leaves alone: a stage with a RUN below the COPY, or others that are built on it or copy from
it; archives that are not in the context, or more than one of them; other programs than `java -jar`,
which read files beside their own; Windows images.

Safety: unsafe. The program may read more of what was copied than its own archive (settings in its
working directory, say), which cannot be seen here.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.passes.base import Pass, Settings
from dockfix.state.base_images import is_windows
from dockfix.state.facts import Facts
from dockfix.state.paths import Copy, bases, copy_of, is_pattern, resolve, within

_BUILT = ("target", "build/libs", "dist", "")
_ARCHIVES = (".jar", ".war")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group, or a note, for the last stage, if it starts an archive of the context."""
    context = settings.context
    if ".jar" not in facts.source and ".war" not in facts.source:
        return
    if facts.dockerfile.escape == "`":
        return  # paths of Windows
    stage = facts.stages[-1]
    if is_windows(facts.dockerfile, stage):
        return
    copy, start = _whole(facts, stage), _started(stage)
    if copy is None or start is None:
        return
    instruction, archive = start
    path = resolve(bases(facts)[instruction.start], archive)
    if path is None or path[:1] != "/" or " " in path:
        return
    here = copy.instruction.keyword_offset
    inside = path[len(copy.target) :].lstrip("/") if within(path, copy.target) else ""
    if inside and (context is None or context.kind(inside) == "file"):
        message = with_doubt(
            f"copy only {inside}: the container runs nothing else of the build context",
            "the program may read other files",
        )
        edit = Edit(copy.instruction.text_start, copy.instruction.text_end, f"{inside} {path}")
        declared = _left_out(copy, path, context)
        yield Group(here, message, (edit,), Safety.UNSAFE, declares=declared)
    elif context is not None and len(found := _archives(context)) == 1:
        message = f"the container runs only {archive}: did you mean COPY {found[0]} {path}?"
        yield Group(here, message, (), Safety.NOTE)


def _left_out(copy: Copy, archive: str, context: Context | None) -> tuple[str, ...]:
    """Globs of what the image is without: all that was copied but the archive."""
    if context is None:
        return ()
    names = [name for name in context.entries("") or () if not is_pattern(name)]
    globs = [f"{copy.target.rstrip('/')}/{name}{below}" for name in names for below in ("", "/**")]
    return (*globs, f"!{archive}")


def _whole(facts: Facts, stage: Stage) -> Copy | None:
    """The COPY of the whole context, if it is the only COPY, and nothing runs below it."""
    found: Copy | None = None
    for one in stage.instructions:
        if one.keyword in ("COPY", "ADD"):
            if found is not None:
                return None
            found = copy_of(one, bases(facts)[one.start])
            if found is None or found.sources != ("",) or found.origin is not None:
                return None
        elif one.keyword in ("RUN", "ONBUILD", "VOLUME") and found is not None:
            return None
    return found


def _started(stage: Stage) -> tuple[Instruction, str] | None:
    """The instruction that starts the container, and the archive that java runs there."""
    starts = [one for one in stage.instructions if one.keyword in ("ENTRYPOINT", "CMD")]
    last = {one.keyword: one for one in starts}
    one = last.get("ENTRYPOINT") or last.get("CMD")
    if one is None or not one.json or one.json[0].rpartition("/")[2] != "java":
        return None
    options = one.json[1:]
    if "-jar" not in options[:-1]:
        return None
    archive = options[options.index("-jar") + 1]
    return (one, archive) if archive.endswith(_ARCHIVES) else None


def _archives(context: Context) -> list[str]:
    """Where a build left archives: in the first folder that has some."""
    for folder in _BUILT:
        found = [
            f"{folder}/{name}".lstrip("/")
            for name in context.entries(folder) or ()
            if name.endswith(_ARCHIVES)
            and not name.endswith(("-sources.jar", "-javadoc.jar", "-plain.jar", "-tests.jar"))
        ]
        if found:
            return found
    return []


def verify(before: Facts, after: Facts) -> str | None:
    """Whether the same instructions stand there, a COPY with other words among them."""
    olds, news = before.instructions, after.instructions
    if [one.keyword for one in olds] != [one.keyword for one in news]:
        return "the instructions are not the same"
    changed = [
        old
        for old, new in zip(olds, news, strict=True)
        if before.source[old.start : old.end] != after.source[new.start : new.end]
    ]
    if len(changed) > 1 or any(one.keyword not in ("COPY", "ADD") for one in changed):
        return "more than one COPY has changed"
    return None


PASS = Pass(
    code="DF501",
    name="narrow-copy",
    summary="Copy only the archive that the container runs",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
