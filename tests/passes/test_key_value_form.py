"""key-value-form: what the builder makes of a file is what it made before, whatever the value."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockfix import rewrite
from dockfix.dockerfile.expansion import expand
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Dockerfile
from dockfix.errors import DockerfileSyntaxError, ExpansionError
from helpers.amount import some

ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"A": "", "B": "two words", "PATH": "/bin:/usr/bin"},
    {"A": "'\"\\$", "B": "=", "PATH": ""},
)

PIECES = (
    "a", "b c", " ", "  ", "\t", "'", '"', "\\", "`", "$A", "$B", "${A}", "${B:-x}", "${B:+ y}",
    "${A:-\"q\"}", "$", "{", "}", "=", "#", "/", ":", ";", "'x y'", '"x y"', '"$A z"', "'$A'",
    "\\ ", "\\n", '\\"', "\\\\", "é", "\xa0", "-Dx=y", " \\\n   ", " \\\n# note\n  ", "<<E", ",",
)  # fmt: skip


def values(tree: Dockerfile, environment: dict[str, str]) -> list[tuple[str, str]] | None:
    """What ENVs and LABELs set, as the builder reads them; None where it stops."""
    found = []
    try:
        for one in tree.instructions:
            if one.keyword not in ("ENV", "LABEL"):
                continue
            if "=" in one.words[0].text:
                pairs = [word.text.partition("=")[::2] for word in one.words]
            else:
                pairs = [(one.words[0].text, one.words[1].text)]
            found += [
                (expand(name, environment, tree.escape), expand(value, environment, tree.escape))
                for name, value in pairs
            ]
    except ExpansionError:
        return None
    return found


def rewritten(source: str) -> str:
    return rewrite(source, select=["key-value-form"]).after


def assert_same_values(source: str) -> bool:
    try:
        before = parse(source)
    except DockerfileSyntaxError:
        return False
    after = parse(rewritten(source))
    for environment in ENVIRONMENTS:
        assert values(before, environment) == values(after, environment), after.source
    return before.source != after.source


def test_generated_values_stay_what_they_are() -> None:
    generator = random.Random(20261122)
    changed = 0
    for number in range(some(4000)):
        value = "".join(generator.choices(PIECES, k=generator.randint(1, 7)))
        escape = "# escape=`\n" if number % 5 == 0 else ""
        keyword = ("ENV", "LABEL", "ONBUILD ENV")[number % 3]
        changed += assert_same_values(f"{escape}FROM a\n{keyword} K {value}\nRUN x\n")
    assert changed > some(1000)


@given(st.text(alphabet="ab$ \t'\"\\{}A=#", max_size=12))
def test_any_value_stays_what_it_is(value: str) -> None:
    assert_same_values(f"FROM a\nENV K {value}\n")


@given(st.text(alphabet="ab$ \t'\"\\{}A=#<>@é", min_size=1, max_size=12))
def test_a_maintainer_keeps_the_name(value: str) -> None:
    source = f"FROM a\nMAINTAINER {value}\nRUN x\n"
    try:
        before = parse(source)
    except DockerfileSyntaxError:
        return
    after = parse(rewritten(source))
    if before.instructions[1].keyword != "MAINTAINER":
        return
    name = before.instructions[1].arguments
    for environment in ENVIRONMENTS:
        assert values(after, environment) in ([("maintainer", name)], [("maintainer", name[1:-1])])
    quoted = name[:1] == name[-1:] and name[:1] in ("'", '"')
    assert quoted or values(after, {}) == [("maintainer", name)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # no quotes where none are needed, and none that become part of the value
        ('ENV FOO "a b"', 'ENV FOO="a b"'),
        ("ENV FOO 'a b'", "ENV FOO='a b'"),
        ("ENV PATH $PATH:/opt/bin", "ENV PATH=$PATH:/opt/bin"),
        ('ENV FOO ""', 'ENV FOO=""'),
        ("ENV  FOO\t bar", "ENV  FOO=bar"),
        ("env foo bar", "env foo=bar"),
        ("ENV FOO a=b", "ENV FOO=a=b"),
        # a list over several lines keeps its lines, and its comments
        ("ENV FOO a \\\n    b \\\n    c", 'ENV FOO="a \\\n    b \\\n    c"'),
        ("ENV FOO \\\n    a b", 'ENV FOO="a b"'),
        ("ENV FOO a \\\n    # two\n    b", 'ENV FOO="a \\\n    # two\n    b"'),
        ("ENV FOO \\\n    # one\n    a", None),
        # escapes
        ("ENV FOO C:\\dir", "ENV FOO=C:\\dir"),
        ("ENV FOO C:\\dir \\\\ x", 'ENV FOO="C:dir \\\\ x"'),
        ("ENV FOO ${A:-b c}", 'ENV FOO="${A:-b c}"'),
        ('ENV FOO ${A:-"b"} c', None),
        # MAINTAINER
        ('MAINTAINER Joe "The $1" \\n', 'LABEL maintainer="Joe \\"The \\$1\\" \\\\n"'),
        ("maintainer Joe", 'label maintainer="Joe"'),
        ("Maintainer Joe", 'Label maintainer="Joe"'),
        ("MAINTAINER \\\n  Joe \\\n  Doe", 'LABEL \\\n  maintainer="Joe \\\n  Doe"'),
        ("MAINTAINER 'Joe'", 'LABEL maintainer="Joe"'),
        ("MAINTAIN\\\nER Joe", None),
        ("LABEL MAINTAINER=x\nMAINTAINER y", 'LABEL MAINTAINER=x\nLABEL maintainer="y"'),
        ("LABEL maintainer x\nMAINTAINER y", "LABEL maintainer=x\nMAINTAINER y"),
    ],
)
def test_forms(before: str, after: str | None) -> None:
    source = f"FROM a\n{before}\n"
    assert rewritten(source) == (source if after is None else f"FROM a\n{after}\n")


def test_a_backtick_escapes_where_the_file_says_so() -> None:
    assert (
        rewritten("# escape=`\nFROM a\nENV DIR C:\\a b\\\nMAINTAINER a`b\n")
        == '# escape=`\nFROM a\nENV DIR="C:\\a b\\"\nLABEL maintainer="a``b"\n'
    )


def test_a_trigger_is_read_by_the_rules_of_another_file() -> None:
    source = "# escape=`\nFROM a\nONBUILD ENV A b c\n"
    assert rewritten(source) == source
