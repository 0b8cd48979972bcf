"""Cases in folders of `fixtures`: what becomes of a Dockerfile in its build context.

A case is a folder: the build context, with its Dockerfile. In `expected`, which is no part of the
context, lie

- `Dockerfile`, what becomes of it, and `.dockerignore`, if that changes;
- `says`, a line for each finding: what became of it, its pass, and its message (may be missing:
  then nobody asks what is said);
- `refusal` instead, if the file is refused: the message;
- `options`, the options of the command with which it is tried; none are the defaults.

`pytest --update-cases` shows how the folders would have to change; with `--accept` it changes them.
"""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from dockfix import DockerfileSyntaxError, Rewrite, rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.dockerfile.source import decode, encode
from dockfix.passes.base import Settings

ROOT = Path(__file__).parents[2] / "fixtures"
#: The files of `expected` that say what has to come out.
RESULTS = ("Dockerfile", ".dockerignore", "says", "refusal")


class Case(NamedTuple):
    """A folder with a Dockerfile, its build context, and what is expected."""

    folder: Path

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def options(self) -> list[str]:
        """The options of the command with which the case is tried."""
        file = self.folder / "expected" / "options"
        return file.read_text().split() if file.exists() else []

    @property
    def passes(self) -> list[str] | None:
        """The passes of `--select`; None: the default ones."""
        options = self.options
        return options[options.index("--select") + 1].split(",") if options else None

    @property
    def dockerfile(self) -> bytes:
        return (self.folder / "Dockerfile").read_bytes()

    def expected(self) -> dict[str, bytes]:
        """What has to come out, by the name of the file in `expected`."""
        files = {name: self.folder / "expected" / name for name in RESULTS}
        return {name: file.read_bytes() for name, file in files.items() if file.exists()}

    def rewritten(self, root: Path, *, unsafe: bool = False) -> Rewrite:
        """What becomes of the Dockerfile of a copy. Raises DockerfileSyntaxError."""
        return rewrite(
            (root / "Dockerfile").read_bytes(),
            select=self.passes,
            unsafe_fixes=unsafe,
            settings=Settings(context=DirectoryContext(str(root))),
        )

    def found(self, root: Path) -> dict[str, bytes]:
        """What comes out for a copy, as `expected` has it."""
        try:
            result = self.rewritten(root)
        except DockerfileSyntaxError as error:
            return {"refusal": f"{error}\n".encode()}
        files = {"Dockerfile": encode(result.after), "says": says(result).encode()}
        return files | {other.path: encode(other.after) for other in result.others}

    def copy(self, target: Path) -> Path:
        """A copy of the build context."""
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns("expected"))
        return target


def cases(*kinds: str) -> list[Case]:
    """The cases of some folders of `fixtures`, by name."""
    found = [Case(path.parent) for kind in kinds for path in ROOT.glob(f"{kind}/*/Dockerfile")]
    assert found
    return sorted(found)


def every(*kinds: str) -> pytest.MarkDecorator:
    """The mark of a test that is run for each case of some folders."""
    return pytest.mark.parametrize("case", cases(*kinds), ids=lambda case: case.name)


def says(result: Rewrite) -> str:
    """The findings, a line for each."""
    lines = [
        f"{what} {finding.name}: {finding.message}\n"
        for what in ("applied", "offered", "notes")
        for finding in getattr(result, what)
    ]
    return "".join(lines)


class Update:
    """How the folders would have to change; they are changed if that was accepted."""

    def __init__(self, *, accept: bool) -> None:
        self.accept = accept
        self.differences: list[str] = []

    def take(self, case: Case, found: dict[str, bytes]) -> None:
        """Notes what differs for a case."""
        expected = case.expected()
        if "says" not in expected:
            found.pop("says", None)
        for name in sorted(expected.keys() | found.keys()):
            old, new = expected.get(name, b""), found.get(name, b"")
            if old == new and (name in expected) == (name in found):
                continue
            file = case.folder / "expected" / name
            label = f"{case.name}/expected/{name}"
            self.differences += difflib.unified_diff(
                decode(old).splitlines(keepends=True),
                decode(new).splitlines(keepends=True),
                label if name in expected else "/dev/null",
                label if name in found else "/dev/null",
            )
            if self.accept and name in found:
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(new)
            elif self.accept:
                file.unlink()

    def shown(self) -> str:
        """What would change, for people to read before they accept it."""
        if not self.differences:
            return "All cases are as expected."
        lines = [line if line.endswith("\n") else f"{line}\n" for line in self.differences]
        text = "".join(lines).encode(errors="backslashreplace").decode()
        done = "Written." if self.accept else "Nothing is written. If all of it is right: --accept."
        return f"{text}\n{done}"
