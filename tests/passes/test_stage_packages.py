"""Which packages of Debian the final stage gets in place of headers."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files


@pytest.mark.parametrize(
    ("headers", "libraries"),
    [
        # its headers and libraries come with another package, krb5-multidev
        ("libkrb5-dev", ["libgssapi-krb5-2", "libkrb5-3", "libk5crypto3"]),
        # they come with another package in between
        ("default-libmysqlclient-dev", ["libmariadb3"]),
        # modules for the formats of pictures, which are opened by name
        ("libmagickwand-dev", ["libmagickwand-6.q16-6", "libmagickcore-6.q16-6-extra"]),
        # headers that come with it, and are not asked for by name
        ("libgd-dev", ["libgd3", "libwebpmux3"]),
    ],
)
def test_the_libraries_of_headers_stay(headers: str, libraries: list[str]) -> None:
    source = (
        "FROM python:3.12-slim-bookworm\n"
        f"RUN apt-get update && apt-get install -y gcc {headers}\n"
        "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY shop.py .\nCMD ["python", "shop.py"]\n'
    )
    files = Files({"requirements.txt": "hardly-known\n", "shop.py": "import hardly_known\n"})
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=files))
    final = result.after.partition("\n\n")[2]
    assert headers not in final
    assert "libpcre2-posix3" not in final, "a variant of what the base image has"
    assert "libcairo-script-interpreter2" not in final, "a variant of libcairo2"
    for library in libraries:
        assert library in final.replace("\\", " ").split()


@pytest.mark.parametrize("start", ["python3 -m gunicorn shop:app", "pydoc3 shop"])
def test_programs_of_the_image_are_no_packages_of_debian(start: str) -> None:
    source = (
        "FROM python:3.12-bookworm\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        f"COPY shop.py .\nCMD {start}\n"
    )
    files = Files({"requirements.txt": "gunicorn\n", "shop.py": ""})
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=files))
    assert "FROM python:3.12-slim-bookworm\nCOPY --from=build" in result.after


@pytest.mark.parametrize(
    ("package", "known"), [("opentelemetry-instrumentation-x", True), ("hardly-known", False)]
)
def test_families_of_packages_are_known(package: str, known: bool) -> None:
    source = (
        "FROM python:3.12-bookworm\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        'COPY shop.py .\nCMD ["python", "shop.py"]\n'
    )
    files = Files({"requirements.txt": f"{package}\n", "shop.py": ""})
    assert (
        rewrite(source, select=["multi-stage"], settings=Settings(context=files)).changed == known
    )
