"""What one program may do, by its name and arguments, if it starts no other command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dockfix.managers.manager import words as _words
from dockfix.programs.program_table import (
    ANYTHING,
    BUILDERS,
    BUILDS,
    BY_NAME,
    CARRIED,
    HARMLESS,
    INSTALLERS,
    INTERPRETERS,
    LINKING,
    MODULES,
    MORE,
    NOTHING,
    OWN_SCRIPTS,
    PROFILE,
    PROFILE_PACKAGES,
    SAYING,
    SETTING_UP,
    SETTLED,
    SYSTEM_FOLDER,
    VERSION,
    Kind,
    Kinds,
)
from dockfix.records import Record
from dockfix.typed import Literal

#: Programs that write what a login shell reads if they are told to set themselves up.
#: Verbs by which opam installs what its packages need of the system (since 2.1; opam.ocaml.org,
#: "depexts"), and options by which it does not.
_OPAM_INSTALLS = _words("install depext reinstall upgrade import")
_OPAM_ALONE = _words("--no-depexts --assume-depexts")
_WRITING_PROFILES = _words("conda mamba micromamba opam rustup pyenv rbenv pnpm volta sdk")
_SETTING_THEMSELVES_UP = _words("init setup")
#: Programs that start services, and their verbs that do not.
_SERVICES = _words("service systemctl rc-service invoke-rc.d")
_SETTLING = _words("enable disable mask preset unmask set-default")
#: Programs that only read the files they name.
_READING = _words("cat grep egrep fgrep ls test [ [[ echo printf cd head tail source .")
_SYSTEM = _words("apt apt-get yum dnf microdnf rpm dpkg zypper")
_TABLE: dict[str, Kinds] = {
    **dict.fromkeys(
        HARMLESS | INSTALLERS | BUILDERS | SETTING_UP | SETTLED
        | BY_NAME | _words("ln cp rsync gpg-agent ssh-agent"),
        NOTHING,
    ),
    **{name: frozenset(kinds) for name, kinds in MORE.items()},
}  # fmt: skip


class Called(Record):
    """A command that runs a file, which may be one of the build context.

    `path` is as the command says it, seen from the directory that the script starts in; None: it
    cannot be told. `language` is "sh", "other", "own" for what the file itself says (`#!`), "npm"
    or "make": then `path` is that of the project's file and `name` the script or target.
    """

    program: str
    path: str | None
    language: Literal["sh", "other", "own", "npm", "make"]
    name: str = ""

    @property
    def is_on_path(self) -> bool:
        """True if it is called by its name alone, so that it lies in a folder of PATH."""
        return self.language == "own" and self.path is not None and "/" not in self.path


class Deed(Record):
    """What one command may do, and the file it runs, if it runs one.

    `start` is where the command begins in its script; a script of the context counts as the command
    that runs it. A command with a `called` that cannot be read may do anything.
    """

    program: str
    kinds: frozenset[Kind]
    called: Called | None = None
    start: int = 0

    @property
    def unknown(self) -> bool:
        """True if nobody knows what it does."""
        return self.kinds == ANYTHING


def family(name: str) -> str:
    """The name of a program without its version."""
    return name.rstrip(VERSION)


def is_known_at(program: str, name: str) -> bool:
    """True if a command called `program` is the one of that name in the table."""
    if is_known(name):
        # by a path that is no folder of programs it may be another one of that name
        folder, slash, _ = program.rpartition("/")
        if not slash or name in CARRIED or name in BY_NAME:
            return True
        if name in BUILDERS or name in INSTALLERS:
            return folder.rpartition("/")[2] in ("bin", "sbin", ".bin", "scripts", "condabin")
        return SYSTEM_FOLDER.match(folder) is not None
    return False


def table_name(name: str) -> str:
    """The name by which a program is in the table."""
    return name if name in _TABLE else family(name)


def kinds_of(program: str) -> Kinds:
    """What a program may do whatever its arguments, by its name in the table."""
    return _TABLE.get(program, NOTHING)


def of_known(name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    """What a program in the table may do, one that starts nothing."""
    program = table_name(name)
    kinds = kinds_of(program)
    if program in ("make", "gmake", "ninja"):
        yield from _of_make(program, arguments, kinds)
        return
    more = set(kinds) | by_arguments(program, arguments)
    if program not in _READING and any(map(PROFILE.search, arguments)):
        more.add("profile")
    if program in _SYSTEM and any(map(PROFILE_PACKAGES.match, arguments)):
        more.add("profile")
    if program in _SERVICES and not _SETTLING.isdisjoint(arguments):
        more.clear()
    if more:
        yield Deed(name, frozenset(more))


def by_arguments(program: str, arguments: Sequence[str]) -> set[Kind]:
    """What a program in the table may do because of its arguments."""
    if program == "ln":
        symbolic = any(_has_letter(word, "s") or word == "--symbolic" for word in arguments)
        return set() if symbolic else {"links"}
    if program in ("cp", "rsync"):
        linking = any(word in LINKING or word.startswith("--link-dest") for word in arguments)
        return {"changes", "links"} if linking else {"changes"}
    if program == "git":
        return {"links"} if "clone" in arguments and any(map(_is_local, arguments)) else set()
    if program == "opam" and not _OPAM_INSTALLS.isdisjoint(arguments):
        return {"installs"} if _OPAM_ALONE.isdisjoint(arguments) else set()
    if program in _WRITING_PROFILES:
        return set() if _SETTING_THEMSELVES_UP.isdisjoint(arguments) else {"profile"}
    if program in ("gpg-agent", "ssh-agent"):
        return {"leaves", "meets"}
    if program in ("awk", "gawk", "mawk") and any("system(" in word for word in arguments):
        return set(ANYTHING)
    return set()


def _is_local(word: str) -> bool:
    """True if a repository lies in the image: git links what it clones from there."""
    return word[:1] in ("/", ".") and word.endswith(".git")


def _has_letter(word: str, letter: str) -> bool:
    return word[:1] == "-" and word[1:2] != "-" and letter in word


def operands_of(arguments: Sequence[str]) -> list[str]:
    """The arguments from the first that is no option."""
    for number, word in enumerate(arguments):
        if word[:1] != "-":
            return list(arguments[number:])
    return []


def _of_make(program: str, arguments: Sequence[str], kinds: Kinds) -> Iterator[Deed]:
    targets = [word for word in arguments if word[:1] != "-" and "=" not in word]
    folder = ""
    for number, word in enumerate(arguments):
        if word in ("-C", "-f", "-j", "-l", "-o", "-I") and number + 1 < len(arguments):
            value = arguments[number + 1]
            targets = [one for one in targets if one != value]
            if word == "-C":
                folder = f"{value}/"
        elif word.startswith("-C") and len(word) > 2:
            folder = f"{word[2:]}/"
    yield Deed(program, kinds)
    for target in targets:
        if "$" in target:
            yield Deed(f"{program} {target}", ANYTHING)
        elif not BUILDS.fullmatch(target) and not target.isdigit():
            called = Called(f"{program} {target}", f"{folder}Makefile", "make", target)
            yield Deed(called.program, ANYTHING, called)


def of_interpreter(language: str, name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    """What an interpreter may do: by the code in its arguments, or the file that it runs."""
    code, valued = INTERPRETERS[language]
    skip = False
    for number, word in enumerate(arguments):
        if skip:
            skip = False
        elif word in code:
            yield Deed(name, kinds_of_text("".join(arguments[number + 1 : number + 2])))
            return
        elif word == "-m" and language in ("python", "pypy"):
            module = "".join(arguments[number + 1 : number + 2])
            if module.partition(".")[0] not in MODULES and module not in MODULES:
                yield Deed(f"{name} -m {module}", ANYTHING)
            return
        elif word in ("--version", "-V", "-v", "--help", "-i", "-m", "-S") and language != "perl":
            if word in ("--version", "-V", "-v", "--help"):
                return
        elif word in ("CMD", "INSTALL") and language == "R":
            return
        elif word in valued:
            skip = True
        elif word[:1] != "-":
            if word.rpartition("/")[2] not in OWN_SCRIPTS:
                yield file_deed(f"{name} {word}", "other", word)
            return
    yield Deed(f"a script that {name} reads", ANYTHING)


def file_deed(program: str, language: Literal["sh", "other", "own"], path: str) -> Deed:
    """What the file at a path may do: anything, as long as nobody has read it."""
    known = None if "$" in path or "`" in path or path in ("-", "/dev/stdin") else path
    return Deed(program, ANYTHING, Called(program, known, language))


def kinds_of_text(text: str) -> frozenset[Kind]:
    """What a script in another language than the shell's may do, by the words that matter."""
    found: set[Kind] = set()
    for kind, words in SAYING:
        if words.search(text):
            if kind is None:
                found |= ANYTHING - {"installs"}
            else:
                found.add(kind)
    return frozenset(found)


def is_known(program: str) -> bool:
    """True if a program's name is in the table."""
    return program in _TABLE or family(program) in _TABLE


def first(found: Iterable[Deed], kind: Kind) -> str:
    """The first program that may do something, or an empty text."""
    return next((deed.program for deed in found if kind in deed.kinds), "")
