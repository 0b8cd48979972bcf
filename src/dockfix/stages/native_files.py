"""Where Makefiles and CMakeLists of a project write, as far as their texts say.

A build writes below the folder that it works in, unless a rule names an absolute path, or one that
leads out. An install writes to the paths that its rules name, and to those that variables are set
to. What says neither is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.state.paths import resolve, within

_MAKEFILE = lazy(r"(?:GNU)?[mM]akefile(?:\.am|\.in)?|.*\.mk")
_CMAKE = lazy(r"CMakeLists\.txt|.*\.cmake")
#: A rule of a Makefile: its targets, what they need, its commands.
_RULE = lazy(r"(?m)^([^\s:#=][^:#=\n]*):(?!=)([^\n=]*)\n((?:\t.*\n?|[ ]*\n)*)")
#: Targets that install, and not build.
INSTALLING = lazy(r"(?:un)?install[\w.-]*|dist[\w-]*")
#: An absolute path that is no place where compilers and shells look for things.
_ABSOLUTE = lazy(
    r"(?<![\w.$)}/*-])(?<!-[IL])/(?!usr/bin/|bin/(?:ba)?sh\b|dev/null|usr/include\b|usr/lib\b|usr/share/"
    r"|\*|/)[A-Za-z][\w./-]*"
)
#: An absolute path that something may be put at, and commands that put files.
_NAMED = lazy(
    r"(?<![\w.$)}/*-])/(?!bin/(?:ba)?sh\b|dev/null|usr/bin/(?:env|install)\b|\*|/)[A-Za-z][\w./-]*"
)
_PUTTING = lazy(r"(?m)^.*(?:\b(?:cp|dd|install|ln|mkdir|mv|rsync|tar|tee|touch)\b|>).*$")
#: Paths that lead out, what a CMakeLists writes to by itself, and files that a Makefile includes.
_UPWARDS = lazy(r"(?<![\w/.)}])((?:\.\./)+[\w./-]*)")
_WRITING = lazy(
    r"\b(?:file|execute_process|add_custom_\w+|AC_PREFIX_DEFAULT|set)\s*\([^)]*?"
    r"[\s\"'(](/(?:etc|home|opt|root|srv|usr/local|var)\b[^\s\"')]*)"
)
_INCLUDED = lazy(r"(?m)^include[ \t]+(\S+)")
_PLACE = lazy(
    r"\$[({]MAKE[)}].*\binstall\b|\$[({](?:DESTDIR|PREFIX|prefix|bindir|libdir|datadir|sysconfdir)[)}]|\bsudo\b"
)
_VALUE = lazy(r"(?m)^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*[:?]?=[ \t]*(/[\w./-]*)")
_OF_MACHINE = lazy(
    r"\b(?:useradd|adduser|groupadd|addgroup|systemctl|setcap|update-rc\.d|update-alternatives"
    r"|chown|service)\b"
)
_DESTINATION = lazy(r"(?i)\bDESTINATION\s+[\"']?(?:/|\$\{CMAKE_INSTALL_FULL_SYSCONFDIR)|\bExternal")


def is_read(path: str) -> bool:
    """True if a file is one that says where a build writes, by its name."""
    name = path.rpartition("/")[2]
    return bool(_MAKEFILE.fullmatch(name) or _CMAKE.fullmatch(name) or name == "configure.ac")


class Written:
    """The files, by where they lie in the image."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, path: str, source: str, read: Callable[[str], str]) -> None:
        """Takes down a file that is one of these, by its path in the image and in the context."""
        if is_read(path):
            self.texts[path] = read(source)

    def check(self, top: str) -> None:
        """Raises UnsureError if something leads out of a folder, or includes what is not seen."""
        for path, text in self.texts.items():
            folder = path.rpartition("/")[0] or "/"
            if not within(path, top):
                continue
            for found in _UPWARDS.findall(text):
                led = resolve(folder, found)
                if led is None or not within(led, top):
                    raise UnsureError(f"{path} names {found}, which is outside of {top}")
            if found := _WRITING.search(text):
                raise UnsureError(f"{path} may write to {found[1]}")
            for name in _INCLUDED.findall(text):
                if "$" in name or resolve(folder, name) not in self.texts:
                    raise UnsureError(f"{path} includes {name}, which cannot be seen")

    def check_rules(self, top: str) -> None:
        """Raises UnsureError if a rule that is not for installing works elsewhere."""
        for path, text in self._makefiles(top):
            for targets, needed, commands in _RULE.findall(text):
                if any(INSTALLING.fullmatch(one) for one in targets.split()):
                    continue
                if any(INSTALLING.fullmatch(one) for one in needed.split()):
                    raise UnsureError(f"{path} installs while it builds")
                putting = "\n".join(_PUTTING.findall(commands))
                found = _NAMED.search(putting) or _ABSOLUTE.search(commands)
                if found := found or _PLACE.search(commands):
                    raise UnsureError(f"{path} names {found[0]} in what it builds")

    def check_install(self) -> None:
        """Raises UnsureError if CMakeLists install to places that no prefix moves."""
        for path, text in self.texts.items():
            if _CMAKE.fullmatch(path.rpartition("/")[2]) and _DESTINATION.search(text):
                raise UnsureError(f"{path} installs to a place of its own")

    def installed_to(self, top: str, *, told: bool) -> set[str]:
        """The paths that an install of a folder names. `told`: its prefix is told elsewhere.
        Raises UnsureError."""
        named = set[str]()
        for path, text in self._makefiles(top):
            rules = [one for one in _RULE.findall(text) if "install" in one[0]]
            commands = "\n".join(one[2] for one in rules)
            if found := _OF_MACHINE.search(commands):
                raise UnsureError(f"{path} calls {found[0]} when it installs")
            named |= {found[0] for found in _NAMED.finditer(commands)}
            named |= {value for _, value in _VALUE.findall(text)}
            if not told:
                named |= {"/?"} if _PLACE.search(commands) and not _VALUE.search(text) else set()
        return named

    def _makefiles(self, top: str) -> Iterator[tuple[str, str]]:
        for path, text in self.texts.items():
            if within(path, top) and _MAKEFILE.fullmatch(path.rpartition("/")[2]):
                yield path, text.replace("\\\n", " ")
