"""What scripts and project files that a build runs live on is kept."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

APT = "FROM debian:12\nRUN apt-get update && apt-get install -y make\nCOPY . /x\n"
NPM = "FROM node:20\nWORKDIR /x\nCOPY . .\nRUN npm ci\n"
JQ = "apt-get install -y jq\n"


def _is_cleaned(dockerfile: str, files: dict[str, str]) -> bool:
    settings = Settings(context=Files({"package.json": "{}", "package-lock.json": "{}", **files}))
    select = ["clean-package-cache"]
    return rewrite(dockerfile, select=select, settings=settings).after != dockerfile


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        # a file that the file of a build tool includes, or that lies in a folder it is told
        (APT + "RUN make -C /x\n", {"Makefile": "include a.mk\nall: b\n", "a.mk": f"b:\n\t{JQ}"}),
        (APT + "RUN cmake -S /x -B /b\n", {"CMakeLists.txt": f"execute_process(COMMAND {JQ})"}),
        (APT + "WORKDIR /b\nRUN cmake /x\n",
         {"CMakeLists.txt": "include(c/d.cmake)\n", "c/d.cmake": f"execute_process(COMMAND {JQ})"}),
        (APT + "RUN meson setup /b /x\n", {"meson.build": "run_command('t/d.sh')\n", "t/d.sh": JQ}),
        (APT + "RUN pip install --no-cache-dir /x\n",
         {"setup.py": f"import os; os.system('{JQ.strip()}')\n"}),
        (APT + "WORKDIR /x\nRUN gradle up\n", {"build.gradle.kts": 'run("apt-get", "install")\n'}),
        # what runs later, by itself or by hand
        (APT + "HEALTHCHECK CMD /x/check.sh\n", {"check.sh": f"#!/bin/sh\n{JQ}"}),
        (APT + "RUN echo '0 0 * * * root apt-get install -y x' > /etc/cron.d/up\n", {}),
        (APT + "RUN echo 'need() { apt-get install -y $1; }' >> /root/.bashrc\n", {}),
        (APT + 'COPY <<E /entry\napt-get install -y jq\nE\nENTRYPOINT ["/entry"]\n', {}),
        ("FROM alpine\nRUN apk update && apk add git\nCOPY <<E /entry\napk add jq\nE\n"
         'ENTRYPOINT ["/entry"]\n', {}),
        # scripts that work offline, or come for the cache
        (NPM + "RUN ./sub.sh\n", {"sub.sh": "#!/bin/sh\ncd sub && npm ci --offline\n"}),
        (NPM + "RUN make sub\n", {"Makefile": "sub:\n\tcd sub && npm ci --offline\n"}),
        (NPM + "RUN node b.js\n", {"b.js": "execSync('npm ci --offline', {cwd: 'sub'})\n"}),
        (NPM + "RUN npm run sub\n", {"package.json": '{"scripts": {"sub": "npm ci --offline"}}'}),
        # by their names, in a folder of PATH
        (NPM + "COPY bin/sub /usr/local/bin/\nRUN sub\n",
         {"bin/sub": "#!/bin/sh\ncd sub && npm ci --offline\n"}),
        (NPM + "COPY bin/ /usr/local/bin/\nRUN cd a && sub one && npm run b\n",
         {"bin/sub": "#!/bin/sh\ncd sub && npm ci --offline\n"}),
        (NPM + 'COPY bin/sub /usr/bin/sub\nCMD ["sub"]\n',
         {"bin/sub": "#!/bin/sh\nexec npm exec --offline serve\n"}),
        ("FROM python:3.9\nCOPY bin /usr/local/bin\nRUN pip install flask\nENTRYPOINT sub\n",
         {"bin/sub": "#!/bin/sh\nexec cp -r /root/.cache/pip /out\n"}),
        (APT + "COPY bin/sub /usr/local/sbin/\nRUN sub\n", {"bin/sub": f"#!/bin/sh\n{JQ}"}),
        ("FROM fedora:40\nCOPY . /x\nRUN dnf -y install git\nRUN bash /x/m.sh\n",
         {"m.sh": "dnf -C -y install jq\n"}),
        ("FROM python\nCOPY . /x\nRUN pip install flask\nRUN bash /x/m.sh\n",
         {"m.sh": "cp -r /root/.cache/pip /srv/\n"}),
        ("FROM archlinux\nCOPY . /x\nRUN pacman -Syu --noconfirm git\nRUN bash /x/m.sh\n",
         {"m.sh": "cp /var/cache/pacman/pkg/git-*.zst /srv/\n"}),
    ],
)  # fmt: skip
def test_what_scripts_live_on_is_kept(dockerfile: str, files: dict[str, str]) -> None:
    assert not _is_cleaned(dockerfile, files)


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        (APT + "RUN make -C /x\n", {"Makefile": "include a.mk\nall:\n\ttrue\n", "a.mk": "b:\n"}),
        (APT + "RUN cmake -S /x -B /b\n", {"CMakeLists.txt": "project(x)\n"}),
        (APT + "HEALTHCHECK CMD /x/check.sh\n", {"check.sh": "#!/bin/sh\ncurl localhost\n"}),
        (APT + "RUN echo 'apt-get update; apt-get install -y x' > /usr/bin/need\n", {}),
        (APT + "RUN echo apt-get install -y x\n", {}),
        (NPM + "RUN ./sub.sh\n", {"sub.sh": "#!/bin/sh\ncd sub && npm ci\n"}),
        (NPM + "COPY bin/sub /usr/local/bin/\nRUN sub\n",
         {"bin/sub": "#!/bin/sh\ncd sub && npm ci\n"}),
        (NPM + "RUN make all\n", {"Makefile": "all:\n\tmake\nsub:\n\tnpm ci --offline\n"}),
        ("FROM archlinux\nCOPY . /x\nRUN pacman -Syu --noconfirm git\nRUN bash /x/m.sh\n",
         {"m.sh": "rm -rf /var/cache/pacman/pkg\n"}),
    ],
)  # fmt: skip
def test_the_rest_is_cleaned(dockerfile: str, files: dict[str, str]) -> None:
    assert _is_cleaned(dockerfile, files)
