"""Rust: which programs a build certainly leaves, and which libraries they are linked with."""

from __future__ import annotations

import pytest

from helpers.divided import final_stage

PACKAGE = '[package]\nname = "hello"\nedition = "2021"\n'
LOCK = '[[package]]\nname = "hello"\n'
BUILD = "FROM rust:1.85\nWORKDIR /app\nCOPY . .\nRUN cargo build --release{}\n"
START = 'CMD ["target/release/{}"]\n'
RELEASE = "/app/target/release/"


def final(source: str, manifest: str, files: dict[str, str]) -> tuple[list[str], list[str]]:
    """The lines of the final stage, and the notes."""
    files = {"Cargo.toml": manifest, "Cargo.lock": LOCK, "src/main.rs": "fn main() {}\n", **files}
    return final_stage(source, files)


@pytest.mark.parametrize(
    ("manifest", "options", "start", "programs"),
    [
        (PACKAGE, "", "hello", ["hello"]),
        # a file of the manifest is no program of its own
        (PACKAGE + '[[bin]]\nname = "serve"\npath = "src/main.rs"\n', "", "serve", ["serve"]),
        (PACKAGE + '[[bin]]\nname = "serve"\npath = "src/serve.rs"\n', "", "hello",
         ["hello", "serve"]),
        (PACKAGE + '[[bin]]\nname = "a"\n[[bin]]\nname = "b"\n', " --bin a", "a", ["a"]),
        (PACKAGE + '[[bin]]\nname = "a"\n[[bin]]\nname = "b"\n', " --bin=a --bin b", "a",
         ["a", "b"]),
        # one that wants a feature is built only with it
        (PACKAGE + '[[bin]]\nname = "x"\nrequired-features = ["y"]\n', "", "hello", ["hello"]),
        (PACKAGE + 'autobins = false\n[[bin]]\nname = "x"\n', "", "x", ["x"]),
        ('[package]\nname = "hello"\n[[bin]]\nname = "x"\n', "", "x", ["x"]),
    ],
)  # fmt: skip
def test_only_what_is_certainly_built_is_carried(
    manifest: str, options: str, start: str, programs: list[str]
) -> None:
    lines, notes = final(BUILD.format(options) + START.format(start), manifest, {})
    head = "COPY --from=build "
    carried = [line.removeprefix(head).split()[0] for line in lines if line.startswith(head)]
    assert sorted(carried) == sorted(RELEASE + name for name in programs), notes


def test_source_that_stands_for_another() -> None:
    source = (
        "FROM rust:1.85\nWORKDIR /app\nCOPY Cargo.toml Cargo.lock ./\n"
        'RUN mkdir src && echo "fn main() {}" > src/main.rs && cargo build && rm -rf src\n'
        "COPY . .\nRUN cargo build --release\n" + START.format("hello")
    )
    lines, notes = final(source, PACKAGE, {})
    assert f"COPY --from=build {RELEASE}hello {RELEASE}hello" in lines, notes


@pytest.mark.parametrize(
    ("text", "place"),
    [("[build]\nrustflags = []\n", True), ('[build]\ntarget-dir = "x"\n', False)],
)
def test_settings_that_say_where_things_are_put(text: str, place: bool) -> None:
    files = {".cargo/config.toml": text}
    assert bool(final(BUILD.format("") + START.format("hello"), PACKAGE, files)[0]) is place


@pytest.mark.parametrize(
    ("crates", "libraries"),
    [
        ("kernel32-sys fuchsia-zircon-sys", []),
        ("snmalloc-sys", ["libatomic1"]),
        ("openssl-sys pq-sys", ["libpq5", "libssl3"]),
        ("bindgen clang-sys", []),
    ],
)
def test_libraries(crates: str, libraries: list[str]) -> None:
    lock = "".join(f'[[package]]\nname = "{name}"\n' for name in crates.split())
    lines, notes = final(BUILD.format("") + START.format("hello"), PACKAGE, {"Cargo.lock": lock})
    found = [word for line in lines[:8] for word in line.split() if word.startswith("lib")]
    assert found == libraries, notes


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        ('[[package]]\nname = "clang-sys"\n', "it is unknown which library clang-sys needs"),
        ('[[package]]\nname = "app"\ndependencies = [\n "libloading",\n]\n'
         '[[package]]\nname = "libloading"\n', "it is unknown which libraries libloading needs"),
    ],
)  # fmt: skip
def test_libraries_that_are_not_known(lock: str, reason: str) -> None:
    source = BUILD.format("") + START.format("hello")
    assert final(source, PACKAGE, {"Cargo.lock": lock}) == ([], [reason])


def test_a_library_that_a_build_script_opens() -> None:
    lock = (
        '[[package]]\nname = "bindgen"\n[[package]]\nname = "clang-sys"\ndependencies = [\n'
        ' "libloading",\n]\n[[package]]\nname = "libloading"\n'
    )
    source = BUILD.format("") + START.format("hello")
    assert final(source, PACKAGE, {"Cargo.lock": lock})[0]


def test_a_tag_that_moves() -> None:
    source = BUILD.format("").replace("rust:1.85", "rust:latest") + START.format("hello")
    assert final(source, PACKAGE, {})[0][:1] == ["FROM debian:stable-slim"]
    # what a library is called depends on the release
    lock = LOCK + '[[package]]\nname = "openssl-sys"\n'
    assert not final(source, PACKAGE, {"Cargo.lock": lock})[0]
