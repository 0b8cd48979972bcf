"""The shells that run shell forms, as SHELL sets them."""

from __future__ import annotations

import re

from dockfix.dockerfile.tree import Comment, Dockerfile
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Dialect


class Shell(Record):
    """The SHELL that runs shell forms.

    `dialect` is None for one that dockfix does not read. `options` are the words between the
    program and `-c`. `declared` is true if they are known: the file sets them, or the base is an
    official image. A shell that reads startup files (`login`) runs them again in every RUN.
    """

    dialect: Dialect | None
    options: tuple[str, ...] = ()
    declared: bool = False

    @property
    def errexit(self) -> bool:
        """True if `-e` is among the options."""
        return bool(self.options) and any(
            option == "errexit" or (option[:1] == "-" and option[:2] != "--" and "e" in option)
            for option in self.options
        )

    @property
    def login(self) -> bool:
        """True if the shell reads startup files before the script."""
        return bool(self.options) and any(
            option in ("--login", "--rcfile", "--init-file")
            or (option[:1] == "-" and option[:2] != "--" and ("l" in option or "i" in option))
            for option in self.options
        )


POSIX_DEFAULT = Shell("sh")
OPAQUE = Shell(None)
_DIALECTS: dict[str, Dialect] = {"sh": "sh", "bash": "bash", "dash": "dash", "ash": "ash"}


def shell_of(arguments: tuple[str, ...]) -> Shell:
    """The shell that `SHELL [arguments]` sets."""
    if len(arguments) < 2 or arguments[-1][:1] != "-" or arguments[-1][-1:] != "c":
        return OPAQUE
    dialect = _DIALECTS.get(arguments[0].rpartition("/")[2])
    options = arguments[1:-1] + ((arguments[-1],) if arguments[-1] != "-c" else ())
    return Shell(dialect, options, declared=True) if dialect else OPAQUE


_OTHER = lazy(r"#[ \t]*hadolint[ \t]+shell[ \t]*=[ \t]*(?:powershell|pwsh|cmd)\b", re.IGNORECASE)


def other_shells(dockerfile: Dockerfile) -> list[int]:
    """The starts of comments that name a shell which dockfix does not read.

    `# hadolint shell=powershell` is for images whose SHELL only their own Dockerfile shows
    (hadolint's README, "Inline Pragmas").
    """
    if "shell" not in dockerfile.source or "hadolint" not in dockerfile.source:
        return []
    return [
        one.start for one in dockerfile.items if isinstance(one, Comment) and _OTHER.match(one.text)
    ]
