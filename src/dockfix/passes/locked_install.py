"""Installs what the lock file says, and fails where it does not fit.

What it does: `npm install` becomes `npm ci`; yarn and pnpm get `--frozen-lockfile` (yarn from
version 2 on `--immutable`), pipenv `--deploy`, `uv sync` `--locked`; bundler is told by `bundle
config set frozen true`; `composer update` and `poetry update` become `install`. Only where the
build context is at hand, its lock file is there, and a COPY brings it to where the install runs.

Why: an install that may bring its lock file up to date installs what is new on the day of the
build. The image is another one every day, and what was tested is not what runs.

What it leaves alone: installs of packages by name (`npm install express` is something else), of
anything global, with options that speak of the lock file already, with words that are not settled
in the script, or beside a command that names the lock file (to remove it, say); bundler where
`frozen` or `deployment` is spoken of anywhere in the file; installs below a directory that is not
known.

Safety: unsafe. A lock file that does not fit its manifest stops the build, as it should; one that
fits may name other versions than those installed today. `npm ci` also removes node_modules first.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import places, script_of, source_span
from dockfix.packages.locks import FROZEN, OPTIONS, locking_of
from dockfix.packages.manifests import UnsureError
from dockfix.packages.project import Copied
from dockfix.packages.reads import placed
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, bases, copy_of, resolve
from dockfix.shell.tree import Script
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile, Instruction

_PROGRAMS = ("npm", "yarn", "pnpm", "pipenv", "uv", "bundle", "composer", "poetry")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each install that need not keep to its lock file."""
    context = settings.context
    if context is None or not any(name in dockerfile.source for name in _PROGRAMS):
        return
    starting = bases(dockerfile)
    above: dict[int | None, list[Copy | None]] = {None: []}
    for stage in dockerfile.stages:
        copies = above[stage.base_stage].copy()
        for one in stage.instructions:
            if one.keyword in ("COPY", "ADD"):
                copies.append(copy_of(one, starting[one.start]))
            elif one.keyword == "RUN" and any(name in one.arguments for name in _PROGRAMS):
                yield from _groups(dockerfile, one, copies, starting[one.start], context)
        above[stage.index] = copies


def _groups(
    dockerfile: Dockerfile,
    run: Instruction,
    copies: list[Copy | None],
    base: str,
    context: Context,
) -> Iterator[Group]:
    script = script_of(run, places(dockerfile)[run.start])
    if not isinstance(script, Script):
        return
    hidden = shadowed(script)
    for folder, command in placed(script):
        here = resolve(base, folder) if folder else base
        if here is None or (command.words and command.words[0].value in hidden):
            continue
        project = Copied(copies, here, context)
        found = locking_of(command, berry=False)
        if found is None or (found.manager == "bundle" and _speaks_of_frozen(dockerfile)):
            continue
        if any(name in script.text for name in found.locks):
            continue
        try:
            if not any(project.kind(name) == "file" for name in found.locks):
                continue
            if found.manager == "yarn" and _is_berry(project):
                found = locking_of(command, berry=True) or found
        except UnsureError:
            continue
        start, end = source_span(run, found.start, found.end)
        if found.text[0] == " ":
            # behind a word: what the line goes on with stays where it is
            start = end = source_span(run, found.start - 1, found.end)[1]
        yield Group(
            source_span(run, command.start, command.end)[0],
            f"keep to {found.locks[0]}: {found.now.removesuffix(' && ')}",
            (Edit(start, end, found.text),),
            Safety.UNSAFE,
        )


def _is_berry(project: Copied) -> bool:
    return (
        project.kind(".yarnrc.yml") is not None
        or "__metadata:" in (project.read("yarn.lock") or "")[:400]
    )


def _speaks_of_frozen(dockerfile: Dockerfile) -> bool:
    source = dockerfile.source.lower()
    return "frozen" in source or "deployment" in source


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands with the same words, but for those that speak of a lock file."""
    for was, now in zip(_digest(before), _digest(after), strict=True):
        if was != now:
            return "a command has changed by more than its way with the lock file"
    return None


def _digest(dockerfile: Dockerfile) -> Iterator[list[list[str]] | str]:
    known = places(dockerfile)
    for one in dockerfile.instructions:
        script = script_of(one, known[one.start]) if one.keyword == "RUN" else None
        if not isinstance(script, Script):
            yield "" if one.keyword == "RUN" else one.arguments
            continue
        commands = [[word.text for word in simple.words] for simple in script.simples]
        yield [_unlocked(words) for words in commands if words != [*FROZEN]]


def _unlocked(words: list[str]) -> list[str]:
    """The words of a command that does not mind its lock file."""
    found = [word for word in words if word not in OPTIONS]
    if found[:1] == ["yarn"] and "install" not in found:
        found.insert(1, "install")
    if found[:1] in (["npm"], ["composer"], ["poetry"]) and found[1:]:
        found[1] = "install" if found[1] in ("ci", "i", "update") else found[1]
    return found


_NODE = "FROM node:22\nWORKDIR /app\n"
_LOCKED = (("package.json", "{}"), ("package-lock.json", "{}"))

PASS = Pass(
    code="DF405",
    name="locked-install",
    summary="Install what the lock file says, or nothing",
    safety=Safety.UNSAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            _NODE + "COPY package*.json ./\nRUN npm install --omit=dev\n",
            _NODE + "COPY package*.json ./\nRUN npm ci --omit=dev\n",
            unsafe=True,
            files=_LOCKED,
        ),
        Example(
            _NODE + "COPY . .\nRUN cd web && yarn && yarn build\n",
            _NODE + "COPY . .\nRUN cd web && yarn install --frozen-lockfile && yarn build\n",
            unsafe=True,
            files=(("web/yarn.lock", "# yarn lockfile v1\n"),),
        ),
        Example(
            _NODE + "COPY . .\nRUN yarn install\n",
            _NODE + "COPY . .\nRUN yarn install --immutable\n",
            unsafe=True,
            files=(("yarn.lock", "__metadata:\n  version: 8\n"),),
        ),
        Example(
            _NODE + "COPY . .\nRUN pnpm i --prod\n",
            _NODE + "COPY . .\nRUN pnpm i --frozen-lockfile --prod\n",
            unsafe=True,
            files=(("pnpm-lock.yaml", ""),),
        ),
        Example(
            "FROM python\nCOPY Pipfile* /x/\nWORKDIR /x\nRUN pipenv install --system\n",
            "FROM python\nCOPY Pipfile* /x/\nWORKDIR /x\nRUN pipenv install --deploy --system\n",
            unsafe=True,
            files=(("Pipfile", ""), ("Pipfile.lock", "{}")),
        ),
        Example(
            "FROM ruby\nWORKDIR /x\nCOPY Gemfile* ./\nRUN bundle install\n",
            "FROM ruby\nWORKDIR /x\nCOPY Gemfile* ./\n"
            "RUN bundle config set frozen true && bundle install\n",
            unsafe=True,
            files=(("Gemfile", ""), ("Gemfile.lock", "")),
        ),
        Example(
            "FROM composer\nWORKDIR /x\nCOPY . .\nRUN composer update --no-dev\n",
            "FROM composer\nWORKDIR /x\nCOPY . .\nRUN composer install --no-dev\n",
            unsafe=True,
            files=(("composer.json", "{}"), ("composer.lock", "{}")),
        ),
        *(
            Example(_NODE + text, why=why, files=files)
            for text, why, files in (
                ("COPY . .\nRUN npm install express\n", "a package by name", _LOCKED),
                ("COPY . .\nRUN npm install -g\n", "for everybody", _LOCKED),
                ("COPY package.json .\nRUN npm install\n", "the lock file is not copied", _LOCKED),
                ("COPY . .\nRUN npm install --no-save\n", "npm ci knows no such option", _LOCKED),
                ("COPY . .\nRUN npm install $ARGS\n", "nobody knows what is installed", _LOCKED),
                ("COPY . .\nRUN npm install\n", "no lock file", (("package.json", "{}"),)),
                ("COPY . .\nRUN rm package-lock.json && npm i\n", "it is not wanted", _LOCKED),
                ("COPY . .\nRUN yarn install --immutable\n", "locked", (("yarn.lock", ""),)),
                ("COPY . .\nRUN x || bundle install\n", "x decides", (("Gemfile.lock", ""),)),
            )
        ),
        Example(_NODE + "COPY . .\nRUN npm install\n", why="without the context nobody knows"),
    ),
    changes=(
        "/**/node_modules/**",
        "/**/vendor/**",
        "/**/.venv/**",
        "/**/site-packages/**",
        "/usr/local/bundle/**",
        "/**/*.lock",
        "/**/*-lock.*",
    ),
)
