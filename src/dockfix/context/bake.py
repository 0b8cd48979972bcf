"""Reads from Bake files which Dockerfiles their targets are built from.

`docker buildx bake` takes `dockerfile` as a path seen from `context`, and a target has what its
`inherits` have (buildx 0.19, `bake/bake.go`). Of HCL only literal values are read; what is computed
is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    #: Attributes of a target: strings, lists, and what is computed as `UNKNOWN`.
    Target = dict[str, Any]

#: The value of an attribute that is computed.
UNKNOWN = object()

_TOKEN = lazy(
    r"(?:#|//)[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)(?:\*/|\Z)"
    r"|<<[-~]?(?P<end>\w++)\n|[\w.-]++|\n|\S"
)
_COMPUTED = ("${", "%{")
_OPEN, _CLOSED = frozenset("{[("), frozenset("}])")


class Baked(Record):
    """What a target is built from: a path seen from the folder of the file, or a text (`inline`).

    Neither is there if it is computed. `context` is seen from there, too.
    """

    path: str | None
    inline: str | None = None
    context: str | None = None


def baked(name: str, text: str) -> Iterator[Baked]:
    """The Dockerfiles that the targets of a Bake file name; nothing of one that cannot be read."""
    targets = _of_json(text) if name.endswith(".json") else dict(_of_hcl(text))
    for one in targets:
        inline = _attribute(targets, one, "dockerfile-inline")
        if inline is not None:
            yield Baked(None, inline if isinstance(inline, str) else None)
            continue
        dockerfile = _attribute(targets, one, "dockerfile")
        if dockerfile is None:
            continue
        context = _attribute(targets, one, "context")
        context = "." if context is None else context
        if not isinstance(context, str) or not isinstance(dockerfile, str):
            yield Baked(None)
        elif "://" in dockerfile:
            # `cwd://`: seen from where the command is called
            yield Baked(dockerfile.removeprefix("cwd://"), None, context)
        elif ":" not in context:
            yield Baked(f"{context}/{dockerfile}", None, context)


def _attribute(
    targets: dict[str, Target], name: str, key: str, seen: set[str] | None = None
) -> Any:
    """What a target has as `key`, be it inherited; None if nothing says it."""
    seen = set() if seen is None else seen
    target = targets.get(name, {})
    if key in target:
        return target[key]
    parents = target.get("inherits", ())
    if parents is UNKNOWN:
        return UNKNOWN
    seen.add(name)
    for parent in reversed(parents):
        # one that was looked at before says nothing
        if parent not in seen:
            found = _attribute(targets, parent, key, seen)
            if found is not None:
                return found
    return None


def _of_json(text: str) -> dict[str, Target]:
    import json

    try:
        file = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    targets = file.get("target") if isinstance(file, dict) else None
    return {
        name: {key: _known(value) for key, value in target.items()}
        for name, target in (targets if isinstance(targets, dict) else {}).items()
        if isinstance(target, dict)
    }


def _known(value: object) -> object:
    """A value of JSON, in which strings are templates of HCL."""
    if isinstance(value, str):
        return UNKNOWN if any(sign in value for sign in _COMPUTED) else value
    strings = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return value if strings else UNKNOWN


def _of_hcl(text: str) -> Iterator[tuple[str, Target]]:
    """The targets of a file, by their names."""
    tokens = [one for one in _tokens(text) if not one.startswith(("#", "//", "/*"))]
    depth = 0
    for at, token in enumerate(tokens):
        if depth == 0 and token == "target" and tokens[at + 2 : at + 3] == ["{"]:
            yield tokens[at + 1].strip('"'), dict(_attributes(tokens, at + 3))
        depth += (token in _OPEN) - (token in _CLOSED)


def _tokens(text: str) -> Iterator[str]:
    """The tokens, up to a string or a heredoc that has no end."""
    at = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        if found[0] == '"':
            at = _end_of_string(text, at)
            if text[at - 1] != '"' or at == found.end():
                return
            yield text[found.start() : at]
        elif found["end"]:
            last = re.compile(rf"(?m)^[ \t]*+{found['end']}\b").search(text, at)
            if last is None:
                return
            # a text over several lines is written as a string
            yield f'"{_undented(found[0], text[at : last.start()])}"'
            at = last.end()
        else:
            yield found[0]


def _end_of_string(text: str, at: int) -> int:
    """Where a string ends that begins before `at`; a template in it may hold further strings."""
    inside = ['"']
    while inside and at < len(text):
        sign = text[at]
        if inside[-1] == "{":
            if sign == "}":
                inside.pop()
            elif sign in '{"':
                inside.append(sign)
        elif sign == '"':
            inside.pop()
        elif sign == "\\":
            at += 1
        elif text.startswith(_COMPUTED, at):
            inside.append("{")
            at += 1
        at += 1
    return at


def _undented(heredoc: str, body: str) -> str:
    """The lines of a heredoc; without the blanks that begin all of them behind `<<-`."""
    lines = body.split("\n")
    if heredoc.startswith("<<-"):
        widths = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
        lines = [line[min(widths, default=0) :] for line in lines]
    return "\n".join(lines)


def _attributes(tokens: list[str], start: int) -> Iterator[tuple[str, object]]:
    """The attributes of the block whose first token is at `start`."""
    depth = 0
    for at in range(start, len(tokens)):
        token = tokens[at]
        depth += (token in _OPEN) - (token in _CLOSED)
        if depth < 0:
            return
        if depth == 0 and tokens[at + 1 : at + 2] == ["="]:
            yield token.strip('"'), _value(tokens, at + 2)


def _value(tokens: list[str], start: int) -> object:
    """The value that begins at `start`: a string, a list of strings, or not known."""
    first = tokens[start] if start < len(tokens) else ""
    if first != "[":
        ends = tokens[start + 1 : start + 2]
        return _string(first) if ends in ([], ["\n"], ["}"]) else UNKNOWN
    values: list[object] = []
    for at in range(start + 1, len(tokens)):
        token = tokens[at]
        if token == "]":
            return values
        if token not in ("\n", ","):
            values.append(_string(token))
            if values[-1] is UNKNOWN:
                return UNKNOWN
    return UNKNOWN


def _string(token: str) -> object:
    """What a string says; not known if it is a template, or no string."""
    if not token.startswith('"') or any(sign in token for sign in _COMPUTED):
        return UNKNOWN
    text = token[1:-1]
    return text if "\\" not in text else text.replace("\\n", "\n").replace('\\"', '"')
