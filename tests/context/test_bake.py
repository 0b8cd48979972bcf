"""What is read of Bake files."""

from __future__ import annotations

import time

import pytest

from dockfix.context.bake import Baked, baked


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('target "a" { dockerfile = "x" }', [Baked("./x", None, ".")]),
        ('target "a" {\n  dockerfile = "cwd://x"\n}', [Baked("x", None, ".")]),
        ('target "a" {\n  dockerfile-inline = "FROM a\\nRUN b"\n}', [Baked(None, "FROM a\nRUN b")]),
        ('target "a" {\n  dockerfile-inline = <<-E\n    FROM a\n    RUN b\n  E\n}',
         [Baked(None, "FROM a\nRUN b\n")]),
        ('target "a" {\n  dockerfile-inline = <<E\nFROM ${X}\nE\n}', [Baked(None)]),
        ('target "a" {\n  dockerfile = "x" == Y ? "x" : "y"\n}', [Baked(None)]),
        ('target "a" {\n  dockerfile = "x"\n  context = X\n}', [Baked(None)]),
        ('target "a" {\n  dockerfile = "x"\n  context = "https://example.org/a"\n}', []),
        ('target "a" {\n  dockerfile = "x"\n  inherits = X\n}', [Baked(None)]),
        ('target "a" {\n  args = { dockerfile = "x" }\n}', []),
        ('group "a" { dockerfile = "x" }', []),
        ('target "a" {\n  dockerfile = "', [Baked(None)]),
        ('target "a" {\n  dockerfile = "x"\n  b = "', [Baked("./x", None, ".")]),
        ("}}} { target", []),
    ],
)  # fmt: skip
def test_hcl(text: str, found: list[Baked]) -> None:
    assert list(baked("docker-bake.hcl", text)) == found


INHERITED = "[" + ", ".join(f'"{n}"' for n in range(40)) + "]"


def test_the_last_of_what_is_inherited_counts() -> None:
    text = (
        'target "a" { context = "a" }\ntarget "b" { context = "b" }\n'
        'target "c" {\n  inherits = ["a", "b"]\n  dockerfile = "x"\n}\n'
        'target "d" {\n  inherits = ["c", "d"]\n  context = "d"\n}\n'
    )
    assert [one.path for one in baked("docker-bake.hcl", text)] == ["b/x", "d/x"]


@pytest.mark.parametrize(
    "text",
    [
        # each inherits from all others, and from itself
        "".join(f'target "{n}" {{\n inherits = {INHERITED}\n}}\n' for n in range(40)),
        'target "a" {\n dockerfile = "x"\n}\n' * 20_000,
        'target "a" {' + "b = [" * 50_000,
        '"${' * 100_000,
        "<<A\n" * 50_000,
        "/* " * 100_000,
        "".join(f"<<A{n}\n" for n in range(50_000)),
    ],
)
def test_no_file_takes_long(text: str) -> None:
    start = time.process_time()
    list(baked("docker-bake.hcl", text))
    assert time.process_time() - start < 2
