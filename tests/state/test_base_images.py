"""Which base images leave SHELL as builders have it, by their names."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.state.base_images import (
    has_no_shell_of_its_own,
    has_plain_base,
    is_windows,
    starts_in_root,
)
from helpers.facts import facts_of


@pytest.mark.parametrize(
    "image",
    ["python:3.12-slim", "docker.io/library/python", "library/nginx", "docker.io/pytorch/pytorch:2",
     "cypress/browsers:latest", "rocker/r-ver:4@sha256:0", "neo4j", "DOCKER.IO/library/node:22"],
)  # fmt: skip
def test_known_to_set_none(image: str) -> None:
    assert has_no_shell_of_its_own(facts_of(f"FROM {image}\n").stages[0])


@pytest.mark.parametrize(
    "image",
    ["own/python", "example.org/library/python", "odoo", "jenkins/jenkins:lts", "archlinux",
     "docker.io/own/python", "rocker/own", "pytorch/pytorch-own", "example.org:5000/python",
     "tiangolo/uvicorn-gunicorn-fastapi", "$IMAGE"],
)  # fmt: skip
def test_not_known(image: str) -> None:
    stage = facts_of(f"ARG IMAGE\nFROM {image}\n").stages[0]
    assert not has_no_shell_of_its_own(stage)
    assert not has_plain_base(stage)
    assert not starts_in_root(stage)


def test_an_official_image_is_the_same_by_its_full_name() -> None:
    stage = facts_of("FROM public.ecr.aws/docker/library/debian:12\n").stages[0]
    assert has_plain_base(stage)
    assert starts_in_root(stage)


@pytest.mark.parametrize(
    "image",
    ["mcr.microsoft.com/dotnet/framework/sdk:4.8", "mcr.microsoft.com/dotnet/sdk:8.0-ltsc2022",
     "microsoft/iis", "golang:1.22-windowsservercore", "microsoft/nanoserver"],
)  # fmt: skip
def test_images_of_windows(image: str) -> None:
    facts = facts_of(f"FROM {image}\n")
    assert is_windows(facts.dockerfile, facts.stages[0])
    assert rewrite(f"FROM {image}\nENTRYPOINT app.exe\n").after.endswith("ENTRYPOINT app.exe\n")
