"""The shape of a pass: a frozen record with a name, a claim of safety, examples, and a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.edits import Group, Safety
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.syntax.tree import Dockerfile
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.context import Context


class Settings(Record):
    """What the user chose, as far as passes care.

    `alone`: no other file than the Dockerfile can be changed. `named` are the codes of the passes
    that the user named in full.
    """

    merge_strategy: Literal["all", "related"] = "all"
    context: Context | None = None
    alone: bool = False
    named: frozenset[str] = frozenset()


class Example(Record):
    """A file and what the pass makes of it (its groups of every safety applied, until quiet).

    `after` is None for a file that must be left alone; `why` then says why, or `note` is what is
    pointed out about it. `why` may also say what to look at in a change. `unsafe` says that the
    change is one for --unsafe-fixes only. `files` is a build context at hand, as pairs of path and
    content; None: there is none. `ignore_file` is what becomes of its .dockerignore; None: it stays
    as it is.
    """

    before: str
    after: str | None = None
    why: str = ""
    unsafe: bool = False
    settings: Settings = Settings()
    files: tuple[tuple[str, str], ...] | None = None
    ignore_file: str | None = None
    note: str = ""

    @property
    def changes(self) -> bool:
        """Whether the pass does something."""
        return self.after is not None or self.ignore_file is not None


class Pass(Record):
    """One rewrite: see `architecture` in docs/design.md for what each field promises.

    `code` never changes once published; `name` is verb-object in kebab case; `safety` is that of
    its usual groups (a group may be less safe). `aliases` are the names under which other linters
    know the matter, so that their ignore comments hold here. `verify` compares the file before and
    after this pass and says what is wrong with the change, or None. `examples` makes them for those
    that ask, which is no run on files. A pass that is not `default` runs only when it is selected.

    What a build of both files may show, on purpose: `removes` are globs of paths that the new image
    may lack (`*` stays within a name, `/**` is all below, `/**/` any folder, `!` in front takes
    paths out again; a group may have more of them), `changes` those below which anything may be
    otherwise, `logs` those of files that record how the image was made, and may record something
    else; `fewer_packages` says that packages may be missing that nobody asked for by name;
    `restates` are the fields of the image's configuration that say the same words in another form.
    `dockfix verify` takes a pass at its word, and nothing else for granted. What a pass only
    doubts it does not declare: that is what verifying is for.
    """

    code: str
    name: str
    summary: str
    safety: Safety
    aliases: tuple[str, ...]
    rewrite: Callable[[Dockerfile, Settings], Iterator[Group]]
    verify: Callable[[Dockerfile, Dockerfile], str | None]
    examples: Callable[[], tuple[Example, ...]]
    default: bool = True
    removes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    fewer_packages: bool = False
    restates: tuple[str, ...] = ()

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
