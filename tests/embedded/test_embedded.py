"""Dockerfiles inside of Compose files and Markdown."""

from __future__ import annotations

import json
import time
from itertools import product
from pathlib import Path

import pytest
import yaml

from dockfix import DockerfileSyntaxError, rewrite, rewrite_file
from dockfix.edit.edits import Edit, apply
from dockfix.embedded import blocks_of
from helpers.command import dockfix_command, git

COMPOSE = """\
# what runs here
services:
  web:   {image: nginx}
  api:
    build:
      context: ./api
      dockerfile_inline: |
        FROM debian:12
        # greet

        RUN echo "$$HOME"   # kept
        USER 1000
        CMD python /app/main.py
    ports: ["80:80"]   # behind it
  job:
    build:
      dockerfile_inline: |-
          FROM alpine:3.20
          run echo a

volumes: {}
"""
REWRITTEN = """\
# what runs here
services:
  web:   {image: nginx}
  api:
    build:
      context: ./api
      dockerfile_inline: |
        FROM debian:12
        # greet

        RUN echo "$$HOME"   # kept
        USER 1000
        CMD ["python", "/app/main.py"]
    ports: ["80:80"]   # behind it
  job:
    build:
      dockerfile_inline: |-
          FROM alpine:3.20
          RUN echo a

volumes: {}
"""
MARKDOWN = """\
# How to

1. Write this:

   ```dockerfile title="Dockerfile"
   FROM debian:12

   CMD python /app/main.py
   ```

~~~~ Dockerfile
FROM debian:12
# ~~~
cmd ["a"]
~~~~

```sh
FROM debian:12
cmd a
```

```dockerfile
cmd a
```

```dockerfile
FROM <your image>
cmd a
"""


def inline(text: str) -> list[str]:
    services = yaml.safe_load(text)["services"].values()
    return [one["build"]["dockerfile_inline"] for one in services if "build" in one]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_compose_file_keeps_every_other_byte(tmp_path: Path, end: str) -> None:
    path = tmp_path / "compose.yaml"
    path.write_bytes(COMPOSE.replace("\n", end).encode())
    result = rewrite_file(path)
    assert [(one.name, one.line, one.column) for one in result.applied] == [
        ("exec-form", 13, 9),
        ("keyword-case", 19, 11),
    ]
    assert path.read_bytes() == COMPOSE.replace("\n", end).encode()
    rewrite_file(path, in_place=True)
    assert path.read_bytes() == REWRITTEN.replace("\n", end).encode()
    assert not rewrite_file(path).changed


def test_reports_and_patches_speak_of_the_file_around(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    done = dockfix_command("--check", "compose.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert b"compose.yaml:13:9: DF301 exec-form" in done.stdout
    patch = dockfix_command("--diff", "compose.yaml", cwd=tmp_path).stdout
    report = dockfix_command("--output-format", "json", "compose.yaml", cwd=tmp_path).stdout
    (tmp_path / "a.patch").write_bytes(patch)
    git("apply", "a.patch", cwd=tmp_path)
    assert (tmp_path / "compose.yaml").read_text() == REWRITTEN
    (file,) = json.loads(report)["files"]
    lines = COMPOSE.splitlines(keepends=True)

    def offset(line: int, column: int) -> int:
        return sum(map(len, lines[: line - 1])) + column - 1

    edits = [
        Edit(offset(e["line"], e["column"]), offset(e["endLine"], e["endColumn"]), e["text"])
        for fix in file["fixes"]
        for e in fix
    ]
    assert apply(COMPOSE, edits) == REWRITTEN
    # from standard input to standard output
    piped = dockfix_command(
        "-", "--stdin-filename", "compose.yaml", cwd=tmp_path, given=COMPOSE.encode()
    )
    assert piped.stdout.decode() == REWRITTEN


def test_the_context_is_the_one_that_compose_names(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "here").touch()
    (tmp_path / "there").touch()
    text = COMPOSE.replace("# greet", "COPY here there /a/")
    (tmp_path / "compose.yaml").write_text(text)
    notes = rewrite_file(tmp_path / "compose.yaml").notes
    assert ["find-source" in one.name for one in notes].count(True) == 1
    assert "there" in next(one.message for one in notes if one.name == "find-source")


@pytest.mark.parametrize(
    "value",
    [
        # Compose puts something there
        "|\n        FROM a:${TAG}\n        cmd a\n",
        "|\n        FROM a\n        cmd $X\n",
        # lines that are not those of the file
        ">\n        FROM a\n\n        cmd a\n",
        '"FROM a\\ncmd a\\n"',
        "FROM a",
        "|\n",
        "[1]",
        "*x",
    ],
)
def test_what_is_not_exactly_known_is_left_alone(value: str) -> None:
    text = f"services:\n  a:\n    build:\n      dockerfile_inline: {value}\n    image: b\n"
    assert blocks_of("compose.yaml", text) == []


@pytest.mark.parametrize(
    "header", ["|", "|-", "|+", "|2", "|2-", "|+2", "| # here", "&x |", "!!str |"]
)
def test_headers_of_values(header: str) -> None:
    body = "        FROM a\n        cmd a\n\n"
    text = f"services:\n  a:\n    build:\n      dockerfile_inline: {header}\n{body}    image: b\n"
    (block,) = blocks_of("compose.yaml", text)
    assert block.text == inline(text)[0]


def test_a_value_at_the_end_and_one_that_is_used_twice() -> None:
    text = "x-a: &a |\n  FROM a\n  cmd a\nservices:\n"
    text += "".join(f"  {one}: {{build: {{dockerfile_inline: *a}}}}\n" for one in "bc")
    (block,) = blocks_of("compose.yaml", text)
    assert block.text == "FROM a\ncmd a\n"
    (last,) = blocks_of("c.yaml", "services:\n a:\n  build:\n   dockerfile_inline: |\n    FROM a")
    assert last.text == "FROM a"


def test_a_broken_dockerfile_is_named_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE.replace("USER 1000", "RUN <<X"))
    with pytest.raises(DockerfileSyntaxError) as raised:
        rewrite_file(path)
    assert (raised.value.line, raised.value.column) == (12, 13)


def test_markdown(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(MARKDOWN)
    result = rewrite_file(path, in_place=True)
    assert [(one.line, one.name) for one in result.applied] == [
        (8, "exec-form"),
        (14, "keyword-case"),
    ]
    expected = MARKDOWN.replace("   CMD python /app/main.py", '   CMD ["python", "/app/main.py"]')
    assert path.read_text() == expected.replace('cmd ["a"]', 'CMD ["a"]')


def test_a_search_looks_inside_if_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(MARKDOWN)
    (tmp_path / "docs" / "b.md").write_text("# nothing\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert dockfix_command("--show-files", cwd=tmp_path).stdout == b"Dockerfile\n"
    everything = b"Dockerfile\ncompose.yaml\ndocs/a.md\n"
    assert dockfix_command("--show-files", "--embedded", cwd=tmp_path).stdout == everything
    (tmp_path / ".dockfix.toml").write_text("embedded = true\nexclude = ['docs/']\n")
    assert dockfix_command("--show-files", cwd=tmp_path).stdout == b"Dockerfile\ncompose.yaml\n"


@pytest.mark.parametrize(("name", "text"), [("compose.yaml", COMPOSE), ("a.md", MARKDOWN)])
def test_comments_that_ignore_are_written_inside(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert dockfix_command("--check", "--quiet", name, cwd=tmp_path).returncode == 1
    assert dockfix_command("--add-ignores", name, cwd=tmp_path).returncode == 0
    lines = file.read_text().splitlines(keepends=True)
    comments = [at for at, line in enumerate(lines) if "# dockfix: ignore=" in line]
    assert len(comments) == 2
    for at in comments:
        below = lines[at + 1]
        indent = len(below) - len(below.lstrip())
        assert lines[at].index("#") == indent
    assert "".join(line for at, line in enumerate(lines) if at not in comments) == text
    assert dockfix_command("--check", name, cwd=tmp_path).returncode == 0
    before = file.read_bytes()
    assert dockfix_command("--add-ignores", name, cwd=tmp_path).returncode == 0
    assert file.read_bytes() == before


@pytest.mark.parametrize("command", ["verify", "measure"])
def test_what_is_for_dockerfiles_only_says_so(command: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    done = dockfix_command(command, "compose.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert b"error: compose.yaml: " in done.stderr
    assert b"ockerfiles" in done.stderr
    assert (tmp_path / "compose.yaml").read_text() == COMPOSE


@pytest.mark.parametrize(
    "line",
    [
        "```a" + " " * 300_000 + "b",
        "`" * 300_000 + "~",
        "```x\n" * 60_000,
        "``` dockerfile\nFROM\n" * 40_000,
    ],
)
def test_no_document_takes_long(line: str) -> None:
    start = time.process_time()
    blocks_of("a.md", line)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("line", ["|" * 300_000, "a: &a [" * 900, "- " * 300_000])
def test_no_compose_file_takes_long(line: str) -> None:
    start = time.process_time()
    text = f"services: {{a: {{build: {{dockerfile_inline: {line}}}}}}}\n"
    assert blocks_of("compose.yaml", text) == []
    assert blocks_of("compose.yaml", f"# dockerfile_inline\n{line}\n") == []
    assert time.process_time() - start < 2


#: Edits of `a$\n\nb\n`, at all places, with what an edit may say.
EDITED = "a$\n\nb\n"


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("compose.yaml", "services:\n a:\n  build:\n   dockerfile_inline: |\n{}   context: .\n"),
        ("a.md", "- x\n\n    ```dockerfile\n{}    ```\n"),
    ],
)
def test_an_edit_of_a_block_is_one_of_the_file(name: str, around: str) -> None:
    source = "FROM x\n" + EDITED
    sign = "$$" if name == "compose.yaml" else "$"
    lines = source.replace("$", sign).splitlines(keepends=True)
    text = around.format("".join(f"    {line}" if line.strip() else line for line in lines))
    (block,) = blocks_of(name, text)
    assert block.text == source
    spans = [(s, e) for s, e in product(range(7, len(source) + 1), repeat=2) if s <= e]
    for (start, end), new in product(spans, ["", "$", "\n", "c\n", "\nc", "c\n\nd", "c\nd\n"]):
        after = source[:start] + new + source[end:]
        if not after.endswith("\n") or after.endswith("\n\n"):
            continue
        file = apply(text, [block.edit(Edit(start, end, new))])
        (found,) = blocks_of(name, file)
        assert found.text == after, (start, end, new)
        # nothing else changed, and no blanks were left on empty lines
        assert file.startswith(text[: block.place(7) - 4])
        assert file.endswith(text[-8:])
        assert not [line for line in file.splitlines() if line != line.rstrip()]


def test_a_rewrite_of_a_block_is_that_of_a_dockerfile() -> None:
    """Merged RUNs, new lines, removed lines: all come out as they do alone."""
    source = (
        "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y git curl \\\n    wget\n"
        "MAINTAINER me\n\nCMD echo $HOME\nCMD python a.py\n"
    )
    text = "services:\n a:\n  build:\n   dockerfile_inline: |\n"
    text += "".join(
        f"    {line}" if line.strip() else line
        for line in source.replace("$", "$$").splitlines(keepends=True)
    )
    alone = rewrite(source)
    from dockfix.embedded.rewriting import rewrite_blocks

    inside = rewrite_blocks("compose.yaml", text, lambda block: rewrite(block.text))
    assert alone.changed
    assert inline(inside.after) == [alone.after.replace("$", "$$")]
    assert [one.message for one in inside.findings] == [one.message for one in alone.findings]
    assert [fix.groups for fix in inside.fixes] == [fix.groups for fix in alone.fixes]
    edits = [edit for fix in inside.fixes for edit in fix.edits]
    assert apply(text, edits) == inside.after
