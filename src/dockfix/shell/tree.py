"""The tree of a shell script: immutable nodes with exact spans over an unchanged text.

Offsets (`start`, `end`, half open) count characters of `Script.text`, the shell text of one
instruction. A node's span never includes white space, comments or separators around it.
The shape is always the same, however short the script: a script is a list of items, an item is an
and-or list, that is made of pipelines, and those of commands.
"""

from __future__ import annotations

from dockfix.records import Record
from dockfix.typed import Literal

#: The shells dockfix reads. "sh" may be any of dash, busybox ash and bash, so what these read
#: differently is not understood under "sh".
Dialect = Literal["sh", "bash", "dash", "ash"]


class Expansion(Record):
    """`$name`, `${name:=word}`, `$(list)`, `` `list` ``, `$((sum))`, `<(list)`.

    `name` is the parameter's (`?`, `@` and digits too), `operator` what follows it inside braces
    (`:=`, `##`, …; `#` in front, for a length, is `length`), else both are empty. `body` is the
    list inside a command or process substitution. `quoted` says that it stands inside double quotes
    (its result is not split). `nested` are the expansions inside an operator's word or a sum.
    """

    start: int
    end: int
    kind: Literal["parameter", "command", "arithmetic", "process"]
    name: str
    operator: str
    body: tuple[Item, ...] | None
    quoted: bool
    nested: tuple[Expansion, ...]


class Word(Record):
    """One shell word as written.

    `value` is the one string that every shell of the dialect makes of it, quotes removed, or None
    if that cannot be said: it holds an expansion, an unquoted glob (`*`, `?`, `[…]`), a leading
    tilde, or braces that a bash would expand. `plain` says that nothing in it is quoted or escaped,
    so that `value == text`.
    """

    start: int
    end: int
    text: str
    value: str | None
    plain: bool
    expansions: tuple[Expansion, ...]


class Assignment(Record):
    """`name=value`, `name+=value`; an array's or an indexed one is not read (bash only)."""

    start: int
    end: int
    name: str
    append: bool
    value: Word


class Redirect(Record):
    """`2>file`; `fd` is the number or `{name}` in front, as written. `heredoc` is the body of `<<`.

    A body lies outside the span, behind the line; `expansions` are those inside it.
    """

    start: int
    end: int
    fd: str
    operator: str
    target: Word
    heredoc: str | None
    expansions: tuple[Expansion, ...] = ()


class Simple(Record):
    """A simple command: assignments, words, redirections, each in order."""

    start: int
    end: int
    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


class Subshell(Record):
    """`( list )`"""

    start: int
    end: int
    body: tuple[Item, ...]
    redirects: tuple[Redirect, ...]


class Group(Record):
    """`{ list; }`"""

    start: int
    end: int
    body: tuple[Item, ...]
    redirects: tuple[Redirect, ...]


class If(Record):
    """`if`/`elif` branches as pairs of condition and body, and the `else` body (None: no else)."""

    start: int
    end: int
    branches: tuple[tuple[tuple[Item, ...], tuple[Item, ...]], ...]
    orelse: tuple[Item, ...] | None
    redirects: tuple[Redirect, ...]


class For(Record):
    """`for name in words; do body; done`; `words` is None without `in`."""

    start: int
    end: int
    name: str
    words: tuple[Word, ...] | None
    body: tuple[Item, ...]
    redirects: tuple[Redirect, ...]


class Loop(Record):
    """`while` or `until`."""

    start: int
    end: int
    until: bool
    condition: tuple[Item, ...]
    body: tuple[Item, ...]
    redirects: tuple[Redirect, ...]


class Case(Record):
    """`case word in pattern|pattern) body ;; esac`; arms are pairs of patterns and body."""

    start: int
    end: int
    word: Word
    arms: tuple[tuple[tuple[Word, ...], tuple[Item, ...]], ...]
    redirects: tuple[Redirect, ...]


class Function(Record):
    """`name() command`"""

    start: int
    end: int
    name: str
    body: Command


class Test(Record):
    """bash's `[[ … ]]`; `words` are what stands inside, operators and parentheses as words."""

    start: int
    end: int
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]


class Arithmetic(Record):
    """bash's `(( … ))`"""

    start: int
    end: int
    expansions: tuple[Expansion, ...]
    redirects: tuple[Redirect, ...]


Command = Simple | Subshell | Group | If | For | Loop | Case | Function | Test | Arithmetic


class Pipeline(Record):
    """Commands joined by `|`; `negated` for a leading `!` (the span then starts at it)."""

    start: int
    end: int
    negated: bool
    commands: tuple[Command, ...]


class Operator(Record):
    """`&&` or `||` with its span."""

    start: int
    end: int
    text: Literal["&&", "||"]


class AndOr(Record):
    """Pipelines joined by `&&` and `||`; `operators[i]` stands between pipelines i and i + 1."""

    start: int
    end: int
    pipelines: tuple[Pipeline, ...]
    operators: tuple[Operator, ...]


class Item(Record):
    """An and-or list and what ends it: `;`, `&`, a newline, or nothing (the last of a list).

    The span is that of the and-or list; `terminator_start` is the offset of the terminator (equal
    to `end` when there is none).
    """

    start: int
    end: int
    node: AndOr
    terminator: Literal[";", "&", "\n", ""]
    terminator_start: int


class Comment(Record):
    """`# …` up to the newline or the end of the text."""

    start: int
    end: int


class Script(Record):
    """A whole script that was understood.

    `comments` are those inside substitutions too. `simples` are the simple commands in order, those
    of substitutions aside; `nested` all of them: every pass asks for them, so they are looked for
    once.
    """

    text: str
    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
    simples: tuple[Simple, ...]
    nested: tuple[Simple, ...]

    @property
    def last_comment(self) -> Comment | None:
        """The comment that the text ends in. Text put behind it would become part of it."""
        found = self.comments[-1] if self.comments else None
        return found if found and found.end == len(self.text) else None


class Unknown(Record):
    """A script that was not understood: where reading stopped, and why."""

    text: str
    offset: int
    reason: str
