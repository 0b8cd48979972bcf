"""Running one pass by itself, until it has nothing left to do."""

from __future__ import annotations

from dockfix.edit.edits import Group, apply
from dockfix.passes.base import Pass, Settings
from helpers.facts import facts_of


def settle(one: Pass, source: str) -> tuple[str, list[Group]]:
    """What a pass makes of a file, groups of every safety applied, and all groups it gave."""
    given: list[Group] = []
    for _ in range(8):
        before = facts_of(source)
        groups = [group for group in one.rewrite(before, Settings()) if group.edits]
        if not groups:
            return source, given
        given += groups
        source = apply(source, [edit for group in groups for edit in group.edits])
        problem = one.verify(before, facts_of(source))
        assert problem is None, f"{problem}\n{before.source}\n{source}"
    raise AssertionError(f"{one.name} does not come to rest:\n{source}")
