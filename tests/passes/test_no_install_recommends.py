"""no-install-recommends: which installs get the option, and that nobody gets it unasked."""

from __future__ import annotations

import pytest

from dockfix import rewrite


def after(source: str) -> str:
    return rewrite(source, select=["no-install-recommends"]).after


@pytest.mark.parametrize(
    ("script", "lean"),
    [
        ("apt-get install -y -q a", "apt-get install -y -q --no-install-recommends a"),
        ("apt-get install -yq a", "apt-get install --no-install-recommends -yq a"),
        ("apt-get install -t x a", "apt-get install --no-install-recommends -t x a"),
        ("sudo apt install a", "sudo apt install --no-install-recommends a"),
        ("aptitude install -y a", "aptitude install -y --without-recommends a"),
        ("zypper -n install -y a", "zypper -n install -y --no-recommends a"),
        ("dnf5 install a", "dnf5 install --setopt=install_weak_deps=False a"),
        ("apt-get install a; apt-get install b",
         "apt-get install --no-install-recommends a; apt-get install --no-install-recommends b"),
    ],
)  # fmt: skip
def test_lean(script: str, lean: str) -> None:
    assert after(f"FROM debian\nRUN {script}\n") == f"FROM debian\nRUN {lean}\n"


@pytest.mark.parametrize(
    "script",
    [
        "apt-get install --no-install-recommends a",
        "apt-get install -o APT::Install-Recommends=0 a",
        "apt-get build-dep a",
        "apt-get install -f",
        "apt-get install -fy",
        "aptitude -R install a",
        "zypper in --recommends a",
        "dnf install --setopt=install_weak_deps=0 a",
        "dnf upgrade",
        "tdnf install a",
        "xargs apt-get install",
        "apt-get() { x; }; apt-get install a",
    ],
)
def test_left_alone(script: str) -> None:
    source = f"FROM debian\nRUN {script}\n"
    assert after(source) == source


def test_it_is_asked_for_by_name_and_else_only_offered() -> None:
    source = (
        "FROM debian\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n"
    )
    result = rewrite(source)
    assert not result.changed
    assert [one.name for one in result.offered] == ["no-install-recommends"]
    for name in ("no-install-recommends", "DF203"):
        assert rewrite(source, extend_select=[name]).changed
    assert not rewrite(source, select=["DL3015"]).changed
    assert rewrite(source, unsafe_fixes=True).changed
