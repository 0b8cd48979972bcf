"""Other Dockerfiles of the build context that install from lists which this image may leave them,
or live on its caches.

    services:                                 FROM team/base
      base: {build: ., image: team/base}      RUN apt-get install -y git && npm ci --offline

An image that others are built on elsewhere leaves them no lists, as official images leave none.
Those that can be seen are asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.context import Context
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Instruction
from dockfix.errors import DockfixError
from dockfix.installs.lists import lists_of, speaks_of_apt
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.base_images import is_official
from dockfix.state.facts import Facts

#: Files that give images their names.
_NAMES = frozenset(("GNUmakefile", "Jenkinsfile", "Makefile", "Tiltfile", "justfile", "makefile"))
_ENDS = (".hcl", ".mk", ".sh", ".yaml", ".yml", "bake.json")
_FOLDERS = ("", ".github/workflows", ".circleci", "build", "ci", "deploy", "docker", "scripts")
_CONTINUED = lazy(r"\\[ \t]*\r?\n")
_VARIABLE = lazy(r"\$\{?(\w+)")
_LARGEST = 100_000


def child_with_needs(facts: Facts, context: Context) -> str:
    """The path of a Dockerfile whose image may be built on this one and needs lists; or ""."""
    written = context.dockerfiles() or ()
    asking = [one for one in written if one.text and speaks_of_apt(one.text)]
    if len(written) < 2 or not asking:
        return ""
    names = list(_names(context))
    for one in asking:
        if one.text is None or one.text == facts.source:
            continue
        try:
            other = Facts(parse(one.text, one.path))
        except DockfixError:
            continue
        for base in _needing(other):
            if any(_is_named(base, text) for text in names):
                return one.path
    return ""


class Child(Record):
    """A stage of another Dockerfile that is built on this image, or copies from it: the arguments
    of its instructions, and the paths that it takes from any image."""

    said: str
    taken: tuple[str, ...]


def children(facts: Facts, context: Context, signs: Iterable[str]) -> Iterator[Child]:
    """Such stages of the Dockerfiles that have one of these signs in their text."""
    signs = tuple(signs)
    asking = [
        one
        for one in context.dockerfiles() or ()
        if one.text and one.text != facts.source and any(sign in one.text for sign in signs)
    ]
    names = list(_names(context)) if asking else []
    for one in asking:
        try:
            other = Facts(parse(one.text or "", one.path))
        except DockfixError:
            continue
        for stage in other.stages:
            taken = [source for item in stage.instructions for source in _taken(item)]
            images = [other.outermost[stage.index].base or "", *(image for image, _ in taken)]
            if any(_is_named(image, text) for image in images for text in names):
                said = "\n".join(item.arguments for item in stage.instructions)
                yield Child(_CONTINUED.sub(" ", said), tuple(path for _, path in taken))


def _taken(item: Instruction) -> Iterator[tuple[str, str]]:
    """The images, or stages, and the paths that an instruction takes something from."""
    for flag in item.flags:
        if item.keyword == "COPY" and flag.name == "from":
            texts = item.json if item.json is not None else [word.text for word in item.words]
            yield from ((flag.value or "", text) for text in texts[:-1])
        elif item.keyword == "RUN" and flag.name == "mount":
            parts = (part.partition("=") for part in (flag.value or "").split(","))
            options = {name.lower(): value for name, _, value in parts}
            if "from" in options:
                yield options["from"], options.get("source") or options.get("src") or "/"


def _is_named(base: str, text: str) -> bool:
    """True if a text that gives names to images has the one of a FROM, or the variable that says
    it."""
    image = base.partition("@")[0]
    if (variable := _VARIABLE.search(image)) is not None:
        return variable[1] in text
    name = image.rpartition("/")[2].partition(":")[0]
    return bool(name) and not is_official(name) and image in text


def _names(context: Context) -> Iterator[str]:
    everything = context.with_ignore_text("")
    for folder in _FOLDERS:
        for name in everything.entries(folder) or ():
            if name in _NAMES or name.endswith(_ENDS):
                yield everything.head(f"{folder}/{name}".lstrip("/"), _LARGEST) or ""


def _needing(facts: Facts) -> Iterator[str]:
    """The base images of stages that install from lists before they fetch their own."""
    settled: set[int] = set()
    for run in facts.runs:
        outer = facts.outermost[run.place.stage]
        if outer.index in settled or not isinstance(run.script, Script):
            continue
        lists = lists_of(run.script)
        if lists.needy and outer.base:
            yield outer.base
        if lists.fetches is not None or lists.needy:
            settled.add(outer.index)
