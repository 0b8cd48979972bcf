"""Installs of packages of the system in the final stage: without what only builds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dockfix.edit.stages import Call, calls_text
from dockfix.managers import every_manager
from dockfix.managers.distributions.bases import base_of
from dockfix.managers.manager import base
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.toolchains import only_builds
from dockfix.records import Record
from dockfix.shell.tree import Word
from dockfix.stages.sides import Done, Run
from dockfix.stages.view import View
from dockfix.state.image_variants import OFF_THE_MIRRORS, Image

#: Packages that slim images have, beside those of Debian's smallest system.
_IN_IMAGE = {
    "python": frozenset(("ca-certificates", "netbase", "tzdata", "media-types", "openssl")),
    "ruby": frozenset(("ca-certificates", "tzdata")),
    "rust": frozenset(("ca-certificates",)),
    "mcr.microsoft.com/dotnet/sdk": frozenset(("ca-certificates", "tzdata")),
}
#: Packages of Alpine that only build, beside those that are called as Debian's.
_OF_ALPINE = frozenset(("alpine-sdk", "build-base", "libc-dev", "linux-headers", "musl-dev",
                        "samurai"))  # fmt: skip
_FOR_THE_DAY = ("/tmp/", "/var/tmp/")
#: Those that images of a JRE have.
_IN_JRE = frozenset(("ca-certificates", "fontconfig", "openssl", "tzdata"))


class Install(Record):
    """The line of a RUN; empty if nothing is left of it. `placed`: it has what else is needed."""

    line: str
    placed: bool


def base_name(word: str) -> str:
    """The name of a package without its version."""
    return base(word)


def in_image(image: Image) -> frozenset[str]:
    """Packages that the slim form of an image has."""
    return _IN_JRE if image.has_jdk else _IN_IMAGE.get(image.name, frozenset())


def is_builder(view: View, name: str, tools: frozenset[str] = frozenset()) -> bool:
    """True if a package only builds. On Alpine `-dev` packages stay: nothing tells which libraries
    they are for, and they bring these."""
    plain = base_name(name)
    if plain in tools:
        return True
    if on_alpine(view.image):
        return plain in _OF_ALPINE or (only_builds(plain) and not plain.endswith("-dev"))
    return only_builds(plain)


def removed_groups(run: Run, removed: Collection[str]) -> set[str]:
    """The packages that are installed under a name, and removed by it."""
    found: set[str] = set()
    for done in run.of_kind("system"):
        command, manager = done.command, done.manager
        if done.action != "install" or command is None or manager is None:
            continue
        for option in command.options:
            if option.option.partition("=")[0] in manager.apart:
                word = option.words[-1].text
                name = word.partition("=")[2] or word
                if name in removed:
                    found |= {base_name(one.value or one.text) for one in command.packages}
    return found


def without_recommends(done: Done) -> bool:
    """True if an install brings no recommended packages."""
    manager = done.manager
    option = manager.only_needed if manager else ""
    return bool(option) and option in done.values


def without_builders(
    view: View, run: Run, needed: Sequence[str], tools: frozenset[str] = frozenset()
) -> Install:
    """The RUN as the final stage has it: its installs without the packages that only build, `tools`
    among them, with those that are needed in their place, and without what it removes."""
    source, one = view.facts.source, run.instruction
    gone = _removed(view, run)
    calls: list[Call] = []
    breaks: list[bool] = []
    end: int | None = None
    placed = installs = False
    starts = [done.simple.start for done in run.of_kind("system") if done.action == "install"]
    for done in run.done or ():
        command = done.command
        # a setting of the shell is for an install below it
        sets = done.program in ("set", "export") and done.simple.start < max(starts, default=0)
        if (done.kind == "nothing" and not sets) or _is_of_build(done):
            continue
        if done.kind not in ("system", "scratch", "nothing") or done.action == "remove":
            continue
        if done.simple.redirects:
            raise UnsureError(f"line {view.line(one)} redirects what an install says")
        head = [f"{item.name}={item.value.text}" for item in done.simple.assignments]
        group = _removed_group(done, gone)
        call = Call(" ".join([*head, *(word.text for word in done.simple.words)]))
        if done.action == "install" and command is not None:
            packages = [word.text for word in command.packages]
            kept = [
                name
                for name in packages
                if not is_builder(view, name, tools) and base_name(name) not in gone
            ]
            if needed and not placed:
                kept += [name for name in needed if name not in kept]
                kept = sorted(kept) if packages == sorted(packages) else kept
                placed = True
            if not kept:
                continue
            installs = True
            left_out = (*command.packages, *group)
            head += [word.text for word in done.simple.words if word not in left_out]
            call = Call(" ".join(head), tuple(kept), _is_broken(view, run, done))
        if calls:
            begin = _at(run, done.simple.start)
            breaks.append(end is not None and "\n" in source[end:begin])
        calls.append(call)
        end = _at(run, done.simple.end)
    if not installs:
        return Install("", placed=False)
    head_text = " ".join([source[one.keyword_offset :].split()[0], *(f.text for f in one.flags)])
    return Install(calls_text(view.facts.style.of(one), head_text, calls, breaks, one), placed)


def _is_of_build(done: Done) -> bool:
    """True if a command removes named files for the day, which only the build has made."""
    paths = [value for value in done.values[1:] if value[:1] != "-"]
    return done.kind == "scratch" and all(
        path.startswith(_FOR_THE_DAY) and path.rstrip("/").count("/") > 1 and "*" not in path
        for path in paths
    )


def _removed(view: View, run: Run) -> set[str]:
    """The names of the packages that a RUN removes, and those of its groups that any RUN does."""
    found, everywhere = set[str](), set[str]()
    for one in view.runs.values():
        for done in one.of_kind("system"):
            if done.action == "remove" and done.command:
                names = {base_name(word.value or "") for word in done.command.packages}
                everywhere |= names
                found |= names if one is run else set()
    groups = removed_groups(run, everywhere)
    return found | groups | (everywhere if groups else set())


def _removed_group(done: Done, gone: Collection[str]) -> tuple[Word, ...]:
    """The words that put an install into a group, if the group is removed again."""
    if done.command is None or done.manager is None:
        return ()
    for option in done.command.options:
        if option.option.partition("=")[0] in done.manager.apart:
            word = option.words[-1].text
            return option.words if (word.partition("=")[2] or word) in gone else ()
    return ()


def _is_broken(view: View, run: Run, done: Done) -> bool:
    """True if the list of an install has a line for each package."""
    packages = done.command.packages if done.command else ()
    if not packages:
        return False
    words = list(done.simple.words)
    before = words[words.index(packages[0]) - 1] if len(packages) == 1 else packages[0]
    span = view.facts.source[_at(run, before.start) : _at(run, packages[-1].end)]
    return "\n" in span


def _at(run: Run, position: int) -> int:
    one = run.instruction
    return one.logical.offset(one.arguments_start + position)


def on_alpine(image: Image) -> bool:
    """True if an image is built on Alpine."""
    return image.release is not None and image.release.distribution == "alpine"


#: The newest release of Debian, whichever that is.
_NEWEST = "debian:stable-slim"


def new_install(view: View, names: Sequence[str], image: str = "") -> str:
    """A RUN that installs packages, in an image that is built on `image`, and leaves nothing else.
    Raises UnsureError where none can."""
    base = view.base or base_of(image)
    alpine = on_alpine(view.image)
    installing = next(
        one.installing for one in every_manager() if one.installing and one.has_tables != alpine
    )
    suites = base.suites if base else ()
    if not suites and not alpine and _NEWEST not in image:
        where = view.stage.base or "the image"
        raise UnsureError(f"{names[0]} is needed, and it is unknown which packages {where} has")
    if installing is None or OFF_THE_MIRRORS.intersection(suites):
        where = view.stage.base or "the image"
        raise UnsureError(f"{names[0]} is needed, and {where} has no package lists any more")
    first, install, last = installing
    broken = len(names) > 2
    calls = [Call(install, tuple(names), broken)]
    if first:
        calls = [Call(first), *calls, Call(last)]
    begin = view.stage.instructions[0]
    style = view.facts.style.of()
    keyword = "RUN" if begin.logical.text[begin.keyword_start :][:4].isupper() else "run"
    return calls_text(style, keyword, calls, [True, True], begin)
