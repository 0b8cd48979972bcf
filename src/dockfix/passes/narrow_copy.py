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
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import is_windows
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, bases, copy_of, is_pattern, resolve, within
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

_BUILT = ("target", "build/libs", "dist", "")
_ARCHIVES = (".jar", ".war")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group, or a note, for the last stage, if it starts an archive of the context."""
    context = settings.context
    if ".jar" not in dockerfile.source and ".war" not in dockerfile.source:
        return
    if dockerfile.escape == "`":
        return  # paths of Windows
    stage = dockerfile.stages[-1]
    if is_windows(dockerfile, stage):
        return
    copy, start = _whole(dockerfile, stage), _started(stage)
    if copy is None or start is None:
        return
    instruction, archive = start
    path = resolve(bases(dockerfile)[instruction.start], archive)
    if path is None or path[:1] != "/" or " " in path:
        return
    here = copy.instruction.keyword_offset
    inside = path[len(copy.target) :].lstrip("/") if within(path, copy.target) else ""
    if inside and (context is None or context.kind(inside) == "file"):
        message = f"only {archive} is run; copy it alone"
        edit = Edit(copy.instruction.text_start, copy.instruction.text_end, f"{inside} {path}")
        declared = _left_out(copy, path, context)
        yield Group(here, message, (edit,), Safety.UNSAFE, declares=declared)
    elif context is not None and len(found := _archives(context)) == 1:
        message = f"only {archive} is run; was COPY {found[0]} {path} meant?"
        yield Group(here, message, (), Safety.NOTE)


def _left_out(copy: Copy, archive: str, context: Context | None) -> tuple[str, ...]:
    """Globs of what the image is without: all that was copied but the archive."""
    if context is None:
        return ()
    names = [name for name in context.entries("") or () if not is_pattern(name)]
    globs = [f"{copy.target.rstrip('/')}/{name}{below}" for name in names for below in ("", "/**")]
    return (*globs, f"!{archive}")


def _whole(dockerfile: Dockerfile, stage: Stage) -> Copy | None:
    """The COPY of the whole context, if it is the only COPY, and nothing runs below it."""
    found: Copy | None = None
    for one in stage.instructions:
        if one.keyword in ("COPY", "ADD"):
            if found is not None:
                return None
            found = copy_of(one, bases(dockerfile)[one.start])
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


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
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


_JAVA = "FROM eclipse-temurin:17-jre\n"
_START = 'ENTRYPOINT ["java", "-jar", "/app/target/shop.jar"]\n'
_FILES = (("target/shop.jar", ""), ("src/Main.java", ""))

PASS = Pass(
    code="DF501",
    name="narrow-copy",
    summary="Copy only the archive that the container runs",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            f"{_JAVA}COPY . /app\n{_START}",
            f"{_JAVA}COPY target/shop.jar /app/target/shop.jar\n{_START}",
            unsafe=True,
        ),
        Example(
            f'{_JAVA}COPY . /app\nENTRYPOINT ["java", "-jar", "/app.jar"]\n',
            note="only /app.jar is run; was COPY target/shop.jar /app.jar meant?",
            files=_FILES,
        ),
        *(
            Example(_JAVA + text, why=why, files=_FILES)
            for text, why in (
                (f"COPY . /app\nRUN ls /app\n{_START}", "it is used"),
                (f"COPY . /app\nCOPY conf /etc\n{_START}", "more is copied"),
                ('COPY . /app\nCMD ["java", "-cp", "/app", "Main"]\n', "many files are run"),
            )
        ),
        Example(f"{_JAVA}COPY . /app\n{_START}", why="it is not there", files=(("a", ""),)),
    ),
)
