"""The parts of a manager's record: its cache, how it asks, what it puts on PATH, its lock file."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context import Context
    from dockfix.managers.manifests.shape import Project
    from dockfix.shell.tree import Word


class Mount(Record):
    """How a cache is kept between builds by a cache mount of RUN."""

    #: The folders to mount; empty: all of the cache.
    folders: tuple[str, ...] = ()
    #: The verbs that profit; empty: those that fill the cache, and if there are none, any call.
    verbs: frozenset[str] = frozenset()
    #: The official images where the folders are known to be the place; empty: everywhere.
    bases: frozenset[str] = frozenset()
    #: Images beside the official ones that start as root.
    as_root: frozenset[str] = frozenset()
    #: Variables that move the folders, beside those of the cache.
    names: tuple[str, ...] = ()
    #: Words of a command that uses another folder, or relies on what was there before.
    offline: frozenset[str] = frozenset()
    #: An option that keeps the manager from storing anything, beside that of the cache.
    option: str = ""
    #: Only one build at a time may write there.
    locked: bool = False
    #: Programs may run from what lies there, so that images need it.
    store: bool = False
    #: A file of official images that has the folders emptied after each command.
    emptied_by: str = ""


class Cache(Record):
    """What a manager leaves behind for next time, and what gets rid of it.

    An image has no next time. Where a manager has an option that keeps it from storing anything,
    the option is the way; else commands that clean up, in the RUN that made the mess. A cache with
    neither is not cleaned: builds work on it, or it is only worth a mount.
    """

    #: What messages call it.
    name: str
    #: Where it lies; `~` is the home of whoever runs the manager.
    folders: tuple[str, ...]
    #: The verbs that leave something there.
    fills: frozenset[str]
    #: The verbs that clean up, at least partly.
    cleans: frozenset[str] = frozenset()
    #: The verb and operands of a command that does nothing but clean up.
    wipes: frozenset[str] = frozenset()
    #: The option that keeps it from storing anything, to be put behind a verb of `fills`.
    option: str = ""
    #: What that is good for, for the message.
    why: str = ""
    #: Options whose place it takes.
    instead: frozenset[str] = frozenset()
    #: The commands that clean up; `{}` is the program as it was called.
    cleanup: tuple[str, ...] = ()
    #: Words by which a command that cleans up is not asked, and so keeps everything.
    keeps_unasked: frozenset[str] = frozenset()
    #: The folders that an `rm` empties to clean up, spelled as `cleanup` spells them.
    emptied: tuple[str, ...] = ()
    #: Words, beside the option, by which the author has decided: such a command is left alone.
    settled: frozenset[str] = frozenset()
    #: Texts of a script by which the author has decided.
    cleaned: tuple[str, ...] = ()
    #: Variables of a file by which the author has decided.
    names: tuple[str, ...] = ()
    #: Words by which a later command lives on what was stored.
    offline: frozenset[str] = frozenset()
    #: Programs beside the manager that run what was stored.
    runners: frozenset[str] = frozenset()
    #: What a file, or a file of settings in the context, says where commands live on what was
    #: stored, or what was installed consists of links into it.
    kept: re.Pattern[str] | None = None
    settings: tuple[str, ...] = ()
    #: It holds what was compiled, too: another install of it then needs no compiler.
    compiled: bool = False
    #: Only worth the trouble in a stage whose layers an image gets.
    shipped: bool = False
    #: Official images that have the option set.
    has_option: frozenset[str] = frozenset()
    #: Whether a base image, by its name, has a manager from before the option or the cleanup, which
    #: would stop at it.
    unknown: Callable[[str], bool] | None = None
    #: Whether the cache is known to be one, by the verbs that fill it and the build context.
    is_known: Callable[[list[str], Context | None], bool] | None = None
    #: It holds the lists that a later install may live on.
    lists: bool = False
    #: With the option, an update before an install and a removal behind it do nothing.
    keeps_index: bool = False
    #: What other linters call the matter.
    aliases: tuple[str, ...] = ()
    #: How to keep it between builds; None: not known.
    mount: Mount | None = None

    @property
    def is_cleaned(self) -> bool:
        """True if there is a way to keep it out of an image."""
        return bool(self.option or self.cleanup)

    @property
    def decided(self) -> frozenset[str]:
        """The words of a command by which somebody has made up his mind."""
        return self.settled | {self.option} if self.option else self.settled

    @property
    def junk(self) -> frozenset[str]:
        """The operands of an `rm` that cleans up."""
        return _junk(self.emptied)

    @property
    def removed(self) -> tuple[str, ...]:
        """Globs of what an image is without then, in the home of whomever."""
        return tuple(
            f"{home}{folder.lstrip('~')}/**"
            for folder in self.folders
            for home in (("/root", "/home/*") if folder[0] == "~" else ("",))
        )


@lru_cache(maxsize=256)
def _junk(folders: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{folder}{end}" for folder in folders for end in ("", "/", "/*"))


class NewMajor(Record):
    """A release of a manager after which an install does less than before.

    It comes with an install of the manager itself that names it, a later one, or none.
    """

    version: int
    #: What is otherwise, for the message.
    changes: str


class OnPath(Record):
    """What a manager may put into PATH, where a shell has remembered an older program.

    That of a system puts there what its words name, and no build replaces its own programs half-way
    under the same name: it needs no such record.
    """

    #: Whatever it does, it puts there at most what its words name.
    named: bool = False
    #: The verbs that put there what their words name, and `beside`.
    names: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    #: The verbs that put nothing there.
    inert: frozenset[str] = frozenset()
    #: Words of a command that may make an environment with a Python and a pip of its own, in a
    #: folder that has been in PATH before.
    environments: frozenset[str] = frozenset()
    #: What a command puts there, told by the words behind the program; None: not known.
    called: Callable[[tuple[Word, ...]], list[str] | None] | None = None
    #: Official images that have its programs in /usr/local/bin.
    first_in: frozenset[str] = frozenset()


class Brings(Record):
    """Where a manager puts programs that the kernel can start."""

    #: The path of such a program; what the group `prefix` finds stands for `{prefix}` in `command`.
    path: re.Pattern[str]
    #: What a script says that puts it there, as a pattern.
    command: str
    #: It is compiled there, in the place of whatever was there.
    compiled: bool = False

    def says(self, path: str, script: str) -> bool:
        """True if a script puts a program there."""
        found = self.path.fullmatch(path)
        if found is None:
            return False
        prefix = re.escape(found.groupdict().get("prefix") or "")
        return re.search(self.command.replace("{prefix}", prefix), script) is not None


class Asking(Record):
    """How a manager asks before it does something, and who answers."""

    #: The verbs before which it asks.
    verbs: frozenset[str]
    #: Options after which nothing is asked, or nothing is done.
    told: frozenset[str]
    #: Letters of options that say the same.
    letters: str
    #: The option that answers yes.
    answer: str = "-y"
    #: The option stands behind the program, not behind the verb.
    early: bool = False
    #: Settings that answer for every command of a file.
    answered: re.Pattern[str] | None = None
    #: What other linters call a command without it.
    alias: str = ""


class Stable(Record):
    """A program of a manager that is not made for scripts, and the one that is."""

    program: str
    instead: str
    #: The verbs that both have, and do the same.
    verbs: frozenset[str]
    #: What other linters call the matter.
    alias: str


class Renamed(Record):
    """Options that have a newer name."""

    #: The new name for each; empty: it goes with another one.
    options: dict[str, str]
    #: They mean this only if all of them are there.
    together: bool = False
    #: The verbs that take them; empty: all.
    verbs: frozenset[str] = frozenset()
    #: Official images whose manager knows the new names, by the name that FROM has; None: all.
    bases: re.Pattern[str] | None = None
    #: What in a file says that its manager may not be that of the image.
    others: re.Pattern[str] | None = None
    #: A word of settings that the new option replaces, where the old one adds to them, and the
    #: variables and the file that such settings stand in.
    replaces: str = ""
    names: tuple[str, ...] = ()
    file: str = ""


class Lock(Record):
    """How an install is told to keep to its lock file, and not to write another."""

    #: The names of lock files, one of which has to be there.
    files: tuple[str, ...]
    #: The verbs of an install that may write another; empty text: a call without a verb.
    verbs: frozenset[str]
    #: The option that keeps to it, behind the verb.
    option: str = ""
    #: The verb that keeps to it, in place of another; or the one to be written where none stands.
    verb: str = ""
    #: The command that has to come before.
    first: str = ""
    #: Another option, by the files of the project; empty: `option` is right.
    newer: Callable[[Project], str] | None = None
    #: Texts of a file (in lower case) by which somebody has made up his mind.
    settled: tuple[str, ...] = ()
    #: Variables that have every install keep to it, if they are true.
    frozen_by: frozenset[str] = frozenset()


class WithoutProject(Record):
    """How an install leaves out the project itself, so that it reads no more than its manifests.

    Such an install, and behind it the same one without the option, leave what the second alone
    leaves.
    """

    #: The option, which may stand behind all other words.
    option: str
    #: Options that say which parts of a project are installed: it is left as it is.
    settled: frozenset[str]
    #: Versions that do not know the option, as a file names them.
    older: re.Pattern[str]


class Made(Record):
    """A folder of the project that a build makes anew."""

    #: Its name, and that of the file beside it that says what it holds.
    folder: str
    manifest: str
    #: The commands that make it.
    command: re.Pattern[str]
    #: Texts of a Dockerfile after which not all of it may be made; None: there are none.
    partly: re.Pattern[str] | None = None
