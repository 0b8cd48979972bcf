"""Many real files at once: nothing breaks, nothing is lost, nothing is left for a second run, and
a default run before one with unsafe fixes changes nothing about what the latter leaves.

`DOCKFIX_CORPUS=FOLDER pytest tests/proofs/test_corpus.py` takes every file below a folder; without
it the fixtures have to do.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pytest

from dockfix import CheckFailed, DockerfileSyntaxError, Rewrite, rewrite
from dockfix.context import Context
from dockfix.context.directory import DirectoryContext
from dockfix.core.diff import unified
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.dockerfile.tree import Comment, Dockerfile
from dockfix.edit.ignores import pragma_of
from dockfix.passes.base import Settings
from dockfix.state.facts import Facts
from helpers.buildkit import ask, newer_than_oracle
from helpers.command import git
from helpers.corpus_files import corpus_files


class Result(NamedTuple):
    """What became of a file: its new bytes (None: refused) and everything that is wrong with it."""

    path: Path
    before: bytes
    after: bytes | None
    wrong: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.after not in (None, self.before)


def work(path: Path, *, unsafe: bool) -> Result:
    """Rewrites a file twice, in its folder as the build context."""
    before = path.read_bytes()
    context = DirectoryContext(str(path.parent))
    settings = Settings(context=context)
    try:
        rewritten = rewrite(before, unsafe_fixes=unsafe, settings=settings)
        after = encode(rewritten.after)
        for other in rewritten.others:
            settings = Settings(context=context.with_ignore_text(other.after))
        if after == before:
            return Result(path, before, after, ())
        wrong = list(_wrong(before, after))
        if rewrite(after, unsafe_fixes=unsafe, settings=settings).changed:
            wrong.append("a second run changes it again")
        if unsafe:
            wrong += _apart(before, context, rewritten)
    except DockerfileSyntaxError:
        return Result(path, before, None, ())
    except CheckFailed as error:
        return Result(path, before, None, (str(error),))
    except Exception as error:
        return Result(path, before, None, (f"crash: {error!r}",))
    return Result(path, before, after, tuple(wrong))


def _wrong(before: bytes, after: bytes) -> Iterator[str]:
    old, new = parse(before), parse(after)
    if lost := _comments(old) - _comments(new):
        yield f"comments are lost: {lost}"
    if len(old.stages) != len(new.stages):
        yield "a stage came or went"
    if before.endswith(b"\n") and not after.endswith(b"\n"):
        yield "the last line has lost its ending"
    if (b"\r\n" in before) != (b"\r\n" in after):
        yield "line endings have changed"


def _apart(before: bytes, context: DirectoryContext, at_once: Rewrite) -> Iterator[str]:
    """How a default run and then one with unsafe fixes differ from `at_once`, which is both."""
    default = rewrite(before, settings=Settings(context=context))
    left: Context = context
    for other in default.others:
        left = left.with_ignore_text(other.after)
    then = rewrite(default.after, unsafe_fixes=True, settings=Settings(context=left))
    if then.after != at_once.after:
        yield "a default run before the unsafe one leaves another file"
    others = {other.path: other.after for other in (*default.others, *then.others)}
    if others != {other.path: other.after for other in at_once.others}:
        yield "a default run before the unsafe one leaves another ignore file"
    for offer in default.offered:
        # a larger change may have taken it in
        if not any(
            made.name == offer.name and made.start <= offer.end and offer.start <= made.end
            for made in at_once.applied
        ):
            yield f"is offered, and not made: {offer.name} in line {offer.line}"


def _comments(tree: Dockerfile) -> Counter[str]:
    comments = [item for item in tree.items if isinstance(item, Comment)]
    comments += [comment for one in tree.instructions for comment in one.comments]
    return Counter(one.text.strip(" \t\r") for one in comments if not pragma_of(one.text))


@pytest.fixture(scope="module", params=[False, True], ids=["safe", "unsafe"])
def results(request: pytest.FixtureRequest) -> list[Result]:
    paths = corpus_files()
    do = partial(work, unsafe=request.param)
    if len(paths) < 500:
        found = list(map(do, paths))
    else:
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            found = list(pool.map(do, paths, chunksize=32))
    assert any(result.changed for result in found)
    return found


def test_nothing_is_wrong_with_any_file(results: list[Result]) -> None:
    assert {str(result.path): result.wrong for result in results if result.wrong} == {}


def test_buildkit_reads_what_is_written(results: list[Result]) -> None:
    texts = {}
    for result in results:
        if result.changed and result.after is not None:
            try:
                texts[result.path] = result.after.decode()
            except UnicodeDecodeError:
                continue  # the oracle takes text only
    known = {path: text for path, text in texts.items() if not newer_than_oracle(text)}
    answers = dict(zip(known, ask(list(known.values())), strict=True))
    assert {path: answer for path, answer in answers.items() if isinstance(answer, str)} == {}


def test_git_applies_the_patches_all_at_once(results: list[Result], tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    changed = [result for result in results if result.changed]
    patches = []
    for number, result in enumerate(changed):
        assert result.after is not None
        (tmp_path / str(number)).write_bytes(result.before)
        patches.append(unified(result.before, result.after, str(number)))
    git("-c", "core.autocrlf=false", "apply", cwd=tmp_path, given=b"".join(patches))
    for number, result in enumerate(changed):
        assert (tmp_path / str(number)).read_bytes() == result.after, result.path


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_shells_can_read_what_they_could(results: list[Result], shell: str, tmp_path: Path) -> None:
    """Every script that is new in a file whose scripts the shell could read before."""
    scripts: dict[str, list[Path]] = {}
    unread = _refused(
        {text for one in results if one.changed for text in _scripts(one.before, shell)},
        shell,
        tmp_path / "before",
    )
    for result in results:
        if result.changed and result.after is not None:
            old = set(_scripts(result.before, shell))
            if not old & unread:
                for text in set(_scripts(result.after, shell)) - old:
                    scripts.setdefault(text, []).append(result.path)
    assert scripts
    refused = _refused(set(scripts), shell, tmp_path / "after")
    assert {text: scripts[text] for text in refused} == {}


def _scripts(source: bytes, shell: str) -> Iterator[str]:
    tree = parse(decode(source))
    known = Facts(tree).places
    for one in tree.instructions:
        run, place = one.child or one, known.get(one.start)
        if run.keyword != "RUN" or run.json is not None or run.heredocs or place is None:
            continue
        if place.shell.dialect is not None and (place.shell.dialect != "bash" or shell == "bash"):
            yield run.arguments


def _refused(texts: set[str], shell: str, folder: Path) -> set[str]:
    """The texts that a shell cannot read; one process asks about all of them."""
    folder.mkdir()
    ordered = sorted(texts)
    for number, text in enumerate(ordered):
        (folder / str(number)).write_bytes(encode(text))
    loop = f'for i in *; do {shell} -n "$i" 2> /dev/null || echo "$i"; done'
    run = subprocess.run(["dash", "-c", loop], cwd=folder, capture_output=True, check=True)
    return {ordered[int(number)] for number in run.stdout.split()} if ordered else set()
