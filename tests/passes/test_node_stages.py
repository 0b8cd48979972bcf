"""What the final stage of Node.js gets beside the packages."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

FILES = {
    "package.json": '{"name": "x", "type": "module", "dependencies": {"ms": "2.1.3"}}',
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "2.1.3"}'
    '}, "node_modules/ms": {"version": "2.1.3"}}}',
    "server.js": "import ms from 'ms'\n",
    "tests/x.js": "",
}


@pytest.mark.parametrize(
    ("manifests", "source", "stays"),
    [
        # Node.js reads there whether `import` is understood
        ("package*.json ./", "server.js ./", True),
        ("package.json package-lock.json ./", "server.js ./", True),
        ("package*.json ./", ". .", False),
        ("--chown=node package*.json ./", ". .", False),
        ("package.json package-lock.json /app/", "package.json server.js ./", True),
    ],
)
def test_manifests_stay_that_are_not_copied_again(manifests: str, source: str, stays: bool) -> None:
    text = (
        f"FROM node:20-bookworm\nWORKDIR /app\nCOPY {manifests}\nRUN npm ci\n"
        f'COPY {source}\nCMD ["node", "server.js"]\n'
    )
    result = rewrite(text, select=["multi-stage"], settings=Settings(context=Files(FILES)))
    final = result.after.partition("\n\n")[2]
    assert "COPY --from=build /app/node_modules" in final
    assert (f"COPY {manifests}\n" in final) == stays
