"""`.dockerignore` as BuildKit reads it: its own tables, rewritten, and a slow model beside it.

The tables are after those of moby/patternmatcher (`ignorefile_test.go`, `patternmatcher_test.go`)
and of Go's `path/filepath`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockfix.context import Context
from dockfix.context.directory import DirectoryContext
from dockfix.context.globs import clean, compiled
from dockfix.context.ignorefile import IgnoreFile, extended, lines_of, parse_ignore_file
from helpers.amount import some
from helpers.memory_context import Files


def rules(*lines: str) -> IgnoreFile:
    found = parse_ignore_file("\n".join(lines))
    assert found is not None
    return found


def test_lines_are_cleaned() -> None:
    text = (
        "\ufeff# comment\r\ntest1\n/test2\r\n/a/file/here\n\nlastfile\n# a # comment\n! /inverted"
        "/abs/path\n!\n! \n  \t spaced\u2003 \n # no comment\n./a//b/../c/\n!./d\n/\n"
    )
    assert lines_of(text) == [
        "test1", "test2", "a/file/here", "lastfile", "!inverted/abs/path", "!", "!", "spaced",
        "# no comment", "a/c", "!d", "/",
    ]  # fmt: skip
    assert lines_of("# \ufeff\n\ufeff# no comment here\n") == ["\ufeff# no comment here"]
    assert lines_of("") == []


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [("", "."), (".", "."), ("a/", "a"), ("a//b/./c", "a/b/c"), ("a/../..", ".."), ("/..", "/"),
     ("../../a/..", "../.."), ("/a/../b/", "/b"), ("a/..", "."), ("/", "/"), ("...", "...")],
)  # fmt: skip
def test_clean(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


YES = [
    ("**", "file"), ("**/", "dir/file"), ("**/**", "dir/file"), ("dir/**", "dir/file"),
    ("dir/**", "dir/dir2/file"), ("**/dir", "dir"), ("**/dir", "dir/file"),
    ("**/dir2/*", "dir/dir2/file"), ("**/dir2/**", "dir/dir2/dir3/file"), ("**file", "file"),
    ("**file", "dir/file"), ("**/file", "dir/file"), ("**file", "dir/dir/file"),
    ("**file", "dir/myfile"), ("**/file*", "dir/dir/file"), ("**/file*", "dir/dir/file.txt"),
    ("**/file*txt", "dir/dir/file.txt"), ("**/file*.txt*", "dir/dir/file.txt"),
    ("**/**/*.txt", "dir/dir/file.txt"), ("**/*.txt", "file.txt"), ("**/**/*.txt", "file.txt"),
    ("a**/*.txt", "a/file.txt"), ("a**/*.txt", "a/dir/dir/file.txt"), ("a/*.txt", "a/file.txt"),
    ("a/*.txt**", "a/file.txt"), ("a[b-d]e", "ace"), ("a[^b-d]e", "aze"), (".*", ".foo"),
    ("abc.def", "abc.def"), ("abc?def", "abcZdef"), ("a\\\\", "a\\"), ("**/foo/bar", "foo/bar"),
    ("**/foo/bar", "dir/dir2/foo/bar"), ("abc/**", "abc/def/ghi"), ("**/.foo", ".foo"),
    ("a(b)c/def", "a(b)c/def"), ("a.|)$(}+{bc", "a.|)$(}+{bc"),
    ("dist/x-2.4.0rc3.dev36+g08-py3-any.whl", "dist/x-2.4.0rc3.dev36+g08-py3-any.whl"),
    ("dist/*.whl", "dist/x-2.4.0rc3.dev36+g08-py3-any.whl"), ("a\\*b", "a*b"), ("*", "abc"),
    ("*c", "abc"), ("a*", "ab/c"), ("a*/b", "abc/b"), ("a*b*c*d*e*/f", "axbxcxdxe/f"),
    ("a*b?c*x", "abxbbxdbxebxczzx"), ("ab[c]", "abc"), ("ab[^e-g]", "abc"), ("a?b", "a☺b"),
    ("a[^a]b", "a☺b"), ("[a-ζ]*", "α"), ("[\\]a]", "]"), ("[\\-]", "-"), ("[x\\-]", "x"),
    ("*x", "xxx"), ("a", "a/b/c/d"), ("*/b", "a/b/c/d"), ("**/c", "a/b/c/d"),
    # the oddities of patterns that become regular expressions, and of those that do not
    ("a|b*", "axx"), ("[*]", "[^]"), ("a{b}*", "a{b}c"), ("**a", "b/ba"), ("a**", "abc"),
    ("x^", "x^"), ("\\d*", "1"), ("\udcff*", "\udcfe"),
]  # fmt: skip
NO = [
    ("**/**/*.txt2", "dir/dir/file.txt"), ("a/*.txt", "a/dir/file.txt"), ("a[b-d]e", "ae"),
    ("a[b-d]e", "aae"), (".*", "foo"), ("abc.def", "abcdef"), ("abc.def", "abcZdef"),
    ("abc?def", "abcdef"), ("abc/**", "abc"), ("**/.foo", "bar.foo"), ("a(b)c/def", "a(b)c/xyz"),
    ("a*/b", "a/c/b"), ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f"), ("ab[e-g]", "abc"), ("ab[^c]", "abc"),
    ("a\\*b", "ab"), ("a???b", "a☺b"), ("*[a-ζ]", "A"), ("a?b", "a/b"), ("a*b", "a/b"),
    ("[\\-x]", "a"), ("b", "a/b"), ("*.txt", "a/b.txt"), (".", "a"), ("/", "a"), ("..", "a"),
    ("a/b", "a"), ("", "a"), ("#a", "#a"), ("x^*", "x^a"), ("a**b", "axb"), ("**/a*", "ba"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "path"), YES)
def test_left_out(pattern: str, path: str) -> None:
    assert rules(pattern).ignores(path)
    assert not rules(pattern, f"!{pattern}").ignores(path)
    assert not rules(f"!{pattern}").ignores(path)


@pytest.mark.parametrize(("pattern", "path"), NO)
def test_not_left_out(pattern: str, path: str) -> None:
    assert not rules(pattern).ignores(path)


@pytest.mark.parametrize(
    "line",
    ["!", "[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "a\\",
     # Go's Match takes these, and its regular expressions do not
     "[Local-Only]", "obj\\Release", "a*{2}", "[a\\é]*"],
)  # fmt: skip
def test_what_stops_the_build(line: str, tmp_path: Path) -> None:
    assert parse_ignore_file(f"a\n{line}\nb") is None
    assert line == "!" or parse_ignore_file(f"!{line}") is None
    (tmp_path / ".dockerignore").write_text(line)
    (tmp_path / "a").touch()
    context = DirectoryContext(str(tmp_path))
    assert context.kind("a") is None
    assert context.entries("") == ()


def test_a_line_too_long_stops_the_build() -> None:
    assert parse_ignore_file("a" * 65_535) is not None
    assert parse_ignore_file("a" * 65_536) is None


@pytest.mark.parametrize(
    ("lines", "path", "out"),
    [
        (["!a.go", "*.go"], "a.go", True),
        (["*.go", "!a.go"], "a.go", False),
        (["docs", "!docs/README.md"], "docs/README.md", False),
        (["docs/", "!docs/README.md"], "docs/x.md", True),
        (["docs/*", "!docs/README.md"], "docs/README.md", False),
        (["**", "!util/docker/web"], "util/docker/web/foo", False),
        (["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", True),
        (["**", "!dist/*.whl"], "dist/x-2.4.0rc3.dev36+g08-py3-any.whl", False),
        # Git would not bring this back
        (["a", "!a/b/c"], "a/b/c", False),
        # BuildKit asks an exception about a directory only if it is left out so far, and asks about
        # what lies below without thinking of the directory again
        (["*/x", "!a"], "a/x", True),
        (["a/*", "!a"], "a/x", True),
        (["**/x", "!a/**"], "a/x", False),
        # where no exception leads, nobody looks
        (["a", "!ab/c"], "a/c", True),
        (["a", "!a/**/c"], "a/b/c", False),
    ],
)
def test_exceptions(lines: list[str], path: str, out: bool) -> None:
    assert rules(*lines).ignores(path) is out


# A model that follows the Go code to the letter, slowly, without regular expressions.


def fits(pattern: str, path: str) -> bool:
    rest = pattern[2:]
    if pattern[:2] == "**" and not set(rest) & set("*?[]\\"):
        return path.endswith(rest) or (rest[:1] == "/" and path == rest[1:])
    return _fits(pattern, path)


def _fits(pattern: str, path: str) -> bool:
    if not pattern:
        return not path
    first, rest = pattern[0], pattern[1:]
    if pattern[:2] == "**":
        rest = rest[1:].removeprefix("/")
        ends = [0, *(at + 1 for at, one in enumerate(path) if one == "/")]
        return not rest or any(_fits(rest, path[end:]) for end in ends)
    if first == "*":
        run = path.partition("/")[0]
        return any(_fits(rest, path[at:]) for at in range(len(run) + 1))
    if not path:
        return False
    if first == "?":
        return path[0] != "/" and _fits(rest, path[1:])
    if first == "[":
        inside, _, rest = rest.partition("]")
        negated = inside[:1] == "^"
        return (path[0] in inside.removeprefix("^")) is not negated and _fits(rest, path[1:])
    if first == "\\":
        first, rest = rest[0], rest[1:]
    return path[0] == first and _fits(rest, path[1:])


def sent(lines: list[str], tree: list[str]) -> set[str]:
    """What BuildKit's walk sends of the files of a tree."""
    patterns = [(one.removeprefix("!"), one[:1] == "!") for one in lines]
    exceptions = [text for text, exception in patterns if exception]
    bare = [text.removesuffix("/**").removesuffix("/*") for text in exceptions]
    told = not any(set(text) & set("*[]?^\\") for text in bare)
    found: set[str] = set()

    def walk(folder: str, above: list[bool] | None) -> None:
        prefix = folder + "/" if folder else ""
        names = {one[len(prefix) :].split("/")[0] for one in tree if one.startswith(prefix)}
        for path in sorted(prefix + name for name in names):
            is_directory = path not in tree
            out = False
            matched = []
            for index, (pattern, exception) in enumerate(patterns):
                match = above is not None and above[index]
                if not match and exception is out:
                    match = fits(pattern, path)
                matched.append(match)
                out = not exception if match else out
            if not is_directory:
                found.update([] if out else [path])
            elif not out or not told or any((b + "/").startswith(path + "/") for b in bare):
                walk(path, matched)

    walk("", None)
    return found


NAMES = st.sampled_from(["a", "b", "ab", "ba", "aab", ".a", "a.b", "b.a"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.lists(
    st.sampled_from(["a", "b", ".", "*", "**", "?", "[ab]", "[^a]", "\\.", "ab"]),
    min_size=1,
    max_size=3,
).map("".join)
PATTERNS = (
    st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(lambda one: "***" not in one)
)
LINES = st.lists(
    st.tuples(st.sampled_from(["", "", "!"]), st.one_of(PATTERNS, PATHS)).map("".join),
    min_size=1,
    max_size=5,
).map(lambda lines: [line for line in lines if lines_of(line) == [line]])


def a_tree(paths: list[str]) -> list[str]:
    """No path is the directory of another."""
    return [one for one in set(paths) if not any(two.startswith(one + "/") for two in paths)]


@settings(max_examples=some(600))
@given(LINES, st.lists(PATHS, min_size=1, max_size=8).map(a_tree))
def test_as_the_model_walks(lines: list[str], tree: list[str]) -> None:
    wanted = sent(lines, tree)
    text = "\n".join(lines)
    found = rules(text)
    assert {path for path in tree if not found.ignores(path)} == wanted
    files = Files({**dict.fromkeys(tree, ""), ".dockerignore": text})
    assert {path for path in tree if files.kind(path) == "file"} == wanted


def below(context: Context, folder: str = "") -> set[str]:
    found: set[str] = set()
    for name in context.entries(folder) or ():
        path = f"{folder}/{name}" if folder else name
        found |= {path} if context.kind(path) == "file" else below(context, path)
    return found


@settings(max_examples=some(60))
@given(LINES, st.lists(PATHS, min_size=1, max_size=8).map(a_tree))
def test_a_directory_on_disk_as_the_model_walks(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], tree: list[str]
) -> None:
    root = tmp_path_factory.mktemp("context")
    for path in tree:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    name = "Dockerfile.dockerignore"
    context = DirectoryContext(str(root), (name,), "\n".join([*lines, name]))
    wanted = sent(lines, tree)
    assert below(context) == wanted
    for path in tree:
        assert context.read(path) == (path if path in wanted else None)
        folder = path.rpartition("/")[0]
        is_kept = any(one.startswith(folder + "/") for one in wanted)
        assert not is_kept or context.kind(folder) == "directory"


def test_the_list_of_go_for_copy_sources() -> None:
    for pattern, name in YES + NO:
        expression = compiled(pattern)
        if expression is not None and not set(pattern) & set("|{}^$\udcff") and "**" not in pattern:
            whole = rules(pattern).patterns[0].matches(name) if lines_of(pattern) else False
            if pattern not in ("[*]", "\\d*", "#a", "/", "..", "."):
                assert bool(expression.fullmatch(name)) is whole, (pattern, name)
    for pattern, name, matches in (
        ("[*]", "*", True), ("[a-a]", "a", True), ("[b-a]", "a", False), ("[^b-a]", "a", True),
        ("**", "a", True), ("a**b", "axb", True), ("**", "a/b", False), ("[^x]", "/", True),
        ("\\d", "d", True), ("*[", "", None), ("a*\\", "", None), ("{a,b}", "a", False),
        ("[!a]", "!", True),
    ):  # fmt: skip
        expression = compiled(pattern)
        assert (expression and bool(expression.fullmatch(name))) is matches, pattern


@pytest.mark.parametrize(
    ("text", "lines", "after"),
    [
        (None, [".git"], ".git\n"),
        ("", [".git", "x"], ".git\nx\n"),
        ("a", ["b"], "a\nb\n"),
        ("a\r\nb\r\n", ["c", "a"], "a\r\nb\r\nc\r\n"),
        ("a\r\nb", ["c"], "a\r\nb\r\nc\r\n"),
        ("/a/\n", ["a"], "/a/\n"),
        ("a\n!b\n", ["a"], "a\n!b\na\n"),
        ("a\n", ["a", "b", "b/"], "a\nb\n"),
        # a file in order stays in order
        (".b\nd\nf\n", [".git", "e", "a"], ".b\n.git\na\nd\ne\nf\n"),
        ("A\nb\nC", ["Bc"], "A\nb\nBc\nC\n"),
        ("d\nb\nf\n", ["a"], "d\nb\nf\na\n"),
        ("a\n\nc\n", ["b"], "a\n\nc\nb\n"),
    ],
)
def test_more_lines(text: str | None, lines: list[str], after: str) -> None:
    assert extended(text, lines) == after
    assert extended(after, lines) == after
