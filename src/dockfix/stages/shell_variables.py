"""Files of the build context that read PWD, which shells set and the exec form does not.

A runtime sets HOME, HOSTNAME and PATH for what it starts (runc, crun), and the directory itself,
but not its name in PWD. dash, bash and busybox export it to what they start; busybox and bash
export SHLVL, too. So a program started without a shell may miss it: `os.environ["PWD"]` raises,
`process.env.PWD + "/x"` is `undefined/x`, supervisord refuses `%(ENV_PWD)s`, and in a Makefile
`$(PWD)` is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from re import Pattern

from dockfix.context import Context
from dockfix.context.code import CODE
from dockfix.dockerfile.tree import Stage
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.program_table import RUNNING, SHELLS
from dockfix.shell.patterns import lazy
from dockfix.stages.source import files_of, interpreter_of

_NAMES = r"(?:(?:OLD)?PWD|SHLVL)\b"
#: There are too many ways to read a variable, so that all count but giving a name of one's own a
#: value, and what connects with a database.
_IN_CODE = lazy(rf"(?<![;\w]){_NAMES}(?![ \t]*=(?!=))")
#: As supervisord, uWSGI, Spring, log4j, dotenv and consul-template write it.
_IN_SETTINGS = lazy(rf"\$[({{]?(?:\w*env[.:])?{_NAMES}|\bENV_{_NAMES}|\benv[\s(]+[\"']?{_NAMES}")
_IN_MAKEFILE = lazy(rf"(?<!\$)\$[({{]{_NAMES}")
_SETTINGS = (
    ".cfg", ".cnf", ".conf", ".config", ".env", ".hcl", ".ini", ".j2", ".json", ".properties",
    ".template", ".tmpl", ".toml", ".tpl", ".xml", ".yaml", ".yml",
)  # fmt: skip
#: Files whose commands are run by shells, or outside of the image.
_OF_SHELLS = ("package.json", "composer.json", ".gitlab-ci.yml", ".travis.yml", "Procfile")
_MORE_CODE = (
    ".c", ".cc", ".clj", ".cpp", ".cs", ".cxx", ".dart", ".erb", ".erl", ".fs", ".groovy", ".hs",
    ".kts", ".nim", ".swift", ".twig", ".vb", ".zig",
)  # fmt: skip
_MAKEFILES = ("GNUmakefile", "Makefile", "makefile")
_MAKERS = ("gmake", "make")
_LARGEST = 200_000


def reads_directory_name(stages: tuple[Stage, ...], program: str, context: Context | None) -> str:
    """A file of the context that reads PWD, if `program` may be what runs it; "" if none is seen.

    Files of every stage count, for one may copy from another.
    """
    name = program.rpartition("/")[2]
    if context is None or name in SHELLS or name.endswith(".sh"):
        return ""
    if name in RUNNING and RUNNING[name][1]:
        return ""
    for path in _paths(stages, context):
        reads = _of_makefile(path) if name in _MAKERS else _of_program(path, context)
        if reads is not None:
            text = context.head(path, _LARGEST) or ""
            if ("PWD" in text or "SHLVL" in text) and reads.search(text):
                return path
    return ""


def _paths(stages: tuple[Stage, ...], context: Context) -> Iterator[str]:
    seen: set[str] = set()
    for stage in stages:
        try:
            found = files_of(stage, context)
        except UnsureError:
            continue
        yield from (path for path in found if path not in seen)
        seen.update(found)


def _of_makefile(path: str) -> Pattern[str] | None:
    """How a Makefile reads a variable; its recipes are run by shells, which set it."""
    return _IN_MAKEFILE if path.rpartition("/")[2] in _MAKEFILES or path.endswith(".mk") else None


def _of_program(path: str, context: Context) -> Pattern[str] | None:
    """How a file reads a variable, if it is one of a program or its settings."""
    name = path.rpartition("/")[2]
    low = name.lower()
    if low.endswith(CODE) or low.endswith(_MORE_CODE):
        return _IN_CODE
    if low.startswith((".env", "supervisord")):
        return _IN_SETTINGS
    if low.endswith(_SETTINGS):
        aside = name in _OF_SHELLS or low.startswith(("compose", "docker-compose"))
        return None if aside else _IN_SETTINGS
    if "." not in name:
        interpreter = interpreter_of(context.head(path, 200) or "")
        return _IN_CODE if interpreter and interpreter not in SHELLS else None
    return None
