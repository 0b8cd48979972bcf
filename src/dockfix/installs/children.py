"""Other Dockerfiles of the build context that install from lists which this image may leave them.

    services:                                 FROM team/base
      base: {build: ., image: team/base}      RUN apt-get install -y git

An image that others are built on elsewhere leaves them no lists, as official images leave none.
Those that can be seen are asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.parser import parse
from dockfix.errors import DockfixError
from dockfix.installs.lists import lists_of, speaks_of_apt
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.state.base_images import is_official
from dockfix.state.facts import Facts

#: Files that give images their names.
_NAMES = frozenset(("GNUmakefile", "Jenkinsfile", "Makefile", "Tiltfile", "justfile", "makefile"))
_ENDS = (".hcl", ".mk", ".sh", ".yaml", ".yml", "bake.json")
_FOLDERS = ("", ".github/workflows", ".circleci", "build", "ci", "deploy", "docker", "scripts")
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
