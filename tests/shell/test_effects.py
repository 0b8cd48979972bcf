"""What a script leaves behind, what it reads, and where errexit could matter."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from dockfix.programs.needs import starts_anywhere
from dockfix.programs.path import lookups, replaced
from dockfix.shell.effects import Effects, effects_of
from dockfix.shell.fresh import barrier, loses_directory
from dockfix.shell.joining import Chain, part_of
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.shell_runs import runs_of


def _effects(text: str) -> Effects:
    found = effects_of(text, "sh")
    assert isinstance(found, Effects), found
    return found


def _script(text: str) -> Script:
    found = read_script(text, "sh")
    assert isinstance(found, Script), found
    return found


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("make", set()),
        ("cd /x && make", {"directory"}),
        ("(cd /x && make)", set()),
        ("{ cd /x; }", {"directory"}),
        ("if cd /x; then a; fi", {"directory"}),
        ("for v in a b; do cd $v; done", {"variable", "directory"}),
        ("cd /x | b", set()),
        ("x=$(cd /y && pwd)", {"variable"}),
        ("a=1", {"variable"}),
        ("a=1 make", set()),
        ("a=1 :", {"variable"}),
        ("a=1 export b", {"variable", "export"}),
        ("export a=1", {"export"}),
        ("unset a", {"variable"}),
        ("readonly a=1", {"variable"}),
        ("read a < f", {"variable"}),
        ("echo ${v:=x}", {"variable"}),
        ("echo ${v:-${w:=x}}", {"variable"}),
        ("echo $((i = 1))", {"variable"}),
        ("echo $((i == 1))", set()),
        ("umask 077", {"umask"}),
        ("ulimit -n 10", {"limit"}),
        ("set -x", {"option"}),
        ("set -e", {"errexit"}),
        ("(set -e; a)", {"errexit"}),
        ("set -o errexit", {"option", "errexit"}),
        ("set -euo pipefail", {"option", "errexit"}),
        ("set a b", {"positional"}),
        ("set +e", {"option"}),
        ("set -- a b", {"positional"}),
        ("shift", {"positional"}),
        ("trap 'a' EXIT", {"trap"}),
        ("exec a", {"exec"}),
        ("exec > f", {"exec"}),
        (". ./env", {"source"}),
        ("eval a", {"eval"}),
        ("alias a=b", {"alias"}),
        ("f() { cd /x; }", {"function", "directory"}),
        ("exit", {"exit"}),
        ("exit 0", {"exit"}),
        ("exit $x", {"exit"}),
        ("exit 256", {"exit"}),
        ("exit 01", {"exit"}),
        ("exit 1 2", {"exit"}),
        ("exit 1", {"failure"}),
        ("a || { b; command exit 255; }", {"failure"}),
        ("(exit 1)", set()),
        ("return 1", {"return"}),
        ("wait", {"wait"}),
        ("hash -r", {"hash"}),
        ("command cd /x", {"directory"}),
        ("command -v git", set()),
        ("a &", {"background"}),
        ("(a &)", {"background"}),
        ("$x a", {"command"}),
        ("$x/bin/a", set()),
    ],
)
def test_leaks(text: str, kinds: set[str]) -> None:
    assert {change.kind for change in _effects(text).changes} == kinds


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("a", set()),
        ("echo $?", {"?"}),
        ("echo $# $@", {"#", "@"}),
        ("f() { echo $1 $@; }", set()),
        ("echo $1", {"1"}),
        ("echo $OLDPWD; cd -", {"OLDPWD"}),
        ("trap", {"trap"}),
        ("set", {"set"}),
        ("for v; do a; done", {"@"}),
        ("echo '$?'", set()),
        ('echo "$(echo $?)"', {"?"}),
    ],
)
def test_reads(text: str, reads: set[str]) -> None:
    assert _effects(text).reads == reads


@pytest.mark.parametrize(
    ("text", "sensitive"),
    [
        ("a", False),
        ("a && b", False),
        ("a || b", False),
        ("a; b", True),
        ("v=1; b", False),
        ("v=$(a); b", True),
        ("export v=1; set -x; b", False),
        ("export v w=$x; unset v; b", False),
        ("export v=1 a-b; b", True),
        ("export v=1 -eu; b", True),
        ("unset $x; b", True),
        ("echo hi > f; b", True),
        ("{ a; b; }", True),
        ("for v in x; do a; done", True),
        ("for v in x; do echo $v; done", False),
        ("if a; then b; fi", False),
        ("if a; then b; c; fi", True),
        ("case x in a) b;; esac", False),
        ("x=$(a; b)", True),
        ("f() { a; }; f", True),
    ],
)
def test_sensitive_to_errexit(text: str, sensitive: bool) -> None:
    assert _effects(text).sensitive is sensitive


@pytest.mark.parametrize(
    "text",
    [
        "echo 1.2.3.4 h >> /etc/hosts", "cat /etc/resolv.conf", "service mysql start && a",
        "sudo nginx",
        "su -c '/etc/init.d/mysql start'", "redis-server --daemonize yes", "bash -c 'a &'",
        "mount /x",
        "ln -sf /bin/bash /bin/sh", "rm /bin/sh && ln -s bash /bin/sh", "dpkg-reconfigure dash",
        "usermod -u 5 root", "sed -i s/a/b/ /etc/passwd",
        "sed -i 's|/root:|/h:|' /etc/passwd", "cp /p /etc/passwd", "echo x | tee -a /etc/passwd",
        "touch /dev/x", "mknod /dev/x c 1 1",
        "a $(service x start)", "busybox --install",
    ],
)  # fmt: skip
def test_barriers(text: str) -> None:
    assert barrier(_script(text), "/", None)


@pytest.mark.parametrize(
    "text",
    ["apt-get install -y nginx mysql-server", "a > /dev/null 2>&1", "useradd -s /bin/bash x",
     "cat /etc/hosts.allow",
     "usermod -aG x y", "apt-get install -y x && cat /etc/passwd",
     "echo '#!/bin/sh' > /x", "rm -f /etc/init.d/x", "curl 'http://x?a=b&c=d'"],
)  # fmt: skip
def test_no_barrier(text: str) -> None:
    assert barrier(_script(text), "/", None) is None


def test_accounts_matter_to_a_user_that_is_not_root() -> None:
    assert barrier(_script("usermod -aG x y"), "/", "app")


@pytest.mark.parametrize(
    ("text", "workdir", "loses"),
    [
        ("rm -rf /w", "/w", True),
        ("rm -rf /w/x", "/w", False),
        ("rm -rf /", "/w", True),
        ("rm -f /w", "/w", False),
        ("rm -rf /a/*", "/a/b", True),
        ("rm -rf *", "/w", False),
        ("cd / && rm -rf w", "/w", True),
        ("cd .. && rm -rf w", "/w", True),
        ("rm -rf ../w", "/w", True),
        ("rm -rf .", "/w", True),
        ("cd /tmp/x && rm -rf ../x", "/w", False),
        ("rm -rf $X", "/w", True),
        ("rm -rf /tmp/$X", "/w", False),
        ("rm -rf /tmp/$X", "/tmp/y", True),
        ('X="$(mktemp -d)" && rm -rf "$X"', "/w", False),
        ("mv /w /v", "/w", True),
        ("mv a /w", "/w", False),
        ("rmdir /w", "/w", True),
        ("cd $X && rm -rf y", "/w", True),
        ("rm -rf /var/lib/apt/lists/*", None, False),
        ("rm -rf /tmp/*", None, False),
        ("rm -rf /root/.cache", None, False),
        ("rm -rf /var/www/html", None, True),
        ("rm -rf /opt/x-1.2", None, False),
        ("rm -rf build", None, False),
        ("rm -rf $X /*", "/", False),
    ],
)
def test_loses_directory(text: str, workdir: str | None, loses: bool) -> None:
    assert loses_directory(_script(text), workdir) is loses


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("pip install -U pip", {"pip"}),
        ("pip3 install pip", {"pip"}),
        ("pip install flask", set()),
        ("npm install -g npm@8", {"npm"}),
        ("git clone git://x/git", set()),
        ("git clone git://x/git && make -C git install", {"git"}),
        ("make && make install", set()),
        ("npm i -g n && n stable", {"npm", "n"}),
        ("python get-pip.py && pip list", {"python"}),
        ("python get-pip.py && if a; then pip list; fi", {"python", "pip", "a"}),
        ("pip list && python get-pip.py", {"python", "pip"}),
        ("npm i -g pnpm && pnpm fetch", set()),
        ("npm i -g pnpm && pnpm fetch --store-dir /pnpm/store", set()),
        ("npm i -g pnpm && pnpm run pnpm", {"pnpm"}),
        ("corepack enable && pnpm fetch", set()),
        ("pnpm -v && corepack enable", {"pnpm"}),
        ("corepack enable", set()),
        ("go test $(go list ./...)", set()),
        ('go test "a$(go list)b$(go list)"', set()),
        ("go test $(make go)", {"go"}),
        ("go get honnef.co/go/tools/cmd/staticcheck", set()),
        ("go install -v golang.org/x/go/gopls@latest", set()),
        ("go install golang.org/x/tools/cmd/go@latest", {"go"}),
        ("go install example.org/go/v2@v2.1.0", {"go"}),
        ("go install golang.org/dl/go1.22.1@latest", {"go"}),
        ("cd /x/go && go install ./...", {"go"}),
        ("go install $X/go/y", {"go"}),
        ("svn co https://example.org/svn/a", set()),
        ("python -m venv /v", {"python"}),
        ("pip list && virtualenv /v", {"pip"}),
        ("pip list && python3 -m venv /v && python -V", {"pip", "python"}),
        ("pip list && su -c 'python3 -m venv /v' app", {"pip"}),
        ("pip list && poetry install", {"pip"}),
        ("pip list && poetry config virtualenvs.create false", set()),
        ("pip list && uv sync --frozen", {"pip"}),
        ("pip list && conda env create -f e.yml", {"pip"}),
        ("pip list && bash Miniconda3-latest-Linux-x86_64.sh -b", {"pip"}),
        ("python manage.py migrate", set()),
        ("cpanm EV", set()),
        ("cpanm App::cpanminus", {"cpanm"}),
        ("pip list && env A=b pip install -U pip", {"pip"}),
        ("pip list && echo pip | xargs pip install", {"pip"}),
        ('if [ "$(arch)" = x ]; then apt-get install a; fi', set()),
        ("apt-get update && apt-get install -y curl && curl x", set()),
    ],
)
def test_programs_that_a_script_may_replace(text: str, programs: set[str]) -> None:
    assert lookups(_script(text)).after == programs


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_a_program_that_a_later_part_replaces_is_the_new_one_afterwards(
    shell: str, tmp_path: Path
) -> None:
    """As RUNs of their own, and merged: the old one lies in `far`, and PATH has `near` first."""
    for folder in ("near", "far"):
        (tmp_path / folder).mkdir()
    for path, says in (("far/mypip", "old"), ("new", "new")):
        (tmp_path / path).write_text(f"#!/bin/sh\necho {says} $1 >> said\n")
        (tmp_path / path).chmod(0o755)
    runs = ["mypip a", "cp new near/mypip", "mypip b"]
    merged = rewrite(
        "FROM debian\n" + "".join(f"RUN {run}\n" for run in runs),
        select=["merge-runs"],
        unsafe_fixes=True,
        settings=Settings(merge_strategy="all"),
    )
    script = runs_of(merged.after)
    assert len(script) == 1
    environment = {"PATH": f"{tmp_path}/near:{tmp_path}/far:{os.environ['PATH']}"}
    for texts in (runs, script):
        (tmp_path / "near" / "mypip").unlink(missing_ok=True)
        (tmp_path / "said").unlink(missing_ok=True)
        for text in texts:
            subprocess.run([*shell.split(), "-c", text], cwd=tmp_path, env=environment, check=True)
        assert (tmp_path / "said").read_text() == "old a\nnew b\n"


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_shells_do_remember_where_programs_are(shell: str, tmp_path: Path) -> None:
    """The reason why a part that replaces a program it has run is put into a subshell."""
    for name, says in (("near", "new"), ("far", "old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mypip").write_text(f"#!/bin/sh\necho {says}\n")
    (tmp_path / "far" / "mypip").chmod(0o755)
    setup = f"PATH={tmp_path}/near:{tmp_path}/far:$PATH; export PATH; "
    replace = "mypip > /dev/null && chmod 755 near/mypip"

    def said(joined: str) -> str:
        (tmp_path / "near" / "mypip").chmod(0o644)
        done = subprocess.run(
            [*shell.split(), "-c", setup + joined], cwd=tmp_path, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    assert said(f"( {replace} ) && mypip") == "new"
    if shell != "busybox sh":
        assert said(f"{replace} && mypip") == "old"


def _joined(
    *texts: str,
    declared: bool = True,
    names: frozenset[str] = frozenset(),
    never_replaced: frozenset[str] = frozenset(),
) -> list[str]:
    chain: Chain | None = None
    for text in texts:
        part = part_of(text, "sh", "/", None)
        if part is None:
            return []
        if chain is None:
            chain = Chain(
                part,
                declared=declared,
                names=names,
                lookups=lookups,
                replaced=replaced,
                starts_anywhere=starts_anywhere,
                never_replaced=never_replaced,
            )
        elif not chain.add(part, 0):
            return []
    return list(chain.forms) if chain else []


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (("a", "b"), ["plain", "plain"]),
        (("a || b", "c || d"), ["plain", "group"]),
        (("a; b", "c; d", "e"), ["plain", "group", "plain"]),
        (("cd x", "b"), ["subshell", "plain"]),
        (("b", "cd x"), ["plain", "plain"]),
        # what does the same in any directory
        (("cd x", "mkdir /b && chmod 755 /b"), ["plain", "plain"]),
        (("cd x", "cd /b && make"), ["plain", "plain"]),
        (("cd x", "mkdir /b", "make"), ["subshell", "plain", "plain"]),
        (("cd x", "chmod 755 b"), ["subshell", "plain"]),
        (("cd x", "chmod -x b"), ["subshell", "plain"]),
        (("cd x", "chown --reference=/a b /c"), ["subshell", "plain"]),
        (("cd x", "echo *"), ["subshell", "plain"]),
        (("cd x", "echo $(ls)"), ["subshell", "plain"]),
        (("cd x", "echo $PWD"), ["subshell", "plain"]),
        (("cd x", "ls -l"), ["subshell", "plain"]),
        (("cd x", "cp --target-directory=b /c"), ["subshell", "plain"]),
        (("cd x", "for f in *; do echo $f; done"), ["subshell", "plain"]),
        (("cd x", "mkdir /b > c"), ["subshell", "plain"]),
        (("v=1; a", "b"), ["plain", "plain"]),
        (("v=1; a", "b", "echo $v"), ["subshell", "plain", "plain"]),
        (("V=1; a", "b"), ["subshell", "plain"]),
        (("export v=1", "b"), ["subshell", "plain"]),
        (("pip install -U pip", "b"), ["plain", "plain"]),
        (("pip install -U pip", "b", "pip3 list"), ["subshell", "plain", "plain"]),
        (("x a", "cp y /usr/bin/x", "x b"), ["subshell", "plain", "plain"]),
        (("x a", "x b", "cp y /usr/bin/x", "x c"), ["subshell", "subshell", "plain", "plain"]),
        (("x a", "cp y /usr/bin/x && x b"), ["subshell", "plain"]),
        (("x a", "x b && cp y /usr/bin/x"), ["plain", "plain"]),
        (("cp y /bin/npm && npm ci", "npm i"), ["plain", "plain"]),
        (("npm ci && cp y /bin/npm", "npm i"), ["subshell", "plain"]),
        (("pip install a", "pip install pip", "pip list"), ["subshell", "subshell", "plain"]),
        (("set -e; x a", "set -e; cp y /usr/bin/x", "set -e; b"), ["plain", "plain", "plain"]),
        (("set -e; x a", "set -e; cp y /usr/bin/x", "set -e; x b"), []),
        (("corepack enable && pnpm fetch", "pnpm install"), ["plain", "plain"]),
        (("corepack enable", "npm ci", "npm run b"), ["plain", "plain", "plain"]),
        (("! a", "! b"), ["plain", "plain"]),
        (("set -e; a", "set -e; b"), ["plain", "plain"]),
        (("set -e; a", "set -eu; b"), []),
        (("set -e; a", "b"), []),
        (("a", "set -e; b"), []),
        (("set -e; cd x; a", "set -e; b"), []),
        (("set -e; a && b", "set -e; c"), []),
        (("set -e; if a; then b; fi", "set -e; c"), []),
        (("set -e && a", "b"), []),
        (("a", "echo $?"), []),
        (("trap x EXIT", "b"), []),
        (("exec a", "b"), []),
        (("eval a", "b"), []),
        ((". ./e && a", "b"), ["subshell", "plain"]),
        ((". ./e; a", "b"), []),
        (("exit 0", "b"), ["subshell", "plain"]),
        (("if a; then exit 1; fi", "b"), ["plain", "plain"]),
        (("a || exit 1", "b"), ["plain", "plain"]),
        (("a", "b || { c; exit 2; }", "d"), ["plain", "group", "plain"]),
        (("cd x || exit 1", "b"), ["subshell", "plain"]),
        (("if a; then exit 1; else exit 0; fi", "b"), ["subshell", "plain"]),
        (("set -e; if a; then exit 1; fi; b", "set -e; c"), ["plain", "plain"]),
    ],
)
def test_joining(texts: tuple[str, ...], forms: list[str]) -> None:
    assert _joined(*texts) == forms


def test_a_program_that_nothing_can_replace_is_not_contained() -> None:
    texts = ("pip install -U pip x", "x", "pip install x", "x")
    assert _joined(*texts) == ["subshell", "subshell", "plain", "plain"]
    never_replaced = frozenset({"pip"})
    assert _joined(*texts, never_replaced=never_replaced) == ["plain", "subshell", "plain", "plain"]


def test_a_variable_of_the_environment_is_contained() -> None:
    assert _joined("v=1; a", "b", names=frozenset({"v"})) == ["subshell", "plain"]


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (("a; b", "c"), ["plain", "plain"]),
        (("a", "b; c"), ["plain", "group"]),
        (("a", "b; c", "d"), []),
        (("cd x; b", "c"), []),
        (("cd x && b", "c"), ["subshell", "plain"]),
        (("for v in x; do a; done", "b"), []),
    ],
)
def test_joining_under_a_shell_that_may_be_strict(texts: tuple[str, ...], forms: list[str]) -> None:
    assert _joined(*texts, declared=False) == forms


def test_the_kernels_limit() -> None:
    assert _joined("a" * 70_000, "b" * 70_000) == []
    assert _joined("a" * 60_000, "b" * 60_000) == ["plain", "plain"]
