"""Downloads kept between builds, out of the image: `RUN --mount=type=cache`.

What it does: a RUN that installs with apt, apk, pip, npm, yarn, composer or bundler, or builds with
go, cargo, maven or gradle, gets a cache mount over the folder where they keep what they download.
Options and cleanups in it that would empty the folder go; for apt Debian's docker-clean goes, too,
which deletes every archive. Without a `# syntax=` line the file gets one.

Why: when a line above changes, or a version in a manifest, everything is downloaded again. With a
cache mount only what is new is; nothing of it gets into the image, so nothing has to be cleaned up.

What it leaves alone: RUNs of another USER, or with a HOME that is moved: the folder would be
another, or somebody else's. Bases where the place is not known. A folder that a COPY or ADD fills,
or that has a mount already. apt, if a RUN installs from lists that another fetched. What a program
may run from (Go's modules, Maven's repository) in stages that images are made of; builds that work
offline. ONBUILD, exec form and here-documents. Files with an older syntax than 1.2.

Safety: unsafe. A file that nobody asked for, but that somebody used, is no longer in the image, and
images built on it keep apt's archives. Builders without BuildKit cannot read it. So it is off until
it is selected.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import (
    Place,
    outer_base,
    places,
    run_commands,
    script_of,
    shipped_stages,
    source_span,
)
from dockfix.layout import in_line, style_of
from dockfix.packages.caches import cleans_up
from dockfix.packages.lists import lists_of
from dockfix.packages.mounts import DOCKER_CLEAN, MOUNTS, Mount, pointless
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.shell.splice import before, without
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile, Instruction

_SIGNS = lazy(r"\b(?:apt|apt-get|apk|pip[\d.]*|npm|yarn|go|cargo|mvn|gradlew?|composer|bundle)\b")
_OLD_SYNTAX = lazy(r"docker/dockerfile:(?:0|1\.[01])(?:\.\d+)?(?:@\S+)?")
_SYNTAX = "# syntax=docker/dockerfile:1"
_ROOT = ("root", "0", "root:root", "0:0")
#: Official images that start as root with HOME=/root.
_AS_ROOT = frozenset(
    ("almalinux", "alpine", "buildpack-deps", "debian", "eclipse-temurin", "fedora", "gcc",
     "golang", "maven", "node", "openjdk", "php", "python", "ruby", "rust", "ubuntu")
)  # fmt: skip


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each RUN that profits, and one for the line that says which syntax it is."""
    if not _SIGNS.search(dockerfile.source):
        return
    syntax = next((one.value for one in dockerfile.directives if one.name == "syntax"), "")
    if _OLD_SYNTAX.fullmatch(syntax):
        return
    known = places(dockerfile)
    shipped = shipped_stages(dockerfile)
    mounted = False
    for stage in dockerfile.stages:
        for item in stage.instructions:
            if item.keyword != "RUN":
                continue
            mounted |= any(flag.name == "mount" for flag in item.flags)
            script = script_of(item, known[item.start])
            if isinstance(script, Script) and "\n" not in script.text:
                place = known[item.start]
                mounts = [
                    mount
                    for mount in MOUNTS
                    if not (mount.store and stage.index in shipped)
                    and _profits(dockerfile, item, place, script, mount)
                ]
                if mounts:
                    yield _mounted(dockerfile, item, place, script, mounts)
                elif any(flag.name == "mount" for flag in item.flags):
                    yield from _tidied(dockerfile, item, place, script)
    if mounted and not syntax:
        first = dockerfile.instructions[0]
        at = 1 if dockerfile.source.startswith("\ufeff") else 0
        line = Edit(at, at, f"{_SYNTAX}{style_of(dockerfile).eol}")
        message = "name a syntax that knows cache mounts"
        yield Group(first.keyword_offset, message, (line,), Safety.UNSAFE)


def _profits(
    dockerfile: Dockerfile, run: Instruction, place: Place, script: Script, mount: Mount
) -> bool:
    calls = [simple for simple in script.nested if mount.serves(simple)]
    if not calls or any(simple.words[0].value in ("sudo", "su", "env") for simple in calls):
        return False
    base = outer_base(dockerfile, place.stage).partition("@")[0].partition(":")[0]
    as_root = place.user in _ROOT or (place.user is None and base in _AS_ROOT)
    if (
        not (as_root or (place.user is None and not (mount.home or mount.bases)))
        or (mount.bases and base not in mount.bases)
        or any(name in place.names or f"{name}=" in script.text for name in mount.names)
        or not shadowed(script).isdisjoint(word.text for call in calls for word in call.words[:1])
        or any(_over(flag.value or "", mount) for flag in run.flags if flag.name == "mount")
        or any(_fills(item, mount) for item in dockerfile.instructions)
    ):
        return False
    if mount.name == "apt":
        return _own_lists(dockerfile, script)
    return True


def _target(value: str) -> str:
    options = dict(option.partition("=")[::2] for option in value.split(","))
    return options.get("target") or options.get("dst") or options.get("destination") or ""


def _over(value: str, mount: Mount) -> bool:
    target = _target(value)
    return "$" in target or any(
        f"{one}/".startswith(f"{target.rstrip('/')}/") or target.startswith(f"{one}/")
        for one in mount.targets
        if target
    )


def _fills(item: Instruction, mount: Mount) -> bool:
    """Whether a COPY or ADD may bring something that the mount would hide."""
    if item.keyword not in ("COPY", "ADD") or not (item.json or item.words):
        return False
    destination = item.json[-1] if item.json else item.words[-1].text
    path = destination.rstrip("/") + "/"
    return "$" in path or any(
        path.startswith(f"{one}/") or (len(path) > 1 and f"{one}/".startswith(path))
        for one in mount.targets
    )


def _own_lists(dockerfile: Dockerfile, script: Script) -> bool:
    """Whether a RUN fetches the lists it installs from, and no other lives on them."""
    if DOCKER_CLEAN in dockerfile.source.replace(f"rm -f {DOCKER_CLEAN}", ""):
        return False
    known = places(dockerfile)
    for item in dockerfile.instructions:
        run = item.child or item
        if run.keyword == "RUN":
            other = script_of(run, known[item.start])
            if not isinstance(other, Script) or lists_of(other).needy:
                return False
    lists = lists_of(script)
    return lists.fetches is not None and lists.installs


def _mounted(
    dockerfile: Dockerfile, run: Instruction, place: Place, script: Script, mounts: list[Mount]
) -> Group:
    style = style_of(dockerfile, run)
    flags = [flag for mount in mounts for flag in mount.flags]
    at = run.text_start
    head = "".join(f"{flag}{style.newline}{style.indent}" for flag in flags)
    edits = [Edit(at, at, head)]
    if mounts[0].name == "apt" and DOCKER_CLEAN not in script.text:
        edits = _keeping_archives(edits, run, place, script)
    names = " and ".join(mount.name for mount in mounts)
    message = f"keep what {names} downloads between builds, out of the image"
    return Group(run.keyword_offset, message, tuple(edits), Safety.UNSAFE)


def _tidied(
    dockerfile: Dockerfile, run: Instruction, place: Place, script: Script
) -> Iterator[Group]:
    """Without what empties a mount, or keeps it empty."""
    flags = [flag.value or "" for flag in run.flags if flag.name == "mount"]
    targets = {target for flag in flags if (target := _target(flag)) and "type=cache" in flag}
    mounts = [mount for mount in MOUNTS if targets.issuperset(mount.targets)]
    shell = place.shell
    spans: list[tuple[int, int]] = []
    for simple in script.simples:
        text = script.text[simple.start : simple.end]
        if any(pointless(mount, text) for mount in mounts):
            span = without(script, simple, errexit=shell.errexit, declared=shell.declared)
            spans += [span] if span else []
        for mount in mounts:
            if mount.option and mount.serves(simple):
                spans += _without_option(simple, mount.option)
    edits: list[Edit] = []
    done = -1
    for start, end in sorted(spans):
        edit = Edit(*_in_source(run, script, start, end), "")
        if start >= done and "#" not in dockerfile.source[edit.start : edit.end]:
            edits.append(edit)
            done = end
    if edits:
        message = "drop what would keep the cache mount empty"
        yield Group(run.keyword_offset, message, tuple(edits), Safety.UNSAFE)


def _in_source(run: Instruction, script: Script, start: int, end: int) -> tuple[int, int]:
    """Where a span to delete lies: at the end of what is before it, or the start of the next."""
    text = script.text
    begin = source_span(run, start, start + 1)[0]
    if start and not text[start - 1].isspace():
        begin = source_span(run, start - 1, start)[1]
    if end < len(text) and text[end - 1].isspace():
        return begin, source_span(run, end, end + 1)[0]
    return begin, source_span(run, end - 1, end)[1]


def _without_option(simple: Simple, option: str) -> Iterator[tuple[int, int]]:
    for number, word in enumerate(simple.words):
        if word.value == option and number:
            yield simple.words[number - 1].end, word.end


def _keeping_archives(
    edits: list[Edit], run: Instruction, place: Place, script: Script
) -> list[Edit]:
    """With the removal of what deletes apt's archives, before the update."""
    fetches = lists_of(script).fetches
    assert fetches is not None
    shell = place.shell
    joint = before(script, fetches, errexit=shell.errexit, declared=shell.declared)
    if joint is None:
        return edits
    text = f"rm -f {DOCKER_CLEAN}{in_line(sequence=joint.sequence)}"
    at = source_span(run, fetches.start, fetches.end)[0]
    if at == edits[0].start:
        return [edits[0]._replace(text=edits[0].text + text), *edits[1:]]
    return [*edits, Edit(at, at, text)]


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, cleanups and options against caches aside."""
    old, new = run_commands(before, after)
    if _digest(old) != _digest(new):
        return "a command other than a cleanup is not the same"
    return None


def _digest(commands: list[str]) -> list[list[str]]:
    return [
        [word for word in text.split() if word not in ("--no-cache", "--no-cache-dir")]
        for text in commands
        if not (
            cleans_up(text)
            or text == f"rm -f {DOCKER_CLEAN}"
            or any(pointless(mount, text) for mount in MOUNTS)
        )
    ]


_LINE = f"{_SYNTAX}\n"
_PIP = "--mount=type=cache,target=/root/.cache/pip"

PASS = Pass(
    code="DF202",
    name="use-cache-mount",
    summary="Keep downloads between builds in cache mounts, out of the image",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    default=False,
    examples=lambda: (
        Example(
            before=f"{_LINE}FROM python:3.12\nRUN pip install --no-cache-dir flask\n",
            after=f"{_LINE}FROM python:3.12\nRUN {_PIP} \\\n    pip install flask\n",
            unsafe=True,
        ),
        Example(
            before=(
                f"{_LINE}FROM debian\nRUN apt-get update \\\n    && apt-get install -y git \\\n"
                "    && rm -rf /var/lib/apt/lists/*\n"
            ),
            after=(
                f"{_LINE}FROM debian\n"
                "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n"
                "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n"
                f"    rm -f {DOCKER_CLEAN} && apt-get update \\\n    && apt-get install -y git\n"
            ),
            unsafe=True,
        ),
        Example(
            before=(
                f"{_LINE}FROM golang:1.23 AS build\nCOPY . /src\nRUN go build -o /app /src\n"
                "FROM scratch\nCOPY --from=build /app /app\n"
            ),
            after=(
                f"{_LINE}FROM golang:1.23 AS build\nCOPY . /src\n"
                "RUN --mount=type=cache,target=/go/pkg/mod \\\n"
                "    --mount=type=cache,target=/root/.cache/go-build \\\n"
                "    go build -o /app /src\n"
                "FROM scratch\nCOPY --from=build /app /app\n"
            ),
            unsafe=True,
        ),
        Example(
            before="FROM node:22\nRUN npm ci && npm cache clean --force && npm run build\n",
            after=(
                f"{_LINE}FROM node:22\nRUN --mount=type=cache,target=/root/.npm \\\n"
                "    npm ci && npm run build\n"
            ),
            unsafe=True,
        ),
        Example(
            before="FROM python:3.12\nUSER app\nRUN pip install flask\n",
            why="another user keeps his cache elsewhere",
        ),
        Example(
            before="FROM python:3.12\nENV HOME=/srv\nRUN pip install flask\n",
            why="and so does this",
        ),
        Example(
            before="FROM example.org/python\nRUN pip install flask\n",
            why="who knows as whom it runs",
        ),
        Example(
            before="FROM maven:3\nCOPY repository /root/.m2/repository\nRUN mvn package\n",
            why="the mount would hide what was copied",
        ),
        Example(
            before="FROM golang:1.23\nRUN go build -o /app .\n",
            why="in the image itself the modules may be needed",
        ),
        Example(
            before="# syntax=docker/dockerfile:1.1\nFROM python:3.12\nRUN pip install flask\n",
            why="this syntax knows no mounts yet",
        ),
        Example(
            before="FROM debian\nRUN apt-get update\nCOPY a /a\nRUN apt-get install -y git\n",
            why="the lists of the one RUN are needed by the other",
        ),
    ),
    removes=(DOCKER_CLEAN,),
    changes=tuple(f"{target}/**" for mount in MOUNTS for target in mount.targets),
)
