"""The reader of the passes' examples: what each form of the Markdown means, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dockfix import DockfixError
from dockfix.passes.base import Settings
from dockfix.reports.examples import Example, examples_of, read, text_of

ROOT = Path(__file__).parents[2]

EVERYTHING = r"""## Examples

With `--merge-strategy related`:

With `package.json`, `a b.bin`, `empty` in the build context:

```json package.json
{"a": "\n"}
```

```text a b.bin escaped
\x1f\x8bé\t\\ \r
two \
lines\x20\
```

```dockerfile
FROM a
RUN b \@

	# c

```

becomes, with `--unsafe-fixes`

````dockerfile
FROM a
```
````

with this `.dockerignore`:

```text
.git
```

(why, which goes
on (here))

```dockerfile escaped
FROM a\
```

becomes

```dockerfile
```

```dockerfile
FROM b
```

gets this `.dockerignore`:

```text
x
```

```dockerfile
FROM c
```

is told

> a (note): of one line

## Left alone

Why: with a colon:

```dockerfile
FROM d
```
""".replace("@", "  ")


def test_every_field_is_read_to_the_byte() -> None:
    files = (
        ("package.json", '{"a": "\\n"}\n'),
        ("a b.bin", "\x1f\udc8bé\t\\ \r\ntwo lines "),
        ("empty", ""),
    )
    assert read(EVERYTHING, "x.md") == (
        Example(
            "FROM a\nRUN b \\  \n\n\t# c\n\n",
            "FROM a\n```\n",
            "why, which goes on (here)",
            True,
            Settings(merge_strategy="related"),
            files,
            ".git\n",
        ),
        Example("FROM a", ""),
        Example("FROM b\n", ignore_file="x\n"),
        Example("FROM c\n", note="a (note): of one line"),
        Example("FROM d\n", why="Why: with a colon"),
    )


ALONE = "## Left alone\n\n"
SHOWN = "## Examples\n\n```dockerfile\nFROM a\n```\n\n"
STAYS = "Why:\n\n```dockerfile\nFROM a\n```\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "remove this one"),
        ("FROM a\n", 1, "write the heading ## Examples, or ## Left alone after it, here"),
        (f"{ALONE}{STAYS}\n## Examples\n", 9, "the heading .* there is: ## Examples$"),
        (f"{ALONE}\n{STAYS}", 2, "one empty line divides blocks: remove this one"),
        (f"{ALONE}{STAYS}\n", 8, "remove this one"),
        (f"{ALONE}{STAYS}Why:\n", 8, "an empty line must be above this one"),
        (f"{ALONE}Why\n\n```dockerfile\n```\n", 3, "why the file is left alone.*there is: Why$"),
        (f"{ALONE}Why:\n", 4, "the file ends where it needs a block ```dockerfile"),
        (f"{ALONE}Why:\n\n```text\n```\n", 5, "write a block ```dockerfile.*there is: ```text$"),
        (f"{ALONE}Why:\n\n```dockerfile\nFROM a\n", 5, "nothing closes this block: end it with"),
        (f"{ALONE}Why:\n\n```\nFROM a\n```\n", 5, "write a language behind the fence"),
        (f"{ALONE}Why:\n\n```dockerfile escaped\n\\q\n```\n", 5, r"no escape: \\q; there are"),
        (f"{SHOWN}turns into\n", 7, "write becomes, gets this .* here; there is: turns into"),
        (f"{SHOWN}becomes\n\n(why)\n", 9, "the file after here"),
        (f"{SHOWN}gets this `.dockerignore`:\n\n(why)\n", 9, "the ignore file here"),
        (f"{SHOWN}is told\n\n(why)\n", 9, "the message, as a quoted line"),
        (f"{ALONE}```json a\n1\n```\n\n{STAYS}", 3, "a once, below: With `a` in the build context"),
        (
            f"{ALONE}With `a` in the build context:\n\n```text a\n1\n```\n\n```text a\n2\n```\n",
            9,
            "a once",
        ),
    ],
)
def test_what_is_written_otherwise_is_refused_with_its_line(
    text: str, line: int, problem: str
) -> None:
    with pytest.raises(DockfixError, match=rf"^x\.md:{line}: .*(?:{problem})"):
        read(text, "x.md")


def test_a_pass_without_a_file_is_told_where_to_write_it() -> None:
    with pytest.raises(DockfixError, match=r"examples/no-pass\.md: no such file: write"):
        examples_of("no-pass")


def test_a_page_names_the_files_of_the_context_and_leaves_out_what_is_in_them() -> None:
    assert any(content for one in examples_of("locked-install") for _, content in one.files or ())
    page = text_of("locked-install")
    assert "With `package.json`, `package-lock.json` in the build context:\n\n" in page
    assert not re.search(r"^```\w+ ", page, re.MULTILINE)


def test_the_documented_form_is_one_that_is_read() -> None:
    """CONTRIBUTING.md shows a file of examples."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = re.search(r"^ *````markdown\n(.*?)^ *````$", text, re.MULTILINE | re.DOTALL)
    assert shown
    one, other = read(re.sub("^   ", "", shown[1], flags=re.MULTILINE), "CONTRIBUTING.md")
    assert one.changes
    assert one.files
    assert other.why
