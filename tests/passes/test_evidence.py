"""A stage of which the text does not tell what its build leaves, divided by what a build showed."""

from __future__ import annotations

from dockfix.core.pipeline import rewrite
from dockfix.core.result import Rewrite
from dockfix.passes.base import Settings
from dockfix.state.evidence import Evidence, Written
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
SHOWN = Evidence((Written(7, ("/opt/shop", "/usr/local/bin/serve")),), ("libyaml-0-2",), ())


def divided(evidence: Evidence | None, source: str = SOURCE) -> Rewrite:
    settings = Settings(context=Files({"main.c": "int main"}), evidence=evidence)
    return rewrite(source, select=["multi-stage"], settings=settings)


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


def test_what_needs_a_compiler_when_it_runs_is_left_alone() -> None:
    found = divided(SHOWN._replace(building=("gcc",)))
    assert found.after == SOURCE
    assert "gcc when it runs" in found.notes[0].message


def test_what_a_copy_would_not_keep_is_left_alone() -> None:
    left = Written(7, ("/usr/local/bin/serve",), "/usr/local/bin/serve is a link")
    found = divided(SHOWN._replace(written=(left,)))
    assert found.after == SOURCE
    assert "/usr/local/bin/serve is a link" in found.notes[0].message


def test_what_is_all_over_the_system_is_left_alone() -> None:
    assert divided(SHOWN._replace(written=(Written(7, ("/usr", "/srv")),))).after == SOURCE
    assert divided(SHOWN._replace(written=())).after == SOURCE


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
