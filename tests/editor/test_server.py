"""The language server, asked by pygls' own client."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types as lsp

import dockfix
from helpers.command import dockfix_command
from helpers.editor import applied, capabilities, editor, edits_of, run

# each test starts a server of its own
pytestmark = pytest.mark.slow

FIX_ALL = "source.fixAll.dockfix"
#: Characters at which Python ends a line and the protocol does not, and one outside of the BMP.
STRANGE = "# \x0c\x0b\x1c\x85\u2028\u2029 \U0001f600\n"
MERGEABLE = "RUN apt-get update\nRUN apt-get install -y git curl wget\n"
SOURCE = f"FROM python:3.12\n{STRANGE}{MERGEABLE}CMD python a.py\n"
#: The columns of two characters, in each unit.
SIZES = {"utf-8": 6, "utf-16": 3, "utf-32": 2}


@pytest.mark.parametrize("wanted", [(), ("utf-8",), ("utf-16",), ("utf-32", "utf-16")])
def test_edits_are_right_in_every_encoding(wanted: tuple[str, ...], tmp_path: Path) -> None:
    line = "RUN echo \U0001f600\xe9 && apk add a"
    source = f"FROM alpine:3.20\n{STRANGE}{line}\nCMD httpd -f\n"

    async def test() -> None:
        async with editor(tmp_path, can=capabilities(*wanted)) as client:
            assert client.encoding == (wanted[0] if wanted else "utf-16")
            uri = client.open(tmp_path / "Dockerfile", source)
            found = {one.code: one for one in await client.diagnostics(uri)}
            column = len("RUN echo  && ") + SIZES[client.encoding]
            assert found["clean-package-cache"].range == lsp.Range(
                lsp.Position(2, 0), lsp.Position(2, column + len("apk add a"))
            )
            (action,) = (await client.actions(uri, 0, FIX_ALL)).values()
            edits = edits_of(action.edit)["Dockerfile"]
            assert applied(source, edits, client.encoding) == dockfix.rewrite(source).after
            assert edits[0].range.start == lsp.Position(2, column + len("apk add"))

    run(test())


def test_no_edit_begins_or_ends_inside_of_a_line_ending(tmp_path: Path) -> None:
    source = f"FROM debian:12\r\n# a\r\n{MERGEABLE}CMD httpd\r\nCMD httpd"

    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", source)
            (action,) = (await client.actions(uri, 0, FIX_ALL)).values()
            edits = edits_of(action.edit)["Dockerfile"]
            assert applied(source, edits, "utf-16") == dockfix.rewrite(source).after != source

    run(test())


def test_nothing_is_edited_where_a_carriage_return_stands_alone(tmp_path: Path) -> None:
    """The protocol ends a line there; Neovim does not, and writes a line feed in its place."""
    source = f"FROM debian:12\n# a\rb\n{MERGEABLE}"

    async def test() -> None:
        async with editor(tmp_path, "--formatting") as client:
            uri = client.open(tmp_path / "Dockerfile", source)
            assert await client.diagnostics(uri)
            assert not await client.actions(uri, 0, last=9)
            assert not await client.text_document_formatting_async(
                lsp.DocumentFormattingParams(
                    lsp.TextDocumentIdentifier(uri), lsp.FormattingOptions(4, True)
                )
            )

    run(test())


def test_findings_follow_what_is_typed(tmp_path: Path) -> None:
    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", "FROM debian:12\n")
            assert await client.diagnostics(uri) == []
            client.type(uri, 2, "FROM debian:12\nRUNN a\n")
            client.type(uri, 3, "FROM debian:12\nBOGUS a b\n")
            (wrong,) = await client.diagnostics(uri)
            assert wrong.severity == lsp.DiagnosticSeverity.Error
            assert "BOGUS" in wrong.message
            assert wrong.range == lsp.Range(lsp.Position(1, 0), lsp.Position(1, 9))
            client.type(uri, 4, "FROM python:3.12\nCMD python a\n")
            (found,) = await client.diagnostics(uri)
            assert found.code == "exec-form"
            assert found.severity == lsp.DiagnosticSeverity.Warning
            client.text_document_did_close(
                lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri))
            )
            assert await client.diagnostics(uri) == []

    run(test())


def test_each_action_makes_what_it_says(tmp_path: Path) -> None:
    source = (
        "FROM alpine:3.20 AS a\nRUN apk add a\n\nFROM alpine:3.20\nRUN apk add b\n"
        "RUN curl x | sh\nCMD httpd -f\n"
    )

    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", source)

            async def after(line: int, title: str) -> str:
                actions = await client.actions(uri, line)
                (action,) = [one for name, one in actions.items() if name.startswith(title)]
                return applied(source, edits_of(action.edit)["Dockerfile"], "utf-16")

            one = await after(1, "clean-package-cache: add --no-cache")
            assert one == source.replace("apk add a", "apk add --no-cache a")
            every = await after(1, "clean-package-cache: all in this file")
            assert every == source.replace("apk add", "apk add --no-cache")
            assert await after(1, "dockfix: all safe changes") == dockfix.rewrite(source).after
            ignored = await after(1, "Ignore clean-package-cache here")
            assert ignored == source.replace(
                "RUN apk add a", "# dockfix: ignore=clean-package-cache\nRUN apk add a"
            )
            assert await after(1, "Ignore this file") == "# dockfix: ignore-file\n" + source
            # a note can only be ignored
            titles = list(await client.actions(uri, 0, "quickfix"))
            assert [title for title in titles if "renew-base" in title] == [
                "Ignore renew-base here, by a comment"
            ]
            assert not await client.actions(uri, 2, "quickfix")
            assert not await client.actions(uri, 1, "refactor")
            assert len(await client.actions(uri, 2, "source")) == 1

    run(test())


COMPOSE = """\
services:
  a:
    build:
      dockerfile_inline: |
        FROM alpine:3.20
        RUN echo "$$HOME" && apk add b
        RUN apk add --no-cache c
        CMD ["sh"]
  b:
    build:
      dockerfile_inline: |
        FROM alpine:3.20
        RUN apk add d
        CMD ["sh"]
"""
MARKDOWN = """\
Build it:

   ```dockerfile
   FROM alpine:3.20
   RUN apk add a
   ```
"""


@pytest.mark.parametrize(
    ("name", "language"),
    [("compose.yaml", "yaml"), ("other.yml", "dockercompose"), ("a.yml", "yaml.docker-compose")],
)
def test_dockerfiles_inside_of_compose_files(name: str, language: str, tmp_path: Path) -> None:
    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / name, COMPOSE, language)
            found = await client.diagnostics(uri)
            lines = [one.range.start.line for one in found if one.code == "clean-package-cache"]
            assert lines == [5, 12]

            async def after(line: int, title: str) -> str:
                actions = await client.actions(uri, line)
                (action,) = [one for text, one in actions.items() if text.startswith(title)]
                return applied(COMPOSE, edits_of(action.edit)[name], "utf-16")

            assert await after(5, "clean-package-cache: add --no-cache") == COMPOSE.replace(
                "add b", "add --no-cache b"
            )
            assert await after(12, "clean-package-cache: add --no-cache") == COMPOSE.replace(
                "add d", "add --no-cache d"
            )
            indent = " " * 8
            assert await after(12, "Ignore clean-package-cache here") == COMPOSE.replace(
                f"{indent}RUN apk add d",
                f"{indent}# dockfix: ignore=clean-package-cache\n{indent}RUN apk add d",
            )
            assert not [one for one in await client.actions(uri, 12) if "Ignore this file" in one]
            written = tmp_path / "compose.yaml"
            written.write_text(COMPOSE)
            assert await after(12, "dockfix: all safe") == dockfix.rewrite_file(written).after

    run(test())


def test_dockerfiles_inside_of_markdown(tmp_path: Path) -> None:
    async def test() -> None:
        async with editor(tmp_path, "--formatting") as client:
            uri = client.open(tmp_path / "README.md", MARKDOWN, "markdown")
            found = {one.code: one.range.start.line for one in await client.diagnostics(uri)}
            assert found["clean-package-cache"] == 4
            (action,) = (await client.actions(uri, 4, FIX_ALL)).values()
            edits = edits_of(action.edit)["README.md"]
            assert applied(MARKDOWN, edits, "utf-16") == MARKDOWN.replace(
                "add a", "add --no-cache a"
            )
            # other YAML is none of ours, whatever it says
            other = client.open(tmp_path / "values.yaml", COMPOSE, "yaml")
            assert not await client.actions(other, 5, last=9)
            assert not await client.text_document_formatting_async(
                lsp.DocumentFormattingParams(
                    lsp.TextDocumentIdentifier(other), lsp.FormattingOptions(4, True)
                )
            )

    run(test())


def test_a_second_ignore_comment_joins_the_first(tmp_path: Path) -> None:
    first = "# syntax=docker/dockerfile:1\r\nFROM debian:12\r\n"
    second = "  # dockfix: ignore=sort-packages  for a reason\r\n  RUN apt-get install git curl\r\n"

    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", first + second)
            actions = await client.actions(uri, 3)
            here = actions["Ignore assume-yes here, by a comment"]
            text = applied(first + second, edits_of(here.edit)["Dockerfile"], "utf-16")
            assert text == first + second.replace("packages ", "packages,assume-yes ")
            whole = edits_of(actions["Ignore this file, by a comment"].edit)["Dockerfile"]
            assert applied(first, whole, "utf-16") == first.replace(
                "FROM", "# dockfix: ignore-file\r\nFROM"
            )

    run(test())


def test_unsafe_changes_are_named_so_and_made_when_asked_for(tmp_path: Path) -> None:
    source = "FROM debian:12\nRUN apt-get update && apt-get install -y git\n"

    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", source)
            found = await client.diagnostics(uri)
            (unsafe,) = [one for one in found if one.code == "no-install-recommends"]
            assert unsafe.message.endswith("[unsafe]")
            actions = await client.actions(uri, 1, "quickfix")
            (name,) = [one for one in actions if one.startswith("no-install-recommends, unsafe")]
            text = applied(source, edits_of(actions[name].edit)["Dockerfile"], "utf-16")
            assert text == source.replace("-y git", "-y --no-install-recommends git")
            (action,) = (await client.actions(uri, 1, FIX_ALL)).values()
            text = applied(source, edits_of(action.edit)["Dockerfile"], "utf-16")
            assert "no-install-recommends" not in text

    run(test())


NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


def project(folder: Path) -> None:
    (folder / "Dockerfile").write_text(NODE)
    (folder / "package.json").write_text('{"name": "a"}')
    (folder / "package-lock.json").write_text('{"name": "a", "lockfileVersion": 3}')


@pytest.mark.parametrize("versions", [True, False])
def test_the_ignore_file_changes_too(versions: bool, tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / ".dockerignore").write_text("dist\n")
    written = dockfix.rewrite_file(tmp_path / "Dockerfile")
    (other,) = written.others

    async def test() -> None:
        async with editor(tmp_path, can=capabilities(versions=versions)) as client:
            uri = client.open(tmp_path / "Dockerfile", NODE)
            (action,) = (await client.actions(uri, 0, FIX_ALL)).values()
            assert action.edit is not None
            assert (action.edit.changes is None) is versions
            edits = edits_of(action.edit)
            assert list(edits) == [".dockerignore", "Dockerfile"]
            assert applied("dist\n", edits[".dockerignore"], "utf-16") == other.after
            assert applied(NODE, edits["Dockerfile"], "utf-16") == written.after
            # what is open counts, not what is on the disk
            client.open(tmp_path / ".dockerignore", "dist\nsrc", "ignore")
            client.type(uri, 2, NODE + "\n")
            (action,) = (await client.actions(uri, 0, FIX_ALL)).values()
            changed = applied("dist\nsrc", edits_of(action.edit)[".dockerignore"], "utf-16")
            assert changed.startswith("dist\nsrc\n")

    run(test())


@pytest.mark.parametrize("creates", [True, False])
def test_a_new_ignore_file_is_made_where_the_client_can(creates: bool, tmp_path: Path) -> None:
    project(tmp_path)
    (other,) = dockfix.rewrite_file(tmp_path / "Dockerfile", select=["dockerignore"]).others

    async def test() -> None:
        arguments = "--select", "dockerignore"
        async with editor(tmp_path, *arguments, can=capabilities(creates=creates)) as client:
            uri = client.open(tmp_path / "Dockerfile", NODE)
            actions = await client.actions(uri, 0, FIX_ALL)
            edits = {k: v for one in actions.values() for k, v in edits_of(one.edit).items()}
            if creates:
                assert list(edits) == ["new .dockerignore", ".dockerignore"]
                assert applied("", edits[".dockerignore"], "utf-16") == other.after
            else:
                assert not edits

    run(test())


def test_the_build_context_is_watched(tmp_path: Path) -> None:
    project(tmp_path)
    lock = tmp_path / "package-lock.json"
    lock.unlink()

    async def test() -> None:
        async with editor(tmp_path, can=capabilities(watches=True)) as client:
            uri = client.open(tmp_path / "Dockerfile", NODE)
            before = {one.code for one in await client.diagnostics(uri)}
            assert client.watched == ["workspace/didChangeWatchedFiles"]
            lock.write_text('{"name": "a", "lockfileVersion": 3}')
            client.workspace_did_change_watched_files(
                lsp.DidChangeWatchedFilesParams(
                    [lsp.FileEvent(lock.as_uri(), lsp.FileChangeType.Created)]
                )
            )
            after = {one.code for one in await client.diagnostics(uri)}
            assert "install-before-source" in after
            assert before != after

    run(test())


def test_hover_shows_the_page_of_the_pass(tmp_path: Path) -> None:
    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", SOURCE)
            document = lsp.TextDocumentIdentifier(uri)
            shown = await client.text_document_hover_async(
                lsp.HoverParams(document, lsp.Position(4, 3))
            )
            assert shown is not None
            assert isinstance(shown.contents, lsp.MarkupContent)
            assert "# exec-form (DF301)" in shown.contents.value
            assert not await client.text_document_hover_async(
                lsp.HoverParams(document, lsp.Position(0, 0))
            )

    run(test())


def test_formatting_is_an_option(tmp_path: Path) -> None:
    project(tmp_path)
    source = NODE + "CMD node a.js\n"

    async def formatted(*arguments: str) -> str | None:
        async with editor(tmp_path, *arguments) as client:
            if client.can.document_formatting_provider is None:
                return None
            uri = client.open(tmp_path / "Dockerfile", source)
            edits = await client.text_document_formatting_async(
                lsp.DocumentFormattingParams(
                    lsp.TextDocumentIdentifier(uri), lsp.FormattingOptions(4, True)
                )
            )
            return applied(source, list(edits or ()), "utf-16")

    async def test() -> None:
        assert await formatted() is None
        text = await formatted("--formatting", "--stdio")
        # no other file changes with it
        assert text is not None
        assert text.endswith('CMD ["node", "a.js"]\n')
        assert "COPY . .\nRUN npm ci" in text

    run(test())


def test_other_files_are_left_alone_and_settings_hold(tmp_path: Path) -> None:
    (tmp_path / ".dockfix.toml").write_text('ignore = ["exec-form"]\n')

    async def test() -> None:
        async with editor(tmp_path, "--ignore", "sort-packages") as client:
            other = client.open(tmp_path / "notes.txt", SOURCE, "plaintext")
            assert not await client.actions(other, 0)
            uri = client.open(tmp_path / "Dockerfile", SOURCE)
            codes = {one.code for one in await client.diagnostics(uri)}
            # the command line goes before the file
            assert "exec-form" in codes
            assert "merge-runs" in codes
            assert "sort-packages" not in codes
            untitled = client.open(
                tmp_path / "no" / "such" / "folder", "FROM python:3\nCMD python a\n"
            )
            assert await client.diagnostics(untitled)

    run(test())


def test_what_no_file_can_hold_is_left_alone(tmp_path: Path) -> None:
    async def test() -> None:
        async with editor(tmp_path) as client:
            uri = client.open(tmp_path / "Dockerfile", "FROM a\n# \ud83d\nCMD echo a\n")
            assert await client.diagnostics(uri) == []

    run(test())


def test_a_wrong_command_line_is_said(tmp_path: Path) -> None:
    done = dockfix_command("lsp", "Dockerfile", cwd=tmp_path)
    assert done.returncode == 2
    assert b"takes no paths" in done.stderr
    assert b"--formatting" in dockfix_command("lsp", "--help", cwd=tmp_path).stdout
    assert dockfix_command("lsp", "--select", "nothing", cwd=tmp_path).returncode == 2
