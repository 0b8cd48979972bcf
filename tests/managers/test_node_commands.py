"""What commands of npm, yarn, pnpm and corepack do to a project."""

from __future__ import annotations

import pytest

from dockfix.managers.manifests.node_commands import Deed, deed_of

KNOWN = {
    "npm ci --omit=dev": Deed("installs"),
    "npm install left-pad": None,
    "npm install -g pnpm@9 serve": Deed("global", ("pnpm@9", "serve")),
    "npm --location=global install pm2": Deed("global", ("pm2",)),
    "npm run build -- --mode production": Deed("runs", ("build",)),
    "npm run build -w api": Deed("everywhere", ("build",)),
    "npm exec prisma generate": Deed("calls", ("prisma", "generate")),
    "npm config set fund false": Deed("sets"),
    "npm prune --production": Deed("keeps"),
    "npm publish": None,
    "npm ci --prefix client": None,
    "npx -y prisma generate": Deed("calls", ("prisma", "generate")),
    "npx --package=a b": None,
    "yarn": Deed("installs"),
    "yarn --production": Deed("installs"),
    "yarn add express": None,
    "yarn build --verbose": Deed("runs", ("build", "--verbose"), True),
    "yarn run build": Deed("runs", ("build",), True),
    "yarn global add serve": Deed("global", ("serve",)),
    "yarn workspace api build": Deed("everywhere", ("build",)),
    "yarn workspaces foreach -A run build": Deed("everywhere", ("build",)),
    "yarn workspaces focus --production": Deed("installs"),
    "yarn install --modules-folder /m": None,
    "pnpm i --frozen-lockfile": Deed("installs"),
    "pnpm -r build": Deed("everywhere", ("build",)),
    "pnpm --filter api run build": Deed("everywhere", ("build",)),
    "pnpm build": Deed("runs", ("build",), True),
    "pnpm exec tsc": Deed("calls", ("tsc",)),
    "pnpm deploy --prod /srv": None,
    "pnpm add -g turbo": Deed("global", ("turbo",)),
    "corepack enable": Deed("sets"),
    "corepack pack": None,
    "make": None,
}


@pytest.mark.parametrize("command", KNOWN)
def test_a_command_is_known_for_what_it_does(command: str) -> None:
    program, *values = command.split()
    assert deed_of(program, values) == KNOWN[command]
