"""Files of the build context that a container runs though no instruction says so.

A supervisor runs what its folders hold, cron what its tables say, and the entrypoint of many an
image the scripts in a folder that it is known for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.context import Context
from dockfix.context.sources import expanded, is_wild
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.programs.program_table import SHELLS
from dockfix.shell.patterns import lazy
from dockfix.state.paths import copy_of

#: Folders from which something runs at a start: of entrypoints (docker-library, nginx, Bitnami,
#: LocalStack), of s6, runit, my_init, cron, systemd, supervisord, and of shells.
_RUN_AT_START = lazy(
    r"/(?:docker-)?(?:entrypoint|init)[\w.-]*\.d/|^/docker-entrypoint|/(?:cont-init|services|fix-attrs)\.d/"
    r"|^/etc/(?:cron|init\.d|my_init|periodic|profile|rc|runit|s6|service|sv/|supervis|systemd)"
    r"|^/(?:usr/)?lib/systemd/|^/var/spool/cron|supervisord[\w.-]*\.conf$|/\.(?:bashrc|profile)$"
    r"|^/etc/(?:bash\.)?bashrc$|/bitnami/scripts/|/crontabs?(?:/|$)"
)
#: Programs that start what configuration says, wherever it lies.
_STARTERS = frozenset(
    ("circusd", "cron", "crond", "forego", "foreman", "goreman", "honcho", "init", "monit",
     "multirun", "my_init", "runit", "runsvdir", "runsvinit", "s6-svscan", "supercronic",
     "supervisord", "systemd")
)  # fmt: skip
_NOT_RUN = frozenset(
    (".git", ".github", ".gitlab", "__tests__", "doc", "docs", "node_modules", "test", "testdata",
     "tests", "vendor", "venv")
)  # fmt: skip
_ENDS_OF_OTHERS = (".html", ".jar", ".md", ".png", ".rst", ".svg", ".txt", ".xml", ".yaml", ".yml")
_MOST = 1_000
_LARGEST = 100_000


def started_unseen(
    stages: Iterable[Stage], starting: dict[int, str], context: Context
) -> Iterator[tuple[str, str]]:
    """Paths and texts of the files that these stages copy and a container may run by itself.

    The stages are one and those that it is built from.
    """
    line = tuple(stages)
    starts = [one for stage in line for one in stage.instructions if one.keyword in _STARTING]
    anywhere = any(_starts_others(one) for one in starts)
    for stage in line:
        for one in stage.instructions:
            copy = copy_of(one, starting[one.start]) if one.keyword in ("COPY", "ADD") else None
            if copy is None or copy.origin is not None:
                continue
            for landing, path in _files(copy.sources, copy.target, copy.into, context):
                if _RUN_AT_START.search(landing) is None and not anywhere:
                    continue
                text = context.head(path, _LARGEST) or ""
                if _RUN_AT_START.search(landing) or _is_shell_script(path, text):
                    yield path, text


_STARTING = ("CMD", "ENTRYPOINT")


def _starts_others(start: Instruction) -> bool:
    words = start.json if start.json is not None else start.arguments.split()
    return any(word.strip("\"'").rpartition("/")[2] in _STARTERS for word in words)


def _is_shell_script(path: str, text: str) -> bool:
    words = text.partition("\n")[0][2:].split() if text.startswith("#!") else ()
    return path.endswith(".sh") or any(word.rpartition("/")[2] in SHELLS for word in words)


def _files(
    sources: Iterable[str], target: str, into: bool, context: Context
) -> Iterator[tuple[str, str]]:
    """Where the files of the context land that a COPY takes, and their paths."""
    seen = 0
    for source in sources:
        for top in expanded(source, context) if is_wild(source) else (source,):
            waiting = [top]
            while waiting and seen < _MOST:
                path = waiting.pop()
                kind = context.kind(path)
                seen += 1
                if kind == "directory":
                    names = context.entries(path) or ()
                    waiting += [f"{path}/{one}".lstrip("/") for one in names if one not in _NOT_RUN]
                elif kind == "file" and not path.lower().endswith(_ENDS_OF_OTHERS):
                    name = path.rpartition("/")[2]
                    below = path[len(top) :].lstrip("/") or (name if into else "")
                    yield f"{target.rstrip('/')}/{below}".rstrip("/"), path
