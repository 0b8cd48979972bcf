"""The pipeline: passes run over a file until a whole sweep changes nothing. Each step is checked.

    bytes -> tokens -> tree -> edits -> bytes          one pass

The tree is read again only after a pass changed something. In the last sweep no pass has anything
to do, which proves that a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from dockfix.context.ignore_names import DEFAULT
from dockfix.core.check import check, check_copied
from dockfix.core.choice import choose, named_codes
from dockfix.core.findings import Applied
from dockfix.core.incremental import parse_again
from dockfix.core.origins import Made, Origins
from dockfix.core.result import OtherFile, Rewrite
from dockfix.dockerfile.lines import Lines
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.dockerfile.tree import Dockerfile
from dockfix.edit.edits import Edit, Group, Safety, apart, apply
from dockfix.edit.ignores import ignores
from dockfix.errors import CheckFailed, DockerfileSyntaxError
from dockfix.passes import Entry
from dockfix.passes.base import Pass, Settings
from dockfix.shell.remembered import forget_old, forget_others
from dockfix.state.facts import Facts
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context import Context

#: After so many sweeps, a file that still changes is left alone.
MOST_SWEEPS = 10


def rewrite(
    source: bytes | str,
    *,
    filename: str = "Dockerfile",
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    unsafe_fixes: bool = False,
    settings: Settings | None = None,
    find_context: Callable[[Dockerfile], tuple[Context | None, str]] | None = None,
    most: int | None = None,
    only: Callable[[Applied], bool] | None = None,
    notes: bool = True,
    ignored: Iterable[str] = (),
) -> Rewrite:
    """Rewrites a Dockerfile and checks the result.

    `select`, `extend_select` and `ignore` name passes (by name, code, prefix of codes, or alias);
    `select=None` selects those that are on by default, to which `extend_select` adds. An unsafe
    pass named in full is allowed its changes without `unsafe_fixes`. `filename` is for messages
    only; nothing is read or written. `find_context` returns the build context of a file that copies
    something, or the reason why it is unknown. `most` ends the work after so many groups, the first
    ones of a complete run; a search for a wrong group needs that. `only` says which groups may be
    made; an editor makes one of them that way. Without `notes`, passes that only write notes are
    not run. `ignored` are names as in an ignore comment that holds for the whole file; what is the
    name of no pass is passed over.

    Raises DockerfileSyntaxError for a file BuildKit would refuse, ConfigError for a name of no
    pass, and CheckFailed when the result does not pass dockfix's own checks.
    """
    chosen = choose(select, ignore, extend_select)
    named = named_codes(chosen, (*(select or ()), *extend_select))
    text = source if isinstance(source, str) else decode(source)
    settings = (settings or Settings())._replace(named=named)
    passes = chosen if notes else [one for one in chosen if not one.notes]
    off = frozenset(name.lower() for name in ignored)

    def run(text: str) -> Rewrite:
        """Does a text, with all that is chosen."""
        one = _Run(text, filename, settings, unsafe_fixes, off)
        one.most, one.only, one.find_context = most, only, find_context
        return one.run(passes)

    result = run(text)
    if notes and "dockfix:" in text:
        from dockfix.core.ignore_comments import idle_comments

        told = idle_comments(result.before, passes, lambda text: run(text).findings)
        return result._replace(notes=_in_order([*result.notes, *told]))
    return result


def run_passes(
    passes: Iterable[Entry],
    text: str,
    filename: str,
    settings: Settings,
    *,
    unsafe: bool = False,
) -> Rewrite:
    """Runs passes over a file, in the order in which they are given. Raises as `rewrite` does.

    Unsafe changes are made if `unsafe`, and by the passes that `settings` says were named.
    """
    return _Run(text, filename, settings, unsafe).run(passes)


class _Run:
    """One file on its way through the passes.

    Unsafe changes are made if `unsafe`, and by the unsafe passes that the user named in full, and
    so wants as they are.
    """

    def __init__(
        self,
        text: str,
        filename: str,
        settings: Settings,
        unsafe: bool,
        ignored: frozenset[str] = frozenset(),
    ) -> None:
        forget_others()
        self.filename = filename
        self.settings = settings
        self.most: int | None = None
        self.only: Callable[[Applied], bool] | None = None
        self.context = settings.context
        self.find_context: Callable[[Dockerfile], tuple[Context | None, str]] | None = None
        self.unsafe = unsafe
        #: Unsafe changes are made now: after the safe ones, so that a default run comes first
        #: either way, and two runs leave what one leaves.
        self.with_unsafe = False
        self.original = self.read(text)
        self.facts = Facts(self.original)
        self.ignored = ignored
        self.switched_off = ignores(self.original, ignored)
        self.origins = Origins()
        self.steps: list[tuple[Made, ...]] = []
        self.groups = 0
        self.lines = Lines(self.original.source)

    def read(self, text: str) -> Dockerfile:
        # Through bytes, because two halves of a character could meet where text was cut.
        return parse(decode(encode(text)), self.filename)

    def read_again(self, edits: Sequence[Edit]) -> Dockerfile:
        text = apply(self.facts.source, edits)
        whole = decode(encode(text))
        if text != whole:
            return parse(whole, self.filename)
        return parse_again(self.facts.dockerfile, edits, text)

    def run(self, passes: Iterable[Entry]) -> Rewrite:
        passes = tuple(passes)
        applied: list[Applied] = []
        reason = _left_alone(self.original)
        if reason or self.switched_off.whole_file:
            notes = [self.note("file", reason)] if reason else []
            return self.result(applied, [], notes)
        unknown = self.look_for_context() if passes else ""
        if self.context is None:
            # and none comes to be known
            passes = tuple([one for one in passes if not one.context])
        found: dict[str, list[Applied]] = {}
        self.come_to_rest(passes, applied, found)
        if self.unsafe and any(
            one.safety is Safety.UNSAFE for each in found.values() for one in each
        ):
            self.with_unsafe = True
            self.come_to_rest(passes, applied, found)
        rest = [finding for one in passes for finding in found.get(one.code, ())]
        notes = [finding for finding in rest if finding.safety is Safety.NOTE]
        if unknown:
            notes.append(self.note("context", unknown))
        if self.original.fragment:
            notes.append(self.note("fragment", "no FROM: read as part of a stage"))
        return self.result(applied, [f for f in rest if f.safety is Safety.UNSAFE], notes)

    def come_to_rest(
        self, passes: Sequence[Entry], applied: list[Applied], found: dict[str, list[Applied]]
    ) -> None:
        """Runs the passes until none has anything to do: adds to `applied` what they make, and has
        `found` hold what each of them only offers or notes in the end.
        """
        last = "the passes together"
        at_rest = sweeps = 0
        while at_rest < len(passes):
            if sweeps == MOST_SWEEPS:
                raise CheckFailed(
                    last,
                    f"the file did not come to rest in {MOST_SWEEPS} sweeps",
                    filename=self.filename,
                )
            sweeps += 1
            for one in passes:
                if one.may_work(self.facts, self.settings):
                    made, found[one.code] = self.step(one.load())
                    if made:
                        applied += made
                        at_rest, last = 0, one.name
                        continue
                else:
                    found.pop(one.code, None)
                at_rest += 1
                # those behind it have seen this very tree
                if at_rest == len(passes):
                    break

    def look_for_context(self) -> str:
        """Finds the build context of a file that copies something. Returns why not, or ""."""
        if self.find_context is None or (
            self.facts.keywords.isdisjoint(("COPY", "ADD"))
            and "--mount" not in self.original.source
        ):
            return ""
        self.context, why = self.find_context(self.original)
        self.settings = self.settings._replace(context=self.context)
        return why

    def step(self, one: Pass) -> tuple[list[Applied], list[Applied]]:
        """Runs one pass on the current file. Returns what it did, and what it only offers."""
        found: Iterable[Group] = one.rewrite(self.facts, self.settings)
        if self.switched_off.speaks:
            off = self.switched_off
            found = [group for group in found if not off.covers(group, one.names_of(group))]
        groups = [self.possible(group) for group in found]
        if not groups:
            return [], []
        unsafe = self.with_unsafe or (
            one.safety is Safety.UNSAFE and one.code in self.settings.named
        )
        allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
        taken: list[Group] = []
        left: list[Applied] = []
        for group in groups:
            if group.safety in allowed and group.changes:
                if self.only is None or self.only(self.locate(one, group)):
                    taken.append(group)
            else:
                left.append(self.locate(one, group))
        taken = apart(taken)
        taken = taken if self.most is None else taken[: self.most]
        if not taken:
            return [], left
        made = [self.locate(one, group) for group in taken]
        edits = tuple(sorted([edit for group in taken for edit in group.edits]))
        try:
            after = Facts(self.read_again(edits))
        except DockerfileSyntaxError as error:
            raise CheckFailed(
                one.name, f"BuildKit would refuse it ({error})", filename=self.filename
            ) from error
        settings = self.ignoring([line for group in taken for line in group.ignored])
        problem = (
            check(self.facts, after, edits, adds_stages=one.adds_stages)
            or check_copied(after.dockerfile, self.settings.context, settings.context)
            or one.verify(self.facts, after)
        )
        if problem:
            raise CheckFailed(one.name, problem, filename=self.filename)
        if after.source == self.facts.source and settings is self.settings:
            return [], left
        if self.most is not None:
            self.most -= len(made)
        self.steps.append(
            tuple(
                Made(edit, number)
                for number, group in enumerate(taken, self.groups)
                for edit in group.edits
            )
        )
        self.groups += len(taken)
        self.settings = settings
        if edits:
            before = self.facts.dockerfile
            self.go_on(edits, after)
            self.keep_columns(before, self.steps[-1])
        return made, left

    def go_on(self, edits: Sequence[Edit], after: Facts) -> None:
        """Goes on with the text in which edits are made."""
        self.origins.add(edits, self.facts.source)
        self.facts = after
        self.switched_off = ignores(after.dockerfile, self.ignored)
        forget_old()

    def keep_columns(self, before: Dockerfile, made: Sequence[Made]) -> None:
        """Sets below each other again what stood so before the last step."""
        if not any("\n" in one.edit.text for one in made) and not any(
            len(one.logical.offsets) > 1 for one in before.instructions
        ):
            return
        from dockfix.edit.columns import behind, differ_in_blanks, shifts

        edits = [one.edit for one in made]
        found = shifts(before, edits)
        if not found:
            return
        groups = {one.edit: one.group for one in made}
        moved = behind(found, edits)
        after = Facts(self.read_again(moved))
        if differ_in_blanks(self.facts.dockerfile, after.dockerfile):
            self.steps.append(
                tuple(
                    Made(edit, groups[shift.cause])
                    for edit, shift in zip(moved, found, strict=True)
                )
            )
            self.go_on(moved, after)

    def possible(self, group: Group) -> Group:
        """The group; a note in its place if it needs a file that may not be changed."""
        if not group.ignored or (self.settings.context and not self.settings.alone):
            return group
        needed = ", ".join(group.ignored)
        context = self.settings.context
        name = DEFAULT if context is None else context.ignore_file
        message = f"{group.message} (not done: needs {needed} in {name})"
        return Group(group.offset, message, (), Safety.NOTE)

    def ignoring(self, lines: Sequence[str]) -> Settings:
        """The settings with a context whose ignore file has these lines too."""
        context = self.settings.context
        if not lines or context is None:
            return self.settings
        from dockfix.context.ignorefile import extended

        before = context.ignore_text()
        after = extended(before, lines)
        if before == after:
            return self.settings
        return self.settings._replace(context=context.with_ignore_text(after))

    def locate(self, one: Pass, group: Group) -> Applied:
        offset, safety, declares = group.offset, group.safety, group.declares
        start = self.origins.of(min([offset, *[edit.start for edit in group.edits]]))
        end = self.origins.of(max([offset, *[edit.end for edit in group.edits]]))
        line, column = self.lines.position(self.origins.of(offset))
        return Applied(
            one.code, one.name, group.message, line, column, safety, start, end, declares
        )

    def note(self, name: str, message: str) -> Applied:
        return Applied("DF001", name, message, 1, 1, Safety.NOTE, 0, 0)

    def result(
        self, applied: list[Applied], offered: list[Applied], notes: list[Applied]
    ) -> Rewrite:
        in_order = _in_order(applied)
        return Rewrite(
            self.original.source,
            self.facts.source,
            in_order,
            _in_order(offered),
            _in_order(notes),
            self.others(),
            self.renumbered(applied, in_order),
        )

    def renumbered(
        self, applied: list[Applied], in_order: tuple[Applied, ...]
    ) -> tuple[tuple[Made, ...], ...]:
        """The steps with the numbers that their groups have in the order of the file."""
        places = {id(one): place for place, one in enumerate(in_order)}
        return tuple(
            tuple([Made(made.edit, places[id(applied[made.group])]) for made in step])
            for step in self.steps
        )

    def others(self) -> tuple[OtherFile, ...]:
        before, after = self.context, self.settings.context
        if before is after or before is None or after is None:
            return ()
        old, new = before.ignore_text(), after.ignore_text() or ""
        twins = before.twins()
        if not twins:
            return (OtherFile(after.ignore_file, old, new),)
        from dockfix.context.ignorefile import extended

        added = [line for line in new[len(old or "") :].splitlines() if line]
        return (
            OtherFile(after.ignore_file, old, new),
            *[OtherFile(path, text, extended(text, added)) for path, text in twins],
        )


def _in_order(findings: list[Applied]) -> tuple[Applied, ...]:
    """The findings in the order of the original file."""
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column)))


def _left_alone(dockerfile: Dockerfile) -> str:
    """Why a file is left alone, because another frontend reads it; "" if it is not."""
    for directive in dockerfile.directives:
        if directive.name == "syntax":
            image = directive.value.partition("@")[0]
            name = image.rpartition("/")[2].partition(":")[0]
            if not (name in ("dockerfile", "dockerfile-upstream") and "docker/" in f"/{image}"):
                return f"left alone: it is written for another frontend, {directive.value}"
    return ""
