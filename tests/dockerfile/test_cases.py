"""Files that are easily misread, and files that BuildKit refuses, come out as they must."""

from __future__ import annotations

from typing import Any

import pytest

from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Instruction
from dockfix.errors import DockerfileSyntaxError
from helpers.dockerfile_cases import ACCEPTED, REFUSED


def outline(instruction: Instruction) -> list[Any]:
    """An instruction as the table writes it."""
    found: list[Any] = [instruction.keyword]
    found += [
        f"--{flag.name}" + ("" if flag.value is None else f"={flag.value}")
        for flag in instruction.flags
    ]
    if instruction.child:
        found.append(outline(instruction.child))
        return found
    words = tuple(word.text for word in instruction.words)
    if instruction.json is not None:
        found += [*words[:1], list(instruction.json)]
    else:
        found.append(words or instruction.arguments)
    if instruction.heredocs:
        found.append({body.name: body.content for body in instruction.heredocs})
    return found


@pytest.mark.parametrize(("text", "expected"), ACCEPTED)
def test_accepted(text: str, expected: list[Any]) -> None:
    assert [outline(instruction) for instruction in parse(text).instructions] == expected


@pytest.mark.parametrize(("text", "place", "reason"), REFUSED)
def test_refused(text: str, place: str, reason: str) -> None:
    with pytest.raises(DockerfileSyntaxError) as raised:
        parse(text, "a/Dockerfile")
    assert str(raised.value) == f"a/Dockerfile:{place}: {reason}"
    assert f"{raised.value.line}:{raised.value.column}" == place
