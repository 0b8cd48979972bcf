"""The passes, one file each. `ENTRIES` is the only registry and the only order.

A pass is imported when a file shows that there may be something for it, which most of them never
see: importing all of them takes longer than rewriting a file.
"""

from __future__ import annotations

from dockfix.passes import quick_checks
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    #: All of them, in their order: for those that want to know them all.
    PASSES: tuple[Pass, ...]


class Entry:
    """A pass of the registry: what it is called, and by what to tell that it may have work.

    It has none in a file with none of the `keywords`, if there are any, with none of the `words`,
    or where the quick check that is called like the pass says no; and none where the build context
    is unknown, if it needs the `context`.
    Words are parts of commands as people write them; one that a continuation divides is not seen,
    and what it would tell is missed. One with `notes` only points things out, and need not be asked
    where nobody reads notes. `severity` is that of all its findings; None: "warning" for changes
    and "note" for notes. One that `connects` to other machines is not meant by `all`.
    """

    __slots__ = (
        "code", "connects", "context", "default", "keywords", "known", "name", "notes",
        "quick_check", "severity", "words",
    )  # fmt: skip

    def __init__(
        self,
        code: str,
        name: str,
        keywords: tuple[str, ...] = (),
        words: tuple[str, ...] = (),
        context: bool = False,
        default: bool = True,
        notes: bool = False,
        severity: Severity | None = None,
        connects: bool = False,
    ) -> None:
        self.code, self.name = code, name
        self.keywords, self.words, self.context = keywords, words, context
        self.quick_check = getattr(quick_checks, self.module, None)
        self.default, self.notes, self.severity = default, notes, severity
        self.connects = connects
        self.known: Pass | None = None

    @property
    def module(self) -> str:
        """The name of its module, and of its quick check, if it has one."""
        return self.name.replace("-", "_")

    @classmethod
    def of(cls, one: Pass) -> Entry:
        """An entry for a pass that is at hand."""
        entry = cls(one.code, one.name, default=one.default)
        entry.known = one
        return entry

    def load(self) -> Pass:
        """The pass itself."""
        if self.known is None:
            # importlib would cost as much as some of the passes
            self.known = __import__(f"dockfix.passes.{self.module}", fromlist=("PASS",)).PASS
        return self.known

    def may_work(self, facts: Facts, settings: Settings) -> bool:
        """True if there may be something for the pass in a file."""
        return (
            not (self.context and settings.context is None)
            and not (self.keywords and facts.keywords.isdisjoint(self.keywords))
            and not (self.words and not any(map(facts.source.__contains__, self.words)))
            and (self.quick_check is None or self.quick_check(facts))
        )


#: How much a finding matters, most first: the build is or may be wrong; the image could be better;
#: something to look at.
Severity = Literal["error", "warning", "note"]

_COPIES = ("COPY", "ADD")

ENTRIES: tuple[Entry, ...] = (
    # what is mended is read by the others as it was meant
    Entry("DF311", "repair-typos", severity="error"),
    # an empty line divides a list: what looks at lists has to see the final lines
    Entry("DF309", "tidy-continuations"),
    # what has no effect needs no rewriting
    Entry("DF308", "last-start-only"),
    # keywords are asked about by no other
    Entry("DF307", "keyword-case"),
    # the words of FROM, in which no other pass looks
    Entry("DF320", "stage-name-case"),
    Entry("DF321", "drop-target-platform", words=("TARGETPLATFORM",)),
    # the words of ENV and LABEL, in which no other pass looks
    Entry("DF306", "key-value-form", ("ENV", "LABEL", "MAINTAINER")),
    # which takes pairs with an equals sign only
    Entry("DF310", "merge-metadata", keywords=("ENV", "LABEL", "EXPOSE"), default=False),
    # what copies is read as a COPY by those below
    Entry("DF303", "copy-not-add", keywords=("ADD",)),
    # what is not sent to the builder is in no other's way
    Entry("DF403", "dockerignore", keywords=_COPIES, context=True),
    # a RUN that is merged no longer begins with its cd
    Entry("DF302", "use-workdir"),
    # an install that keeps to its lock file writes none that a COPY below it would overwrite
    Entry("DF405", "locked-install", keywords=("RUN",), context=True),
    # while the RUN that removes still stands alone
    Entry("DF404", "no-late-delete", keywords=("RUN",), words=("rm ",), context=True),
    # what moves comes first: it may bring RUNs together
    Entry("DF401", "install-before-source", keywords=_COPIES),
    # the rows of COPYs are final now, and metadata that goes may let RUNs meet
    Entry("DF402", "stable-first", (*_COPIES, "ARG")),
    # what moves has moved, and RUNs stand alone yet: each is for one side
    Entry("DF601", "multi-stage", keywords=("RUN",), default=False),
    # as long as a RUN does nothing else
    Entry(
        "DF312",
        "copy-with-owner",
        words=("chown", "chmod"),
    ),
    # a merged RUN holds what the passes below look for in one script
    Entry("DF101", "merge-runs", keywords=("RUN",)),
    # fetching and taking apart stand in one RUN now, if they may
    Entry("DF304", "fetch-in-run", keywords=("RUN",)),
    # installs are merged only if their options are the same
    Entry("DF204", "assume-yes", keywords=("RUN",)),
    Entry("DF203", "no-install-recommends"),
    # one install has one list to sort
    Entry("DF102", "merge-installs", keywords=("RUN",)),
    # what could be merged brings its update along
    Entry("DF205", "update-with-install"),
    # behind the last install of a merged RUN, and no longer in a RUN of its own
    Entry("DF201", "clean-package-cache", keywords=("RUN",)),
    # in place of cleanups, which the pass above leaves to it where there is a mount
    Entry("DF202", "use-cache-mount", keywords=("RUN",), default=False),
    # concerns options, in which no other pass looks
    Entry("DF305", "modern-flags", keywords=("RUN",)),
    # lists are final now
    Entry("DF103", "sort-packages", keywords=("RUN",)),
    # concerns no other
    Entry("DF301", "exec-form"),
    # a CMD that is no array yet would be started by another shell
    Entry("DF522", "set-pipefail", keywords=("RUN",), severity="warning"),
    # what a split has left of the last stage
    Entry("DF602", "slim-base", default=False),
    # what the others know of a base they know by its tag, which stays
    Entry("DF603", "pin-base", default=False, connects=True),
    # notes speak of the file as it will be
    Entry("DF501", "narrow-copy", keywords=_COPIES, words=(".jar", ".war")),
    Entry("DF502", "pin-dependencies", keywords=("RUN",), context=True, notes=True),
    Entry(
        "DF503",
        "find-manifest",
        keywords=("RUN",),
        context=True,
        notes=True,
        severity="warning",
    ),
    Entry(
        "DF504",
        "find-source",
        keywords=(*_COPIES, "RUN"),
        context=True,
        notes=True,
        severity="warning",
    ),
    Entry("DF505", "keep-secrets-out", keywords=_COPIES, notes=True, severity="warning"),
    Entry("DF520", "tag-base", notes=True),
    Entry(
        "DF521",
        "copy-source-late",
        keywords=_COPIES,
        notes=True,
    ),
    Entry("DF524", "drop-root", keywords=("USER",), notes=True),
    Entry(
        "DF525",
        "hide-secrets",
        keywords=("ENV", "ARG"),
        notes=True,
        severity="warning",
    ),
    Entry("DF526", "count-layers", notes=True),
    Entry("DF527", "avoid-sudo", keywords=("RUN",), words=("sudo",), notes=True),
    Entry(
        "DF528",
        "find-program",
        keywords=("RUN",),
        words=("corepack",),
        notes=True,
        severity="warning",
    ),
    Entry("DF529", "new-major", keywords=("RUN",), words=(" -g", "--global"), notes=True),
    Entry("DF530", "renew-base", notes=True),
    Entry("DF531", "keep-toolchain-out", keywords=("CMD", "ENTRYPOINT"), notes=True),
    Entry("DF540", "define-variables", words=("$",), notes=True, severity="warning"),
    Entry("DF541", "declare-base-args", words=("$",), notes=True, severity="warning"),
    Entry("DF542", "default-base-args", keywords=("ARG",), words=("$",), notes=True),
    Entry("DF543", "unique-stages", notes=True, severity="warning"),
    Entry("DF544", "free-platform", words=("--platform=",), notes=True),
    Entry("DF545", "describe-definitions", words=("#",), default=False, notes=True),
    Entry("DF546", "literal-from", words=("from=",), notes=True, severity="error"),
    Entry("DF547", "set-user", keywords=("EXPOSE",), notes=True),
    Entry("DF548", "find-lost-state", keywords=("RUN",), notes=True, severity="warning"),
    Entry("DF549", "keep-signals", keywords=("CMD", "ENTRYPOINT"), notes=True),
)


def severity_of(code: str, *, is_note: bool) -> Severity:
    """The severity of a finding of a pass (or of the program itself)."""
    for entry in ENTRIES:
        if entry.code == code and entry.severity is not None:
            return entry.severity
    return "note" if is_note else "warning"


def __getattr__(name: str) -> tuple[Pass, ...]:
    if name == "PASSES":
        return tuple(entry.load() for entry in ENTRIES)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
