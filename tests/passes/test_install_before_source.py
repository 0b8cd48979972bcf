"""install-before-source: only what an install provably does not read goes below it."""

from __future__ import annotations

import random

import pytest

from dockfix import rewrite
from dockfix.edit.edits import Safety, apply
from dockfix.installs.reads import reads_of
from dockfix.passes.base import Settings
from dockfix.passes.install_before_source import PASS, verify
from dockfix.reorder import groups as group_module
from dockfix.reorder.copy_moves import MovePlan
from dockfix.reorder.groups import consecutive_groups
from dockfix.reorder.read_groups import read_groups
from dockfix.reports.examples import Example, examples_of
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.facts import facts_of
from helpers.memory_context import Files


def rewritten(source: str, settings: Settings | None = None, *, unsafe: bool = False) -> str:
    allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
    for _ in range(10):
        before = facts_of(source)
        rewrite = PASS.rewrite(before, settings or Settings())
        groups = [group for group in rewrite if group.safety in allowed]
        if not groups:
            return source
        source = apply(source, groups[0].edits)
        assert PASS.verify(before, facts_of(source)) is None
    raise AssertionError("never quiet")


@pytest.mark.parametrize("example", examples_of(PASS.name), ids=lambda example: example.before)
def test_trust_changes_nothing_where_nothing_is_in_doubt(example: Example) -> None:
    context = None if example.files is None else Files(dict(example.files))
    facts = facts_of(example.before)
    for _, members, surroundings in read_groups(facts, consecutive_groups(facts, context), context):
        proven = MovePlan(members, surroundings, allow_unproven=False)
        if not proven.left_out_unproven:
            plan = MovePlan(members, surroundings, allow_unproven=True)
            assert (plan.moves, plan.stays) == (proven.moves, proven.stays)


HEAD = "FROM python\nWORKDIR /app\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "COPY a /a\nCOPY b /b\nRUN pip install x\nRUN pip install y\n",
            "RUN pip install x\nRUN pip install y\nCOPY a /a\nCOPY b /b\n",
            id="order of the moved is kept",
        ),
        pytest.param(
            'COPY a /a\n\nCOPY b /b\n\nRUN pip install x\n\nCMD ["x"]\n',
            '\nRUN pip install x\n\nCOPY a /a\n\nCOPY b /b\n\nCMD ["x"]\n',
            id="paragraphs stay paragraphs",
        ),
        pytest.param(
            "# one\n# two\nCOPY a /a\nRUN pip install x\n",
            "RUN pip install x\n# one\n# two\nCOPY a /a\n",
            id="comments go along",
        ),
        pytest.param(
            "ENV A=1\n\n# why\nCOPY a /a\nRUN pip install x\n\nCMD a\n",
            "ENV A=1\n\nRUN pip install x\n\n# why\nCOPY a /a\n\nCMD a\n",
            id="a comment that heads a paragraph still does",
        ),
        pytest.param(
            "ENV A=1\n\n# why\nCOPY a /a\nRUN pip install x && cat /a\n\nCMD a\n",
            "ENV A=1\n\nRUN pip install x\n\n# why\nCOPY a /a\nRUN cat /a\n\nCMD a\n",
            id="so does it between the halves of a RUN",
        ),
        pytest.param(
            "# about all of it\n\nCOPY a /a\nRUN pip install x\n",
            "# about all of it\n\nRUN pip install x\nCOPY a /a\n",
            id="comments of a paragraph stay",
        ),
        pytest.param(
            "COPY a /a\nRUN pip install x",
            "RUN pip install x\nCOPY a /a",
            id="no final line ending",
        ),
        pytest.param(
            "COPY a \\\n  # why\n  /a\nRUN pip install \\\n  x\n",
            "RUN pip install \\\n  x\nCOPY a \\\n  # why\n  /a\n",
            id="continued lines",
        ),
        pytest.param(
            "COPY a /a\nCOPY --from=b /x /y\nRUN pip install x\n",
            "COPY --from=b /x /y\nRUN pip install x\nCOPY a /a\n",
            id="past a COPY to another place",
        ),
        pytest.param(
            "COPY a /a\nRUN --mount=type=cache,target=/root/.cache pip install x\n",
            "RUN --mount=type=cache,target=/root/.cache pip install x\nCOPY a /a\n",
            id="past a cache mount",
        ),
        pytest.param(
            'COPY ["a", "/a"]\nRUN ["pip", "install", "x"]\n',
            'RUN ["pip", "install", "x"]\nCOPY ["a", "/a"]\n',
            id="exec forms",
        ),
        pytest.param(
            "COPY a /a\nRUN apt-get update\nRUN apt-get install -y x\n",
            "RUN apt-get update\nRUN apt-get install -y x\nCOPY a /a\n",
            id="lists and what is installed from them",
        ),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_layout(before: str, after: str, ending: str) -> None:
    source = (HEAD + before).replace("\n", ending)
    assert rewritten(source) == (HEAD + after).replace("\n", ending)


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("COPY a /a\nCOPY b /a/b\nRUN make\nRUN pip install x\n", "make may read /a"),
        ("COPY a /a\nCOPY b /\nRUN make\n", "b may bring another a"),
        ("COPY --chown=$U a /a\nENV U=x\nRUN pip install x\n", "a would be somebody else's"),
        ("COPY --chown=u a /a\nWORKDIR /a\nRUN pip install x\n", "/a would be made by root"),
        ("COPY a b\nWORKDIR /c\nRUN pip install x\n", "b would be /c/b"),
        ("COPY a /a\nVOLUME /a\nRUN pip install x\n", "what is copied behind a VOLUME may be lost"),
        ("COPY a /opt/venv\nENV PATH=/opt/venv/bin:$PATH\nCOPY b /opt/venv/bin\n"
         "RUN pip install x\n", "pip itself is copied"),
        ("COPY a /app/x.whl\nRUN pip install x.whl\n", "the file is installed"),
        ("COPY a /app/a\nRUN pip install ./a\n", "the directory is installed"),
        ("COPY a /wheels\nRUN pip install -f /wheels x\n", "wheels are looked for there"),
        ("COPY a /a\nRUN pip install $(cat /a/list)\n", "the list is read"),
        ("COPY a /a\nRUN pip install x || true\n", "a failure is part of the plan"),
        ("COPY a /a\nRUN pip install x &\n", "it is still running"),
        ("COPY a /a\nRUN pip install x > /a/log\n", "the log is written there"),
        ("COPY a /a\nRUN . /a/env && pip install x\n", "settings are read"),
        ("COPY a /a\nRUN <<EOF\npip install x\nEOF\n", "here-documents are not read"),
        ("COPY a /a\nONBUILD RUN pip install x\n", "another file's build"),
        ("COPY a b\nRUN --mount=type=cache,target=/app pip install x\n", "hides what is copied"),
        ("COPY a.list /etc/apt/sources.list.d/\nRUN apt-get update\n", "the list is read"),
        ("COPY . /\nRUN apt-get update && apt-get install x\n", "may hold settings of apt"),
        ("COPY a /var/www/html\nRUN apt-get update && apt-get install apache2\n",
         "the package writes there, too"),
        ("COPY a /a\nRUN apt-get install /a/x.deb\n", "the package is copied"),
        ("COPY --parents a /a\nRUN pip install x\n", "where it lands depends on the source"),
        ("ADD https://x.io/a /a\nRUN pip install x\n", "does not change with the source"),
        ("COPY <<EOF /a\nx\nEOF\nRUN pip install x\n", "does not change with the source"),
        ("COPY email /app/email\nRUN python -m pip install x\n", "shadows a module of Python"),
        ("COPY vendor vendor\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
         "a requirement may be vendored"),
        ("COPY gems gems\nCOPY Gemfile* ./\nCOPY engines engines\nRUN bundle install\n",
         "the Gemfile may name engines"),
    ],
)  # fmt: skip
def test_left_alone(text: str, breaks: str) -> None:
    assert breaks
    assert rewritten(HEAD + text, unsafe=True) == HEAD + text


def test_a_relative_place_below_an_unknown_directory() -> None:
    known = "FROM python\nCOPY requirements.txt .\nCOPY src src\n"
    install = "RUN pip install -r requirements.txt\n"
    after = f"FROM python\nCOPY requirements.txt .\n{install}COPY src src\n"
    assert rewritten(known + install) == after
    unclear = "FROM a/b\nCOPY requirements.txt /r/\nCOPY src src\nRUN pip install -r /r/q.txt\n"
    assert rewritten(unclear) == unclear
    clear = unclear.replace("a/b", "python")
    assert rewritten(clear).endswith("COPY src src\n")
    assert rewritten(clear.replace("python", "python:onbuild")).endswith("-r /r/q.txt\n")


@pytest.mark.parametrize(
    "after",
    [
        "FROM a\nRUN x\nCOPY b /b\nCOPY c /d\n",
        "FROM a\nCOPY c /c\nCOPY b /b\nUSER u\nRUN x\n",
        "FROM a\nUSER u\nRUN x\nCOPY b /b\nCOPY c /c\nCOPY d /d\n",
        "FROM a\nCOPY b /b\nUSER u\nCOPY c c\nRUN x\n",
        "FROM a\nCOPY b /b\nUSER u\nRUN x\nRUN x\nCOPY c /c\n",
        "FROM a\nCOPY b /b\nRUN x\nUSER u\nCOPY c /c\n",
    ],
)
def test_verify_refuses(after: str) -> None:
    before = facts_of("FROM a\nCOPY b /b\nUSER u\nCOPY c /c\nRUN x\n")
    assert verify(before, facts_of(after)) is not None


UNDERSTOOD = {
    "pip install -r a.txt -c b.txt --no-cache-dir": [("a.txt", "b.txt")],
    "pip3 install -Ur a.txt flask 'x>=1'": [("a.txt",)],
    "python3 -m pip install --requirement=a.txt": [("a.txt",)],
    "pip install --upgrade pip && pip install -r a.txt": [(), ("a.txt",)],
    "pip install -r a.txt --index-url $URL": [("a.txt",)],
    "npm ci --omit=dev": [("package.json",)],
    "npm install -g yarn@1": [()],
    "yarn install --frozen-lockfile && yarn cache clean": [("package.json",), ()],
    "cd web && npm install": [("package.json",)],
    "go mod download": [("go.mod",)],
    "bundle install --jobs 4 --without 'test development'": [("Gemfile",)],
    "pipenv install --system --deploy": [("Pipfile", "Pipfile.lock")],
    "poetry install --no-root --only main": [("pyproject.toml",)],
    "set -eux; apt-get update; apt-get install -y a=1 b; rm -rf /var/lib/apt/lists/*": [()] * 4,
    "apk add --no-cache -t .build gcc": [()],
}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_an_install_reads(text: str) -> None:
    script = read_script(text, "sh")
    assert isinstance(script, Script)
    found = reads_of(script)
    assert found is not None
    assert [one.manifests for one in found] == UNDERSTOOD[text]


@pytest.mark.parametrize(
    "text",
    [
        "pip install x.tar.gz",
        "pip install -r $FILE", "pip install *.whl", "pip install -r", "pip wheel -r a.txt",
        "pip install --no-such-option x", "pip install x --src /x",
        "PIP_CONFIG_FILE=/x pip install y", "npm install ./x", "npm install x", "npm run build",
        "npm ci && npm run build", "yarn build", "yarn add x", "go build ./...", "go get x",
        "bundle exec x", "bundle install --path v",
        "sudo pip install x", "rm -rf x", "rm -rf /x/../y",
        "apt-get install ./x.deb", "apt-get -o Dir::Etc=/x update", "dpkg -i x", "make",
        "cd ~ && npm ci", "pip install x | tee y", "! pip install x", "(pip install x)",
    ],
)  # fmt: skip
def test_what_is_not_understood(text: str) -> None:
    script = read_script(text, "sh")
    assert not isinstance(script, Script) or reads_of(script) is None


def test_prisma_generates_its_client_from_the_source() -> None:
    source = "FROM node\nWORKDIR /app\nCOPY package*.json ./\nCOPY prisma ./prisma\nRUN npm ci\n"
    lock = '{"packages": {"node_modules/@prisma/client": {"hasInstallScript": true}}}'
    files = {"package.json": "{}", "package-lock.json": lock, "prisma/schema.prisma": ""}
    assert rewritten(source, Settings(context=Files(files))) == source


@pytest.mark.parametrize(
    ("variable", "safe"),
    [
        ("PIP_NO_CACHE_DIR=1", True),
        ("PYTHON_VERSION=3.12", True),
        ("PIP_INDEX_URL=https://x.io/simple", True),
        ("PIP_CACHE_DIR=/cache", True),
        ("PYTHONPATH=/app", False),
        ("PIP_TARGET=lib", False),
        ("PIP_CONFIG_FILE=$HERE/pip.conf", False),
    ],
)
def test_variables_that_lead_pip_to_what_is_copied(variable: str, safe: bool) -> None:
    source = f"FROM python\nWORKDIR /app\nENV {variable}\nCOPY app app\nRUN pip install x\n"
    moved = source.replace("COPY app app\nRUN pip install x\n", "RUN pip install x\nCOPY app app\n")
    assert rewritten(source) == (moved if safe else source)
    assert rewritten(source, unsafe=True) == moved


LEADING = ("APT_CONFIG=/app/apt.conf", "WGETRC=/app/wgetrc", "CURL_HOME=/app", "ANY=/app/apt.conf")


@pytest.mark.parametrize("variable", [*LEADING, "APP_HOME=/app", "DATA=/srv/apt.conf"])
def test_variables_that_lead_to_what_is_copied(variable: str) -> None:
    install = "RUN apt-get update && apt-get install -y git\n"
    source = f"FROM debian\nENV {variable}\nWORKDIR /app\nCOPY . .\n{install}CMD a\n"
    settings = Settings(context=Files({"apt.conf": "", "wgetrc": "", "a.py": ""}))
    moved = source.replace(f"COPY . .\n{install}", f"{install}COPY . .\n")
    assert rewritten(source, settings) == (source if variable in LEADING else moved)
    assert rewritten(source, settings, unsafe=True) == moved


_PROJECT = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""}


@pytest.mark.parametrize(
    ("ignoring", "other_stage", "lines"),
    [
        (None, "", ["node_modules"]),
        ("*.md\n", "", ["*.md", "node_modules"]),
        ("node_modules\n", "", None),
        ("**/node_modules/**\n", "", None),
        (None, "FROM scratch\nCOPY node_modules/a /a\n", None),
        (None, "FROM scratch\nCOPY --from=0 /app/node_modules /a\n", ["node_modules"]),
    ],
)
def test_what_an_install_writes_is_left_out_before_it_is_there(
    ignoring: str | None, other_stage: str, lines: list[str] | None
) -> None:
    """Who runs npm beside the Dockerfile would else copy those modules over the image's."""
    source = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n{other_stage}"
    files = _PROJECT | ({} if ignoring is None else {".dockerignore": ignoring})
    for alone in (False, True):
        settings = Settings(context=Files(files), alone=alone)
        result = rewrite(source, select=["install-before-source"], settings=settings)
        assert "\nRUN npm ci\nCOPY . .\n" in result.after
        written = [other.after.splitlines() for other in result.others]
        assert written == ([lines] if lines and not alone else [])


@pytest.mark.parametrize(
    ("alone", "said"),
    [
        (False, "and no longer the install; node_modules goes into .dockerignore"),
        (True, "and no longer the install"),
    ],
)
def test_a_message_names_the_lines_that_go_into_the_ignore_file(alone: bool, said: str) -> None:
    text = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
    files = {"package.json": "{}", "package-lock.json": '{"packages": {}}', "a.js": ""}
    settings = Settings(context=Files(files), alone=alone)
    result = rewrite(text, select=["install-before-source"], settings=settings)
    assert result.applied[0].message.endswith(said)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("ABC", "A/obj, B/obj, C/obj go into .dockerignore"),
        ("ABCDE", "A/obj, B/obj, C/obj and 2 more go into .dockerignore"),
    ],
)
def test_a_message_counts_further_lines_of_the_ignore_file(names: str, said: str) -> None:
    text = "FROM sdk:8.0\nWORKDIR /a\nCOPY . .\nRUN dotnet restore Shop.sln\n"
    solution = "".join(
        f'Project("{{FAE04EC0}}") = "{name}", "{name}\\{name}.csproj", "{{1}}"\nEndProject\n'
        for name in names
    )
    files = {f"{name}/{name}.csproj": PROJECT for name in names}
    files |= {"Shop.sln": solution, "A/a.cs": ""}
    result = rewrite(
        text, select=["install-before-source"], settings=Settings(context=Files(files))
    )
    assert result.applied[0].message.endswith(said)


PROJECT = '<Project Sdk="Microsoft.NET.Sdk" />'

LINES = [
    "COPY requirements.txt ./",
    "COPY requirements.txt /app/",
    "COPY requirements.txt .",
    "COPY requirements.txt /tmp/requirements.txt",
    "ADD requirements.txt dev.txt ./",
    "COPY --chown=app dev.txt ./",
    "COPY . .",
    "COPY src /app/src",
    "COPY --from=x requirements.txt ./",
    "RUN pip install -r requirements.txt",
    "RUN pip install -r /tmp/requirements.txt && rm /tmp/requirements.txt",
    "RUN pip install -U pip && pip3 install --no-cache-dir -r requirements.txt -r dev.txt",
    "RUN cd /tmp && pip install -r requirements.txt",
    "RUN cd src && pip install -r ../requirements.txt",
    "RUN apt-get update && apt-get install -y gcc && python -m pip install -r ./requirements.txt",
    "RUN pip install --target -r requirements.txt",
    "RUN pip uninstall -r requirements.txt",
    "RUN apt-get install -r requirements.txt",
    "RUN pip install flask # -r requirements.txt",
    "RUN make && pip install -r requirements.txt",
    "RUN pip install -r requirements.txt; pip install flask",
    "RUN pip install flask",
    "WORKDIR /tmp",
    "WORKDIR sub",
    "USER app",
    "FROM python AS x\nWORKDIR /app",
    "FROM x",
]


def test_what_is_not_looked_at_would_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A COPY of the list alone, right above its install, is passed over without being judged."""
    chance = random.Random(1)
    contexts = [
        None,
        Files({"requirements.txt": "flask\n", "dev.txt": "-r requirements.txt\n", "a.py": ""}),
        Files({"requirements.txt": "-r dev.txt\n-e ./src\n", "src/setup.py": ""}),
        Files({"requirements.txt/a.txt": "", "src/a.py": ""}),
        Files({"dev.txt": ""}),
    ]
    passed_over = 0
    for _ in range(1_000):
        tree = facts_of("\n".join([HEAD, *chance.choices(LINES, k=chance.randint(2, 7))]) + "\n")
        for context in contexts:
            settings = Settings(context=context)
            groups, found = list(PASS.rewrite(tree, settings)), consecutive_groups(tree, context)
            with monkeypatch.context() as patched:
                patched.setattr(group_module, "must_stand_above", lambda *_: False)
                assert list(PASS.rewrite(tree, settings)) == groups
                passed_over += consecutive_groups(tree, context) != found
    assert passed_over > 100


PACKAGE = {
    "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n[build-system]\nrequires = ["flit"]\n',
    "uv.lock": "",
    "poetry.lock": "",
    "src/x.py": "",
}
UV_FIRST = "COPY pyproject.toml uv.lock ./\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "COPY . .\nRUN --mount=type=cache,target=/c \\\n    uv sync --locked",
            UV_FIRST
            + "RUN --mount=type=cache,target=/c \\\n    uv sync --locked --no-install-project\n"
            "COPY . .\nRUN --mount=type=cache,target=/c \\\n    uv sync --locked",
            id="a mount, and no final line ending",
        ),
        pytest.param(
            UV_FIRST
            + "COPY src src\nRUN pip install uv && \\\n    uv sync --frozen && \\\n    x\n",
            UV_FIRST + "RUN pip install uv && \\\n    uv sync --frozen --no-install-project\n"
            "COPY src src\nRUN uv sync --frozen && \\\n    x\n",
            id="between other commands, the manifests copied",
        ),
        pytest.param(
            "COPY . .\nRUN cd /app && uv sync --frozen\n",
            UV_FIRST + "RUN cd /app && uv sync --frozen --no-install-project\n"
            "COPY . .\nRUN cd /app && uv sync --frozen\n",
            id="in a directory",
        ),
        pytest.param(
            "COPY . .\nRUN poetry install --only main\n",
            "COPY pyproject.toml poetry.lock ./\nRUN poetry install --only main --no-root\n"
            "COPY . .\nRUN poetry install --only main\n",
            id="as in the FAQ of poetry",
        ),
    ],
)
def test_an_install_is_called_twice(before: str, after: str) -> None:
    assert rewritten(HEAD + before, Settings(context=Files(PACKAGE))) == HEAD + after


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("COPY . .\nRUN uv sync --locked && rm -r .venv\n", id="a removal"),
        pytest.param("COPY . .\nRUN uv sync --locked; x\n", id="goes on after a failure"),
        pytest.param("COPY . .\nRUN uv sync --locked > /dev/null\n", id="a redirection"),
        pytest.param('COPY . .\nRUN ["uv", "sync", "--locked"]\n', id="exec form"),
        pytest.param("COPY . .\nRUN uv sync\n", id="it may write another uv.lock"),
        pytest.param("COPY . .\nRUN uv sync --frozen --only-dev\n", id="not the project"),
        pytest.param("ARG UV_VERSION=0.2\nCOPY . .\nRUN uv sync --frozen\n", id="an old uv"),
        pytest.param(
            "RUN pip install poetry==0.12\nCOPY . .\nRUN poetry install\n", id="old poetry"
        ),
        pytest.param("COPY src/x.py .\nRUN uv sync --locked\n", id="a single file"),
        pytest.param(
            UV_FIRST + "RUN uv sync --locked --no-install-project\nVOLUME /v\n"
            "COPY . .\nRUN uv sync --locked\n",
            id="divided by the author",
        ),
    ],
)
def test_an_install_is_not_called_twice(text: str) -> None:
    assert rewritten(HEAD + text, Settings(context=Files(PACKAGE))) == HEAD + text


def test_without_a_context_no_install_is_called_twice() -> None:
    text = HEAD + UV_FIRST + "COPY src src\nRUN uv sync --locked\n"
    assert rewritten(text, unsafe=True) == text


@pytest.mark.parametrize(
    "after",
    [
        "RUN uv sync --no-install-project --locked\nRUN uv sync --locked\n",
        "RUN uv sync --locked --no-install-workspace\nRUN uv sync --locked\n",
        "RUN uv sync --locked\nRUN uv sync --locked --no-install-project\n",
        "RUN uv sync --locked --no-install-project\n",
        "RUN uv sync --locked\nRUN uv sync --locked\n",
    ],
)
def test_verify_knows_a_first_install(after: str) -> None:
    before = facts_of(HEAD + "RUN uv sync --locked\n")
    right = "RUN uv sync --locked --no-install-project\nRUN uv sync --locked\n"
    assert verify(before, facts_of(HEAD + right)) is None
    assert verify(before, facts_of(HEAD + after)) is not None


@pytest.mark.parametrize(
    ("base", "install", "version"),
    [
        ("registry.example.com/x:1", "npm ci", ".tool-versions"),
        ("registry.example.com/x:1", "pip install six", "mise.toml"),
        ("cimg/python:3.12", "pip install six", ".python-version"),
        ("debian:12\nRUN git clone https://github.com/pyenv/pyenv /p", "pip install six",
         ".python-version"),
        ("ubuntu:24.04\nENV PATH=/root/.asdf/shims:$PATH", "npm ci", ".tool-versions"),
    ],
)  # fmt: skip
def test_which_program_runs_may_be_said_by_a_file(base: str, install: str, version: str) -> None:
    project = {
        "package.json": '{"name": "x"}',
        "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"name": "x"}}}',
        "x.py": "",
    }
    source = f"FROM {base}\nWORKDIR /app\nCOPY . .\nRUN {install}\n"
    with_file = Settings(context=Files({**project, version: "nodejs 18\n"}))
    assert rewritten(source, with_file, unsafe=True) == source
    below = source.replace("WORKDIR /app", "COPY . /app\nWORKDIR /app/x").replace("COPY . .", "")
    assert rewritten(below, with_file, unsafe=True) == below
    for others in ({}, {".java-version": "17\n", ".ruby-version": "3.2\n"}):
        assert rewritten(source, Settings(context=Files({**project, **others}))) != source
    # an official image has the programs themselves
    official = source.replace(base, "python:3.12")
    assert rewritten(official, with_file) != official


@pytest.mark.parametrize(
    ("copy", "stays"),
    [("COPY lib /opt/lib", True), ("COPY lib/a.so.1 /opt/lib/", True), ("COPY a.js /opt/", False)],
)
def test_libraries_stay_above_what_brings_their_list_up_to_date(copy: str, stays: bool) -> None:
    settings = Settings(context=Files({"lib/a.so.1": "x", "a.js": "", "own.conf": "/opt/lib\n"}))
    install = "RUN apt-get update && apt-get install -y git\n"
    source = f"FROM debian:12\nCOPY own.conf /etc/ld.so.conf.d/\n{copy}\n{install}"
    assert (rewritten(source, settings) == source) == stays


NPM = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
NPM_FILES = {"package.json": "{}", "package-lock.json": "{}", "a.js": "", "Dockerfile": NPM}


@pytest.mark.parametrize(
    ("other", "safe"),
    [
        ("FROM node\nCOPY . .\nRUN npm ci\n", True),
        ("FROM nginx\nCOPY a.js /srv/\n", True),
        ("FROM nginx\nCOPY node_modules/x /srv/\n", False),
        ("FROM node\nCOPY . .\nCMD node a.js\n", False),
        ("FROM node\nCOPY ${WHAT} .\n", False),
    ],
)
def test_what_another_build_copies_is_not_left_out(other: str, safe: bool) -> None:
    settings = Settings(context=Files({**NPM_FILES, "ops/Dockerfile": other}))
    assert (rewritten(NPM, settings) != NPM) == safe
    assert rewritten(NPM, settings, unsafe=True) != NPM
