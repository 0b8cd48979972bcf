"""no-late-delete: what is not copied has to be exactly what would have been removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix import Rewrite, rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings
from helpers.command import dockfix_command, git
from helpers.memory_context import Files

HEAD = "FROM debian\nWORKDIR /app\n"
FILES = {
    "app/run": "", "app/doc/a": "", "docs/a.md": "", "docs/b.md": "", "lib/x": "", "notes.txt": "",
    "we ird/x": "", "[x]": "",
}  # fmt: skip


def run(source: str, files: dict[str, str] | None = None) -> Rewrite:
    context = Files(FILES if files is None else files)
    return rewrite(source, select=["no-late-delete"], settings=Settings(context=context))


def ignoring(source: str, files: dict[str, str] | None = None) -> tuple[str, list[str]]:
    """The file and the lines that its ignore file gets."""
    result = run(source, files)
    return result.after, result.others[0].after.split() if result.others else []


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("rm -rf docs", ["docs"]),
        ("rm -r docs/", ["docs"]),
        ("rm -rf ./docs notes.txt", ["docs", "notes.txt"]),
        ("rm -fr /app/docs && rm /app/notes.txt", ["docs", "notes.txt"]),
        ("rm -r -f -- docs; rm notes.txt", ["docs", "notes.txt"]),
        ("rm app/doc/a", ["app/doc/a"]),
        ("rm -R 'docs' \\\n    \"notes.txt\"", ["docs", "notes.txt"]),
    ],
)
def test_ways_to_remove(command: str, lines: list[str]) -> None:
    source = f'{HEAD}COPY . .\nRUN {command}\nCMD ["app/run"]\n'
    after = f'{HEAD}COPY . .\nCMD ["app/run"]\n'
    assert ignoring(source) == (after, lines)


@pytest.mark.parametrize(
    "rest",
    [
        # no, or not only, an rm that is understood
        "RUN rm docs", "RUN rm -rf docs && make", "RUN rm -rf docs*", "RUN rm -rf $X",
        "RUN rm -rf docs || true", "RUN ! rm -rf docs", "RUN rm -rf docs &", "RUN rm -rfv docs",
        "RUN sudo rm -rf docs", "RUN rm -rf .", "RUN rm -rf /app", "RUN rm -rf ..", "RUN rm -rf",
        "RUN rm -rf docs > log", "RUN X=1 rm -rf docs", "RUN cd docs && rm a.md",
        "RUN --mount=type=cache,target=/x rm -rf docs", "RUN [\"rm\", \"-rf\", \"docs\"]",
        "RUN rm -rf 'we ird'", "RUN rm '[x]'", "RUN rm -rf \"\"",
        # what is removed is not only what was copied
        "RUN rm -rf docs none", "RUN rm -rf none", "RUN rm -rf docs /etc/x", "RUN rm -rf /docs",
        # somebody may have looked
        "RUN make\nRUN rm -rf docs", "RUN cat docs/a.md\nRUN rm -rf docs",
        "RUN apt-get install -y ./lib/x\nRUN rm -rf docs", "WORKDIR docs\nRUN rm -rf ../docs",
        "VOLUME /app\nRUN rm -rf docs", "ONBUILD RUN ls\nRUN rm -rf docs",
        # what is copied later lies there, too
        "COPY --from=x /docs docs\nRUN rm -rf docs", "COPY lib docs\nRUN rm -rf docs",
        "ADD https://example.org/x docs\nRUN rm -rf docs", "COPY $X .\nRUN rm -rf docs",
        # comments would be lost, or speak of others
        "# why\nRUN rm -rf docs", "RUN rm -rf \\\n# why\n docs",
        "# dockfix: ignore\nRUN rm -r docs",
        # the same context serves others
        "RUN rm -rf docs\nFROM x\nCOPY docs .", "RUN rm -rf docs\nFROM x\nCOPY . .",
        "RUN rm -rf docs\nFROM x\nCOPY d* .", "RUN rm -rf docs\nFROM x\nCOPY docs/a.md .",
        "RUN rm -rf docs\nFROM x\nRUN --mount=target=/x ls /x",
    ],
)  # fmt: skip
def test_left_alone(rest: str) -> None:
    result = run(f"{HEAD}COPY . .\n{rest}\n")
    assert not result.changed


@pytest.mark.parametrize(
    "before",
    [
        "RUN mkdir docs\nCOPY . .", "RUN git clone https://example.org/x .\nCOPY . .",
        "COPY --from=x . .\nCOPY . .", "COPY lib docs\nCOPY . .", "VOLUME /x\nCOPY . .",
        "ADD . .", "COPY docs docs", "COPY . /etc", "COPY --parents . .",
    ],
)  # fmt: skip
def test_left_alone_for_what_stands_above(before: str) -> None:
    target = "/etc/docs" if "/etc" in before else "docs"
    assert not run(f"{HEAD}{before}\nRUN rm -rf {target}\n").changed


@pytest.mark.parametrize(
    "between",
    ["ENV A=1", "LABEL a=b", "CMD x", "EXPOSE 80", "WORKDIR /srv\nWORKDIR /app", "USER 1",
     "RUN apt-get update && apt-get install -y git", "COPY --from=x /x /y", "COPY lib /lib2"],
)  # fmt: skip
def test_what_cannot_have_looked(between: str) -> None:
    source = f"{HEAD}COPY . .\n{between}\nRUN rm -rf docs\n"
    after, lines = ignoring(source)
    assert (after, lines) == (f"{HEAD}COPY . .\n{between}\n", ["docs"])


def test_a_stage_below_and_a_copy_of_a_folder() -> None:
    source = "FROM debian AS a\nWORKDIR /app\nFROM a\nCOPY app ./\nRUN rm -rf doc\n"
    assert ignoring(source) == (source.replace("RUN rm -rf doc\n", ""), ["app/doc"])


def test_other_dockerfiles_that_want_it() -> None:
    source = f"{HEAD}COPY . .\nRUN rm -rf docs\n"
    own = {**FILES, "Dockerfile": source}
    assert ignoring(source, own)[1] == ["docs"]
    for other in ("FROM a\nCOPY . .\n", "FROM a\nCOPY docs .\n", "FROM a\nBOGUS\n", source):
        assert not run(source, {**own, "docker/Dockerfile": other}).changed
    assert ignoring(source, {**own, "x.Dockerfile": "FROM a\nCOPY lib .\n"})[1] == ["docs"]


@pytest.mark.parametrize(
    ("syntax", "has"),
    [("docker/dockerfile:1", True), ("docker/dockerfile", True), ("docker/dockerfile:1.19", True),
     ("docker/dockerfile:1.20.0", True), ("docker/dockerfile:1-labs", True),
     ("docker/dockerfile:1.7-labs", True), ("docker.io/docker/dockerfile:1", True),
     ("docker/dockerfile:1@sha256:12", True), ("docker/dockerfile:1.18", False),
     ("docker/dockerfile:1.4", False), ("docker/dockerfile:1.6-labs", False)],
)  # fmt: skip
def test_exclude_where_the_frontend_has_it(syntax: str, has: bool) -> None:
    head = f"# syntax={syntax}\n{HEAD}"
    after, lines = ignoring(f"{head}COPY --chown=1 . .\nRUN rm -rf docs && rm notes.txt\n")
    if has:
        flags = "--chown=1 --exclude=docs --exclude=notes.txt"
        assert (after, lines) == (f"{head}COPY {flags} . .\n", [])
    else:
        assert (after, lines) == (f"{head}COPY --chown=1 . .\n", ["docs", "notes.txt"])


ONE = {"app/run": "", "docs/a": "", "Dockerfile": "FROM a\n", ".git/HEAD": "", ".dockerignore": ""}


@pytest.mark.parametrize(
    ("copy", "after"),
    [
        ("COPY . .", "COPY ./app ./app"),
        ("COPY ./ ./", "COPY ./app ./app"),
        ("COPY . /app", "COPY ./app /app/app"),
        ("COPY . /app/", "COPY ./app /app/app"),
        ("copy  --link .  ./", "copy  --link ./app  ./app"),
    ],
)
def test_the_one_directory_that_is_left(copy: str, after: str) -> None:
    assert ignoring(f"{HEAD}{copy}\nRUN rm -rf docs\n", ONE) == (f"{HEAD}{after}\n", [])


def test_not_narrower_than_what_is_needed() -> None:
    for files in ({**ONE, "a.py": ""}, {**ONE, "lib/x": ""}, {"app": "", "docs/a": ""}):
        after, lines = ignoring(f"{HEAD}COPY . .\nRUN rm -rf docs\n", files)
        assert (after, lines) == (f"{HEAD}COPY . .\n", ["docs"])
    after, lines = ignoring(f"{HEAD}COPY . .\nRUN rm -rf docs\nRUN git describe\n", ONE)
    assert lines == ["docs"]


def test_empty_lines_and_the_end_of_the_file() -> None:
    for end in ("", "\n"):
        source = f"{HEAD}COPY . .\n\nRUN rm -rf docs{end}"
        assert ignoring(source)[0] == f"{HEAD}COPY . .{end}"
    source = f"{HEAD}COPY . .\r\n\r\nRUN rm -rf docs\r\n\r\nCMD x\r\n"
    assert ignoring(source)[0] == f"{HEAD}COPY . .\r\n\r\nCMD x\r\n"


def test_a_link_is_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("docs")
    settings = Settings(context=DirectoryContext(str(tmp_path)))
    source = f"{HEAD}COPY . .\nRUN rm -rf link\n"
    assert not rewrite(source, select=["no-late-delete"], settings=settings).changed


def test_the_patch_and_the_files_in_place(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    source = f"{HEAD}COPY . .\nRUN rm -rf docs\nRUN make\n"
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "Dockerfile").write_text(source)
    done = dockfix_command("--diff", cwd=tmp_path)
    git("apply", cwd=tmp_path, given=done.stdout)
    after = f"{HEAD}COPY . .\nRUN make\n"
    assert (tmp_path / "Dockerfile").read_text() == after
    assert (tmp_path / ".dockerignore").read_text().split()[0] == "docs"
    wanted = (tmp_path / ".dockerignore").read_bytes()
    assert dockfix_command("--diff", cwd=tmp_path).stdout == b""
    git("apply", "--reverse", cwd=tmp_path, given=done.stdout)
    assert dockfix_command("--in-place", cwd=tmp_path).returncode == 0
    assert (tmp_path / "Dockerfile").read_text() == after
    assert (tmp_path / ".dockerignore").read_bytes() == wanted
