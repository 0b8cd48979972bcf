"""Go in its own image: the programs that `build` and `install` leave, on Debian."""

from __future__ import annotations

import re

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.compiled import cut_of, is_built
from dockfix.stages.project import Language
from dockfix.stages.source import called_by_script, is_shell_script
from dockfix.stages.view import Cut, View

LANGUAGE = Language(
    "golang",
    (".go", ".s"),
    ("ca-certificates", "tzdata"),
    "/go",
    "/go/bin",
    words("gofmt"),
    ("Env PATH", "Env GOLANG_VERSION", "Env GOTOOLCHAIN", "Env GOPATH"),
)
_STARTS = lazy(r"\bexec\.Command(?:Context)?\(([^\n]*)")
_BY_OTHERS = lazy(r"\b(?:syscall\.Exec|os\.StartProcess|plugin\.Open)\(")
_TEXT = lazy(r"\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`")


def concerns(view: View) -> bool:
    """True if it is Go's own image, and something is built."""
    return is_built(view, LANGUAGE)


def cut(view: View) -> Cut:
    """The programs, carried onto Debian."""
    return cut_of(view, LANGUAGE, ())


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if not path.endswith(".go") or path.endswith("_test.go"):
        return frozenset()
    if found := _BY_OTHERS.search(text):
        raise UnsureError(f"{path} calls {found[0][:-1]}, and it is unknown what for")
    named: set[str] = set()
    for call in _STARTS.finditer(text) if '"os/exec"' in text else ():
        arguments = re.sub(r"^\s*(?:ctx\w*|context\.\w+\(\)|\w*[cC]tx)\s*,", "", call[1])
        if arguments.lstrip().startswith("os.Args[0]"):
            continue  # the program itself
        first = _TEXT.match(arguments.lstrip())
        if first is None:
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        for one in _TEXT.finditer(arguments):
            named.update((one[1] or one[2] or "").replace(";", " ").split())
    return frozenset(word.rpartition("/")[2] for word in named)
