"""The one family of errors that dockfix raises on purpose.

Every error says what is wrong, where, and what to do; `str(error)` is the whole message as a
person should read it. Everything else that escapes is a bug in dockfix.
"""

from __future__ import annotations


class DockfixError(Exception):
    """Base of every error dockfix raises on purpose."""


class DockerfileSyntaxError(DockfixError):
    """A file that BuildKit would refuse.

    `offset` counts characters of the decoded source; `line` and `column` start at 1 and `column`
    counts characters. The file is never changed when this is raised.
    """

    def __init__(self, reason: str, *, offset: int, line: int, column: int, filename: str) -> None:
        super().__init__(f"{filename}:{line}:{column}: {reason}")
        self.reason = reason
        self.offset = offset
        self.line = line
        self.column = column
        self.filename = filename


class ExpansionError(DockfixError):
    """A text in which BuildKit's environment replacement stops, such as `${name@Q}` or `"open`."""


class CheckFailed(DockfixError):
    """A rewrite that dockfix itself would not vouch for; the original stays as it is."""

    def __init__(self, pass_name: str, reason: str, *, filename: str) -> None:
        super().__init__(
            f"{filename}: left as it is: the result of {pass_name} failed its check: {reason}. "
            f"This is a bug in dockfix; --ignore {pass_name} works around it"
        )
        self.pass_name = pass_name
        self.reason = reason
        self.filename = filename


class ConfigError(DockfixError):
    """A setting that does not exist or has a value of the wrong kind."""


class EngineError(DockfixError):
    """No engine to build with, or one that cannot do what is asked of it."""


class BuildFailed(DockfixError):
    """A Dockerfile that the engine did not build; `log` is what it said, the last lines of it."""

    def __init__(self, reason: str, log: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.log = log


class RegistryError(DockfixError):
    """A registry that cannot be reached, refuses, or does not have what is asked for."""


class ImageError(DockfixError):
    """An archive of an image that cannot be read: damaged, too large, or of an unknown kind."""
