"""Files of the build context that read PWD, which shells set and the exec form does not.

A runtime sets HOME, HOSTNAME and PATH for what it starts (runc, crun), and the directory itself,
but not its name in PWD. dash, bash and busybox export it to what they start. So a program started
without a shell may miss it: `os.environ["PWD"]` raises, `process.env.PWD + "/x"` is `undefined/x`.
"""

from __future__ import annotations

from dockfix.context import Context
from dockfix.context.code import CODE
from dockfix.dockerfile.tree import Stage
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.program_table import RUNNING, SHELLS
from dockfix.shell.patterns import lazy
from dockfix.stages.source import files_of

_READS = lazy(r"(?i)(?:env\w*|config|_SERVER)(?:[.:]+\w+)?[^\w\n]{1,6}PWD\b")
#: Programs that start by a shell what they start, beside managers that run a project's scripts.
_BY_SHELL = SHELLS | {"make"}


def reads_directory_name(stages: tuple[Stage, ...], program: str, context: Context | None) -> str:
    """A file of the context that reads PWD, if `program` may be what runs it; "" if none is seen.

    Files of every stage count, for one may copy from another.
    """
    name = program.rpartition("/")[2]
    if context is None or name in _BY_SHELL or name.endswith(".sh"):
        return ""
    if name in RUNNING and RUNNING[name][1]:
        return ""
    for stage in stages:
        try:
            files = files_of(stage, context)
        except UnsureError:
            continue
        for path in files:
            if path.lower().endswith(CODE):
                text = context.read(path)
                if text is not None and "PWD" in text and _READS.search(text):
                    return path
    return ""
