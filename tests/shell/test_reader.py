"""The reader: trees with spans, the values of words, and the real shells as judges."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockfix.shell import tree
from dockfix.shell.reader import read_script
from dockfix.shell.walk import simples
from helpers.amount import some
from helpers.shell_scripts import Language, Scripts

_SHELLS: dict[tree.Dialect, tuple[tuple[str, ...], ...]] = {
    "sh": (("dash",), ("busybox", "sh"), ("bash",), ("bash", "--posix")),
    "bash": (("bash",),),
    "dash": (("dash",),),
    "ash": (("busybox", "sh"),),
}


def _installed(dialect: tree.Dialect) -> list[tuple[str, ...]]:
    return [shell for shell in _SHELLS[dialect] if shutil.which(shell[0])]


# A compact rendering: `kind@start-end(…)`, words as `start-end`, expansions behind them.


def _items(items: tuple[tree.Item, ...]) -> str:
    return " ".join(_item(item) for item in items)


def _item(item: tree.Item) -> str:
    text = _pipeline(item.node.pipelines[0])
    for operator, pipeline in zip(item.node.operators, item.node.pipelines[1:], strict=True):
        text += f" {operator.text}{operator.start} {_pipeline(pipeline)}"
    sign = "\\n" if item.terminator == "\n" else item.terminator
    return text + (f" {sign}{item.terminator_start}" if sign else "")


def _pipeline(pipeline: tree.Pipeline) -> str:
    return ("! " if pipeline.negated else "") + " | ".join(map(_command, pipeline.commands))


def _command(command: tree.Command) -> str:
    if isinstance(command, tree.Function):
        return f"{command.name}@{command.start}() {_command(command.body)}"
    redirects = "".join(f" {_redirect(redirect)}" for redirect in command.redirects)
    if isinstance(command, tree.Simple):
        parts = [
            f"{item.name}{'+' * item.append}={_word(item.value)}" for item in command.assignments
        ]
        return " ".join([*parts, *map(_word, command.words)]) + redirects
    head = f"{type(command).__name__.lower()}@{command.start}-{command.end}"
    if isinstance(command, tree.Subshell | tree.Group):
        inner = _items(command.body)
    elif isinstance(command, tree.If):
        inner = "; ".join(f"{_items(test)} ? {_items(body)}" for test, body in command.branches)
        inner += f" : {_items(command.orelse)}" if command.orelse is not None else ""
    elif isinstance(command, tree.For):
        words = "-" if command.words is None else ",".join(map(_word, command.words))
        inner = f"{command.name} in {words}: {_items(command.body)}"
    elif isinstance(command, tree.Loop):
        head = head.replace("loop", "until" if command.until else "while")
        inner = f"{_items(command.condition)}: {_items(command.body)}"
    elif isinstance(command, tree.Case):
        arms = (f"{'|'.join(map(_word, words))}: {_items(body)}" for words, body in command.arms)
        inner = f"{_word(command.word)}; {'; '.join(arms)}"
    elif isinstance(command, tree.Test):
        inner = " ".join(map(_word, command.words))
    else:
        inner = " ".join(map(_expansion, command.expansions))
    return f"{head}({inner}){redirects}"


def _word(word: tree.Word) -> str:
    return f"{word.start}-{word.end}" + "".join(map(_expansion, word.expansions))


def _redirect(redirect: tree.Redirect) -> str:
    body = "" if redirect.heredoc is None else repr(redirect.heredoc)
    inside = "".join(map(_expansion, redirect.expansions))
    return (
        f"{redirect.fd}{redirect.operator}{redirect.start}:{_word(redirect.target)}{body}{inside}"
    )


def _expansion(expansion: tree.Expansion) -> str:
    mark = {"parameter": "$", "command": "$(", "arithmetic": "$((", "process": "<("}
    quotes = '"' if expansion.quoted else ""
    inner = "" if expansion.body is None else _items(expansion.body)
    nested = "".join(map(_expansion, expansion.nested))
    text = f"{mark[expansion.kind]}{expansion.name}{expansion.operator}{inner}{nested}"
    return f"[{quotes}{expansion.start}-{expansion.end}{text}]"


_TREES: tuple[tuple[tree.Dialect, str, str], ...] = (
    ("sh", "", ""),
    ("sh", "  # only a comment", ""),
    ("sh", "a b", "0-1 2-3"),
    ("sh", "a && b || c", "0-1 &&2 5-6 ||7 10-11"),
    ("sh", "a; b & c", "0-1 ;1 3-4 &5 7-8"),
    ("sh", "a\n\n# c\nb\n", "0-1 \\n1 7-8 \\n8"),
    ("sh", "! a | b", "! 2-3 | 6-7"),
    ("sh", "x=1 y= cmd z=3", "x=2-3 y=6-6 7-10 11-14"),
    ("sh", "x=1", "x=2-3"),
    ("sh", "a 2>&1 >f b", "0-1 10-11 2>&2:5-6 >7:8-9"),
    ("sh", "a <f>g", "0-1 <2:3-4 >4:5-6"),
    ("sh", "(a; b)>c", "subshell@0-8(1-2 ;2 4-5) >6:7-8"),
    ("sh", "{ a; } 2>b", "group@0-10(2-3 ;3) 2>7:9-10"),
    ("sh", "{ (a) }", "group@0-7(subshell@2-5(3-4))"),
    ("sh", "{(a);}", "group@0-6(subshell@1-4(2-3) ;4)"),
    ("sh", "if a; then b; fi", "if@0-16(3-4 ;4 ? 11-12 ;12)"),
    (
        "sh",
        "if a; then b; elif c; then d; else e; fi >f",
        "if@0-43(3-4 ;4 ? 11-12 ;12; 19-20 ;20 ? 27-28 ;28 : 35-36 ;36) >41:42-43",
    ),
    ("sh", "for x in a b; do c; done", "for@0-24(x in 9-10,11-12: 17-18 ;18)"),
    ("sh", "for x do c; done", "for@0-16(x in -: 9-10 ;10)"),
    ("sh", "for x in; do c; done", "for@0-20(x in : 13-14 ;14)"),
    ("sh", "while a; do b; done", "while@0-19(6-7 ;7: 12-13 ;13)"),
    ("sh", "until a; do b; done", "until@0-19(6-7 ;7: 12-13 ;13)"),
    ("sh", "case x in (a|b) c;; *) d; esac",
     "case@0-30(5-6; 11-12|13-14: 16-17; 20-21: 23-24 ;24)"),
    ("sh", "case x in a) ;; esac", "case@0-20(5-6; 10-11: )"),
    ("sh", "case x in esac", "case@0-14(5-6; )"),
    ("sh", "f() { a; } >b", "f@0() group@4-13(6-7 ;7) >11:12-13"),
    ("sh", "f ( )\n(a)", "f@0() subshell@6-9(7-8)"),
    ("sh", "echo if then }", "0-4 5-7 8-12 13-14"),
    ("sh", "a # b; c", "0-1"),
    ("sh", "a#b", "0-3"),
    ("sh", "a $x\"$y\" ${z:-$w}", '0-1 2-8[2-4$x]["5-7$y] 9-17[9-17$z:-[14-16$w]]'),
    ("sh", "a ${#x} ${#} $# ${10}",
     "0-1 2-7[2-7$xlength] 8-12[8-12$#] 13-15[13-15$#] 16-21[16-21$10]"),
    ("sh", 'a "${x#"${x%%[! ]*}"}"', '0-1 2-22["3-21$x#["8-19$x%%]]'),
    ("sh", "a $(b | c) `d`", "0-1 2-10[2-10$(4-5 | 8-9] 11-14[11-14$(12-13]"),
    ("sh", "a $()", "0-1 2-5[2-5$(]"),
    ("sh", "a $((1 + $x * (2)))", '0-1 2-19[2-19$((["9-11$x]]'),
    ("sh", "a $(case x in y) z;; esac)", "0-1 2-26[2-26$(case@4-25(9-10; 14-15: 17-18)]"),
    ("sh", "a \\\n  b\\\nc", "0-1 6-10"),
    ("sh", "a $x#b", "0-1 2-6[2-4$x]"),
    ("sh", "cat <<E >f; b\n$x\nE\nc",
     "0-3 <<4:6-7'$x\\n'[\"14-16$x] >8:9-10 ;10 12-13 \\n13 19-20"),
    ("sh", "cat <<-'E'\n\t$x\n\tE\n", "0-3 <<-4:7-10'\\t$x\\n' \\n10"),
    ("sh", "cat <<E'E'\n$x\nEE\n", "0-3 <<4:6-10'$x\\n' \\n10"),
    ("sh", "[[ -f x ]] && a", "0-2 3-5 6-7 8-10 &&11 14-15"),
    ("sh", "a ${x/b/c} ${x:0:1}", "0-1 2-10[2-10$x/] 11-19[11-19$x:]"),
    ("dash", "time a", "0-4 5-6"),
    ("dash", "x+=1", "0-4"),
    ("bash", "x+=1 a", "x+=3-4 5-6"),
    ("bash", "a=(b $c)", "a=2-8[5-7$c]"),
    ("bash", "declare -a x=(1 2)", "0-7 8-10 11-18"),
    ("bash", "a &>b <<<c", "0-1 &>2:4-5 <<<6:9-10"),
    ("bash", "a |& b", "0-1 | 5-6"),
    ("bash", "a <(b) > >(c)", "0-1 2-6[2-6<(4-5] >7:9-13[9-13<(11-12]"),
    ("bash", "a {fd}>b 12>c", "0-1 {fd}>2:7-8 12>9:12-13"),
    ("bash", "[[ a && (b =~ ^(c|d)$) ]]", "test@0-25(3-4 5-7 8-9 9-10 11-13 14-21 21-22)"),
    ("bash", "((x + $y))", 'arithmetic@0-10(["6-8$y])'),
    ("bash", "function f { a; }", "f@0() group@11-17(13-14 ;14)"),
    ("bash", "a ${!x} ${x[1]} ${x//$y}",
     "0-1 2-7[2-7$xindirect] 8-15[8-15$x[] 16-24[16-24$x//[21-23$y]]"),
    ("bash", "a $'b\\'c' d", "0-1 2-9 10-11"),
)  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "expected"), _TREES)
def test_tree(dialect: tree.Dialect, text: str, expected: str) -> None:
    script = read_script(text, dialect)
    assert isinstance(script, tree.Script), script
    assert _items(script.items) == expected
    _check_spans(script)


def test_comments_have_spans() -> None:
    script = read_script("a # b\n#c\n(d) # e", "sh")
    assert isinstance(script, tree.Script)
    assert script.comments == (tree.Comment(2, 5), tree.Comment(6, 8), tree.Comment(13, 16))


_UNKNOWN: tuple[tuple[tree.Dialect, str, int], ...] = (
    ("sh", "a &&", 4),
    ("sh", "a; ; b", 3),
    ("sh", "a 'b", 2),
    ("sh", 'a "b', 2),
    ("sh", "a `b", 2),
    ("sh", "a ${b", 5),
    ("sh", "a $(b", 5),
    ("sh", "a b\\", 3),
    ("sh", "(a", 2),
    ("sh", "a)", 1),
    ("sh", "{ a }", 5),
    ("sh", "fi", 0),
    ("sh", "if a; then fi", 11),
    ("sh", "for 1 in a; do b; done", 4),
    ("sh", "a >", 3),
    ("sh", "a >#b", 3),
    ("sh", "a >2>b", 3),
    ("sh", "a &>b", 2),
    ("sh", "a |& b", 2),
    ("sh", "a <<<b", 2),
    ("sh", "a <(b)", 2),
    ("sh", "a 12>b", 2),
    ("sh", "a {x}>b", 2),
    ("sh", "a >&b", 2),
    ("sh", "a+=b", 0),
    ("sh", "a=(b)", 2),
    ("sh", "a[1]=b", 0),
    ("sh", "a[ b", 0),
    ("sh", "((a))", 0),
    ("sh", "function f { a; }", 0),
    ("sh", "time a", 0),
    ("sh", "select x in a; do b; done", 0),
    ("sh", "coproc a", 0),
    ("sh", "[[ a && b ]]", 0),
    ("sh", "[[ a < b ]]", 0),
    ("sh", "[[ a -a b ]]", 0),
    ("sh", "[[ a ]] b", 0),
    ("sh", "echo [[ && b", 0),
    ("sh", "!(a)", 0),
    ("sh", "a !(b)", 3),
    ("sh", "a $'b\\'c'", 2),
    ("sh", "a $[1]", 2),
    ("sh", "a $((1); 2)", 6),
    ("sh", "case a in b) c;& d) e;; esac", 14),
    ("sh", "a-b() { c; }", 0),
    ("sh", "f() a", 4),
    ("sh", "a \"${x:-don't}\"", 11),
    ("sh", "a `b \\$c`", 5),
    ("sh", "a\rb", 1),
    ("sh", "a\0b", 1),
    ("sh", "cat <<E", 4),
    ("sh", "cat <<E\nx\n", 4),
    ("sh", "a &\\\n& b", 3),
    ("sh", "a $x\\\ny", 4),
    ("sh", "a $\\\nx", 2),
    ("sh", "a ${x%\\\n%y}", 6),
    ("sh", "a $(\\\n(1))", 4),
    ("sh", "a 1\\\n>b", 5),
    ("sh", "i\\\nf a; then b; fi", 0),
    ("sh", "x\\\n=b", 0),
    ("bash", "x=(a) b", 0),
    ("bash", "for ((i=0;i<1;i++)); do a; done", 4),
    ("bash", "time a", 0),
    ("bash", "[[ a -a b ]]", 5),
    ("bash", "a @(b|c)", 3),
    ("ash", "a &>b", 2),
    ("dash", "a &>b", 2),
)  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "offset"), _UNKNOWN)
def test_not_understood(dialect: tree.Dialect, text: str, offset: int) -> None:
    script = read_script(text, dialect)
    assert isinstance(script, tree.Unknown), script
    assert (script.text, script.offset) == (text, offset), script.reason
    assert script.reason


_WORDS: tuple[tuple[str, str | None], ...] = (
    ("a", "a"), ("a.b/c-d_e:f@g%h+i,j=k^l", "a.b/c-d_e:f@g%h+i,j=k^l"), ("é日本", "é日本"),
    (r'"a\"b"', 'a"b'), (r"e\ f", "e f"), ("'$x'", "$x"), ('"$x"', None), ("$x", None),
    ("a*", None), ("a?", None), ("[", "["), ("[a]", None), ("a[", "a["), ("]", "]"),
    ("~/x", None), ("~", None), (r"\~", "~"), ("'~'/x", "~/x"), ("a~", "a~"), ("x:~", "x:~"),
    ("a=~/x", None), ("a=b:~", None), ("--a=~", None), ("{a,b}", None), ("{1..3}", None),
    ("{}", "{}"), ("a{", "a{"), ("{a}", "{a}"), ("}", "}"), ("'{a,b}'", "{a,b}"),
    (r"\$x", "$x"), (r'"a\$b"', "a$b"), (r'"\n"', r"\n"), ('a"b"' "'c'", "abc"), ('"a!b"', "a!b"),
    ("a!", "a!"), ('""', ""), ("''", ""), ("$", "$"), ("a$", "a$"), ('"$"', "$"), ("$%", "$%"),
    (r"\*", "*"), ('"*"', "*"), (r"a\b", "ab"), ("a\\\nb", "ab"), ('"a\\\nb"', "ab"),
    ("'a\\\nb'", "a\\\nb"), ("a#b", "a#b"), ("'a'\\''b'", "a'b"), (r'"\`\\"',
     "`\\"), ("$'a'", None),
    ('$"a"', None), ("`a`", None), ("$(a)", None), ("$((1))", None), ("'a\nb'", "a\nb"),
    (r"\é", "é"), ("a,b..c", "a,b..c"), ('"{a,b"}', "{a,b}"), ("'\x01\x7f'", "\x01\x7f"), ("ā",
    "ā"),
    ("'\x81\x88'", "\x81\x88"), ("a^b", "a^b"), ("=", "="), ("1", "1"), ("%s", "%s"),
)  # fmt: skip


def _argument(text: str, dialect: tree.Dialect) -> tree.Word | None:
    script = read_script(f"printf {text}", dialect)
    if not isinstance(script, tree.Script) or len(script.items) != 1:
        return None
    command = script.items[0].node.pipelines[0].commands[0]
    if len(script.items[0].node.pipelines) > 1 or not isinstance(command, tree.Simple):
        return None
    whole = not command.redirects and len(command.words) == 2 and not script.comments
    return command.words[1] if whole and command.words[1].text == text else None


@pytest.mark.parametrize(("text", "value"), _WORDS)
def test_value(text: str, value: str | None) -> None:
    word = _argument(text, "sh")
    assert word is not None
    assert word.value == value
    assert word.plain == (value == text)


def test_value_of_an_assignment() -> None:
    for text, value in (("a=~/x", None), ("a=x:~", None), ("a=", ""), ("a='b c'", "b c")):
        script = read_script(text, "sh")
        assert isinstance(script, tree.Script)
        command = script.items[0].node.pipelines[0].commands[0]
        assert isinstance(command, tree.Simple)
        assert command.assignments[0].value.value == value


def _printed(shell: Sequence[str], words: Sequence[str]) -> list[str]:
    """What a shell makes of words, each of which it must make one."""
    script = "".join(f"printf '%s\\0' {word}\n" for word in words)
    with tempfile.TemporaryDirectory() as empty:
        run = subprocess.run(
            [*shell, "-c", script],
            capture_output=True,
            check=True,
            cwd=empty,
            env={"PATH": os.environ["PATH"], "HOME": "/home", "LC_ALL": "C.UTF-8"},
        )
    return run.stdout.decode(errors="surrogateescape").split("\0")[:-1]


def _random_words(count: int) -> Iterator[str]:
    source = Scripts(7, "sh")
    pieces = (
        "\\",
        "'",
        '"',
        "a",
        "~",
        "=",
        ":",
        "{",
        "}",
        ",",
        "..",
        "[",
        "]",
        "$",
        "!",
        "#",
        "é",
        "x",
    )
    for _ in range(count):
        yield source.word(0)
        yield "".join(source.pick(*pieces) for _ in source.some(1, 8))


@pytest.mark.parametrize("dialect", ["sh", "bash", "dash", "ash"])
def test_shells_agree_on_values(dialect: tree.Dialect) -> None:
    candidates = [text for text, _ in _WORDS] + list(_random_words(some(4000)))
    certain = {
        text: word.value
        for text in candidates
        if (word := _argument(text, dialect)) is not None and word.value is not None
    }
    assert len(certain) > some(1000)
    for shell in _installed(dialect):
        assert _printed(shell, list(certain)) == list(certain.values()), shell


@pytest.mark.parametrize("language", ["sh", "bash"])
def test_shells_accept_what_is_understood(language: Language) -> None:
    source = Scripts(11, language)
    texts = [text for dialect, text, _ in _TREES if dialect == language]
    texts += [source.script() for _ in range(some(900))]
    texts += [source.damaged() for _ in range(some(900))]
    understood = [text for text in texts if isinstance(read_script(text, language), tree.Script)]
    assert len(understood) > some(900)
    for shell in _installed(language):
        refused = [text for text in understood if _refused(shell, text)]
        assert refused == [], shell


def _refused(shell: Sequence[str], text: str) -> bool:
    run = subprocess.run([*shell, "-n", "-c", text], capture_output=True, check=False)
    return run.returncode != 0 or run.stderr != b""


# Spans


def _children(node: Any) -> Iterator[Any]:
    """The nodes right below a node, in the order of its fields; a here-document lies elsewhere."""
    fields = zip(node._fields, node, strict=True)
    for name, value in fields:
        if isinstance(node, tree.Redirect) and name == "expansions":
            continue
        yield from _nodes(value)


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple) and hasattr(value, "start"):
        yield value
    elif type(value) is tuple:
        for part in value:
            yield from _nodes(part)


_BETWEEN = re.compile(
    r"(?:[ \t\n;&|(){}<>!]|\\\n|#[^\n]*|\[\[|\]\]|\+?="
    r"|\b(?:if|then|elif|else|fi|for|in|while|until|do|done|case|esac|function)\b|\d)*"
)


def _check_spans(script: tree.Script) -> None:
    for item in script.items:
        _check_node(script.text, item)
    outside = [
        comment
        for comment in script.comments
        if not any(item.start < comment.start < item.end for item in script.items)
    ]
    covered: list[Any] = sorted([*script.items, *outside], key=lambda node: node[0])
    assert all(one.end <= other.start for one, other in pairwise(covered))
    if "<<" not in script.text:
        ends = [0, *(node.end for node in covered)]
        starts = [*(node.start for node in covered), len(script.text)]
        for end, start in zip(ends, starts, strict=True):
            assert re.fullmatch(r"(?:[ \t\n;&]|\\\n)*", script.text[end:start])


def _check_node(text: str, node: Any) -> None:
    assert 0 <= node.start <= node.end <= len(text)
    if isinstance(node, tree.Word):
        assert text[node.start : node.end] == node.text
        assert node.plain == (node.value == node.text)
    elif isinstance(node, tree.Operator):
        assert text[node.start : node.end] == node.text
    elif isinstance(node, tree.Item):
        sign = text[node.terminator_start : node.terminator_start + len(node.terminator)]
        assert sign == node.terminator
        assert node.terminator_start >= node.end
    children = sorted(_children(node), key=lambda child: (child.start, child.end))
    position = node.start
    inside = isinstance(node, tree.Word | tree.Expansion | tree.Arithmetic | tree.Redirect)
    for child in children:
        assert position <= child.start
        assert child.end <= node.end
        gap = text[position : child.start]
        if not inside and not isinstance(node, tree.Function | tree.For) and "<<" not in text:
            assert isinstance(node, tree.Assignment) or _BETWEEN.fullmatch(gap), (node, gap)
        _check_node(text, child)
        position = child.end


@pytest.mark.parametrize("language", ["sh", "bash"])
def test_spans_of_random_scripts(language: Language) -> None:
    source = Scripts(13, language)
    for _ in range(some(1500)):
        script = read_script(source.script(), language)
        if isinstance(script, tree.Script):
            _check_spans(script)


@pytest.mark.parametrize("language", ["sh", "bash"])
def test_simple_commands_are_those_that_a_walk_finds(language: Language) -> None:
    source = Scripts(14, language)
    for _ in range(some(1500)):
        script = read_script(source.script(), language)
        if isinstance(script, tree.Script):
            assert script.simples == simples(script.items)
            assert script.nested == simples(script.items, nested=True)


_CHARACTERS = "'\"`\\$(){}[]<>|&;!#=~*\n \tax1-:/,.@+\r\0é"
_CHUNKS = (
    "if ", "then ", "fi", "do ", "done", "for x in ", "case x in ", "esac", "<<E\n", "$((", "${x",
    "\\\n", "&&", ";;", "function f ", "[[ ", " ]]",
)  # fmt: skip
_ALPHABET = st.sampled_from([*_CHARACTERS, *_CHUNKS])


@settings(max_examples=some(1500))
@given(
    st.one_of(st.text(), st.lists(_ALPHABET, max_size=30).map("".join)),
    st.sampled_from(["sh", "bash", "dash", "ash"]),
)
def test_any_text_is_read_or_refused(text: str, dialect: tree.Dialect) -> None:
    script = read_script(text, dialect)
    if isinstance(script, tree.Unknown):
        assert 0 <= script.offset <= len(text)
        assert script.reason
    else:
        _check_spans(script)


@pytest.mark.parametrize(
    "piece", ["(", "$(", "${x:-", "{ ", '"$(', "if ", "$((", "! ", "((", "[[ ("]
)
def test_deep_nesting_is_refused(piece: str) -> None:
    assert isinstance(read_script(piece * 100_000, "sh"), tree.Unknown)
    assert isinstance(read_script(piece * 100_000, "bash"), tree.Unknown)


def test_forty_levels_are_read() -> None:
    text = '"$(' * 40 + "a" + ')"' * 40
    assert isinstance(read_script(f"echo {text}", "sh"), tree.Script)


def test_a_text_is_read_once() -> None:
    assert read_script("a b c", "sh") is read_script("a b c", "sh")


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["make all && ", "echo 'a' \"$x\" ${y:-z} *.c; ", "a{{,[~=:", "x=$(a) ", "`a`", "a\n", "# b\n",
     '"a\\"', "\\\n", "a\\\nb", "$((1+2))", "(a);", "cat <<E\nx\nE\n", "'", "{ ", "a|b|"],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        # what other tests left behind must not be walked meanwhile
        gc.disable()
        start = time.process_time()
        read_script(text, "sh")
        taken = time.process_time() - start
        gc.enable()
        return taken

    small, large = seconds(20_000), seconds(320_000)
    assert large < 10
    assert large < 0.1 or large < 60 * small  # 16 times the text
