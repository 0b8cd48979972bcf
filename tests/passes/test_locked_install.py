"""locked-install: only an install of all that a manifest asks for, and only with its lock file."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.installs.locks import locking_of
from dockfix.passes.base import Settings
from dockfix.passes.locked_install import verify
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.facts import facts_of
from helpers.memory_context import Files


def locked(text: str, option: str = "") -> str | None:
    """A command that keeps to its lock file; None: it is left alone."""
    script = read_script(text, "sh")
    assert isinstance(script, Script)
    found = locking_of(script.simples[0], option)
    return found and text[: found.start] + found.text + text[found.end :]


LOCKED = {
    "npm install": "npm ci",
    "npm i --production --no-audit": "npm ci --production --no-audit",
    "npm install --loglevel error": "npm ci --loglevel error",
    "yarn": "yarn install --frozen-lockfile",
    "yarn --production": "yarn install --frozen-lockfile --production",
    "yarn install --network-timeout 100000":
        "yarn install --frozen-lockfile --network-timeout 100000",
    "pnpm install -P": "pnpm install --frozen-lockfile -P",
    "bun i": "bun i --frozen-lockfile",
    "pipenv install --system": "pipenv install --deploy --system",
    "uv sync --no-dev --group prod": "uv sync --locked --no-dev --group prod",
    "bundle install --jobs 4": "bundle config set frozen true && bundle install --jobs 4",
    "composer update --no-dev": "composer install --no-dev",
    "poetry update --only main": "poetry install --only main",
}  # fmt: skip


@pytest.mark.parametrize("text", LOCKED)
def test_an_install_keeps_to_its_lock_file(text: str) -> None:
    after = locked(text)
    assert after == LOCKED[text]
    assert after is not None
    verified = verify(facts_of(f"FROM x\nRUN {text}\n"), facts_of(f"FROM x\nRUN {after}\n"))
    assert verified is None


def test_yarn_has_another_word_for_it_from_version_2_on() -> None:
    assert locked("yarn", "--immutable") == "yarn install --immutable"


@pytest.mark.parametrize(
    "text",
    [
        "npm ci", "npm install x", "npm install ./x", "npm install -g", "npm install --global",
        "npm install -D", "npm install --no-package-lock", "npm install $X", "npm run build",
        "npm install --save", "npm test", "npm", "yarn add x", "yarn build", "yarn --version",
        "yarn install --frozen-lockfile", "yarn install --immutable --immutable-cache",
        "yarn install --mode=update-lockfile", "yarn workspaces focus", "pnpm install x",
        "pnpm install --no-frozen-lockfile", "pnpm install --lockfile-only", "pnpm build",
        "pipenv install flask", "pipenv install --skip-lock", "pipenv install --deploy --system",
        "pipenv sync", "uv sync --frozen", "uv pip install x", "uv sync --upgrade",
        "bundle exec rake", "bundle install --deployment", "bundle", "composer install",
        "composer update monolog/monolog", "composer require x", "poetry install",
        "poetry update flask", "poetry lock", "poetry update --lock-only x",
    ],
)  # fmt: skip
def test_everything_else_is_left_alone(text: str) -> None:
    assert locked(text) in (None, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("npm install", "npm ci --omit=dev"),
        ("npm install", "npm ci x"),
        ("npm install", "true"),
        ("composer update", "composer require"),
        ("a && npm install", "npm ci && a"),
    ],
)
def test_verify_refuses(before: str, after: str) -> None:
    trees = [facts_of(f"FROM x\nRUN {text}\n") for text in (before, after)]
    assert verify(*trees) is not None


LOCK = '{"lockfileVersion": 3, "packages": {"": {}}}'
FILES = {"package.json": "{}", "package-lock.json": LOCK, "a.js": ""}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("FROM node\nCOPY . .\nRUN npm install \\\n    --no-audit \\\n && x\n",
         "RUN npm ci \\\n    --no-audit \\\n && x\n"),
        ("FROM node\nCOPY . .\nRUN yarn \\\n  --silent\n",
         "RUN yarn install --frozen-lockfile \\\n  --silent\n"),
        ("FROM node AS a\nWORKDIR /a\nCOPY . .\nFROM a\nRUN npm install\n", "FROM a\nRUN npm ci\n"),
    ],
)  # fmt: skip
def test_layout_stays(source: str, lines: str) -> None:
    settings = Settings(context=Files({**FILES, "yarn.lock": ""}))
    for ending in ("\n", "\r\n"):
        text = source.replace("\n", ending)
        after = rewrite(text, select=["locked-install"], settings=settings).after
        assert after.endswith(lines.replace("\n", ending))


def test_a_lock_file_from_another_stage_or_an_unread_copy_is_not_told() -> None:
    for line in ("COPY --from=x /a .", "COPY $DIR .", "COPY package.json ."):
        source = f"FROM node\nWORKDIR /app\n{line}\nRUN npm install\n"
        settings = Settings(context=Files(FILES))
        assert not rewrite(source, select=["locked-install"], settings=settings).changed


def test_the_source_may_go_below_an_install_that_writes_no_lock_file() -> None:
    source = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm install\n"
    old = LOCK.replace("3", "1")
    settings = Settings(context=Files({**FILES, "package-lock.json": old}))
    chosen = ["locked-install", "install-before-source"]
    assert rewrite(source, select=chosen, settings=settings).after == (
        "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
    )
    assert not rewrite(source, select=chosen[1:], settings=settings).changed
