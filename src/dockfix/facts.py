"""What is in force at each instruction: shell, working directory, user, names of the environment.

Passes ask here instead of walking a stage themselves. A fact that the file does not settle is None,
and None means "unknown", never "default".
"""

from __future__ import annotations

from collections.abc import Container

from dockfix.records import Record
from dockfix.remembered import cached_by_identity, remembered
from dockfix.shell.reader import read
from dockfix.shell.tree import Dialect, Script, Unknown
from dockfix.syntax.tree import Dockerfile, Instruction, Stage

#: ARGs that every build knows without declaring them (BuildKit, dockerfile2llb/defaultshell and
#: frontend/dockerfile/docs, "Predefined ARGs"); they reach RUN as environment variables.
PREDEFINED_ARGS = frozenset(
    name
    for lower in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (lower, lower.upper())
)


#: Docker's official images of distributions and languages, none of which sets a SHELL on Linux.
_PLAIN_BASES = frozenset(
    ("almalinux", "alpine", "amazonlinux", "buildpack-deps", "busybox", "centos", "composer",
     "debian", "eclipse-temurin", "elixir", "erlang", "fedora", "gcc", "golang", "gradle", "httpd",
     "mariadb", "maven", "memcached", "mongo", "mysql", "nginx", "node", "openjdk", "oraclelinux",
     "perl", "php", "postgres", "pypy", "python", "rabbitmq", "redis", "rockylinux", "ruby",
     "rust", "tomcat", "ubuntu", "wordpress")
)  # fmt: skip
#: Those of them that set no WORKDIR, whatever their tag, so that BuildKit starts in `/`.
_IN_ROOT = frozenset(
    ("almalinux", "alpine", "amazonlinux", "buildpack-deps", "busybox", "centos", "debian",
     "eclipse-temurin", "fedora", "node", "openjdk", "oraclelinux", "pypy", "python", "rockylinux",
     "ruby", "rust", "ubuntu")
)  # fmt: skip


#: Programs that official images have in /usr/local/bin, by the family: with the PATH that they come
#: with, no install can put another in front of them.
_FIRST_IN_PATH = {
    "node": frozenset(("corepack", "node", "nodejs", "npm", "npx", "yarn", "yarnpkg")),
    "python": frozenset(("idle", "pip", "pydoc", "python")),
}


class Shell(Record):
    """The SHELL that runs shell forms.

    `dialect` is None for one that dockfix does not read. `declared` says that `options`, what
    stands between the program and `-c`, is known: the file itself sets it, or the base is an
    official image. A shell with startup files (`login`) runs them anew in every RUN.
    """

    dialect: Dialect | None
    options: tuple[str, ...] = ()
    declared: bool = False

    @property
    def errexit(self) -> bool:
        """Whether `-e` is among the options."""
        return bool(self.options) and any(
            option == "errexit" or (option[:1] == "-" and option[:2] != "--" and "e" in option)
            for option in self.options
        )

    @property
    def login(self) -> bool:
        """Whether the shell reads startup files before the script."""
        return bool(self.options) and any(
            option in ("--login", "--rcfile", "--init-file")
            or (option[:1] == "-" and option[:2] != "--" and ("l" in option or "i" in option))
            for option in self.options
        )


class Place(Record):
    """What is in force where an instruction stands (before it has its effect).

    `workdir` is absolute, or None when unknown: a base image's own, or one with variables. `base`
    is where relative paths start from, as `paths` writes it where that is unknown. `user` is as
    written, None for the base image's. `names` are the names of every ENV and ARG of the stage and
    those it is built from, wherever they stand: what a process may find in its environment.
    """

    stage: int
    shell: Shell
    workdir: str | None
    base: str
    user: str | None
    names: Container[str]


POSIX_DEFAULT = Shell("sh")
_OPAQUE = Shell(None)
_DIALECTS: dict[str, Dialect] = {"sh": "sh", "bash": "bash", "dash": "dash", "ash": "ash"}


def shell_of(arguments: tuple[str, ...]) -> Shell:
    """The shell that `SHELL [arguments]` sets."""
    if len(arguments) < 2 or arguments[-1][:1] != "-" or arguments[-1][-1:] != "c":
        return _OPAQUE
    dialect = _DIALECTS.get(arguments[0].rpartition("/")[2])
    options = arguments[1:-1] + ((arguments[-1],) if arguments[-1] != "-c" else ())
    return Shell(dialect, options, declared=True) if dialect else _OPAQUE


def is_windows(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether a stage's base, outside this file, is a Windows image by its name or the escape."""
    if dockerfile.escape == "`":
        return True
    base = (stage.base or "").lower()
    if "windows" in base or "nanoserver" in base or "servercore" in base:
        return True
    flags = stage.instructions[0].flags if stage.instructions else ()
    return bool(flags) and any(
        flag.name == "platform" and (flag.value or "").startswith("windows") for flag in flags
    )


def has_plain_base(stage: Stage) -> bool:
    """Whether a stage is built on an official image: no SHELL of its own, and root is its user."""
    return (stage.base or "").lower().partition("@")[0].partition(":")[0] in _PLAIN_BASES


def first_in_path(dockerfile: Dockerfile, place: Place) -> frozenset[str]:
    """Families of programs that are found where the base image has them, whatever is installed.

    Only where the file leaves PATH as it is: what a user or a virtual environment installs for
    itself is in no folder of it.
    """
    if "PATH" in place.names:
        return frozenset()
    image = outer_base(dockerfile, place.stage).partition("@")[0].partition(":")[0]
    return _FIRST_IN_PATH.get(image, frozenset())


def _starts_in_root(stage: Stage) -> bool:
    """Whether an official image has no WORKDIR. Triggers of its `onbuild` tags may set one."""
    image, _, tag = (stage.base or "").lower().partition("@")[0].partition(":")
    return image in _IN_ROOT and "onbuild" not in tag


#: Values of USER that are root for sure.
ROOT = frozenset(("root", "0", "root:root", "0:0", "root:0", "0:root"))


def is_root(dockerfile: Dockerfile, place: Place) -> bool:
    """Whether root is the user for sure: the file says so, or an official image below it does."""
    if place.user is None:
        return has_plain_base(outermost(dockerfile)[place.stage])
    return place.user in ROOT


class _Names:
    """The names that a stage and those it is built from set, and the predefined ones.

    Who sets what is settled for the whole file, once somebody asks: a set for each stage would grow
    from stage to stage, and after most steps nobody asks.
    """

    def __init__(self, dockerfile: Dockerfile, stage: int) -> None:
        self._dockerfile, self._stage = dockerfile, stage

    def __contains__(self, name: object) -> bool:
        if name in PREDEFINED_ARGS:
            return True
        setters = _setters(self._dockerfile).get(name) if isinstance(name, str) else None
        stage: int | None = self._stage
        while setters and stage is not None:
            if stage in setters:
                return True
            stage = self._dockerfile.stages[stage].base_stage
        return False


@remembered
def _setters(dockerfile: Dockerfile) -> dict[str, set[int]]:
    """The stages that set a name, by the names that a file sets."""
    setters: dict[str, set[int]] = {}
    for stage in dockerfile.stages:
        for instruction in stage.instructions:
            for name in names_set_by(instruction):
                setters.setdefault(name, set()).add(stage.index)
    return setters


@remembered
def keywords_in(dockerfile: Dockerfile) -> frozenset[str]:
    """The keywords of a file's instructions, those behind ONBUILD too."""
    found = set(_keywords(dockerfile))
    if "ONBUILD" in found:
        found |= {item.child.keyword for item in dockerfile.instructions if item.child}
    return frozenset(found)


@remembered
def keyword_order(dockerfile: Dockerfile) -> str:
    """The keywords of a file's instructions in order, those behind ONBUILD not: `FROM RUN CMD`."""
    return " ".join(_keywords(dockerfile))


@remembered
def _keywords(dockerfile: Dockerfile) -> list[str]:
    return [item.keyword for item in dockerfile.instructions]


#: Instructions behind which something else is in force.
_MOVING = frozenset(("SHELL", "USER", "WORKDIR"))


@remembered
def places(dockerfile: Dockerfile) -> dict[int, Place]:
    """What is in force at each instruction, by the instruction's `start`."""
    found: dict[int, Place] = {}
    ends: list[Place] = []
    for stage in dockerfile.stages:
        shell, workdir, user = POSIX_DEFAULT, None, None
        if stage.base_stage is not None:
            inherited = ends[stage.base_stage]
            shell, workdir, user = inherited.shell, inherited.workdir, inherited.user
        elif is_windows(dockerfile, stage):
            shell = _OPAQUE
        elif (stage.base or "").lower() == "scratch":
            shell, workdir, user = Shell("sh", declared=True), "/", "root"
        elif has_plain_base(stage):
            shell = Shell("sh", declared=True)
            workdir = "/" if _starts_in_root(stage) else None
        index, moves = stage.index, 0
        base = workdir or f"?{index}.{moves}"
        names = _Names(dockerfile, index)
        place = Place(index, shell, workdir, base, user, names)
        for instruction in stage.instructions:
            found[instruction.start] = place
            keyword = instruction.keyword
            if keyword in _MOVING:
                if keyword == "SHELL":
                    shell = shell_of(instruction.json or ())
                elif keyword == "WORKDIR":
                    workdir = _workdir(workdir, instruction.arguments)
                    moves += 1
                    base = workdir or f"?{index}.{moves}"
                else:
                    user = instruction.arguments
                    user = None if "$" in user else user
                place = Place(index, shell, workdir, base, user, names)
        ends.append(place)
    return found


def names_set_by(instruction: Instruction) -> list[str]:
    """The names that an ENV or ARG sets; of other instructions none."""
    if instruction.keyword == "ARG":
        return [word.text.partition("=")[0] for word in instruction.words]
    if instruction.keyword == "ENV":
        if instruction.words and "=" not in instruction.words[0].text:
            return [instruction.words[0].text]
        return [word.text.partition("=")[0] for word in instruction.words]
    return []


_UNCLEAR = frozenset("$\\\"'`")


def _workdir(current: str | None, argument: str) -> str | None:
    if not _UNCLEAR.isdisjoint(argument):
        return None
    if not argument.startswith("/"):
        if current is None:
            return None
        argument = f"{current}/{argument}"
    parts: list[str] = []
    for part in argument.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


@remembered
def shipped_stages(dockerfile: Dockerfile) -> frozenset[int]:
    """The stages whose layers an image may get: the last, those nobody uses, and those below them.

    A stage that others only copy from is no image's, unless somebody builds it by its name.
    """
    called: dict[str, int] = {}
    copied: set[int] = set()
    based: set[int] = set()
    for stage in dockerfile.stages:
        if stage.base_stage is not None:
            based.add(stage.base_stage)
        for item in stage.instructions:
            for flag in (item.child or item).flags:
                value = flag.value or ""
                if flag.name == "mount":
                    value = ",".join(
                        option[5:] for option in value.split(",") if option.startswith("from=")
                    )
                elif flag.name != "from":
                    continue
                if value.lower() in called:
                    copied.add(called[value.lower()])
        called[str(stage.index)] = stage.index
        if stage.name:
            called[stage.name] = stage.index
    last = len(dockerfile.stages) - 1
    shipped: set[int] = set()
    for stage in reversed(dockerfile.stages):
        if stage.index == last or stage.index not in copied | based:
            shipped.add(stage.index)
        if stage.index in shipped and stage.base_stage is not None:
            shipped.add(stage.base_stage)
    return frozenset(shipped)


@remembered
def outermost(dockerfile: Dockerfile) -> tuple[Stage, ...]:
    """For each stage of a file, the one that it is built from in the end, or itself."""
    found: list[Stage] = []
    for stage in dockerfile.stages:
        found.append(stage if stage.base_stage is None else found[stage.base_stage])
    return tuple(found)


def outer_base(dockerfile: Dockerfile, stage: int) -> str:
    """The image outside the file that a stage is built on in the end, in lower case."""
    return (outermost(dockerfile)[stage].base or "").lower()


def script_of(instruction: Instruction, place: Place) -> Script | Unknown | None:
    """The shell script of a shell form; None if there is none to read.

    None: an exec form, an instruction with here-documents or no text, or a SHELL dockfix does not
    read. Positions in the script plus `arguments_start` are positions in `instruction.logical`.
    """
    if (
        instruction.json is not None
        or instruction.heredocs
        or place.shell.dialect is None
        or instruction.arguments_start == instruction.arguments_end
    ):
        return None
    # a text that is sliced out anew would have to be hashed and compared anew; a logical line keeps
    # its text wherever edits move it
    known = _scripts_of_line(instruction.logical.text)
    key = instruction.arguments_start, place.shell.dialect
    script = known.get(key)
    if script is None:
        script = known[key] = read(instruction.arguments, place.shell.dialect)
    return script


@cached_by_identity
def _scripts_of_line(text: str) -> dict[tuple[int, Dialect], Script | Unknown]:
    """The scripts that have been read from a logical line, by where they start and who reads."""
    return {}


class ReadRun(Record):
    """A RUN, or the one inside an ONBUILD: `owner` is the instruction that it is or that holds it.

    `script` is what `script_of` says.
    """

    owner: Instruction
    shell: Instruction
    place: Place
    script: Script | Unknown | None


@remembered
def read_runs(dockerfile: Dockerfile) -> tuple[ReadRun, ...]:
    """The RUNs of the stages of a file, those of ONBUILD too: what most passes walk over."""
    at = places(dockerfile)
    found: list[ReadRun] = []
    for stage in dockerfile.stages:
        for owner in stage.instructions:
            shell = owner.child or owner
            if shell.keyword == "RUN":
                place = at[owner.start]
                found.append(ReadRun(owner, shell, place, script_of(shell, place)))
    return tuple(found)


@remembered
def scripts(dockerfile: Dockerfile) -> tuple[tuple[Instruction, Script], ...]:
    """The RUNs of a file, those of ONBUILD too, with their scripts, as far as understood."""
    return tuple(
        [(run.shell, run.script) for run in read_runs(dockerfile) if isinstance(run.script, Script)]
    )


def run_commands(before: Dockerfile, after: Dockerfile) -> tuple[list[str], list[str]]:
    """The texts of the simple commands of every RUN of two files, in order, for a pass to verify
    itself by.

    A RUN that is not read counts as one command, with the whole of its text. What both begin with
    and end in is left out as far as it is the very same scripts: whoever looks at each command on
    its own finds the same in both.
    """
    old, new = read_runs(before), read_runs(after)
    same, most = 0, min(len(old), len(new))
    while same < most and _is_same(old[same], new[same]):
        same += 1
    behind, most = 0, most - same
    while behind < most and _is_same(old[-1 - behind], new[-1 - behind]):
        behind += 1
    return (
        _commands(old[same : len(old) - behind]),
        _commands(new[same : len(new) - behind]),
    )


def _is_same(run: ReadRun, other: ReadRun) -> bool:
    return run.script is other.script and (
        isinstance(run.script, Script) or run.shell.arguments == other.shell.arguments
    )


def _commands(found: tuple[ReadRun, ...]) -> list[str]:
    texts: list[str] = []
    for run in found:
        script = run.script
        if isinstance(script, Script):
            texts += [script.text[one.start : one.end] for one in script.simples]
        else:
            texts.append(run.shell.arguments)
    return texts


def source_span(instruction: Instruction, start: int, end: int) -> tuple[int, int]:
    """Where the span of a shell node (positions in its script) lies in the file's source."""
    base = instruction.arguments_start
    logical = instruction.logical
    return logical.offset(base + start), logical.offset_end(base + end)
