"""What stands below the installs of Python is done in the final stage, if it compiles nothing."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

FILES = {
    "requirements.txt": "flask==3.0.3\n",
    "shop.py": "",
    "setup.py": "from setuptools import setup\n",
    "manage.py": "",
    "poetry.lock": "",
    "pyproject.toml": "",
}


def divided(body: str, start: str = '["python", "shop.py"]') -> tuple[bool, str]:
    """Whether a stage is divided, and the note."""
    source = (
        "FROM python:3.12-bookworm\nWORKDIR /srv\nCOPY requirements.txt .\n"
        f"RUN pip install -r requirements.txt\nCOPY . .\n{body}CMD {start}\n"
    )
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=Files(FILES)))
    return result.changed, " ".join(note.message for note in result.notes)


@pytest.mark.parametrize(
    "command",
    [
        "python manage.py collectstatic --noinput",
        "python -m compileall .",
        "python3 -W ignore manage.py migrate",
        "flask --app shop init-db",
        "python -c 'print(1)'",
        "nginx -t",
    ],
)
def test_data_is_made_in_the_final_stage(command: str) -> None:
    body = "RUN apt-get update && apt-get install -y nginx\n" if "nginx" in command else ""
    changed, note = divided(f"{body}RUN {command}\n")
    assert changed, note


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("python setup.py build_ext --inplace", "whether setup.py in line 6 compiles"),
        ("python -m build", "whether -m build in line 6 compiles"),
        ("python -c 'import pyximport'", "pyximport, which compiles"),
        ("python elsewhere.py", "whether elsewhere.py in line 6 compiles"),
        ("cython shop.py", "whether cython in line 6 compiles"),
        ("hardly-known build", "whether hardly-known in line 6 compiles"),
    ],
)
def test_what_may_compile_there_leaves_the_stage_alone(command: str, reason: str) -> None:
    changed, note = divided(f"RUN {command}\n")
    assert not changed
    assert reason in note


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ('SHELL ["/bin/bash", "-lc"]\n', "python shop.py"),
        ("", '["bash", "-l", "-c", "python shop.py"]'),
        ("", "bash --login -c 'python shop.py'"),
    ],
)
def test_a_login_shell_does_not_find_an_environment(body: str, start: str) -> None:
    """Debian's /etc/profile sets PATH."""
    changed, note = divided(body, start)
    assert not changed
    assert "a login shell sets PATH anew" in note


def test_an_option_of_another_program_is_no_login() -> None:
    assert divided("", "sh -c 'ls -l; python shop.py'")[0]


def test_an_installer_that_starts_the_program_is_not_left_behind() -> None:
    source = (
        "FROM python:3.12-bookworm\nWORKDIR /srv\nRUN pip install poetry\n"
        "COPY pyproject.toml poetry.lock ./\n"
        "RUN poetry config virtualenvs.create false && poetry install --no-root\nCOPY . .\n"
        'CMD ["{}"]\n'
    )
    settings = Settings(context=Files(FILES))
    for start, said in (('poetry", "run", "python', "calls poetry"), ('python", "shop.py', "")):
        result = rewrite(source.format(start), select=["multi-stage"], settings=settings)
        assert result.changed != bool(said)
        assert said in " ".join(note.message for note in result.notes)
