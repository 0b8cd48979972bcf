"""Files of a project that known programs run: `rake` its Rakefile, `pip install .` its setup.py.

Such a program is known, and mostly harmless. But where its file can be seen, and speaks of apt, it
may install from lists that an earlier RUN has fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.context.makefile import recipes
from dockfix.programs.program_table import INTERPRETERS, QUOTES, VERSION
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script

_INSTALLS = lazy(r"\bapt(?:-get|itude)?\b[^;&|\n]{0,80}\binstall\b")
_FETCHES = lazy(r"\bapt(?:-get|itude)?\b[^;&|\n]{0,40}\bupdate\b")
_MAKERS = frozenset(("gmake", "make"))
_FRONTS = frozenset(("bundle", "exec", "poetry", "run", "sudo", "time", "uv"))


class Entry(Record):
    """A file that a command runs. `program` is what messages call the command, `start` where it
    begins; `targets` are the words behind `make`, None for other programs."""

    program: str
    path: str
    start: int
    targets: tuple[str, ...] | None = None

    def installs(self, text: str) -> bool:
        """True if the file, by its text, installs from lists that it does not fetch."""
        if self.targets is not None:
            text = "\n".join(recipes(text, [self.targets]))
        return _INSTALLS.search(text) is not None and not _FETCHES.search(text)


def entries(script: Script) -> Iterator[Entry]:
    """The files of a project that the commands of a script run."""
    folder = ""
    for simple in script.nested:
        words = [one.value if one.value is not None else "$" for one in simple.words]
        if words[:1] == ["cd"] and len(words) == 2:
            folder = words[1] if words[1][:1] == "/" else f"{folder}{words[1]}"
            folder = folder.rstrip("/") + "/"
            continue
        for one in entries_of(words):
            path = one.path if one.path[:1] == "/" else folder + one.path
            yield one._replace(path=path, start=simple.start)


def entries_of(words: Sequence[str]) -> Iterator[Entry]:
    """The same for one command."""
    rest = list(words)
    while rest and rest[0] in _FRONTS:
        del rest[0]
    if not rest:
        return
    name, arguments = rest[0].rpartition("/")[2].strip(QUOTES), rest[1:]
    family = name.rstrip(VERSION)
    if name == "rake":
        yield Entry(name, "Rakefile", 0)
    elif name in _MAKERS:
        place = arguments.index("-C") + 1 if "-C" in arguments[:-1] else 0
        folder = f"{arguments[place]}/" if place else ""
        yield Entry(name, f"{folder}Makefile", 0, tuple(arguments))
    elif name == "configure" and "/" in rest[0]:
        yield Entry(rest[0], rest[0], 0)
    elif "install" in arguments and not {".", "./", "-e"}.isdisjoint(arguments):
        yield Entry(f"{name} install .", "setup.py", 0)
    elif family in INTERPRETERS:
        file = next((word for word in arguments if word[:1] != "-"), "")
        if "." in file and "$" not in file and "-c" not in arguments and "-m" not in arguments:
            yield Entry(f"{name} {file}", file, 0)
