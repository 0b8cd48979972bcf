"""copy-not-add: what a builder would fetch or take apart stays an ADD."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings
from dockfix.state.archives import is_remote, only_copied

#: References that BuildKit's own tests read as Git repositories, and URLs.
REMOTE = [
    "git://github.com/user/repo.git",
    "git://host.xz/path/to/repo.git/",
    "git@github.com:moby/buildkit",
    "git@github.com:moby/buildkit.git#main:sub",
    "ssh://git@subdomain.example.com:2222/root/subdir/buildkit",
    "custom.user-name@app.example.com:project/repo.git",
    "https://github.com/moby/buildkit.git#v1",
    "http://github.com/moby/buildkit.git",
    "HTTPS://example.com/a.py",
    "https://example.com/app.py",
]


@pytest.mark.parametrize("source", REMOTE)
def test_what_is_fetched_stays(source: str) -> None:
    assert is_remote(source)
    assert not rewrite(f"FROM x\nADD {source} /srv/\n", select=["copy-not-add"]).changed
    assert not rewrite(f"FROM x\nADD a.py {source} /srv/\n", select=["copy-not-add"]).changed


@pytest.mark.parametrize(
    "source",
    [".git", "./repo.git", "github.com/moby/buildkit", "a/b@c.txt", "a#b.txt", "x:y", "/etc/motd"],
)
def test_what_only_looks_like_a_reference_is_local(source: str) -> None:
    after = rewrite(f"FROM x\nADD {source} /srv/\n", select=["copy-not-add"]).after
    assert after == f"FROM x\nCOPY {source} /srv/\n"


@pytest.fixture
def context(tmp_path: Path) -> DirectoryContext:
    """Archives of every kind that BuildKit takes apart, and other files, all called alike."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside.tar").write_text("x")
    for kind in ("v7", "gnu", "ustar", "pax"):
        subprocess.run(
            ["tar", f"--format={kind}", "-cf", tmp_path / f"tar-{kind}", "folder"],
            cwd=tmp_path,
            check=True,
        )
    tar = (tmp_path / "tar-v7").read_bytes()
    (tmp_path / "tar-gzip").write_bytes(gzip.compress(tar))
    (tmp_path / "tar-bzip2").write_bytes(bz2.compress(tar))
    (tmp_path / "tar-xz").write_bytes(lzma.compress(tar))
    (tmp_path / "tar-zstd").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    (tmp_path / "plain-empty").write_bytes(b"")
    (tmp_path / "plain-zeros").write_bytes(bytes(1024))
    (tmp_path / "plain-digits").write_bytes(b"0123456" * 200)
    (tmp_path / "plain-latin").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "plain-program").write_bytes(Path("/bin/sh").resolve().read_bytes())
    (tmp_path / "plain-link").symlink_to("plain-zeros")
    return DirectoryContext(str(tmp_path))


def test_what_is_taken_apart_is_seen_in_the_context(
    context: DirectoryContext, tmp_path: Path
) -> None:
    names = sorted(path.name for path in tmp_path.iterdir())
    seen = {name: only_copied(name, context) for name in names}
    assert seen == {name: not name.startswith("tar-") for name in names}
    assert {only_copied("./" + name, context) for name in names if "tar-" in name} == {False}
    assert only_copied("folder/", context)


def test_what_a_pattern_names_is_seen_in_the_context(
    context: DirectoryContext, tmp_path: Path
) -> None:
    (tmp_path / "plain-zeros.lock").write_bytes(b"")
    for name in ("one", "one.tgz", "two", "two-tar", "folder/a", "folder/a.lock"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "two-tar").write_bytes((tmp_path / "tar-gzip").read_bytes())
    for source in ("plain-zeros*", "./plain-zeros*", "/plain-zeros*", "folder/a*"):
        assert only_copied(source, context), source
        assert not only_copied(source, None), source
    for source in (
        "one*",
        "two*",
        "plain*",
        "tar-gzip*",
        "*",
        "plain-z*s*",
        "plain-zero?",
        "$X/a*",
    ):
        assert not only_copied(source, context), source


def test_a_rewrite_asks_the_context(context: DirectoryContext) -> None:
    settings = Settings(context=context)
    for name, keyword in (("tar-gzip", "ADD"), ("plain-zeros", "COPY"), ("nothing", "COPY")):
        done = rewrite(f"FROM x\nADD {name} /srv/\n", select=["copy-not-add"], settings=settings)
        assert done.after == f"FROM x\n{keyword} {name} /srv/\n"


def test_the_context_of_this_build_says_nothing_of_the_next(context: DirectoryContext) -> None:
    settings = Settings(context=context)
    done = rewrite("FROM x\nONBUILD ADD tar-gzip /\n", select=["copy-not-add"], settings=settings)
    assert done.after == "FROM x\nONBUILD COPY tar-gzip /\n"


def test_words_over_several_lines() -> None:
    before = 'FROM x\nAdd a.py \\\n    # the second\n    "b.py" \\\n    /srv/\n'
    after = before.replace("Add", "Copy")
    assert rewrite(before, select=["copy-not-add"]).after == after


@pytest.mark.parametrize("text", ['ADD "$X" /', "ADD '$X' /", "ADD \\$X /", "ADD ${X:-a.py /"])
def test_quoted_variables_stay(text: str) -> None:
    assert not rewrite(f"FROM x\n{text}\n", select=["copy-not-add"]).changed
