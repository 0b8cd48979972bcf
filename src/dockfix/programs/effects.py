"""What a command can do to what a later one finds.

Two RUNs that become one share their processes, their working directory and the files of one layer;
lists that go are missed by whoever lives on them. So passes ask here what a command may do beside
its work. A program in no table is unknown, and an unknown program may do all of it. The table is in
`program_table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dockfix.managers.manager import words as _words
from dockfix.programs.path import SETTLED
from dockfix.programs.program_table import (
    ANYTHING,
    ASKING,
    BUILDERS,
    BUILDS,
    BY_NAME,
    CARRIED,
    FOLDER_OPTIONS,
    HARMLESS,
    INSTALLERS,
    INSTALLERS_AT,
    INTERPRETERS,
    LINKING,
    MODULES,
    MORE,
    NOTHING,
    OWN_SCRIPTS,
    PROFILE,
    PROFILE_PACKAGES,
    QUOTES,
    RUNNING,
    SAYING,
    SERVICE,
    SETTING_UP,
    SETTINGS,
    SHELLS,
    STARTERS,
    SYSTEM_FOLDER,
    TAKE_ONE,
    UNTOLD,
    VALUED,
    VERSION,
    YARN,
    Kind,
    Kinds,
)
from dockfix.records import Record
from dockfix.shell.fresh import loses_directory
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_identity, cached_by_value
from dockfix.shell.tree import Script, Simple, Word
from dockfix.shell.walk import shadowed
from dockfix.typed import Literal


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


@cached_by_identity
def deeds(script: Script) -> tuple[Deed, ...]:
    """What the commands of a script may do, those in substitutions too; harmless ones left out."""
    return tuple(_deeds(script))


def _deeds(script: Script) -> Iterator[Deed]:
    own = shadowed(script)
    before: Simple | None = None
    here: str | None = ""  # where the script starts
    straight = len(script.nested) == len(script.simples) and "(" not in script.text
    for command in script.nested:
        source = _installer_fed(script, before, command)
        before = command
        changed = _changed_by_redirects(command)
        if changed:
            yield Deed(changed, frozenset(("changes",)), start=command.start)
        if command.redirects and any(PROFILE.search(one.target.text) for one in command.redirects):
            program = _text(command.words[0]) if command.words else ">"
            yield Deed(program, frozenset(("profile",)), start=command.start)
        if not command.words:
            continue
        name = command.words[0].value
        if name in ("cd", "pushd", "popd", "chdir"):
            target = command.words[1].value if len(command.words) > 1 else None
            here = _beneath(here, target) if straight else None
            continue
        if name is not None and name in own:
            continue  # what the function does is seen where it is defined
        words = [_text(word) for word in command.words]
        for deed in _of_words(words) if source is None else (Deed(words[0], source),):
            called, deed = deed.called, deed._replace(start=command.start)
            if called is not None and called.path is not None:
                deed = deed._replace(called=called._replace(path=_beneath(here, called.path)))
            if deed.kinds or deed.called:
                yield deed


def _text(word: Word) -> str:
    """The value of a word; with its expansions as written, if it has any."""
    return word.value if word.value is not None else word.text.strip(QUOTES)


def _beneath(here: str | None, path: str | None) -> str | None:
    """A path seen from `here`, which is seen from where the script starts; None: not known."""
    if path is None or not UNTOLD.isdisjoint(path):
        return None
    if path.startswith("/") or here == "":
        return path
    return None if here is None else f"{here}/{path}"


def _changed_by_redirects(command: Simple) -> str:
    """The program that writes into a file which may be there already, if a redirection does."""
    for one in command.redirects:
        if one.operator in (">", ">>", ">|", "&>", "&>>", "<>") and not one.target.text.strip(
            QUOTES
        ).startswith("/dev/"):
            return _text(command.words[0]) if command.words else one.operator
    return ""


def _installer_fed(script: Script, before: Simple | None, command: Simple) -> Kinds | None:
    """What an installer does that the command before fetches for this one to run; None: not one
    that is known."""
    if before is None or not before.words or not command.words:
        return None
    if (
        script.text[before.end : command.start].strip() != "|"
        or before.words[0].value not in ("curl", "wget")
        or not any(_runs_input(word) for word in map(_text, command.words))
    ):
        return None
    fetched = script.text[before.start : before.end]
    return next((kinds for url, kinds in INSTALLERS_AT if url.search(fetched)), None)


def _runs_input(program: str) -> bool:
    name = program.rpartition("/")[2]
    return name in SHELLS or _family(name) in INTERPRETERS


def _of_words(words: Sequence[str]) -> Iterator[Deed]:
    """What a command may do, by its words."""
    program = words[0]
    name = program.rpartition("/")[2]
    arguments = words[1:]
    if "$" in name or "`" in name or not name:
        yield Deed(program, ANYTHING)
    elif "/init.d/" in program:
        yield Deed(name, SERVICE)
    elif len(arguments) == 1 and arguments[0] in ASKING:
        return
    elif name in ("eval", "source", "."):
        if name == "eval" or not arguments:
            yield from _in_text(" ".join(arguments)) if name == "eval" else ()
        elif arguments[0].rpartition("/")[2] not in SETTINGS:
            yield _file(arguments[0], "sh", arguments[0])
    elif name in SHELLS:
        yield from _of_shell(name, arguments)
    elif name in STARTERS:
        yield from _of_starter(name, arguments)
    elif name == "find":
        for number, word in enumerate(arguments):
            if word in ("-exec", "-execdir", "-ok", "-okdir") and arguments[number + 1 :]:
                yield from _of_words(arguments[number + 1 :])
    elif name == "busybox" and arguments:
        yield from _of_words(arguments)
    elif _family(name) in INTERPRETERS:
        yield from _of_interpreter(_family(name), name, arguments)
    elif name == "npx" or name == "bunx" or name == "pnpx":
        yield from _of_words(operands) if (operands := _operands(arguments)) else ()
    elif _is_known(program, name):
        yield from _of_known(name, arguments)
    else:
        yield _file(program, "own", program)


def _family(name: str) -> str:
    return name.rstrip(VERSION)


def _is_known(program: str, name: str) -> bool:
    if is_known(name):
        # by a path that is no folder of programs it may be another one of that name
        folder, slash, _ = program.rpartition("/")
        if not slash or name in CARRIED or name in BY_NAME:
            return True
        if name in BUILDERS or name in INSTALLERS:
            return folder.rpartition("/")[2] in ("bin", "sbin", ".bin", "scripts", "condabin")
        return SYSTEM_FOLDER.match(folder) is not None
    return False


def _of_known(name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    kinds = _TABLE.get(name, _TABLE.get(_family(name), NOTHING))
    program = _family(name) if name not in _TABLE else name
    if program in ("make", "gmake", "ninja"):
        yield from _of_make(program, arguments, kinds)
        return
    if program in RUNNING:
        yield from _of_running(program, arguments, kinds)
        return
    more = set(kinds) | _by_arguments(program, arguments)
    if program not in _READING and any(map(PROFILE.search, arguments)):
        more.add("profile")
    if program in _SYSTEM and any(map(PROFILE_PACKAGES.match, arguments)):
        more.add("profile")
    if program in _SERVICES and not _SETTLING.isdisjoint(arguments):
        more.clear()
    if more:
        yield Deed(name, frozenset(more))


def _by_arguments(program: str, arguments: Sequence[str]) -> set[Kind]:
    """What a program in the table may do because of its arguments."""
    if program == "ln":
        symbolic = any(_has_letter(word, "s") or word == "--symbolic" for word in arguments)
        return set() if symbolic else {"links"}
    if program in ("cp", "rsync"):
        linking = any(word in LINKING or word.startswith("--link-dest") for word in arguments)
        return {"changes", "links"} if linking else {"changes"}
    if program == "git":
        return {"links"} if "clone" in arguments and any(map(_is_local, arguments)) else set()
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


def _operands(arguments: Sequence[str]) -> list[str]:
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


def _of_running(program: str, arguments: Sequence[str], kinds: Kinds) -> Iterator[Deed]:
    programs, scripts = RUNNING[program]
    operands = _operands(arguments)
    if arguments[:1] and arguments[0] in FOLDER_OPTIONS.get(program, ()):
        operands = _operands(arguments[2:])
    verb = operands[0] if operands else ""
    if verb in programs:
        rest = _operands(operands[1:])
        if program in ("go", "cargo") or not rest:
            yield Deed(f"{program} {verb}", ANYTHING)
        else:
            yield from _of_words(rest)
        return
    yield Deed(program, kinds | _by_arguments(program, arguments))
    script = ""
    if verb in scripts:
        rest = _operands(operands[1:])
        script = rest[0] if rest and verb not in ("start", "stop", "restart") else verb
    elif program == "yarn" and verb and verb not in YARN:
        script = verb
    elif program == "mix" and verb.startswith("phx.server"):
        yield Deed(f"{program} {verb}", ANYTHING)
    if script and not BUILDS.fullmatch(script) and script not in BUILDERS:
        called = Called(f"{program} {verb} {script}".strip(), "package.json", "npm", script)
        yield Deed(called.program, ANYTHING, called)


def _of_shell(name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    for number, word in enumerate(arguments):
        if word[:1] not in "-+":
            yield _file(f"{name} {word}", "sh", word)
            return
        if word[:2] != "--" and "c" in word:
            for text in arguments[number + 1 : number + 2]:
                yield from _in_text(text)
            return
        if word[1:] == "s":
            break
    yield Deed(f"a script that {name} reads", ANYTHING)


def _in_text(text: str) -> Iterator[Deed]:
    """What the commands of a script that is a word may do."""
    found = _script(text)
    if found is None:
        yield Deed(text.split()[0] if text.split() else "eval", ANYTHING)
    else:
        yield from deeds(found)
        if "rm" in text and loses_directory(found, None):
            yield Deed("rm", frozenset(("loses",)))


@cached_by_value
def _script(text: str) -> Script | None:
    script = read_script(text, "bash")
    return script if isinstance(script, Script) else None


def _of_starter(name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    rest = list(arguments)
    if name in ("su", "runuser") or (name == "script" and "-c" in rest):
        for number, word in enumerate(rest):
            if word in ("-c", "--command", "-lc", "-l-c") and number + 1 < len(rest):
                yield from _in_text(rest[number + 1])
                return
            if word.startswith("--command="):
                yield from _in_text(word.partition("=")[2])
                return
        if name == "su":
            yield Deed(name, ANYTHING)
            return
    if name in ("command", "builtin") and rest[:1] in (["-v"], ["-V"]):
        return
    taken = name not in TAKE_ONE
    while rest:
        word = rest[0]
        if word == "--":
            del rest[0]
            break
        if word[:1] == "-":
            valued = word in VALUED and name not in ("tini", "dumb-init", "setsid", "nohup")
            if name == "sudo" and word in ("-n", "-s", "-P", "-k", "-E", "-a", "-N"):
                valued = False
            if name == "xargs" and word == "-I":
                valued = True
            del rest[: 2 if valued else 1]
        elif name in ("env", "sudo") and re.match(r"[A-Za-z_]\w*=", word):
            del rest[0]
        elif not taken:
            taken = True
            del rest[0]
        else:
            break
    if rest and name == "scl":
        yield from _in_text(rest[-1])
    elif rest:
        yield from _of_words(rest)
    if name in ("nohup", "setsid"):
        yield Deed(name, SERVICE)


def _of_interpreter(family: str, name: str, arguments: Sequence[str]) -> Iterator[Deed]:
    code, valued = INTERPRETERS[family]
    skip = False
    for number, word in enumerate(arguments):
        if skip:
            skip = False
        elif word in code:
            yield Deed(name, kinds_of_text("".join(arguments[number + 1 : number + 2])))
            return
        elif word == "-m" and family in ("python", "pypy"):
            module = "".join(arguments[number + 1 : number + 2])
            if module.partition(".")[0] not in MODULES and module not in MODULES:
                yield Deed(f"{name} -m {module}", ANYTHING)
            return
        elif word in ("--version", "-V", "-v", "--help", "-i", "-m", "-S") and family != "perl":
            if word in ("--version", "-V", "-v", "--help"):
                return
        elif word in ("CMD", "INSTALL") and family == "R":
            return
        elif word in valued:
            skip = True
        elif word[:1] != "-":
            if word.rpartition("/")[2] not in OWN_SCRIPTS:
                yield _file(f"{name} {word}", "other", word)
            return
    yield Deed(f"a script that {name} reads", ANYTHING)


def _file(program: str, language: Literal["sh", "other", "own"], path: str) -> Deed:
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


#: Programs that write what a login shell reads if they are told to set themselves up.
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


def deeds_of_words(words: Sequence[str]) -> tuple[Deed, ...]:
    """What a program may do that is started without a shell, by its name and arguments."""
    return tuple(_of_words(words)) if words else ()


def deeds_of_text(text: str) -> tuple[Deed, ...]:
    """What the commands of a text may do, which some shell runs."""
    return tuple(_in_text(text)) if text.strip() else ()


def is_known(program: str) -> bool:
    """True if a program's name is in the table."""
    return program in _TABLE or _family(program) in _TABLE


def first(found: Iterable[Deed], kind: Kind) -> str:
    """The first program that may do something, or an empty text."""
    return next((deed.program for deed in found if kind in deed.kinds), "")
