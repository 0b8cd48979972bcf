"""A COPY of source goes below the install that does not read it.

What it does: where COPY, ADD and RUN instructions follow each other, a COPY (or ADD) of files of
the build context moves below the last RUN that only installs packages and provably reads none of
them.

Why: an edited file rebuilds every instruction below its COPY. With the source above
`pip install -r requirements.txt`, one changed line installs everything again; with the source
below, it copies one file. The COPY of the manifest stays where it is.

What an install reads is told by its words: `npm ci` reads package.json and the lock file of its
directory, `apt-get install x` nothing. But a manifest may name files of the project (`-e .`,
`file:../lib`, `replace => ./x`), and an npm package may run scripts that look around. So:

- With the build context at hand the manifest is read. If all it names comes from elsewhere, and no
  script runs that could look at the project, the move is safe; if it names a file, nothing moves.
- Without it, the move is safe for installs that read no manifest, and for `pip install -r` where
  what is copied lands beside the manifest's directory and does not look like packaging. Else it is
  unsafe, or not offered where the name suggests that it is needed (`vendor`, `packages`).

What it leaves alone: a COPY that may bring the manifest itself, a lock file or settings that no
COPY above brings too, or anything where the install writes (node_modules, a search path, the
system's directories); destinations with variables, or that cannot be compared because the working
directory is the base image's own; a RUN with a command, option or package that is not understood, a
bind mount or a here-document; anything but COPY, ADD and RUN in between (WORKDIR, USER, ENV and ARG
change what an install does); a row with more than 2,500 pairs of a COPY and a command, or below
more than 400 COPYs; COPY --from and ADD of a URL, which do not change with the source; and a RUN
that fetches lists of packages for a later RUN below the source, which would find them stale.

Safety: the image holds the same files, a directory's time aside. Safe where the above proves it,
unsafe where it has to be taken on trust.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dockfix.context import Context
from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, places, script_of
from dockfix.packages.independence import doubt, may_lead
from dockfix.packages.reads import Reads, reads_of
from dockfix.passes.base import Example, Pass, Settings
from dockfix.paths import Copy, apart, bases, copy_of, environment, resolve
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import remembered
from dockfix.shell.reader import read
from dockfix.shell.tree import Script
from dockfix.syntax.tree import Blank, Comment, Dockerfile, Instruction, Stage

_MOVED = ("COPY", "ADD")
_INSTALLS = lazy(r"\bapt(?:-get|itude)?\b[^;&|]*\binstall\b|\bapk\b[^;&|]*\badd\b")
#: What a row may have that is looked at: pairs of a COPY and a command, COPYs above it. The answer
#: is sought for each pair; of 3,200 files that people wrote none has more than 660, or 20.
_MOST_PAIRS = 2_500
_MOST_COPIES = 400
_REFRESHES = lazy(r"\bupdate\b|--no-cache\b|--update-cache\b|-U\b")


class _Step(Record):
    """A COPY, ADD or RUN with the comments directly above it: `start` is where these begin."""

    start: int
    instruction: Instruction
    copy: Copy | None
    reads: tuple[Reads, ...] | None
    base: str
    mounts: tuple[str, ...] | None


class _Surroundings(Record):
    """What a row is judged by: the COPYs of its stage above it, what of the environment may lead
    to files, and where the last RUN starts that relies on lists an earlier one fetched."""

    before: tuple[Copy | None, ...]
    variables: tuple[tuple[str, str], ...]
    last_relier: int
    context: Context | None


class _Move(Record):
    step: _Step
    below: _Step
    doubt: str


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """One group for each row of COPY and RUN that can be put in a better order."""
    known, starting = places(dockerfile), bases(dockerfile)
    for stage, rows in zip(dockerfile.stages, _rows(dockerfile), strict=True):
        before: list[Copy | None] = []
        for row in rows:
            if len(before) <= _MOST_COPIES and _worth_a_look(row):
                surroundings = _Surroundings(
                    tuple(before),
                    _environments(dockerfile)[stage.index],
                    _last_reliers(dockerfile)[stage.index],
                    settings.context,
                )
                steps = [
                    _step(start, item, starting[item.start], known[item.start])
                    for start, item in row
                ]
                moves = _moves(steps, surroundings, False) or _moves(steps, surroundings, True)
                if moves:
                    yield _group(dockerfile, moves)
            before += [
                copy_of(item, starting[item.start]) for _, item in row if item.keyword in _MOVED
            ]


def _worth_a_look(row: list[tuple[int, Instruction]]) -> bool:
    """Whether a COPY stands above a RUN."""
    copies = sum(item.keyword in _MOVED for _, item in row)
    return copies > 0 and any(item.keyword == "RUN" for _, item in row[-copies:])


def _rows(dockerfile: Dockerfile) -> list[list[list[tuple[int, Instruction]]]]:
    """Of each stage, the rows of COPY, ADD and RUN, each instruction with the offset where the
    comments right above it begin."""
    stages: list[list[list[tuple[int, Instruction]]]] = [[[]]] if dockerfile.fragment else []
    comment: int | None = None
    for item in dockerfile.items:
        if isinstance(item, Comment):
            comment = _line_start(dockerfile.source, item.start) if comment is None else comment
            continue
        if isinstance(item, Instruction):
            if item.keyword == "FROM":
                stages.append([[]])
            elif item.keyword not in (*_MOVED, "RUN"):
                if stages and stages[-1][-1]:
                    stages[-1].append([])
            else:
                stages[-1][-1].append((item.start if comment is None else comment, item))
        comment = None
    return stages


def _step(start: int, instruction: Instruction, base: str, place: Place) -> _Step:
    script = script_of(instruction, place)
    reads, mounts = _reads(instruction, script), _mounts(instruction, base)
    return _Step(start, instruction, copy_of(instruction, base), reads, base, mounts)


def _line_start(source: str, offset: int) -> int:
    return source.rfind("\n", 0, offset) + 1


def _reads(instruction: Instruction, script: object) -> tuple[Reads, ...] | None:
    if instruction.keyword != "RUN" or instruction.heredocs:
        return None
    if instruction.json:
        import shlex  # brings more with it than most files need

        script = read(shlex.join(instruction.json), "sh")
    return reads_of(script) if isinstance(script, Script) and not script.comments else None


def _mounts(instruction: Instruction, base: str) -> tuple[str, ...] | None:
    """Where caches and secrets are mounted; None for other mounts."""
    found: list[str] = []
    for flag in instruction.flags:
        if instruction.keyword != "RUN" or flag.name != "mount":
            continue
        options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        target = next((options[k] for k in ("target", "dst", "destination") if k in options), None)
        path = resolve(base, target) if target else None
        if options.get("type") not in ("cache", "secret", "ssh") or "from" in options:
            return None
        if path is None and options["type"] == "cache":
            return None
        found += [path] if path else []
    return tuple(found)


@remembered
def _environments(dockerfile: Dockerfile) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Of what each stage and those that it is built from put into the environment, what counts."""
    found: list[tuple[tuple[str, str], ...]] = []
    for stage in dockerfile.stages:
        own = tuple(
            pair
            for instruction in stage.instructions
            if instruction.keyword in ("ENV", "ARG")
            for pair in environment(instruction)
            if may_lead(*pair)
        )
        inherited = () if stage.base_stage is None else found[stage.base_stage]
        found.append(own + inherited if own else inherited)
    return tuple(found)


@remembered
def _last_reliers(dockerfile: Dockerfile) -> tuple[int, ...]:
    """Where in each stage the last RUN starts that installs from lists an earlier one fetched."""
    return tuple(
        max((one.start for one in stage.instructions if _relies(one)), default=-1)
        for stage in dockerfile.stages
    )


def _relies(run: Instruction) -> bool:
    return (
        run.keyword == "RUN"
        and _INSTALLS.search(run.arguments) is not None
        and not _REFRESHES.search(run.arguments)
    )


def _moves(row: Sequence[_Step], surroundings: _Surroundings, trusting: bool) -> list[_Move]:
    """The moves of a row, in the order in which the moved COPYs stand; the last COPY goes first."""
    before, variables, last_relier, context = surroundings
    copies = sum(map(_copies, row))
    if copies * sum(len(step.reads or ()) + 1 for step in row) > _MOST_PAIRS:
        return []
    order = list(row)
    moves: list[_Move] = []
    for step in reversed(row):
        if step.copy is None or step.copy.origin is not None or step.instruction.heredocs:
            continue
        position = order.index(step)
        above = [*before, *(one.copy for one in order[:position] if _copies(one))]
        target, reason, doubts, refreshed = position, "", "", False
        for index in range(position + 1, len(order)):
            other = order[index]
            if _copies(other):
                if not _apart(step.copy, other.copy, context):
                    break
                above.append(other.copy)
                continue
            if other.reads is None or other.mounts is None:
                break
            if any(step.copy.brings(mount, context) for mount in other.mounts):
                break
            answer = doubt(step.copy, other.reads, other.base, above, variables, context)
            if answer is None or (answer and not trusting):
                break
            doubts = doubts or answer
            refreshed = refreshed or any(one.refreshes for one in other.reads)
            if any(one.installs for one in other.reads) and not (
                refreshed and other.instruction.start < last_relier
            ):
                target, reason = index, doubts
        if target > position:
            moves.insert(0, _Move(step, order[target], reason))
            order.insert(target + 1, step)
            del order[position]
    return moves


def _copies(step: _Step) -> bool:
    return step.instruction.keyword in _MOVED


def _apart(copy: Copy, other: Copy | None, context: Context | None) -> bool:
    return other is not None and all(
        apart(one, two) for one in copy.landings(context) for two in other.landings(context)
    )


@remembered
def _blanks(dockerfile: Dockerfile) -> tuple[set[int], dict[int, int]]:
    """Where empty lines start, and where they start by where they end."""
    blanks = [item for item in dockerfile.items if isinstance(item, Blank)]
    return {item.start for item in blanks}, {item.end: item.start for item in blanks}


def _group(dockerfile: Dockerfile, moves: list[_Move]) -> Group:
    blanks, ends = _blanks(dockerfile)
    edits: list[Edit] = []
    texts: dict[int, tuple[_Step, list[str]]] = {}
    block: list[_Move] = []
    for move, following in zip(moves, [*moves[1:], None], strict=True):
        block.append(move)
        if (
            following
            and following.below is move.below
            and following.step.start == move.step.instruction.end
        ):
            continue
        start, end = block[0].step.start, move.step.instruction.end
        if start in ends and end in blanks:
            start = ends[start]
        edits.append(Edit(start, end, ""))
        below = move.below
        texts.setdefault(below.start, (below, []))[1].append(dockerfile.source[start:end])
        block = []
    for below, pieces in texts.values():
        end, text = below.instruction.end, "".join(pieces)
        ending = "\r\n" if text.endswith("\r\n") else "\n"
        apart_from_others = end in blanks or end == len(dockerfile.source)
        if below.start in ends and apart_from_others and text.lstrip("\r\n") == text:
            text = ending + text
        if dockerfile.source[end - 1] != "\n":
            text = ending + text.removesuffix(ending)
        edits.append(Edit(end, end, text))
    reason = next((move.doubt for move in moves if move.doubt), "")
    manager = next(one.manager for one in moves[0].below.reads or () if one.installs)
    message = f"{manager} reads none of these files, yet installs everything again for any change"
    return Group(
        moves[0].step.instruction.keyword_offset,
        f"{message}; {reason}" if reason else message,
        tuple(edits),
        Safety.UNSAFE if reason else Safety.SAFE,
    )


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Whether the same instructions stand in both, and only COPY and ADD moved down past RUN."""
    for old, new in zip(before.stages, after.stages, strict=True):
        olds, news = _texts(before, old), _texts(after, new)
        if Counter(olds) != Counter(news):
            return "the instructions are not the same"
        if [one for one in olds if one[0] not in _MOVED] != [
            one for one in news if one[0] not in _MOVED
        ]:
            return "something else than COPY and ADD has moved"
        for keyword_row, other_row in zip(_above(olds), _above(news), strict=True):
            (keyword, earlier), (_, later) = keyword_row, other_row
            if (later - earlier) if keyword == "RUN" else later != earlier:
                return f"a COPY moved past {keyword}"
    return None


def _texts(dockerfile: Dockerfile, stage: Stage) -> list[tuple[str, str]]:
    return [
        (one.keyword, dockerfile.source[one.start : one.end].rstrip("\r\n"))
        for one in stage.instructions
    ]


def _above(rows: list[tuple[str, str]]) -> Iterator[tuple[str, Counter[str]]]:
    """For each instruction that stays, the COPYs above it."""
    copies: Counter[str] = Counter()
    for keyword, text in rows:
        if keyword in _MOVED:
            copies[text] += 1
        else:
            yield keyword, copies.copy()


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
    examples=(
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
                ("COPY . .\n" + _PIP, "the install reads what the COPY brings"),
                ("COPY setup.py .\nRUN pip install .\n", "the install reads the source"),
                ("COPY app app\nWORKDIR /x\nRUN pip install flask\n", "not in one row"),
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
        *(
            Example(_APP + "COPY requirements.txt .\nCOPY . .\n" + _PIP, why=why, files=files)
            for why, files in (
                ("-e . reads the source", (("requirements.txt", "-e .\n"),)),
                ("another list", (("requirements.txt", "-r b.txt\n"), ("b.txt", ""))),
            )
        ),
        *(
            Example(_NODE + "COPY package*.json ./\nCOPY . .\nRUN npm ci\n", why=why, files=files)
            for why, files in (
                (
                    "postinstall may read the source",
                    (("package.json", '{"scripts": {"postinstall": "x"}}'),),
                ),
                (
                    "node_modules of the context would overwrite what was installed",
                    (("package.json", "{}"), ("node_modules/a/index.js", "")),
                ),
                ("npm reads .npmrc", (("package.json", "{}"), (".npmrc", ""))),
            )
        ),
    ),
)
