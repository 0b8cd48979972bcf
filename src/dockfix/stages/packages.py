"""Packages of the system: which only build, and what the final stage needs in their place.

What only builds is told by names; every other package stays, because a program may call it. Of a
`-dev` package the shared libraries stay, by the names that the tables of the distribution have for
them (`dockfix.managers.distributions`). Libraries that come with a compiler alone stay, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dockfix.managers.distributions.bases import Base
from dockfix.managers.distributions.questions import base_programs, table_of
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError

#: Libraries that come with a compiler, and programs are linked with: by its packages.
_WITH_COMPILER = {"gfortran": ("libgfortran5", "libgomp1", "libquadmath0")}
_OF_GCC = ("libgomp1",)
_COMPILERS = words("gcc g++ build-essential")
#: They are for headers, and for libraries that every image has.
_NO_LIBRARIES = words(
    "libc6-dev libc-dev musl-dev linux-libc-dev python3-dev python-dev ruby-dev zlib1g-dev"
)
#: Headers of libraries that are no variants of each other.
_APART = words("libwebp-dev")
#: Headers of which the base image has a library.
_BESIDE_BASE = words("libpcre2-dev")
#: How packages end that have modules which a library opens by name.
_MODULES = "-extra"
#: Programs that are links made by scripts of packages, by a program of the package.
_LINKS = {"gcc": ("cc",), "g++": ("c++",), "gawk": ("awk",)}
#: Packages that a program relies on without being asked for, if something else has brought them.
_RELIED_ON = ("ca-certificates", "libgomp1", "media-types", "netbase", "openssl", "tzdata")


def runtime_of(base: Base | None, dropped: Sequence[str], present: Iterable[str]) -> list[str]:
    """The packages that the final stage needs in place of those that only build, sorted.

    `present` are beginnings of names of libraries that its base has. Raises UnsureError.
    """
    found: dict[str, None] = {}
    there = tuple(present)
    for name in dropped:
        if name.endswith("-dev") and name not in _NO_LIBRARIES:
            found.update(dict.fromkeys(_libraries(base, name, there)))
        if name.startswith("gfortran"):
            found.update(dict.fromkeys(_WITH_COMPILER["gfortran"]))
    return sorted(found)


def of_compilers(dropped: Sequence[str]) -> tuple[str, ...]:
    """Libraries that only the compilers among the packages bring, and programs may be linked
    with."""
    compiles = any(name in _COMPILERS or re.match(r"(?:gcc|g\+\+)-\d", name) for name in dropped)
    return _OF_GCC if compiles else ()


def of_alpine(dropped: Sequence[str]) -> Iterator[str]:
    """The same on Alpine, whose compilers link with libraries that no base has."""
    names = set(dropped)
    if names & {"build-base", "alpine-sdk", "g++", "clang", "gcc"}:
        yield "libgcc"
    if names & {"build-base", "alpine-sdk", "g++", "clang"}:
        yield "libstdc++"


def _libraries(base: Base | None, name: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """The packages with the shared libraries that a `-dev` package is for, those that the base of
    the final stage has left out."""
    if base is None or not base.suites:
        raise UnsureError(
            f"it is unknown which libraries {name} brings, because the release of Debian is not"
        )
    answers = {suite: _libraries_in(suite, name) for suite in base.suites}
    known = {
        suite: tuple([one for one in answer if not one.startswith(there)])
        for suite, answer in answers.items()
        if answer is not None
    }
    if not known or (len(known) < len(answers) and not base.moving):
        raise UnsureError(f"it is unknown which libraries {name} brings")
    if len(set(known.values())) > 1:
        one, other = list(known)[:2]
        raise UnsureError(
            f"the libraries of {name} are not called the same in {one} as in {other}, and the tag"
            " of the base names no release of Debian"
        )
    return next(iter(known.values()))


def _libraries_in(suite: str, name: str) -> tuple[str, ...] | None:
    """The libraries of a `-dev` package in one suite; None if the table does not know it.

    They are those it depends on, and those of the further `-dev` packages that it brings: a build
    may have been linked with any of these. What libraries need themselves comes with them. Where
    one library of a further package comes so, its others are variants of that (for C++, in another
    precision), with which nobody links unasked.
    """
    table = table_of(suite)
    package = table.resolve(name) if table is not None else None
    if table is None or package is None:
        return None
    found: list[str] = []
    todo, seen = [package], {package}
    while todo:
        brought: dict[str, list[str]] = {}
        further = []
        for one in todo:
            for group in table.groups(one, recommends=False):
                needed = group.solutions[0]
                if _is_library(needed, table.package(needed).letters):
                    brought.setdefault(one, []).append(needed)
                elif needed not in seen and _is_followed(needed):
                    seen.add(needed)
                    further.append(needed)
        there = table.reach(found, recommends=False)
        found += [library for one in brought for library in _new_of(one, brought[one], there)]
        todo = further
    return tuple(sorted(set(found)))


def _new_of(package: str, libraries: list[str], there: frozenset[str]) -> list[str]:
    """The libraries of a package of headers that do not come anyway, and are no variants."""
    variants = package not in _APART and (
        any(one in there for one in libraries) or package in _BESIDE_BASE
    )
    return [
        one for one in libraries if one not in there and (not variants or one.endswith(_MODULES))
    ]


def _is_library(name: str, letters: str) -> bool:
    """True if a package has shared libraries, or modules that such open by name."""
    return name.startswith("lib") and ("l" in letters or name.endswith(_MODULES))


def _is_followed(name: str) -> bool:
    """True if a package is for building, and others with libraries may come with it."""
    return (
        ("-dev" in name or name.endswith("-multidev"))
        and not name.endswith("-bin")
        and name not in _NO_LIBRARIES
        and not name.startswith(("libgcc-", "libstdc++-"))
    )


def relied_on(
    base: Base | None, dropped: Sequence[str], kept: Sequence[str], *, recommends: bool
) -> list[str]:
    """The packages that programs rely on unasked, which came only with what goes."""
    found = []
    for suite in base.suites if base else ():
        table = table_of(suite)
        if table is None:
            continue
        gone = table.reach(dropped, recommends=recommends)
        there = table.reach(kept, recommends=recommends)
        found += [
            one for one in _RELIED_ON if one in gone and one not in there and one not in found
        ]
    return [one for one in found if one != "libgomp1"]


def programs_of(base: Base | None, packages: Sequence[str]) -> frozenset[str]:
    """Programs that packages and all they bring may have on PATH, without the base's."""
    suites = base.suites if base else ("bookworm", "trixie", "bullseye")
    found: set[str] = set()
    for suite in suites:
        table = table_of(suite)
        if table is not None:
            names = [name for one in packages if (name := table.resolve(one))]
            for name in table.reach(names, recommends=True):
                found.update(table.programs(name))
    for name in list(found):
        found.update(_LINKS.get(name, (name.removesuffix("-im6.q16"),)))
    return frozenset(found) - _smallest(suites)


def _smallest(suites: Sequence[str]) -> frozenset[str]:
    """Programs of Debian's smallest system."""
    return base_programs(Base(tuple(suites), exact=True))
