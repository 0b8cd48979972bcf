"""Reading a file again after edits gives the tree that reading all of it gives."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from dockfix.core.incremental import parse_again
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.dockerfile.tree import Dockerfile
from dockfix.edit.edits import Edit, apply
from dockfix.errors import DockerfileSyntaxError
from helpers.amount import some
from helpers.cases import ROOT, cases

FILES = sorted(ROOT.glob("roundtrip/*"))
FILES += [one.folder / "Dockerfile" for one in cases("articles", "goldens", "projects")]
LINES = (
    "", "RUN a\n", "RUN a", "# c\n", "RUN b \\\n", "  \n", "RUN <<EOF\nx\nEOF\n", "COPY a b\n",
    "  # d\n", "ENV a b\r\n", "FROM x\n", "# escape=`\n", "EOF\n",
)  # fmt: skip
PIECES = ("", "x", " ", "\n", "\\\n", " \\\n  b", " <<EOF\n", "`", "\r\n", "#", " && ls", "\u00e9")


def _tree(read: object) -> Dockerfile | str:
    assert callable(read)
    try:
        tree = read()
    except DockerfileSyntaxError as error:
        return str(error)
    assert isinstance(tree, Dockerfile)
    return tree


def _edits(random: Random, text: str) -> list[Edit]:
    starts = [0, *(n + 1 for n, character in enumerate(text) if character == "\n")]
    by_line = random.random() < 0.7
    edits: list[Edit] = []
    done = 0
    for _ in range(random.randint(1, 4)):
        choices = [at for at in starts if at >= done] if by_line else range(done, len(text) + 1)
        if not choices:
            break
        start = random.choice(choices)
        reach = [at for at in choices if start <= at <= start + 40]
        end = random.choice([start, random.choice(reach)])
        added = "".join(random.choices(LINES if by_line else PIECES, k=random.randint(0, 2)))
        edits.append(Edit(start, end, added))
        done = max(end, start + 1)
    return edits


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_is_the_tree_of_the_new_text(path: Path) -> None:
    text = decode(path.read_bytes())
    before = parse(text, "f")
    random = Random(path.parent.name + path.name)
    for _ in range(some(60)):
        edits = _edits(random, text)
        after = apply(text, edits)
        if decode(encode(after)) != after:
            continue
        again = _tree(lambda edits=edits, after=after: parse_again(before, edits, after))
        assert again == _tree(lambda after=after: parse(after, "f")), edits


def test_what_is_not_touched_is_not_read_again() -> None:
    text = "FROM a\n" + "".join(f"RUN b{n}\n# c\n" for n in range(9))
    before = parse(text)
    start = text.index("b5")
    after = parse_again(
        before, [Edit(start, start + 2, "d")], apply(text, [Edit(start, start + 2, "d")])
    )
    same = [old is new for old, new in zip(before.items, after.items, strict=True)]
    assert same.index(False) == before.items.index(before.instructions[6])
    assert after.instructions[7].logical.text is before.instructions[7].logical.text
