"""The checker is checked: rewrites that are wrong on purpose are reported with their pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix.builds import declared
from dockfix.builds.compare import SettingDifference
from dockfix.builds.declared import restates
from dockfix.builds.path_globs import fitting_glob
from dockfix.core import choice
from dockfix.edit.edits import Edit, Group
from dockfix.passes import ENTRIES, PASSES, Entry
from dockfix.passes.base import Pass, Settings
from dockfix.passes.exec_form import PASS as EXEC_FORM
from dockfix.passes.merge_runs import PASS as MERGE_RUNS
from dockfix.reports.verify import verdict_text
from dockfix.state.facts import Facts
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine

SOURCE = """\
FROM busybox
ENV A=1
WORKDIR /w
COPY --chown=7:8 app.txt /app.txt
RUN touch /a
RUN chmod 755 /a
RUN touch here && ln -s /a /link
USER 1000
CMD ["httpd", "-f"]
"""


def wrong(before: str, after: str) -> Pass:
    """A pass that replaces a text, and is sure of it."""

    def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
        at = facts.source.find(before)
        if at >= 0:
            yield Group(at, "worse", (Edit(at, at + len(before), after),))

    return MERGE_RUNS._replace(
        code="DF999", name="be-wrong", rewrite=rewrite, verify=lambda one, other: None
    )


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("touch /a\n", "true\n", "/a: missing"),
        ("chmod 755", "chmod 644", "/a: mode: 0755 → 0644"),
        ("--chown=7:8 ", "", "/app.txt: owner: 7:8 (7:8) → root:root (0:0)"),
        ("WORKDIR /w", "WORKDIR /v", "WorkingDir: /w → /v"),
        ("A=1", "A=2", "Env A: 1 → 2"),
        ('["httpd", "-f"]', '["httpd"]', 'Cmd: ["httpd", "-f"] → ["httpd"]'),
        ("USER 1000", "USER 1001", "User: 1000 → 1001"),
        ("ln -s /a", "ln -s /b", "/link: target: /a → /b"),
        ("touch here &&", "touch here there &&", "/w/there: new"),
        ("touch here", "echo x > here", "/w/here: content"),
        ("touch here &&", "chmod 700 /w && cp /dev/null here &&", "/w: mode: 0755 → 0700"),
        (
            "touch here &&",
            "chown 5:6 /w && cp /dev/null here &&",
            "/w: owner: root:root (0:0) → 5:6 (5:6)",
        ),
    ],
    ids=[
        "run",
        "mode",
        "owner",
        "folder",
        "env",
        "cmd",
        "user",
        "link",
        "new file",
        "content",
        "mode of a folder",
        "owner of a folder",
    ],
)
def test_a_wrong_rewrite_is_reported_with_its_pass(
    before: str,
    after: str,
    shown: str,
    real_engine: RealEngine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong_one = wrong(before, after)
    monkeypatch.setattr(choice, "ENTRIES", (Entry.of(wrong_one), *ENTRIES))
    monkeypatch.setattr(declared, "PASSES", (wrong_one, *PASSES))
    source = SOURCE if before != "touch /a\n" else SOURCE.replace("chmod 755 /a", "touch /c")
    found = verified(tmp_path, source, {"app.txt": "x"})
    text = verdict_text(found)
    assert found.outcome == "different", text
    assert shown in text
    assert [one.name for one in found.suspects] == ["be-wrong"], text
    assert "--ignore be-wrong" in text


def test_a_rewrite_that_does_not_build_is_reported(
    real_engine: RealEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong_one = Entry.of(wrong("touch here", "tuch here"))
    monkeypatch.setattr(choice, "ENTRIES", (*ENTRIES, wrong_one))
    found = verified(tmp_path, SOURCE, {"app.txt": "x"})
    assert found.outcome == "different"
    assert [one.name for one in found.suspects] == ["be-wrong"]
    assert "tuch: not found" in verdict_text(found)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('["/bin/sh", "-c", "app -v"]', '["app", "-v"]', True),
        ('["/bin/sh", "-c", "exec app -v"]', '["app", "-v"]', True),
        ('["/bin/sh", "-c", "app -v"]', '["/bin/sh", "-c", "exec app -v"]', True),
        ('["/bin/sh", "-c", "[\'app\', \'-v\']"]', '["app", "-v"]', True),
        ('["/bin/sh", "-c", "app -v"]', '["app"]', False),
        ('["/bin/sh", "-c", "app -v"]', '["app", "-w"]', False),
        ('["/bin/sh", "-c", "app"]', '["/bin/sh", "-c", "exec other"]', False),
        ('["app", "-v"]', '["app"]', False),
        ('"app"', '["app"]', False),
        ('["/bin/bash","-lc","run a"]', '["/bin/bash","-lc","exec run a"]', True),
        ('["/bin/bash","-lc","run a"]', '["run","a"]', False),
        ('["/bin/bash","-l","run a"]', '["/bin/bash","-l","exec run a"]', False),
    ],
)
def test_a_command_in_another_form_is_the_same_words(before: str, after: str, same: bool) -> None:
    assert restates(EXEC_FORM, SettingDifference("Cmd", before, after)) is same
    assert not restates(MERGE_RUNS, SettingDifference("Cmd", before, after))


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/var/lib/apt/lists/x", True),
        ("/var/lib/apt/lists/partial/y", True),
        ("/var/lib/apt/lists", False),
        ("/var/lib/apt/listsx", False),
        ("/opt/me/.npm/a", True),
        ("/opt/me/too/.npm/a", False),
        ("/.git/HEAD", True),
        ("/a/b/.git/c/d", True),
        ("/a/b.git/c", False),
        ("/app/x", True),
        ("/app/x.jar", False),
    ],
)
def test_globs_of_paths(path: str, fits: bool) -> None:
    globs = ("/var/lib/apt/lists/**", "/opt/*/.npm/**", "/**/.git/**", "/app/**", "!/app/x.jar")
    assert bool(fitting_glob(path, globs)) is fits
