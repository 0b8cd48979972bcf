"""The documents agree with the program: pages of passes, links, options, tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dockfix.cli.build_options import COMMANDS
from dockfix.cli.fleet import FLEET
from dockfix.cli.lsp import LSP
from dockfix.cli.options import TABLE
from dockfix.passes import PASSES
from dockfix.passes.base import Pass
from dockfix.reports.examples import examples_of
from dockfix.reports.pages import pages, write

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda path: path.as_posix()
)
#: Options of other programs that the documents may name.
FOREIGN = {
    "--accept", "--all", "--call", "--count", "--driver", "--driver-opt", "--format",
    "--keys", "--mirror", "--name", "--ubuntu", "--update-cases",
    "--branch", "--config-file", "--file", "--install-extension", "--message", "--rm",
    "--process-slot-var", "--user", "--wheel-dir",
    "--repo", "--repos",
    "--assume-no", "--checksum", "--chmod", "--chown", "--deploy", "--fix", "--force", "--from",
    "--frozen-lockfile", "--git", "--help", "--immutable", "--keep-git-dir", "--link", "--locked",
    "--mount", "--network", "--no-cache", "--no-cache-dir", "--no-deps", "--no-document",
    "--no-install-project", "--no-install-recommends", "--no-root",
    "--no-optional", "--no-rdoc", "--no-recommends", "--no-ri",
    "--noconfirm", "--omit", "--only", "--platform", "--production", "--real", "--setopt",
    "--strict", "--unpack", "--virtual", "--write",
}  # fmt: skip
_FENCE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1[ ]*$", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    """A document's path in the project, for the names of tests."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    """A document without its blocks of code."""
    return _FENCE.sub("", path.read_text())


def anchors(path: Path) -> set[str]:
    """The anchors that a document's headings get."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ +(.+?) *$", text_of(path), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower()
        base = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (anchor := base if not number else f"{base}-{number}") in found:
            number += 1
        found.add(anchor)
    return found


def broken_links(path: Path) -> list[str]:
    """The links of a document that lead to no file or heading."""
    prose = re.sub(r"`[^`\n]*`", "", text_of(path))
    broken = []
    for link in re.findall(r"\]\(<?([^)>\s]+)>?[^)]*\)|^\[[^\]]+\]: +(\S+)", prose, re.MULTILINE):
        target = link[0] or link[1]
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        other = (path.parent / file).resolve() if file else path
        if not other.exists() or (anchor and anchor not in anchors(other)):
            broken.append(target)
    return broken


def test_the_pages_are_those_the_program_writes(tmp_path: Path) -> None:
    """If not: python -m dockfix.reports.pages docs/passes"""
    committed = {path.name: path.read_bytes() for path in (ROOT / "docs" / "passes").iterdir()}
    write(str(tmp_path))
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(committed) == sorted(written)
    stale = [page for page in written if written[page] != committed[page]]
    assert not stale


def test_writing_removes_pages_of_passes_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("# gone\n")
    (tmp_path / "other.txt").write_text("kept")
    write(str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {*pages(), "other.txt"}


@pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)
def test_a_page_has_everything(one: Pass) -> None:
    page = pages()[f"{one.name}.md"]
    assert page.startswith(f"# {one.name} ({one.code})\n")
    for example in examples_of(one.name):
        assert example.before in page
        assert example.after is None or example.after in page
        assert example.why in page
    shown = any(example.changes or example.note for example in examples_of(one.name))
    assert ("## Examples" in page) is shown
    assert "## Left alone" in page
    assert "Safety" in page
    assert page.count("```") % 2 == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    assert not broken_links(path)


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One `two` three!\n\n```\n# four\n```\n")
    path = tmp_path / "page.md"
    path.write_text(
        "[a](other.md) [b](other.md#one-two-three) [c](#here) [d](https://example.org/x)\n"
        "`[e](nowhere)`\n\n# Here\n\n"
        "[f](nowhere.md) [g](other.md#four) [h](#there)\n\n[i]: missing.md\n"
    )
    assert broken_links(path) == ["nowhere.md", "other.md#four", "#there", "missing.md"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_options_exist(path: Path) -> None:
    commands = (*COMMANDS.values(), LSP, FLEET)
    table = [*TABLE, *(row for command in commands for row in command.table)]
    flags = {row.flag for row in table if row.flag}
    flags |= {"--no-" + row.flag[2:] for row in table if row.flag and row.kind == "toggle"}
    text = text_of(path) if path.parent.name == "passes" else path.read_text()
    for line in text.split("\n"):
        said = re.findall(r"(?<![\w/<!-])--[a-z][a-z-]+(?![\w>])", line)
        if re.search(r"\bdockfix +(?:-|verify |measure |lsp |fleet )", line):
            # a command line of dockfix knows no foreign options, up to its end
            command = re.split(r"[|;&`]", line[line.index("dockfix") :])[0]
            own = re.findall(r"(?<![\w/<!-])--[a-z][a-z-]+", command)
            assert set(own) <= flags | {"--help"}
        assert set(said) <= flags | FOREIGN


def test_the_readme_lists_every_pass() -> None:
    rows = [line for line in README.read_text().split("\n") if line.startswith("|")]
    for one in PASSES:
        assert any(
            one.code in row and one.name in row and one.safety.value in row for row in rows
        ), f"no row with {one.code}, {one.name} and {one.safety.value}"


def test_the_readme_names_the_command_that_runs_the_tests() -> None:
    lines = [line.strip() for line in README.read_text().split("\n")]
    named = [line.removeprefix("$ ") for line in lines if "python -m pytest" in line]
    install = "pip install -e '.[dev]' && python -m pytest"
    assert named == [install, f"{install} --all"]
