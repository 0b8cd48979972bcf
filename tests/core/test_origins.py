"""Fixes make, from the original text, what all steps made one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockfix import rewrite
from dockfix.core.fixes import Fix, fixes
from dockfix.core.origins import Made
from dockfix.edit.edits import Edit, apply

FOLDERS = sorted(Path(__file__).parents[2].glob("fixtures/goldens/*/Dockerfile"))


def test_groups_that_edit_what_others_wrote_share_a_fix() -> None:
    original = "one two three four\n"
    steps = [
        [Made(Edit(0, 3, "ONE"), 0), Made(Edit(8, 13, "THREE"), 1)],
        [Made(Edit(1, 2, "nn"), 2)],
        [Made(Edit(15, 19, ""), 3), Made(Edit(20, 20, "end\n"), 3)],
    ]
    assert fixes(original, steps) == [
        Fix((0, 2), (Edit(0, 3, "OnnE"),)),
        Fix((1,), (Edit(8, 13, "THREE"),)),
        Fix((3,), (Edit(14, 18, ""), Edit(19, 19, "end\n"))),
    ]


def test_what_is_put_back_needs_no_edit() -> None:
    steps = [[Made(Edit(0, 3, "x"), 0)], [Made(Edit(0, 1, "one"), 1)]]
    assert fixes("one two", steps) == []


@settings(max_examples=300, deadline=None)
@given(st.text("abc\n", max_size=20), st.data())
def test_any_steps(original: str, data: st.DataObject) -> None:
    text, number, steps = original, 0, []
    for _ in range(data.draw(st.integers(1, 4))):
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
        step = [
            Made(Edit(start, end, data.draw(st.text("xyz", max_size=3))), number + index // 2)
            for index, (start, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=False))
        ]
        number += len(step)
        steps.append(step)
        text = apply(text, [made.edit for made in step])
    found = fixes(original, steps)
    assert apply(original, [edit for fix in found for edit in fix.edits]) == text
    groups = [group for fix in found for group in fix.groups]
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("path", FOLDERS, ids=lambda path: path.parent.name)
def test_real_rewrites(path: Path) -> None:
    result = rewrite(path.read_bytes(), unsafe_fixes=True)
    edits = [edit for fix in result.fixes for edit in fix.edits]
    assert apply(result.before, edits) == result.after
    places = {place for fix in result.fixes for place in fix.groups}
    assert places <= set(range(len(result.applied)))
    assert bool(places) == (result.before != result.after)
