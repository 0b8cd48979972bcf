"""What dockfix finds in the text of an editor, and the changes that an editor may offer.

Every change is a rewrite of its own, with all checks of a run: never a part of a result that was
checked as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dockfix.core.findings import Applied
from dockfix.core.result import Rewrite
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import is_decoded
from dockfix.edit.edits import Edit, Safety, apply
from dockfix.edit.ignoring import ignoring_file
from dockfix.embedded import may_hold_blocks
from dockfix.embedded.ignoring import ignoring_in
from dockfix.errors import DockerfileSyntaxError, DockfixError
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    #: What tells a finding from the others of a file, whichever groups are made beside it.
    Key = tuple[str, int, int]


class Asked(Record):
    """What is wanted of a rewrite beyond the settings; see `dockfix.core.pipeline.rewrite`.

    `alone`: no other file may change. `texts` are those of the ignore files that are open in the
    editor, by their paths; they stand for what is on the disk.
    """

    unsafe_fixes: bool | None = None
    only: Callable[[Applied], bool] | None = None
    alone: bool = False
    texts: Mapping[str, str] = {}


class Rewriter(Protocol):
    """Rewrites the text of a file as its settings say; `path` is "" for one without a name.

    Returns the result, and the root of the build context ("" if it is unknown). Raises
    DockfixError.
    """

    def __call__(self, path: str, text: str, asked: Asked) -> tuple[Rewrite, str]: ...


class Problem(Record):
    """Why there are no findings, and the offset to which that points."""

    message: str
    offset: int


class Change(Record):
    """A change that can be offered: what it makes, and the root of the build context."""

    result: Rewrite
    root: str

    @property
    def is_unsafe(self) -> bool:
        """True if a part of it is unsafe."""
        return any(one.safety is Safety.UNSAFE for one in self.result.applied)


def key_of(one: Applied) -> Key:
    """What tells a finding from others."""
    return one.code, one.start, one.end


class Analysis:
    """What was found in one state of a text."""

    def __init__(
        self, rewriter: Rewriter, path: str, text: str, texts: Mapping[str, str], *, alone: bool
    ) -> None:
        self.path, self.text = path, text
        self._rewriter = rewriter
        self._asked = Asked(alone=alone, texts=texts)
        self.problem: Problem | None = None
        self.findings: tuple[Applied, ...] = ()
        self._whole: Change | None = None
        if not is_decoded(text):
            # half of a character, which no file can hold
            return
        try:
            self._whole = self._rewritten(self._asked)
        except DockerfileSyntaxError as error:
            self.problem = Problem(error.reason, error.offset)
        except DockfixError as error:
            self.problem = Problem(str(error), 0)
        except Exception as error:
            message = f"internal error: {type(error).__name__}: {error}; please report it"
            self.problem = Problem(message, 0)
        else:
            result = self._whole.result
            found = [*result.applied, *result.offered, *result.notes]
            found.sort(key=lambda one: (one.line, one.column, one.code))
            self.findings = tuple(found)

    def whole(self) -> Change | None:
        """What `dockfix --in-place` would make; None: nothing."""
        return self._whole if self._whole is not None and self._whole.result.changed else None

    def formatted(self) -> Change | None:
        """The same without what needs another file to change, too."""
        return self._changed(self._asked._replace(alone=True))

    def all_of(self, finding: Applied) -> Change | None:
        """What the pass of a finding makes in the file, as safe as the finding is or safer."""
        unsafe = finding.safety is Safety.UNSAFE

        def wanted(one: Applied) -> bool:
            return one.code == finding.code and (unsafe or one.safety is Safety.SAFE)

        return self._changed(self._asked._replace(unsafe_fixes=unsafe, only=wanted))

    def alone(self, finding: Applied) -> Change | None:
        """What mends a finding and nothing else; None if it cannot be mended without others."""
        return self._exactly(finding, {key_of(finding)})

    def together(self, finding: Applied) -> Change | None:
        """What mends a finding with those on which it builds, or which build on it."""
        if self._whole is None or finding not in self._whole.result.applied:
            return None
        result = self._whole.result
        place = result.applied.index(finding)
        groups = next((fix.groups for fix in result.fixes if place in fix.groups), ())
        wanted = {key_of(result.applied[group]) for group in groups}
        return self._exactly(finding, wanted) if len(wanted) > 1 else None

    def ignored(self, finding: Applied) -> Edit | None:
        """The comment that switches the pass off at a finding; None if it would not help."""
        edits = ignoring_in(self.path, self.text, [(finding.start, finding.name)])
        return self._without(finding, edits[0] if edits else None)

    def ignored_file(self) -> Edit | None:
        """The comment that switches dockfix off for the file; None for one with Dockerfiles inside,
        each of which would need its own."""
        if may_hold_blocks(self.path):
            return None
        return self._without(None, ignoring_file(parse(self.text, self.path)))

    def _exactly(self, finding: Applied, wanted: set[Key]) -> Change | None:
        unsafe = True if finding.safety is Safety.UNSAFE else None
        asked = self._asked._replace(unsafe_fixes=unsafe, only=lambda one: key_of(one) in wanted)
        found = self._changed(asked)
        if found is None or {key_of(one) for one in found.result.applied} != wanted:
            return None
        return found

    def _without(self, finding: Applied | None, edit: Edit | None) -> Edit | None:
        """An edit, if the findings are those of before without this one (None: without all)."""
        if edit is None:
            return None
        other = Analysis(
            self._rewriter,
            self.path,
            apply(self.text, [edit]),
            self._asked.texts,
            alone=self._asked.alone,
        )
        if other.problem is not None:
            return None
        if finding is None:
            return None if other.findings else edit
        moved = len(edit.text) if edit.start <= finding.start else 0
        at = finding.code, finding.start + moved, finding.end + moved
        return None if at in map(key_of, other.findings) else edit

    def _changed(self, asked: Asked) -> Change | None:
        try:
            found = self._rewritten(asked)
        except DockfixError:
            return None
        return found if found.result.changed else None

    def _rewritten(self, asked: Asked) -> Change:
        return Change(*self._rewriter(self.path, self.text, asked))
