"""The shells that run shell forms, as SHELL sets them."""

from __future__ import annotations

from dockfix.records import Record
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
