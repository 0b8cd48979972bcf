"""Node.js: packages for development go, where nothing asks for them when it runs."""

from __future__ import annotations

import json

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.divided import final_stage
from helpers.memory_context import Files

SOURCE = """FROM node:{}
WORKDIR /app
COPY package*.json ./
RUN {}
COPY . .
RUN npm run build
CMD {}
"""
LINE = "RUN npm prune --omit=dev"
MANIFEST: dict[str, object] = {
    "name": "shop",
    "dependencies": {"express": "^4.18.0"},
    "devDependencies": {"typescript": "^5.0.0", "nodemon": "^3.0.0"},
    "scripts": {"build": "tsc", "start": "node dist/index.js", "dev": "nodemon src/index.ts"},
}
PACKAGES: dict[str, dict[str, object]] = {
    "": {"name": "shop"},
    "node_modules/express": {"version": "4.18.0"},
    "node_modules/typescript": {"version": "5.0.0", "dev": True},
    "node_modules/nodemon": {"version": "3.0.0", "dev": True},
    "node_modules/pug": {"version": "3.0.0", "dev": True},
    "node_modules/nodemon/node_modules/debug": {"version": "4.0.0", "dev": True},
}


def is_pruned(
    files: dict[str, str] | None = None,
    packages: dict[str, dict[str, object]] | None = None,
    *,
    tag: str = "20",
    install: str = "npm ci",
    start: str = '["node", "dist/index.js"]',
    **manifest: object,
) -> bool:
    """True if a project is divided and pruned; False if only divided."""
    listed = {**PACKAGES, **(packages or {})}
    project = {
        "package.json": json.dumps({**MANIFEST, **manifest}),
        "package-lock.json": json.dumps({"lockfileVersion": 3, "packages": listed}),
        "tsconfig.json": '{"compilerOptions": {"outDir": "dist"}}',
        "src/index.ts": 'import express from "express";\nexpress().listen(80);\n',
        **(files or {}),
    }
    source = SOURCE.format(tag, install, start)
    lines, notes = final_stage(source, project)
    assert "COPY --from=build /app /app" in lines, notes
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=Files(project)))
    return f"RUN npm run build\n{LINE}\n\nFROM" in result.after


@pytest.mark.parametrize(
    "start",
    [
        '["node", "dist/index.js"]',
        '["node", "--max-old-space-size=512", "dist/index.js", "serve"]',
        '["npm", "start"]',
        '["npm", "run", "start"]',
        "npm start",
        '["dumb-init", "node", "dist/index.js"]',
        "NODE_ENV=production node dist/index.js",
    ],
)
def test_what_is_started_by_a_file(start: str) -> None:
    assert is_pruned(start=start)


@pytest.mark.parametrize(
    "start",
    [
        '["npm", "run", "dev"]',
        '["npx", "nodemon", "dist/index.js"]',
        '["node", "--require", "nodemon", "dist/index.js"]',
        '["node", "node_modules/.bin/nodemon"]',
        '["node", "dist/index.js", "&&", "nodemon"]',
        "node dist/migrate.js && npx nodemon",
    ],
)
def test_what_is_started_otherwise(start: str) -> None:
    assert not is_pruned(start=start)


def test_scripts_around_the_start() -> None:
    scripts = {"build": "tsc", "start": "node dist/index.js", "prestart": "tsc --noEmit"}
    assert not is_pruned(start='["npm", "start"]', scripts=scripts)
    assert not is_pruned(start='["npm", "start"]', scripts={"build": "tsc"})


@pytest.mark.parametrize(
    ("source", "pruned"),
    [
        ('import type { X } from "typescript";\n', True),
        ('import { x } from "./nodemon";\n', True),
        ('import ts from "typescript";\n', False),
        ('const ts = require("typescript/lib/tsc");\n', False),
        ('const ts = await import("typescript");\n', False),
        ("const one = require(name);\n", False),
        ("const one = await import(`${name}`);\n", False),
        ("const one = await import(`./lang/${name}.js`);\n", True),
        ('app.set("view engine", "pug");\n', False),
        ('import { exec } from "child_process";\nexec("npx knex migrate:latest");\n', False),
        ('load({ target: "nodemon" });\n', False),  # a transport, a client, a plugin by its name
        ('app.use(express.static("node_modules/express"));\n', False),
        ("const load = createRequire(import.meta.url);\n", False),
    ],
)
def test_what_source_asks_for(source: str, *, pruned: bool) -> None:
    assert is_pruned({"src/more.ts": source}) is pruned


@pytest.mark.parametrize(
    ("path", "pruned"),
    [
        ("src/shop.test.ts", True),
        ("tests/shop.ts", True),
        ("jest.config.js", True),
        ("src/vite.ts", False),
        ("src/knexfile.js", False),
        ("config/default.json", False),
        ("bin/www", False),
    ],
)
def test_files_that_only_tools_read(path: str, *, pruned: bool) -> None:
    assert is_pruned({path: '["x"].map(require("nodemon"))\n'}) is pruned


def test_packages_that_source_gets_by_another() -> None:
    """An import of what no manifest names finds what lies at the top, not what lies below."""
    source = {"src/more.ts": 'import debug from "debug";\n'}
    assert not is_pruned(source, {"node_modules/debug": {"version": "4.0.0", "dev": True},
                                  "node_modules/express/node_modules/debug": {}})  # fmt: skip
    assert is_pruned(source, {"node_modules/debug": {"version": "4.0.0"}})


@pytest.mark.parametrize(
    ("peer", "pruned"), [("nodemon", False), ("typescript", True), ("absent", True)]
)
def test_optional_peers(peer: str, *, pruned: bool) -> None:
    """What stays may look for them; of some it only takes types."""
    peers: dict[str, object] = {"peerDependenciesMeta": {peer: {"optional": True}}}
    assert is_pruned(packages={"node_modules/express": peers}) is pruned


@pytest.mark.parametrize("option", ['"importHelpers": true', '"noEmitHelpers": true'])
def test_helpers_that_a_compiler_imports(option: str) -> None:
    settings = {"tsconfig.json": f'{{"compilerOptions": {{"outDir": "dist", {option}}}}}'}
    assert is_pruned(settings)
    assert not is_pruned(settings, {"node_modules/tslib": {"dev": True}})


def test_components_whose_framework_would_go() -> None:
    component = {"src/page.tsx": "export const Page = () => <p />;\n"}
    assert is_pruned(component)
    assert not is_pruned(component, {"node_modules/react": {"dev": True}})


@pytest.mark.parametrize(
    ("packages", "reason"),
    [
        ({"node_modules/patch-package": {"dev": True}}, "patches lie in the packages"),
        ({"node_modules/@prisma/client": {}}, "a client lies in the packages"),
    ],
)
def test_packages_with_ways_of_their_own(
    packages: dict[str, dict[str, object]], reason: str
) -> None:
    assert not is_pruned(packages=packages), reason


def test_builds_that_write_what_is_not_seen() -> None:
    scripts = {"build": "node make.js && tsc"}
    assert not is_pruned({"make.js": "1\n"}, scripts=scripts)


@pytest.mark.parametrize(
    ("options", "pruned"),
    [
        ({"tag": "14"}, False),  # npm 6 does not know the option
        ({"tag": "lts"}, True),
        ({"install": "npm ci --no-audit"}, True),
        ({"install": "npm ci --legacy-peer-deps"}, False),
        ({"install": "npm ci --omit=dev"}, False),
    ],
)
def test_versions_and_options(options: dict[str, str], *, pruned: bool) -> None:
    assert is_pruned(**options) is pruned  # type: ignore[arg-type]


def test_an_install_that_may_write_another_lock_file() -> None:
    assert not is_pruned(install="npm install")
    root = {name: MANIFEST[name] for name in ("dependencies", "devDependencies")}
    assert is_pruned(packages={"": root}, install="npm install")


@pytest.mark.parametrize("build", ["tsc && npm prune --omit=dev", "tsc && npm prune --production"])
def test_who_prunes_has_it_so(build: str) -> None:
    """In a script of the manifest, or in the Dockerfile."""
    assert not is_pruned(scripts={"build": build})
    assert not is_pruned(install="npm ci && npm prune")


def test_settings_of_npm() -> None:
    assert not is_pruned({".npmrc": "legacy-peer-deps=true\n"})


def test_nothing_to_prune() -> None:
    packages = {name: {**one, "dev": False} for name, one in PACKAGES.items()}
    assert not is_pruned(packages=packages)


@pytest.mark.parametrize(
    ("command", "pruned"), [("npm run dev", False), ("npm start", True), ("npx nodemon", False)]
)
def test_what_a_compose_file_runs_instead(command: str, *, pruned: bool) -> None:
    service = f"services:\n  web:\n    build: .\n    command: {command}\n"
    assert is_pruned({"compose.yaml": service}) is pruned
