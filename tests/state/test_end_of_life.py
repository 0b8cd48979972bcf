"""What has ended: by version, by release underneath, by name."""

from __future__ import annotations

import pytest

from dockfix.state.end_of_life import ended


@pytest.mark.parametrize(
    ("image", "what", "since"),
    [
        ("python:3.7", "Python 3.7", "2023-06-27"),
        ("python:2", "Python 2", "2020-01-01"),
        ("python:2@sha256:00", "Python 2", "2020-01-01"),
        ("docker.io/library/node:14-slim", "Node.js 14", "2023-04-30"),
        ("node:boron", "Node.js 6", "2019-04-30"),
        ("node:0.12", "Node.js 0.12", ""),
        ("debian:buster-slim", "Debian 10 (buster)", "2024-06-30"),
        ("ubuntu:18.04", "Ubuntu 18.04 (bionic)", "2023-05-31"),
        ("centos", "CentOS 8", "2021-12-31"),
        ("centos:centos7", "CentOS 7", "2024-06-30"),
        ("alpine:3.10", "Alpine 3.10", "2021-05-01"),
        ("golang:1.26-buster", "Debian 10 (buster)", "2024-06-30"),
        ("php:8.3-fpm-alpine3.16", "Alpine 3.16", "2024-05-23"),
        ("mcr.microsoft.com/dotnet/sdk:5.0", ".NET 5.0", "2022-05-10"),
        ("eclipse-temurin:16", "Java 16", "2021-09-30"),
        ("rust:1.40", "Debian 10 (buster)", "2024-06-30"),
        ("openjdk", "openjdk", "2023-02-09"),
        ("java:8-jre", "java", "2017-05-17"),
    ],
)
def test_what_has_ended(image: str, what: str, since: str) -> None:
    found = ended(image)
    assert found is not None
    assert (found.what, found.since) == (what, since)


@pytest.mark.parametrize(
    ("image", "instead"),
    [
        ("openjdk:8-jre-alpine", "eclipse-temurin:8-jre"),
        ("openjdk:11.0.16", "eclipse-temurin:11-jdk"),
        ("java", "eclipse-temurin"),
        ("java:openjdk-8-jdk", "eclipse-temurin:8-jdk"),
        ("java:7", "eclipse-temurin"),
        ("django", "python"),
    ],
)
def test_what_has_taken_the_place_of_old_names(image: str, instead: str) -> None:
    found = ended(image)
    assert found is not None
    assert found.image
    assert found.instead == instead


@pytest.mark.parametrize(
    "image",
    [
        "python", "python:3", "python:3.13-slim-bookworm", "node:lts", "debian:11", "alpine",
        "ubuntu:24.04", "golang:1", "mcr.microsoft.com/dotnet/aspnet:10.0", "postgres:17",
        "openjdk:99-ea", "someone/python:2.7", "example.org/openjdk:8", "python:${V}", "scratch",
        "ubuntu:rolling",
    ],
)  # fmt: skip
def test_what_has_not_ended_or_is_not_known(image: str) -> None:
    assert ended(image) is None
