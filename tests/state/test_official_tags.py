"""What tags of official images say: their release, and their slim form."""

from __future__ import annotations

import pytest

from dockfix.state.official_tags import Release, read_reference, release_of, slim_of


@pytest.mark.parametrize(
    ("image", "slim"),
    [
        ("python:3.12", "python:3.12-slim"),
        ("python", "python:slim"),
        ("python:latest", "python:slim"),
        ("python:3.12-bookworm", "python:3.12-slim-bookworm"),
        ("python:bookworm", "python:slim-bookworm"),
        ("python:2.7", "python:2.7-slim"),
        ("docker.io/library/python:3.11.4", "docker.io/library/python:3.11.4-slim"),
        ("node:20", "node:20-slim"),
        ("node:20-bookworm", "node:20-bookworm-slim"),
        ("node:lts", "node:lts-slim"),
        ("node:iron-bookworm", "node:iron-bookworm-slim"),
        ("node:10", "node:10-slim"),
        ("ruby:3.3.1", "ruby:3.3.1-slim"),
        ("rust:1.72-bookworm", "rust:1.72-slim-bookworm"),
        ("perl:5.36", "perl:5.36-slim"),
        ("pypy:3.10-7.3.19-bookworm", "pypy:3.10-7.3.19-slim-bookworm"),
        ("debian", "debian:stable-slim"),
        ("debian:12", "debian:12-slim"),
        ("debian:12.5", "debian:12.5-slim"),
        ("debian:bookworm-20240110", "debian:bookworm-20240110-slim"),
        ("debian:testing", "debian:testing-slim"),
        ("eclipse-temurin:17", "eclipse-temurin:17-jre"),
        ("eclipse-temurin:21-jdk-noble", "eclipse-temurin:21-jre-noble"),
        ("eclipse-temurin:17.0.9_9-jdk", "eclipse-temurin:17.0.9_9-jre"),
        ("eclipse-temurin:8u302-b08-jdk-focal", "eclipse-temurin:8u302-b08-jre-focal"),
        ("eclipse-temurin:21-alpine", "eclipse-temurin:21-jre-alpine"),
        ("eclipse-temurin:21-jdk-alpine-3.20", "eclipse-temurin:21-jre-alpine-3.20"),
        ("eclipse-temurin:21-ubi9-minimal", "eclipse-temurin:21-jre-ubi9-minimal"),
        ("openjdk:8", "openjdk:8-jre"),
        ("openjdk:11-jdk-slim-bullseye", "openjdk:11-jre-slim-bullseye"),
    ],
)
def test_the_slim_form_of_a_tag(image: str, slim: str) -> None:
    assert slim_of(image) == slim


@pytest.mark.parametrize(
    "image",
    [
        "python:3.12-slim",
        "python:3.12-slim-bookworm",
        "python:3.12-alpine",
        "python:3.12-alpine3.20",
        "python:3.15-rc",
        "python:3.4.1",
        "python:3.12@sha256:" + "0" * 64,
        "python:${VERSION}",
        "example.org/python:3.12",
        "someone/python:3.12",
        "node:10.13-stretch",
        "node:8.11",
        "node:onbuild",
        "rust:1.20",
        "perl:5.36-threaded",
        "debian:bookworm-backports",
        "debian:experimental",
        "eclipse-temurin:17-jre",
        "eclipse-temurin:16-jdk",
        "eclipse-temurin:16-jdk-alpine",
        "eclipse-temurin:17_35-jdk-focal",
        "eclipse-temurin:21-jdk-windowsservercore",
        "eclipse-temurin:latest",
        "openjdk:17",
        "openjdk:8-jdk-alpine",
        "openjdk:11-jre",
        "golang:1.22",
        "php:8.3-cli",
        "ubuntu:24.04",
        "postgres:16",
        "alpine:3.20",
    ],
)
def test_tags_without_a_slim_form(image: str) -> None:
    assert slim_of(image) is None


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("golang:1.22", Release("debian", "bookworm", moving=False)),
        ("golang:1.18", Release("debian", "bullseye", moving=False)),
        ("golang:1.99", Release("debian", "trixie", moving=True)),
        ("golang", Release("debian", "trixie", moving=True)),
        ("rust:1.44", Release("debian", "buster", moving=False)),
        ("rust:1.85-slim", Release("debian", "bookworm", moving=False)),
        ("python:3.9", Release("debian", "trixie", moving=False)),
        ("python:3.9.18", Release("debian", "bookworm", moving=False)),
        ("python:3.12", Release("debian", "trixie", moving=True)),
        ("python:3.12-slim-bookworm", Release("debian", "bookworm", moving=False)),
        ("node:16", Release("debian", "buster", moving=False)),
        ("php:7.4-apache", Release("debian", "bullseye", moving=False)),
        ("eclipse-temurin:17.0.9_9-jdk", Release("ubuntu", "jammy", moving=False)),
        ("debian:12.5-slim", Release("debian", "bookworm", moving=False)),
        ("ubuntu:22.04", Release("ubuntu", "jammy", moving=False)),
        ("alpine", Release("alpine", "", moving=True)),
        ("alpine:3.20.1", Release("alpine", "3.20", moving=False)),
        ("golang:1.22-alpine3.20", Release("alpine", "3.20", moving=False)),
    ],
)
def test_the_release_under_a_tag(image: str, release: Release) -> None:
    assert release_of(image) == release


@pytest.mark.parametrize(
    "image", ["debian:stable", "ubuntu", "example.org/golang:1.22", "golang:1.22-nanoserver", "x"]
)
def test_releases_that_nothing_tells(image: str) -> None:
    assert release_of(image) is None


def test_a_port_is_no_tag() -> None:
    found = read_reference("localhost:5000/a/b:1@sha256:0")
    assert found == ("", "localhost:5000/a/b", "1", "sha256:0")
    assert read_reference("localhost:5000/python").tag == ""
