"""The programs that source of Node.js calls, and the scripts of a package that start it."""

from __future__ import annotations

import re

from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.source import called_by_script, is_shell_script

_STARTS = lazy(
    r"\b(?:exec|execSync|spawn|spawnSync|execFile|execFileSync|execa|execaSync|execaCommand)\("
    r"\s*(?:([\"'`])(.*?)\1)?"
)
_BY_OTHERS = lazy(r"[\"'](?:node:)?(?:child_process|execa|cross-spawn)[\"']")
_NEVER = lazy(r"[\"'](?:shelljs|zx|node-gyp|ffi-napi|koffi)[\"'/]")
_SOURCE = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".vue", ".svelte")
#: Scripts of a package that do not belong to its start.
_NOT_STARTED = lazy(r"(?:^|[:_-])(?:build|test|lint|dev|format|release|deploy|docs?|clean|ci|e2e"
                    r"|coverage|watch|prepare|install|publish|version|check)")  # fmt: skip


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if path.rpartition("/")[2] == "package.json":
        return _called_by_scripts(text)
    if not path.endswith(_SOURCE):
        return frozenset()
    if found := _NEVER.search(text):
        raise UnsureError(f"{path} runs programs by {found[0][1:-1]}")
    named: set[str] = set()
    for call in _STARTS.finditer(text) if _BY_OTHERS.search(text) else ():
        if call[2] is None or call[2].startswith("${"):
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        named.update(re.split(r"[\s;&|()]+", call[2]))
    return frozenset(named)


def _called_by_scripts(text: str) -> frozenset[str]:
    import json

    try:
        scripts = json.loads(text).get("scripts", {})
        started = [str(one) for name, one in scripts.items() if not _NOT_STARTED.search(name)]
    except (ValueError, AttributeError):
        return frozenset()
    return frozenset(word for one in started for word in re.split(r"[\s;&|()]+", one))
