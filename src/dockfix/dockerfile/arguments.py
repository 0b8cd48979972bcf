"""What stands behind each keyword, and what a builder refuses there.

The sources of the rules are BuildKit's parser/line_parsers.go (how arguments are split) and
instructions/parse.go (what it refuses).

How the arguments of each keyword become `Instruction.words`:

- ADD, COPY, EXPOSE, FROM, VOLUME: split at white space, quotes mean nothing; none in an exec form.
- ARG, ENV, LABEL: split at white space outside quotes; in the old form `ENV name value` two words,
  of which the second is the raw rest.
- MAINTAINER, STOPSIGNAL, USER, WORKDIR: one word, the whole text.
- HEALTHCHECK: the type, and what follows it, if anything, as one word, whether it is shell or exec
  form (`json` then has its strings).
- CMD, ENTRYPOINT, RUN, SHELL, ONBUILD: none.
"""

from __future__ import annotations

from collections.abc import Callable

from dockfix.dockerfile import exec_form, words
from dockfix.dockerfile.source import WHITE_SPACE, go_lower
from dockfix.dockerfile.tree import Logical, Word
from dockfix.errors import ExpansionError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

_STAGE_NAME = lazy(r"[a-z][a-z0-9_.-]*\Z")


class Refusal(Exception):
    """Something BuildKit refuses, at an offset of the source."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


_new = tuple.__new__


class Arguments(Record):
    """The arguments of an instruction: `start` to `stop` of the logical line."""

    keyword: str
    logical: Logical
    keyword_start: int
    start: int
    stop: int
    escape: str
    parent: str

    @property
    def text(self) -> str:
        return self.logical.text[self.start : self.stop]

    def words(self, spans: list[words.Span]) -> tuple[Word, ...]:
        text, joins, offsets = self.logical
        if len(joins) == 1:
            delta = offsets[0]
            return tuple([_new(Word, (a + delta, b + delta, text[a:b])) for a, b in spans])
        found = []
        first, last = 0, len(joins) - 1
        for start, end in spans:
            while first < last and joins[first + 1] <= start:
                first += 1
            final = first
            while final < last and joins[final + 1] < end:
                final += 1
            found.append(
                Word(
                    start - joins[first] + offsets[first],
                    end - joins[final] + offsets[final],
                    text[start:end],
                )
            )
        return tuple(found)

    def refuse(self, reason: str, position: int | None = None) -> NoReturn:
        """Raise a refusal at a position of the logical line, by default that of the keyword."""
        at = self.keyword_start if position is None else position
        raise Refusal(self.logical.offset(at), reason)


Read = tuple[tuple[Word, ...], tuple[str, ...] | None]


def _strings(arguments: Arguments, start: int) -> tuple[str, ...] | None:
    try:
        return exec_form.read_strings(arguments.logical.text[start : arguments.stop])
    except exec_form.NotStringsError:
        arguments.refuse(
            f"a JSON array after {arguments.keyword} may only have strings in it: "
            "quote its elements with double quotes",
            start,
        )


def _read_command(arguments: Arguments) -> Read:
    text, start = arguments.logical.text, arguments.start
    if text[start : start + 1] == "[":
        return (), _strings(arguments, start)
    return (), None


def _read_shell(arguments: Arguments) -> Read:
    split, strings = _read_command(arguments)
    if arguments.start == arguments.stop or strings == ():
        arguments.refuse("SHELL needs at least one argument: give the shell as a JSON array")
    if strings is None:
        arguments.refuse('SHELL needs a JSON array such as ["/bin/bash", "-c"]', arguments.start)
    return split, strings


def _read_list(arguments: Arguments) -> Read:
    _, strings = _read_command(arguments)
    if strings is not None:
        return (), strings
    return _read_split(arguments)


def _read_split(arguments: Arguments) -> Read:
    spans = words.split(arguments.logical.text, arguments.start, arguments.stop)
    return arguments.words(spans), None


def _read_copy(arguments: Arguments) -> Read:
    split, strings = _read_list(arguments)
    texts = [word.text for word in split] if strings is None else strings
    if len(texts) < 2:
        arguments.refuse(
            f"{arguments.keyword} needs at least two arguments: what to copy, and where to"
        )
    if "<<" in texts[-1] and _opens_heredoc(texts[-1]):
        arguments.refuse(
            f"{arguments.keyword} cannot copy to a here-document: its last argument is the "
            "destination",
            None if strings is not None else arguments.stop - len(texts[-1]),
        )
    return split, strings


def _opens_heredoc(word: str) -> bool:
    from dockfix.dockerfile import heredocs

    try:
        return heredocs.opening(word) is not None
    except ExpansionError:
        return False


def _read_volume(arguments: Arguments) -> Read:
    split, strings = _read_list(arguments)
    if strings is not None and any(not string.strip(WHITE_SPACE) for string in strings):
        arguments.refuse("VOLUME with an empty string: name a path", arguments.start)
    if not (split or strings):
        _refuse_none(arguments)
    return split, strings


def _read_expose(arguments: Arguments) -> Read:
    if arguments.start == arguments.stop:
        _refuse_none(arguments)
    return _read_split(arguments)


def _refuse_none(arguments: Arguments) -> NoReturn:
    arguments.refuse(f"{arguments.keyword} needs at least one argument")


def _read_text(arguments: Arguments) -> Read:
    if arguments.start == arguments.stop:
        arguments.refuse(f"{arguments.keyword} needs exactly one argument")
    return arguments.words([(arguments.start, arguments.stop)]), None


def _read_from(arguments: Arguments) -> Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    spans = words.split(arguments.logical.text, arguments.start, arguments.stop)
    split = arguments.words(spans)
    if len(split) == 3 and split[1].text.casefold() == "as":
        if not _STAGE_NAME.match(go_lower(split[2].text)):
            arguments.refuse(
                f"'{split[2].text}' cannot name a stage: a name starts with a letter, and "
                "letters, digits, '_', '-' and '.' follow",
                spans[2][0],
            )
    elif len(split) != 1:
        _refuse_dash(arguments)
        arguments.refuse(
            "FROM needs an image, or an image, AS and a name; a comment needs its own line",
            spans[1][0] if split else None,
        )
    return split, None


def _refuse_dash(arguments: Arguments) -> None:
    """Refuse what would be a flag if its dashes were ASCII."""
    from dockfix.dockerfile.nearest import DASHES

    if arguments.text[0:1] in (*DASHES,) or arguments.text[1:2] in (*DASHES,):
        flag = arguments.text.split()[0]
        arguments.refuse(
            f"'{flag}' has a dash that is not ASCII: type --{flag.strip(DASHES + '-')}",
            arguments.start,
        )


def _read_maintainer(arguments: Arguments) -> Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    return _read_text(arguments)


def _read_onbuild(arguments: Arguments) -> Read:
    if arguments.parent:
        _refuse_trigger(arguments)
    if arguments.start == arguments.stop:
        _refuse_none(arguments)
    return (), None


def _refuse_trigger(arguments: Arguments) -> NoReturn:
    arguments.refuse(f"{arguments.keyword} cannot be an ONBUILD trigger: remove the instruction")


def _read_arg(arguments: Arguments) -> Read:
    spans = words.split_quoted(
        arguments.logical.text, arguments.start, arguments.stop, arguments.escape
    )
    split = arguments.words(spans)
    if not split:
        _refuse_none(arguments)
    for word, (start, _) in zip(split, spans, strict=True):
        if word.text[0] == "=":
            arguments.refuse(f"{arguments.keyword} without a name before '='", start)
    return split, None


def _read_env(arguments: Arguments) -> Read:
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    spans = words.split_quoted(text, start, stop, arguments.escape)
    if not spans:
        _refuse_none(arguments)
    if "=" not in text[slice(*spans[0])]:
        return _read_env_of_old(arguments), None
    split = arguments.words(spans)
    for word, (position, _) in zip(split, spans, strict=True):
        equals = word.text.find("=")
        if equals < 0:
            arguments.refuse(
                f"'{word.text}' has no '=': {arguments.keyword} sets name=value pairs, "
                + _pair_advice(arguments, word.text),
                position,
            )
        if equals == 0:
            arguments.refuse(f"{arguments.keyword} without a name before '='", position)
    return split, None


def _pair_advice(arguments: Arguments, word: str) -> str:
    from dockfix.dockerfile.nearest import QUOTES

    if word in READERS and arguments.keyword_start == 0:
        return f"and this {word} belongs to it: remove the continuation above"
    for mark in QUOTES:
        if mark in arguments.text:
            return f"and a {mark} is no quote: type it in ASCII"
    return "and a value with spaces needs quotes"


def _read_env_of_old(arguments: Arguments) -> tuple[Word, ...]:
    """The two words of `ENV name value`."""
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    found = words.FIRST_WORD.match(text, start, stop)
    assert found
    if found.end(1) == stop:
        arguments.refuse(
            f"{arguments.keyword} needs a name and a value: write {arguments.text}=value", start
        )
    if "=" in found[1]:
        # Only a space outside ASCII does this. BuildKit does read it, with the '=' in the name.
        arguments.refuse("a space that is not ASCII stands in the name: type a plain one", start)
    return arguments.words([found.span(1), (found.end(), stop)])


def _read_healthcheck(arguments: Arguments) -> Read:
    text, start, stop = arguments.logical.text, arguments.start, arguments.stop
    end, rest = words.split_type(text, start, stop)
    if end == start:
        _refuse_none(arguments)
    kind = text[start:end].upper()
    strings = None
    json_start = stop - len(text[rest:stop].lstrip(WHITE_SPACE))
    if text[json_start : json_start + 1] == "[" and json_start < stop:
        strings = _strings(arguments, json_start)
    empty = rest == stop or strings == ()
    if kind == "NONE" and not empty:
        arguments.refuse("HEALTHCHECK NONE takes no arguments: remove them", rest)
    if kind == "CMD" and empty:
        arguments.refuse("HEALTHCHECK CMD needs a command")
    if kind not in ("NONE", "CMD"):
        _refuse_dash(arguments)
        arguments.refuse(
            f"HEALTHCHECK is followed by CMD or NONE, not by '{text[start:end]}'", start
        )
    spans = [(start, end)] if rest == stop else [(start, end), (rest, stop)]
    return arguments.words(spans), strings


READERS: dict[str, Callable[[Arguments], Read]] = {
    "ADD": _read_copy,
    "ARG": _read_arg,
    "CMD": _read_command,
    "COPY": _read_copy,
    "ENTRYPOINT": _read_command,
    "ENV": _read_env,
    "EXPOSE": _read_expose,
    "FROM": _read_from,
    "HEALTHCHECK": _read_healthcheck,
    "LABEL": _read_env,
    "MAINTAINER": _read_maintainer,
    "ONBUILD": _read_onbuild,
    "RUN": _read_command,
    "SHELL": _read_shell,
    "STOPSIGNAL": _read_text,
    "USER": _read_text,
    "VOLUME": _read_volume,
    "WORKDIR": _read_text,
}

KEYWORDS = frozenset(READERS)
