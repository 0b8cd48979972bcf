"""The passes, one file each. `ENTRIES` is the only registry and the only order.

A pass is imported when a file shows that there may be something for it, which most of them never
see: importing all of them takes longer than rewriting a file.
"""

from __future__ import annotations

from collections.abc import Callable

from dockfix.facts import keywords_in
from dockfix.passes import signs
from dockfix.passes.base import Pass, Settings
from dockfix.syntax.tree import Dockerfile
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    #: All of them, in their order: for those that want to know them all.
    PASSES: tuple[Pass, ...]


class Entry:
    """A pass of the registry: what it is called, and by what to tell that it may have work.

    It has none in a file with none of the `keywords`, if there are any, with none of the `words`,
    or without the `sign`; and none where the build context is unknown, if it needs the `context`.
    Words are parts of commands as people write them; one that a continuation divides is not seen,
    and what it would tell is missed. One with `notes` only points things out, and need not be asked
    where nobody reads notes.
    """

    __slots__ = (
        "code", "context", "default", "keywords", "known", "name", "notes", "sign", "words"
    )  # fmt: skip

    def __init__(
        self,
        code: str,
        name: str,
        keywords: tuple[str, ...] = (),
        words: tuple[str, ...] = (),
        sign: Callable[[Dockerfile], bool] | None = None,
        context: bool = False,
        default: bool = True,
        notes: bool = False,
    ) -> None:
        self.code, self.name = code, name
        self.keywords, self.words, self.sign, self.context = keywords, words, sign, context
        self.default, self.notes = default, notes
        self.known: Pass | None = None

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
            name = f"dockfix.passes.{self.name.replace('-', '_')}"
            self.known = __import__(name, fromlist=("PASS",)).PASS
        return self.known

    def may_work(self, dockerfile: Dockerfile, settings: Settings) -> bool:
        """Whether there may be something for the pass in a file."""
        return (
            not (self.context and settings.context is None)
            and not (self.keywords and keywords_in(dockerfile).isdisjoint(self.keywords))
            and not (self.words and not any(map(dockerfile.source.__contains__, self.words)))
            and (self.sign is None or self.sign(dockerfile))
        )


_COPIES = ("COPY", "ADD")

ENTRIES: tuple[Entry, ...] = (
    # what is mended is read by the others as it was meant
    Entry("DF311", "repair-typos"),
    # an empty line divides a list: what looks at lists has to see the final lines
    Entry("DF309", "tidy-continuations", sign=signs.goes_on_untidily),
    # what has no effect needs no rewriting
    Entry("DF308", "last-start-only", sign=signs.repeats_a_start),
    # keywords are asked about by no other
    Entry("DF307", "keyword-case", sign=signs.has_other_case),
    # the words of ENV and LABEL, in which no other pass looks
    Entry("DF306", "key-value-form", ("ENV", "LABEL", "MAINTAINER"), sign=signs.has_old_form),
    # which takes pairs with an equals sign only
    Entry("DF310", "merge-metadata", keywords=("ENV", "LABEL", "EXPOSE"), default=False),
    # what copies is read as a COPY by those below
    Entry("DF303", "copy-not-add", keywords=("ADD",)),
    # what is not sent to the builder is in no other's way
    Entry("DF403", "dockerignore", keywords=_COPIES, context=True),
    # a RUN that is merged no longer begins with its cd
    Entry("DF302", "use-workdir", sign=signs.goes_somewhere),
    # an install that keeps to its lock file writes none that a COPY below it would overwrite
    Entry("DF405", "locked-install", keywords=("RUN",), context=True),
    # while the RUN that removes still stands alone
    Entry("DF404", "no-late-delete", keywords=("RUN",), words=("rm ",), context=True),
    # what moves comes first: it may bring RUNs together
    Entry("DF401", "install-before-source", keywords=_COPIES),
    # the rows of COPYs are final now, and metadata that goes may let RUNs meet
    Entry("DF402", "stable-first", (*_COPIES, "ARG"), sign=signs.may_be_sorted),
    # as long as a RUN does nothing else
    Entry("DF312", "copy-with-owner", words=("chown", "chmod"), sign=signs.changes_what_was_copied),
    # a merged RUN holds what the passes below look for in one script
    Entry("DF101", "merge-runs", keywords=("RUN",)),
    # fetching and taking apart stand in one RUN now, if they may
    Entry("DF304", "fetch-in-run", keywords=("RUN",), sign=signs.unpacks_what_it_fetches),
    # installs are merged only if their options are the same
    Entry("DF204", "assume-yes", keywords=("RUN",), words=signs.MANAGERS),
    Entry("DF203", "no-install-recommends", words=signs.MANAGERS, sign=signs.installs_openly),
    # one install has one list to sort
    Entry("DF102", "merge-installs", keywords=("RUN",)),
    # what could be merged brings its update along
    Entry("DF205", "update-with-install", words=("apt",), sign=signs.installs_without_update),
    # behind the last install of a merged RUN, and no longer in a RUN of its own
    Entry("DF201", "clean-package-cache", keywords=("RUN",)),
    # in place of cleanups, which the pass above leaves to it where there is a mount
    Entry("DF202", "use-cache-mount", keywords=("RUN",), default=False),
    # concerns options, in which no other pass looks
    Entry("DF305", "modern-flags", keywords=("RUN",), sign=signs.has_old_flag),
    # lists are final now
    Entry("DF103", "sort-packages", keywords=("RUN",)),
    # concerns no other
    Entry("DF301", "exec-form", sign=signs.has_shell_start),
    # notes speak of the file as it will be
    Entry("DF501", "narrow-copy", keywords=_COPIES, words=(".jar", ".war")),
    Entry("DF502", "pin-dependencies", keywords=("RUN",), context=True, notes=True),
    Entry("DF503", "find-manifest", keywords=("RUN",), context=True, notes=True),
    Entry("DF504", "find-source", keywords=(*_COPIES, "RUN"), context=True, notes=True),
    Entry("DF505", "keep-secrets-out", keywords=_COPIES, notes=True),
    Entry("DF520", "tag-base", sign=signs.names_no_version, notes=True),
    Entry("DF521", "copy-source-late", keywords=_COPIES, sign=signs.brings_everything, notes=True),
    Entry("DF522", "set-pipefail", keywords=("RUN",), sign=signs.pipes_a_download, notes=True),
    Entry("DF524", "drop-root", keywords=("USER",), notes=True),
    Entry("DF525", "hide-secrets", keywords=("ENV", "ARG"), sign=signs.names_a_secret, notes=True),
    Entry("DF526", "count-layers", sign=signs.has_many_instructions, notes=True),
    Entry("DF527", "avoid-sudo", keywords=("RUN",), words=("sudo",), notes=True),
)


def __getattr__(name: str) -> tuple[Pass, ...]:
    if name == "PASSES":
        return tuple(entry.load() for entry in ENTRIES)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
