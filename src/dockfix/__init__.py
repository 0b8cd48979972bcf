"""dockfix rewrites Dockerfiles, and proves every rewrite before it leaves the program.

    from dockfix import rewrite
    result = rewrite(Path("Dockerfile").read_bytes())
    result.changed, result.applied, result.diff("Dockerfile")

Everything it raises on purpose is a `DockfixError`. The names are loaded when they are first used,
so that `import dockfix` costs nothing.
"""

from __future__ import annotations

from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.edits import Safety
    from dockfix.errors import CheckFailed, ConfigError, DockerfileSyntaxError, DockfixError
    from dockfix.passes.base import Settings
    from dockfix.pipeline import Applied, Rewrite, rewrite

__version__ = "0.1.0"

_HOME = {
    "Applied": "dockfix.pipeline",
    "CheckFailed": "dockfix.errors",
    "ConfigError": "dockfix.errors",
    "DockerfileSyntaxError": "dockfix.errors",
    "DockfixError": "dockfix.errors",
    "Rewrite": "dockfix.pipeline",
    "Safety": "dockfix.edits",
    "Settings": "dockfix.passes.base",
    "rewrite": "dockfix.pipeline",
}

__all__ = [
    "Applied",
    "CheckFailed",
    "ConfigError",
    "DockerfileSyntaxError",
    "DockfixError",
    "Rewrite",
    "Safety",
    "Settings",
    "__version__",
    "rewrite",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'dockfix' has no attribute {name!r}")
