"""A COPY of source goes below the install that does not read it; the manifests alone stay above.

What it does: a COPY (or ADD) of files of the build context moves below the last RUN that installs
packages and reads none of them. Where the install reads a few (package.json, a lock file), these
are copied by name right above it, to the same place, with the same flags, and the COPY of
everything comes after. A RUN that installs and then builds is divided, if the COPY can go between.
What the install writes into the project (node_modules, obj, a vendor folder) is left out by a line
in .dockerignore, even where there is none yet: it would come over that of the image.

    COPY . .                           COPY package.json package-lock.json ./
    RUN npm ci && npm run build        RUN npm ci
                                       COPY . .
                                       RUN npm run build

Why: an edited file rebuilds every instruction below its COPY. With the source above `pip install -r
requirements.txt`, one changed line installs everything again; with the source below, it copies one
file.

What an install reads is told by its words and, with the build context at hand, by its manifests: a
list of requirements may name other lists, a workspace has manifests of its own, a go.mod may
replace a module by a folder. `packages/manifests` has the rules of each manager; one that is unsure
says why, and that is reported. Without a context, the move is safe for installs that read no
manifest, and for `pip install -r` where what is copied lands beside the manifest's directory and
does not look like packaging; else it is unsafe, or left alone.

What it leaves alone: an install that reads the source (`pip install .`, a `postinstall` script, a
`gemspec`); a COPY that would come over what the install writes (a node_modules in the context),
unless a line in .dockerignore can keep that out; destinations with variables, or that cannot be
compared because the working directory is the base image's own; a RUN with a command, option or
package that is not understood, a bind mount or a here-document; VOLUME and ONBUILD in between, a
WORKDIR that a relative destination depends on, or that would make the directory first where
`--chown` gives it to somebody; a RUN whose rest removes something, which would then stay in a
layer; a row with more than 2,500 pairs of a COPY and a command, or below more than 400 COPYs; COPY
--from and ADD of a URL, which do not change with the source; and a RUN that fetches lists of
packages for a later RUN below the source, which would find them stale. Where an install of the
project's packages is concerned, a note says why.

Safety: every install finds the same files, and what it writes stays: the image holds the same
files, times aside, and the mode of a directory that the COPY itself would have made. Safe where the
above proves it, unsafe where it has to be taken on trust: install scripts of unknown packages, a
lock file that the install may bring up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.edits import Group, Safety
from dockfix.facts import places, script_of
from dockfix.order.rows import rows
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, bases, copy_of
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Dockerfile, Stage
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.order.sinking import Sinking, Stay, Step


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One group for each row of COPY and RUN that can be put in a better order."""
    found = rows(dockerfile, settings.context)
    if not any(worth for stage_rows in found for _, worth in stage_rows):
        return
    from dockfix.order.candidates import candidates
    from dockfix.order.sinking import Row

    for stage, steps, around in candidates(dockerfile, found, settings.context):
        safely = Row(steps, around, trusting=False)
        trusting = safely.doubted and not safely.moves
        row = Row(steps, around, trusting=True) if trusting else safely
        if row.moves:
            yield _group(dockerfile, stage, steps, row.moves, settings)
        elif safely.stays:
            yield from _note(safely.stays[0], settings)


def _note(stay: Stay, settings: Settings) -> Iterator[Group]:
    """What is said of a directory that has to stay above an install of its packages."""
    copy = stay.step.copy
    if copy is None or not copy.brings_trees(settings.context):
        return
    reason = stay.reason
    if settings.context is None:
        reason = "what it reads is told by the build context, which is not at hand"
    message = f"stays above {stay.manager}, which installs everything again for any change"
    yield Group(stay.step.instruction.keyword_offset, f"{message}: {reason}", (), Safety.NOTE)


def _group(
    dockerfile: Dockerfile,
    stage: Stage,
    steps: Sequence[Step],
    moves: list[Sinking],
    settings: Settings,
) -> Group:
    from dockfix.order.sunk import sunk

    made = sunk(dockerfile, steps, moves, settings.context)
    reason = next((move.doubt for move in moves if move.doubt), "")
    message = _message(dockerfile, stage, steps, moves, made.added)
    ignored = tuple(
        dict.fromkeys(
            tree
            for move in moves
            for tree in (*move.written, *(() if settings.alone else move.expected))
        )
    )
    if ignored and settings.context and not settings.alone:
        message += f"; {_listed(ignored)} {'go' if ignored[1:] else 'goes'} into .dockerignore"
    return Group(
        moves[0].step.instruction.keyword_offset,
        f"{message}; {reason}" if reason else message,
        made.edits,
        Safety.UNSAFE if reason else Safety.SAFE,
        ignored,
    )


def _listed(lines: Sequence[str]) -> str:
    return ", ".join(lines[:3]) + (f" and {len(lines) - 3} more" if lines[3:] else "")


def _message(
    dockerfile: Dockerfile, stage: Stage, row: Sequence[Step], moves: list[Sinking], added: int
) -> str:
    """What an install reads of a COPY, and what an edited file rebuilds before and after."""
    from dockfix.order.steps import is_step, rebuilt, total

    move = next((one for one in moves if one.needs), moves[0])
    start, below = move.step.instruction.start, move.below.instruction.start
    moved = {one.step.instruction.start for one in moves}
    passed = sum(
        start < one.start <= below and one.start not in moved and is_step(one)
        for one in (step.instruction for step in row)
    ) - bool(move.cut)
    before = rebuilt(dockerfile, stage, start)
    steps = total(dockerfile)
    chains = [*(run.chain for run, needs in move.needs if needs), move.below.chain]
    installs = [one for chain in chains if chain for one in chain.reads if one.installs]
    reading = [one for one in installs if move.needs and (one.manifests or one.optional)]
    managers = list(dict.fromkeys(one.manager for one in reading or installs[:1]))
    names = [source for _, needs in move.needs for source, _ in needs]
    reads = f"only {' and '.join(names)}" if 0 < len(names) < 3 else str(len(names) or "none")
    read, install = ("reads", "installs") if len(managers) < 2 else ("read", "install")
    return (
        f"{' and '.join(managers)} {read} {reads} of these files, yet {install} everything again"
        " for any change:"
        f" an edited file rebuilds {before - passed} of {steps + added} steps instead of"
        f" {before} of {steps}, the install no longer among them"
    )


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Whether all instructions are there, and no COPY but of files that are copied again below.

    COPY and ADD may stand further down, and copy to the same place; a RUN may be two.
    """
    for old, new in zip(before.stages, after.stages, strict=True):
        commands, copies = _order(before, old)
        others, sunk = _order(after, new)
        if commands != others:
            return "something else than COPY and ADD has changed"
        for key, places_after in sunk.items():
            places_before = copies.pop(key, [])
            extra = len(places_after) - len(places_before)
            if extra < 0:
                return "a COPY is missing, or copies to another place"
            if any(
                now < was
                for (was, _), (now, _) in zip(places_before, places_after[extra:], strict=True)
            ):
                return "a COPY moved up"
            for index, copy in places_after[:extra]:
                below = [one for rows in sunk.values() for at, one in rows if at > index]
                if not any(_is_part(copy, one) for one in below):
                    return "a COPY is added of what is not copied below it"
        if copies:
            return "a COPY is missing, or copies to another place"
    return None


_Key = tuple[str, str, int]


def _order(
    dockerfile: Dockerfile, stage: Stage
) -> tuple[list[tuple[str, ...]], dict[_Key, list[tuple[int, Copy | None]]]]:
    """The instructions of a stage that do not copy, the commands of RUNs one by one, and, for each
    COPY, how many of these stand above it.

    A COPY is known by its text, where it copies to and, if it has variables, how many instructions
    above it may set one.
    """
    from dockfix.packages.reads import chained

    known, starting = places(dockerfile), bases(dockerfile)
    commands: list[tuple[str, ...]] = []
    copies: dict[_Key, list[tuple[int, Copy | None]]] = {}
    setters = 0
    for one in stage.instructions:
        text = dockerfile.source[one.keyword_offset : one.end].rstrip("\r\n")
        setters += one.keyword in ("ARG", "ENV")
        if one.keyword in ("COPY", "ADD"):
            copy = copy_of(one, starting[one.start])
            target = copy.target if copy else starting[one.start]
            key = (text, target, setters if "$" in text else 0)
            copies.setdefault(key, []).append((len(commands), copy))
            continue
        script = script_of(one, known[one.start]) if one.keyword == "RUN" else None
        chain = chained(script) if isinstance(script, Script) and not one.comments else None
        flags = [flag.text for flag in one.flags]
        commands += [("RUN", *flags, *part) for part in chain] if chain else [(one.keyword, text)]
    return commands, copies


def _is_part(copy: Copy | None, whole: Copy | None) -> bool:
    """Whether all that a COPY brings is brought again, to the same place, by another."""
    if copy is None or whole is None or copy.origin is not None or whole.origin is not None:
        return False
    flags = [[flag.text for flag in one.instruction.flags] for one in (copy, whole)]
    return flags[0] == flags[1] and all(
        source in whole.brings(copy.target, None)
        or source in whole.brings(f"{copy.target.rstrip('/')}/{source.rpartition('/')[2]}", None)
        for source in copy.sources
    )


_APP = "FROM python:3.12\nWORKDIR /app\n"
_PIP = "RUN pip install -r requirements.txt\n"
_NODE = "FROM node:22\nWORKDIR /app\n"

PASS = Pass(
    code="DF401",
    name="install-before-source",
    summary="Install dependencies before copying source, so that a changed line installs nothing",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            _APP + "COPY requirements.txt /app/\nCOPY app /app/app\n" + _PIP,
            _APP + "COPY requirements.txt /app/\n" + _PIP + "COPY app /app/app\n",
        ),
        Example(
            _APP + "COPY requirements.txt .\n# the source\nCOPY . .\n" + _PIP,
            _APP + "COPY requirements.txt .\n" + _PIP + "# the source\nCOPY . .\n",
            why="requirements.txt is seen to name nothing of the project",
            files=(("requirements.txt", "flask==3.0\n"), ("app.py", "")),
        ),
        Example(
            _APP + "COPY . .\n" + _PIP,
            _APP + "COPY requirements.txt base.txt ./\n" + _PIP + "COPY . .\n",
            why="the first list names the second",
            files=(("requirements.txt", "-r base.txt\n"), ("base.txt", "flask\n"), ("a.py", "")),
        ),
        Example(
            _NODE + "COPY . .\nRUN npm ci && npm run build\n",
            _NODE
            + "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
            why="a node_modules of somebody's machine would now come over that of the image",
            ignore_file="node_modules\n",
            files=(("package.json", "{}"), ("package-lock.json", '{"packages": {}}'), ("a.js", "")),
        ),
        Example(
            _NODE + "COPY . .\nRUN npm ci\n",
            _NODE + "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
            why="npm ci would have removed them anyway",
            ignore_file="node_modules\n",
            files=(
                ("package.json", "{}"),
                ("package-lock.json", '{"packages": {}}'),
                ("node_modules/a/index.js", ""),
            ),
        ),
        Example(
            _APP + "COPY requirements.txt .\nCOPY . .\n" + _PIP,
            _APP + "COPY requirements.txt .\n" + _PIP + "COPY . .\n",
            why="requirements.txt cannot be seen, and might name a file of the project",
            unsafe=True,
        ),
        Example(
            "FROM debian\nCOPY src /src\nRUN apt-get update && apt-get install -y gcc\n",
            "FROM debian\nRUN apt-get update && apt-get install -y gcc\nCOPY src /src\n",
        ),
        Example(
            _NODE + "COPY package*.json ./\nCOPY . .\nRUN npm ci\n",
            _NODE + "COPY package*.json ./\nRUN npm ci\nCOPY . .\n",
            why="neither package.json nor a package of the lock file runs a script",
            ignore_file="node_modules\n",
            files=(
                ("package.json", '{"dependencies": {"express": "^4.0.0"}}'),
                ("package-lock.json", '{"packages": {"": {}, "node_modules/express": {}}}'),
                ("index.js", ""),
            ),
        ),
        Example(
            "FROM golang\nWORKDIR /src\nCOPY go.* ./\nCOPY cmd cmd\nRUN go mod download\n",
            "FROM golang\nWORKDIR /src\nCOPY go.* ./\nRUN go mod download\nCOPY cmd cmd\n",
            why="go.mod cannot be seen, and might replace a module by a directory",
            unsafe=True,
        ),
        *(
            Example(_APP + text, why=why)
            for text, why in (
                (
                    "COPY requirements.txt .\nCOPY project .\nRUN pip install -r requirement.txt\n",
                    "no COPY brings requirement.txt by name (a slip?), so the directory has to",
                ),
                ("COPY . .\n" + _PIP, "without the context nobody knows what is installed"),
                ("COPY setup.py .\nRUN pip install .\n", "the install reads the source"),
                ("COPY app app\nWORKDIR /x\nRUN pip install flask\n", "app would be another place"),
                ("COPY app /a\nVOLUME /a\nRUN pip install flask\n", "not in one row"),
                ("COPY app app\nRUN make && pip install flask\n", "make may read anything"),
                ("COPY app $DIR\nRUN pip install flask\n", "where it lands is not known"),
                ("COPY pip.conf /etc/\nRUN pip install flask\n", "settings of the installer"),
                ("COPY --from=build /a /app\nRUN pip install flask\n", "not of the context"),
                ("COPY app app\nRUN --mount=type=bind,target=/m pip install flask\n", "reads /m"),
                ("COPY app app\nRUN rm -rf /app/* && pip install flask\n", "would stay there"),
                ("COPY bin /v/bin\nRUN pip install -t /v flask\n", "both write to /v"),
                ("COPY . .\nRUN npm ci\n", "npm reads package.json"),
                ("COPY package.json .\nCOPY . .\nRUN npm ci\n", "the lock file is needed, too"),
                ("COPY a /a\nRUN npm cache clean\n", "nothing is installed"),
                (
                    "COPY a /a\nRUN apt-get update && apt-get install -y b\nRUN /a/x\n"
                    "RUN apt-get install -y c\n",
                    "with /a below it, the lists would be old when c is installed",
                ),
            )
        ),
        Example(
            _APP + "COPY requirements.txt .\nCOPY . .\n" + _PIP,
            why="-e . reads the source",
            files=(("requirements.txt", "-e .\n"),),
        ),
        *(
            Example(_NODE + "COPY package*.json ./\nCOPY . .\nRUN npm ci\n", why=why, files=files)
            for why, files in (
                (
                    "postinstall may read the source",
                    (("package.json", '{"scripts": {"postinstall": "x"}}'),),
                ),
                (
                    "npm keeps its cache in the project",
                    (("package.json", "{}"), (".npmrc", "cache=./c")),
                ),
            )
        ),
    ),
)
