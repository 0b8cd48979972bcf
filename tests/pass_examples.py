"""Running one pass by itself, until it has nothing left to do."""

from __future__ import annotations

from dockfix.edits import Group, Safety, apply
from dockfix.passes.base import Example, Pass
from dockfix.syntax.parser import parse


def settle(one: Pass, source: str) -> tuple[str, list[Group]]:
    """What a pass makes of a file, groups of every safety applied, and all groups it gave."""
    given: list[Group] = []
    for _ in range(8):
        before = parse(source, "Dockerfile")
        groups = [group for group in one.rewrite(before, Example("").settings) if group.edits]
        if not groups:
            return source, given
        given += groups
        source = apply(source, [edit for group in groups for edit in group.edits])
        problem = one.verify(before, parse(source, "Dockerfile"))
        assert problem is None, f"{problem}\n{before.source}\n{source}"
    raise AssertionError(f"{one.name} does not come to rest:\n{source}")


def check_example(one: Pass, example: Example) -> None:
    after, groups = settle(one, example.before)
    assert after == (example.before if example.after is None else example.after)
    wanted = Safety.UNSAFE if example.unsafe else Safety.SAFE
    assert all(group.safety is wanted for group in groups)
