"""The pipeline: passes over a file until a whole sweep is quiet, then the checks.

    bytes -> tokens -> tree -> edits -> bytes          one pass

The tree is read again only after a pass changed something, and the last sweep, in which no pass has
anything left to do, is the proof that a second run changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from dockfix.check import check, check_copied
from dockfix.edits import Edit, Group, Safety, apply
from dockfix.errors import CheckFailed, ConfigError, DockerfileSyntaxError
from dockfix.facts import keywords_in
from dockfix.ignores import ignores
from dockfix.passes import ENTRIES, Entry
from dockfix.passes.base import Pass, Settings
from dockfix.records import Record
from dockfix.remembered import forget_old, forget_others
from dockfix.syntax.incremental import parse_again
from dockfix.syntax.parser import parse
from dockfix.syntax.source import decode, encode
from dockfix.syntax.tree import Dockerfile
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context import Context

#: Sweeps after which a file that does not come to rest is left alone.
MOST_SWEEPS = 10


class Applied(Record):
    """A group of edits of a pass, made or only offered, and where it lies in the original file.

    `line` and `column` start at 1 and count characters; `start` and `end` are character offsets of
    the span that the edits cover. `declares` is what an image shows of it on purpose.
    """

    code: str
    name: str
    message: str
    line: int
    column: int
    safety: Safety
    start: int
    end: int
    declares: tuple[str, ...] = ()


class OtherFile(Record):
    """Another file that has to change with the Dockerfile: the ignore file of the build context.

    `path` is seen from the root of the context; `before` is None for a new file.
    """

    path: str
    before: str | None
    after: str


class Rewrite(Record):
    """What became of a file. `before` and `after` are its text, decoded with `surrogateescape`.

    `applied` are the groups made, `offered` those that need `unsafe_fixes`, `notes` what is only
    pointed out; each in the order of the original file. `others` are files of the build context
    that belong to the change: `after` is right only together with them.
    """

    before: str
    after: str
    applied: tuple[Applied, ...]
    offered: tuple[Applied, ...]
    notes: tuple[Applied, ...]
    others: tuple[OtherFile, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the file would change, or another one with it."""
        return self.before != self.after or bool(self.others)

    def diff(self, path: str = "Dockerfile", context: str | None = None) -> bytes:
        """The change as a patch that `git apply` takes; empty if there is none.

        `context` is what the patch calls the root of the build context: by default the directory
        of `path`.
        """
        from dockfix.diff import unified

        root = path.rpartition("/")[0] if context is None else context
        patches = [unified(encode(self.before), encode(self.after), path)]
        for other in self.others:
            before = None if other.before is None else encode(other.before)
            name = f"{root}/{other.path}" if root else other.path
            patches.append(unified(before, encode(other.after), name))
        return b"".join(patches)


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
    notes: bool = True,
) -> Rewrite:
    """Rewrites a Dockerfile and checks the result.

    `select`, `extend_select` and `ignore` name passes (by name, code, prefix of codes, or alias);
    `select=None` selects those that are on by default, to which `extend_select` adds. An unsafe
    pass named in full is allowed its changes without `unsafe_fixes`. `filename` is for messages
    only; nothing is read or written. `find_context` is asked for the build context of a file that
    copies something, and for the reason where it has none. `most` ends the work after so many
    groups, the same ones that a run to the end makes first: what a search for a wrong one needs.
    Without `notes` passes that only point things out are not asked.

    Raises DockerfileSyntaxError for a file BuildKit would refuse, ConfigError for a name of no
    pass, and CheckFailed when the result does not pass dockfix's own checks.
    """
    chosen = choose(select, ignore, extend_select)
    named = _named(chosen, (*(select or ()), *extend_select))
    text = source if isinstance(source, str) else decode(source)
    settings = (settings or Settings())._replace(named=named)
    run = _Run(text, filename, settings, unsafe_fixes)
    run.most = most
    run.find_context = find_context
    return run.run(chosen if notes else [one for one in chosen if not one.notes])


def choose(
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
) -> tuple[Entry, ...]:
    """The passes to run, in their order. Raises ConfigError for a name that fits none."""
    wanted = {one.code for one in ENTRIES if one.default} if select is None else _matching(select)
    wanted |= _matching(extend_select)
    wanted -= _matching(ignore)
    return tuple([one for one in ENTRIES if one.code in wanted])


def _named(passes: Iterable[Entry], names: Iterable[str]) -> frozenset[str]:
    """The codes of the passes that somebody named in full."""
    named = {name.strip().lower() for name in names}
    if not named:
        return frozenset()
    return frozenset(
        one.code for one in passes if not named.isdisjoint((one.name, one.code.lower()))
    )


def _matching(names: Sequence[str]) -> set[str]:
    """The codes of the passes that fit one of the names."""
    found: set[str] = set()
    for name in names:
        lower = name.strip().lower()
        fits = {
            one.code
            for one in ENTRIES
            if lower in ("all", one.name) or (lower and one.code.lower().startswith(lower))
        } or {
            one.code for one in ENTRIES if lower in (alias.lower() for alias in one.load().aliases)
        }
        if not fits:
            from difflib import get_close_matches

            close = get_close_matches(lower, [one.name for one in ENTRIES], 1)
            hint = f"; did you mean {close[0]}?" if close else "; see --list-passes"
            raise ConfigError(f"no pass is called {name!r}{hint}")
        found |= fits
    return found


class _Run:
    """One file on its way through the passes.

    Unsafe changes are made if `unsafe`, and by the unsafe passes that the user named in full, and
    so wants as they are.
    """

    def __init__(self, text: str, filename: str, settings: Settings, unsafe: bool) -> None:
        forget_others()
        self.filename = filename
        self.settings = settings
        self.most: int | None = None
        self.context = settings.context
        self.find_context: Callable[[Dockerfile], tuple[Context | None, str]] | None = None
        self.unsafe = unsafe
        self.original = self.read(text)
        self.current = self.original
        self.switched_off = ignores(self.original)
        self.layers: list[_Layer] = []
        self.line_starts: list[int] = []

    def read(self, text: str) -> Dockerfile:
        # through bytes, because two halves of a character could meet where text was cut
        return parse(decode(encode(text)), self.filename)

    def read_again(self, edits: Sequence[Edit]) -> Dockerfile:
        text = apply(self.current.source, edits)
        whole = decode(encode(text))
        if text != whole:
            return parse(whole, self.filename)
        return parse_again(self.current, edits, text)

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
                if one.may_work(self.current, self.settings):
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
        rest = [finding for one in passes for finding in found.get(one.code, ())]
        notes = [finding for finding in rest if finding.safety is Safety.NOTE]
        if unknown:
            notes.append(self.note("context", unknown))
        if self.original.fragment:
            notes.append(self.note("fragment", "no FROM: read as part of a stage"))
        return self.result(applied, [f for f in rest if f.safety is Safety.UNSAFE], notes)

    def look_for_context(self) -> str:
        """Settles the build context of a file that copies something: why it is unknown, or ""."""
        if self.find_context is None or (
            keywords_in(self.original).isdisjoint(("COPY", "ADD"))
            and "--mount" not in self.original.source
        ):
            return ""
        self.context, why = self.find_context(self.original)
        self.settings = self.settings._replace(context=self.context)
        return why

    def step(self, one: Pass) -> tuple[list[Applied], list[Applied]]:
        """Lets one pass work on the current file: what it did, and what it may not or cannot do."""
        found: Iterable[Group] = one.rewrite(self.current, self.settings)
        if self.switched_off.speaks:
            off = self.switched_off
            found = [group for group in found if not off.covers(group, one.names_of(group))]
        groups = [self.possible(group) for group in found]
        if not groups:
            return [], []
        unsafe = self.unsafe or (one.safety is Safety.UNSAFE and one.code in self.settings.named)
        allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
        taken: list[Group] = []
        left: list[Applied] = []
        for group in groups:
            if group.safety in allowed and group.changes:
                taken.append(group)
            else:
                left.append(self.locate(one, group))
        taken = _apart(taken)
        taken = taken if self.most is None else taken[: self.most]
        if not taken:
            return [], left
        made = [self.locate(one, group) for group in taken]
        edits = tuple(sorted([edit for group in taken for edit in group.edits]))
        try:
            after = self.read_again(edits)
        except DockerfileSyntaxError as error:
            raise CheckFailed(
                one.name, f"BuildKit would refuse it ({error})", filename=self.filename
            ) from error
        settings = self.ignoring([line for group in taken for line in group.ignored])
        problem = (
            check(self.current, after, edits)
            or check_copied(after, self.settings.context, settings.context)
            or one.verify(self.current, after)
        )
        if problem:
            raise CheckFailed(one.name, problem, filename=self.filename)
        if after.source == self.current.source and settings is self.settings:
            return [], left
        if self.most is not None:
            self.most -= len(made)
        self.settings = settings
        if edits:
            self.current = after
            self.switched_off = ignores(after)
            forget_old()
            self.layers.append(_layer(edits))
        return made, left

    def possible(self, group: Group) -> Group:
        """A group as it is, or the note of one that needs another file than may be changed."""
        if not group.ignored or (self.settings.context and not self.settings.alone):
            return group
        needed = ", ".join(group.ignored)
        message = f"{group.message} (left alone: it needs {needed} in .dockerignore)"
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
        start = self.origin(min([offset, *[edit.start for edit in group.edits]]))
        end = self.origin(max([offset, *[edit.end for edit in group.edits]]))
        line, column = self.position(self.origin(offset))
        return Applied(
            one.code, one.name, group.message, line, column, safety, start, end, declares
        )

    def position(self, offset: int) -> tuple[int, int]:
        """`Dockerfile.position` of the original, for many offsets."""
        if not self.line_starts:
            lines = self.original.source.split("\n")
            self.line_starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def note(self, name: str, message: str) -> Applied:
        return Applied("DF001", name, message, 1, 1, Safety.NOTE, 0, 0)

    def origin(self, offset: int) -> int:
        """Where in the original file an offset of the current one comes from."""
        for layer in reversed(self.layers):
            index = bisect_right(layer.starts, offset) - 1
            if index >= 0:
                past = offset - layer.ends[index]
                offset = layer.behind[index] + past if past >= 0 else layer.before[index]
        return offset

    def result(
        self, applied: list[Applied], offered: list[Applied], notes: list[Applied]
    ) -> Rewrite:
        return Rewrite(
            self.original.source,
            self.current.source,
            _in_order(applied),
            _in_order(offered),
            _in_order(notes),
            self.others(),
        )

    def others(self) -> tuple[OtherFile, ...]:
        before, after = self.context, self.settings.context
        if before is after or before is None or after is None:
            return ()
        return (OtherFile(after.ignore_file, before.ignore_text(), after.ignore_text() or ""),)


def _in_order(findings: list[Applied]) -> tuple[Applied, ...]:
    """As they stand in the original file."""
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column)))


class _Layer(Record):
    """The edits of one step: spans of new text, and those of the text that they replace."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    behind: list[int]


def _layer(edits: Sequence[Edit]) -> _Layer:
    layer = _Layer([], [], [], [])
    shift = 0
    for edit in edits:
        layer.starts.append(edit.start + shift)
        layer.ends.append(edit.start + shift + len(edit.text))
        layer.before.append(edit.start)
        layer.behind.append(edit.end)
        shift += len(edit.text) - (edit.end - edit.start)
    return layer


def _apart(groups: list[Group]) -> list[Group]:
    """Those groups, from the top of the file, that do not reach into one taken before.

    What one replaces may end where what another replaces begins, but nothing is inserted there.
    """
    if len(groups) < 2:
        return groups
    taken: list[Group] = []
    done = (-1, 0)
    for group in sorted(groups, key=_beginning):
        if not group.edits:
            taken.append(group)
        elif _beginning(group) > done:
            taken.append(group)
            done = max([(edit.end, edit.start == edit.end) for edit in group.edits])
    return taken


def _beginning(group: Group) -> tuple[int, int]:
    """Where the first edit of a group begins: an insertion comes before what stands there."""
    if not group.edits:
        return group.offset, 0
    return min([(edit.start, edit.start < edit.end) for edit in group.edits])


def _left_alone(dockerfile: Dockerfile) -> str:
    """Why a file is not dockfix's to change: another frontend reads it."""
    for directive in dockerfile.directives:
        if directive.name == "syntax":
            image = directive.value.partition("@")[0]
            name = image.rpartition("/")[2].partition(":")[0]
            if not (name in ("dockerfile", "dockerfile-upstream") and "docker/" in f"/{image}"):
                return f"left alone: it is written for another frontend, {directive.value}"
    return ""
