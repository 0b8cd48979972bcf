"""Base images with managers of long ago, told by their names."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from dockfix.managers.old_images import (
    before_2015,
    before_apk_no_cache,
    before_conda_clean,
    before_gem_2,
)

Tell = Callable[[str], bool]

#: The same, said by regular expressions.
_BEFORE_2015 = (
    r"(?:\A|/)(?:ubuntu(?:-debootstrap|-upstart)?:(?:[6-9]\.|1[0-5]\.)|debian:[4-8](?!\d)"
    r"|phusion/(?:baseimage|passenger-[a-z0-9]+):0\.(?:[0-8](?!\d)|9\.(?:\d|1[0-8])(?!\d)))"
    r"|[:-](?:squeeze|wheezy|jessie|lucid|precise|quantal|raring|saucy|trusty|utopic|vivid|wily)"
    r"(?![a-z])"
)
PATTERNS: dict[Tell, str] = {
    before_2015: _BEFORE_2015,
    before_gem_2: rf"{_BEFORE_2015}|(?:\A|/)(?:ruby:1\.|centos:(?:centos)?[56](?!\d))",
    before_apk_no_cache: r"(?:\A|/)alpine:(?:2\.|3\.[0-2](?!\d))",
    before_conda_clean: (
        r"/(?:miniconda[23]?:(?:[0-3]\.|4\.[0-5]\.)|anaconda[23]?:(?:[0-5]\.|2018))"
    ),
}
OLD: dict[Tell, str] = {
    before_2015: """
        debian:8 debian:8.11 debian:7-slim debian:4 debian:jessie debian:jessie-slim
        debian:8@sha256:0123 localhost:5000/debian:8 reg.example.org:443/library/debian:7.11
        ubuntu:14.04 ubuntu:8.04 ubuntu:10.10 ubuntu:15.10 ubuntu:trusty ubuntu:trusty-20150320
        ubuntu-upstart:14.04 ubuntu-debootstrap:12.04 library/ubuntu:precise
        phusion/baseimage:0.9.18 phusion/baseimage:0.9.9 phusion/baseimage:0.8
        phusion/passenger-ruby22:0.9.17 ghcr.io/phusion/baseimage:0.9.1
        buildpack-deps:jessie-curl buildpack-deps:trusty python:2.7-wheezy python:3.4-jessie
        node:6-jessie@sha256:0123 reg:5000/us/node-jessie:1 java:openjdk-8-jdk-wheezy
    """,
    before_gem_2: "ruby:1.9 ruby:1.9.3-slim centos:6 centos:5.11 centos:centos6 debian:8",
    before_apk_no_cache: "alpine:2.7 alpine:3.1 reg:5000/alpine:3.0 gliderlabs/alpine:3.2",
    before_conda_clean: """
        continuumio/miniconda:4.5.4 continuumio/miniconda3:4.0.5 continuumio/miniconda2:3.1
        continuumio/anaconda:5.3.0 continuumio/anaconda3:2018.12 reg:1/continuumio/anaconda3:4.4.0
    """,
}  # fmt: skip
NEW: dict[Tell, str] = {
    before_2015: """
        debian debian:10 debian:9 debian:12-slim debian:80 debian:40.1 mydebian:8 debian-8:8
        ubuntu ubuntu:16.04 ubuntu:22.04 ubuntu:1.4 ubuntu:4.04 ubuntu:xenial ubuntu-mate:14.04
        phusion/baseimage:0.9.22 phusion/baseimage:0.9.19 phusion/baseimage:0.9.180
        phusion/baseimage:0.10.0 phusion/baseimage:0.11 phusion/baseimage:18.04-1.0.0
        phusion/baseimage:jammy-1.0.1 baseimage:0.9.18 other/baseimage:0.9.18
        phusion/passenger-:0.9.17 phusion/passenger-Full:0.9.17 phusion:1/baseimage:0.9.1
        node:14-buster python:3.9-slim me/jessie:2 jessie node:jessiex centos:6 ruby:1.9 scratch
        debian@sha256:8888 trusty/tool:1 debian:${VERSION} ${BASE} debian:\u0668 debian:8\u0668
    """,
    before_gem_2: "ruby:2.0 ruby:11 centos:7 centos:60 centos:centos7 centos:stream6 mycentos:6",
    before_apk_no_cache: "alpine alpine:3.20 alpine:3.3 alpine:20 alpine:3 alpine-node:3.1 a:3.1",
    before_conda_clean: """
        miniconda:4.5.4 continuumio/miniconda3:4.6.14 continuumio/miniconda3:4.10.3
        continuumio/miniconda3:23.1 continuumio/anaconda3:2019.03 continuumio/miniconda4:1.0
        continuumio/miniconda3 anaconda3:5.3.0
    """,
}


@pytest.mark.parametrize("tell", OLD, ids=lambda tell: tell.__name__)
def test_old_ones_are_known_and_new_ones_are_not(tell: Tell) -> None:
    assert [name for name in OLD[tell].split() if not tell(name)] == []
    assert [name for name in NEW[tell].split() if tell(name)] == []


def names(count: int, seed: int) -> list[str]:
    """Names of images, and what looks like some, from the parts that matter and their neighbors."""
    words = [*re.findall(r"[a-z]+", " ".join((*OLD.values(), *NEW.values()))), "", "A", "\u0668"]
    signs = [":", ":", "-", "/", ".", "@", "", "0", "1", "2", "3", "4", "5", "6", "8", "9", "18"]
    tags = "0.9.18 0.9.1 0.9.19 0.8 0.80 0. 8 9 10 14.04 6.06 1.9 3.2 3.20 4.5. 2018 centos6 \u0661"
    whole = [*" ".join((*OLD.values(), *NEW.values())).split()]
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        kind = chance.randrange(3)
        if kind == 0:
            parts = [chance.choice(chance.choice((words, signs))) for _ in range(8)]
            found.append("".join(parts))
        elif kind == 1:
            name = chance.choice(whole).partition(":")[0]
            tail = chance.choice((*signs, *words))
            found.append(f"{name}:{chance.choice(tags.split())}{tail}")
        else:
            name = chance.choice(whole)
            at = chance.randrange(len(name) + 1)
            found.append(name[:at] + chance.choice(signs) + name[at + chance.randrange(2) :])
    return found


@pytest.mark.parametrize("tell", PATTERNS, ids=lambda tell: tell.__name__)
def test_regular_expressions_say_the_same(tell: Tell) -> None:
    search = re.compile(PATTERNS[tell]).search
    everything = [*" ".join((*OLD.values(), *NEW.values())).split(), *names(20_000, seed=1)]
    told = {name: tell(name) for name in everything}
    assert [name for name, old in told.items() if old != bool(search(name))] == []
    assert sum(told.values()) > 50
