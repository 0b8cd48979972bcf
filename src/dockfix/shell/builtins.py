"""The names that a shell answers itself, so that no program of that name need exist.

These are the names of dash, busybox ash and bash together. Such a command may run inside the shell,
where executing the same words without a shell would look for a file.
"""

from __future__ import annotations

#: Reserved words. A quoted one is no reserved word, but no program is called so either.
# fmt: off
KEYWORDS = frozenset((
    "!", "((", "))", "[[", "]]", "case", "coproc", "do", "done", "elif", "else", "esac", "fi",
    "for", "function", "if", "in", "select", "then", "time", "until", "while", "{", "}",
))

#: Built-in commands. busybox adds applets of its own, that are programs elsewhere; those are not
#: here, because an image with busybox has them as links on its PATH.
BUILTINS = frozenset((
    ".", ":", "[", "alias", "bg", "bind", "break", "builtin", "caller", "cd", "chdir", "command",
    "compgen", "complete", "compopt", "continue", "declare", "dirs", "disown", "echo", "enable",
    "eval", "exec", "exit", "export", "false", "fc", "fg", "getopts", "hash", "help", "history",
    "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd", "read",
    "readarray", "readonly", "return", "set", "shift", "shopt", "source", "suspend", "test",
    "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
))
# fmt: on


def runs_inside(name: str) -> bool:
    """True if some shell runs a command of this name without a program."""
    return name in BUILTINS or name in KEYWORDS
