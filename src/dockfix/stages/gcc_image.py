"""The image of GCC: which libraries a program needs that was compiled there, on the Debian below.

The image has a GCC of its own in /usr/local, on a full Debian (docker-library/gcc). A program finds
three kinds of libraries there. The C library is the release's: the final stage has the same release
or a later one, and the C library keeps what it once had. Those of the compiler (libstdc++, libgcc,
OpenMP, atomic operations) keep what they once had, too (libstdc++ manual, "ABI Policy and
Guidelines"); so Debian's own will do if they are of the same GCC or of a later one. Otherwise they
are carried to /usr/local/lib, which Debian's loader asks before its own folders, as it did in the
image. All others are named where a program is linked: a name that is not known here leaves the
stage alone, and so does source that opens libraries by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages import go
from dockfix.stages.compiled import below, of_toolchain
from dockfix.stages.view import View

NAME = "gcc"
#: Settings that only the image's own build reads, and where its compiler lies.
GONE = ("Env GPG_KEYS", "Env GCC_MIRRORS", "Env GCC_VERSION", "/usr/local/**")
#: The programs of its compiler, which compiles Go, too.
LOST = of_toolchain(go.LANGUAGE) | words(
    "c++ cc cpp g++ gcc gcc-ar gcc-nm gcc-ranlib gccgo gcov gfortran"
)
_SOURCE = (".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx")
#: The GCC whose libraries a release of Debian has (its package libstdc++6).
_OF_RELEASE = {"buster": 8, "bullseye": 10, "bookworm": 12, "trixie": 14}
#: Its newest release is that one at least.
_NEWEST = "trixie"
#: Libraries of C and of C++, which a program has anyway.
_ANYWAY = words("c dl gcc gcc_s m pthread resolv rt stdc++ stdc++fs supc++ util")
#: Those that come with a compiler, by Debian's packages.
_WITH_GCC = {"atomic": "libatomic1", "gomp": "libgomp1"}
#: Those that the full Debian below has, by the packages of Debian that they are built with.
_IN_FULL = {
    "bz2": "libbz2-dev", "crypto": "libssl-dev", "curl": "libcurl4-openssl-dev",
    "event": "libevent-dev", "gmp": "libgmp-dev", "jpeg": "libjpeg-dev", "lzma": "liblzma-dev",
    "ncurses": "libncurses-dev", "ncursesw": "libncurses-dev", "png": "libpng-dev",
    "pq": "libpq-dev", "readline": "libreadline-dev", "sqlite3": "libsqlite3-dev",
    "ssl": "libssl-dev", "xml2": "libxml2-dev", "yaml": "libyaml-dev", "z": "zlib1g-dev",
}  # fmt: skip
#: Libraries that ask for certificates of the system.
_TLS = ("crypto", "curl", "ssl")
_NAMED = lazy(r"(?<![\w./-])-l[ \t]*([\w+.:-]+)")
#: What links with something that it does not name so.
_FINDING = lazy(
    r"(?i)\bfind_(?:package|library)[ \t]*\((?![ \t]*Threads\b)|\bpkg-config\b|\bpkg_check\w*"
    r"|\bpkg_search\w*|\bAC_(?:CHECK|SEARCH)_LIBS?\b|\bFetchContent|\bExternalProject"
    r"|\bopenacc\b|\bparallelize\b|\bgfortran\b|\bgccgo\b|-fuse-ld\b|\bLD_(?:LIBRARY_PATH|PRELOAD)\b"
    r"|/usr/(?:local/)?lib(?:64)?\b|-Wl,-rpath\b"
)
_LINKING = lazy(r"(?i)\b(?:target_)?link_libraries[ \t]*\(([^)]*)\)")
_OWN = lazy(r"(?i)\badd_(?:library|executable)[ \t]*\([ \t]*([\w.+-]+)")
_WORDS_OF_CMAKE = words("PRIVATE PUBLIC INTERFACE LINK_PUBLIC LINK_PRIVATE Threads::Threads")
_OPENING = lazy(r"\bdlopen\b|\bdlmopen\b")
_PARALLEL = lazy(r"-fopenmp\b")
_ATOMIC = lazy(r"\b_Atomic\b|\batomic|\b__(?:atomic|sync)_")
_TIME = lazy(r"\b(?:tzset|localtime\w*|mktime|zoned_time|current_zone|locate_zone)\b|zoneinfo")


class Libraries(Record):
    """What a program needs in the final stage: the image, packages (`-dev` for what they bring),
    those that are called by their own names, and lines that carry the compiler's libraries."""

    image: str
    linked: tuple[str, ...]
    called: tuple[str, ...]
    carried: tuple[str, ...]


def libraries_of(view: View, texts: Iterable[str]) -> Libraries:
    """What the programs need; `texts` are what is written on how they are linked. Raises
    UnsureError."""
    texts = [*texts]
    image = below(view, "")
    moves = image.endswith(":stable-slim")
    if moves:
        for run in view.runs.values():
            for done in run.of_kind("system"):
                if done.action == "install":
                    raise UnsureError(
                        f"{view.stage.base} names no release of Debian, and line"
                        f" {view.line(run.instruction)} installs packages of it"
                    )
    named = dict.fromkeys(name for text in texts for name in _linked_by(text))
    if any(_PARALLEL.search(text) for text in texts):
        named["gomp"] = None
    is_plain = not any("++" in text or "CXX" in text for text in texts)
    called: dict[str, None] = {}
    for path in view.files:
        if not path.endswith(_SOURCE):
            continue
        text = view.read(path)
        if found := _OPENING.search(text):
            raise UnsureError(f"{path} opens a library by its name: {found[0]}")
        is_plain &= path.endswith((".c", ".h"))
        if _ATOMIC.search(text):
            named["atomic"] = None
        if _TIME.search(text):
            called["tzdata"] = None
    if unknown := [name for name in named if name not in (*_ANYWAY, *_WITH_GCC, *_IN_FULL)]:
        raise UnsureError(f"it is unknown which library -l{unknown[0]} is")
    if not named.keys().isdisjoint(_TLS):
        called["ca-certificates"] = None
    with_gcc = [_WITH_GCC[name] for name in named if name in _WITH_GCC]
    is_plain &= not with_gcc and "stdc++" not in named
    linked = tuple(dict.fromkeys(_IN_FULL[name] for name in named if name in _IN_FULL))
    if not is_plain and _is_newer(view, moves=moves):
        return Libraries(image, linked, tuple(called), _carried())
    return Libraries(image, (*linked, *with_gcc), tuple(called), ())


def _linked_by(text: str) -> Iterator[str]:
    """The libraries that a text has a program linked with. Raises UnsureError."""
    if found := _FINDING.search(text):
        raise UnsureError(f"it is unknown which libraries {found[0].strip(' (')} brings")
    yield from (name for name in _NAMED.findall(text))
    own = {*_OWN.findall(text), *_WORDS_OF_CMAKE}
    for call in _LINKING.finditer(text):
        for word in call[1].split():
            if "$" in word and word not in ("${PROJECT_NAME}", "${CMAKE_DL_LIBS}",
                                            "${CMAKE_THREAD_LIBS_INIT}"):  # fmt: skip
                raise UnsureError(f"it is unknown which library {word} is")
            if word not in own and "$" not in word and word[:1] != "-":
                yield word


def _is_newer(view: View, *, moves: bool) -> bool:
    """True if the image's compiler is newer than that of the Debian in the final stage."""
    first = view.image.reference.tag.partition("-")[0].partition(".")[0]
    number = _OF_RELEASE.get(_NEWEST if moves else view.image.suite, 0)
    return not first.isdecimal() or int(first) > number


def _carried() -> tuple[str, ...]:
    """The lines that carry the compiler's libraries: in lib or lib64, as the platform has them. A
    link that is named becomes a file of its name, which is how a program asks for it."""
    names = ("libatomic.so.1", "libgcc_s.so.1", "libgomp.so.1", "libstdc++.so.6")
    paths = " ".join([f"/usr/local/lib*/{name}" for name in names])
    return (f"COPY --from={{build}} {paths} /usr/local/lib/", "RUN ldconfig")
