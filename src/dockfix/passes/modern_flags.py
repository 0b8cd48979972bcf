"""Options in the spelling of today, where the old one means exactly the same.

What it does: `npm install --production`, `npm ci --only=production` and the like become
`--omit=dev`, `--no-optional` becomes `--omit=optional`; `gem install --no-ri --no-rdoc` becomes
`--no-document`; pip's `--no-cache`, which works because an option may be cut short, is written out
as `--no-cache-dir`.

Why: npm warns about the old options and may drop them with any major version; RubyGems 3 did drop
its own, so that the build fails there.

What it leaves alone: npm where the base is not the official node image of version 16 or later
(npm 6 takes `--omit` for nothing and would install everything), or where the file installs an npm
of its own choice; gem where the base is not the official ruby image from 2.0 on, or with one of the
two options alone. Commands whose environment, options or `.npmrc` speak of `omit` already: given on
the command line it replaces those, while the old options add to them. `npm run build --production`
and the like, where the option reaches somebody's script.

Safety: safe. npm 7 and later turn the old options into entries of `omit` and do nothing else with
them (`@npmcli/config`, definitions); RubyGems 2 defines `--no-document` as both old options
together; pip's option parser accepts a beginning that fits one option only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from dockfix.context import Context
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, outermost, places, scripts, source_span
from dockfix.packages import action_of
from dockfix.packages.language import GEM, NPM, PIP
from dockfix.packages.manager import Manager
from dockfix.passes.base import Example, Pass, Settings
from dockfix.passes.signs import OLD_FLAGS
from dockfix.patterns import lazy
from dockfix.remembered import remembered
from dockfix.shell.tree import Script, Simple, Word
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile, Instruction

_NPM = {
    "--production": "--omit=dev",
    "--production=true": "--omit=dev",
    "--only=prod": "--omit=dev",
    "--only=production": "--omit=dev",
    "--no-optional": "--omit=optional",
}
_NPM_VERBS = frozenset(("install", "i", "in", "add", "ci", "clean-install", "prune", "update"))
#: Signs that a file does not use the npm of its base image.
_NPM_OTHER = lazy(r"npm@|\bnvm\b|--from=\S{1,99}[ \t]/usr/local|\.npmrc")
_GEM = ("--no-ri", "--no-rdoc")
_NODE = lazy(
    r"(?:(?:docker\.io/)?library/)?node(?::(?:(?:1[6-9]|[2-9]\d)[\d.]*|latest|lts|current|alpine"
    r"|slim|trixie|bookworm|bullseye|gallium|hydrogen|iron|jod|krypton)(?:-[\w.-]+)?)?"
)
_RUBY = lazy(
    r"(?:(?:docker\.io/)?library/)?ruby(?::(?:[2-9](?:\.[\d.]+)?|latest|alpine|slim)(?:-[\w.-]+)?)?"
)


#: The managers whose options have changed.
_CHANGED = frozenset((PIP.name, GEM.name, NPM.name))


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each command with an old option."""
    for instruction, script in scripts(dockerfile):
        if not any(map(script.text.__contains__, OLD_FLAGS)):
            continue
        hidden = shadowed(script)
        for simple in script.simples:
            found = action_of(simple)
            if (
                found is None
                or found[0].name not in _CHANGED
                or not hidden.isdisjoint([word.text for word in simple.words])
            ):
                continue
            changes = _changes(dockerfile, instruction, script, simple, found[0], settings)
            edits = _edits(instruction, script, changes)
            if edits:
                names = dict.fromkeys(new for _, new in changes if new)
                yield Group(
                    source_span(instruction, changes[0][0].start, changes[0][0].end)[0],
                    f"write {' and '.join(names)}, as {found[0].name} calls it today",
                    edits,
                )


def _changes(
    dockerfile: Dockerfile,
    instruction: Instruction,
    script: Script,
    simple: Simple,
    manager: Manager,
    settings: Settings,
) -> list[tuple[Word, str]]:
    """The options of a command that have a new name, and that name ("" for one that goes)."""
    words = list(takewhile(lambda word: word.text != "--", simple.words))
    if manager is PIP:
        return [(word, "--no-cache-dir") for word in words if word.text == "--no-cache"]
    if manager is GEM and _RUBY.fullmatch(_image(dockerfile, instruction)):
        old = [word for word in words if word.text in _GEM]
        if {word.text for word in old} != {*_GEM}:
            return []
        return [(old[0], "--no-document"), *((word, "") for word in old[1:])]
    if (
        manager is NPM
        and _NODE.fullmatch(_image(dockerfile, instruction))
        and any(word.text in _NPM_VERBS for word in words)
        and not _has_other_npm(dockerfile)
        and not _omits_already(places(dockerfile)[instruction.start], script, settings.context)
    ):
        return [(word, _NPM[word.text]) for word in words if word.text in _NPM]
    return []


@remembered
def _has_other_npm(dockerfile: Dockerfile) -> bool:
    """Whether a file may bring an npm that is not the one of the image, or settings of its own."""
    return _NPM_OTHER.search(dockerfile.source) is not None


def _image(dockerfile: Dockerfile, instruction: Instruction) -> str:
    stage = places(dockerfile)[instruction.start].stage
    name, _, digest = (outermost(dockerfile)[stage].base or "").partition("@")
    return name if ":" in name or not digest else ""


def _omits_already(place: Place, script: Script, context: Context | None) -> bool:
    """Whether a list of what to omit comes from elsewhere, which `--omit` would replace."""
    if "omit" in script.text.lower():
        return True
    if any(name in place.names for name in ("NPM_CONFIG_OMIT", "npm_config_omit")):
        return True
    return context is not None and "omit" in (context.read(".npmrc") or "")


def _edits(
    instruction: Instruction, script: Script, changes: list[tuple[Word, str]]
) -> tuple[Edit, ...]:
    edits = []
    for word, new in changes:
        before = word.start if new else len(script.text[: word.start].rstrip(" \t"))
        start, end = source_span(instruction, before, word.end)
        if any(start < comment.start < end for comment in instruction.comments):
            return ()
        edits.append(Edit(start, end, new))
    return tuple(edits)


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands with the same words, the old options and the new ones aside."""
    old, new = scripts(before), scripts(after)
    if len(old) != len(new):
        return "a script came or went"
    for (_, was), (_, now) in zip(old, new, strict=True):
        if was.text != now.text and _modern(was) != _modern(now):
            return f"more than old options changed in `{now.text[:60]}`"
    return None


def _modern(script: Script) -> list[list[str]]:
    """The words of each command, with old options in their new spelling and in order."""
    found = []
    for simple in script.simples:
        words = [_NPM.get(word.text, word.text) for word in simple.words]
        if {*_GEM} <= {*words}:
            words = ["--no-document", *(word for word in words if word not in _GEM)]
        words = ["--no-cache-dir" if word == "--no-cache" else word for word in words]
        found.append(sorted(words))
    return found


PASS = Pass(
    code="DF305",
    name="modern-flags",
    summary="Write options in the spelling that today's managers know",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            "FROM node:16\nRUN npm ci --only=production\n",
            "FROM node:16\nRUN npm ci --omit=dev\n",
        ),
        Example(
            "FROM node:20-alpine\nRUN npm i --production --no-optional && npm start\n",
            "FROM node:20-alpine\nRUN npm i --omit=dev --omit=optional && npm start\n",
        ),
        Example(
            "FROM node:lts AS build\nRUN npm ci && npm run build\nFROM build\n"
            "RUN npm prune --production\n",
            "FROM node:lts AS build\nRUN npm ci && npm run build\nFROM build\n"
            "RUN npm prune --omit=dev\n",
        ),
        Example(
            "FROM ruby:3.3\nRUN gem install rack --no-ri --no-rdoc -v 3.0.0\n",
            "FROM ruby:3.3\nRUN gem install rack --no-document -v 3.0.0\n",
            why="RubyGems 3 stops at the old ones",
        ),
        Example(
            "FROM python\nRUN pip install --no-cache flask\n",
            "FROM python\nRUN pip install --no-cache-dir flask\n",
        ),
        Example("FROM node:14\nRUN npm ci --only=production\n", why="npm 6 knows no --omit"),
        Example(
            "FROM debian\nRUN npm install --production\n", why="which npm that is, nobody knows"
        ),
        Example(
            "FROM node:16\nRUN npm install -g npm@6\nRUN npm install --production\n",
            why="the file brings an npm of its own",
        ),
        Example(
            "FROM node:16\nENV NPM_CONFIG_OMIT=optional\nRUN npm install --production\n",
            why="--omit on the command line would replace what the environment says",
        ),
        Example(
            "FROM node:16\nRUN npm install --production\n",
            why="--omit on the command line would replace what .npmrc says",
            files=((".npmrc", "omit[]=peer\n"),),
        ),
        Example("FROM node:20\nRUN npm run build --production\n", why="a script may look at it"),
        Example("FROM ruby:3.3\nRUN gem install rack --no-ri\n", why="the other half stays"),
        Example("FROM ruby:1.9\nRUN gem install rack --no-ri --no-rdoc\n", why="too old for it"),
        Example("FROM alpine\nRUN apk add --no-cache git\n", why="that is how apk calls it"),
    ),
)
