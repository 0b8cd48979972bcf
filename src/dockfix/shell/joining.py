"""How several scripts may run in one shell, joined by `&&`, or by `;` under `set -e`.

A `Chain` takes one part after the other. It refuses a part that would do something else because
another one ran before it in the same shell. Each part gets one of three forms:

    plain      a                as it is
    group      { a || b; }      so that `&&` in front of it holds for all of it
    subshell   ( cd /x && a )   so that its changes of the shell end with it

`effects` says what a script changes in its shell. These are the rules of joining:

- A part runs if and only if all before it succeeded: `&&`. In a list joined by `;`, the part's last
  status is what `&&` sees, so `a; b && c` is right for a first part, `{ a; b; } && c` for a later
  one.
- Errexit does nothing to the left of `&&` (POSIX XCU 2.8.1 and the `set` page), not even in a
  subshell. So a part with errexit in force never goes there. Parts that begin with the same
  `set -e` prelude are joined by `;` instead, if errexit would have ended each but the last where it
  failed.
- A SHELL that the file does not declare could carry errexit. So a part in which that would matter
  (`sensitive`) stands to the left of `&&` only where errexit still reaches it: first, as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from dockfix.records import Record
from dockfix.shell.effects import CONTAINED, OPAQUE, Effects, effects, effects_of, identifiers
from dockfix.shell.fresh import barrier
from dockfix.shell.reader import read_script
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.tree import Dialect, Item, Script, Simple, Subshell, Unknown
from dockfix.typed import Literal

#: Linux takes no argument of MAX_ARG_STRLEN = 128 KiB or more (its terminating zero byte counts).
MOST_BYTES = 128 * 1024 - 1

Form = Literal["plain", "group", "subshell"]

_ENVIRONMENT = frozenset(
    ("PATH", "HOME", "IFS", "CDPATH", "ENV", "PS4", "OPTIND", "SHELL", "USER", "LANG", "LANGUAGE",
     "TERM", "TZ", "PWD", "OLDPWD", "HOSTNAME")
)  # fmt: skip


#: Changes of the shell that keep a script apart, whatever stands beside it.
_NEVER = frozenset(("background", "return", "job", "unknown", "alias"))


class Lookups(Record):
    """The families of programs that a script looks up in PATH (`pip` and `pip3.11` are one family).

    `run` are all that a build may replace. `before` are those that the script may replace before it
    first runs them, `after` those that it may replace later.
    """

    run: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]


class Part(Record):
    """A script that may be joined with others. `items` are its list without the prelude.

    `prelude` is the text of a leading `set …` that turns on errexit, "" if there is none. `barrier`
    says why nothing may follow in the same process, None if something may. `size` counts bytes.
    """

    script: Script
    items: tuple[Item, ...]
    effects: Effects
    prelude: str
    barrier: str | None
    size: int

    @property
    def words(self) -> frozenset[str]:
        """All words of it that could be names of variables. Computed when asked: few chains ask."""
        return identifiers(self.script.text)

    @property
    def is_list(self) -> bool:
        """True if `&&` in front of it would not hold for all of it."""
        return len(self.items) > 1 or "||" in [one.text for one in self.items[0].node.operators]


@cached_by_value
def part_of(text: str, dialect: Dialect, workdir: str | None, user: str | None) -> Part | None:
    """Reads a script for joining; None if it must stay apart whatever stands beside it.

    `workdir` and `user` are those it starts with, None if unknown.
    """
    script = read_script(text, dialect)
    whole = effects_of(text, dialect)
    if isinstance(script, Unknown) or isinstance(whole, Unknown):
        return None
    kinds = {change.kind for change in whole.changes}
    if not script.items or "\n" in text or kinds & _NEVER:
        return None
    prelude, items = "", script.items
    if "errexit" in kinds:
        prelude = prelude_of(script)
        items = script.items[1:]
        rest = effects(text, items)
        if not prelude or not items or "errexit" in [change.kind for change in rest.changes]:
            return None
        whole = rest
    return Part(
        script,
        items,
        whole,
        prelude,
        barrier(script, workdir, user),
        len(text.encode(errors="surrogateescape")),
    )


def prelude_of(script: Script) -> str:
    """The text of a `set` command that turns on errexit, if a script begins with one and a `;`."""
    first = script.items[0]
    pipeline = first.node.pipelines[0]
    command = pipeline.commands[0]
    if (
        first.terminator == ";"
        and not first.node.operators
        and not pipeline.negated
        and len(pipeline.commands) == 1
        and isinstance(command, Simple)
        and not command.assignments
        and not command.redirects
        and command.words[0].value == "set"
        and all(word.plain and word.text != "--" for word in command.words)
        and any(change.kind == "errexit" for change in effects(script.text, (first,)).changes)
    ):
        return " ".join(word.text for word in command.words)
    return ""


class Chain:
    """Parts that run in one shell. `forms[i]` is the form of `parts[i]`; by `;` if `sequence`.

    `declared` is true if the SHELL's options are known (and have no `-e`). `names` are those of the
    environment. `lookups` tells what a script looks up in PATH, `replaced` which families of
    programs it may put there (None: any). `starts_anywhere` says whether a script does the
    same in any directory. `never_replaced` are families of programs that no install replaces.
    `may_group` says whether the first part may get `( )` around it.
    """

    def __init__(
        self,
        first: Part,
        *,
        declared: bool,
        names: Container[str],
        lookups: Callable[[Script], Lookups],
        replaced: Callable[[Script], frozenset[str] | None],
        starts_anywhere: Callable[[Script], bool],
        never_replaced: frozenset[str] = frozenset(),
        may_group: bool = True,
    ) -> None:
        self.declared, self.names = declared, names
        self.lookups, self.replaced = lookups, replaced
        self.starts_anywhere = starts_anywhere
        self.never_replaced = never_replaced
        self.parts = [first]
        self.forms: list[Form] = ["plain"]
        self.size = first.size
        self._may_group = [may_group]
        self._left: dict[str, int] = {}  # variables that parts set, and the part that set them
        self._moved: set[int] = set()  # parts that changed the directory
        # programs whose path the shell remembers, with the parts that ran them; and those of them
        # that have been replaced since
        self._run: dict[str, set[int]] = {}
        self._stale: dict[str, set[int]] = {}

    @property
    def sequence(self) -> bool:
        """True if the parts are joined by `;` behind one `set -e` prelude."""
        return bool(self.parts[0].prelude)

    def add(
        self, part: Part, overhead: int, *, grouping: bool = True, may_group: bool = True
    ) -> bool:
        """Adds a part at the end and returns True; False if the part would do something else there.

        `overhead` is what joining costs in bytes. Only if `grouping` may the part, or one before
        it, get `( )` or `{ }` around it for this one; never one that was added without `may_group`.
        After False, no other part may be added.
        """
        last = self.parts[-1]
        if (
            last.barrier
            or part.effects.reads
            or part.prelude != last.prelude
            or self.size + part.size + overhead > MOST_BYTES
        ):
            return False
        index = len(self.parts) - 1
        left: set[str] = set()
        contained: set[int] = set()
        for change in last.effects.changes:
            if change.kind == "failure":
                continue  # ends the merged RUN as it ended its own, and so the build
            if change.kind == "variable" and self._forgotten(change.name):
                left.add(change.name)
            elif change.kind == "directory":
                self._moved.add(index)
            elif change.kind in CONTAINED or change.kind in OPAQUE:
                contained.add(index)
            else:
                return False
        if self._left:
            contained |= {self._left[name] for name in self._left.keys() & part.words}
        if left and not left & part.words <= self._left.keys():
            contained.add(index)
        if self._moved and not self.starts_anywhere(part.script):
            contained |= self._moved
        self._look_up(last, index)
        if self._run or self._stale:
            then = self.lookups(part.script)
            for name in then.run & self._stale.keys():
                contained |= self._stale[name]
            for name in then.before & self._run.keys():
                contained |= self._run[name]
        grouped = part.is_list and not self.sequence
        if not grouping and (
            any(self.forms[number] == "plain" for number in contained)
            # nor would anybody write `a; b && c` or `a || b && c`
            or grouped
            or (last.is_list and not self.sequence)
        ):
            return False
        if (grouped and not may_group) or not all(
            self._may_group[number] or self.forms[number] == "subshell" for number in contained
        ):
            return False
        if self.sequence:
            if contained or not ends_where_it_fails(last.items):
                return False
        elif not all(map(self._containable, contained)) or not self._stands_left(
            index, index in contained
        ):
            return False
        for number in contained:
            self.forms[number] = "subshell"
        for name in left:
            self._left.setdefault(name, index)
        if contained:
            for name in [name for name, at in self._left.items() if at in contained]:
                del self._left[name]
            self._moved -= contained
            for known in (self._run, self._stale):
                for name in list(known):
                    known[name] -= contained
                    if not known[name]:
                        del known[name]
        self.parts.append(part)
        self.forms.append("group" if grouped else "plain")
        self._may_group.append(may_group)
        self.size += part.size + overhead
        return True

    def _look_up(self, part: Part, index: int) -> None:
        """Records which programs a part has run, and which earlier ones are replaced now."""
        own = self.lookups(part.script)
        if self._run:
            replaced = self.replaced(part.script)
            for name in list(self._run) if replaced is None else self._run.keys() & replaced:
                self._stale.setdefault(name, set()).update(self._run[name])
        for name in own.after - self.never_replaced:
            self._stale.setdefault(name, set()).add(index)
        for name in own.run - self.never_replaced:
            self._run.setdefault(name, set()).add(index)

    def _containable(self, index: int) -> bool:
        """True if a subshell around a part ends its changes of the shell."""
        part = self.parts[index]
        return (self.declared or not part.effects.sensitive) and all(
            change.kind in CONTAINED or (change.kind in OPAQUE and part.effects.chain)
            for change in part.effects.changes
        )

    def _stands_left(self, index: int, wrapped: bool) -> bool:
        """True if a part may stand to the left of `&&`, in a group or subshell if `wrapped`."""
        part = self.parts[index]
        if self.declared or not part.effects.sensitive:
            return True
        if index or wrapped:
            return False
        from dockfix.shell.errexit import sensitive_item

        return not sensitive_item(part.items[-1])

    def _forgotten(self, name: str) -> bool:
        """True if a variable matters only to scripts that name it.

        A variable that commands inherit matters to others too: one of ENV and ARG, or of the base
        image. The names of those are in capitals, as POSIX has it (XBD 8.1).
        """
        return (
            bool(name)
            and name not in self.names
            and name not in _ENVIRONMENT
            and name != name.upper()
        )


def ends_where_it_fails(items: tuple[Item, ...]) -> bool:
    """True if errexit ends the shell when a list's last command fails (POSIX, `set -e`)."""
    node = items[-1].node
    return (
        not node.operators
        and not node.pipelines[0].negated
        and isinstance(node.pipelines[0].commands[-1], (Simple, Subshell))
    )
