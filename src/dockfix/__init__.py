"""dockfix rewrites Dockerfiles, and proves every rewrite before it leaves the program.

    from dockfix import rewrite, rewrite_file
    result = rewrite_file("Dockerfile")                     # as the command does it
    result = rewrite(Path("Dockerfile").read_bytes())       # from bytes alone
    result.changed, result.applied, result.edits, result.to_bytes(), result.diff("Dockerfile")

Everything it raises on purpose is a `DockfixError`. The names are loaded when they are first used,
so that `import dockfix` costs nothing.
"""

from __future__ import annotations

from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.cli.library import rewrite_file
    from dockfix.context import Context
    from dockfix.core.findings import Applied
    from dockfix.core.fixes import Fix
    from dockfix.core.pipeline import rewrite
    from dockfix.core.result import OtherFile, Rewrite
    from dockfix.edit.edits import Edit, Safety
    from dockfix.errors import CheckFailed, ConfigError, DockerfileSyntaxError, DockfixError
    from dockfix.passes.base import Settings

__version__ = "0.1.0"

_HOME = {
    "Applied": "dockfix.core.findings",
    "CheckFailed": "dockfix.errors",
    "ConfigError": "dockfix.errors",
    "Context": "dockfix.context",
    "DockerfileSyntaxError": "dockfix.errors",
    "DockfixError": "dockfix.errors",
    "Edit": "dockfix.edit.edits",
    "Fix": "dockfix.core.fixes",
    "OtherFile": "dockfix.core.result",
    "Rewrite": "dockfix.core.result",
    "Safety": "dockfix.edit.edits",
    "Settings": "dockfix.passes.base",
    "rewrite": "dockfix.core.pipeline",
    "rewrite_file": "dockfix.cli.library",
}

__all__ = [
    "Applied",
    "CheckFailed",
    "ConfigError",
    "Context",
    "DockerfileSyntaxError",
    "DockfixError",
    "Edit",
    "Fix",
    "OtherFile",
    "Rewrite",
    "Safety",
    "Settings",
    "__version__",
    "rewrite",
    "rewrite_file",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'dockfix' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
