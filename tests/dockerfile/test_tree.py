"""The tree and the tokens of a file: they cover it, in order, and never fail otherwise."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockfix.dockerfile import words
from dockfix.dockerfile.arguments import KEYWORDS
from dockfix.dockerfile.exec_form import NotStringsError, read_strings
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.dockerfile.tokens import tokenize
from dockfix.dockerfile.tree import Blank, Comment, Directive, Dockerfile, Flag, Instruction, Word
from dockfix.errors import DockerfileSyntaxError
from helpers.amount import some
from helpers.cases import ROOT, Case, every
from helpers.dockerfile_cases import ACCEPTED, REFUSED

PIECES = st.sampled_from(
    [
        *sorted(KEYWORDS), *sorted(KEYWORDS), "FROM a\n", "\n", "\r\n", "\\\n", "`\n", "\\ \n",
        "\\\n# c\n", "\\\n\n", "# c\n", "# escape=`\n", "#!/x\n", "# syntax=a\n", " ", " ", "\t",
        "\v", "\r", "\x1c", "\u00a0", "\u0085", "\udc85", "\udca0", "\udcff", "\ufeff", "\x00", "a",
        "b=c", "d", '"', "'", "e f", "$A", "${B:-c}", "${", "}", '["a"]', "[1]", "[", "--f=g", "--",
        "--'", "<<E", "<<-E", "<<'E'", "<< E", "\nE\n", "\n\tE\n", "E", "AS b", "CMD", "NONE", "é",
        "à", "\U0001f600", "İ",
    ]
)  # fmt: skip
FILES = st.lists(PIECES, max_size=40).map("".join)


def assert_tiled(source: str) -> None:
    tokens = tokenize(source)
    assert "".join(source[token.start : token.end] for token in tokens) == source
    assert all(token.start < token.end for token in tokens)
    assert all(left.end == right.start for left, right in pairwise(tokens))


def assert_sound(dockerfile: Dockerfile) -> None:
    """The items are in order and cover the file but for white space; spans say where things are."""
    source = dockerfile.source
    position = 1 if source[:1] == "\ufeff" else 0
    for item in dockerfile.items:
        assert position <= item.start < item.end <= len(source)
        assert not source[position : item.start].strip("\t\v\f\r\n \x85\xa0")
        position = item.end
        if isinstance(item, (Comment, Directive)):
            assert source[item.start] == "#"
            assert "\n" not in source[item.start : item.end]
        elif isinstance(item, Blank):
            assert source[item.end - 1] == "\n" or item.end == len(source)
        else:
            assert_sound_instruction(dockerfile, item)
    assert not source[position:].strip("\r\n")
    of_stages = [i for stage in dockerfile.stages for i in stage.instructions]
    assert [*dockerfile.preamble, *of_stages] == list(dockerfile.instructions)


def assert_sound_instruction(dockerfile: Dockerfile, instruction: Instruction) -> None:
    source, logical = dockerfile.source, instruction.logical
    assert instruction.start == 0 or source[instruction.start - 1] in "\n\ufeff"
    assert source[instruction.end - 1] == "\n" or instruction.end == len(source)
    assert logical.joins[0] == 0
    ends = (*logical.joins[1:], len(logical.text))
    for start, end, offset in zip(logical.joins, ends, logical.offsets, strict=True):
        assert source[offset : offset + end - start] == logical.text[start:end]
    assert all(left < right for left, right in pairwise(logical.joins))
    parts: list[Flag | Word] = [*instruction.flags, *instruction.words]
    for part in parts:
        assert instruction.start <= part.start <= part.end <= instruction.end
        assert "\n" in source[part.start : part.end] or source[part.start : part.end] == part.text
    for body in instruction.heredocs:
        assert body.start < body.end <= instruction.end
        assert source[body.start - 1] == "\n"
    if instruction.child:
        assert instruction.child.logical is logical
        assert instruction.child.keyword_start == instruction.arguments_start
        assert instruction.child.heredocs == instruction.heredocs
        assert_sound_instruction(dockerfile, instruction.child)


def assert_reads(source: bytes | str) -> None:
    """Reading gives a sound tree, or a refusal that says where."""
    dockerfile = read_or_refuse(source)
    if isinstance(dockerfile, Dockerfile):
        assert_sound(dockerfile)
        return
    text = source if isinstance(source, str) else decode(source)
    before = text[: dockerfile.offset]
    assert dockerfile.line == before.count("\n") + 1
    assert dockerfile.column == len(before) - before.rfind("\n")


def read_or_refuse(source: bytes | str) -> Dockerfile | DockerfileSyntaxError:
    try:
        return parse(source)
    except DockerfileSyntaxError as error:
        return error


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    source = decode(data)
    assert encode(source) == data
    assert_tiled(source)
    assert_reads(data)


@given(FILES)
@settings(max_examples=some(1000))
def test_any_text_like_a_file(source: str) -> None:
    assert_tiled(source)
    assert_reads(encode(source))


@given(st.text(st.characters(), max_size=50))
def test_any_text(source: str) -> None:
    assert_tiled(source)
    assert_reads(source)


@pytest.mark.parametrize("source", [text for text, _ in ACCEPTED] + [case[0] for case in REFUSED])
def test_tables(source: str) -> None:
    assert_tiled(source)
    assert_reads(source)


@pytest.mark.parametrize("path", sorted((ROOT / "roundtrip").iterdir()), ids=lambda p: p.name)
def test_roundtrip(path: Path) -> None:
    data = path.read_bytes()
    dockerfile = parse(data, path.name)
    assert encode(dockerfile.source) == data
    assert_tiled(dockerfile.source)
    assert_sound(dockerfile)
    assert "refused" not in {token.kind for token in tokenize(dockerfile.source)}


@every("refused")
def test_what_is_refused_is_cut_into_tokens(case: Case) -> None:
    assert_tiled(decode(case.dockerfile))


def test_tokens_of_everything() -> None:
    source = (
        "\ufeff# escape=`\r\n"
        "# c\n"
        "\t\n"
        " RU`\n"
        "N --m=`\n"
        "x a `  \n"
        "  # d\n"
        "\n"
        "b <<E\n"
        "1\n"
        "E\n"
        "ONBUILD COPY --x y z\n"
        "RUM\n"
        "FROM a\n"
    )
    assert [(token.kind, source[token.start : token.end]) for token in tokenize(source)] == [
        ("bom", "\ufeff"), ("directive", "# escape=`"), ("eol", "\r\n"), ("comment", "# c"),
        ("eol", "\n"), ("space", "\t"), ("eol", "\n"), ("space", " "), ("keyword", "RU"),
        ("continuation", "`"), ("eol", "\n"), ("keyword", "N"), ("space", " "), ("flag", "--m="),
        ("continuation", "`"), ("eol", "\n"), ("flag", "x"), ("space", " "), ("arguments", "a "),
        ("continuation", "`  "), ("eol", "\n"), ("space", "  "), ("comment", "# d"), ("eol", "\n"),
        ("eol", "\n"), ("arguments", "b <<E"), ("eol", "\n"), ("heredoc body", "1\n"),
        ("heredoc end", "E"), ("eol", "\n"), ("keyword", "ONBUILD"), ("space", " "),
        ("keyword", "COPY"), ("space", " "), ("flag", "--x"), ("space", " "), ("arguments", "y z"),
        ("eol", "\n"), ("refused", "RUM\nFROM a\n"),
    ]  # fmt: skip


def test_spans_over_continuations() -> None:
    source = "FROM a\nENV b=\\\n  # no\nc d=e\\\nf\n"
    env = parse(source).instructions[1]
    assert [word.text for word in env.words] == ["b=c", "d=ef"]
    assert [source[word.start : word.end] for word in env.words] == [
        "b=\\\n  # no\nc",
        "d=e\\\nf",
    ]
    assert source[env.text_start : env.text_end] == "b=\\\n  # no\nc d=e\\\nf"
    assert [comment.text for comment in env.comments] == ["# no"]


def test_a_span_ends_before_the_continuation_behind_it() -> None:
    source = "FROM a\nCOPY --b\\\n c\\\n d\\\n\n"
    copy = parse(source).instructions[1]
    parts: list[Flag | Word] = [*copy.flags, *copy.words]
    assert [source[part.start : part.end] for part in parts] == ["--b", "c", "d"]
    assert source[copy.text_start : copy.text_end] == "c\\\n d"


def test_stages() -> None:
    dockerfile = parse(
        "ARG v=1\nFROM a:$v AS Build\nRUN b\nFROM build\nFROM Build AS c\nFROM 'c' AS c\n"
        "FROM c AS $d\nFROM $v\nFROM 0\n".replace(" AS $d", "")
    )
    assert [instruction.keyword for instruction in dockerfile.preamble] == ["ARG"]
    assert [(stage.name, stage.base, stage.base_stage) for stage in dockerfile.stages] == [
        ("build", "a:$v", None),
        (None, "build", 0),
        ("c", "Build", None),
        ("c", "'c'", 2),
        (None, "c", 3),
        (None, "$v", None),
        (None, "0", None),
    ]
    assert not dockerfile.fragment


@pytest.mark.parametrize("source", ["ARG a\n", "RUN a\nENV b c\n"])
def test_fragment(source: str) -> None:
    dockerfile = parse(source)
    assert dockerfile.fragment
    assert dockerfile.preamble == ()
    assert [(s.base, s.name, s.instructions) for s in dockerfile.stages] == [
        (None, None, dockerfile.instructions)
    ]


def test_directives() -> None:
    dockerfile = parse("# syntax = a/b:1 \n#check=skip=all;error=true\n # ESCAPE=`\nFROM a\n")
    assert [(d.name, d.value) for d in dockerfile.directives] == [
        ("syntax", "a/b:1"),
        ("check", "skip=all;error=true"),
        ("escape", "`"),
    ]
    assert dockerfile.escape == "`"


def test_frontend_behind_a_shebang() -> None:
    """The parser takes both lines for comments, but the second one chooses the frontend."""
    dockerfile = parse("#!/usr/bin/env x\n# escape=`\n# syntax=a/b\n# escape=x\nFROM a\n")
    assert [(d.name, d.value) for d in dockerfile.directives] == [("syntax", "a/b")]
    assert dockerfile.escape == "\\"
    assert [type(item) for item in dockerfile.items[:4]] == [Comment, Comment, Directive, Comment]


@pytest.mark.parametrize(
    ("padding", "fits"), [("x" * 65531, True), ("x" * 65532, False), ("é" * 32766, False)]
)
@pytest.mark.parametrize("ending", ["", "\n", "\nUSER a\n"])
def test_longest_line(padding: str, fits: bool, ending: str) -> None:
    source = f"FROM a\nRUN {padding}{ending}"
    if fits:
        assert parse(source).instructions[1].arguments == padding
    else:
        with pytest.raises(DockerfileSyntaxError, match=r"^Dockerfile:2:1: this line has 65536 b"):
            parse(source)


def test_longest_line_counts_the_mark_and_the_carriage_return() -> None:
    parse("\ufeffFROM " + "x" * 65527)
    for source in ("\ufeffFROM " + "x" * 65528, "FROM " + "x" * 65530 + "\r\n"):
        with pytest.raises(DockerfileSyntaxError, match="this line has 65536 bytes"):
            parse(source)


def test_longest_line_holds_in_heredocs_and_continuations() -> None:
    for source in ("FROM a\nRUN <<E\n{}\nE\n", "FROM a\nRUN b \\\n{}\n", "FROM a\n#{}\n"):
        with pytest.raises(DockerfileSyntaxError, match=r"^Dockerfile:[23]:1: this line has"):
            parse(source.format("x" * 65536))


def test_lone_surrogates_are_no_source() -> None:
    with pytest.raises(DockerfileSyntaxError, match="lone surrogates"):
        parse("FROM a\ud800")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", ()),
        (' ["a"]', None),
        ('["a" ,\t"b"\r\n]', ("a", "b")),
        ('["\\"\\\\\\/\\b\\f\\n\\r\\t"]', ('"\\/\b\f\n\r\t',)),
        ('["\\u00E9\\ud83d\\ude00"]', ("é\U0001f600",)),
        ('["\\ud800", "\\ude00a"]', ("\ufffd", "\ufffda")),
        ('["\\ud800\\ud83d\\ude00"]', ("\ufffd\U0001f600",)),
        ('["\\\\u0041"]', ("\\u0041",)),
        ('["\x7f\udcff"]', ("\x7f\ufffd",)),
        ('["\x1f"]', None),
        ('["\\a"]', None),
        ('["\\u00g0"]', None),
        ('["a" "b"]', None),
        ('["a",]', None),
        ('[,"a"]', None),
        ('["a"]]', None),
        ("[[]", None),
        ("[1,]", None),
        ("[+1]", None),
        ("[1.]", None),
        ("[.5]", None),
        ("[-Infinity]", None),
        ("[1e400]", None),
        ("[nul]", None),
        ('[{"a" 1}]', None),
        ('[{"a": 1,}]', None),
        ("[{1: 1}]", None),
        ("[}", None),
        ("[" * 10_001 + "]" * 10_001, None),
    ],
)  # fmt: skip
def test_strings_of_an_array(text: str, expected: tuple[str, ...] | None) -> None:
    assert read_strings(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[0]", "[-0.5e+3 ]", "[1e-999]", "[true]", '["a", null]', "[[]]", "[{}]", '[{"a": ["b"]}]',
        '[{"a": 1, "b": {}}, "c"]', "[" * 10_000 + "]" * 10_000, "[" + "1" * 300 + "]",
    ],
)  # fmt: skip
def test_array_of_something_else(text: str) -> None:
    with pytest.raises(NotStringsError):
        read_strings(text)


def _seconds(source: bytes) -> float:
    start = time.process_time()
    parse(source)
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        b"RUN apt-get update && apt-get install -y a b c d e f g\n",
        b"ENV a=b \\\n  # c\n  d=\"e\"\n",
        b"COPY --from=a <<E b\n1\nE\n",
        b"# comment\n\n",
    ],
)  # fmt: skip
def test_many_instructions_take_linear_time(unit: bytes) -> None:
    small, large = b"FROM a\n" + unit * 2_000, b"FROM a\n" + unit * 32_000
    best, most = (min(_seconds(source) for _ in range(3)) for source in (small, large))
    assert most < 16 * 4 * best + 0.2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "line"),
    [
        ("RUN ", "x" * 997 + " \\\n"),
        ("RUN ", "x <<'y' " * 124 + "\\\n"),
        ("ENV ", "a='b' " * 160 + "\\\n"),
        ("ENV ", 'a="b\\" ' * 140 + "\\\n"),
        ("COPY ", "a " * 500 + "\\\n"),
        ("RUN ", "--a='b' " * 124 + "\\\n"),
        ("RUN ", "${a:-" * 200 + "\\\n"),
        ("CMD [", '"a", ' * 200 + "\\\n"),
        ("CMD [", "[1], " * 200 + "\\\n"),
    ],
)
def test_one_long_logical_line_takes_linear_time(first: str, line: str) -> None:
    source = f"FROM a\n{first}{line * 1000}".encode()
    start = time.process_time()
    read_or_refuse(source)
    assert time.process_time() - start < 15


def test_import_is_light() -> None:
    """Start-up is what most runs of a program like this consist of."""
    code = (
        "import sys; import dockfix.dockerfile.parser, dockfix.dockerfile.tokens;"
        "print(*{'json', 'inspect', 'dataclasses', 'difflib'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_words_are_those_of_patterns() -> None:
    run = re.compile(r"[^\t\v\f\r ]+")
    quoted_words = {
        escape: re.compile(
            rf"""(?>(?:[^\s'"{e}]++|[\x1c-\x1f]++|{e}.|'[^']*+(?:'|\Z)"""
            rf"""|"(?>(?:[^"{e}]++|{e}.)*)(?:"|\Z|({e})\Z))+)""",
            re.DOTALL,
        )
        for escape, e in (("\\", "\\\\"), ("`", "`"))
    }
    plain_flag = re.compile(r"--[!#-&(-\[\]-_a-~]*(?=[\t\n\v\f\r ]|\Z)")
    random = Random(5)
    for _ in range(some(20_000)):
        letters = random.choice(("ab= ", 'aB=-$""   ', 'aB=-$""   \'\\`\t\x1f\x7f\xa0é\n'))
        text = "".join(random.choices(letters, k=random.randint(1, 12)))
        start = random.randrange(len(text))
        stop = random.randint(start, len(text))
        spans = [found.span() for found in run.finditer(text, start, stop)]
        assert words.split(text, start, stop) == spans, repr(text)
        for escape, pattern in quoted_words.items():
            quoted = pattern.finditer(text, start, stop)
            spans = [(one.start(), one.end() - (one[1] is not None)) for one in quoted]
            assert words.split_quoted(text, start, stop, escape) == spans, repr(text)
            flag = f"--{text}"
            found = plain_flag.match(flag)
            if found and found[0] != "--":
                for stop in (found.end(), min(found.end() + 1, len(flag))):
                    flags, _ = words.split_flags(flag, 0, stop, escape)
                    assert flags == [(0, found.end(), found[0])], repr(flag)
