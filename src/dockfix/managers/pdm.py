"""PDM (PDM's own reference). What its installs read is not known."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.parts import OnPath

MANAGER = Manager(
    name="pdm",
    verbs=verbs(
        install="install sync add", upgrade="update", other="build export lock run use venv"
    ),
    on_path=OnPath(environments=words("add env install sync update venv")),
    manifests=("pyproject.toml",),
    versions=(".python-version",),
)
