"""GCC's own image: the Debian below it, and the libraries that a program has in the image."""

from __future__ import annotations

import pytest

from helpers.divided import final_stage

C = "int main(void) { return 0; }\n"
BUILD = "FROM gcc:{}\nWORKDIR /src\nCOPY . .\nRUN make\nCMD {}\n"
MAKEFILE = "app: {}\n\t{} -o $@ $^ {}\n"
CARRIED = (
    "COPY --from=build /usr/local/lib*/libatomic.so.1 /usr/local/lib*/libgcc_s.so.1"
    " /usr/local/lib*/libgomp.so.1 /usr/local/lib*/libstdc++.so.6 /usr/local/lib/"
)


def final(
    files: dict[str, str], *, tag: str = "13.2", start: str = '["./app"]', source: str = BUILD
) -> tuple[list[str], list[str]]:
    """The lines of the final stage, and the notes."""
    return final_stage(source.format(tag, start), files)


def made(
    linked: str = "", compiler: str = "gcc", source: str = "main.c", text: str = C
) -> dict[str, str]:
    """A project of one source and its Makefile."""
    return {source: text, "Makefile": MAKEFILE.format(source, compiler, linked)}


def test_a_program_in_c_needs_the_c_library_alone() -> None:
    lines, notes = final(made("-lm -lpthread"))
    assert lines == ["FROM debian:bookworm-slim", "WORKDIR /src",
                     "COPY --from=build /src /src", 'CMD ["./app"]'], notes  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "base", "carried"),
    [
        ("13.2", "bookworm", True),  # Debian 12 has the libraries of GCC 12
        ("12.4-bookworm", "bookworm", False),
        ("14.3.0", "trixie", False),
        ("16", "stable", True),
        ("14", "stable", False),  # the newest Debian has those of GCC 14 at least
        ("latest", "stable", True),
    ],
)
def test_libraries_of_the_compiler_are_carried_where_debian_has_older_ones(
    tag: str, base: str, *, carried: bool
) -> None:
    lines, notes = final(made("", "g++", "main.cpp"), tag=tag)
    assert lines[:1] == [f"FROM debian:{base}-slim"], notes
    assert (CARRIED in lines) is ("RUN ldconfig" in lines) is carried


def test_libraries_of_the_full_image_get_their_names_of_the_release() -> None:
    lines, notes = final(made("-lsqlite3 -lcurl"), tag="12.4-bookworm")
    assert {"ca-certificates", "libcurl4", "libsqlite3-0"} <= set(" ".join(lines).split()), notes


def test_what_comes_with_debians_compiler_is_installed() -> None:
    lines, notes = final(made("-fopenmp"), tag="12.4-bookworm")
    assert "libgomp1" in " ".join(lines), notes


def test_dates_need_their_time_zones() -> None:
    lines, notes = final(made(text="#include <time.h>\nint main(void) { tzset(); }\n"))
    assert "tzdata" in " ".join(lines), notes


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (made("-lshop"), "-lshop"),
        (made("`pkg-config --libs gtk4`"), "pkg-config"),
        (made("/usr/lib/libshop.a"), "/usr/lib"),
        (made("-Wl,-rpath,/opt/shop"), "/opt/shop"),
        (made("", "gfortran"), "gfortran"),
        (made("-fsanitize=address"), "-fsanitize"),
        (made(text='int main(void) { dlopen("libz.so", 1); }\n'), "dlopen"),
        (made(text='int main(void) { system("gcc x.c"); }\n'), "gcc"),
        (made(text='int main(void) { system("python3 x.py"); }\n'), "python3"),
    ],
)
def test_what_is_not_known_stays(files: dict[str, str], reason: str) -> None:
    lines, notes = final(files)
    assert not lines
    assert reason in notes[0]


@pytest.mark.parametrize("start", ['["make", "test"]', "gcc -o t t.c && ./t"])
def test_what_builds_at_the_start_stays(start: str) -> None:
    assert not final(made(), start=start)[0]


def test_a_package_that_somebody_named_stays() -> None:
    source = BUILD.replace("RUN make", "RUN apt-get update && apt-get install -y gdb && make")
    lines, notes = final(made(), start='["gdb", "./app"]', source=source)
    assert "gdb" in " ".join(lines), notes


def test_a_prefix_with_the_compiler_in_it_is_not_carried() -> None:
    text = MAKEFILE.format("main.c", "gcc", "") + "install: app\n\tinstall app /usr/local/bin/app\n"
    source = BUILD.replace("RUN make", "RUN make && make install")
    lines, notes = final({"main.c": C, "Makefile": text}, source=source, start='["app"]')
    assert not lines
    assert "beside the compiler" in notes[0]


def test_packages_of_a_tag_without_a_release_stay() -> None:
    source = BUILD.replace("RUN make", "RUN apt-get update && apt-get install -y jq && make")
    lines, notes = final(made(), tag="latest", source=source)
    assert not lines
    assert "names no release of Debian" in notes[0]


def test_libraries_that_releases_call_otherwise_leave_a_moving_tag_alone() -> None:
    assert not final(made("-lssl"), tag="14")[0]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        (
            "find_package(Threads REQUIRED)\ntarget_link_libraries(app PRIVATE Threads::Threads m)",
            True,
        ),
        ("add_library(core core.c)\ntarget_link_libraries(app core)", True),
        ("find_package(Boost REQUIRED)", False),
        ("target_link_libraries(app ${LIBS})", False),
        ("target_link_libraries(app shop)", False),
    ],
)
def test_what_cmake_links_with(text: str, *, split: bool) -> None:
    manifest = f"project(app C)\nadd_executable(app main.c)\n{text}\n"
    source = BUILD.replace("RUN make", "RUN cmake -B build && cmake --build build").replace(
        "{}\nW", "{}\nRUN apt-get update && apt-get install -y cmake\nW"
    )
    lines, notes = final(
        {"main.c": C, "core.c": C, "CMakeLists.txt": manifest},
        tag="12.4-bookworm", source=source, start='["build/app"]',
    )  # fmt: skip
    assert bool(lines) is split, notes


def test_a_last_stage_on_it_is_put_on_the_debian_below() -> None:
    source = (
        "FROM gcc:{0} AS build\nWORKDIR /src\nCOPY . .\nRUN make\n\n"
        "FROM gcc:{0}\nCOPY --from=build /src/app /usr/local/bin/app\nCMD {1}\n"
    )
    lines, notes = final(made(), tag="12.4-bookworm", source=source, start='["app"]')
    assert lines[0] == "FROM debian:bookworm-slim", notes
    newer, notes = final(made("", "g++", "main.cpp"), source=source, start='["app"]')
    assert not newer
    assert "libraries of a compiler" in notes[0]
