"""Scripts whose first line names a program that only a full image has."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

LOCK = (
    '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"ms": "2.1.3"}},'
    ' "node_modules/ms": {"version": "2.1.3"}}}'
)
PYTHON = "FROM python:3.12-bookworm\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
NODE = "FROM node:20-bookworm\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\n"
FILES = {
    "requirements.txt": "flask==3.0.3\n",
    "package.json": '{"dependencies": {"ms": "2.1.3"}}',
    "package-lock.json": LOCK,
}


@pytest.mark.parametrize(
    ("begin", "first", "start", "split"),
    [
        (PYTHON, "#!/usr/bin/env python3", "./run.py", True),
        (PYTHON, "#!/usr/bin/python3", "./run.py", False),
        (PYTHON, "#!/usr/bin/python3", "python other.py", True),
        (PYTHON, "import os", "/usr/bin/python3 run.py", False),
        (NODE, "#!/usr/bin/env python3", "./run.py", False),
        (NODE, "#!/usr/bin/env python3", "node server.js", True),
        (NODE, "#!/usr/bin/env node", "./run.py", True),
    ],
)
def test_an_interpreter_has_to_be_there(begin: str, first: str, start: str, split: bool) -> None:
    files = Files({**FILES, "run.py": f"{first}\n", "other.py": "", "server.js": ""})
    source = f"{begin}COPY . .\nCMD {start}\n"
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=files))
    assert result.changed == split
    assert split or "python" in result.notes[0].message


@pytest.mark.parametrize(("start", "slim"), [("./run.py", False), ("python other.py", True)])
def test_it_has_to_be_on_a_slim_base_too(start: str, slim: bool) -> None:
    files = Files({"run.py": "#!/usr/bin/python3\n", "other.py": ""})
    source = f"FROM python:3.12-bookworm\nCOPY . .\nCMD {start}\n"
    result = rewrite(source, select=["slim-base"], settings=Settings(context=files))
    assert result.changed == slim
