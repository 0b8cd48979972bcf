"""Whom sudo is known to let run everything."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

INSTALL = "RUN sudo apt-get update && sudo apt-get install -y jq\n"
CLEANUP = "sudo rm -rf /var/lib/apt/lists/*"

D = "FROM debian:12\n"


@pytest.mark.parametrize(
    ("above", "allowed"),
    [
        (D, True),
        (D + "USER app\n", False),
        (D + "USER app\nUSER root\n", True),
        ("FROM example.org/base\n", False),
        ("FROM example.org/base\nUSER 0\n", True),
        ("FROM cimg/base:2024.01\n", True),
        ("FROM cimg/base:2024.01\nUSER app\n", False),
        (
            D + "RUN echo 'app ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/a\nUSER app\n",
            True,
        ),
        (D + "RUN echo app ALL=NOPASSWD: ALL >> /etc/sudoers\nUSER app:app\n", True),
        (
            D + "RUN echo 'app ALL=(root:root) NOPASSWD:SETENV: ALL' > /x\nUSER app\n",
            True,
        ),
        (
            D + "RUN sed -i 's/%sudo.*/%sudo ALL=(ALL) NOPASSWD:ALL/' /x\nUSER app\n",
            True,
        ),
        (
            D + "RUN echo 'app ALL=(ALL) NOPASSWD: /usr/bin/apt-get' > /x\nUSER app\n",
            False,
        ),
        (D + "RUN echo 'other ALL=(ALL) NOPASSWD:ALL' > /x\nUSER app\n", False),
        (D + "RUN echo 'app ALL=(ALL) ALL' > /x\nUSER app\n", False),
        (D + "COPY all /etc/sudoers.d/app\nUSER app\n", True),
        (D + "COPY some /etc/sudoers.d/app\nUSER app\n", False),
        (
            "FROM debian:12 AS a\nRUN echo 'app ALL=(ALL) NOPASSWD:ALL' > /x\nFROM a\nUSER app\n",
            True,
        ),
    ],
)
def test_a_cleanup_by_sudo_where_sudo_may_run_it(above: str, allowed: bool) -> None:
    files = {"all": "app ALL=(ALL) NOPASSWD: ALL\n", "some": "app ALL=NOPASSWD: /usr/bin/apt-get\n"}
    settings = Settings(context=Files(files))
    done = rewrite(above + INSTALL, settings=settings, select=["clean-package-cache"])
    assert (CLEANUP in done.after) is allowed
    offered = rewrite(
        above + INSTALL, settings=settings, select=["clean-package-cache"], unsafe_fixes=True
    )
    assert CLEANUP in offered.after


def test_an_update_by_sudo_where_sudo_may_run_it() -> None:
    above = D + "RUN apt-get update\nRUN {}\nUSER app\n"
    install = "RUN sudo apt-get install -y jq\n"
    narrow = above.format("echo 'app ALL=NOPASSWD: /usr/bin/apt-get install *' > /x") + install
    assert rewrite(narrow, select=["update-with-install"]).after == narrow
    wide = above.format("echo 'app ALL=NOPASSWD: ALL' > /x") + install
    assert "sudo apt-get update" in rewrite(wide, select=["update-with-install"]).after
