"""What each package manager reads of a project, by its words and by the files it finds."""

from __future__ import annotations

import json

import pytest

from dockfix.dockerfile.parser import parse
from dockfix.installs.project import Copied
from dockfix.installs.reads import reads_of
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import Needs, UnsureError
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.state.paths import copy_of
from helpers.memory_context import Files


def needs(command: str, files: dict[str, str]) -> Needs:
    """What a command needs of a project that is copied to where it runs. Raises UnsureError."""
    script = read_script(command, "sh")
    assert isinstance(script, Script)
    reads = reads_of(script)
    assert reads is not None, command
    manager = manager_of(reads[-1].manager)
    assert manager is not None
    assert manager.needs is not None
    (stage,) = parse("FROM x\nWORKDIR /app\nCOPY . .\n").stages
    copy = copy_of(stage.instructions[-1], "/app")
    here = f"/app/{reads[-1].directory}".rstrip("/")
    return manager.needs(Copied([copy], here, Files(files)), reads[-1])


POETRY = '[tool.poetry.dependencies]\npython = "^3"\nflask = "^3"\n'
BUILT = '[project]\nname = "x"\nversion = "1"\n[build-system]\nrequires = []\n'
LIST = {"r.txt": "flask\n"}
PNPM = {"package.json": '{"packageManager": "pnpm@10.1.0", "dependencies": {"a": "1"}}'}
POM = "<project></project>"


def package(**keys: object) -> str:
    return json.dumps(keys)


#: A command, the files of the project, and those that it reads.
KNOWN: list[tuple[str, dict[str, str], str]] = [
    ("pip install -r r.txt", {**LIST, "a.py": ""}, "r.txt"),
    ("pip install -r r.txt", {"r.txt": "-r a/b.txt\n--requirement c.txt", "a/b.txt": "-cd.txt",
                              "a/d.txt": "", "c.txt": ""}, "r.txt c.txt a/b.txt a/d.txt"),
    ("pip install -r r.txt", {"r.txt": "-r r.txt\n"}, "r.txt"),
    ("pip install -r a/r.txt", {"a/r.txt": "./w/x.whl\n-f links", "w/x.whl": "", "a/links/y": ""},
     "a/r.txt w/x.whl a/links"),
    ("pip install -r r.txt", {"r.txt": "\ufeffa==1 \\\n --hash=sha256:0\nb @ https://x.io/b.whl\n"
                              "git+https://x.io/c#egg=c\nd[e]>=1,<2; python_version > '3'  # x\n"},
     "r.txt"),
    ("pip install --no-index --find-links=w x", {"w/x.whl": ""}, "w"),
    ("pipenv install --system --deploy", {"Pipfile": "[packages]\na = '*'\n",
     "Pipfile.lock": '{"default": {"a": {"version": "1"}}}'}, "Pipfile Pipfile.lock"),
    ("poetry install --no-root", {"pyproject.toml": POETRY, "poetry.lock": "", "x.py": ""},
     "pyproject.toml poetry.lock"),
    ("poetry install", {"pyproject.toml": POETRY + "[tool.poetry]\npackage-mode = false\n"},
     "pyproject.toml"),
    ("uv sync --frozen", {"pyproject.toml": "[project]\nname = 'x'\n", "uv.lock": ""},
     "pyproject.toml uv.lock"),
    ("uv sync --no-install-project", {"pyproject.toml": BUILT, ".python-version": ""},
     "pyproject.toml .python-version"),
    ("uv pip install --system -r r.txt", {**LIST, "uv.toml": ""}, "uv.toml r.txt"),
    ("uv pip install -r pyproject.toml", {"pyproject.toml": BUILT}, "pyproject.toml"),
    ("npm ci", {"package.json": "{}", "package-lock.json": "{}", ".npmrc": "", "a.js": ""},
     "package.json package-lock.json .npmrc"),
    ("npm ci", {"package.json": package(workspaces=["a", "p/*"]), "a/package.json": "{}",
                "p/b/package.json": "{}", "p/README": ""},
     "package.json a/package.json p/b/package.json"),
    ("npm install", {"package.json": package(dependencies={"a": "file:lib/a", "b": "file:b.tgz"}),
                     "lib/a/package.json": "{}", "b.tgz": ""},
     "package.json lib/a/package.json b.tgz"),
    ("npm ci", {"package.json": package(scripts={"postinstall": "patch-package"}),
                "patches/a.patch": ""}, "package.json patches"),
    ("npm ci", {"package.json": package(scripts={"preinstall": "npx only-allow npm"})},
     "package.json"),
    ("npm ci --ignore-scripts", {"package.json": package(scripts={"prepare": "tsc"})},
     "package.json"),
    ("yarn", {"package.json": "{}", "yarn.lock": "", ".yarnrc.yml": "nodeLinker: node-modules\n",
              ".yarn/releases/y.cjs": "", ".yarn/patches/p": ""},
     "package.json yarn.lock .yarnrc.yml .yarn/releases .yarn/patches"),
    ("bun ci", {"package.json": package(workspaces={"packages": ["a/*"]}), "a/b/package.json": "{}",
                "bun.lock": "{}", "bunfig.toml": "[install]\nexact = true\n", "x.ts": ""},
     "package.json a/b/package.json bun.lock bunfig.toml"),
    ("bun install", {"package.json": package(patchedDependencies={"a@1": "patches/a@1.patch"}),
                     "patches/a@1.patch": "", "bun.lockb": ""},
     "package.json bun.lockb patches/a@1.patch"),
    ("pnpm ci", {**PNPM, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"},
     "package.json pnpm-lock.yaml"),
    ("pnpm install --frozen-lockfile", {**PNPM, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
     "pnpm-workspace.yaml": "packages:\n  - \"a/*\"\n", "a/b/package.json": "{}"},
     "package.json a/b/package.json pnpm-lock.yaml pnpm-workspace.yaml"),
    ("bundle install", {"Gemfile": "source 'https://x.org'\ngem 'a', '~> 1', require: false\n"
     "group :test do\n  gem \"b\"\nend\n", "Gemfile.lock": ""}, "Gemfile Gemfile.lock"),
    ("composer install --no-scripts --no-autoloader", {"composer.json": package(
        autoload={"classmap": ["src"]}, scripts={"x": "y"}), "composer.lock": "{}"},
     "composer.json composer.lock"),
    ("composer install", {"composer.json": package(autoload={"psr-4": {"A\\": "src/"}})},
     "composer.json"),
    ("go mod download", {"go.mod": "replace a => ./b\nreplace c => d v1\n", "b/go.mod": "",
                         "go.sum": ""}, "go.mod go.sum b/go.mod"),
    ("go mod download", {"go.mod": "", "go.work": "use (\n\t.\n\t./m\n)\n", "m/go.mod": "",
                         "m/go.sum": ""}, "go.mod go.work m/go.mod m/go.sum"),
    ("yarn install --immutable", {"package.json": package(dependencies={
        "a": "patch:a@npm%3A1.0.0#~/.yarn/patches/a-npm-1.0.0.patch"}), "yarn.lock": "",
        ".yarnrc.yml": "enableScripts: false\n", ".yarn/patches/a-npm-1.0.0.patch": ""},
     "package.json yarn.lock .yarnrc.yml .yarn/patches"),
    ("pnpm install --frozen-lockfile", {"package.json": "{}", "pnpm-lock.yaml": "",
     "pnpm-workspace.yaml": "packages: [a, 'b/*'] # c\n", "a/package.json": "{}",
     "b/c/package.json": "{}"},
     "package.json a/package.json b/c/package.json pnpm-lock.yaml pnpm-workspace.yaml"),
    ("mvn dependency:go-offline", {"pom.xml": '<?xml version="1.0" encoding="UTF-8"?>\n<project xm'
     'lns="http://maven.apache.org/POM/4.0.0"><!-- <module>b</module> --><modules><module>a</module'
     '></modules></project>', "a/pom.xml": POM}, "pom.xml a/pom.xml"),
    ("uv sync --frozen --no-install-workspace", {"pyproject.toml": "[tool.uv.workspace]\nmembers = "
     "['a']\n[tool.uv.sources]\na = {workspace = true}\n", "uv.lock": ""},
     "pyproject.toml uv.lock"),
    ("./mvnw dependency:go-offline -B", {"pom.xml": "<modules><module> a </module></modules>",
     "a/pom.xml": "<parent></parent>", "mvnw": "", ".mvn/x": ""}, "pom.xml a/pom.xml .mvn mvnw"),
    ("mvn -f a/pom.xml dependency:resolve", {"a/pom.xml": "<parent><relativePath>../p.xml"
     "</relativePath></parent>", "p.xml": POM}, "a/pom.xml p.xml"),
    ("gradle --no-daemon dependencies", {"settings.gradle": "include 'a', ':b:c'\n",
     "build.gradle": "plugins { id 'java' }\n", "b/c/build.gradle.kts": "", "gradle/l.toml": ""},
     "settings.gradle build.gradle b/c/build.gradle.kts gradle"),
    ("dotnet restore", {"A.csproj": '<ProjectReference Include="B\\B.csproj" />', "B/B.csproj": "",
                        "nuget.config": ""}, "A.csproj B/B.csproj nuget.config"),
    ("dotnet restore a/A.sln", {"a/A.sln": 'Project("{}") = "B", "B\\B.csproj", "{}"\n',
                                "a/B/B.csproj": ""}, "a/A.sln a/B/B.csproj"),
    ("mix deps.get --only prod", {"mix.exs": "deps: [{:a, \"1\"}]", "mix.lock": "",
                                  "config/config.exs": ""}, "mix.exs mix.lock config"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "files", "expected"), KNOWN)
def test_the_files_that_an_install_reads(
    command: str, files: dict[str, str], expected: str
) -> None:
    assert sorted(needs(command, files).files) == sorted(expected.split())


#: A command, the files of the project, and why nobody knows what it reads.
UNSURE: list[tuple[str, dict[str, str], str]] = [
    ("pip install .", {}, "builds the project"),
    ("pip install -e .", {}, "builds the project"),
    ("pip install -r r.txt", {"r.txt": "-e .\n"}, "`-e .`"),
    ("pip install -r r.txt", {"r.txt": "./lib\n"}, "`./lib`"),
    ("pip install -r r.txt", {"r.txt": "a @ file:///b\n"}, "file:///b"),
    ("pip install -r r.txt", {"r.txt": "-r ${X}\n"}, "variable"),
    ("pip install -r r.txt", {"r.txt": "-r gone.txt\n"}, "gone.txt cannot be read"),
    ("pipenv sync", {"Pipfile": "[packages]\na = {path = '.'}\n", "Pipfile.lock": "{}"}, "a in"),
    ("pipenv sync", {"Pipfile": "[", "Pipfile.lock": "{}"}, "not TOML"),
    ("pipenv sync", {"Pipfile": "", "Pipfile.lock": '{"default": {"a": {"path": "."}}}'}, "a in"),
    ("poetry install", {"pyproject.toml": POETRY}, "--no-root"),
    ("poetry install --no-root", {"pyproject.toml": POETRY + 'a = {path = "a"}\n'}, "a in"),
    ("poetry install --no-root", {"pyproject.toml": POETRY + "[tool.poetry-dynamic-versioning]\n"},
     "plugin"),
    ("poetry install --no-root", {"pyproject.toml": POETRY + "[tool.poetry.requires-plugins]\n"},
     "plugin"),
    ("uv sync --locked", {"pyproject.toml": BUILT}, "--no-install-project"),
    ("uv sync", {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['a']\n"}, "workspace"),
    ("uv sync", {"pyproject.toml": "[tool.uv.sources]\na = {path = 'a'}\n"}, "a in"),
    ("uv sync --no-install-project", {"pyproject.toml": "[project]\ndynamic = ['version']\n"},
     "metadata of pyproject.toml"),
    ("uv pip install .", {}, "builds the project"),
    ("npm ci", {"package.json": package(scripts={"prepare": "husky"})}, "prepare"),
    ("npm ci", {"package.json": package(scripts={"postinstall": "patch-package"})}, "postinstall"),
    ("npm ci", {"package.json": package(workspaces=["a"]),
                "a/package.json": package(scripts={"install": "x"})}, "install"),
    ("npm ci", {"package.json": package(workspaces=["a"]), "a/package.json": package(bin="x")},
     "programs"),
    ("npm ci", {"package.json": package(workspaces=["**"])}, "workspaces like"),
    ("npm ci", {"package.json": package(dependencies={"a": "link:a"})}, "link:a"),
    ("npm ci", {"package.json": package(overrides={"a": {"b": "./b"}})}, "./b"),
    ("npm ci", {"package.json": "{}", "binding.gyp": ""}, "binding.gyp"),
    ("npm ci", {"package.json": "{}", ".npmrc": "cafile=certs/a.pem\n"}, "cafile"),
    ("npm ci", {"package.json": "[]"}, "not an object"),
    ("cd a && npm ci", {"package.json": package(workspaces=["a"]), "a/package.json": "{}"},
     "workspace in a folder above"),
    ("yarn", {"package.json": "{}", ".yarn/cache/a.zip": ""}, "reads and writes"),
    ("yarn", {"package.json": "{}", ".yarnrc.yml": "cacheFolder: ./c\n"}, "cacheFolder"),
    ("yarn", {"package.json": package(dependencies={"a": "file:a"})}, "file:a"),
    ("cd a && yarn", {".yarnrc.yml": "", "a/package.json": "{}"}, "workspace in a folder above"),
    ("pnpm install", {"package.json": "{}", ".pnpmfile.cjs": ""}, ".pnpmfile.cjs"),
    ("bun install", {"package.json": package(scripts={"postinstall": "tsc"})}, "postinstall"),
    ("bun install", {"package.json": "{}", "bunfig.toml": "[install]\ncafile = 'x'\n"}, "cafile"),
    ("bun install", {"package.json": package(dependencies={"a": "link:a"})}, "link:a"),
    ("pnpm install", {"package.json": package(pnpm={"patchedDependencies": {"a": "p/a"}})},
     "patches"),
    ("pnpm install", {"package.json": "{}", "pnpm-workspace.yaml": "packages: [a"}, "not YAML"),
    ("pnpm install", {"package.json": "{}", "pnpm-workspace.yaml": "- a\n"}, "not a table"),
    ("yarn install", {"package.json": package(dependencies={"a": "patch:b@npm%3A1#./b.patch"})},
     "b.patch"),
    ("bundle install", {"Gemfile": "gemspec\n"}, "gemspec"),
    ("bundle install", {"Gemfile": "gem 'a', path: 'b'\n"}, "path"),
    ("bundle install", {"Gemfile": "eval_gemfile 'x'\n"}, "eval_gemfile"),
    ("bundle install", {"Gemfile": "", "Gemfile.lock": "PATH\n  remote: .\n"}, "path"),
    ("bundle install", {"Gemfile": "", "vendor/cache/a.gem": ""}, "vendor/cache"),
    ("composer install", {"composer.json": package(scripts={"post-install-cmd": "x"})},
     "script of composer.json"),
    ("composer install -o", {"composer.json": "{}"}, "classes"),
    ("composer install", {"composer.json": package(autoload={"classmap": ["a"]})}, "classes"),
    ("composer install", {"composer.json": package(repositories=[{"type": "path", "url": "a"}])},
     "repository"),
    ("go mod download", {"go.mod": "replace a => ../b\n"}, "cannot be read"),
    ("cd a && go mod download", {"go.work": "", "a/go.mod": ""}, "go.work in a folder above"),
    ("mvn dependency:go-offline", {"pom.xml": "<systemPath>a.jar</systemPath>"}, "systemPath"),
    ("mvn dependency:go-offline", {"pom.xml": "<module>a</module>"}, "a/pom.xml"),
    ("mvn dependency:go-offline", {"pom.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"},
     "document type"),
    ("mvn dependency:go-offline", {"pom.xml": "<project>"}, "not XML"),
    ("mvn dependency:go-offline", {"pom.xml": "<a><relativePath>${b}</relativePath></a>"},
     "relativePath"),
    ("gradle dependencies", {"build.gradle": "apply from: 'x.gradle'\n"}, "apply from"),
    ("gradle dependencies", {"build.gradle": "version = file('V').text\n"}, "file("),
    ("gradle dependencies", {"build.gradle": "", "buildSrc/a": ""}, "buildSrc"),
    ("gradle dependencies", {"settings.gradle": "includeBuild 'x'\n"}, "not told"),
    ("cargo fetch", {"Cargo.toml": ""}, "source"),
    ("dotnet restore", {"A.csproj": '<Import Project="x.props" />'}, "Import"),
    ("dotnet restore", {"A.csproj": "", "B.csproj": ""}, "which project"),
    ("dotnet restore a", {"a/A.csproj": '<ProjectReference Include="../g.csproj" />'}, "g.csproj"),
    ("mix deps.get", {"mix.exs": "version: File.read!(\"V\")"}, "File."),
    ("mix deps.get", {"mix.exs": "{:a, path: \"a\"}"}, "path:"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "files", "reason"), UNSURE)
def test_who_is_unsure_says_why(command: str, files: dict[str, str], reason: str) -> None:
    with pytest.raises(UnsureError) as unsure:
        needs(command, files)
    assert reason in str(unsure.value)


def locked(packages: dict[str, object], version: int = 3, **asked: str) -> dict[str, str]:
    lock = {"lockfileVersion": version, "packages": {"": {"dependencies": asked}, **packages}}
    return {"package.json": package(dependencies=asked), "package-lock.json": json.dumps(lock)}


@pytest.mark.parametrize(
    ("files", "doubt"),
    [
        (locked({"node_modules/a": {}}, a="1"), ""),
        (locked({"node_modules/esbuild": {"hasInstallScript": True}}, esbuild="1"), ""),
        (locked({"node_modules/@prisma/client": {"hasInstallScript": True}}), "@prisma/client"),
        ({"package.json": package(dependencies={"a": "1"})}, "install scripts"),
        ({"package.json": "{}"}, ""),
        ({"package.json": "{}", "package-lock.json": '{"dependencies": {}}'}, "does not say"),
    ],
)
def test_scripts_of_packages_are_taken_on_trust(files: dict[str, str], doubt: str) -> None:
    found = needs("npm ci", files).doubt
    assert doubt in found
    assert bool(doubt) == bool(found)


@pytest.mark.parametrize(
    ("files", "settled"),
    [
        (locked({"node_modules/a": {}}, a="1"), True),
        (locked({"node_modules/a": {}}, 1, a="1"), False),
        ({**locked({}, a="1"), "package.json": package(dependencies={"a": "2"})}, False),
        (locked({}, a="1"), False),
    ],
)
def test_a_lock_file_in_step_is_not_written_anew(files: dict[str, str], settled: bool) -> None:
    assert needs("npm install", files).settled == (("package-lock.json",) if settled else ())


def test_what_is_written_beside_every_manifest() -> None:
    files = {"package.json": package(workspaces=["a"]), "a/package.json": "{}"}
    assert needs("npm ci", files).writes == ("node_modules", "a/node_modules")
    projects = {"A.csproj": '<ProjectReference Include="B/B.csproj" />', "B/B.csproj": ""}
    assert needs("dotnet restore", projects).writes == ("obj", "B/obj")
    assert needs("npm ci", files).cleared == ("node_modules",)
    assert needs("npm install", files).cleared == ()
