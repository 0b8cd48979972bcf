"""Every check of BuildKit, on a small file each: the engine and dockfix find it in the same line.

docs/checks.md has the same list, as a table.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes import PASSES
from dockfix.passes.base import Settings
from helpers.real_engine import RealEngine

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
#: A file for each check that looks at a file alone, and the pass that finds the same.
FILES = {
    "StageNameCasing": ("stage-name-case", "FROM busybox AS Build\n"),
    "FromAsCasing": ("keyword-case", "FROM busybox as build\n"),
    "NoEmptyContinuation": ("tidy-continuations", "FROM busybox\nRUN echo \\\n\n    a\n"),
    "ConsistentInstructionCasing": ("keyword-case", "FROM busybox\nrun a\nRUN b\n"),
    "DuplicateStageName": ("unique-stages", "FROM busybox AS a\nFROM busybox AS a\n"),
    "ReservedStageName": ("unique-stages", "FROM busybox\nFROM busybox AS context\n"),
    "JSONArgsRecommended": ("exec-form", "FROM busybox\nRUN a\nCMD httpd -f\n"),
    "MaintainerDeprecated": ("key-value-form", "FROM busybox\nMAINTAINER me\n"),
    "UndefinedArgInFrom": ("declare-base-args", "ARG TAG=1\nFROM busybox\nFROM busybox$VARIANT\n"),
    "WorkdirRelativePath": ("use-workdir", "FROM busybox\nRUN a\nWORKDIR app\n"),
    "UndefinedVar": ("define-variables", "FROM busybox\nARG VERSION\nLABEL a=$VERSOIN\n"),
    "MultipleInstructionsDisallowed": (
        "last-start-only",
        'FROM busybox\nCMD ["a"]\nRUN b\nCMD ["c"]\n',
    ),
    "LegacyKeyValueFormat": ("key-value-form", "FROM busybox\nENV a=b\nENV c d\n"),
    "RedundantTargetPlatform": (
        "drop-target-platform",
        "FROM busybox AS a\nFROM --platform=$TARGETPLATFORM busybox\n",
    ),
    "SecretsUsedInArgOrEnv": ("hide-secrets", "FROM busybox\nRUN a\nARG API_TOKEN\n"),
    "InvalidDefaultArgInFrom": ("default-base-args", "ARG TAG\nFROM busybox\nFROM busybox:$TAG\n"),
    "FromPlatformFlagConstDisallowed": (
        "free-platform",
        "FROM busybox AS a\nFROM --platform=linux/amd64 busybox AS b\n",
    ),
    # older engines have it among the experimental ones
    "CopyIgnoredFile": (
        "find-source",
        "# check=experimental=all\nFROM busybox\nRUN a\nCOPY left-out.txt /\n",
    ),
    "InvalidDefinitionDescription": (
        "describe-definitions",
        "# check=experimental=all\n\n# about it\nFROM busybox AS a\n",
    ),
    "ExposeProtoCasing": ("repair-typos", "FROM busybox\nRUN a\nEXPOSE 53/UDP\n"),
    "ExposeInvalidFormat": ("repair-typos", "FROM busybox\nRUN a\nEXPOSE 8080:80\n"),
}
#: The builder names the last line of the instruction, dockfix the first.
FIRST_LINE = {"NoEmptyContinuation": 2}


@pytest.mark.parametrize("rule", FILES)
def test_the_builder_finds_it_in_the_same_line(
    rule: str, tmp_path: Path, real_engine: RealEngine
) -> None:
    name, source = FILES[rule]
    (tmp_path / "Dockerfile").write_text(source)
    (tmp_path / ".dockerignore").write_text("left-out.txt\n")
    (tmp_path / "left-out.txt").write_text("")
    done = subprocess.run(
        ["docker", "build", "--call=check,format=json", tmp_path], capture_output=True, text=True
    )
    assert done.stdout, done.stderr
    lines = {
        found["ruleName"]: found["location"]["ranges"][0]["start"]["line"]
        for found in json.loads(done.stdout)["warnings"]
    }
    assert rule in lines, lines
    assert lines_of(name, source, tmp_path) == [FIRST_LINE.get(rule, lines[rule])]


def lines_of(name: str, source: str, root: Path) -> list[int]:
    """The lines of the findings of a pass, of whatever safety."""
    settings = Settings(context=DirectoryContext(str(root)))
    result = rewrite(source, select=[name], settings=settings)
    found = (*result.applied, *result.offered, *result.notes)
    return [one.line for one in found if one.name == name]


def test_each_check_has_a_pass_of_that_alias_and_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \[([\w-]+)\]", PAGE.read_text(), re.MULTILINE)
    assert dict(rows) == {rule: name for rule, (name, _) in FILES.items()}
    aliases = {(alias, one.name) for one in PASSES for alias in one.aliases}
    assert set(dict(rows).items()) <= aliases
