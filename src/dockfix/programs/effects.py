"""What a command can do to what a later one finds.

Two RUNs that become one share their processes, their working directory and the files of one layer;
lists that go are missed by whoever lives on them. So passes ask here what a command may do beside
its work. A program in no table is unknown, and an unknown program may do all of it. The table is in
`program_table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from dockfix.programs.deed import (
    Called,
    Deed,
    by_arguments,
    family,
    file_deed,
    is_known_at,
    kinds_of,
    of_interpreter,
    of_known,
    operands_of,
    table_name,
)
from dockfix.programs.program_table import (
    ANYTHING,
    ASKING,
    BUILDERS,
    BUILDS,
    FOLDER_OPTIONS,
    INSTALLERS_AT,
    INTERPRETERS,
    PROFILE,
    QUOTES,
    RUNNING,
    SERVICE,
    SETTINGS,
    SHELLS,
    STARTERS,
    TAKE_ONE,
    UNTOLD,
    VALUED,
    YARN,
    Kinds,
)
from dockfix.shell.fresh import loses_directory
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_identity, cached_by_value
from dockfix.shell.tree import Script, Simple, Word
from dockfix.shell.walk import shadowed


@cached_by_identity
def deeds(script: Script) -> tuple[Deed, ...]:
    """What the commands of a script may do, those in substitutions too; harmless ones left out."""
    return tuple(_deeds(script))


def _deeds(script: Script) -> Iterator[Deed]:
    own = shadowed(script)
    before: Simple | None = None
    kept: dict[str, Kinds] = {}
    here: str | None = ""  # where the script starts
    straight = len(script.nested) == len(script.simples) and "(" not in script.text
    for command in script.nested:
        source = _installer_fed(script, before, command)
        if source is None and command.words:
            source = _installer_kept(kept, command)
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
            if called is not None and called.path is not None and not called.is_on_path:
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


def _installer_kept(kept: dict[str, Kinds], command: Simple) -> Kinds | None:
    """The same of an installer that an earlier command has fetched into a file. `kept` are those
    files, and gets the one that this command fetches."""
    words = [_text(word) for word in command.words]
    if words[0] in ("curl", "wget"):
        targets = [one.target.text for one in command.redirects if one.operator == ">"]
        targets += [
            value for word, value in pairwise(words) if word.startswith("-") and word[-1] in "oO"
        ]
        for url, kinds in INSTALLERS_AT:
            if targets and any(map(url.search, words)):
                kept[targets[-1].rpartition("/")[2]] = kinds
        return None
    if not kept:
        return None
    programs = (word for word in words if word[:1] != "-" and word not in STARTERS)
    file = next((word for word in programs if not _runs_input(word)), "")
    return kept.get(file.rpartition("/")[2])


def _runs_input(program: str) -> bool:
    name = program.rpartition("/")[2]
    return name in SHELLS or family(name) in INTERPRETERS


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
            yield file_deed(arguments[0], "sh", arguments[0])
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
    elif family(name) in INTERPRETERS:
        yield from of_interpreter(family(name), name, arguments)
    elif name == "npx" or name == "bunx" or name == "pnpx":
        yield from _of_words(operands) if (operands := operands_of(arguments)) else ()
    elif is_known_at(program, name):
        if (known := table_name(name)) in RUNNING:
            yield from _of_running(known, arguments, kinds_of(known))
        else:
            yield from of_known(name, arguments)
    else:
        yield file_deed(program, "own", program)


def _of_running(program: str, arguments: Sequence[str], kinds: Kinds) -> Iterator[Deed]:
    programs, scripts = RUNNING[program]
    operands = operands_of(arguments)
    if arguments[:1] and arguments[0] in FOLDER_OPTIONS.get(program, ()):
        operands = operands_of(arguments[2:])
    verb = operands[0] if operands else ""
    if verb in programs:
        rest = operands_of(operands[1:])
        if program in ("go", "cargo") or not rest:
            yield Deed(f"{program} {verb}", ANYTHING)
        else:
            yield from _of_words(rest)
        return
    yield Deed(program, kinds | by_arguments(program, arguments))
    script = ""
    if verb in scripts:
        rest = operands_of(operands[1:])
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
            yield file_deed(f"{name} {word}", "sh", word)
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


def deeds_of_words(words: Sequence[str]) -> tuple[Deed, ...]:
    """What a program may do that is started without a shell, by its name and arguments."""
    return tuple(_of_words(words)) if words else ()


def deeds_of_text(text: str) -> tuple[Deed, ...]:
    """What the commands of a text may do, which some shell runs."""
    return tuple(_in_text(text)) if text.strip() else ()
