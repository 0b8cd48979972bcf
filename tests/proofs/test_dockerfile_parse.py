"""dockerfile-parse, a reader of another origin, on plain files where it is known to be right.

It knows neither here-documents nor the escape directive, so the files have neither.
"""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from dockerfile_parse import DockerfileParser

from dockfix.dockerfile.parser import parse

LINES = [
    "RUN apt-get update && \\\n    apt-get install -y a\n",
    "RUN a \\\n  # why\n  b\n",
    "# a comment\n",
    "\n",
    "ENV a=b c='d e'\n",
    "ENV a b c\n",
    'LABEL a="b c" \\\n      d=e\n',
    "COPY --chown=a:b c d /e/\n",
    "ARG a=b\n",
    "WORKDIR /a\n",
    "USER a\n",
    "expose 80 443\n",
    'CMD ["a", "b"]\n',
    "ENTRYPOINT a\n",
    "HEALTHCHECK --interval=5s CMD a\n",
    "ONBUILD RUN a\n",
    "VOLUME /a\n",
    "FROM b AS c\n",
]


@pytest.mark.parametrize("seed", range(50))
def test_keywords_and_lines(seed: int) -> None:
    source = "FROM a\n" + "".join(random.Random(seed).choices(LINES, k=20)) + "CMD a\n"
    theirs = [
        (entry["instruction"], entry["startline"] + 1, entry["endline"] + 1)
        for entry in DockerfileParser(fileobj=BytesIO(source.encode())).structure
        if entry["instruction"] != "COMMENT"
    ]
    dockerfile = parse(source)
    ours = [
        (item.keyword, dockerfile.position(item.start)[0], dockerfile.position(item.end - 1)[0])
        for item in dockerfile.instructions
    ]
    assert ours == theirs
