"""What no text tells: a stage that is divided by what its build was seen to leave."""

from __future__ import annotations

from pathlib import Path

from dockfix.builds.target import PassSelection
from dockfix.builds.verify import Checks
from dockfix.reports.verify import verdict_text
from helpers.engine_verdicts import verified
from helpers.real_engine import RealEngine

#: Copies, links, owners, a library for the loader's cache; what packages have, changed and removed.
BUILD = """\
set -e
install -D /usr/bin/jq /opt/shop-1.2/bin/serve
ln -s /opt/shop-1.2/bin/serve /usr/bin/shop
install -d -m 750 -o web /srv/data
echo 42 >/srv/data/x
cp /usr/lib/*/libyaml-0.so.2 /usr/local/lib/libown.so.0
ldconfig
echo changed >/etc/debian_version
rm /etc/issue
"""
ABOVE = """\
FROM debian:bookworm-slim
RUN set -e; apt-get update; \\
    apt-get install -y --no-install-recommends jq libyaml-dev; \\
    rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1234 web
COPY build.sh /src/
RUN sh /src/build.sh && rm /src/build.sh
"""
BELOW = """\
HEALTHCHECK CMD shop -n 1
CMD ["sleep", "60"]
"""
FINAL = """\
FROM debian:bookworm-slim
RUN set -e && apt-get update \\
    && apt-get install -y --no-install-recommends jq libyaml-0-2 \\
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1234 web
RUN rm -r /etc/issue \\
    && install -d -m 750 -o web -g root /srv/data
COPY --from=build /etc/debian_version /etc/debian_version
COPY --from=build /opt /opt
COPY --from=build /src /src
COPY --from=build /srv/data /srv/data
COPY --from=build /usr/local /usr/local
RUN ln -sf /opt/shop-1.2/bin/serve /usr/bin/shop \\
    && ldconfig
"""
RUN = (
    "shop -n 41+1 && stat -c '%U %a' /srv/data && cat /srv/data/x /etc/debian_version"
    " && ldconfig -p | grep local"
)


def test_what_no_text_tells_a_build_shows(real_engine: RealEngine, tmp_path: Path) -> None:
    real_engine.need("debian")
    found = verified(
        tmp_path,
        ABOVE + BELOW,
        {"build.sh": BUILD},
        passes=PassSelection(select=("multi-stage",)),
        checks=Checks(run=RUN, evidence=True),
    )
    text = verdict_text(found)
    assert found.outcome == "declared", text
    assert found.result.after == f"{ABOVE.replace('slim', 'slim AS build', 1)}\n{FINAL}{BELOW}"
    assert "(2 builds:" in text
    assert "HEALTHCHECK: healthy → healthy" in text
    assert "--run: the same output, status 0" in text
