"""Environment replacement, case by case as BuildKit's shell/lex.go decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockfix.dockerfile.expansion import expand, is_literal, split_words, variables
from dockfix.errors import DockfixError, ExpansionError

HOME = {"HOME": "/root", "EMPTY": "", "V": "v1.2.3-rc.1", "GREEK": "λόγος", "SP": "a  b"}

ERROR = None

#: A text and its expansion with HOME, None where the builder stops.
BASIC: list[tuple[str, str | None]] = [
    ("", ""),
    ("plain text", "plain text"),
    ("λ", "λ"),
    # Single quotes keep everything, and nothing escapes their end.
    ("a'b'c", "abc"),
    ("'$HOME'", "$HOME"),
    ("'\\$HOME'", "\\$HOME"),
    ("'a\\'", "a\\"),
    ("'\"'", '"'),
    ("''", ""),
    ("'a", ERROR),
    ("a'", ERROR),
    ("λ'λ", ERROR),
    # Double quotes keep all but $ and an escape of ", $ and the escape character.
    ('"$HOME"', "/root"),
    ("\"'$HOME'\"", "'/root'"),
    ('"a\\"b"', 'a"b'),
    ('"a\\$HOME"', "a$HOME"),
    ('"a\\\\$HOME"', "a\\/root"),
    ('"a\\tb"', "a\\tb"),
    ('"a\\`b"', "a\\`b"),
    ('"${SP}"', "a  b"),
    ('""', ""),
    ('"a', ERROR),
    ('"a\\"', ERROR),
    ('"a\\', ERROR),
    ('"$HOME', ERROR),
    # An escape outside quotes takes the next character, whatever it is.
    ("\\a", "a"),
    ("\\\\", "\\"),
    ("\\$HOME", "$HOME"),
    ("\\${HOME}", "${HOME}"),
    ("\\${}", "${}"),
    ("\\'a", "'a"),
    ("\\\\'a", ERROR),
    ("a\\ b", "a b"),
    ("a\\", "a"),
    ("`a`", "`a`"),
    # Names.
    ("$HOME", "/root"),
    ("$HOMER", ""),
    ("$HOME.x", "/root.x"),
    ("$home", ""),
    ("${HOME}x", "/rootx"),
    ("$GREEK", "λόγος"),
    ("$", "$"),
    ("$.", "$."),
    ("a$ b", "a$ b"),
    ('$"a"', "$a"),
    ("$(HOME)", "$(HOME)"),
    ("<<$HOME", "<</root"),
    ("a << b < c", "a << b < c"),
    ("$1a", "a"),
    ("$12a", "a"),
    ("${12}a", "a"),
    ("$@a", "a"),
    ("$@@", "@"),
    ("$$HOME", "HOME"),
    ("$0a", "a"),
    ("$01a", "a"),
    ("$?$!$-$#$*", ""),
    ("${?}${!}${-}${#}${*}${@}${$}", ""),
    # Values are not expanded again, and their quotes and escapes stay.
    ("$SP$SP", "a  ba  b"),
    # Braces.
    ("${", ERROR),
    ("${}", ERROR),
    ("${HOME", ERROR),
    ("${{HOME}", ERROR),
    ("${HOME}}", "/root}"),
    ("${:}", ERROR),
    ("${:-a}", ERROR),
    ("${.}", ERROR),
    ("${ HOME}", ERROR),
    ("${HOME }", ERROR),
    ("${HOME[0]}", ERROR),
    ("${HOME@Q}", ERROR),
    ("${#HOME}", ERROR),
    ("${!HOME}", ERROR),
    ("${HOME^^}", ERROR),
    ("${HOME:1}", ERROR),
    ("${HOME:1:2}", ERROR),
    ("${HOME:", ERROR),
    ("${HOME=a}", ERROR),
    ("${HOME:=a}", ERROR),
    # - and :-
    ("${HOME-a}${EMPTY-a}${NO-a}", "/roota"),
    ("${HOME:-a}${EMPTY:-a}${NO:-a}", "/rootaa"),
    ("${NO:-}${NO-}", ""),
    ("${NO:-$HOME}", "/root"),
    ("${NO:-${NO:-a}}", "a"),
    ("${NO:-a}}", "a}"),
    ("${NO:-a", ERROR),
    ("${NO:-${HOME}", ERROR),
    ("${NO:-{a}", "{a"),
    ("${NO:-\\}}", "}"),
    ("${NO:-\\$HOME}", "$HOME"),
    ("${NO:-'}'}", "}"),
    ('${NO:-"a b"}', "a b"),
    ("${NO:-'a}", ERROR),
    ("${1:-a}${@:-b}", "ab"),
    ('"${NO:-"a"}"', "a"),
    # + and :+
    ("${HOME+a}${EMPTY+a}${NO+a}", "aa"),
    ("${HOME:+a}${EMPTY:+a}${NO:+a}", "a"),
    ("${HOME:+${HOME}:}b", "/root:b"),
    ("x${V:+-${V}}.tgz", "x-v1.2.3-rc.1.tgz"),
    ("${1:+a}", ""),
    # ? and :?
    ("${HOME?a}${EMPTY?a}${HOME:?}", "/root/root"),
    ("${EMPTY:?a}", ERROR),
    ("${NO?}", ERROR),
    ("${NO:?a}", ERROR),
    # # and ##
    ("${V#v}", "1.2.3-rc.1"),
    ("${V#1}", "v1.2.3-rc.1"),
    ("${V#*.}", "2.3-rc.1"),
    ("${V##*.}", "1"),
    ("${V#?}", "1.2.3-rc.1"),
    ("${V#*}", "v1.2.3-rc.1"),
    ("${V##*}", ""),
    ("${V#}${V##}", "v1.2.3-rc.1" * 2),
    ("${V#*2*r}", "c.1"),
    ("${V##*.*.}", "1"),
    ("${NO#a}", ""),
    ("${V#${NO:-v}}", "1.2.3-rc.1"),
    ("${V:#a}", ERROR),
    ("${V:##a}", ERROR),
    ("${V#\\a}", ERROR),
    ("${V#[v]}", "v1.2.3-rc.1"),
    ("${V#v.}", "v1.2.3-rc.1"),
    # % and %%
    ("${V%.*}", "v1.2.3-rc"),
    ("${V%%.*}", "v1"),
    ("${V%%-*}", "v1.2.3"),
    ("${V%?}", "v1.2.3-rc."),
    ("${V%1}", "v1.2.3-rc."),
    ("${V%}${V%%}", "v1.2.3-rc.1" * 2),
    ("${V%%*}", ""),
    ("${V%%2*-*}", "v1."),
    ("${V:%a}", ERROR),
    ("${V:%%a}", ERROR),
    ("${GREEK%ος}", "λόγ"),
    # / and //
    ("${V/./_}", "v1_2.3-rc.1"),
    ("${V//./_}", "v1_2_3-rc_1"),
    ("${V/./}", "v12.3-rc.1"),
    ("${V/-*/}", "v1.2.3"),
    ("${V/1*3/x}", "vx-rc.1"),
    ("${V//?.?/x}", "vx.3-rx"),
    ("${HOME/\\/root/x}", "x"),
    ("${HOME//\\//\\/}", "\\/root"),
    ("${HOME/o/}${HOME//o/}", "/rot/rt"),
    ("${V/v/$HOME}", "/root1.2.3-rc.1"),
    ("${V/$NO/x}", "xv1.2.3-rc.1"),
    ("${NO/a/b}", ""),
    ("${V/a}", ERROR),
    ("${V//a}", ERROR),
    ("${V/a/b", ERROR),
    ("${V/", ERROR),
    ("${V/\\a/b}", ERROR),
    ("${V//*/x}", "x"),
    ("${EMPTY//*/x}", "x"),
    ("${EMPTY/a/x}", ""),
]


@pytest.mark.parametrize(("text", "expected"), BASIC)
def test_expand(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ExpansionError):
            expand(text, HOME)
    else:
        assert expand(text, HOME) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`$HOME", "$HOME"),
        ("\\$HOME", "\\/root"),
        ('"a`"b"', 'a"b'),
        ('"a\\b"', "a\\b"),
        ('"a``b`c"', "a`b`c"),
        ("C:\\a\\", "C:\\a\\"),
        ("a``b", "a`b"),
        ("a`", "a"),
        ("${NO:-`}}", "}"),
        ("'`'", "`"),
    ],
)
def test_expand_with_backtick(text: str, expected: str) -> None:
    assert expand(text, HOME, "`") == expected


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("${A#()[]{\\}^$.\\*\\?|\\\\}", {"A": "()[]{}^$.*?|\\x"}, "x"),
        ("${A%%\\**}", {"A": "ab**"}, "ab"),
        ("${A%\\*}", {"A": "ab**"}, "ab*"),
        ("${A#?\\?}", {"A": "a?b"}, "b"),
        ("${A#*a*b}", {"A": "aabbc"}, "bc"),
        ("${A##*a*b}", {"A": "aabbc"}, "c"),
        ("${A%a*b*}", {"A": "xaabb"}, "xa"),
        ("${A%%a*b*}", {"A": "xaabb"}, "x"),
        ("${A#$B}", {"A": "xxy", "B": "?"}, "xy"),
        ("${A#$B}", {"A": "xxy", "B": ""}, "xxy"),
        ("${A#?b}", {"A": "\nb"}, "\nb"),
        ("${A/$B/.}-${A//$B/.}", {"A": "/a*/*/*.b", "B": "\\*/"}, "/a.*/*.b-/a..*.b"),
        ("${A/$B/$C}", {"A": "http://a", "B": "http://", "C": "https://"}, "https://a"),
        ("${A//a/$B}", {"A": "aba", "B": "<$0>"}, "<a>b<a>"),
        ("${A//a/$B}", {"A": "a", "B": "$$ ${0} $1 $x ${x} $ ${"}, "$ a    $ ${"),
        ("${A/a/$B}", {"A": "a", "B": "$0 $$"}, "$0 $$"),
        ("${A//*/x}", {"A": "a\nb"}, "x\nx"),
        ("${A///x}", {"A": "ab"}, "xaxbx"),
        ("$A", {"A": "$B 'c' \\d"}, "$B 'c' \\d"),
        ("$ÄÖ1_x", {"ÄÖ1_x": "a"}, "a"),
        ("$a²", {"a": "b"}, "b²"),
        ("$٣a", {"٣": "b"}, "ba"),
        ("\ufeff$A\ufeff", {"A": "a"}, "a\ufeff"),
        ("\udcff$A", {"A": "a"}, "\ufffda"),
    ],
)
def test_expand_in(text: str, environment: dict[str, str], expected: str) -> None:
    assert expand(text, environment) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("'a", "a single quote is never closed"),
        ('"a', "a double quote is never closed"),
        ("${a", "'}' is missing"),
        ("${", "'}' is missing"),
        ("${a:-b", "'}' is missing"),
        ("${a/b", "the second '/' is missing"),
        ("${a:=b}", "unsupported modifier (:=) in a substitution of 'a'"),
        ("${a@Q}", "unsupported modifier (@) in a substitution of 'a'"),
        ("${}", "bad substitution: no name after '${' but '}'"),
        ("${NO?}", "NO: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${NO:?no $HOME}", "NO: no /root"),
        ("${HOME#\\x}", "invalid escape '\\x' in the pattern '\\x'"),
        ("${a:-" * 51 + "}" * 51, "more than 50 substitutions inside one another"),
    ],
)
def test_reasons(text: str, message: str) -> None:
    with pytest.raises(DockfixError) as raised:
        expand(text, HOME)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", []),
        ("'$a' \\$b $.", []),
        ("$a${b}${c:-$d}${e:+${f}}${g#$h}${i/$j/$k}", list("abcdefghijk")),
        ("${a:?$b}", ["a", "b"]),
        ('"$a" $1 $@', ["1", "@", "a"]),
    ],
)
def test_variables(text: str, names: list[str]) -> None:
    assert sorted(variables(text)) == names


@pytest.mark.parametrize("text", ["${a", "'$a", "${a:=b}", "${a#\\x}", "${a@Q}"])
def test_variables_of_nonsense(text: str) -> None:
    with pytest.raises(ExpansionError):
        variables(text)


@pytest.mark.parametrize(
    ("text", "escape", "expected"),
    [
        ("a b", "\\", True),
        ("a$", "\\", True),
        ("$.", "\\", True),
        ("a<<b", "\\", True),
        ("C:\\a", "`", True),
        ("C:\\a", "\\", False),
        ("'a'", "\\", False),
        ("$a", "\\", False),
        ("${a:-b}", "\\", False),
        ("'a", "\\", False),
        ("\ufeffa", "\\", False),
        ("\udc80", "\\", False),
    ],
)
def test_is_literal(text: str, escape: str, expected: bool) -> None:
    assert is_literal(text, escape) is expected


@pytest.mark.parametrize(
    ("text", "raw", "cooked"),
    [
        ("a  b", ["a", "b"], ["a", "b"]),
        (" a 'b c' ", ["a", "'b c'"], ["a", "b c"]),
        ('a" b "c', ['a" b "c'], ["a b c"]),
        ("a\\ b", ["a\\ b"], ["a b"]),
        ("'' \"\" a", ["''", '""', "a"], ["a"]),
        ("$a ${b}", ["$a", "${b}"], ["$a", "${b}"]),
        ("<< a", ["<< a"], ["<< a"]),
        ("a<<\t \rb c", ["a<<\t \rb", "c"], ["a<<\t \rb", "c"]),
        ("a\u00a0b\x1cc", ["a", "b\x1cc"], ["a", "b\x1cc"]),
        ("a${b:-c d}e f", ["${b:-c", "d}e", "f"], ["${b:-c", "d}e", "f"]),
        ('"a${b:-c}"', ['"a${b:-c}"'], ["a${b:-c}"]),
        ('a"${b:-c}"', ['"${b:-c}"'], ["${b:-c}"]),
    ],
)
def test_split_words(text: str, raw: list[str], cooked: list[str]) -> None:
    assert split_words(text, raw_quotes=True, raw_escapes=True) == raw
    assert split_words(text, raw_quotes=False, raw_escapes=False) == cooked


@given(st.text("ab$${}:-+?#%/'\"\\` <*", max_size=30), st.sampled_from("\\`"))
def test_nothing_but_expansion_errors(text: str, escape: str) -> None:
    environment = {"a": "abab", "b": ""}
    try:
        result = expand(text, environment, escape)
        variables(text, escape)
    except ExpansionError:
        assert not is_literal(text, escape)
    else:
        if is_literal(text, escape):
            assert result == text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_quoting_keeps_a_value(value: str) -> None:
    quoted = "'" + value.replace("'", "'\\''") + "'"
    assert expand(quoted, {}) == value
    assert expand("$A", {"A": value}) == value


def test_deep_nesting() -> None:
    assert expand("${a:-" * 50 + "b" + "}" * 50, {}) == "b"


def test_patterns_take_no_exponential_time() -> None:
    value = "a" * 2_000
    assert expand("${A#" + "*a" * 40 + "b}", {"A": value}) == value
    assert expand("${A##" + "*a" * 40 + "*b}", {"A": value}) == value
    assert expand("${A%%b" + "a*" * 40 + "}", {"A": value}) == value
