"""The packages that lock files of yarn and pnpm name, and which of them build something.

Neither file says for certain which packages run code when they are installed (pnpm's did so up to
version 6). But a package that is compiled, or fetches what was compiled, does so by one of few
packages, on which it depends: those are named with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError, Wanted
from dockfix.shell.patterns import lazy

#: By these packages others are compiled, or fetch what was compiled for them (node-gyp's README,
#: "Prebuilt": node-pre-gyp, prebuild-install, node-gyp-build; Node's documents on addons: bindings,
#: nan, node-addon-api; neon and napi-rs for Rust).
_BUILDING = words(
    "@mapbox/node-pre-gyp @neon-rs/load bindings cargo-cp-artifact cmake-js nan napi-macros",
    "neon-cli node-addon-api node-gyp node-gyp-build node-gyp-build-optional-packages",
    "node-pre-gyp prebuild prebuild-install",
)
_ENTRY = lazy(r"(?m)^(?=\S)(.+):\n((?:[ \t].*\n|\n)+)")
_VERSION = lazy(r"(?m)^  version:?[ ]\"?([^\"\n]+)")
_RESOLUTION = lazy(r"(?m)^  resolution: \"?([^\"\n]+)")
#: The name of a package, before the range of its versions.
_NAME_BEFORE_AT = lazy(r"[\"' ]*(@?[^@\"'\s]+)@")
_NEEDED = lazy(r"(?m)^    \"?(@?[\w./-]+)\"?:? ")
_OTHER_SYSTEM = lazy(r"(?m)^  conditions: (?!.*os=linux).*\bos=")
_LOCAL = lazy(r"@(?:file|link|portal):|@\.{0,2}/|^\"?(?:file|link|portal):")

_OF_PNPM = lazy(r"(?m)^  (?=\S)['/]*(@?[^@/'\s]+(?:/[^@/'\s]+)?)[@/]([^('\s:]+)[^\n]*:[^\n]*\n"
                r"((?:(?:    [^\n]*)?\n)*)")  # fmt: skip
_SECTION = lazy(r"(?m)^(packages|snapshots):\n((?:(?:[ ].*)?\n)*)")
_NEEDED_OF_PNPM = lazy(r"(?m)^      '?(@?[\w./-]+)'?: ")
_OS_OF_PNPM = lazy(r"(?m)^    os: \[(.*)\]")


def of_yarn(text: str) -> Iterator[Wanted]:
    """The packages of a yarn.lock, classic or berry. Raises UnsureError for one of the project."""
    for keys, body in _ENTRY.findall(text if text.endswith("\n") else f"{text}\n"):
        name = _NAME_BEFORE_AT.match(keys)
        if keys.startswith(("#", "__metadata")) or name is None:
            continue
        resolution = _RESOLUTION.search(body)
        if "@workspace:" in (resolution[1] if resolution else keys):
            continue
        if _LOCAL.search(keys):
            raise UnsureError(f"{name[1]} is a folder of the project")
        if _OTHER_SYSTEM.search(body):
            continue
        # `alias@npm:name@^1.0.0`
        other = re.search(r"@npm:(@?[^@\s\"]+)@", keys) if resolution is None else None
        own = _NAME_BEFORE_AT.match(resolution[1]) if resolution else None
        version = _VERSION.search(body)
        called = other[1] if other else own[1] if own else name[1]
        runs = called not in _BUILDING and not _BUILDING.isdisjoint(_NEEDED.findall(body))
        yield Wanted(called, version[1] if version else "", runs)


def of_pnpm(text: str) -> Iterator[Wanted]:
    """The packages of a pnpm-lock.yaml. Raises UnsureError for one that is not of a registry."""
    sections = dict(_SECTION.findall(text if text.endswith("\n") else f"{text}\n"))
    if not sections and "importers:" not in text and "dependencies:" not in text:
        raise UnsureError("pnpm-lock.yaml cannot be read")
    needed: dict[str, list[str]] = {}
    for name, version, body in _OF_PNPM.findall(sections.get("snapshots", "")):
        needed[f"{name}@{version}"] = _NEEDED_OF_PNPM.findall(body)
    for name, version, body in _OF_PNPM.findall(sections.get("packages", "")):
        if version.startswith(("file:", "link:")) or name.startswith(("file:", "link:")):
            raise UnsureError(f"{name} is a folder of the project")
        system = _OS_OF_PNPM.search(body)
        if system and "linux" not in system[1] and "!" not in system[1]:
            continue
        found = needed.get(f"{name}@{version}", _NEEDED_OF_PNPM.findall(body))
        # of an optional package pnpm only fears it
        builds = "requiresBuild: true" in body and "optional: true" not in body
        runs = name not in _BUILDING and (builds or not _BUILDING.isdisjoint(found))
        yield Wanted(name, version, runs)
