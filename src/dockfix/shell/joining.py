"""How scripts that ran in a shell each may run in one, joined by `&&`, or by `;` under `set -e`.

A `Chain` takes parts one after the other and says no where a part could notice that another ran
before it in the same shell. The forms it chooses:

    plain      a                as it is
    group      { a || b; }      so that `&&` in front of it speaks of all of it
    subshell   ( cd /x && a )   so that what it leaves in its shell ends with it

What may be left behind, and why, is argued in `effects`; here are the rules of joining:

- A part runs if and only if all before it succeeded: `&&`. In a list joined by `;`, the part's last
  status is what `&&` sees, so `a; b && c` is right for a first part, `{ a; b; } && c` for a later
  one.
- Errexit does nothing to the left of `&&` (POSIX XCU 2.8.1 and the `set` page), subshells included,
so
  a part with errexit in force never goes there. Parts that begin with the same `set -e` prelude are
  joined by `;` instead, if errexit would have ended each but the last where it failed.
- A SHELL that the file does not declare could carry errexit. So a part in which that would matter
  (`sensitive`) stands to the left of `&&` only where errexit still reaches it: first, as it is.
"""

from __future__ import annotations

from collections.abc import Container

from dockfix.records import Record
from dockfix.remembered import cached_by_value
from dockfix.shell.effects import (
    CONTAINED,
    OPAQUE,
    Effects,
    effects,
    effects_of,
    identifiers,
    sensitive_item,
)
from dockfix.shell.fresh import barrier, lookups, may_replace
from dockfix.shell.reader import read
from dockfix.shell.tree import Dialect, Item, Script, Simple, Subshell, Unknown
from dockfix.typed import Literal

#: Linux takes no argument of MAX_ARG_STRLEN = 128 KiB or more (its terminating zero byte counts).
MOST_BYTES = 128 * 1024 - 1

Form = Literal["plain", "group", "subshell"]

_ENVIRONMENT = frozenset(
    ("PATH", "HOME", "IFS", "CDPATH", "ENV", "PS4", "OPTIND", "SHELL", "USER", "LANG", "LANGUAGE",
     "TERM", "TZ", "PWD", "OLDPWD", "HOSTNAME")
)  # fmt: skip


#: Leaks that keep a script apart, whatever stands beside it.
_NEVER = frozenset(("background", "return", "job", "unknown", "alias"))


class Part(Record):
    """One script, as far as joining it matters. `items` are its list without the prelude.

    `prelude` is the text of a leading `set …` that turns on errexit, empty if there is none;
    `barrier` says why nothing may follow in the same process; `size` counts bytes.
    """

    script: Script
    items: tuple[Item, ...]
    effects: Effects
    prelude: str
    barrier: str | None
    size: int

    @property
    def words(self) -> frozenset[str]:
        """All names that a variable could have in it; few chains have to know."""
        return identifiers(self.script.text)

    @property
    def is_list(self) -> bool:
        """Whether `&&` in front would not speak of all of it."""
        return len(self.items) > 1 or "||" in [one.text for one in self.items[0].node.operators]


@cached_by_value
def part_of(text: str, dialect: Dialect, workdir: str | None, user: str | None) -> Part | None:
    """Reads a script for joining; None if it must stay apart whatever stands beside it.

    `workdir` and `user` are those it starts with, None if unknown.
    """
    script = read(text, dialect)
    whole = effects_of(text, dialect)
    if isinstance(script, Unknown) or isinstance(whole, Unknown):
        return None
    leaks = {leak.kind for leak in whole.leaks}
    if not script.items or "\n" in text or leaks & _NEVER:
        return None
    prelude, items = "", script.items
    if "errexit" in leaks:
        prelude = prelude_of(script)
        items = script.items[1:]
        rest = effects(text, items)
        if not prelude or not items or "errexit" in [leak.kind for leak in rest.leaks]:
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
        and any(leak.kind == "errexit" for leak in effects(script.text, (first,)).leaks)
    ):
        return " ".join(word.text for word in command.words)
    return ""


class Chain:
    """Parts that run in one shell. `forms[i]` is the form of `parts[i]`; by `;` if `sequence`.

    `declared` says that the SHELL's options are known (and have no `-e`); `names` are those of the
    environment; `settled` are families of programs that no install puts elsewhere than they are.
    """

    def __init__(
        self,
        first: Part,
        *,
        declared: bool,
        names: Container[str],
        settled: frozenset[str] = frozenset(),
    ) -> None:
        self.declared, self.names, self.settled = declared, names, settled
        self.parts = [first]
        self.forms: list[Form] = ["plain"]
        self.size = first.size
        self._left: dict[str, int] = {}  # variables that parts leave behind, and which part
        # programs whose place the shell remembers, by the parts that ran them; then those of them
        # that have been replaced since
        self._run: dict[str, set[int]] = {}
        self._stale: dict[str, set[int]] = {}

    @property
    def sequence(self) -> bool:
        """Whether the parts are joined by `;` behind one `set -e` prelude."""
        return bool(self.parts[0].prelude)

    def add(self, part: Part, overhead: int) -> bool:
        """Puts a part at the end, if it can't tell; `overhead` is what joining costs in bytes.

        A chain that has said no takes no other part.
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
        for leak in last.effects.leaks:
            if leak.kind == "failure":
                continue  # ends the merged RUN as it ended its own, and so the build
            if leak.kind == "variable" and self._forgotten(leak.name):
                left.add(leak.name)
            elif leak.kind in CONTAINED or leak.kind in OPAQUE:
                contained.add(index)
            else:
                return False
        if self._left:
            contained |= {self._left[name] for name in self._left.keys() & part.words}
        if left and not left & part.words <= self._left.keys():
            contained.add(index)
        self._look_up(last, index)
        if self._run or self._stale:
            then = lookups(part.script)
            for name in then.run & self._stale.keys():
                contained |= self._stale[name]
            for name in then.before & self._run.keys():
                contained |= self._run[name]
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
            for known in (self._run, self._stale):
                for name in list(known):
                    known[name] -= contained
                    if not known[name]:
                        del known[name]
        self.parts.append(part)
        self.forms.append("group" if part.is_list and not self.sequence else "plain")
        self.size += part.size + overhead
        return True

    def _look_up(self, part: Part, index: int) -> None:
        """Takes in what a part has run, and what is another program now than the one that ran."""
        own = lookups(part.script)
        if self._run:
            replaced = may_replace(part.script)
            for name in list(self._run) if replaced is None else self._run.keys() & replaced:
                self._stale.setdefault(name, set()).update(self._run[name])
        for name in own.after - self.settled:
            self._stale.setdefault(name, set()).add(index)
        for name in own.run - self.settled:
            self._run.setdefault(name, set()).add(index)

    def _containable(self, index: int) -> bool:
        part = self.parts[index]
        return (self.declared or not part.effects.sensitive) and all(
            leak.kind in CONTAINED or (leak.kind in OPAQUE and part.effects.chain)
            for leak in part.effects.leaks
        )

    def _stands_left(self, index: int, wrapped: bool) -> bool:
        part = self.parts[index]
        if self.declared or not part.effects.sensitive:
            return True
        return index == 0 and not wrapped and not sensitive_item(part.items[-1])

    def _forgotten(self, name: str) -> bool:
        """Whether a variable is one that only a script which names it could notice.

        Not one that commands inherit: of the ENV and ARG, or of the base image, whose names, like
        those of all that POSIX calls environment variables (XBD 8.1), are in capitals.
        """
        return (
            bool(name)
            and name not in self.names
            and name not in _ENVIRONMENT
            and name != name.upper()
        )


def ends_where_it_fails(items: tuple[Item, ...]) -> bool:
    """Whether errexit ends the shell when a list's last command fails (POSIX, `set -e`)."""
    node = items[-1].node
    return (
        not node.operators
        and not node.pipelines[0].negated
        and isinstance(node.pipelines[0].commands[-1], (Simple, Subshell))
    )
