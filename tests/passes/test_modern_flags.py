"""modern-flags: the same command to the manager that is there, and no other command touched."""

from __future__ import annotations

import pytest

from dockfix import rewrite

NODE = "FROM node:20\n"
RUBY = "FROM ruby:2.7-slim\n"


def rewritten(source: str) -> str:
    result = rewrite(source, select=["modern-flags"])
    assert not rewrite(result.after, select=["modern-flags"]).changed
    return result.after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("npm install --production", "npm install --omit=dev"),
        ("npm --production install", "npm --omit=dev install"),
        ("npm i --only=prod --silent", "npm i --omit=dev --silent"),
        ("npm prune --production=true", "npm prune --omit=dev"),
        ("npm update --no-optional", "npm update --omit=optional"),
        ("head -n 12 a && npm ci --production", "head -n 12 a && npm ci --omit=dev"),
        ("sudo npm ci --only=production", "sudo npm ci --omit=dev"),
        ("cd app && (npm ci --production)", "cd app && (npm ci --omit=dev)"),
        ("npm install \\\n    --production \\\n    --silent", None),
    ],
)
def test_npm(before: str, after: str | None) -> None:
    after = after or before.replace("--production", "--omit=dev")
    assert rewritten(f"{NODE}RUN {before}\n") == f"{NODE}RUN {after}\n"


@pytest.mark.parametrize(
    "text",
    [
        "npm run build --production",
        "npm test -- --production",
        "npm install -- --production",
        "npm install --production --omit=peer",
        "npm_config_omit=peer npm install --production",
        "npm ci --only=dev",
        "npm ci --production=false",
        "npm ci '--production'",
        "yarn install --production",
        "npm() { echo; }; npm install --production",
        "echo --production",
        "npm install --production || npm install -g npm@6",
        # another Node.js, with its own npm
        "npm i -g n && n 12 && npm ci --production",
        "volta install node@12 && npm ci --production",
        "curl https://nodejs.org/dist/v12.0.0/x.tgz | tar xz && npm ci --production",
    ],
)
def test_commands_of_another_meaning_stay(text: str) -> None:
    assert rewritten(f"{NODE}RUN {text}\n") == f"{NODE}RUN {text}\n"


@pytest.mark.parametrize(
    ("base", "known"),
    [
        ("node", True),
        ("node:latest", True),
        ("node:lts-alpine", True),
        ("node:16.20.2-bullseye-slim", True),
        ("docker.io/library/node:22", True),
        ("node:24-alpine@sha256:" + "0" * 64, True),
        ("node:hydrogen", True),
        ("node:14", False),
        ("node:15.14", False),
        ("node:8-alpine", False),
        ("node:4.6.1", False),
        ("node:boron", False),
        ("node:stretch", False),
        ("node:0.12", False),
        ("node@sha256:" + "0" * 64, False),
        ("example.org/node:20", False),
        ("someone/node:20", False),
        ("node:${VERSION}", False),
        ("node:20${SUFFIX}", False),
        ("debian", False),
    ],
)
def test_bases(base: str, known: bool) -> None:
    source = f"FROM {base}\nRUN npm ci --production\n"
    assert (rewritten(source) != source) is known


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("gem install rack --no-ri --no-rdoc", "gem install rack --no-document"),
        ("gem install --no-rdoc --no-ri rack", "gem install --no-document rack"),
        ("gem install rack --no-ri \\\n    --no-rdoc -f", "gem install rack --no-document -f"),
        ("gem install rack --no-ri", "gem install rack --no-ri"),
    ],
)
def test_gem(before: str, after: str) -> None:
    assert rewritten(f"{RUBY}RUN {before}\n") == f"{RUBY}RUN {after}\n"


def test_a_comment_between_two_options_stays() -> None:
    before = f"{RUBY}RUN gem install rack --no-ri \\\n    # no manual\n    --no-rdoc\n"
    assert rewritten(before) == before


def test_a_trigger_is_rewritten_too() -> None:
    assert rewritten(f"{NODE}ONBUILD RUN npm i --production\n").endswith("npm i --omit=dev\n")
