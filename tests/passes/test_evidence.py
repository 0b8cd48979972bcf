"""A stage of which the text does not tell what its build leaves, divided by what a build showed."""

from __future__ import annotations

from collections.abc import Mapping

from dockfix.core.pipeline import rewrite
from dockfix.core.result import Rewrite
from dockfix.passes.base import Settings
from dockfix.state.evidence import Evidence, Left
from helpers.memory_context import Files

SOURCE = """\
FROM debian:bookworm-slim
ENV A=1
# what compiles it
RUN apt-get update && apt-get install -y --no-install-recommends gcc jq libyaml-dev make
WORKDIR /src
COPY . .
RUN make install
EXPOSE 80
CMD ["serve"]
"""
COPIES = (Left("copy", "/opt/shop"), Left("copy", "/usr/local/bin/serve"))
SHOWN = Evidence(
    COPIES, libraries=("libyaml-0-2",), tools=frozenset(("gcc", "libyaml-dev", "make"))
)


MAIN = {"main.c": "int main"}


def divided(
    evidence: Evidence | None, source: str = SOURCE, files: Mapping[str, str] = MAIN
) -> Rewrite:
    settings = Settings(context=Files(files), evidence=evidence)
    return rewrite(source, select=["multi-stage"], settings=settings)


def final(evidence: Evidence, source: str = SOURCE, files: Mapping[str, str] = MAIN) -> str:
    """The final stage; what stands above it is the file's own."""
    found = divided(evidence, source, files)
    assert found.changed, [note.message for note in found.notes]
    build, _, last = found.after.partition("\n\nFROM ")
    own = build.replace(" AS build", "").splitlines()
    assert [line for line in source.splitlines() if line in own] == own
    return last


def why(evidence: Evidence, source: str = SOURCE, files: Mapping[str, str] = MAIN) -> str:
    """Why a file is left alone."""
    found = divided(evidence, source, files)
    assert not found.changed
    return found.notes[0].message


def test_what_a_build_showed_is_carried() -> None:
    assert divided(SHOWN).after == (
        SOURCE.partition("EXPOSE")[0].replace("slim", "slim AS build", 1)
        + """\

FROM debian:bookworm-slim
ENV A=1
RUN apt-get update && apt-get install -y --no-install-recommends jq libyaml-0-2
WORKDIR /src
COPY . .
COPY --from=build /opt/shop /opt/shop
COPY --from=build /usr/local/bin/serve /usr/local/bin/serve
EXPOSE 80
CMD ["serve"]
"""
    )


def test_without_it_nothing_is_done() -> None:
    assert divided(None).after == SOURCE


def test_an_image_that_has_no_row_stays_the_base() -> None:
    source = SOURCE.replace("debian:bookworm-slim", "registry.example.com/base:1")
    assert divided(None, source).after == source
    assert final(SHOWN, source).startswith("registry.example.com/base:1\n")


def test_what_a_copy_would_not_keep_is_made_again() -> None:
    left = (
        Left("folder", "/data", owner="web:web", mode="1777"),
        Left("copy", "/data"),
        Left("copy", "/home/web/x", owner="web:web"),
        Left("link", "/usr/local/bin/serve", "/opt/shop/serve"),
    )
    assert """\
COPY . .
RUN install -d -m 1777 -o web -g web /data
COPY --from=build /data /data
COPY --from=build --chown=web:web /home/web/x /home/web/x
RUN ln -sf /opt/shop/serve /usr/local/bin/serve \\
    && ldconfig
EXPOSE 80
""" in final(SHOWN._replace(left=left, cached=True))
    source = SOURCE.replace("WORKDIR", "USER web\nWORKDIR")
    assert "make files as web" in why(SHOWN._replace(cached=True), source)
    assert "/opt/shop" in final(SHOWN, source)


def test_sources_of_packages_come_before_packages() -> None:
    source = "/etc/apt/sources.list.d/x.list"
    found = final(SHOWN._replace(left=(Left("copy", source), *COPIES)))
    assert found.startswith(
        f"debian:bookworm-slim\nCOPY --from=build {source} {source}\nENV A=1\nRUN apt-get"
    )


def test_what_is_removed_is_removed_again() -> None:
    found = final(SHOWN._replace(left=(Left("gone", "/etc/x"), *COPIES)))
    assert "COPY . .\nRUN rm -r /etc/x\nCOPY --from=build /opt/shop /opt/shop\n" in found


def test_a_version_stays_a_variable() -> None:
    source = SOURCE.replace("ENV A=1", "ARG SHOP_VERSION=1.2.0\nENV A=1")
    left = (Left("copy", "/opt/shop-1.2.0"), Left("copy", "/srv/1.2.0a"))
    found = final(SHOWN._replace(left=left), source)
    assert "COPY --from=build /opt/shop-$SHOP_VERSION /opt/shop-$SHOP_VERSION\n" in found
    assert "/srv/${SHOP_VERSION}a" in found
    assert "ARG SHOP_VERSION=1.2.0\n" in found


def test_accounts_that_a_build_makes_are_made_again() -> None:
    source = SOURCE.replace("RUN make", "RUN useradd -m web && make")
    found = final(SHOWN._replace(accounts=frozenset((7,))), source)
    assert "COPY . .\nRUN useradd -m web\nCOPY --from=build /opt/shop /opt/shop\n" in found
    source = SOURCE.replace("RUN make", "RUN ./make-users && make")
    assert "makes users" in why(SHOWN._replace(accounts=frozenset((7,))), source)


def test_what_the_build_removes_again_is_not_copied() -> None:
    assert "COPY . ." not in final(SHOWN._replace(gone=frozenset((6,))))


def test_files_that_are_changed_behind_a_build_are_of_the_build() -> None:
    source = SOURCE.replace("EXPOSE", "RUN cp /src/serve /usr/local/bin/\nEXPOSE")
    assert "RUN cp" not in final(SHOWN, source)
    twice = SOURCE.replace("EXPOSE", "RUN sed -i s/a/b/ /src/a\nRUN chmod +x /src/a\nEXPOSE")
    assert "RUN sed" not in final(SHOWN, twice)
    assert "RUN chmod" not in final(SHOWN, twice)
    source = SOURCE.replace("EXPOSE", "RUN useradd web && mkdir /data\nEXPOSE")
    assert final(SHOWN, source).endswith(
        'RUN useradd web && mkdir /data\nEXPOSE 80\nCMD ["serve"]\n'
    )


def test_a_script_that_is_called_as_a_program_is_none() -> None:
    for script in ("./install", "/src/install", "./date"):
        source = SOURCE.replace("RUN make install", f"RUN {script} /src/serve /usr/local/bin")
        assert "COPY --from=build /opt/shop" in final(SHOWN, source)
    source = SOURCE.replace("RUN make install", "RUN /usr/bin/install serve /usr/local/bin")
    assert "no RUN builds" in why(SHOWN, source)


def test_an_install_stands_beside_what_is_not_read() -> None:
    source = SOURCE.replace(" make\nW", " make \\\n    && curl x | tar x; make\nW")
    assert "install -y --no-install-recommends jq libyaml-0-2\n" in final(SHOWN, source)
    source = SOURCE.replace("RUN apt-get update &&", "RUN if true; then").replace(
        " make\nW", " make; fi\nW"
    )
    assert "cannot be told apart" in why(SHOWN, source)
    source = SOURCE.replace("RUN apt-get", "RUN deps=gcc && apt-get").replace("gcc jq", "$deps jq")
    assert "$deps" in why(SHOWN, source)


def test_a_package_of_headers_that_was_used_stays() -> None:
    evidence = SHOWN._replace(libraries=("libyaml-dev",), tools=frozenset(("gcc", "make")))
    assert "recommends jq libyaml-dev\n" in final(evidence)


def test_a_library_may_be_opened_by_a_name_that_its_headers_bring() -> None:
    files = {"shop.py": 'import ctypes\nctypes.CDLL("libyaml.so")\n'}
    assert "recommends jq libyaml-0-2 libyaml-dev\n" in final(SHOWN, files=files)


def test_what_was_removed_is_not_installed_again() -> None:
    shown = SHOWN._replace(packages=frozenset(("libyaml-dev", "gcc", "make", "awk")))
    source = SOURCE.replace("jq libyaml-dev make", "awk jq=1.2 libyaml-dev make")
    source = source.replace(
        " make\nW",
        " make && export X=1 && make x && apt-get purge -y jq && rm -r /tmp/x && rm -rf /tmp/*\nW",
    )
    assert "recommends awk libyaml-0-2 && rm -rf /tmp/*\nW" in final(shown, source)


def test_pip_stays_with_the_build() -> None:
    source = SOURCE.replace("jq libyaml-dev", "jq libyaml-dev python3-pip")
    shown = SHOWN._replace(behind_pip=("ca-certificates", "python3"))
    found = divided(shown, source)
    assert "recommends jq ca-certificates libyaml-0-2 python3\n" in found.after
    assert "package python3-pip" in found.applied[0].declares
    files = {"requirements.txt": "pip\n", "shop.py": 'call(["pip", "install"])\n'}
    assert "jq python3-pip libyaml-0-2\n" in final(shown, source, files)
    assert "jq python3-pip libyaml-0-2\n" in final(SHOWN, source)


def test_source_that_calls_a_compiler_is_left_alone() -> None:
    source = 'import subprocess\nsubprocess.run(["gcc", "x.c"])\n'
    assert "shop.py calls gcc" in why(SHOWN, files={"shop.py": source})
    # what builds may
    assert final(SHOWN, files={"setup.py": source, "build.sh": "gcc x.c\n"})
    start = SOURCE.replace('CMD ["serve"]', 'CMD ["./start.sh"]')
    assert "start.sh calls make" in why(SHOWN, start, {"start.sh": "make -C /srv\n"})


def test_what_needs_a_compiler_when_it_runs_is_left_alone() -> None:
    assert "gcc when it runs" in why(SHOWN._replace(building=("gcc",)))


def test_what_cannot_be_carried_is_left_alone() -> None:
    assert "/x is a fifo" in why(SHOWN._replace(unfit="/x is a fifo"))
    assert "cannot be seen" in why(SHOWN._replace(left=()))


def test_what_the_text_tells_stays_the_same() -> None:
    source = (
        "FROM python:3.12\nWORKDIR /srv\nCOPY requirements.txt .\n"
        'RUN pip install -r requirements.txt\nCOPY . .\nCMD ["python", "shop.py"]\n'
    )
    files = Files({"requirements.txt": "flask\n", "shop.py": "import flask\n"})
    found = [
        rewrite(source, select=["multi-stage"], settings=Settings(context=files, evidence=one))
        for one in (None, SHOWN)
    ]
    assert found[0].after == found[1].after != source
