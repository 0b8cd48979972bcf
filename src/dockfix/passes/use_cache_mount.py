"""Downloads kept between builds, out of the image: `RUN --mount=type=cache`.

What it does: a RUN that installs with apt, apk, pip, npm, yarn, bun, composer or bundler, or builds
with go, cargo, maven or gradle, gets a cache mount over the folder where they keep what they
download. Options and cleanups in it that would empty the folder go; for apt Debian's docker-clean
goes, too, which deletes every archive. Without a `# syntax=` line the file gets one.

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

import functools
from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.style import in_line
from dockfix.installs.caches import caches_in, cleans_up
from dockfix.installs.lists import lists_of, lives_on_lists
from dockfix.installs.mounts import CacheMount, every_mount, mounts_in
from dockfix.managers.parts import Cache
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.shell.splice import before, without
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, Place, outer_base, script_of, source_span
from dockfix.state.run_commands import run_commands

_OLD_SYNTAX = lazy(r"docker/dockerfile:(?:0|1\.[01])(?:\.\d+)?(?:@\S+)?")
_SYNTAX = "# syntax=docker/dockerfile:1"
_ROOT = ("root", "0", "root:root", "0:0")
#: Official images that start as root with HOME=/root.
_AS_ROOT = frozenset(
    ("almalinux", "alpine", "buildpack-deps", "debian", "eclipse-temurin", "fedora", "gcc",
     "golang", "maven", "node", "openjdk", "php", "python", "ruby", "rust", "ubuntu")
)  # fmt: skip


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each RUN that profits, and one for the line that says which syntax it is."""
    known_mounts = mounts_in(facts.source)
    if not known_mounts:
        return
    syntax = next((one.value for one in facts.dockerfile.directives if one.name == "syntax"), "")
    if _OLD_SYNTAX.fullmatch(syntax):
        return
    known = facts.places
    shipped = facts.shipped_stages
    mounted = False
    for stage in facts.stages:
        for item in stage.instructions:
            if item.keyword != "RUN":
                continue
            mounted |= any(flag.name == "mount" for flag in item.flags)
            script = script_of(item, known[item.start])
            if isinstance(script, Script) and "\n" not in script.text:
                place = known[item.start]
                mounts = [
                    mount
                    for mount in known_mounts
                    if not (mount.mount.store and stage.index in shipped)
                    and _profits(facts, item, place, script, mount)
                ]
                if mounts:
                    yield _mounted(facts, item, place, script, mounts)
                elif any(flag.name == "mount" for flag in item.flags):
                    yield from _tidied(facts, item, place, script, known_mounts)
    if mounted and not syntax:
        first = facts.instructions[0]
        at = 1 if facts.source.startswith("\ufeff") else 0
        line = Edit(at, at, facts.style.of().lines((_SYNTAX,)))
        message = with_doubt(
            f"add {_SYNTAX}: older builders then read the cache mounts, too",
            "the builder downloads this frontend",
        )
        yield Group(first.keyword_offset, message, (line,), Safety.UNSAFE)


def _profits(
    facts: Facts, run: Instruction, place: Place, script: Script, mount: CacheMount
) -> bool:
    calls = [simple for simple in script.nested if mount.serves(simple)]
    if not calls or any(simple.words[0].value in ("sudo", "su", "env") for simple in calls):
        return False
    base = outer_base(facts, place.stage).partition("@")[0].partition(":")[0]
    as_root = place.user in _ROOT or (place.user is None and base in _AS_ROOT | mount.mount.as_root)
    if (
        not (as_root or (place.user is None and not (mount.home or mount.mount.bases)))
        or (mount.mount.bases and base not in mount.mount.bases)
        or any(name in place.names or f"{name}=" in script.text for name in mount.names)
        or not shadowed(script).isdisjoint(word.text for call in calls for word in call.words[:1])
        or any(_over(flag.value or "", mount) for flag in run.flags if flag.name == "mount")
        or any(_fills(item, mount) for item in facts.instructions)
    ):
        return False
    return not mount.cache.lists or _own_lists(facts, script, mount)


def _target(value: str) -> str:
    options = dict(option.partition("=")[::2] for option in value.split(","))
    return options.get("target") or options.get("dst") or options.get("destination") or ""


def _over(value: str, mount: CacheMount) -> bool:
    target = _target(value)
    return "$" in target or any(
        f"{one}/".startswith(f"{target.rstrip('/')}/") or target.startswith(f"{one}/")
        for one in mount.targets
        if target
    )


def _fills(item: Instruction, mount: CacheMount) -> bool:
    """True if a COPY or ADD may bring something that the mount would hide."""
    if item.keyword not in ("COPY", "ADD") or not (item.json or item.words):
        return False
    destination = item.json[-1] if item.json else item.words[-1].text
    path = destination.rstrip("/") + "/"
    return "$" in path or any(
        path.startswith(f"{one}/") or (len(path) > 1 and f"{one}/".startswith(path))
        for one in mount.targets
    )


def _own_lists(facts: Facts, script: Script, mount: CacheMount) -> bool:
    """True if a RUN fetches the lists it installs from, and no other lives on them."""
    emptied_by = mount.mount.emptied_by
    if emptied_by and emptied_by in facts.source.replace(f"rm -f {emptied_by}", ""):
        return False
    known = facts.places
    for item in facts.instructions:
        run = item.child or item
        if run.keyword == "RUN":
            other = script_of(run, known[item.start])
            if not isinstance(other, Script) or lives_on_lists(other):
                return False
    lists = lists_of(script)
    return lists.fetches is not None and lists.installs


def _mounted(
    facts: Facts, run: Instruction, place: Place, script: Script, mounts: list[CacheMount]
) -> Group:
    style = facts.style.of(run)
    flags = [flag for mount in mounts for flag in mount.flags]
    at = run.text_start
    edits = [Edit(at, at, style.flags(flags))]
    for emptied_by in (mount.mount.emptied_by for mount in mounts):
        if emptied_by and emptied_by not in script.text:
            edits = _keeping_archives(edits, run, place, script, emptied_by)
    names = " and ".join(mount.name for mount in mounts)
    message = with_doubt(
        f"add a cache mount for {names}: downloads are kept between builds, outside of the image",
        "only BuildKit has cache mounts, and a program in the image may read the cache",
    )
    return Group(run.keyword_offset, message, tuple(edits), Safety.UNSAFE)


def _tidied(
    facts: Facts,
    run: Instruction,
    place: Place,
    script: Script,
    known_mounts: tuple[CacheMount, ...],
) -> Iterator[Group]:
    """Without what empties a mount, or keeps it empty."""
    flags = [flag.value or "" for flag in run.flags if flag.name == "mount"]
    targets = {target for flag in flags if (target := _target(flag)) and "type=cache" in flag}
    mounts = [mount for mount in known_mounts if targets.issuperset(mount.targets)]
    shell = place.shell
    spans: list[tuple[int, int]] = []
    for simple in script.simples:
        text = script.text[simple.start : simple.end]
        if any(mount.is_emptied_by(text) for mount in mounts):
            span = without(script, simple, errexit=shell.errexit, declared=shell.declared)
            spans += [span] if span else []
        for mount in mounts:
            if mount.option and mount.serves(simple):
                spans += _without_option(simple, mount.option)
    edits: list[Edit] = []
    done = -1
    for start, end in sorted(spans):
        edit = Edit(*_in_source(run, script, start, end), "")
        if start >= done and "#" not in facts.source[edit.start : edit.end]:
            edits.append(edit)
            done = end
    if edits:
        message = with_doubt(
            "remove what empties the cache mount: the next build then finds the downloads",
            "a program in the image may read the cache",
        )
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
    edits: list[Edit], run: Instruction, place: Place, script: Script, emptied_by: str
) -> list[Edit]:
    """With the removal of what deletes the archives, before the update."""
    fetches = lists_of(script).fetches
    assert fetches is not None
    shell = place.shell
    joint = before(script, fetches, errexit=shell.errexit, declared=shell.declared)
    if joint is None:
        return edits
    text = f"rm -f {emptied_by}{in_line(sequence=joint.sequence)}"
    at = source_span(run, fetches.start, fetches.end)[0]
    if at == edits[0].start:
        return [edits[0]._replace(text=edits[0].text + text), *edits[1:]]
    return [*edits, Edit(at, at, text)]


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same order, cleanups and options against caches aside."""
    old, new = run_commands(before, after)
    mounts, caches = mounts_in(before.source), caches_in(before.source)
    if _without_mounts(old, mounts, caches) != _without_mounts(new, mounts, caches):
        return "a command other than a cleanup is not the same"
    return None


def _without_mounts(
    commands: list[str], mounts: tuple[CacheMount, ...], caches: tuple[Cache, ...]
) -> list[list[str]]:
    options = {mount.option for mount in mounts}
    removals = {f"rm -f {mount.mount.emptied_by}" for mount in mounts}
    return [
        [word for word in text.split() if word not in options]
        for text in commands
        if text not in removals
        and not cleans_up(text, caches)
        and not any(mount.is_emptied_by(text) for mount in mounts)
    ]


@functools.cache
def _removed() -> tuple[str, ...]:
    """The files that every mount wants gone."""
    return tuple(mount.mount.emptied_by for mount in every_mount() if mount.mount.emptied_by)


@functools.cache
def _changed() -> tuple[str, ...]:
    """Globs of what lies in folders that are mounted."""
    return tuple(f"{target}/**" for mount in every_mount() for target in mount.targets)


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
    removes=_removed,
    changes=_changed,
)
