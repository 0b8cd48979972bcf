"""What is of no use in an image is left out of the build, by lines in .dockerignore.

    COPY . .        with .git, node_modules, .idea and .env beside the Dockerfile

gets these lines into `.dockerignore`, those that match something and no others; the Dockerfile
itself stays as it is.

Why: a directory that is copied comes with everything in it. The history is often larger than the
source; `node_modules` of the developer's machine lies over the one that the build installed; a
changed editor setting or a new commit builds everything again; and what is in `.env` or a key file
is in the image for everybody who can pull it.

What it leaves alone: what a COPY or ADD of any Dockerfile of the context names; what an exception
(`!`) in the ignore file brings back on purpose; what a command in a Dockerfile mentions, and the
history where something may ask for it (`git describe`, `go build`, which stamps it into programs,
setuptools-scm and its like in a manifest); files with variables in a source, and contexts with a
Dockerfile that cannot be read. Names that a project could use for something of its own (`dist`,
`build`, `docs`, `tests`) are not on the list. A file that was not there before is written only
when the pass is named in `--select` or `--extend-select`; else a note says what it would hold.

Safety: left out as safe are directories of version control, caches of tools, what editors and
desktops leave behind, and Dockerfiles and Compose files: the image is without them, and nothing in
it asks for them. `node_modules` is safe where the same file installs it, all of it, in the very
directory where it would have landed, and `target` where Cargo or Maven makes it and the stage is
not the last one. Everything else is unsafe, since a program may read it when it runs: environment
and key files, virtual environments, dependencies that nobody installs.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.edits import Group, Safety
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, bases, copy_of, resolve
from dockfix.syntax.tree import Dockerfile, Instruction, Stage
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context.clutter import Clutter, Surroundings

_ALWAYS_SAFE = ("history", "cache", "editor", "containers")


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group of the safe lines and one of the unsafe ones, at the first COPY of a directory."""
    context = settings.context
    if context is None or dockerfile.escape == "`":
        return
    copies = _copies(dockerfile, context)
    if not copies:
        return
    from dockfix.context.clutter import Surroundings, anywhere, find

    folders = dict.fromkeys(source for copy in copies for source in _directories(copy, context))
    found = find(context, folders)
    only_noted = context.ignore_text() is None and PASS.code not in settings.named
    # a file for the Dockerfile alone is not worth its place
    if not found or (only_noted and all(one.kind == "containers" for one in found)):
        return
    around = Surroundings(dockerfile, context)
    if not around.told:
        return
    found = [one for one in found if not around.keeps(one) and not _brought_back(one, context)]
    safe = [one.line for one in found if _is_safe(one, dockerfile, copies, around)]
    unsafe = [one.line for one in found if one.line not in safe]
    offset = copies[0].instruction.keyword_offset
    if only_noted:
        if any(one.kind != "containers" for one in found):
            yield Group(offset, _missing([*safe, *unsafe]), (), Safety.NOTE)
        return
    if safe:
        message = f"the image has no use for {_listed(safe)}"
        yield Group(offset, message, (), Safety.SAFE, tuple(safe), declares=anywhere(safe))
    if unsafe:
        message = f"{_listed(unsafe)} of this machine would be in the image"
        yield Group(offset, message, (), Safety.UNSAFE, tuple(unsafe), declares=anywhere(unsafe))


def _copies(dockerfile: Dockerfile, context: Context) -> list[Copy]:
    """The instructions that copy a directory of the context."""
    if "COPY" not in dockerfile.source.upper() and "ADD" not in dockerfile.source.upper():
        return []
    starting = bases(dockerfile)
    return [
        copy
        for stage in dockerfile.stages
        for one in stage.instructions
        if one.keyword in ("COPY", "ADD")
        and (copy := copy_of(one, starting[one.start])) is not None
        and copy.origin is None
        and _directories(copy, context)
    ]


def _directories(copy: Copy, context: Context) -> list[str]:
    stars = [source for source in copy.sources if source.rpartition("/")[2] in ("*", ".*")]
    named = [source for source in copy.sources if context.kind(source) == "directory"]
    return [*named, *(source.rpartition("/")[0] for source in stars)]


def _brought_back(one: Clutter, context: Context) -> bool:
    """Whether the ignore file has an exception for it, or for something in it."""
    text = context.ignore_text()
    if not text or "!" not in text:
        return False
    from dockfix.context.ignorefile import parse

    rules = parse(text)
    return rules is None or any(
        pattern.exception and (pattern.matches(path) or pattern.text.startswith(path + "/"))
        for pattern in rules.patterns
        for path in one.paths
    )


def _is_safe(
    one: Clutter, dockerfile: Dockerfile, copies: list[Copy], around: Surroundings
) -> bool:
    if one.kind in _ALWAYS_SAFE:
        return True
    if one.kind not in ("dependencies", "output") or len(around.dockerfiles) > 2:
        return False
    bringing = [
        (copy, path, source)
        for copy in copies
        for path in one.paths
        for source in copy.sources
        if source in ("", "*") or path.startswith(source + "/")
    ]
    runs = [_scripts_at(_landing(*each), dockerfile) for each in bringing]
    found = one._replace(paths=tuple(path for _, path, _ in bringing))
    if not bringing or not around.installs(found, runs):
        return False
    last = _last_stages(dockerfile)
    return one.kind == "dependencies" or not any(
        copy.instruction in stage.instructions for copy, _, _ in bringing for stage in last
    )


def _landing(copy: Copy, path: str, source: str) -> str | None:
    """The directory of the image in which a path of the context would lie."""
    inside = path[len(source.rstrip("*")) :].strip("/").rpartition("/")[0]
    return resolve(copy.target, inside) if inside else copy.target


def _scripts_at(directory: str | None, dockerfile: Dockerfile) -> list[str]:
    """The scripts of the RUNs that start in a directory."""
    starting = bases(dockerfile)
    return [
        _script(one)
        for stage in dockerfile.stages
        for one in stage.instructions
        if one.keyword == "RUN" and starting[one.start] == directory
    ]


def _script(run: Instruction) -> str:
    return "\n".join((run.arguments, *(body.content for body in run.heredocs)))


def _last_stages(dockerfile: Dockerfile) -> list[Stage]:
    """The last stage and those that it is built from."""
    found = [dockerfile.stages[-1]]
    while (base := found[-1].base_stage) is not None:
        found.append(dockerfile.stages[base])
    return found


def _listed(lines: list[str]) -> str:
    return lines[0] if len(lines) == 1 else f"{', '.join(lines[:-1])} and {lines[-1]}"


def _missing(lines: list[str]) -> str:
    return (
        f"without a .dockerignore the builder is sent {_listed(lines)}: "
        "dockfix --in-place --select dockerignore writes one"
    )


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The Dockerfile itself is the same."""
    return None if before.source == after.source else "the Dockerfile is not the same"


_NODE = 'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "server.js"]\n'
_PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
_OLD = (".dockerignore", "*.log\n")
_GIT = (".git/HEAD", "ref: refs/heads/main\n")

PASS = Pass(
    code="DF403",
    name="dockerignore",
    summary="Leave out of the build what is of no use in an image",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            _NODE,
            files=(
                ("server.js", ""), ("package.json", "{}"), ("Dockerfile", _NODE), _GIT,
                ("node_modules/a/index.js", ""), (".idea/x.xml", ""),
            ),
            ignore_file=".git\n.idea\nnode_modules\nDockerfile\n",
        ),
        Example(
            _PYTHON,
            files=(_OLD, _GIT, ("requirements.txt", ""), ("a/__pycache__/b.pyc", "")),
            ignore_file="*.log\n.git\n**/__pycache__\n",
        ),
        Example(
            _PYTHON,
            files=(_OLD, (".env", "KEY=1\n"), ("requirements.txt", "")),
            ignore_file="*.log\n.env\n",
            unsafe=True,
            why="a program may read it when it runs",
        ),
        Example(
            "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n",
            files=(_OLD, ("server.js", ""), ("node_modules/a/index.js", "")),
            ignore_file="*.log\nnode_modules\n",
            unsafe=True,
            why="nothing else would bring them",
        ),
        Example(
            "FROM golang:1.24\nWORKDIR /src\nCOPY . .\nRUN go build -o /app\n",
            files=(_GIT, ("main.go", "")),
            why="go build stamps the commit into the program",
        ),
        Example(
            _PYTHON,
            files=(_GIT, ("pyproject.toml", '[build-system]\nrequires = ["setuptools-scm"]\n')),
            why="the version is made from the history",
        ),
        Example(
            "FROM python:3.12\nCOPY . /app\nCOPY .env /app/\n",
            files=(("a.py", ""), (".env", "")),
            why="it is copied by name",
        ),
        Example(
            "FROM python:3.12\nCOPY . /app\n",
            files=(("a.py", ""), (".env", ""), (".dockerignore", "*\n!a.py\n!.env\n")),
            why="somebody wants it in the image",
        ),
        Example(
            "FROM python:3.12\nCOPY src /app\n",
            files=(("src/a.py", ""), _GIT),
            why="the history is not copied",
        ),
        Example("FROM python:3.12\nCOPY . /app\n", why="nobody knows the build context"),
    ),
)  # fmt: skip
