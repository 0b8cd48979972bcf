"""Reports for programs: valid by their schemas, and right about the files they speak of."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from helpers.command import BROKEN, CLEAN, MENDABLE, dockfix_command, git

ROOT = Path(__file__).parents[2]
GOLDENS = sorted((ROOT / "fixtures" / "goldens").iterdir())
PROJECTS = [
    ROOT / "fixtures" / "projects" / name for name in ("dockerignore", "bundler", "go-modules")
]
#: Wide characters before what changes, two of them beyond the first plane; and CRLF.
WIDE = (
    "FROM debian:12\n"
    "# 𝄞 é 🐳\n"
    "RUN echo '🐳𝄞é' > /a && apt-get update && apt-get install git\n"
    "RUN echo 🐳\n"
).encode()
NO_UTF8 = b"FROM debian:12\r\nRUN echo '\xff\xfe'\r\nRUN apt-get update\r\nRUN echo \xe9\r\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git("init", "--quiet", cwd=folder)
    for golden in GOLDENS:
        shutil.copy(golden / "Dockerfile", folder / f"{golden.name}.Dockerfile")
    for one in PROJECTS:
        shutil.copytree(one, folder / one.name, ignore=shutil.ignore_patterns("expected"))
    (folder / "a b,c:%.Dockerfile").write_bytes(MENDABLE)
    (folder / "wide.Dockerfile").write_bytes(WIDE)
    (folder / "bytes.Dockerfile").write_bytes(NO_UTF8)
    (folder / "bom.Dockerfile").write_bytes(b"\xef\xbb\xbf" + MENDABLE)
    (folder / "clean.Dockerfile").write_bytes(CLEAN)
    return folder


def report(kind: str, *arguments: str, cwd: Path) -> str:
    done = dockfix_command("--check", "--output-format", kind, *arguments, cwd=cwd)
    return done.stdout.decode()


def listed(*arguments: str, cwd: Path) -> list[str]:
    """The findings as they are printed for people: path, line, column, code."""
    said = dockfix_command("--check", *arguments, cwd=cwd).stdout.decode("utf-8", "replace")
    return re.findall(r"^(.*?:\d+:\d+: DF\d+) ", said, re.MULTILINE)


def test_json_fits_its_schema_and_holds_all_findings(project: Path) -> None:
    (project / "broken.Dockerfile").write_bytes(BROKEN)
    found = json.loads(report("json", ".", "nowhere", cwd=project))
    schema = json.loads((ROOT / "docs" / "schema" / "report.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert [
        f"{file['path']}:{one['line']}:{one['column']}: {one['code']}"
        for file in found["files"]
        for one in file.get("findings", ())
    ] == listed(".", "nowhere", cwd=project)
    assert found["errors"] == ["nowhere: No such file or directory"]
    failed = [file["error"] for file in found["files"] if "error" in file]
    assert [message.partition(":")[0] for message in failed] == ["broken.Dockerfile"]
    assert found["counts"]["failed"] == 2
    assert found["counts"]["files"] == len(found["files"])


def test_the_edits_of_json_make_what_in_place_makes(project: Path) -> None:
    found = json.loads(report("json", "--unsafe-fixes", cwd=project))
    texts: dict[str, str] = {}
    for file in found["files"]:
        text = (project / file["path"]).read_bytes().decode("utf-8", "surrogateescape")
        edits = [edit for fix in file["fixes"] for edit in fix]
        assert {one["fix"] for one in file["findings"] if one["made"]} >= set(
            range(len(file["fixes"]))
        )
        texts[file["path"]] = replaced(text, edits, lambda line: line)
        texts |= {other["path"]: other["text"] for other in file["others"]}
    dockfix_command("--in-place", "--unsafe-fixes", cwd=project)
    for path, text in texts.items():
        assert text.encode("utf-8", "surrogateescape") == (project / path).read_bytes(), path


def replaced(text: str, edits: list[dict[str, Any]], units: Any) -> str:
    """The text with edits in lines and columns made; `units` splits a line into what is counted."""
    lines = [list(units(line)) for line in text.split("\n")]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    flat = [unit for line in lines for unit in (*line, "\n")][:-1]
    spans = sorted(
        (
            starts[edit["line"] - 1] + edit["column"] - 1,
            starts[edit["endLine"] - 1] + edit["endColumn"] - 1,
            edit["text"],
        )
        for edit in edits
    )
    for start, end, new in reversed(spans):
        flat[start:end] = list(units(new))
    return "".join(flat)


def utf16_units(text: str) -> list[str]:
    """The UTF-16 units of a text; both halves of a pair as lone surrogates."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [chr(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2)]


def joined(units: str) -> str:
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def sarif(*arguments: str, cwd: Path) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(report("sarif", *arguments, cwd=cwd))
    schema = json.loads((ROOT / "fixtures" / "sarif" / "sarif-2.1.0-rtm.5.json").read_text())
    jsonschema.Draft4Validator(schema).validate(log)
    # what code scanning of GitHub wants beyond the schema
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        assert rule["help"]["text"]
        assert rule["shortDescription"]["text"]
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
    return log


def apply_fixes(log: dict[str, Any], root: Path, *, by_bytes: bool) -> None:
    """Makes all fixes of a SARIF log, and knows nothing but SARIF."""
    (run,) = log["runs"]
    assert run["columnKind"] == "utf16CodeUnits"
    assert run["newlineSequences"] == ["\n"]
    changes: dict[str, list[dict[str, Any]]] = {}
    for result in run["results"]:
        for fix in result.get("fixes", ())[:1]:
            for change in fix["artifactChanges"]:
                path = unquote(change["artifactLocation"]["uri"])
                changes.setdefault(path, []).extend(change["replacements"])
    for path, replacements in changes.items():
        file = root / path
        data = file.read_bytes() if file.exists() else b""
        if by_bytes:
            spans = [
                (
                    one["deletedRegion"]["byteOffset"],
                    at,
                    one["deletedRegion"]["byteLength"],
                    inserted(one),
                )
                for at, one in enumerate(replacements)
            ]
            for start, _, size, new in sorted(spans, reverse=True):
                data = data[:start] + new + data[start + size :]
        else:
            edits = [
                {
                    "line": one["deletedRegion"]["startLine"],
                    "column": one["deletedRegion"]["startColumn"],
                    "endLine": one["deletedRegion"]["endLine"],
                    "endColumn": one["deletedRegion"]["endColumn"],
                    "text": inserted(one).decode(),
                }
                for one in replacements
            ]
            data = joined(replaced(data.decode(), edits, utf16_units)).encode()
        file.write_bytes(data)


def inserted(replacement: dict[str, Any]) -> bytes:
    content = replacement.get("insertedContent", {"text": ""})
    if "binary" in content:
        return base64.b64decode(content["binary"])
    text: str = content["text"]
    return text.encode()


@pytest.mark.slow
@pytest.mark.parametrize("by_bytes", [True, False])
@pytest.mark.parametrize("arguments", [[], ["--unsafe-fixes"]])
def test_the_fixes_of_sarif_make_what_the_patch_makes(
    project: Path, by_bytes: bool, arguments: list[str]
) -> None:
    if not by_bytes:
        # a reader of text has no columns for what is not UTF-8
        for path in project.glob("*.Dockerfile"):
            try:
                path.read_bytes().decode()
            except UnicodeDecodeError:
                path.unlink()
    (project / "dockerignore" / "second.Dockerfile").write_bytes(
        (project / "dockerignore" / "Dockerfile").read_bytes()
    )
    other = project.parent / "other"
    shutil.copytree(project, other)
    log = sarif(*arguments, cwd=project)
    patch = dockfix_command("--diff", "--no-cache", *arguments, cwd=other).stdout
    git("apply", "--whitespace=nowarn", cwd=other, given=patch)
    apply_fixes(log, project, by_bytes=by_bytes)
    paths = [path for path in other.rglob("*") if path.is_file() and ".git/" not in str(path)]
    assert any(path.name == ".dockerignore" for path in paths)
    for path in paths:
        assert (project / path.relative_to(other)).read_bytes() == path.read_bytes(), path


def test_sarif_says_all_of_each_rule_and_finding(project: Path) -> None:
    (project / "broken.Dockerfile").write_bytes(BROKEN)
    (run,) = sarif(cwd=project)["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == set(rules)
    assert "## Left alone" in rules["DF101"]["help"]["markdown"]
    assert "DL3059" in rules["DF101"]["properties"]["tags"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "broken.Dockerfile:2:1" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    wide = [
        result["locations"][0]["physicalLocation"]["region"]
        for result in run["results"]
        if result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        == "wide.Dockerfile"
    ]
    lines = [utf16_units(line) for line in WIDE.decode().split("\n")]
    assert wide
    assert all(one["endColumn"] == len(lines[one["endLine"] - 1]) + 1 for one in wide)
    fixed = {
        result["partialFingerprints"]["dockfix/v1"]
        for result in run["results"]
        if "fixes" in result
    }
    named = {
        result["properties"]["fixedWith"]
        for result in run["results"]
        if "fixedWith" in result["properties"]
    }
    assert named
    assert named <= fixed


@pytest.mark.parametrize("kind", ["sarif", "json", "gitlab"])
def test_fingerprints_survive_moved_lines(kind: str, tmp_path: Path) -> None:
    twice = MENDABLE + b"FROM debian:12\n" + MENDABLE.partition(b"\n")[2]
    (tmp_path / "Dockerfile").write_bytes(twice)
    before = fingerprints_in(report(kind, cwd=tmp_path))
    (tmp_path / "Dockerfile").write_bytes(b"# one\n\n# two\n" + twice.replace(b"RUN ", b"RUN  "))
    assert fingerprints_in(report(kind, cwd=tmp_path)) == before
    assert len(before) == len(set(before)) > 2


def fingerprints_in(text: str) -> list[str]:
    return re.findall(r'"(?:fingerprint|dockfix/v1)": "(\w+)"', text)


def test_github_has_a_command_for_each_finding_up_to_its_limit(project: Path) -> None:
    lines = report("github", "--select", "DF101", "a b,c:%.Dockerfile", cwd=project).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(
        "::warning file=a b%2Cc%3A%25.Dockerfile,line=2,endLine=2,col=1,endColumn=19,"
        "title=merge-runs (DF101)::"
    )
    (project / "z\n::error::.Dockerfile").write_bytes(BROKEN)
    lines = report("github", cwd=project).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    kinds = [line.split(" ")[0] for line in commands]
    assert kinds.count("::warning") == 10
    assert kinds.count("::notice") == 10
    assert kinds.count("::error") == 10
    assert len(lines) - 1 == len(listed(cwd=project)) + 1
    beyond = len(lines) - 1 - len(commands)
    assert lines[-1] == f"{beyond} findings more than GitHub shows beside lines of a file."


def test_what_github_is_told_stays_in_its_command(tmp_path: Path) -> None:
    (tmp_path / "z\n::error::.Dockerfile").write_bytes(BROKEN)
    done = dockfix_command("--check", "--output-format", "github", cwd=tmp_path)
    (line,) = done.stdout.decode().splitlines()
    assert line.startswith("::error file=z%0A%3A%3Aerror%3A%3A.Dockerfile,title=dockfix::z%0A")


def test_gitlab_has_an_issue_for_each_finding(project: Path) -> None:
    issues = json.loads(report("gitlab", "./a b,c:%.Dockerfile", "wide.Dockerfile", cwd=project))
    assert {issue["location"]["path"] for issue in issues} == {
        "a b,c:%.Dockerfile", "wide.Dockerfile",
    }  # fmt: skip
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] <= issue["location"]["lines"]["end"]
    every = json.loads(report("gitlab", cwd=project))
    assert len({issue["fingerprint"] for issue in every}) == len(every)


def test_junit_counts_what_it_holds(project: Path) -> None:
    name = os.fsdecode(b'odd\xff\x01<&".Dockerfile')
    (project / name).write_bytes(MENDABLE)
    (project / "broken.Dockerfile").write_bytes(BROKEN)
    tree = ElementTree.fromstring(report("junit", ".", "nowhere", cwd=project))
    cases = 0
    for suite in tree:
        found = suite.findall("testcase")
        assert suite.get("tests") == str(len(found))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("errors") == str(len(suite.findall("testcase/error")))
        cases += len(found)
    assert {suite.get("name") for suite in tree if suite.get("errors") == "1"} == {
        "dockfix", "broken.Dockerfile",
    }  # fmt: skip
    clean = [suite for suite in tree if suite.get("name") == "clean.Dockerfile"]
    assert [suite.get("failures") for suite in clean] == ["0"]
    # an error and one that passed, beside the findings
    assert cases >= len(listed(".", "nowhere", cwd=project)) + 3


def test_markdown_holds_the_patch(project: Path) -> None:
    text = report("markdown", "wide.Dockerfile", "dockerignore/Dockerfile", cwd=project)
    patch = "".join(re.findall(r"^```diff\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    (project / "patch").write_text(patch)
    before = (project / "dockerignore" / ".dockerignore").read_bytes()
    git("apply", "patch", cwd=project)
    assert (project / "dockerignore" / ".dockerignore").read_bytes() != before
    done = dockfix_command("--diff", "wide.Dockerfile", "dockerignore/Dockerfile", cwd=project)
    assert done.stdout == b""


def test_a_markdown_summary_is_never_too_long(tmp_path: Path) -> None:
    words = "x" * 50_000
    for number in range(4):
        text = "FROM debian:12\n" + f"RUN echo {words}\n" * 6 + f"RUN echo {number}\n"
        (tmp_path / f"{number}.Dockerfile").write_text(text)
    text = report("markdown", cwd=tmp_path)
    assert len(text.encode()) < 1024 * 1024
    assert "the patches of 3 files" in text


@pytest.mark.parametrize("kind", ["json", "sarif", "github", "gitlab", "junit", "markdown"])
def test_nothing_to_say_is_said_rightly(kind: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(CLEAN)
    text = report(kind, cwd=tmp_path)
    if kind in ("json", "gitlab"):
        json.loads(text)
    elif kind == "sarif":
        assert sarif(cwd=tmp_path)["runs"][0]["results"] == []
    elif kind == "junit":
        assert len(ElementTree.fromstring(text)) == 1
    assert "DF" not in text


@pytest.mark.parametrize("kind", ["sarif", "github", "gitlab", "junit"])
def test_what_was_rewritten_is_no_finding_any_more(kind: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(MENDABLE)
    assert "DF101" in report(kind, cwd=tmp_path) or "merge-runs" in report(kind, cwd=tmp_path)
    done = dockfix_command("-i", "--output-format", kind, cwd=tmp_path)
    assert done.returncode == 0
    assert b"DF101" not in done.stdout
    assert b"merge-runs" not in done.stdout
