"""What all tests share: which of them run, how much is generated, and that interrupts interrupt."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from helpers import amount, cases
from helpers.real_engine import real_engine, started_engine

__all__ = ["real_engine", "started_engine"]

#: What pyproject.toml leaves out by default.
QUICK = "not slow and not engine"
UPDATE = pytest.StashKey[cases.Update | None]()

# Machines are busy, so no generated case has a deadline. In CI they are the same in every run.
settings.register_profile("dockfix", deadline=None)
settings.register_profile("ci", settings.get_profile("dockfix"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dockfix")

# A shell starts what runs in its background with interrupts ignored, and so would be every program
# that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dockfix")
    group.addoption(
        "--all",
        action="store_true",
        help="run every test, the slow ones and those with an engine too, on every generated case",
    )
    group.addoption(
        "--update-cases",
        action="store_true",
        help="show how the folders of cases differ from what dockfix does now",
    )
    group.addoption(
        "--accept",
        action="store_true",
        help="with --update-cases: write what is shown",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--all"):
        amount.take_all()
        if config.option.markexpr == QUICK:
            config.option.markexpr = ""
    updating, accept = config.getoption("--update-cases"), config.getoption("--accept")
    if accept and not updating:
        raise pytest.UsageError("--accept goes with --update-cases")
    if updating and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--update-cases goes without -n")
    config.stash[UPDATE] = cases.Update(accept=accept) if updating else None


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> cases.Update | None:
    """What the cases would be changed to, if that was asked for."""
    return request.config.stash[UPDATE]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    found = config.stash[UPDATE]
    if found is not None:
        terminalreporter.write_line(found.shown())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that ask for an engine, before others are left out."""
    for item in items:
        if {"started_engine", "storage"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)
