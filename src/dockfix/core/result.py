"""What came of a file: its text before and after, and what was done, offered and noted."""

from __future__ import annotations

from dockfix.core.findings import Applied
from dockfix.core.origins import Made
from dockfix.dockerfile.source import encode
from dockfix.edit.edits import Edit, apply
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.core.fixes import Fix


class OtherFile(Record):
    """Another file that has to change with the Dockerfile: the ignore file of the build context.

    `path` is seen from the root of the context; `before` is None for a new file.
    """

    path: str
    before: str | None
    after: str


class Rewrite(Record):
    """The result for a file. `before` and `after` are its text, decoded with `surrogateescape`.

    `applied` are the groups made, `offered` those that need `unsafe_fixes`, `notes` those without
    edits; each in the order of the original file. `others` are files of the build context that
    belong to the change: `after` is right only together with them. `steps` are the edits in the
    order in which they were made. Their group numbers are indexes into `applied`.
    """

    before: str
    after: str
    applied: tuple[Applied, ...]
    offered: tuple[Applied, ...]
    notes: tuple[Applied, ...]
    others: tuple[OtherFile, ...] = ()
    steps: tuple[tuple[Made, ...], ...] = ()

    @property
    def changed(self) -> bool:
        """True if the file would change, or another one with it."""
        return self.before != self.after or bool(self.others)

    def to_bytes(self) -> bytes:
        """The rewritten file, in the bytes of the original where nothing was changed."""
        return encode(self.after)

    @property
    def edits(self) -> list[Edit]:
        """The change as edits of `before`, in order, that neither overlap nor touch."""
        return sorted([edit for fix in self.fixes for edit in fix.edits])

    @property
    def findings(self) -> list[Applied]:
        """All of them."""
        return [*self.applied, *self.offered, *self.notes]

    @property
    def fixes(self) -> list[Fix]:
        """The change as edits of `before`, with the places in `applied` of what makes each."""
        from dockfix.core.fixes import Fix, fixes

        found = fixes(self.before, self.steps)
        if apply(self.before, [edit for fix in found for edit in fix.edits]) == self.after:
            return found
        # Two halves of a character that is no UTF-8 met where text was cut.
        whole = Edit(0, len(self.before), self.after)
        return [Fix(tuple(range(len(self.applied))), (whole,))]

    def diff(self, path: str = "Dockerfile", context: str | None = None) -> bytes:
        """The change as a patch that `git apply` takes; empty if there is none.

        `context` is what the patch calls the root of the build context: by default the directory
        of `path`.
        """
        from dockfix.core.diff import unified

        root = path.rpartition("/")[0] if context is None else context
        patches = [unified(encode(self.before), encode(self.after), path)]
        for other in self.others:
            before = None if other.before is None else encode(other.before)
            name = f"{root}/{other.path}" if root else other.path
            patches.append(unified(before, encode(other.after), name))
        return b"".join(patches)
