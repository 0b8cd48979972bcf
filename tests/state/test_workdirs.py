"""Where WORKDIRs lead: with variables and quotes as the builder expands them, or unknown."""

from __future__ import annotations

import pytest

from helpers.facts import facts_of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("WORKDIR '/a b'", "/a b"),
        ('ENV D=/srv/x\nWORKDIR "$D"', "/srv/x"),
        ("ENV D /srv/x y\nWORKDIR ${D}/z", "/srv/x y/z"),
        ("ENV D=/srv\nWORKDIR '$D'", None),
        ("ENV D=/a E=/b\nENV D=/c\nWORKDIR $D$E", "/c/b"),
        ("ENV D=/a\nWORKDIR ${D:-/z}/${E:-b}", None),
        ("WORKDIR /a\nENV D=b\nWORKDIR $D", "/a/b"),
        # what an ARG is set to may come from outside, but never goes before an ENV
        ("ARG D=/a\nWORKDIR $D", None),
        ("ENV D=/a\nARG D=/b\nWORKDIR $D", "/a"),
        ("ARG A\nENV D=/a$A\nWORKDIR $D", None),
        ("ENV D=/a\nENV D=$D/b\nWORKDIR $D", None),
        # the base image's own
        ("WORKDIR $HOME", None),
        ("ENV D=a\nWORKDIR $D", None),
        ('ENV D="/a\'b"\nWORKDIR $D', None),
        ("ENV D=/a\nWORKDIR $D\\b", "/ab"),
        ('ENV D=""\nWORKDIR $D', None),
    ],
)
def test_where_the_last_workdir_leads(lines: str, expected: str | None) -> None:
    facts = facts_of(f"FROM php\n{lines}\n")
    assert facts.workdirs[facts.dockerfile.instructions[-1].start] == expected


def test_a_stage_has_the_variables_of_the_stage_it_is_built_on() -> None:
    facts = facts_of(
        "FROM php AS one\nENV D=/a\nFROM php AS two\nWORKDIR $D\nFROM one\nWORKDIR $D\n"
    )
    two, three = [one for one in facts.dockerfile.instructions if one.keyword == "WORKDIR"]
    assert facts.workdirs == {two.start: None, three.start: "/a"}
