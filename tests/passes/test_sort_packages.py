"""sort-packages: its examples, the cases others got wrong, and generated lists."""

from __future__ import annotations

import random

import pytest

from dockfix.dockerfile.parser import parse
from dockfix.passes.sort_packages import PASS, verify
from dockfix.programs.command import install_of
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.amount import some
from helpers.facts import facts_of
from helpers.settling import settle


def sort(run: str) -> str:
    return settle(PASS, f"FROM x\nRUN {run}\n")[0].removeprefix("FROM x\nRUN ").removesuffix("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "apt-get install -y \\\n  c \\\n  a \\\n  b",
            "apt-get install -y \\\n  a \\\n  b \\\n  c",
            id="one-per-line list stays one per line",
        ),
        pytest.param(
            "apt-get install -y \\\n  c \\\n  # why\n  b \\\n  $EXTRA \\\n  a \\\n && x",
            "apt-get install -y \\\n  c \\\n  # why\n  b \\\n  $EXTRA \\\n  a \\\n && x",
            id="a list with a comment and $EXTRA inside is not broken apart",
        ),
        pytest.param(
            "pip install torch -f https://l.html aiohttp",
            "pip install torch -f https://l.html aiohttp",
            id="an option's value is no package",
        ),
        pytest.param(
            "apt-get install -y b sudo && x", "apt-get install -y b sudo && x", id="sudo stays"
        ),
        pytest.param(
            "pip install b a && pip install d c",
            "pip install a b && pip install c d",
            id="every pip install of a RUN",
        ),
        pytest.param(
            "apt-get install -y $PKGS b a", "apt-get install -y \\\n    $PKGS \\\n    a \\\n    b",
            id="$PKGS keeps its place",
        ),
        pytest.param("apt-get install -y b- a", "apt-get install -y b- a", id="name-"),
        pytest.param("apt-get install -y b+ a", "apt-get install -y b+ a", id="name+"),
        pytest.param("apt-get install -y b=1.2 a", "apt-get install -y a b=1.2", id="name=1.2"),
        pytest.param(
            "apt-get install -y ./b.deb ./a.deb", "apt-get install -y ./b.deb ./a.deb",
            id="./file.deb",
        ),
        pytest.param(
            "apt-get install -t suite b a", "apt-get install -t suite a b", id="-t suite"
        ),
        pytest.param(
            "apt-get install -o K=V b -oK=W a", "apt-get install -o K=V b -oK=W a", id="-o K=V"
        ),
    ],
)  # fmt: skip
def test_case_seen_wrong_elsewhere(before: str, after: str) -> None:
    assert sort(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sudo -E apt-get install -y b a", "sudo -E apt-get install -y a b"),
        ("env X=y apt-get -qq install b a", "env X=y apt-get -qq install a b"),
        ("X=y apt-get -yq install b a", "X=y apt-get -yq install a b"),
        ("( apt install b a )", "( apt install a b )"),
        ("{ aptitude -y install b a; }", "{ aptitude -y install a b; }"),
        ("if x; then microdnf install b a; fi", "if x; then microdnf install a b; fi"),
        ("zypper -n in -y b a", "zypper -n in -y a b"),
        ("zypper -n install -t pattern b a", "zypper -n install -t pattern a b"),
        ("yum --enablerepo=epel -y install b @a", "yum --enablerepo=epel -y install @a b"),
        ("dnf install --setopt=a=b -x c b a", "dnf install --setopt=a=b -x c a b"),
        ("pacman -Syu --noconfirm b a", "pacman -Syu --noconfirm a b"),
        ("python3 -m pip install b a", "python3 -m pip install a b"),
        ("/opt/venv/bin/pip3.8 install 'b[x]' 'a;python_version<\"3\"'",
         "/opt/venv/bin/pip3.8 install 'a;python_version<\"3\"' 'b[x]'"),
        ("npm i -g b a@latest", "npm i -g a@latest b"),
        ("gem install --no-document b a", "gem install --no-document a b"),
        ("apk add --repository http://x/y b a", "apk add --repository http://x/y a b"),
        ("apk add 'b>2' a=1 c", "apk add \\\n    a=1 \\\n    'b>2' \\\n    c"),
        ("x || apt-get install c a b || y",
         "x || apt-get install \\\n    a \\\n    b \\\n    c \\\n    || y"),
        ("apt-get install c a b -y > /dev/null 2>&1 && x",
         "apt-get install -y \\\n    a \\\n    b \\\n    c > /dev/null 2>&1 \\\n"
         "    && x"),
        ("apt-get install c \\\n    a b&& \\\n    x",
         "apt-get install \\\n    a \\\n    b \\\n    c&& \\\n    x"),
    ],
)  # fmt: skip
def test_managers_and_places(before: str, after: str) -> None:
    assert sort(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("b \\\n  # install a\n  a", "b \\\n  # install a\n  a"),
        ("vim \\\n  # git\n  git \\\n  git-lfs", "vim \\\n  # git\n  git \\\n  git-lfs"),
        ("z \\\n  # SQL\n  c \\\n  b \\\n  # GIS, a\n  a",
         "z \\\n  # SQL\n  b \\\n  c \\\n  # GIS, a\n  a"),
        ("z \\\n  y \\\n\n  c \\\n  b", "y \\\n  z \\\n\n  b \\\n  c"),
        ("z \\\n  # for b\n  b \\\n  c", "# for b\n  b \\\n  c \\\n  z"),
    ],
)  # fmt: skip
def test_comments(before: str, after: str) -> None:
    head = "apt-get install \\\n  "
    assert sort(head + before) == head + after


@pytest.mark.parametrize(
    "run",
    [
        "apt-get remove b a",
        "pacman -Rns b a",
        "pacman -Ss b a",
        "pip download b a",
        "apt-get install -y -- b a",
        "sudo --weird apt-get install b a",
        "xargs apt-get install b a",
        "apt-get install 'b' > x a",
        "apt-get install b* a*",
        "apt-get install $(cat b) $(cat a)",
        "npm -g install user/b user/a",
        "alias apt-get=echo; apt-get install b a",
        'bash -c "apt-get install b a"',
        "pip install b[x] a",
        "zypper in -y b -a",
        "apk add !b a",
    ],
)
def test_left_alone(run: str) -> None:
    assert sort(run) == run


def test_a_line_takes_its_indentation_along() -> None:
    before = "apt-get install \\\n  b \\\n\ta \\\n  d \\\n    c"
    assert sort(before) == "apt-get install \\\n\ta \\\n  b \\\n    c \\\n  d"


@pytest.mark.parametrize(
    ("joint", "other"),
    [(" && \\\n    ", "apt-get install f e d"), (" \\\n    && ", "apk add f e d")],
)
def test_all_lists_of_a_run_stand_as_deep(joint: str, other: str) -> None:
    def stands(depth: str) -> str:
        return f"apt-get install \\\n{depth}a \\\n{depth}b \\\n{depth}c"

    assert sort(f"apt-get install c b a{joint}{other}").startswith(stands(" " * 8))
    # what stands one step deep stays there, and one that keeps to its line is no other list
    assert sort(f"apt-get install c \\\n    b a{joint}{other}").startswith(stands(" " * 4))
    ordered = other.replace("f e d", "d e f")
    assert sort(f"apt-get install c b a{joint}{ordered}").startswith(stands(" " * 4))


def test_line_endings_and_escape_of_the_file() -> None:
    source = '# escape=`\r\nFROM x\r\nSHELL ["bash", "-c"]\r\nRUN apt-get install -y c b a\r\n'
    after, _ = settle(PASS, source)
    assert after.endswith("install -y `\r\n    a `\r\n    b `\r\n    c\r\n")


def test_onbuild() -> None:
    after, _ = settle(PASS, "FROM x\nONBUILD RUN apk add b a\n")
    assert after == "FROM x\nONBUILD RUN apk add a b\n"


def test_no_final_newline_and_bytes_of_no_encoding() -> None:
    source = "FROM x\n# caf\udce9\nRUN apk add b a"
    assert settle(PASS, source)[0] == source.replace("b a", "a b")


def test_columns_of_escapes_are_kept() -> None:
    before = "apk add \\\n  longest \\\n  b       \\\n  a       \\\n  && x"
    assert sort(before) == "apk add \\\n  a       \\\n  b       \\\n  longest \\\n  && x"


def test_verify_tells_a_lost_package() -> None:
    before = facts_of("FROM x\nRUN apk add b a c\n")
    assert verify(before, facts_of("FROM x\nRUN apk add a c\n")) is not None
    assert verify(before, facts_of("FROM x\nRUN apk add -q a b c\n")) is not None
    assert verify(before, facts_of("FROM x\nRUN apk add c a b\n")) is None


_NAMES = ["gcc", "g++", "zlib1g-dev", "a=1.0", "b", "B", "libc6-dev", "libc-dev", "'q'", "z"]
_FIXED = ["$X", '"$Y"', "lib*", "$(cat p)", "-y", "--no-install-recommends", "-t sid", "./a.deb"]
_COMMENTS = ["# gcc is for x", "# why", "#"]


def _generated(seed: int) -> str:
    rng = random.Random(seed)
    eol = rng.choice(["\n", "\n", "\r\n"])
    text = rng.choice(["", "apt-get update && ", f"apt-get update \\{eol} && ", "( "])
    closing = " )" if text == "( " else ""
    text += "apt-get install"
    for _ in range(rng.randrange(1, 9)):
        if rng.random() < 0.5:
            text += rng.choice([" ", "   "]) + f"\\{eol}"
            if rng.random() < 0.25:
                text += f"  {rng.choice(_COMMENTS)}{eol}"
            if rng.random() < 0.1:
                text += f"  \\{eol}"
            text += rng.choice(["  ", "\t", "    "])
        else:
            text += " "
        text += rng.choice(_NAMES if rng.random() < 0.8 else _FIXED)
    text += closing + rng.choice(["", " && x", f" \\{eol} && x", "; x", f" && \\{eol} x", " || y"])
    return f"FROM x{eol}RUN {text}{eol}"


@pytest.mark.parametrize("seed", range(some(400)))
def test_generated_list(seed: int) -> None:
    source = _generated(seed)
    after, _ = settle(PASS, source)
    assert _facts(after) == _facts(source)
    assert sorted(line.strip() for line in after.splitlines() if line.strip()[:1] == "#") == sorted(
        line.strip() for line in source.splitlines() if line.strip()[:1] == "#"
    )
    assert after.count("\r\n") == (after.count("\n") if "\r" in source else 0)


def _facts(source: str) -> list[object]:
    """What must not change: options in order, the set of packages, the words that stay."""
    instruction = parse(source, "").instructions[1]
    script = read_script(instruction.arguments, "sh")
    assert isinstance(script, Script)
    facts: list[object] = []
    for simple in script.simples:
        command = install_of(simple)
        if command is None:
            facts.append([word.text for word in simple.words])
            continue
        facts.append([option.option for option in command.options])
        facts.append({word.text for word in command.packages})
        facts.append([word.text for word in command.packages if word.value is None])
    return facts
