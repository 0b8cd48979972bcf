"""What the lines of one RUN show of its author's style."""

from __future__ import annotations

from collections import Counter

from dockfix.records import Record
from dockfix.shell.remembered import cached_by_value


class Signs(Record):
    """What continued lines show; None where they do not.

    `indent` is the unit of indentation. `leading` says whether `&&` opens lines, `chain` what then
    stands before the next command of a chain (None if only compound commands show operators),
    `operators` how many lines say so. `deeper` is what
    the arguments of a command are indented by, beside what the command itself is. `tight` says that
    the escape character follows an operator at the end of a line at once. `once` says that a
    single RUN shows the place of operators.
    """

    indent: str | None = None
    leading: bool | None = None
    chain: str | None = None
    operators: int = 0
    deeper: str | None = None
    tight: bool | None = None
    once: bool = True

    def or_else(self, other: Signs) -> Signs:
        """These signs, and those of `other` for what they do not show."""
        own = self.leading is not None and (self.chain != "" or not other.chain)
        speaks = self if own else other
        return Signs(
            other.indent if self.indent is None else self.indent,
            speaks.leading,
            speaks.chain,
            speaks.operators,
            other.deeper if self.deeper is None else self.deeper,
            other.tight if self.tight is None else self.tight,
            self.once and (self.leading is None or (other.leading is None and other.once)),
        )


NOTHING = Signs()
_OPERATOR = "&&"
#: Words that open and close compound commands, where a command may begin.
_OPENING = frozenset(("if", "for", "while", "until", "case", "select", "{", "("))
_CLOSING = frozenset(("fi", "done", "esac", "}", ")"))
_BEFORE_COMMANDS = frozenset(("&&", "||", "|", "!", "then", "do", "else", "elif", "{", "(", ";;"))
_INSTRUCTION = frozenset(("RUN", "run", "Run", "ONBUILD", "onbuild", "Onbuild"))
_COMPOUND = ("if ", "for ", "while ", "until ", "case ", "select ", "{", "(")
#: Lines further in stand below a word of the line above; their column is no unit.
_WIDEST = 8


@cached_by_value
def signs_of(text: str, escape: str) -> Signs:
    """The signs of one RUN. An indent of one space is only ever that of ` && b`, so no unit.

    Lines inside a compound command are laid out after its first word, not as commands of a chain
    are.
    """
    if "\n" not in text:
        return NOTHING
    indents: list[str] = []
    leads: list[str] = []
    follows: list[str] = []
    tights: list[bool] = []
    words: list[str] = []
    others: list[str] = []
    begins = behind_operator = False
    command, depth = "", 0
    inner_leads = inner_follows = 0
    compound = any(map(text.__contains__, _COMPOUND))
    for number, line in enumerate(text.split("\n")):
        body = line.strip()
        if number:
            if not body or body[0] == "#":
                continue
            if depth:
                inner_leads += body.startswith(_OPERATOR)
                inner_follows += behind_operator
            elif body != escape:
                indent = line[: len(line) - len(line.lstrip(" \t"))]
                leads_here = body.startswith(_OPERATOR)
                if leads_here:
                    leads.append(indent)
                elif behind_operator:
                    follows.append(indent)
                if leads_here or begins:
                    command = indent
                elif indent.startswith(command) and not _is_wide(indent[len(command) :]):
                    bare = body.removesuffix(escape).split()
                    (words if len(bare) == 1 else others).append(indent[len(command) :])
                if not _is_wide(indent):
                    indents.append(indent)
        if compound:
            depth = max(depth + _deepens(body), 0)
        written = line.rstrip(" \t\r")
        begins = behind_operator = False
        if written.endswith(escape):
            ended = written[: -len(escape)]
            ended_command = ended.rstrip(" \t")
            behind_operator = ended_command.endswith(_OPERATOR)
            begins = behind_operator or ended_command.endswith((";", "|"))
            if behind_operator or ended_command.endswith(";"):
                tights.append(len(ended) == len(ended_command))
    units = [indent for indent in indents if "\t" in indent or len(indent) > 1]
    leading = None
    if leads or follows:
        leading = len(leads) >= len(follows)
    elif inner_leads or inner_follows:
        leading = inner_leads >= inner_follows
    shown = leads if leading else follows
    return Signs(
        min(units, key=width) if units else None,
        leading,
        _usual(shown),
        max(len(leads), len(follows)) or max(inner_leads, inner_follows),
        next(iter(words), None) or next(filter(None, others), None),
        all(tights) if tights else None,
    )


def _usual(shown: list[str]) -> str | None:
    """What most lines show, the first of several as frequent; an odd number of blanks counts only
    where nothing else is shown."""
    if len(set(shown)) < 2:
        return shown[0] if shown else None
    even = [one for one in shown if "\t" in one or len(one) % 2 == 0]
    return Counter(even or shown).most_common(1)[0][0]


def width(indent: str) -> int:
    """The columns that an indentation takes."""
    return len(indent.expandtabs(8))


def _is_wide(indent: str) -> bool:
    return width(indent) > _WIDEST and "\t" not in indent


def _deepens(body: str) -> int:
    """How many more compound commands are open behind a line than before it."""
    change, begins = 0, True
    for word in body.split():
        bare = word.rstrip(";")
        if begins and bare in _OPENING:
            change += 1
        elif (begins or bare == ")") and bare in _CLOSING:
            change -= 1
        if begins and (bare in _INSTRUCTION or bare.startswith("--")):
            continue
        begins = word[-1] in ";&|(" or bare in _BEFORE_COMMANDS
    return change
