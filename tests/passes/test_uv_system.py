"""Installs by uv for the system: they go into the environment that UV_PYTHON names."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

COPIED = "COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/uv\n"
INSTALL = "COPY requirements.txt .\nRUN uv pip install --system -r requirements.txt\n"


def divided(body: str, start: str = "python shop.py") -> tuple[str, str]:
    """The file, empty if nothing is divided, and the note."""
    source = f"FROM python:3.12-bookworm\nWORKDIR /srv\n{body}COPY . .\nCMD {start}\n"
    files = Files({"requirements.txt": "flask==3.0.3\n", "shop.py": ""})
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=files))
    notes = " ".join(note.message for note in result.notes)
    return (result.after if result.changed else ""), notes


@pytest.mark.parametrize(
    "body",
    [
        f"{COPIED}{INSTALL}",
        f"RUN pip install uv\n{INSTALL}",
        "RUN pip install uv\nENV UV_SYSTEM_PYTHON=1\nCOPY requirements.txt .\n"
        "RUN uv pip install -r requirements.txt\n",
        f"RUN pip install uv==0.4.9\n{INSTALL}",
    ],
)
def test_packages_go_into_an_environment(body: str) -> None:
    after, note = divided(body)
    assert after, note
    build, final = after.split("\n\n")
    assert "ENV UV_PYTHON=/opt/venv/bin/python PATH=/opt/venv/bin:$PATH\n" in build
    assert "COPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n" in final
    assert "UV_PYTHON" not in final
    assert "RUN" not in final


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"RUN pip install uv==0.2.9\n{INSTALL}", "does not take UV_PYTHON"),
        (f"RUN pip install uv\nENV UV_PYTHON=3.11\n{INSTALL}", "UV_PYTHON says where"),
        (
            "RUN pip install uv\nRUN uv pip install --system --target /x flask\n",
            "--target says where it installs",
        ),
    ],
)
def test_what_may_go_elsewhere_is_left_alone(body: str, reason: str) -> None:
    after, note = divided(body)
    assert not after
    assert reason in note


@pytest.mark.parametrize("body", [f"{COPIED}{INSTALL}", f"RUN pip install uv\n{INSTALL}"])
def test_it_starts_nothing(body: str) -> None:
    assert not divided(body, '["uv", "run", "shop.py"]')[0]
