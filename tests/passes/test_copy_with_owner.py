"""copy-with-owner: only where the two layers provably hold the same, or as an offer."""

from __future__ import annotations

import pytest

from dockfix import Safety, rewrite
from dockfix.context import Context
from dockfix.passes.base import Settings
from helpers.memory_context import Files

BUILDKIT = "# syntax=docker/dockerfile:1\n"


#: A build context with every file that the tests copy, each of mode 0644.
CONTEXT = Files(dict.fromkeys(("a.sh", "b.sh", "a.conf", "app"), ""))


def rewritten(source: str, *, unsafe_fixes: bool = False, context: Context | None = CONTEXT) -> str:
    settings = Settings(context=context)
    select = ["copy-with-owner"]
    result = rewrite(source, select=select, unsafe_fixes=unsafe_fixes, settings=settings)
    again = rewrite(result.after, select=select, unsafe_fixes=unsafe_fixes, settings=settings)
    assert not again.changed
    return result.after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n", "COPY --chown=w:w a.sh /tmp/\n"),
        ("COPY a.sh /a.sh\nRUN chown 1:2 a.sh\n", "COPY --chown=1:2 a.sh /a.sh\n"),
        ("COPY a.sh /usr/bin/b\nRUN chown w:w /usr/bin/b\n", "COPY --chown=w:w a.sh /usr/bin/b\n"),
        ("COPY a.sh /tmp/b.sh\nRUN chown w:w /tmp/b.sh\n", "COPY --chown=w:w a.sh /tmp/b.sh\n"),
        ("COPY a.sh /tmp/b\nRUN chown w:w /tmp/b\n", None),
        ("COPY a.d /etc/b.conf\nRUN chown w:w /etc/b.conf\n", None),
        ("COPY a /usr/bin/b\nRUN chown w:w /usr/bin/b\n", None),
        ("WORKDIR /w\nCOPY a.sh .\nRUN chown 1:2 /w/a.sh\n",
         "WORKDIR /w\nCOPY --chown=1:2 a.sh .\n"),
        ("COPY a.sh /tmp/\n# whose\n\nRUN chown w:w /tmp/a.sh\n\nENV b=c\n",
         "COPY --chown=w:w a.sh /tmp/\n# whose\n\nENV b=c\n"),
        ("COPY --link a.sh /tmp/\nRUN chmod 755 /tmp/a.sh && chown w:w /tmp/a.sh\n",
         "COPY --link --chmod=755 --chown=w:w a.sh /tmp/\n"),
        ('COPY ["a.sh", "/tmp/"]\nRUN chown w:w /tmp/a.sh\n',
         'COPY --chown=w:w ["a.sh", "/tmp/"]\n'),
        # not the same
        ("COPY a.sh /tmp/\nRUN chown w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown :w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown $W:w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown -h w:w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/*\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/b.sh\n", None),
        ("COPY a.sh b.sh /tmp/\nRUN chown w:w /tmp/a.sh\n", None),
        ("COPY a /tmp/b\nRUN chown w:w /tmp/b\n", None),
        ("COPY a.sh /x/\nRUN chown w:w /x/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh || true\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh; ls\n", None),
        ("COPY a.sh /tmp/\nRUN ! chown w:w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh # whose\n", None),
        ("COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh && chown v:v /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN true\nRUN chown w:w /tmp/a.sh\n", None),
        ("COPY --chown=v:v a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n", None),
        ("USER w\nCOPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\n# dockfix: ignore=merge-runs\nRUN chown w:w /tmp/a.sh\n", None),
        ("ADD a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n", None),
        ("COPY a.sh /tmp/\nRUN chmod 4755 /tmp/a.sh\n", None),
    ],
)  # fmt: skip
def test_files(before: str, after: str | None) -> None:
    source = f"{BUILDKIT}FROM debian:12\n{before}CMD b\n"
    expected = source if after is None else f"{BUILDKIT}FROM debian:12\n{after}CMD b\n"
    assert rewritten(source, unsafe_fixes=True) == expected
    assert rewritten(source) == expected


def test_a_relative_path_below_an_unknown_directory() -> None:
    source = f"{BUILDKIT}FROM example.org/base\nCOPY a.sh /a.sh\nRUN chown 1:2 a.sh\n"
    assert rewritten(source, unsafe_fixes=True) == source


@pytest.mark.parametrize(
    ("head", "mode", "flag", "doubts"),
    [
        ("", "755", "755", "the builder may be older than BuildKit"),
        ("", "+x", "755", "build context and the builder may be older than BuildKit"),
        (BUILDKIT, "a+x", "755", "may be neither 644 nor 755 in the build context"),
    ],
)
def test_what_the_file_does_not_tell_is_only_offered(
    head: str, mode: str, flag: str, doubts: str
) -> None:
    source = f"{head}FROM debian:12\nCOPY a.sh /a.sh\nRUN chmod {mode} /a.sh\nCMD b\n"
    after = f"{head}FROM debian:12\nCOPY --chmod={flag} a.sh /a.sh\nCMD b\n"
    assert rewritten(source) == source
    (offer,) = rewrite(source, select=["copy-with-owner"]).offered
    assert offer.safety is Safety.UNSAFE
    assert offer.message.endswith(doubts)
    assert rewritten(source, unsafe_fixes=True) == after


def test_trees_are_pointed_out_once() -> None:
    tree = "COPY a /srv/a\nRUN chown -R w:w /srv\n"
    notes = rewrite(f"FROM debian:12\n{tree}{tree}", select=["copy-with-owner"]).notes
    assert [one.line for one in notes] == [3]


class Setuid(Files):
    """A build context whose files are setuid."""

    def mode(self, path: str) -> int | None:
        return 0o4755


SETUID_CASES = {
    "COPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n": Setuid({"a.sh": ""}),
    "COPY --chmod=4755 a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n": CONTEXT,
    "COPY --chmod=2755 a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n": CONTEXT,
    "COPY --chmod=u+s a.sh /tmp/\nRUN chown w:w /tmp/a.sh\n": CONTEXT,
}


@pytest.mark.parametrize("before", SETUID_CASES)
def test_a_bit_that_chown_clears_is_not_kept(before: str) -> None:
    source = f"{BUILDKIT}FROM debian:12\n{before}CMD b\n"
    context = SETUID_CASES[before]
    assert rewritten(source, unsafe_fixes=True, context=context) == source


def test_chown_is_only_offered_where_the_mode_is_not_known() -> None:
    source = f"{BUILDKIT}FROM debian:12\nCOPY a.sh /tmp/\nRUN chown w:w /tmp/a.sh\nCMD b\n"
    assert rewritten(source, context=None) == source
    assert "COPY --chown=w:w a.sh" in rewritten(source, context=None, unsafe_fixes=True)
