"""apt's package lists: which scripts fetch them, and which live on those fetched before.

apt alone installs from lists that somebody has to fetch first. So a RUN may need what an earlier
one left, and so may a stage that is built on this one or copies its root.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.packages.apt import APT, APTITUDE
from dockfix.packages.command import call_of, mentions_apt, program_of
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple
from dockfix.syntax.tree import Dockerfile

_MANAGERS = frozenset((APT.name, APTITUDE.name))
_APT = lazy(r"\b(?:apt|aptitude)\b")
#: Programs that may run apt out of sight: scripts of the build, and tools that set machines up.
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh"))
#: Programs that start another one, which some word of theirs names.
_STARTERS = frozenset(
    ("chroot", "command", "eatmydata", "exec", "fakeroot", "gosu", "nice", "nohup", "runuser",
     "setpriv", "setsid", "stdbuf", "su", "su-exec", "sudo", "time", "timeout", "xargs",
     "xvfb-run")
)  # fmt: skip
_SETUP = frozenset(
    ("ansible-playbook", "ansible", "puppet", "chef-client", "chef-solo", "salt-call",
     "playwright", "npx", "rosdep")
)  # fmt: skip
#: Programs that tell by their arguments whether they run others.
_TELLING = _SHELLS | _STARTERS | _SETUP | {".", "source", "find", "make"}
#: Targets of make that build and install, and set no machine up.
_BUILDS = frozenset(("all", "build", "check", "clean", "install", "modules", "test"))
#: Folders of programs that were installed, and programs by a path that only build their project.
_FOLDERS = frozenset(("bin", "sbin", ".bin", "init.d"))
_BUILDERS = frozenset(
    ("artisan", "b2", "bundle", "config", "Configure", "configure", "gradlew", "manage.py", "mvnw",
     "rails", "rake", "waf")
)  # fmt: skip
#: Files that are sourced for what they set, and run nothing.
_SETTINGS = frozenset(
    ("activate", "lsb-release", "nvm.sh", "os-release", "sdkman-init.sh", ".bashrc", ".profile")
)
#: Where a command may begin in the text of a script.
_BEGINNING = lazy(r"[;&|(){}\n]+|\b(?:do|else|then)\b")
_QUOTES = "\"'"
#: The dash of an option, and letters of options without a value that may stand before another.
_PLAIN_LETTERS = "-bdfmqsuvyV"
_ENDINGS = (".sh", ".bash")


def speaks_of_apt(text: str) -> bool:
    """Whether a file or a script may have to do with apt, by its text."""
    return "apt-" in text or ("apt" in text and _APT.search(text) is not None)


class Lists(Record):
    """What a script does with the lists.

    `fetches` is the first command that updates them (an `install --update`, too), `refreshes` the
    last; `installs` says that something is installed from them. `needs` is the first command that
    may use lists which an earlier RUN fetched; for a script that was not read `opaque` says that it
    might.
    """

    fetches: Simple | None = None
    refreshes: Simple | None = None
    installs: bool = False
    needs: Simple | None = None
    opaque: bool = False

    @property
    def needy(self) -> bool:
        """Whether it may use lists that an earlier RUN fetched."""
        return self.opaque or self.needs is not None


@cached_by_identity
def lists_of(script: Script) -> Lists:
    """What a script does with the lists."""
    fetches: Simple | None = None
    refreshes: Simple | None = None
    needs: Simple | None = None
    installs = False
    for command in script.nested:
        call = call_of(command)
        action = call.action if call and call.manager.name in _MANAGERS else None
        if action == "update":
            fetches, refreshes = fetches or command, command
        elif action in ("install", "upgrade", "reads") or (
            action is None and mentions_apt(command) and not _only_names(command)
        ):
            installs |= action in ("install", "upgrade")
            if action is not None and _updates_itself(command):
                fetches, refreshes = fetches or command, command
            needs = needs or (command if fetches is None else None)
        elif action is None and fetches is None and out_of_sight(command):
            needs = needs or command
    return Lists(fetches, refreshes, installs, needs)


def _updates_itself(command: Simple) -> bool:
    """Whether apt-get is told to update the lists first (`-U`, `--update`: apt-get(8) of apt 3)."""
    return any(
        word.value == "--update" or (word.value or "").lstrip(_PLAIN_LETTERS)[:1] == "U"
        for word in command.words
        if word.text[:1] == "-"
    )


def _only_names(command: Simple) -> bool:
    return bool(command.words) and command.words[0].value in ("rm", "echo", "mkdir", "sed", "ln")


@cached_by_identity
def out_of_sight(command: Simple) -> bool:
    """Whether a command may run any package manager without saying so."""
    found = program_of(command)
    words = command.words[found[1] - 1 if found else 0 :]
    program = words[0].value if words else ""
    if (
        program is not None
        and program not in _TELLING
        and "/" not in program
        and not program.endswith(_ENDINGS)
    ):
        return False
    return words_hide([word.value or word.text.strip(_QUOTES) for word in words])


def words_hide(words: Sequence[str]) -> bool:
    """The same of a program with its arguments."""
    if not words:
        return False
    program, arguments = words[0], words[1:]
    name = program.rpartition("/")[2]
    if name in (".", "source"):
        return bool(arguments) and arguments[0].rpartition("/")[2] not in _SETTINGS
    if name in _SHELLS:
        return _hides_in_shell(arguments)
    if name == "find":
        executed = [number for number, word in enumerate(arguments) if word.startswith("-exec")]
        return any(words_hide(arguments[number + 1 :]) for number in executed)
    if name in _STARTERS:
        return any(
            words_hide(arguments[number:])
            if word.startswith("./")
            or word.endswith(_ENDINGS)
            or word.rpartition("/")[2] in _SHELLS
            else " " in word and text_hides(word)
            for number, word in enumerate(arguments)
        )
    if name == "make":
        targets = {word for word in arguments if word[:1] != "-" and "=" not in word}
        return not targets <= _BUILDS
    return name in _SETUP or _is_script(program)


def _hides_in_shell(arguments: Sequence[str]) -> bool:
    for number, word in enumerate(arguments):
        if word[:1] != "-":
            return True
        if word[:2] != "--" and "c" in word:
            return any(map(text_hides, arguments[number + 1 : number + 2]))
        if word == "-s":
            return False
    return False


def text_hides(script: str) -> bool:
    """The same of the commands of a script that is a word, as far as splitting it shows them."""
    parts = (part.split() for part in _BEGINNING.split(script))
    return any(words_hide([word.strip(_QUOTES) for word in part]) for part in parts)


def _is_script(program: str) -> bool:
    """Whether a program by a path is none that was installed, nor one that builds its project."""
    folder, slash, name = program.removeprefix("./").rpartition("/")
    if name.endswith(_ENDINGS):
        return True
    if not slash and not program.startswith("./"):
        return False
    installed = folder.rpartition("/")[2] in _FOLDERS and folder not in _FOLDERS
    return not installed and name not in _BUILDERS


def needed_above(dockerfile: Dockerfile, needed: Sequence[bool]) -> list[bool]:
    """For each stage, whether one built on it, or copying from it, needs what it leaves.

    `needed` says of each stage whether it needs something itself.
    """
    result = [False] * len(dockerfile.stages)
    called: dict[str, list[int]] = {}
    for stage in dockerfile.stages:
        for name in {stage.name or "", str(stage.index)}:
            called.setdefault(name, []).append(stage.index)
    for stage in reversed(dockerfile.stages):
        if stage.base_stage is not None:
            result[stage.base_stage] |= needed[stage.index] or result[stage.index]
        for item in stage.instructions:
            if item.keyword == "COPY" and needed[stage.index]:
                source = next((f.value for f in item.flags if f.name == "from"), None)
                texts = item.json or tuple(word.text for word in item.words)
                if source and any(
                    text in ("/", "/.") or text.startswith("/var") for text in texts[:-1]
                ):
                    for index in called.get(source.lower(), ()):
                        result[index] |= index < stage.index
    return result
