"""What an install and the COPY above it are judged by, and the answer."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.context import Context
from dockfix.records import Record
from dockfix.state.paths import UNTOLD, Copy

#: A file that has to be copied: its path in the context, and the one in the image.
Needed = tuple[str, str]


class Surroundings(Record):
    """What an install and the COPY above it are judged by.

    `base` is the directory that a script runs in, `above` are the COPYs that stay above it (None:
    one that is not understood), `fresh` how many of them come before something that may have
    changed their files. `environment` is what of the file's variables `may_lead` somewhere, `true`
    are the names of those that are set to a true value, and to no other. `versions`: which program
    runs may be chosen by a file of the project, as asdf and pyenv do. `linked`: folders of the
    image's own are searched for libraries, whose list an install brings up to date (ldconfig).
    """

    base: str
    above: tuple[Copy | None, ...]
    fresh: int
    environment: tuple[tuple[str, str], ...]
    context: Context | None
    true: frozenset[str] = frozenset()
    versions: bool = False
    linked: bool = False


class Answer(Record):
    """Whether a COPY may go below an install.

    `refusal` says why not, `doubt` why it has to be taken on trust. `needs` are the files that have
    to be copied before, as paths of the context and of the image; `written` what the COPY would
    bring over the install's own files, if the context did not leave it out, `expected` what it
    would bring on a machine where somebody has run the install outside the image.
    """

    refusal: str = ""
    doubt: str = ""
    needs: tuple[Needed, ...] = ()
    written: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


def supplied(path: str | None, above: Sequence[Copy | None], context: Context | None) -> str | None:
    """The file of the context that lies at a path, as the COPYs above leave it; None: none does."""
    if path is None:
        return UNTOLD
    for copy in reversed(above):
        if copy is None:
            return UNTOLD
        named = copy.names(path, context)
        if named is not None:
            return named
        brought = copy.brings(path, context)
        if brought:
            return next(iter(brought)) if context and len(brought) == 1 else UNTOLD
    return None
