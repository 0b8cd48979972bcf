"""Merges consecutive RUNs into one.

    RUN apt-get update                      RUN apt-get update \\
    RUN apt-get install -y git       →          && apt-get install -y git

Why: every RUN is a layer, and what a later layer deletes still weighs: an archive that one RUN
downloads and another removes, a compiler that is installed, used and purged, package lists. In one
RUN they leave no trace. An `apt-get update` of its own also goes stale in the build cache.

Strategy: `merge-strategy = "all"`, the default, merges every pair that may be merged;
`"related"` only RUNs that gain bytes or belong together: calls of one package manager, download,
extract and delete, install, use and remove.

What it leaves alone: RUNs with other flags between them or in exec form, with here-documents, under
a SHELL that is not sh, bash, dash or ash, on Windows; ONBUILD RUNs beside ordinary ones; scripts
dockfix does not understand; jobs in the background and daemons; what changes /bin/sh, /etc/hosts,
/dev or the working directory's existence; a merged text over 128 KiB; RUNs whose own comment
swallows the rest of a command (that is pointed out); RUNs that an ignore comment names; RUNs with
an instruction between them that is commented out (inside a RUN it could never count again).

Safety: a merged RUN keeps what the two promised: the second runs if and only if the first
succeeded, from the same state of the shell as in a fresh one, and the status is that of the part
that failed or of the last. What a part leaves in its shell is either contained in a subshell, or is
a variable that no later part names or inherits. `set -e` does nothing to the left of `&&`, so it
never stands there; two parts with the same `set -e` prelude are joined by `;`. The rules and their
sources are in `dockfix.shell.joining`, `effects` and `fresh`. Comments stay, as lines inside the
merged RUN. What does change: the image has fewer layers, and an edit of one part runs all of them
again.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, first_in_path, places, run_commands, script_of
from dockfix.ignores import Pragma, pragma_of
from dockfix.layout import Style, comments_at_margin, style_of
from dockfix.neighbors import Run, neighbors, swallows
from dockfix.passes.base import Example, Pass, Settings
from dockfix.shell.joining import Chain
from dockfix.shell.tree import Item, Script
from dockfix.syntax.tree import Blank, Comment, Dockerfile

_OPEN = {"plain": "", "group": "{ ", "subshell": "( "}
_CLOSE = {"plain": "", "group": "; }", "subshell": " )"}
#: Bytes that joining adds to a part at most: operator, grouping, and spaces.
_OVERHEAD = 12


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """Yields a group for every chain of RUNs that may be merged, and notes on lost commands."""
    for runs in neighbors(dockerfile, PASS.ignore_names):
        spans = [range(len(runs))]
        if settings.merge_strategy == "related":
            from dockfix.packages.related import related_spans

            spans = related_spans([run.shell.arguments for run in runs])
        for span in spans:
            for chained, chain in _chains(dockerfile, runs[span.start : span.stop]):
                yield _join(dockerfile, chained, chain)
    yield from _swallowed(dockerfile)


def _swallowed(dockerfile: Dockerfile) -> Iterator[Group]:
    facts: dict[int, Place] = {}
    for item in dockerfile.instructions:
        shell = item.child or item
        if shell.keyword == "RUN" and "#" in shell.logical.text:
            facts = facts or places(dockerfile)
            script = script_of(shell, facts[item.start])
            offset = swallows(dockerfile, shell, script) if isinstance(script, Script) else None
            if offset is not None:
                message = "this comment swallows the rest of the command, lines below included"
                yield Group(offset, message, (), Safety.NOTE)


def _chains(dockerfile: Dockerfile, runs: list[Run]) -> Iterator[tuple[list[Run], Chain]]:
    """The chains of two or more that a stretch of RUNs falls into."""
    chained: list[Run] = []
    chain: Chain | None = None
    for run in runs:
        if (
            chain is not None
            and run.part is not None
            and _have_same_flags(run, chained[-1])
            and not (chained[0].opens and any(_pragmas(run.above)))
            and chain.add(run.part, _OVERHEAD)
        ):
            chained.append(run)
            continue
        if chain is not None and len(chained) > 1:
            yield chained, chain
        chained, chain = [run], None
        if run.part:
            place = run.place
            chain = Chain(
                run.part,
                declared=place.shell.declared,
                names=place.names,
                settled=first_in_path(dockerfile, place),
            )
    if chain is not None and len(chained) > 1:
        yield chained, chain


def _have_same_flags(one: Run, other: Run) -> bool:
    flags, others = one.shell.flags, other.shell.flags
    return len(flags) == len(others) and (
        not flags or [flag.text for flag in flags] == [flag.text for flag in others]
    )


def _pragmas(comments: tuple[Comment, ...]) -> list[Pragma]:
    return [found for comment in comments if (found := pragma_of(comment.text))]


def _join(dockerfile: Dockerfile, runs: list[Run], chain: Chain) -> Group:
    first = runs[0]
    source = dockerfile.source
    spans = [(_start(run), _end(run)) for run in runs]
    shaped = (run for run, span in zip(runs, spans, strict=True) if source.find("\n", *span) >= 0)
    style = style_of(dockerfile, next(shaped, first).owner)
    plain = style.joint(sequence=chain.sequence)
    head, edits = _head(dockerfile, runs, style)
    if chain.forms[0] == "subshell":
        start = spans[0][0]
        edits.append(Edit(start, start, "( "))
    for index in range(1, len(runs)):
        before, run = runs[index - 1], runs[index]
        end, start = spans[index - 1][1], spans[index][0]
        ended = chain.sequence and _last_item(before).terminator == ";"
        if ended:
            end = _end(before, ended=True)
        close, opening = _CLOSE[chain.forms[index - 1]], _OPEN[chain.forms[index]]
        comments = [c.text for c in before.owner.comments if c.start >= end]
        comments += [comment.text for comment in run.above if not pragma_of(comment.text)]
        comments += [c.text for c in run.owner.comments if c.end <= start]
        if index == 1 and not head:
            comments = _lifted(first) + comments
        comments += _lifted(run)
        joint = plain
        if comments:
            margin = comments_at_margin(dockerfile)
            joint = style.joint(sequence=chain.sequence, comments=comments, margin=margin)
        if ended:
            joint = joint.removeprefix(";")
        edits.append(Edit(end, start, close + joint + opening))
    last = runs[-1]
    close = _CLOSE[chain.forms[-1]]
    if close or _lifted(last):
        edits.append(Edit(spans[-1][1], _end_with_rest(last), close))
    if _joins_paragraphs(dockerfile, runs):
        at = last.owner.end
        edits.append(Edit(at, at, style.eol))
    message = f"merge {len(runs)} consecutive RUNs"
    return Group(first.owner.keyword_offset, message, tuple(edits))


def _joins_paragraphs(dockerfile: Dockerfile, runs: list[Run]) -> bool:
    """Whether an empty line between RUNs is the only one that sets them off from what follows."""
    items, first, last = dockerfile.items, runs[0].number, runs[-1].number
    if last + 1 == len(items) or isinstance(items[last + 1], Blank):
        return False
    return any(isinstance(item, Blank) for item in items[first:last])


def _head(dockerfile: Dockerfile, runs: list[Run], style: Style) -> tuple[bool, list[Edit]]:
    """What goes above the merged RUN: ignore comments of the later ones, the first's own comment.

    Returns whether the first's comment was lifted there, and the edits.
    """
    first = runs[0]
    existing = {found.kind: c for c in first.above if (found := pragma_of(c.text))}
    added: dict[str, list[str]] = {}
    lines: list[str] = []
    for run in runs[1:]:
        for comment in run.above:
            pragma = pragma_of(comment.text)
            if pragma is None:
                continue
            if pragma.rest.strip():
                lines.append(comment.text)
            elif pragma.kind in existing or pragma.kind in added:
                added.setdefault(pragma.kind, []).extend(pragma.names)
            else:
                added[pragma.kind] = [pragma.prefix, *pragma.names]
    edits: list[Edit] = []
    for kind, names in added.items():
        if kind in existing:
            comment = existing[kind]
            old = pragma_of(comment.text)
            assert old is not None
            more = [name for name in dict.fromkeys(names) if name not in old.names]
            at = comment.end - len(old.rest)
            if more:
                edits.append(Edit(at, at, "," + ",".join(more)))
        else:
            lines.append(names[0] + ",".join(dict.fromkeys(names[1:])))
    lifted = [] if first.opens and not first.above else _lifted(first)
    start = first.owner.start
    indent = dockerfile.source[start : first.owner.keyword_offset]
    text = "".join(f"{indent}{line}{style.eol}" for line in lifted + lines)
    if text:
        edits.append(Edit(start, start, text))
    return bool(lifted), edits


def _lifted(run: Run) -> list[str]:
    """The comment at the end of a RUN's text, which would swallow what follows."""
    assert run.part is not None
    comment = run.part.script.last_comment
    return [run.part.script.text[comment.start : comment.end].rstrip(" \t")] if comment else []


def _start(run: Run) -> int:
    """Where the text to join begins in the source: behind a prelude that is already there."""
    assert run.part is not None
    shell = run.shell
    return shell.logical.offset(shell.arguments_start + run.part.items[0].start)


def _last_item(run: Run) -> Item:
    assert run.part is not None
    return run.part.items[-1]


def _end(run: Run, *, ended: bool = False) -> int:
    """Where a RUN's text ends in the source; behind the `;` at its end if it is `ended` by one."""
    item = _last_item(run)
    end = item.terminator_start + len(item.terminator) if ended else item.end
    return run.shell.logical.offset_end(run.shell.arguments_start + end)


def _end_with_rest(run: Run) -> int:
    """Where a RUN's text ends in the source, with a `;` or a comment at its end."""
    item = _last_item(run)
    assert run.part is not None
    comment = run.part.script.last_comment
    end = comment.end if comment else item.terminator_start + len(item.terminator)
    return run.shell.logical.offset_end(run.shell.arguments_start + end)


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, preludes that became one aside."""
    old, new = run_commands(before, after)
    if _without_preludes(old) != _without_preludes(new):
        return "the commands are not the same, or not in the same order"
    return None


def _without_preludes(commands: list[str]) -> list[str]:
    return [text for text in commands if not text.startswith("set ")]


PASS = Pass(
    code="DF101",
    name="merge-runs",
    summary="Merge consecutive RUNs into one layer",
    safety=Safety.SAFE,
    aliases=("DL3059",),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            before="FROM debian\nRUN apt-get update\nRUN apt-get install -y git\n",
            after="FROM debian\nRUN apt-get update \\\n    && apt-get install -y git\n",
        ),
        Example(
            before=(
                "FROM alpine\nRUN apk add git && \\\n\tgit clone u /x\n\n"
                "# not needed any more\nRUN apk del git\n"
            ),
            after=(
                "FROM alpine\nRUN apk add git && \\\n\tgit clone u /x && \\\n"
                "\t# not needed any more\n\tapk del git\n"
            ),
            why="the style of the file, and the comment, stay",
        ),
        Example(
            before="FROM alpine\nRUN apk add a &&\\\n    b\nRUN c\n",
            after="FROM alpine\nRUN apk add a &&\\\n    b &&\\\n    c\n",
            why="so does how lines end",
        ),
        Example(
            before="FROM debian\nRUN apt-get update\n\nRUN apt-get install a\nCOPY a /a\n",
            after=("FROM debian\nRUN apt-get update \\\n    && apt-get install a\n\nCOPY a /a\n"),
            why="the empty line goes on setting paragraphs apart",
        ),
        Example(
            before=(
                "FROM debian\nRUN cd /src && make\nRUN test -x a || chmod +x a\n"
                "RUN touch b; touch c\n"
            ),
            after=(
                "FROM debian\nRUN ( cd /src && make ) \\\n    && { test -x a || chmod +x a; } \\\n"
                "    && { touch b; touch c; }\n"
            ),
            why="`cd` must not leak, and `&&` speaks of a whole list",
        ),
        Example(
            before='FROM debian\nRUN if [ -z "$V" ]; then exit 1; fi\nRUN b\n',
            after=('FROM debian\nRUN if [ -z "$V" ]; then exit 1; fi \\\n    && b\n'),
            why="the build stops there all the same",
        ),
        Example(
            before="FROM debian\nRUN set -eux; a; b\nRUN set -eux; c\n",
            after="FROM debian\nRUN set -eux; a; b; \\\n    c\n",
            why="errexit stops each of them as before",
        ),
        Example(
            before=(
                "FROM debian\nRUN set -eux; \\\n    a b \\\n    ;\n"
                "RUN set -eux; \\\n    c; \\\n    d\n"
            ),
            after="FROM debian\nRUN set -eux; \\\n    a b \\\n    ; \\\n    c; \\\n    d\n",
            why="the `;` stays where it stands",
        ),
        Example(
            before="FROM debian\nRUN echo one # note\nRUN two\n",
            after="FROM debian\n# note\nRUN echo one \\\n    && two\n",
            why="the comment would swallow what follows, so it gets a line of its own",
        ),
        Example(
            before="FROM debian\nRUN a \\\n\t&& b\n# why c\nRUN c \\\n# why d\n\t&& d\n",
            after="FROM debian\nRUN a \\\n\t&& b \\\n# why c\n\t&& c \\\n# why d\n\t&& d\n",
            why="this author keeps comments at the margin",
        ),
        Example(
            before="FROM debian\nRUN a \\\n && b\n# why c\nRUN c\n",
            after="FROM debian\nRUN a \\\n && b \\\n # why c\n && c\n",
        ),
        Example(
            before=(
                "FROM debian\n# hadolint ignore=DL3008\nRUN apt-get install -y a\n"
                "# hadolint ignore=DL3003\nRUN b\n"
            ),
            after=(
                "FROM debian\n# hadolint ignore=DL3008,DL3003\nRUN apt-get install -y a \\\n"
                "    && b\n"
            ),
        ),
        Example(
            before="FROM debian\nRUN v=1.2 && wget u/$v.tgz\nRUN make\n",
            after="FROM debian\nRUN v=1.2 && wget u/$v.tgz \\\n    && make\n",
            why="nothing later names or inherits `v`",
        ),
        Example(
            before="FROM debian\nRUN pip install --upgrade pip\nRUN pip install flask\n",
            after="FROM debian\nRUN ( pip install --upgrade pip ) \\\n    && pip install flask\n",
            why="a shell remembers where it found `pip`; a fresh one finds the new pip",
        ),
        Example(
            before="FROM python\nRUN pip install --upgrade pip\nRUN pip install flask\n",
            after="FROM python\nRUN pip install --upgrade pip \\\n    && pip install flask\n",
            why="here both are in the first folder of PATH",
        ),
        Example(
            before=(
                "FROM python\nENV PATH=/venv/bin:$PATH\nRUN pip install virtualenv\n"
                "RUN virtualenv /venv\nRUN pip install flask\n"
            ),
            after=(
                "FROM python\nENV PATH=/venv/bin:$PATH\nRUN ( pip install virtualenv ) \\\n"
                "    && virtualenv /venv \\\n    && pip install flask\n"
            ),
            why="the second `pip` is that of the new environment",
        ),
        Example(
            before=(
                "FROM debian\nRUN pip install flask\nRUN apt-get install python3-pip\n"
                "RUN pip install gunicorn\n"
            ),
            after=(
                "FROM debian\nRUN ( pip install flask ) \\\n    && apt-get install python3-pip \\\n"
                "    && pip install gunicorn\n"
            ),
            why="the same across several RUNs",
        ),
        Example(
            before="FROM node\nRUN corepack enable && pnpm fetch\nRUN pnpm install --offline\n",
            after=(
                "FROM node\nRUN corepack enable && pnpm fetch \\\n    && pnpm install --offline\n"
            ),
            why="nothing puts another pnpm there once it has run",
        ),
        Example(
            before="FROM debian\nONBUILD RUN a\nONBUILD RUN b\nRUN c\n",
            after="FROM debian\nONBUILD RUN a \\\n    && b\nRUN c\n",
        ),
        Example(
            before="FROM debian\nRUN set -e; a; b\nRUN c\n", why="`set -e` does nothing before `&&`"
        ),
        Example(
            before="FROM debian\nRUN set -e; a && b\nRUN set -e; c\n",
            why="`a` failing would not stop it",
        ),
        Example(
            before="FROM debian\nRUN set -e; ! a\nRUN set -e; c\n", why="errexit ignores a `!`"
        ),
        Example(
            before="FROM debian\nRUN a &\nRUN b\n",
            why="what runs in the background ends with its RUN",
        ),
        Example(before="FROM debian\nRUN service x start\nRUN b\n", why="so does a daemon"),
        Example(
            before="FROM debian\nRUN a\n# COPY b /b\nRUN c\n",
            why="whoever uncomments the instruction needs it to be one",
        ),
        Example(before="FROM debian\nRUN a\nRUN echo $? > /s\n", why="`$?` is 0 in a fresh shell"),
        Example(
            before="FROM debian\nRUN trap 'rm x' EXIT; a\nRUN b\n",
            why="a trap runs when its shell ends",
        ),
        Example(before="FROM debian\nRUN a\nRUN --network=none b\n", why="other flags"),
        Example(
            before=(
                "FROM debian\nRUN --mount=type=tmpfs,target=/t a\n"
                "RUN --mount=type=tmpfs,target=/t b\n"
            ),
            why="the second finds an empty /t",
        ),
        Example(before='FROM debian\nRUN ["a"]\nRUN b\n', why="exec form has no shell"),
        Example(
            before="FROM debian\nRUN <<EOF\na\nEOF\nRUN b\n",
            why="a here-document is a script of its own",
        ),
        Example(before="FROM debian\nRUN a\nONBUILD RUN b\n", why="one runs now, the other later"),
        Example(
            before="FROM debian\nRUN ln -sf bash /bin/sh\nRUN b\n",
            why="the second gets another shell",
        ),
        Example(
            before="FROM debian\nRUN echo 1.2.3.4 h >> /etc/hosts\nRUN b\n",
            why="each RUN gets its own",
        ),
        Example(
            before="FROM debian\nWORKDIR /w\nRUN rm -rf /w\nRUN b\n",
            why="each RUN gets its directory",
        ),
        Example(
            before="FROM example.org/base\nRUN a\nRUN x; y\nRUN b\n",
            after="FROM example.org/base\nRUN a \\\n    && { x; y; }\nRUN b\n",
            why="the base image's SHELL may have `-e`, which must still stop `x; y` at x",
        ),
        Example(
            before="FROM debian\nRUN a # one \\\n  && b\nRUN c\n", why="the comment swallows `&& b`"
        ),
        Example(
            before='FROM debian\nSHELL ["pwsh", "-c"]\nRUN a\nRUN b\n', why="not a POSIX shell"
        ),
        Example(before="FROM mcr.microsoft.com/windows/servercore\nRUN a\nRUN b\n", why="Windows"),
        Example(
            before="FROM debian\nRUN a\n# dockfix: ignore=merge-runs\nRUN b\n",
            why="the author says so",
        ),
    ),
    restates=("OnBuild",),
)
