"""Names every image by its full version and its digest, as a registry says today.

What it does: `FROM python:3.12` becomes `FROM python:3.12.14@sha256:…`. The version is the fullest
tag that means the same image today, the digest that of its index, so that every platform stays to
be had. It does so in FROM, in the default of an ARG that is all of a FROM (`ARG BASE=debian:12`,
`FROM $BASE`), in `COPY --from=`, in `RUN --mount=from=` and in `# syntax=`. With `--refresh`, an
image that has a digest gets the one that its tag means today. With `--min-age DAYS`, an image that
was built later than that is not pinned yet, and a note says so.

Why: without a digest, the build of tomorrow may take another image than that of today, and nobody
sees it in a diff. With one, updates come as changes of the file. Renovate and Dependabot read this
form, with no comments beside it, and keep it up to date.

What it leaves alone: stages, `scratch`, images that have a digest, names with a variable in them (a
note says so), and a name without tag in `COPY --from=` or a mount that is no official image: it may
be a named build context.

It is the only pass for which dockfix opens connections, and it does so only when it is selected by
its name or code: `all` leaves it out. It needs `pip install 'dockfix[pin]'`. Docker's own
credentials are used (config.json, stores and helpers), and `--registry-mirror` names mirrors of
Docker Hub. If a registry cannot be reached, or does not know an image, there is an error, and the
file stays as it is.

Safety: unsafe. The image is the same as that of a build today; that a base gets no more fixes by
itself is what the author has to want.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.errors import RegistryError
from dockfix.passes.base import Pass, Settings
from dockfix.records import Record
from dockfix.state.base_images import is_official
from dockfix.state.facts import Facts
from dockfix.state.official_tags import read_reference


class _Named(Record):
    """An image that a file names: where the name stands, and where a message points."""

    image: str
    start: int
    end: int
    offset: int


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each image that a registry knows."""
    registry = settings.registry
    if registry is None:
        return
    for one in _named(facts):
        if "$" in one.image:
            message = f"{one.image} is not pinned: it depends on a build argument"
            yield Group(one.offset, message, (), Safety.NOTE)
            continue
        reference = read_reference(one.image)
        name = reference.library + reference.name
        if reference.digest and not (settings.refresh and reference.tag):
            continue
        try:
            pin = registry.pin(name, reference.tag)
        except RegistryError as error:
            line, _ = facts.dockerfile.position(one.offset)
            raise RegistryError(f"{facts.dockerfile.filename}:{line}: {error}") from error
        tag = reference.tag if reference.digest else pin.tag
        pinned = f"{name}:{tag}@{pin.digest}"
        if pinned == one.image:
            continue
        if pin.young:
            message = f"{one.image} is not pinned yet: {pin.young}"
            yield Group(one.offset, message, (), Safety.NOTE)
            continue
        short = f"{name}:{tag}@{pin.digest[:15]}…"
        yield Group(
            one.offset,
            with_doubt(
                f"write {short} instead of {one.image}: later builds then use the same image",
                "updates of the tag then come only with a new pin",
            ),
            (Edit(one.start, one.end, pinned),),
            Safety.UNSAFE,
        )


def _named(facts: Facts) -> Iterator[_Named]:
    """The images that a file names, those outside of it."""
    yield from _syntax(facts)
    stages: set[str] = set()
    for stage in facts.stages:
        if stage.base is not None and stage.base_stage is None and stage.base != "scratch":
            yield from _in_from(facts, stage.instructions[0])
        for owner in stage.instructions:
            yield from _in_flags(facts, owner, stages)
        stages |= {str(stage.index), *([stage.name] if stage.name else [])}


def _syntax(facts: Facts) -> Iterator[_Named]:
    """The image of `# syntax=`: the first word of its value."""
    first = facts.instructions[0].keyword_offset if facts.instructions else 0
    for directive in facts.dockerfile.directives:
        image = directive.value.split()[0] if directive.value.split() else ""
        if directive.name == "syntax" and image:
            start = facts.source.rfind(image, directive.start, directive.end)
            if start >= 0:
                yield _Named(image, start, start + len(image), first)


def _in_from(facts: Facts, instruction: Instruction) -> Iterator[_Named]:
    """The image of a FROM, or the default of the ARG that is all of it."""
    word = instruction.words[0]
    if "$" not in word.text:
        if facts.source[word.start : word.end] == word.text:
            yield _Named(word.text, word.start, word.end, word.start)
        return
    found = _default(facts, word.text)
    yield _Named(word.text, word.start, word.end, word.start) if found is None else found


def _default(facts: Facts, text: str) -> _Named | None:
    """The default of an ARG that a FROM consists of, and that no stage asks for otherwise."""
    name = text[2:-1] if text[:2] == "${" and text[-1:] == "}" else text[1:]
    uses = [
        word.text
        for stage in facts.stages
        for instruction in stage.instructions[:1]
        if instruction.keyword == "FROM"
        for word in instruction.words
        if name in word.text
    ]
    if not name.isidentifier() or any(use not in (f"${name}", f"${{{name}}}") for use in uses):
        return None
    asked = facts.setters.get(name)
    arguments = [one for one in facts.dockerfile.preamble if one.keyword == "ARG"]
    words = [word for one in arguments for word in one.words if word.text.startswith(f"{name}=")]
    if len(words) != 1 or asked:
        return None
    (word,) = words
    image = word.text.partition("=")[2]
    start = word.end - len(image)
    if not image or set(image) & set("$\"'\\ ") or facts.source[start : word.end] != image:
        return None
    return _Named(image, start, word.end, word.start)


def _in_flags(facts: Facts, owner: Instruction, stages: set[str]) -> Iterator[_Named]:
    """The images of `COPY --from=` and of `RUN --mount=from=`."""
    for flag in (owner.child or owner).flags:
        if flag.name == "from":
            image = flag.value or ""
        elif flag.name == "mount":
            options = (flag.value or "").split(",")
            image = next((one[5:] for one in options if one.startswith("from=")), "")
        else:
            continue
        if not image or "$" in image or image.lower() in stages or image.isdecimal():
            continue
        if not any(mark in image for mark in ":@/") and not is_official(image):
            continue
        start = facts.source.find(f"from={image}", flag.start, flag.end)
        if start >= 0:
            start += len("from=")
            yield _Named(image, start, start + len(image), flag.start)


def verify(before: Facts, after: Facts) -> str | None:
    """The same images in the same places, each with a digest now if its name has changed."""
    old, new = list(_named(before)), list(_named(after))
    if len(old) != len(new):
        return "an image is named more or less often than before"
    for one, other in zip(old, new, strict=True):
        if one.image == other.image:
            continue
        had, has = read_reference(one.image), read_reference(other.image)
        if (had.library, had.name) != (has.library, has.name) or not has.digest or not has.tag:
            return f"{one.image} became {other.image}"
    return None


PASS = Pass(
    code="DF603",
    name="pin-base",
    summary="Name images by their full version and digest, as a registry says today",
    safety=Safety.UNSAFE,
    aliases=(),
    default=False,
    rewrite=rewrite,
    verify=verify,
)
