"""What is known of a package manager: the shape of its record, and the names of packages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from dockfix.managers import PROGRAMS
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dockfix.managers.manifests.shape import Archive, Needs, Project, Reads, Wanted
    from dockfix.managers.parts import (
        Asking,
        Brings,
        Cache,
        Lock,
        Made,
        NewMajor,
        OnPath,
        Renamed,
        Stable,
        WithoutProject,
    )
    from dockfix.shell.tree import Word

#: What a command does to an image. "reads": looks into the lists of what can be had.
Action = Literal["update", "install", "upgrade", "remove", "clean", "reads", "other"]
#: Which code of packages an install runs: none, their scripts if it is not told otherwise, or what
#: builds them.
Code = Literal["none", "scripts", "builds"]


class Manager(Record):
    """One package manager, frozen. Sources are the manager's own pages, if nothing else is said."""

    #: Its own name, and that of its module.
    name: str
    #: Its subcommands, and what they do.
    verbs: dict[str, Action]
    #: The manager that deals with the same packages, by its name; empty: no other one.
    same_packages: str = ""

    # How its commands are read, word by word: `command`

    #: A package word that may be moved within its list: ask `is_plain`. None: its commands are not
    #: read word by word.
    plain: re.Pattern[str] | None = None
    #: A package word that makes the order of the whole list count: ask `is_ordered`.
    ordered: re.Pattern[str] | None = None
    #: Options without a value. An option that is neither here nor in `valued` is not known, and a
    #: command with such an option is not understood.
    flags: frozenset[str] = frozenset()
    #: Options with a value (`-t x`, `-tx`, `--opt x`, `--opt=x`).
    valued: frozenset[str] = frozenset()
    #: The same before the verb, for a manager that means something else there (None: the same).
    early_flags: frozenset[str] | None = None
    early_valued: frozenset[str] | None = None
    #: It means the same by an option before the verb and behind it.
    anywhere: bool = False
    #: Options that speak of one package only.
    single: frozenset[str] = frozenset()
    #: Options, and the spelling that they are compared by.
    same: tuple[tuple[str, str], ...] = ()
    #: Letters of options that may stand together (`-qqy`): `q` prints less, `y` answers yes.
    brief: str = ""
    #: So many `q` answer yes, too; 0: none do.
    silence_agrees: int = 0
    #: What a word does that is a verb, where `verbs` cannot list them.
    action: Callable[[str], Action | None] | None = None
    #: The verb of a call without any words; empty: it does nothing.
    bare: str = ""
    #: Options of which an install needs one to put packages where they are used by default.
    globally: frozenset[str] = frozenset()
    #: Options that name a list of packages.
    list_options: frozenset[str] = frozenset()
    #: It knows verbs by many a wrong name, or by their beginnings.
    lenient: bool = False

    # What its installs do

    #: Its packages are those of the system, and installs by name look at no project's files.
    system: bool = False
    #: An install is one transaction over one set of lists, so that two may be one.
    transactions: bool = False
    #: Options that keep installs apart, though they are the same.
    apart: tuple[str, ...] = ()
    #: What is asked for beside a package decides which of several that will do is brought.
    chooses: bool = True
    #: Its packages are in the tables of `distributions`, by which it may go by order or not.
    has_tables: bool = False
    #: Why an install by name may bring other packages in another order of its list, for people;
    #: empty text: it cannot. None: nothing is known that says so.
    order_doubt: Callable[[Command], str] | None = None
    #: Packages, by name, that the manager uses itself, or the build of others does: what is
    #: installed after them may be another thing. None: none are, and installs are transactions.
    build_tools: re.Pattern[str] | None = None
    #: What it installs is compiled, which takes minutes.
    compiles_all: bool = False
    #: Its installs leave the folder of the project alone. Those of a system's manager do anyway.
    outside_project: bool = False
    #: Packages that bring gigabytes, the libraries of a graphics card among them.
    huge: frozenset[str] = frozenset()
    #: An install finds nothing before an update has fetched the lists.
    needs_update: bool = False
    #: Verbs that bring whatever is installed up to date.
    refreshes_all: frozenset[str] = frozenset()
    #: The option of an install that brings only what packages need; empty: none is known, or none
    #: needed.
    only_needed: str = ""
    #: The commands of a RUN that installs packages and leaves nothing else: what comes first, what
    #: the packages stand behind, what comes last; empty texts: nothing does. None: not known.
    installing: tuple[str, str, str] | None = None
    #: A setting for every command of a file that decides about it.
    only_needed_setting: str = ""
    #: Where it puts programs, beside the directories of the system.
    brings: Brings | None = None
    #: What packages bring along, and an install runs.
    code: Code = "builds"
    #: How it asks; None: it asks nothing.
    asking: Asking | None = None
    #: A program of it that is not made for scripts.
    stable: Stable | None = None
    #: Options with a newer name.
    renamed: Renamed | None = None

    #: The language whose packages it installs; empty: a system's, or one that no split of a stage
    #: knows.
    language: str = ""
    #: Why what a command brings does not lie where programs of the language look first, told by the
    #: words behind the program and all instructions of the stage above it; empty text: it does.
    #: None: nobody knows.
    aside: Callable[[list[str], str], str] | None = None
    #: The packages that a command asks for, told by the words behind the program and the project's
    #: files. Raises UnsureError.
    wants: Callable[[Project, list[str]], Iterable[Wanted]] | None = None
    #: The programs that a command leaves, as paths seen from where it runs, told by the project's
    #: files, the words behind the program and all of the stage above; `*` is any name. Raises
    #: UnsureError.
    leaves: Callable[[Project, list[str], str], Iterable[str]] | None = None
    #: What a command leaves that a path, seen from where it runs, lies in; told by the project's
    #: files and the words behind the program. None: it leaves nothing there. Raises UnsureError.
    archive: Callable[[Project, list[str], str], Archive | None] | None = None
    #: The folder of the environment that a command makes or fills, as seen from where it runs, told
    #: by the words behind the program and all instructions of the stage above it; empty text: that
    #: of the Python on PATH. None: nobody knows, or another place.
    environment: Callable[[list[str], str], str | None] | None = None
    #: Why a program that is started by it may have something installed or built first, told by the
    #: project's files, the words behind the program and all of the stage; empty text: it does not.
    before_start: Callable[[Project, list[str], str], str] | None = None
    #: Given VIRTUAL_ENV, it works in that environment, though it lies in another one itself.
    enters_environment: bool = False
    #: A variable that it needs beside, with the path of the environment's Python; empty: none.
    interpreter: str = ""
    #: A word that may stand before a verb; empty: there is none.
    inner: str = ""

    #: A verb that installs what a build needs, and a package that is always among it.
    for_builds: tuple[str, str] | None = None

    #: What it may put into PATH; None: of a system's, what its words name; of others, not known.
    on_path: OnPath | None = None

    #: The newest release after which an install does less than before.
    new_major: NewMajor | None = None

    # What it leaves behind

    #: What it stores for next time.
    cache: Cache | None = None

    # What it reads of a project

    #: What a command reads, told by the words behind the program; None: not understood.
    reads: Callable[[list[str]], Reads | None] | None = None
    #: The same for a manager whose commands are read word by word; the flag says that it was
    #: called as a module of its language.
    reads_command: Callable[[Command, bool], Reads | None] | None = None
    #: What a command needs of a project whose files can be seen. Raises UnsureError.
    needs: Callable[[Project, Reads], Needs] | None = None
    #: Texts of which one stands in every command that installs what a manifest says; empty: the
    #: names of its programs.
    hints: tuple[str, ...] = ()
    #: A manifest is a list of packages, which hardly ever names files of the project.
    plain_lists: bool = False
    #: The dependencies whose version a manifest (its name, its text) leaves open, as it spells
    #: them.
    loose: Callable[[str, str], list[str]] | None = None
    #: Its lock file.
    lock: Lock | None = None
    #: What an install of a project compiles or fetches with Git, as its lock file says, for people;
    #: empty: nothing. Raises UnsureError where it does not say. None: not known.
    compiles: Callable[[Project], str] | None = None
    #: How an install leaves out the project itself; None: not known, or it never installs it.
    without_project: WithoutProject | None = None
    #: Names of files that say what a project takes from elsewhere, beside `lock.files`; a star
    #: stands for anything.
    manifests: tuple[str, ...] = ()
    #: Files of a project by which managers of versions choose its programs, beside those of asdf
    #: and mise: pyenv, rbenv, nodenv and fnm, goenv, jenv.
    versions: tuple[str, ...] = ()
    #: What its builds make anew in the folder of the project.
    made: Made | None = None
    #: Commands that write the commit into what they build, and ask Git for it.
    stamps: re.Pattern[str] | None = None

    @property
    def programs(self) -> frozenset[str]:
        """The names of its programs, without versions."""
        return frozenset(PROGRAMS[self.name].replace("*", "").split())

    @property
    def family(self) -> str:
        """The name of the managers that deal with the same packages."""
        return self.same_packages or self.name

    def is_manifest(self, name: str) -> bool:
        """True if a name, or a pattern of COPY, is that of its manifests or lock files."""
        from fnmatch import fnmatchcase

        names = self.manifests + (self.lock.files if self.lock else ())
        if "*" not in name:
            return any(fnmatchcase(name, one) for one in names)
        begin = name.partition("*")[0].rstrip(".")
        return any(
            begin in (one, one.partition(".")[0]) and fnmatchcase(one, name) for one in names
        )

    def is_plain(self, word: str) -> bool:
        """True if a package word may be moved within its list."""
        return _is_simple(word) or (
            self.plain is not None and self.plain.fullmatch(word) is not None
        )

    def is_ordered(self, word: str) -> bool:
        """True if a package word makes the order of the whole list count."""
        return (
            self.ordered is not None
            # apt removes `name-`
            and not (_is_simple(word) and word[-1] != "-")
            and self.ordered.fullmatch(word) is not None
        )


class Argument(Record):
    """An option with its value, or an operand: then `option` is empty.

    `option` is the option as it is compared with others (`-y`, `--opt=value`), `early` says that it
    stands before the verb. `words` are its words as written.
    """

    words: tuple[Word, ...]
    option: str
    early: bool

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


class Command(Record):
    """A command of a package manager, every word in its place.

    `program` are the texts of the words up to and with the program's name (`sudo`, `apt-get`);
    `arguments` is what follows, the verb aside.
    """

    manager: Manager
    action: Action
    program: tuple[str, ...]
    verb: Word
    arguments: tuple[Argument, ...]

    @property
    def options(self) -> tuple[Argument, ...]:
        """The options, in order."""
        return tuple([argument for argument in self.arguments if argument.option])

    @property
    def packages(self) -> tuple[Word, ...]:
        """The operands, in order: of an install, what is to be installed."""
        return tuple([argument.words[0] for argument in self.arguments if not argument.option])


@lru_cache(maxsize=4096)
def _is_simple(word: str) -> bool:
    """True if a word is a name for every manager: most are, and then no pattern is compiled."""
    return (
        word.isascii()
        and word.replace("-", "").isalnum()
        and word[0] != "-"
        # npm takes these for values
        and word not in ("true", "false", "null")
    )


_BEHIND_NAME = lazy(r"[=<>~!/:@\[;\s]")


@lru_cache(maxsize=4096)
def base(name: str) -> str:
    """The name of a package without version, suite, architecture, extras."""
    if name.replace("-", "").isalnum():
        # nearly all are, and then no pattern is compiled
        return name.lower()
    return _BEHIND_NAME.split(name.lstrip("@"), maxsplit=1)[0].lower()


def words(*texts: str) -> frozenset[str]:
    """The words of several texts."""
    return frozenset(" ".join(texts).split())


def verbs(**actions: str) -> dict[str, Action]:
    """Verbs by action: `verbs(install="install add")`."""
    return {verb: action for action, text in _typed(actions) for verb in text.split()}


def _typed(actions: dict[str, str]) -> Iterable[tuple[Action, str]]:
    known: dict[str, Action] = {
        "update": "update", "install": "install", "upgrade": "upgrade", "remove": "remove",
        "clean": "clean", "reads": "reads", "other": "other",
    }  # fmt: skip
    return [(known[name], text) for name, text in actions.items()]
