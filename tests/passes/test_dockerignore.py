"""dockerignore: with real folders, real patches, and all that may ask for a file after all."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dockfix import Rewrite, rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings
from helpers.command import dockfix_command, git
from helpers.memory_context import Files

ALL = {
    "app.py": "", ".git/HEAD": "", ".idea/a": "", "a/b/__pycache__/c": "", "a/b/d": "",
    ".env": "A=1\n",
    "venv/pyvenv.cfg": "", "Dockerfile": "FROM a\n", ".dockerignore": "x\n",
    "key.pem": "-----BEGIN PRIVATE KEY-----\n", "ca.pem": "-----BEGIN CERTIFICATE-----\n",
    ".env.example": "", ".npmrc": "//r/:_authToken=1\n", "sub/.git/HEAD": "", "docs/a": "",
}  # fmt: skip
SOURCE = "FROM python:3.12\nWORKDIR /app\nCOPY . .\n"


def run(source: str, files: dict[str, str], *, unsafe: bool = True) -> Rewrite:
    return rewrite(
        source,
        select=["dockerignore"],
        unsafe_fixes=unsafe,
        settings=Settings(context=Files(files)),
    )


def added(source: str, files: dict[str, str], *, unsafe: bool = True) -> list[str]:
    """The lines that an ignore file gets."""
    result = run(source, files, unsafe=unsafe)
    if not result.others:
        return []
    other = result.others[0]
    assert not run(source, {**files, ".dockerignore": other.after}, unsafe=unsafe).changed
    return other.after[len(other.before or "") :].split()


def test_everything_at_once() -> None:
    assert added(SOURCE, ALL, unsafe=False) == [".git", ".idea", "**/__pycache__", "Dockerfile"]
    assert set(added(SOURCE, ALL)) - set(added(SOURCE, ALL, unsafe=False)) == {
        ".env", "venv", "key.pem", ".npmrc",
    }  # fmt: skip


@pytest.mark.parametrize(
    "copy", ["COPY * ./", "ADD . /app", "COPY --chown=1:1 ./ /x/", 'COPY [".", "."]']
)
def test_ways_to_copy_everything(copy: str) -> None:
    assert ".git" in added(f"FROM a\n{copy}\n", ALL)


@pytest.mark.parametrize(
    "copy",
    ["COPY app.py .", "COPY --from=x . .", "RUN true", "COPY *.py .", "COPY $DIR .\nCOPY . .",
     "COPY . $DIR", "COPY <<a /a\na"],
)  # fmt: skip
def test_nothing_is_copied_with_it(copy: str) -> None:
    assert added(f"FROM a\n{copy}\n", ALL) == []


def test_only_what_is_copied() -> None:
    assert added("FROM a\nCOPY a /a\n", ALL) == ["**/__pycache__"]
    assert added("FROM a\nCOPY docs /a\n", ALL) == []


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ("COPY .env /x/", ".env"),
        ("COPY .git/HEAD /x/", ".git"),
        ("COPY *.pem /x/", "key.pem"),
        ("RUN --mount=type=bind,source=.npmrc,target=/x true", ".npmrc"),
        ("RUN git describe > v", ".git"),
        ("RUN cd x && git -C . log", ".git"),
        ("RUN [\"git\", \"rev-parse\", \"HEAD\"]", ".git"),
        ("RUN cp .git/HEAD v", ".git"),
        ("RUN go build ./...", ".git"),
        ("RUN . venv/bin/activate", "venv"),
        ("ENV PATH=/app/venv/bin:$PATH", "venv"),
        ("CMD env $(cat .env) app", ".env"),
        ("RUN <<E\nsource .env\nE", ".env"),
        ("RUN hadolint Dockerfile", "Dockerfile"),
        ("ONBUILD RUN git describe", ".git"),
    ],
)  # fmt: skip
def test_what_is_asked_for_stays(more: str, kept: str) -> None:
    lines = added(f"{SOURCE}{more}\n", ALL)
    assert kept not in lines
    assert set(lines) == set(added(SOURCE, ALL)) - {kept}


@pytest.mark.parametrize("name", ["Dockerfile.dev", "docker/Dockerfile", "x.Dockerfile"])
def test_what_another_dockerfile_asks_for_stays(name: str) -> None:
    other = "FROM a\nCOPY .env key.pem ./\nRUN git describe\n"
    lines = added(SOURCE, {**ALL, name: other})
    assert not {".env", "key.pem", ".git"} & set(lines)
    # even when that file itself is not sent
    hidden = {**ALL, name: other, ".dockerignore": f"x\n{name}\ndocker\n"}
    assert not {".env", "key.pem", ".git"} & set(added(SOURCE, hidden))
    assert added(SOURCE, {**ALL, name: "FROM a\nBOGUS\n"}) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", 'requires = ["hatch-vcs"]'),
        ("setup.py", "use_scm_version=True, setup_requires=['setuptools_scm']"),
        ("package.json", '{"scripts": {"build": "REV=$(git rev-parse HEAD) vite build"}}'),
        ("Makefile", "VERSION := $(shell git describe)\n"),
        ("pom.xml", "<artifactId>git-commit-id-maven-plugin</artifactId>"),
        ("build.rs", "vergen::EmitBuilder"),
        ("setup.py", "setup(use_scm_version=True)"),
        ("package.json", '{"dependencies": {"git-rev-sync": "3"}}'),
        # what runs in the image may ask, too
        ("app/settings.py", "RELEASE = raven.fetch_git_sha(BASE_DIR)"),
        ("src/version.js", "const sha = execSync('git rev-parse HEAD')"),
        ("lib/v.rb", "V = `git describe --tags`"),
        ("v.py", 'subprocess.check_output(["git", "rev-parse", "HEAD"])'),
        ("setup.py", 'check_output(["git", "-c", "safe.directory=/app", "rev-parse", "HEAD"])'),
        ("v.py", 'os.popen("git --git-dir=/app/.git describe --tags")'),
        ("v.php", "<?php echo file_get_contents('.git/HEAD');"),
        ("v.js", "fs.readFileSync(path.join(__dirname, '.git', 'HEAD'))"),
        # wherever it lies, and whatever tool reads it
        ("core/pom.xml", "<artifactId>git-commit-id-maven-plugin</artifactId>"),
        ("pom.xml", "<artifactId>buildnumber-maven-plugin</artifactId>"),
        ("pom.xml", "<ratchetFrom>origin/main</ratchetFrom>"),
        ("gradle/version.gradle", 'def h = "git rev-parse HEAD".execute().text'),
        ("project/plugins.sbt", 'addSbtPlugin("com.github.sbt" % "sbt-git" % "2.0.0")'),
        (
            "CMakeLists.txt",
            "execute_process(COMMAND ${GIT_EXECUTABLE} describe)",
        ),
        ("meson.build", "vcs_tag(input: 'v.h.in', output: 'v.h')"),
        ("crates/x/Cargo.toml", '[build-dependencies]\nbuilt = { features = ["git2"] }'),
        ("x.gemspec", "s.files = `git ls-files -z`.split"),
        ("scripts/setlocalversion", "#!/bin/sh\ngit describe --dirty\n"),
        ("hugo.toml", "enableGitInfo = true"),
        ("docs/conf.py", 'extensions = ["sphinx_last_updated_by_git"]'),
        ("docusaurus.config.js", "docs: { showLastUpdateTime: true }"),
        ("pyproject.toml", '[tool.pdm.version]\nsource = "scm"'),
        ("requirements.txt", "sentry-sdk==2.0\n"),
        ("package.json", '{"dependencies": {"dd-trace": "5"}}'),
        ("package.json", '{"scripts": {"test": "jest --onlyChanged"}}'),
        ("package.json", '{"dependencies": {"next-build-id": "3"}}'),
        ("package.json", '{"scripts": {"build": "pnpm --filter \\"...[main]\\" build"}}'),
    ],
)
def test_what_a_manifest_asks_for_stays(name: str, text: str) -> None:
    assert ".git" not in added(SOURCE, {**ALL, name: text})


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("/x/tools/revision", {"tools/revision": "git rev-parse HEAD\n"}),
        ("sh ./tools/revision", {"tools/revision": "git rev-parse HEAD\n"}),
        ("/x/release", {"release": "#!/bin/sh\n/x/ci/v\n", "ci/v": "git describe --tags\n"}),
    ],
)
def test_what_a_script_of_the_context_asks_for_stays(command: str, files: dict[str, str]) -> None:
    assert ".git" not in added(f"{SOURCE}RUN {command}\n", {**ALL, **files})
    harmless = dict.fromkeys(files, "#!/bin/sh\necho done\n")
    assert ".git" in added(f"{SOURCE}RUN {command}\n", {**ALL, **harmless})


@pytest.mark.parametrize(
    "command",
    [
        "dotnet publish -c Release -o /out",
        "composer install --no-dev",
        "pre-commit install-hooks",
        "npx lint-staged",
        "npx jest -o",
        "npx turbo run build --affected",
        "npx turbo run build --filter=...[HEAD^1]",
    ],
)
def test_tools_ask_for_the_history_by_themselves(command: str) -> None:
    assert ".git" not in added(f"{SOURCE}RUN {command}\n", {**ALL, "x.csproj": "<Project/>"})


def test_an_unknown_program_may_ask_for_the_history() -> None:
    for command in ("frobnicate --all", "/opt/other/build", "curl -s https://x.example/i | sh"):
        source = f"{SOURCE}RUN {command}\n"
        assert ".git" not in added(source, ALL, unsafe=False)
        assert ".git" in added(source, ALL)
        # what runs before anything is copied cannot see it
        first, rest = SOURCE.split("\n", 1)
        assert ".git" in added(f"{first}\nRUN {command}\n{rest}", ALL, unsafe=False)


LINT = "all: build lint\nbuild:\n\ttrue\nlint:\n\thadolint Dockerfile\nup:\n\tup compose.yaml\n"


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("make lint", {"Makefile": LINT}),
        ("make", {"Makefile": LINT}),
        ("./ci/lint", {"ci/lint": "hadolint Dockerfile\n"}),
        ("docker build .", {}),
        ("true\nCMD docker-compose up", {}),
        ("pytest", {"tests/test_it.py": 'open("Dockerfile")\n'}),
        ("true", {"app.py": 'open(HERE / "Dockerfile")\n'}),
        ("go build .", {"main.go": "package main\n//go:embed Dockerfile\nvar text string\n"}),
    ],
)
def test_what_reads_the_dockerfile_keeps_it(command: str, files: dict[str, str]) -> None:
    assert "Dockerfile" not in added(f"{SOURCE}RUN {command}\n", {**ALL, **files})
    for other in ("make build", "true", "docker-php-ext-install x"):
        harmless = {
            "Makefile": LINT,
            "tests/a.py": '"Dockerfile"\n',
            "a.py": "# as Dockerfile is\n",
        }
        assert "Dockerfile" in added(f"{SOURCE}RUN {other}\n", {**ALL, **harmless})


def test_what_terraform_has_fetched() -> None:
    files = {**ALL, ".terraform/x": "x"}
    assert ".terraform" in added(SOURCE, files)
    assert ".terraform" not in added(f'{SOURCE}CMD ["terraform", "plan"]\n', files)


def test_manifests_that_only_speak_of_git() -> None:
    for name, text in (
        (
            "package.json",
            '{"repository": {"type": "git", "url": "git+https://github.com/a/b.git"}}',
        ),
        ("pom.xml", "<scm><connection>scm:git:git://github.com/a/b.git</connection></scm>"),
        ("Cargo.toml", 'x = { git = "https://github.com/a/b" }'),
        ("Gemfile", 'gem "x", git: "https://gitlab.com/a/b.git"'),
        ("tool.sh", "git clone https://example.com/x.git\ngit config --global a b\n"),
        ("setup.cfg", "[x]\nlongitude = 1\n# see .gitignore\nurl = https://github.com/a/b\n"),
    ):
        assert ".git" in added(SOURCE, {**ALL, name: text}), name
    assert ".env" not in added(SOURCE, {**ALL, "Makefile": "include .env\n"})


@pytest.mark.parametrize("line", ["!.git", "!.git/HEAD", "!**", "!.g*"])
def test_what_is_brought_back_on_purpose_stays(line: str) -> None:
    assert ".git" not in added(SOURCE, {**ALL, ".dockerignore": f"x\n{line}\n"})


NODE = {
    "package.json": "{}", "node_modules/a": "", "web/package.json": "{}", "web/node_modules/b": "",
    ".dockerignore": "x\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rest", "files", "safe"),
    [
        ("RUN npm ci", ("package.json", "node_modules/a"), True),
        ("RUN yarn", ("package.json", "node_modules/a"), True),
        ("RUN pnpm install --frozen-lockfile && pnpm build", ("package.json", "node_modules/a"),
         True),
        ("WORKDIR web\nRUN npm ci\nWORKDIR ..\nRUN npm ci", tuple(NODE), True),
        # each of these would miss something
        ("RUN npm ci", tuple(NODE), False),
        ("RUN npm ci", ("node_modules/a",), False),
        ("RUN npm install express", ("package.json", "node_modules/a"), False),
        ("RUN npm ci --omit=dev", ("package.json", "node_modules/a"), False),
        ("ENV NODE_ENV=production\nRUN npm ci", ("package.json", "node_modules/a"), False),
        ("WORKDIR web\nRUN npm ci", ("package.json", "node_modules/a"), False),
        ("RUN npm run build", ("package.json", "node_modules/a"), False),
        ("RUN echo npm ci", ("package.json", "node_modules/a"), True),
    ],
)  # fmt: skip
def test_dependencies_that_are_installed(rest: str, files: tuple[str, ...], safe: bool) -> None:
    here = {name: NODE[name] for name in (*files, ".dockerignore")}
    line = "**/node_modules" if "web/node_modules/b" in files else "node_modules"
    assert added(f"{SOURCE}{rest}\n", here) == [line]
    assert added(f"{SOURCE}{rest}\n", here, unsafe=False) == ([line] if safe else [])


def test_outputs_of_a_stage_that_is_not_the_last() -> None:
    files = {"Cargo.toml": "", "target/x": "", ".dockerignore": "x\n"}
    stage = "FROM rust AS build\nWORKDIR /app\nCOPY . .\nRUN cargo build\n"
    assert added(f"{stage}FROM scratch\nCOPY --from=build /a /a\n", files, unsafe=False) == [
        "target"
    ]
    assert added(stage, files, unsafe=False) == []
    assert added(f"{stage}FROM build\n", files, unsafe=False) == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Git repository with a Dockerfile that copies all of it."""
    git("init", "--quiet", cwd=tmp_path)
    for name in ("app.py", ".idea/x", "a/__pycache__/b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nCOPY . /app\nCMD python /app/app.py\n")
    return tmp_path


WANTED = ".git\n.idea\n**/__pycache__\nDockerfile\n"


def test_a_new_file_is_only_offered(project: Path) -> None:
    done = dockfix_command(cwd=project)
    assert (
        b"Dockerfile:2:1: DF403 dockerignore: there is no .dockerignore, so the builder also gets "
        b".git, .idea, **/__pycache__ and Dockerfile: dockfix --in-place --select dockerignore "
        b"writes one [note]\n"
    ) in done.stdout
    assert dockfix_command("--in-place", cwd=project).returncode == 0
    assert not (project / ".dockerignore").exists()
    assert dockfix_command("--in-place", "--select", "DF4", cwd=project).returncode == 0
    assert not (project / ".dockerignore").exists()


def test_many_dockerfiles_get_one_line() -> None:
    files = {"a": "", ".git/HEAD": "", **dict.fromkeys(("Dockerfile", "Dockerfile.a"), SOURCE)}
    assert added(SOURCE, files) == [".git", "Dockerfile", "Dockerfile.a"]
    files["Dockerfile.b"] = SOURCE
    assert added(SOURCE, files) == [".git", "Dockerfile*"]
    # which would be too much, or is asked for
    assert "Dockerfile*" not in added(SOURCE, {**files, "Dockerfiles.txt": ""})
    assert added(f"{SOURCE}RUN cat Dockerfile\n", files) == [".git"]
    files = {"a": "", ".git/HEAD": "", "Dockerfile": SOURCE, "a.dockerfile": SOURCE}
    assert added(SOURCE, files) == [".git", "Dockerfile", "a.dockerfile"]
    assert added(SOURCE, {**files, "b.dockerfile": SOURCE}) == [
        ".git", "*.dockerfile", "Dockerfile",
    ]  # fmt: skip


def test_no_file_is_offered_for_the_dockerfile_alone() -> None:
    files = {"app.py": "", "Dockerfile": SOURCE}
    result = rewrite(SOURCE, settings=Settings(context=Files(files)))
    assert "dockerignore" not in {note.name for note in result.notes}
    assert added(SOURCE, files) == ["Dockerfile"]


@pytest.mark.parametrize("select", ["--select", "--extend-select"])
def test_a_new_file_by_patch_and_in_place(project: Path, select: str) -> None:
    before = (project / "Dockerfile").read_bytes()
    done = dockfix_command("--diff", select, "dockerignore", cwd=project)
    assert done.returncode == 1
    assert b"new file mode 100644" in done.stdout
    git("apply", cwd=project, given=done.stdout)
    assert (project / ".dockerignore").read_text() == WANTED
    after = (project / "Dockerfile").read_bytes()
    assert dockfix_command("--diff", select, "dockerignore", cwd=project).stdout == b""
    git("apply", "--reverse", cwd=project, given=done.stdout)
    assert not (project / ".dockerignore").exists()
    assert (project / "Dockerfile").read_bytes() == before
    done = dockfix_command("--in-place", select, "dockerignore", cwd=project)
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Rewrote .dockerignore\n" in done.stderr
    assert (b"Rewrote Dockerfile\n" in done.stderr) == (select == "--extend-select")
    assert (project / ".dockerignore").read_text() == WANTED
    assert (project / "Dockerfile").read_bytes() == after


def test_an_old_file_is_extended_by_default(project: Path) -> None:
    (project / ".dockerignore").write_bytes(b"# mine\r\nx")
    done = dockfix_command("--diff", cwd=project)
    git("apply", cwd=project, given=done.stdout)
    wanted = b"# mine\r\nx\r\n.git\r\n.idea\r\n**/__pycache__\r\nDockerfile\r\n"
    assert (project / ".dockerignore").read_bytes() == wanted
    assert dockfix_command("--check", cwd=project).returncode == 0


def test_the_file_beside_the_dockerfile_is_the_one(project: Path) -> None:
    (project / "docker").mkdir()
    (project / "docker" / "api.Dockerfile").write_text("FROM python:3.12\nCOPY . a ./\n")
    (project / "docker" / "api.Dockerfile.dockerignore").write_text("x\n")
    (project / "Dockerfile").unlink()
    assert dockfix_command("--in-place", "docker/api.Dockerfile", cwd=project).returncode == 0
    lines = (project / "docker" / "api.Dockerfile.dockerignore").read_text()
    assert lines == "x\n.git\n.idea\n**/__pycache__\n"
    assert not (project / ".dockerignore").exists()


def test_two_dockerfiles_share_a_file(project: Path) -> None:
    (project / "other.Dockerfile").write_text("FROM python:3.12\nCOPY a /a\n")
    done = dockfix_command("--diff", "--select", "dockerignore", cwd=project)
    assert done.stdout.count(b"new file mode") == 1
    git("apply", cwd=project, given=done.stdout)
    wanted = (project / ".dockerignore").read_text()
    assert sorted(wanted.split()) == sorted([*WANTED.split(), "other.Dockerfile"])
    (project / ".dockerignore").unlink()
    assert dockfix_command("--in-place", "--select", "dockerignore", cwd=project).returncode == 0
    assert sorted((project / ".dockerignore").read_text().split()) == sorted(wanted.split())


def test_standard_input_is_one_file(project: Path) -> None:
    done = dockfix_command(
        "-", "--stdin-filename", "Dockerfile", "--select", "dockerignore", "-v", cwd=project,
        given=(project / "Dockerfile").read_bytes(),
    )  # fmt: skip
    assert done.stdout == (project / "Dockerfile").read_bytes()
    assert b"(not done: needs .git, .idea, **/__pycache__, Dockerfile in" in done.stderr
    assert not (project / ".dockerignore").exists()


def test_a_read_only_dockerfile_changes_nothing(project: Path) -> None:
    (project / "Dockerfile").chmod(0o444)
    done = dockfix_command("--in-place", "--extend-select", "dockerignore", cwd=project)
    assert done.returncode == 2
    assert not (project / ".dockerignore").exists()


@pytest.mark.slow
def test_a_large_context(tmp_path: Path) -> None:
    for number in range(100):
        folder = tmp_path / "node_modules" / str(number)
        folder.mkdir(parents=True)
        for name in range(300):
            (folder / str(name)).touch()
    for number in range(50):
        folder = tmp_path / "src" / str(number)
        folder.mkdir(parents=True)
        for name in range(400):
            (folder / str(name)).touch()
    context = DirectoryContext(str(tmp_path))
    source = f"{SOURCE}RUN npm ci\n"
    start = time.process_time()
    result = rewrite(source, select=["dockerignore"], settings=Settings(context=context))
    assert time.process_time() - start < 2
    assert not result.others
    assert result.offered[0].message.startswith("add node_modules to .dockerignore: ")


OTHER_FILES = {
    # a Dockerfile in any folder, that asks for the history or names what would be left out
    "services/api/Dockerfile": "FROM a\nCOPY . /src\nRUN git -c a=b -C /src rev-parse HEAD\n",
    "deep/down/below/api.dockerfile": "FROM a\nCOPY .idea /idea\nCOPY .git /git\n",
    "api-Dockerfile": "FROM a\nCOPY .idea /idea\nCOPY .git /git\n",
    "Containerfile_api": "FROM a\nCOPY .idea /idea\nCOPY .git /git\n",
    # one that only a Compose or a Bake file names
    "docker-compose.yml": "services:\n  a:\n    build:\n      context: .\n"
    "      dockerfile_inline: |\n        FROM a\n        COPY .git .idea /a/\n",
    "docker-bake.hcl": 'target "a" {\n  dockerfile = "image/recipe"\n}\n',
    "docker-bake.override.hcl": 'target "a" {\n  context = "image"\n  dockerfile = "recipe"\n}\n',
    ".devcontainer.json": '{"build": {"dockerfile": "image/recipe"}, /* here */ }\n',
    "docker-bake.json": '{"target": {"a": {"dockerfile": "image/recipe"}}}\n',
    # a script that a command names
    "build.sh": "#!/bin/sh\ngit describe\n",
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_a_line_has_to_be_right_for_all_that_is_built_from_the_context(
    name: str, tmp_path: Path
) -> None:
    for folder in (".git", ".idea"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config").touch()
    (tmp_path / ".dockerignore").write_text("*.log\n")
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY . /a\nRUN sh build.sh\n")
    (tmp_path / "build.sh").write_text("true\n")
    before = dockfix_command("--diff", "--select", "dockerignore", "Dockerfile", cwd=tmp_path)
    assert b"+.git\n" in before.stdout
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(OTHER_FILES[name])
    if "recipe" in OTHER_FILES[name]:
        (tmp_path / "image").mkdir()
        (tmp_path / "image" / "recipe").write_text("FROM a\nCOPY .git /git\n")
    after = dockfix_command("--diff", "--select", "dockerignore", "Dockerfile", cwd=tmp_path)
    assert b"+.git\n" not in after.stdout


def test_a_dockerfile_of_a_folder_of_its_own_does_not_count(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()
    (tmp_path / ".dockerignore").write_text("*.log\n")
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPY . /a\n")
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "main.c").touch()
    (tmp_path / "tool" / "Dockerfile").write_text("FROM a\nCOPY main.c /\nRUN git status\n")
    done = dockfix_command("--diff", "--select", "dockerignore", "Dockerfile", cwd=tmp_path)
    assert b"+.git\n" in done.stdout
