"""The tables of package managers, and reading commands with them."""

from __future__ import annotations

import pytest

from dockfix.dockerfile.parser import parse
from dockfix.edit.lists import gap_of
from dockfix.edit.style import FileStyle, deeper
from dockfix.installs.influence import chosen_beside
from dockfix.installs.lists import APT_READERS, mentions_apt
from dockfix.installs.new_sources import changes_sources
from dockfix.managers import PROGRAMS, every_manager, load, manager_of, named_in
from dockfix.programs.command import action_of, command_of, install_of, is_update, may_call
from dockfix.shell.fatal import deciding_neighbors
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed


def script(text: str) -> Script:
    result = read_script(text, "sh")
    assert isinstance(result, Script)
    return result


def simple(text: str) -> Simple:
    return script(text).simples[0]


@pytest.mark.parametrize(
    ("text", "packages", "options"),
    [
        ("apt-get -qqy install a", ["a"], ["-qqy"]),
        ("apt-get install -y -t bullseye a", ["a"], ["-y", "-t=bullseye"]),
        ("apt-get install -tbullseye a", ["a"], ["-tbullseye"]),
        ("apt-get -o K=V install a -oK=V", ["a"], ["-o=K=V", "-oK=V"]),
        ("apt-get --option=K=V install a", ["a"], ["--option=K=V"]),
        ("apt-get install -q=2 --assume-yes a", ["a"], ["-q=2", "-y"]),
        ("apt-get install --target-release $S a", ["a"], ["--target-release=$S"]),
        ("apk -U add -t .x a --virtual=.y b", ["a", "b"], ["-U", "-t=.x", "--virtual=.y"]),
        ("pip install -r r.txt -c c.txt -e . a", ["a"], ["-r=r.txt", "-c=c.txt", "-e=."]),
        ("pip install --no-binary :all: a", ["a"], ["--no-binary=:all:"]),
        ("pip --quiet install --index-url=$U a", ["a"], ["-q", "--index-url=$U"]),
        ("zypper -n --root /x in -n a", ["a"], ["-n", "--root=/x", "-n"]),
        ("dnf -y --releasever=8 --nodocs install a", ["a"], ["-y", "--releasever=8", "--nodocs"]),
        ("pacman -Sy --noconfirm a", ["a"], ["--noconfirm"]),
        ("sudo -u root X=y apt-get install a", ["a"], []),
    ],
)
def test_install_of(text: str, packages: list[str], options: list[str]) -> None:
    command = install_of(simple(text))
    assert command is not None
    assert [word.text for word in command.packages] == packages
    assert [option.option for option in command.options] == options


@pytest.mark.parametrize(
    "text",
    [
        "apt-get install --unknown a",
        "apt-get install -y -- a",
        "apt-get install -t",
        "apt-get $VERB a",
        "$APT install a",
        "npm install a",
        "python -m venv a",
        "apt-get remove a",
        "apt-get install -y${X} a",
        "apt-get install --opt$X a",
        "brew install a",
        "install -d a",
        "pip install --frobnicate=x a",
    ],
)
def test_no_install(text: str) -> None:
    assert install_of(simple(text)) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("apt-get update", ("apt", "update")),
        ("sudo apt update -qq", ("apt", "update")),
        ("apt-get --weird install x", ("apt", "install")),
        ("apt-get dist-upgrade", ("apt", "upgrade")),
        ("apt-get clean", ("apt", "clean")),
        ("apt-get build-dep x", ("apt", "reads")),
        ("apt-get $X", ("apt", "other")),
        ("apk del x", ("apk", "remove")),
        ("yum clean all", ("yum", "clean")),
        ("dnf makecache", ("dnf", "update")),
        ("zypper ref", ("zypper", "update")),
        ("pacman -Scc", ("pacman", "clean")),
        ("ls", None),
    ],
)
def test_action_of(text: str, answer: tuple[str, str] | None) -> None:
    found = action_of(simple(text))
    assert (found and (found[0].name, found[1])) == answer


def test_is_update() -> None:
    assert is_update(simple("apt-get -qq update"))
    assert not is_update(simple("apt-get --frob update"))
    assert not is_update(simple("apt-get upgrade"))


def test_mentions_apt() -> None:
    assert mentions_apt(simple('bash -c "apt-get install x"'))
    assert not mentions_apt(simple("xargs apk add"))
    assert mentions_apt(simple("add-apt-repository ppa:x"))
    assert not mentions_apt(simple("echo adapt-getter"))
    for name in (*APT_READERS, "apt", "apt-get"):
        assert mentions_apt(simple(f"x 'y|{name}'")), name


def test_tables_are_consistent() -> None:
    for manager in every_manager():
        assert not manager.flags & manager.valued, manager.name
        for option in manager.flags | manager.valued:
            assert option.startswith("-"), (manager.name, option)
        for one, other in manager.same:
            assert {one, other} <= manager.flags, (manager.name, one)


def test_no_program_of_a_manager_is_missed() -> None:
    for manager in every_manager():
        for program in manager.programs:
            assert may_call(script(f"{program} install a")), program
            assert manager_of(program) is manager
            assert manager in named_in(f"RUN /usr/bin/{program} install a")
    assert not may_call(script("make install"))


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("pip3.11", "pip"), ("pip2", "pip"), ("gem1.9.1", "gem"), ("dnf5", "dnf"),
        ("mamba", "conda"), ("npm2", ""), ("apt2", ""), ("pipx", ""), ("3.11", ""), ("", ""),
    ],
)  # fmt: skip
def test_programs_may_have_versions(program: str, name: str) -> None:
    manager = manager_of(program)
    assert (manager.name if manager else "") == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("RUN pip3.11 install a && /usr/bin/apt-get update", "apt pip"),
        ("FROM golang\nRUN uvicorn mixed ubuntu go2 go_x", ""),
        ("RUN curl category; go build", "go"),
        ("COPY .npmrc /root/", ""),
        ("RUN pnpm i", "pnpm"),
    ],
)
def test_managers_that_a_text_names(text: str, names: str) -> None:
    assert " ".join(one.name for one in named_in(text)) == names


def test_every_manager_has_a_file_and_a_line() -> None:
    for name in PROGRAMS:
        assert load(name).name == name


@pytest.mark.parametrize(
    ("name", "package", "plain"),
    [
        ("apt", "libstdc++6", True), ("apt", "a=1:2.0~rc1+b2-1", True), ("apt", "a:i386", True),
        ("apt", "a/sid", True), ("apt", "./a.deb", False), ("apt", "/a.deb", False),
        ("apt", "–y", False), ("apt", "a_1.deb", False), ("apt", "a^", False),
        ("pip", "a[b,c]>=1,<2", True), ("pip", "a; python_version < '3'", True),
        ("pip", "a @ https://x", False), ("pip", "a.whl", False), ("pip", "a/", False),
        ("pip", ".", False), ("pip", "a.tar.gz", False), ("pip", "git+https://x", False),
        ("npm", "@a/b@^1", True), ("npm", "a/b", False), ("npm", "true", False),
        ("npm", "./a", False), ("npm", "a@https://x", False), ("apk", ".x", True),
        ("apk", "a~=1", True), ("apk", "a@edge", True), ("apk", "./a.apk", False),
        ("yum", "@dev", True), ("yum", "perl(JSON)", True), ("yum", "/usr/bin/x", False),
        ("yum", "http://x/a.rpm", False), ("pacman", "core/a", True), ("gem", "a.gem", False),
    ],
)  # fmt: skip
def test_plain(name: str, package: str, plain: bool) -> None:
    manager = load(name)
    assert manager.plain is not None
    assert (manager.plain.fullmatch(package) is not None) is plain


@pytest.mark.parametrize("word", ["a-", "a+", "lib-x-"])
def test_words_that_make_order_count(word: str) -> None:
    command = command_of(simple(f"apt-get install {word}"))
    assert command is not None
    assert command.manager.ordered is not None
    assert command.manager.ordered.fullmatch(word)
    assert not command.manager.ordered.fullmatch("g++")
    assert not command.manager.ordered.fullmatch("a=1-2+")


def test_influence() -> None:
    assert changes_sources(["curl", "ca-certificates"])
    assert changes_sources(["epel-release"])
    assert changes_sources(["google-chrome-stable"])
    assert not changes_sources(["curl", "gnupg", "lsb-release"])
    assert chosen_beside(["php"], ["php-fpm"], chooses=True)
    assert not chosen_beside(["php"], ["php-fpm"], chooses=False)
    assert not chosen_beside(["curl"], ["nginx"], chooses=True)
    assert not chosen_beside(["openjdk-8-jdk"], ["ant"], chooses=True)


def test_shadowed() -> None:
    assert shadowed(script("f() { :; }; alias a=b c=d")) == {"f", "a", "c"}


def test_simples() -> None:
    text = "a && ( b; { c; } ) | d || if e; then f; elif g; then h; else i; fi; for j in k; do l; "
    text += "done; while m; do n; done; case o in p) q ;; esac; r() { s; }; t $(u)"
    assert [one.words[0].text for one in script(text).simples] == list("abcdefghilmnqst")
    assert [one.words[0].text for one in script(text).nested][-1] == "u"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b", ["ab"]),
        ("a; b", ["b"]),
        ("set -e; a; b", ["sab", "b"]),
        ("a || b && c", ["c"]),
        ("a && ( b && c )", ["a-", "bc"]),
        ("a && ( b && c ) || d", [""]),
        ("a &", []),
        ("! a && b", ["-b"]),
        ("set -e; set +e; a; b", ["b"]),
    ],
)
def test_rows(text: str, expected: list[str]) -> None:
    found = [
        "".join(one.words[0].text[0] if one else "-" for one in row)
        for row in deciding_neighbors(script(text))
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("FROM x\nRUN a\n", ("\n", "    ", True, "    ")),
        ("FROM x\nRUN a && \\\n  b\n", ("\n", "  ", False, "  ")),
        ("FROM x\nRUN a \\\n && b \\\n      c\n", ("\n", "      ", True, " ")),
        ("FROM x\r\nRUN a \\\r\n\t&& b\r\n", ("\r\n", "\t", True, "\t")),
        ("FROM x\nRUN a\nRUN a && \\\n   b\n", ("\n", "   ", False, "   ")),
        ("FROM x\nRUN if a && \\\n      b; then c && \\\n  d; fi\n", ("\n", "    ", False, "    ")),
        ("FROM x\nRUN if a || \\\n      b; then c && \\\n  d; fi\n", ("\n", "    ", False, "    ")),
        ("FROM x\nRUN a \\\n    # &&\n\n    b\n", ("\n", "    ", True, "    ")),
    ],
)
def test_style(source: str, expected: tuple[str, str, bool, str]) -> None:
    dockerfile = parse(source, "")
    style = FileStyle(dockerfile).of(dockerfile.instructions[1])
    assert (style.eol, style.indent, style.leading, style.chain_indent) == expected
    assert FileStyle(dockerfile).of().eol == expected[0]


def test_comments_stand_where_the_commands_do() -> None:
    dockerfile = parse("FROM x\nRUN a && \\\n  b c \\\n    d\nRUN e \\\n    && f\n", "")
    first, second = (FileStyle(dockerfile).of(one) for one in dockerfile.instructions[1:])
    assert first.joint(comments=["# c"]) == " && \\\n  # c\n  "
    assert second.joint(comments=["# c"]) == " \\\n    # c\n    && "


@pytest.mark.parametrize(
    ("run", "joint", "sequence"),
    [
        ("RUN a &&\\\n  b", " &&\\\n  ", ";\\\n  "),
        ("RUN a &&\\\n  b && \\\n  c", " && \\\n  ", "; \\\n  "),
        ("RUN set -e;\\\n  a", " \\\n  && ", ";\\\n  "),
        ("RUN a\\\n  && b", " \\\n  && ", "; \\\n  "),
    ],
)
def test_the_escape_character_stands_behind_an_operator_as_elsewhere(
    run: str, joint: str, sequence: str
) -> None:
    style = FileStyle(parse(f"FROM x\n{run}\nRUN d\n", "")).of()
    assert (style.joint(), style.joint(sequence=True)) == (joint, sequence)


def test_deeper() -> None:
    dockerfile = parse("FROM x\n", "")
    style = FileStyle(dockerfile).of()
    assert [len(deeper(" " * n, style)) for n in (0, 1, 3, 4, 6)] == [4, 4, 4, 8, 8]
    assert deeper("\t", style) == "\t\t"


def test_gap() -> None:
    gap = gap_of(" \\\n  # c\n\n  ", "\\")
    assert gap is not None
    assert gap.comments == ("  # c\n",)
    assert gap.divides
    assert gap.breaks
    assert gap_of(" && ", "\\") is None
    assert gap_of(" \\\n x \\\n ", "\\") is None
