"""The programs that source in Ruby calls.

Read by patterns, for there is no reader of Ruby here: a word that starts programs, followed by a
text that names one. Where no text follows, or one that begins with a variable, the program is not
told.
"""

from __future__ import annotations

import re

from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.source import called_by_script, interpreter_of, is_shell_script

_SOURCE = (".rb", ".rake", ".ru", ".erb", ".haml", ".slim", ".jbuilder", ".gemspec")
_NAMES = ("Rakefile", "Capfile", "Guardfile", "Gemfile")
_COMMENT = lazy(r"(?m)^[ \t]*#.*$|^=begin\n.*?^=end$", re.DOTALL | re.MULTILINE)
#: `system "x"`, `Open3.capture2(env, "x")`, `IO.popen(["x"])`; not `connection.exec(...)`.
_CALL = lazy(
    r"(?:(?<![\w.:@$\"'#-])(?:system!?|exec|spawn)|\b(?:Kernel|Process|Open3|IO|PTY)\.\w*"
    r"(?:system|exec|spawn|popen|capture|pipeline)\w*)(?=[ (])[ (]+"
    r"(?:\w*env\w*,\s*|\{[^}\n]*\},\s*)?\[?\s*(?:([\"'])([^\"'\n]*)\1?|(\S?))"
)
#: What follows the word where it is no call: `system = 1`, `exec do`, `def system(...)`.
_NO_CALL = ("=", "|", "{", "?", ")", ".", ":", ",")
_DEFINED = lazy(r"\bdef\s+(?:self\.)?$")
_QUOTED = lazy(r"`([^`\n]*)`|%x[\[({|!](.*?)[\])}|!]")
#: Ways to open a library, and to compile.
_OPENS = lazy(r"\bffi_lib\b|\bFiddle\.dlopen\b|\bdlload\b")
_COMPILES = lazy(r"\brequire(?:\s*\()?\s*[\"'](?:mkmf|inline|rice)[\"']")


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    name = path.rpartition("/")[2]
    if not (
        path.endswith(_SOURCE)
        or name in _NAMES
        or interpreter_of(text).startswith(("ruby", "rake"))
    ):
        return frozenset()
    source = _COMMENT.sub("", text)
    if _COMPILES.search(source):
        raise UnsureError(f"{path} compiles when it runs")
    if found := _OPENS.search(source):
        raise UnsureError(f"{path} opens a library by {found[0]}, which a -dev package may bring")
    named: set[str] = set()
    for call in _CALL.finditer(source):
        if call[3] and (call[3] in _NO_CALL or _DEFINED.search(source[: call.start()])):
            continue
        if _DEFINED.search(source[max(call.start() - 20, 0) : call.start()]):
            continue
        _take(named, call[2], path)
    for quoted in _QUOTED.finditer(source) if path.endswith((".rb", ".rake", ".ru")) else ():
        _take(named, quoted[1] or quoted[2], path)
    return frozenset(named)


def _take(named: set[str], text: str | None, path: str) -> None:
    """Takes down the programs that a text names. Raises UnsureError."""
    words = re.split(r"[\s;&|()]+", (text or "").strip())
    if not text or not words[0] or words[0].startswith("#{"):
        raise UnsureError(f"{path} runs a program, and it is unknown which")
    named.update(word.rpartition("/")[2] for word in words)
