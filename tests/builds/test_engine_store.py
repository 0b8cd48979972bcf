"""The two image stores of Docker's engine: what each makes of `COPY --link`, and who is blamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix.builds import declared
from dockfix.builds.verify import Verdict
from dockfix.core import choice
from dockfix.edit.edits import Edit, Group
from dockfix.passes import PASSES, Entry
from dockfix.passes.base import Settings
from dockfix.passes.merge_runs import PASS as MERGE_RUNS
from dockfix.reports.verify import verdict_text
from dockfix.state.facts import Facts
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine, engine_with_containerd

SOURCE = """\
FROM busybox
RUN mkdir /d && ln -s d /l
COPY --link f.txt /d/f.txt
COPY --link g.txt /l/g.txt
RUN chmod 700 /d
"""


@pytest.fixture(scope="module")
def containerd(
    started_engine: RealEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealEngine]:
    with engine_with_containerd(started_engine, tmp_path_factory.mktemp("c")) as engine:
        yield engine


def move_up(facts: Facts, settings: Settings) -> Iterator[Group]:
    """Puts the last RUN above the copies: right in one store, and a difference in the other."""
    source = facts.source
    run = source.rfind("RUN chmod 700 /d\n")
    copies = source.find("COPY --link f.txt")
    if 0 <= copies < run:
        moved = Edit(copies, copies, source[run:])
        yield Group(copies, "moves", (moved, Edit(run, len(source), "")))


def moved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    mover = MERGE_RUNS._replace(
        code="DF999", name="move-up", rewrite=move_up, verify=lambda one, other: None
    )
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(mover),))
    monkeypatch.setattr(declared, "PASSES", (mover, *PASSES))
    return verified(folder, SOURCE, {"f.txt": "f", "g.txt": "g"})


def test_in_the_classic_store_a_linked_copy_is_an_ordinary_one(
    real_engine: RealEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = moved(tmp_path, monkeypatch)
    text = verdict_text(found)
    assert found.outcome == "same", text
    assert "  image store: classic (" in text


def test_what_the_store_of_containerd_does_is_not_blamed_on_a_pass(
    containerd: RealEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in containerd.environment.items():
        monkeypatch.setenv(name, value)
    containerd.need("busybox")
    found = moved(tmp_path, monkeypatch)
    text = verdict_text(found)
    assert found.outcome == "different", text
    assert "  image store: containerd (" in text
    assert "  /d: mode: 0700 → 0755\n" in text
    assert [one.path for one in found.by_store] == ["/d"]
    assert not found.suspects
    assert not found.files
    assert "suspect" not in text
