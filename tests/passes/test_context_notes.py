"""The notes that the build context gives reason to: what is said, and what is not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.managers import manager_of
from dockfix.passes.base import Settings
from helpers.command import dockfix_command
from helpers.memory_context import Files

REPORTS = ("narrow-copy", "pin-dependencies", "find-manifest", "find-source", "keep-secrets-out")


def notes(source: str, files: Mapping[str, str] | None, name: str) -> list[str]:
    settings = Settings(context=None if files is None else Files(files))
    result = rewrite(source, select=[name], settings=settings)
    assert not result.changed
    return [one.message for one in result.notes if one.name == name]


# find-source

MISSING = "is not in the build context"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("COPY src/mian.py /", f"src/mian.py {MISSING}; did you mean src/main.py?"),
        ("COPY scr/main.py /", f"scr/main.py {MISSING}; did you mean src/main.py?"),
        ('COPY ["READEM.md", "/"]', f"READEM.md {MISSING}; did you mean README.md?"),
        ("ADD nothing /", f"nothing {MISSING}"),
        ("COPY *.cfg /", f"*.cfg {MISSING}"),
        ("RUN --mount=type=bind,source=sr,target=/s x", f"sr {MISSING}; did you mean src?"),
        ("COPY app.log /", "app.log cannot be copied: .dockerignore leaves this path out"),
    ],
)  # fmt: skip
def test_a_source_that_is_not_there(source: str, said: str) -> None:
    files = {"src/main.py": "", "README.md": "", ".dockerignore": "*.log\n", "app.log": ""}
    found = notes(f"FROM debian\n{source}\n", files, "find-source")
    assert found == [said]


@pytest.mark.parametrize(
    "source",
    [
        "COPY . /", "COPY src/*.py /", "COPY --from=x none /", "ADD https://example.org/x /",
        "COPY <<EOF /x\nnone\nEOF", "COPY dist /d", "COPY $X /", "ONBUILD COPY none /",
        "RUN --mount=type=cache,target=/none make", "COPY src//main.py ./README.md /",
    ],
)  # fmt: skip
def test_sources_that_are_there_or_may_be(source: str) -> None:
    files = {"src/main.py": "", "README.md": ""}
    assert notes(f"FROM debian\n{source}\n", files, "find-source") == []


def test_a_missing_source_is_named_once() -> None:
    source = "FROM debian\nCOPY none /a\nFROM debian\nCOPY none /b\n"
    assert len(notes(source, {"a": ""}, "find-source")) == 1


# find-manifest


def test_a_manifest_is_sought_in_the_stages_below() -> None:
    source = (
        "FROM node AS base\nWORKDIR /app\nCOPY package.json .\nFROM base\nRUN npm install\n"
        "FROM node\nWORKDIR /app\nRUN npm install\n"
    )
    found = notes(source, {"package.json": "{}"}, "find-manifest")
    assert found == [
        "no COPY above this RUN brings package.json, which npm needs; the build context has one"
    ]


@pytest.mark.parametrize(
    "above",
    [
        "RUN git clone https://example.org/x .", "RUN echo {} > package.json", "COPY . .",
        "COPY p*.json ./", "COPY --from=x /app .", "COPY $X .", "ADD https://example.org/p.json .",
    ],
)  # fmt: skip
def test_a_manifest_may_come_another_way(above: str) -> None:
    source = f"FROM node\nWORKDIR /app\n{above}\nRUN npm install\n"
    assert notes(source, {"package.json": "{}"}, "find-manifest") == []


def test_a_bind_mount_brings_the_manifest() -> None:
    source = "FROM node\nWORKDIR /app\nRUN --mount=type=bind,target=. npm ci\n"
    assert notes(source, {"package.json": "{}"}, "find-manifest") == []


# pin-dependencies


@pytest.mark.parametrize(
    ("manager", "name", "text", "found"),
    [
        (
            "pip",
            "requirements.txt",
            "# all\na==1\nb >= 2 # why\nc\nd[x]~=1.0; python_version > '3'\n-r x\n"
            "e @ https://x/y.whl\n./lib\ngit+https://example.org/f\ng==1.*\nh===2\n"
            "i==1 \\\n  --hash=sha256:0\n",
            ["b>=2", "c", "d[x]~=1.0", "g==1.*"],
        ),
        (
            "npm",
            "package.json",
            '{"dependencies": {"a": "*", "b": "^1", "c": "latest", "d": ">=2 <3"},'
            ' "devDependencies": {"e": "x", "f": "file:../f"}}',
            ["a@*", "c@latest", "d@>=2 <3", "e@x"],
        ),
        ("npm", "package.json", "[]", []),
        ("npm", "package.json", '{"dependencies": []}', []),
        ("npm", "package.json", "{", []),
        (
            "mvn",
            "pom.xml",
            "<project><version>1.0</version><version>(2.0.0-SNAPSHOT,)</version>\n"
            "<!-- <version>[1,2)</version> --><version> LATEST </version></project>",
            ["(2.0.0-SNAPSHOT,)", "LATEST"],
        ),
        ("mvn", "pom.xml", "<project><version>LATEST</version>", []),
        (
            "gradle",
            "build.gradle",
            "implementation 'org.x:y:1.+'\nimplementation \"org.x:z:1.2\"\n",
            ["org.x:y:1.+"],
        ),
    ],
)
def test_versions_that_are_open(manager: str, name: str, text: str, found: list[str]) -> None:
    record = manager_of(manager)
    assert record is not None
    assert record.loose is not None
    assert record.loose(name, text) == found


def test_a_lock_file_beside_the_manifest_counts() -> None:
    files = {"web/package.json": '{"dependencies": {"a": "*"}}'}
    source = "FROM node\nWORKDIR /app\nCOPY web .\nRUN yarn install\n"
    assert len(notes(source, files, "pin-dependencies")) == 1
    assert len(notes(source, {**files, "yarn.lock": ""}, "pin-dependencies")) == 1
    assert notes(source, {**files, "web/yarn.lock": ""}, "pin-dependencies") == []


def test_many_open_versions_are_one_note() -> None:
    files = {"r.txt": "a\nb\nc\nd\ne\n"}
    source = "FROM python\nCOPY r.txt /\nRUN pip install -r /r.txt\nRUN pip install -r /r.txt\n"
    said = (
        "r.txt leaves versions open: a, b, c and 2 more; a later build may install other versions"
    )
    assert notes(source, files, "pin-dependencies") == [said]
    under = source.replace("pip install", "pip install -c /c.txt")
    assert notes(under, files, "pin-dependencies") == []


# keep-secrets-out

KEY = "-----BEGIN RSA PRIVATE KEY-----\n"
SECRET = {
    ".env": "", ".env.production": "", "id_ed25519": "", ".netrc": "", "server.key": KEY,
    "tls.pem": KEY, ".npmrc": "//r/:_authToken=abc\n", ".pypirc": "[x]\npassword = abc\n",
    "pip.conf": "[global]\nindex-url = https://me:abc@example.org/simple\n", "a.p12": "",
    ".aws/credentials": "", "config/master.key": "",
}  # fmt: skip
HARMLESS = {
    ".env.example": "", ".env.sample": "", "ca.pem": "-----BEGIN CERTIFICATE-----\n",
    ".npmrc": "//r/:_authToken=${NPM_TOKEN}\nsave-exact=true\n", "id_rsa.pub": "",
    ".pypirc": "[x]\nusername = me\n", "pip.conf": "[global]\ntimeout = 60\n", "x.key": "public",
    "environment.env.py": "", "deep/down/.env": "",
}  # fmt: skip


@pytest.mark.parametrize("path", SECRET)
def test_secrets(path: str) -> None:
    found = notes("FROM debian\nCOPY . /app\n", {path: SECRET[path], "a": ""}, "keep-secrets-out")
    advice = "add a line to .dockerignore"
    assert found == [f"anyone who can pull the image can read {path}: {advice}"]
    by_name = notes(f"FROM debian\nCOPY {path} /\n", {path: SECRET[path]}, "keep-secrets-out")
    assert len(by_name) == 1
    assert "--mount=type=secret" in by_name[0]


@pytest.mark.parametrize("path", HARMLESS)
def test_what_is_no_secret(path: str) -> None:
    assert notes("FROM debian\nCOPY . /\n", {path: HARMLESS[path]}, "keep-secrets-out") == []


def test_secrets_are_named_once() -> None:
    files = dict.fromkeys((".env", ".env.local", "id_rsa", ".netrc", "z.pfx"), "")
    source = "FROM debian\nCOPY . /a\nCOPY .env /b\nFROM debian\nCOPY . /c\n"
    found = notes(source, files, "keep-secrets-out")
    assert len(found) == 1
    assert found[0].startswith(
        "anyone who can pull the image can read .env, .env.local, .netrc and 2 "
    )


# narrow-copy


def test_the_article_that_copies_everything_for_one_archive(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "hellospring-0.0.1-SNAPSHOT.jar").write_text("")
    (tmp_path / "Dockerfile").write_text(
        'FROM openjdk:8-jre-alpine\nCOPY . /app\n\nENTRYPOINT ["java","-jar","/app.jar"]\n'
    )
    said = dockfix_command("--select", "narrow-copy", cwd=tmp_path).stdout.decode()
    assert "did you mean COPY target/hellospring-0.0.1-SNAPSHOT.jar /app.jar? [note]" in said


@pytest.mark.parametrize(
    "text",
    [
        'COPY . /app\nENTRYPOINT ["java", "-jar"]\n',
        'COPY . /app\nENTRYPOINT ["java", "-jar", "a.txt"]\n',
        'COPY --from=x . /app\nENTRYPOINT ["java", "-jar", "/app/a.jar"]\n',
        'COPY src /app\nENTRYPOINT ["java", "-jar", "/app/a.jar"]\n',
        'COPY . /app\nENTRYPOINT ["/start.sh"]\nCMD ["java", "-jar", "/app/a.jar"]\n',
        "COPY . /app\nENTRYPOINT java -jar /app/a.jar\n",
        'COPY . $APP\nENTRYPOINT ["java", "-jar", "/app/a.jar"]\n',
    ],
)
def test_what_is_not_narrowed(text: str) -> None:
    settings = Settings(context=Files({"a.jar": "", "src/b": ""}))
    result = rewrite(f"FROM x\n{text}", select=["DF501"], unsafe_fixes=True, settings=settings)
    assert not result.changed
    assert result.notes == ()


def test_flags_stay_when_a_copy_is_narrowed() -> None:
    source = 'FROM x\nWORKDIR /a\nCOPY --chown=1:1 . .\nCMD ["java", "-jar", "t/a.jar"]\n'
    result = rewrite(source, select=["DF501"], unsafe_fixes=True)
    assert result.after == source.replace(" . .", " t/a.jar /a/t/a.jar")


# All of them


def test_what_cannot_be_read_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / ".env").mkdir()
    (tmp_path / "id_rsa").symlink_to("nowhere")
    (tmp_path / ".npmrc").symlink_to(".npmrc")
    os.mkfifo(tmp_path / "server.key")
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe\0")
    (tmp_path / "package.json").write_text('{"dependencies": 3}')
    (tmp_path / "Dockerfile").write_text(
        "FROM python\nWORKDIR /a\nCOPY . .\nRUN pip install -r requirements.txt\nRUN npm install\n"
    )
    (tmp_path / "closed").chmod(0)
    done = dockfix_command("--select", ",".join(REPORTS), cwd=tmp_path)
    assert (done.returncode, done.stderr.count(b"internal")) == (0, 0), done.stderr


def test_notes_do_not_change_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nCOPY . /app\n")
    (tmp_path / ".env").write_text("")
    done = dockfix_command("--check", "--select", "DF505", cwd=tmp_path)
    assert done.returncode == 0
    assert b"DF505 keep-secrets-out: anyone who can pull the image can read .env: " in done.stdout
