"""Rust in its own image: the programs that cargo leaves, on Debian.

Crates that are linked with libraries of the system are told by their names in the lock file: they
end in `-sys`. What their libraries are called is in a table here; without a lock file, or with such
a crate that is not in the table, the stage is left alone.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.compiled import cut_of, is_built
from dockfix.stages.installs import on_alpine
from dockfix.stages.project import Language
from dockfix.stages.source import called_by_script, is_shell_script
from dockfix.stages.view import Cut, View

LANGUAGE = Language(
    "rust",
    (".rs",),
    ("ca-certificates",),
    "/",
    "/usr/local/cargo/bin",
    words("rustc rustup rustdoc"),
    ("Env PATH", "Env RUSTUP_HOME", "Env CARGO_HOME", "Env RUST_VERSION"),
)
#: Crates that are linked with a library, by the package of Debian that they are built with.
_LINKED = {
    "alsa-sys": "libasound2-dev", "bzip2-sys": "libbz2-dev", "curl-sys": "libcurl4-openssl-dev",
    "libsqlite3-sys": "libsqlite3-dev", "lzma-sys": "liblzma-dev", "mysqlclient-sys":
    "default-libmysqlclient-dev", "openssl-sys": "libssl-dev", "pq-sys": "libpq-dev",
    "sasl2-sys": "libsasl2-dev", "snmalloc-sys": "libatomic1", "libudev-sys": "libudev-dev",
    "libpq-sys": "libpq-dev", "libxml": "libxml2-dev",
}  # fmt: skip
#: Those that are part of the program, or of another system.
_ALONE = words(
    "android-sys aws-lc-sys aws-lc-fips-sys bindgen-sys blake3-sys brotli-sys cc-sys cloudabi-sys",
    "core-foundation-sys coreaudio-sys fsevent-sys iana-time-zone-sys inotify-sys jemalloc-sys",
    "js-sys kqueue-sys libbpf-sys libdeflate-sys libgit2-sys libmimalloc-sys libnghttp2-sys",
    "libssh2-sys libz-ng-sys libz-sys linux-raw-sys lmdb-sys lz4-sys mach-sys ndk-sys objc-sys",
    "ittapi-sys secp256k1-sys security-framework-sys tikv-jemalloc-sys wasi-sys",
    "web-sys winapi-sys windows-sys winreg-sys zstd-sys librocksdb-sys onig_sys hidapi-sys",
    "schannel-sys rdkafka-sys fuchsia-zircon-sys redox-sys hermit-sys jni-sys",
)
_NAME = lazy(r'^name = "([^"]+)"', re.MULTILINE)
_STARTS = lazy(r"\bCommand::new\(\s*(?:\"([^\"]*)\")?")


def concerns(view: View) -> bool:
    """True if it is Rust's own image, and something is built."""
    return is_built(view, LANGUAGE)


def cut(view: View) -> Cut:
    """The programs, carried onto Debian."""
    libraries = linked(view)
    if on_alpine(view.image):
        # there cargo links with no library but its own copies, if nothing says otherwise
        texts = [view.text, *(view.read(path) for path in view.files if ".cargo/" in path)]
        if libraries or any("crt-static" in text for text in texts):
            raise UnsureError("it is unknown which libraries a program needs on Alpine")
    return cut_of(view, LANGUAGE, libraries)


def linked(view: View) -> tuple[str, ...]:
    """The packages of Debian whose libraries the crates are linked with."""
    locks = [path for path in view.files if path.endswith(".lock")]
    if not locks:
        raise UnsureError("without a lock file, the libraries that crates need are not known")
    found: dict[str, None] = {}
    for path in locks:
        text = view.read(path)
        names = frozenset(_NAME.findall(text))
        for name in sorted(names):
            if name == "clang-sys" and "bindgen" in names and "clang" not in names:
                continue  # a library of a build script
            if name == "libloading" and _users(text, name) == {"clang-sys"}:
                continue
            if name in _LINKED:
                found[_LINKED[name]] = None
            elif name.endswith(("-sys", "_sys")) and not _is_alone(name):
                raise UnsureError(f"it is unknown which library {name} needs")
            elif name in ("gtk", "gstreamer", "opencv", "ffmpeg-next", "gdal", "libloading"):
                raise UnsureError(f"it is unknown which libraries {name} needs")
    return tuple(found)


def _users(text: str, name: str) -> set[str]:
    """The crates of a lock file that depend on another one."""
    return {
        found[0]
        for block in text.split("[[package]]")
        if f'"{name}"' in block.partition("dependencies")[2]
        or f'"{name} ' in block.partition("dependencies")[2]
        if (found := _NAME.findall(block))
    }


def _is_alone(name: str) -> bool:
    """True if a crate is linked with no library of the system: those of Windows end in `32-sys`."""
    return name in _ALONE or name.endswith("32-sys")


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if not path.endswith(".rs") or "process" not in text or path.endswith("build.rs"):
        return frozenset()
    named: set[str] = set()
    for call in _STARTS.finditer(text):
        if call[1] is None:
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        named.add(call[1].rpartition("/")[2])
    return frozenset(named)
