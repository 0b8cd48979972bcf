"""The shape of a pass: a frozen record with a name, a claim of safety, and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.records import Record
from dockfix.shell.remembered import cached_by_identity
from dockfix.state.facts import Facts
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.context import Context
    from dockfix.state.evidence import Evidence
    from dockfix.state.registry import Registry


class Settings(Record):
    """What the user chose, as far as passes care.

    `alone`: no other file than the Dockerfile can be changed. `named` are the codes of the passes
    that the user named in full. `registry` tells what tags mean, if anybody does; `refresh`: what
    is pinned is pinned anew. `evidence` are facts of a build, if there was one. `around` gives the
    folder that the Dockerfile lies in, for what files there say of its images: a file that copies
    nothing has no build context.
    """

    merge_strategy: Literal["gains", "all", "related"] = "gains"
    context: Context | None = None
    alone: bool = False
    named: frozenset[str] = frozenset()
    registry: Registry | None = None
    refresh: bool = False
    evidence: Evidence | None = None
    around: Callable[[], Context] | None = None


class Pass(Record):
    """One rewrite. What each field promises:

    `code` never changes once published; `name` is verb-object in kebab case; `safety` is that of
    its usual groups (a group may be less safe). `aliases` are the names under which other linters
    know the matter, so that their ignore comments hold here. `verify` compares the file before and
    after this pass and says what is wrong with the change, or None. A pass that is not `default`
    runs only when it is selected. One that `adds_stages` may leave more stages than it found. Its
    examples are in `examples/`, by its name (`dockfix.reports.examples`).

    What a build of both files may show, on purpose: `removes` are globs of paths that the new image
    may lack (`*` stays within a name, `/**` is all below, `/**/` any folder, `!` in front takes
    paths out again; a group may have more of them), `changes` those below which anything may be
    otherwise, `logs` those of files that record how the image was made, and may record something
    else; `fewer_packages` says that packages may be missing that nobody asked for by name;
    `restates` are the fields of the image's configuration that say the same words in another form.
    `dockfix verify` takes a pass at its word, and nothing else for granted. What a pass only
    doubts it does not declare: that is what verifying is for.

    `splits`: the new image is a selection of the old one, so that what only a build needs is gone.
    Which packages and caches may go, and which files may lie elsewhere, `dockfix verify` finds out
    itself (`dockfix.builds.splits.judge`), and that all that is left finds what it needs. A group
    declares the rest (`Group.declares`).
    """

    code: str
    name: str
    summary: str
    safety: Safety
    aliases: tuple[str, ...]
    rewrite: Callable[[Facts, Settings], Iterator[Group]]
    verify: Callable[[Facts, Facts], str | None]
    default: bool = True
    adds_stages: bool = False
    removes: Callable[[], tuple[str, ...]] = tuple
    changes: Callable[[], tuple[str, ...]] = tuple
    logs: tuple[str, ...] = ()
    fewer_packages: bool = False
    restates: tuple[str, ...] = ()
    splits: bool = False

    @property
    def by_default(self) -> str:
        """What becomes of its changes when nobody chose: "on", only "offered", or "off"."""
        if not self.default:
            return "off"
        return "offered" if self.safety is Safety.UNSAFE else "on"

    @property
    def ignore_names(self) -> frozenset[str]:
        """The names, in lower case, by which an ignore comment may switch the pass off."""
        return _ignore_names(self)

    def names_of(self, group: Group) -> frozenset[str]:
        """Those of `ignore_names` by which a comment means a group."""
        if group.aliases is None:
            return self.ignore_names
        others = {alias.lower() for alias in self.aliases if alias not in group.aliases}
        return self.ignore_names - others


@cached_by_identity
def _ignore_names(one: Pass) -> frozenset[str]:
    return frozenset(name.lower() for name in ("all", one.name, one.code, *one.aliases))
