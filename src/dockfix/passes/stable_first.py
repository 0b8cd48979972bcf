"""What changes often goes below what hardly changes.

What it does: of COPYs (and ADDs) of the build context that stand side by side, the one that changes
more often goes last: the source below the libraries, `COPY . .` below the one file that is copied
to a place of its own. ARG, ENV and LABEL that say which commit is built, or when, go below installs
that have no use for them.

Why: a changed instruction makes the builder do all below it again. With `ARG GIT_SHA` at the top,
every commit installs everything; with the source above the libraries, one changed line copies them
again, and whoever pulls the image gets them again.

Which COPY changes more often: one that brings all that the other does, and more. Else the history
of the Git repository tells, if it has all of them: twice as often, and more than by chance, in the
last year and its newest 250 commits. Else the names tell: manifests, `vendor`, `dependencies` or
the `lib` of what was built are other people's work; `app`, `src`, `classes` or the whole context
are not. Where neither tells, and between equals, the author's order stays.

What it leaves alone: a COPY above files and folders of less than 64 KiB, which cost nothing to copy
again; COPYs that bring the same path, or of which one makes a directory for the other; a COPY of
what a COPY above brings, too, because nothing is gained; COPY --from and --link; destinations with
variables; ARG, ENV and LABEL with other names, an ARG with a number as its default, such as `v5.x`,
which is a choice of the file, and an ARG that nobody uses, because it is there to make the
instructions below it run again. They stop at whatever mentions their names or sets what they use,
and at a RUN with a program that is not known: every program may look at its environment. In what
order other instructions stand does not change. Nothing moves into a paragraph that goes on with
other instructions, nor away below a comment that may be the heading of several COPYs; the heading
of three or more ARG, ENV or LABEL stays with those that stay; a group of more than 50 COPYs, or a
stage of more than 1,000 instructions, is not looked at, nor is a Windows image.

Safety: safe. COPYs change places when what they bring lands apart, as the build context shows, and
then the image holds the same files (with the owners that it had; a directory's time aside). An
argument that leads a source elsewhere is taken to lead to files of the same layout. Variables move
past package managers of a system and plain tools like `mkdir`, none of which reads such names, and
`verify` checks that each mention of a variable still finds it as it was. Unsafe is a COPY into the
destination of another when there is no context to show what that one brings, and the way past pip,
npm and other installers that build packages, whose scripts may read whatever they like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dockfix.dockerfile.tree import Dockerfile, Instruction, Stage
from dockfix.edit.edits import Group, Safety, with_doubt
from dockfix.edit.moves import arranged, edits
from dockfix.managers import named_in
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import is_volatile
from dockfix.reorder.rebuilds import count_rebuilt, is_build_step
from dockfix.reorder.swaps import (
    MovableCopy,
    changes_more_often,
    is_copied_above,
    is_light,
    may_swap,
    movable_copy,
    values_at,
)
from dockfix.shell.patterns import lazy
from dockfix.state.base_images import is_windows
from dockfix.state.environment import names_set_by
from dockfix.state.facts import Facts
from dockfix.state.paths import bases

_COPIES = ("COPY", "ADD")
_METADATA = ("ARG", "ENV", "LABEL")
_MOST_COPIES = 50
#: From so many of a kind on, a comment above them is taken for their heading.
_UNDER_HEADING = 3
_MOST_INSTRUCTIONS = 1_000
_LINKS = lazy(r"\bln\b|\bsymlink\b")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """Groups of edits that order consecutive COPYs, and the metadata of a stage."""
    for stage in facts.stages:
        if len(stage.instructions) > _MOST_INSTRUCTIONS or is_windows(facts.dockerfile, stage):
            continue
        for copies in _consecutive_copies(facts, stage):
            group = _sorted(facts, stage, copies, settings)
            if group is not None:
                yield group
        speaking = frozenset(
            one.start for one in stage.instructions if one.keyword in _METADATA and is_volatile(one)
        )
        group = _metadata_below_installs(facts, stage, speaking) if speaking else None
        if group is not None:
            yield group


def _consecutive_copies(facts: Facts, stage: Stage) -> Iterator[list[Instruction]]:
    """COPYs and ADDs that stand side by side, two or more."""
    copies: list[Instruction] = []
    for instruction in (*stage.instructions, None):
        if instruction is not None and instruction.keyword in _COPIES:
            copies.append(instruction)
        elif copies:
            if 1 < len(copies) <= _MOST_COPIES:
                yield _without_other_paragraph(facts, copies)
            copies = []


def _without_other_paragraph(facts: Facts, copies: list[Instruction]) -> list[Instruction]:
    """The COPYs without a last paragraph that is not only COPYs: nothing is to move into it."""
    source, begin, end = facts.source, facts.style.starts, copies[-1].end
    line = source.find("\n", end)
    if not source[end : line if line >= 0 else len(source)].strip():
        return copies
    last = max(
        (n for n in range(1, len(copies)) if begin[copies[n].start] > copies[n - 1].end),
        default=len(copies),
    )
    return copies[:last]


def _sorted(
    facts: Facts, stage: Stage, copies: list[Instruction], settings: Settings
) -> Group | None:
    movers = _movers(facts, stage, copies)
    if sum(one is not None for one in movers) < 2:
        return None
    above = [one for one in stage.instructions if one.start < copies[0].start]
    before = tuple(filter(None, _movers(facts, stage, above)))
    for trusting in (False, True):
        order, doubt = _order(movers, before, settings, trusting)
        moved = {
            copies[index].start
            for place, index in enumerate(order)
            if any(other > index for other in order[:place])
        }
        if moved:
            first = next(index for index, one in enumerate(copies) if one.start in moved)
            again = len(copies) - order.index(first)
            message = (
                f"move this {copies[first].keyword} down: its files change more often, "
                f"an edit then re-runs {again} {'COPY' if again == 1 else 'COPYs'} instead of "
                f"{len(copies) - first}"
            )
            return Group(
                copies[first].keyword_offset,
                with_doubt(message, doubt),
                edits(facts.style, arranged([copies[index] for index in order], moved)),
                Safety.UNSAFE if doubt else Safety.SAFE,
            )
    return None


def _movers(facts: Facts, stage: Stage, copies: list[Instruction]) -> list[MovableCopy | None]:
    """What may move of a list of instructions."""
    starting, values = bases(facts), values_at(facts)
    links = _links(stage, copies[-1]) if copies else ""
    headed, managers = _headed(facts, copies), named_in(facts.source)
    return [
        movable_copy(one, starting[one.start], values.get(one.start, {}), links, managers)
        if one.keyword in _COPIES and index not in headed
        else None
        for index, one in enumerate(copies)
    ]


def _headed(facts: Facts, copies: list[Instruction]) -> set[int]:
    """Which COPYs have a comment above them that may speak of the next one, too."""
    begin = facts.style.starts
    return {
        index
        for index, one in enumerate(copies[:-1])
        if begin[one.start] < one.start and copies[index + 1].start == one.end
    }


def _links(stage: Stage, last: Instruction) -> str:
    """The texts of those RUNs above an instruction that make symbolic links."""
    return "\n".join(
        one.arguments
        for one in stage.instructions
        if one.keyword == "RUN" and one.start < last.start and _LINKS.search(one.arguments)
    )


def _order(
    movers: list[MovableCopy | None],
    before: tuple[MovableCopy, ...],
    settings: Settings,
    trusting: bool,
) -> tuple[list[int], str]:
    """The order that COPYs come to stand in, by the numbers of the old one, and the doubt.

    `before` are the COPYs above them: what they bring, too, gains nothing further down.
    """
    context = settings.context
    known = tuple(filter(None, movers))
    answers: dict[tuple[int, int], str | None] = {}
    order = list(range(len(movers)))
    doubt = ""
    swapped = True
    while swapped:
        swapped = False
        for place in range(len(order) - 1):
            pair = order[place], order[place + 1]
            if pair not in answers:
                answers[pair] = None
                one, other = movers[pair[0]], movers[pair[1]]
                if one and other:
                    answer = may_swap(one, other, context)
                    fits = answer == "" or (answer is not None and trusting)
                    if (
                        fits
                        and not is_light(other, context)
                        and changes_more_often(one, other, known, context)
                    ):
                        answers[pair] = answer
            reason, one, other = answers[pair], movers[pair[0]], movers[pair[1]]
            if reason is None or one is None or other is None:
                continue
            above = (*before, *filter(None, (movers[index] for index in order[:place])))
            if not is_copied_above(one, other, above):
                order[place : place + 2] = pair[::-1]
                doubt = doubt or reason
                swapped = True
    return order, doubt


def _metadata_below_installs(facts: Facts, stage: Stage, speaking: frozenset[int]) -> Group | None:
    """The group that moves metadata below installs."""
    from dockfix.reorder.metadata import below_installs

    found = below_installs(facts, stage, speaking)
    if found is None:
        return None
    order, moved, doubt = found
    first = next(one for one in stage.instructions if one.start in moved)
    before = count_rebuilt(facts.dockerfile, stage, first.start)
    passed = [one for one in order[: order.index(first)] if one.start > first.start]
    again = before - sum(map(is_build_step, passed))
    message = (
        f"move this {first.keyword} below the install: a new value then re-runs "
        f"{again or 'no'} {'step' if again == 1 else 'steps'} instead of {before}"
    )
    return Group(
        first.keyword_offset,
        with_doubt(message, doubt),
        edits(facts.style, arranged(order, moved), _below_headings(facts, stage, moved)),
        Safety.UNSAFE if doubt else Safety.SAFE,
    )


def _below_headings(facts: Facts, stage: Stage, moved: set[int]) -> set[int]:
    """Which of those that move stand below a comment that is the heading of others, which stay."""
    begin, found = facts.style.starts, set()
    rows: list[list[Instruction]] = []
    for one in stage.instructions:
        if (
            rows
            and rows[-1][-1].end == begin[one.start]
            and begin[one.start] == one.start
            and rows[-1][-1].keyword == one.keyword
        ):
            rows[-1].append(one)
        else:
            rows.append([one])
    for copies in rows:
        first = copies[0].start
        if (
            len(copies) >= _UNDER_HEADING
            and first in moved
            and any(r.start not in moved for r in copies)
        ):
            found.add(first)
    return found


def verify(before: Facts, after: Facts) -> str | None:
    """Whether only COPYs among themselves and metadata moved, and each name is what it was."""
    for old, new in zip(before.stages, after.stages, strict=True):
        if Counter(_meaning(before.dockerfile, old)) != Counter(_meaning(after.dockerfile, new)):
            return "the instructions are not the same, or a variable in them is not"
        if _rest(before.dockerfile, old) != _rest(after.dockerfile, new):
            return "something else than COPY, ADD, ARG, ENV and LABEL has moved"
    return None


def _meaning(dockerfile: Dockerfile, stage: Stage) -> Iterator[tuple[str, frozenset[str]]]:
    """Each instruction with what set the variables that it names, and what is set in the end."""
    from dockfix.reorder.metadata import labels, mentions

    last: dict[str, str] = {}
    for one in stage.instructions:
        text = _text(dockerfile, one)
        yield text, frozenset(last[name] for name in mentions(one) if name in last)
        last.update(dict.fromkeys(names_set_by(one), text))
        last.update({f"label {key}": text for key in labels(one)})
    yield "", frozenset(f"{name} {text}" for name, text in last.items())


def _rest(dockerfile: Dockerfile, stage: Stage) -> list[tuple[str, ...]]:
    """What stays, in order, and consecutive COPYs, each group in any order."""
    found: list[tuple[str, ...]] = []
    copies: list[str] = []
    for one in stage.instructions:
        if one.keyword in _COPIES:
            copies.append(_text(dockerfile, one))
        elif one.keyword not in _METADATA:
            found += [tuple(sorted(copies)), (_text(dockerfile, one),)]
            copies = []
    return [*found, tuple(sorted(copies))]


def _text(dockerfile: Dockerfile, instruction: Instruction) -> str:
    return dockerfile.source[instruction.start : instruction.end].rstrip("\r\n")


PASS = Pass(
    code="DF402",
    name="stable-first",
    summary="Put what changes often below what hardly changes, so that less is built again",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
