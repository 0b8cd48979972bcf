"""Projects that a default run once broke, or could break, each with neighbours of its kind.

All are built and started before and after by a real engine, and must not differ in a way that no
pass declares.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import NamedTuple

from helpers.engine_projects import Project, Start


class Case(NamedTuple):
    """A project, and the base images it needs beside busybox."""

    name: str
    project: Project
    bases: str = "debian"


def _project(dockerfile: str, files: dict[str, str] | None = None, **further: object) -> Project:
    """A project of a Dockerfile and files; a file that begins with `#!` may be executed."""
    files = {"Dockerfile": dockerfile, **(files or {})}
    modes = {name: 0o755 for name, text in files.items() if text.startswith("#!")}
    given = further.pop("modes", {})
    assert isinstance(given, dict)
    return Project(files, {**modes, **given}, **further)  # type: ignore[arg-type]


SHELL = "#!/bin/sh\nset -e\n"
SLIM = "FROM debian:bookworm-slim\n"
OURS = "FROM registry.example.com/team/base:1\n"
NO_RECOMMENDS = "--no-install-recommends"
GET = f"apt-get install -y {NO_RECOMMENDS}"


def _wheel(name: str, version: str, *requires: str) -> tuple[str, bytes]:
    """A package of Python with nothing in it: its file name, and the file."""
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    about += "".join(f"Requires-Dist: {one}\n" for one in requires)
    stem = f"{name.replace('-', '_')}-{version}"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in (
            ("METADATA", about),
            ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            ("RECORD", ""),
        ):
            archive.writestr(zipfile.ZipInfo(f"{stem}.dist-info/{path}"), text)
    return f"{stem}-py3-none-any.whl", file.getvalue()


def _archive(name: str, text: str) -> bytes:
    """A tarball with one file, which may be executed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(text), 0o755
        archive.addfile(entry, io.BytesIO(text.encode()))
    return file.getvalue()


#: Two clients, of which the newest want different versions of what both need.
WHEELS = dict(
    (
        _wheel("store-client", "1.0", "cloud-core<2"),
        _wheel("store-client", "0.4"),
        _wheel("cloud-kit", "3.0", "cloud-core>=2"),
        _wheel("cloud-kit", "2.0", "cloud-core>=1"),
        _wheel("cloud-core", "2.0"),
        _wheel("cloud-core", "1.5"),
    )
)

#: An installer that installs what it misses, and brings no lists.
GET_TREE = SHELL + f"command -v tree >/dev/null || {GET} tree\ntree --version\n"

#: It refuses to start what runs already.
SERVE = """start() {
    start-stop-daemon --start --background --exec /bin/sleep -- 900
    until start-stop-daemon --status --exec /bin/sleep; do sleep 0.1; done
}
"""

CASES = (
    # what is installed together chooses otherwise: merge-installs
    Case(
        "the Java that was installed first",
        _project(
            "FROM registry.example.com/team/java:1\n"
            "RUN apt-get update && apt-get install -y openjdk-8-jdk\n"
            "RUN apt-get install -y ant maven\n"
            'CMD ["java", "-version"]\n'
        ),
        "debian javas",
    ),
    Case(
        "the Java that certificates want",
        _project(
            "FROM registry.example.com/team/java:1\n"
            "RUN apt-get update \\\n    && apt-get install -y openjdk-8-jre-headless \\\n"
            "    && apt-get install -y ca-certificates-java\n"
            "RUN java -version > /version\n"
        ),
        "debian javas",
    ),
    Case(
        "what is recommended unless there is another",
        _project(
            SLIM
            + "RUN apt-get update && apt-get install -y gettext\n"
            + "RUN apt-get install -y wget\n"
            + "RUN curl --version > /version\n"
        ),
    ),
    Case(
        "what is recommended, and there already",
        _project(
            SLIM
            + "RUN apt-get update && apt-get install -y wget\n"
            + "RUN apt-get install -y gettext\n"
            + "RUN ! curl --version && wget --version > /version\n"
        ),
    ),
    # the order of a list chooses: sort-packages
    Case(
        "the PHP that comes first",
        _project(
            SLIM + f"RUN apt-get update && {GET} php-cgi php && rm -rf /var/lib/apt/lists/*\n"
            'CMD ["sh", "-c", "ls /usr/lib /etc | grep apache || echo no Apache"]\n'
        ),
    ),
    Case(
        "the mail server that comes first",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} msmtp-mta bsd-mailx && rm -rf /var/lib/apt/lists/*\n"
        ),
    ),
    Case(
        "the client that is asked for first",
        _project(
            "FROM python:3.11-slim\n"
            "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=http://localhost:PORT/\n"
            "RUN pip install --no-cache-dir store-client cloud-kit\n"
            'CMD ["pip", "list"]\n',
            served=WHEELS,
        ),
        "debian python",
    ),
    Case(
        "clients in two steps",
        _project(
            "FROM python:3.11-slim\n"
            "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=http://localhost:PORT/\n"
            "RUN pip install --no-cache-dir store-client \\\n"
            "    && pip install --no-cache-dir cloud-kit\n"
            'CMD ["pip", "list"]\n',
            served=WHEELS,
        ),
        "debian python",
    ),
    Case(
        "a client of a version",
        _project(
            "FROM python:3.11-slim\n"
            "ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=http://localhost:PORT/\n"
            "RUN pip install --no-cache-dir store-client==1.0 cloud-kit==2.0 cloud-core==1.5\n",
            served=WHEELS,
        ),
        "debian python",
    ),
    # lists of apt that somebody lives on: clean-package-cache, update-with-install
    Case(
        "an installer from the net",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} curl\n"
            + "ENV PATH=/root/.tree/bin:$PATH\n"
            + "RUN curl -fsS http://localhost:PORT/get-tree | sh\n",
            served={"get-tree": GET_TREE},
        ),
    ),
    Case(
        "an installer that is saved first",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} wget\n"
            + "WORKDIR /tmp\n"
            + "RUN wget -q http://localhost:PORT/get-tree -O get-tree\n"
            + "RUN sh ./get-tree\n",
            served={"get-tree": GET_TREE},
        ),
    ),
    Case(
        "a script of the context that installs",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} file\n"
            + "COPY tools/prepare /usr/local/sbin/\n"
            + "RUN prepare\n",
            {"tools/prepare": GET_TREE},
        ),
    ),
    Case(
        "a program of the source that installs",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} file\n"
            + "COPY . /site\n"
            + "RUN /site/bin/prepare\n",
            {"bin/prepare": GET_TREE},
        ),
    ),
    Case(
        "a script that is read by another",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} file\n"
            + "COPY bin /opt/bin\n"
            + "RUN /opt/bin/prepare\n",
            {
                "bin/prepare": SHELL + ". /opt/bin/functions\nneed tree\n",
                "bin/functions": f'need() {{ {GET} "$1"; }}\n',
            },
        ),
    ),
    Case(
        "an entry point that installs",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} file\n"
            + "COPY start.sh /\n"
            + 'ENTRYPOINT ["/start.sh"]\nCMD ["echo", "up"]\n',
            {"start.sh": SHELL + f'for one in $PLUGINS; do {GET} "$one"; done\nexec "$@"\n'},
            starts=(
                Start(),
                Start(("tree", "--version"), {"PLUGINS": "tree"}, network="host", seconds=30),
            ),
        ),
    ),
    Case(
        "a command that installs",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} file\n"
            + "COPY start.sh /usr/local/bin/run-app\n"
            + 'CMD ["run-app"]\n',
            {"start.sh": GET_TREE},
            starts=(Start(network="host", seconds=30),),
        ),
    ),
    Case(
        "a token that only the install has",
        _project(
            "FROM node:20-slim\n"
            # yarn keeps compiled scripts in /tmp, whose order is by chance
            "ENV DISABLE_V8_COMPILE_CACHE=1\n"
            "RUN npm install -g yarn@1.22.22 && npm cache clean --force\n"
            "WORKDIR /site\n"
            "COPY package.json yarn.lock .npmrc ./\n"
            "RUN --mount=type=secret,id=token TOKEN=$(cat /run/secrets/token) yarn install\n",
            {
                "yarn.lock": "# yarn lockfile v1\n",
                ".npmrc": "//registry.example.com/:_authToken=${TOKEN}\n",
                "package.json": '{"name": "site", "version": "1.0.0", "license": "MIT", '
                '"dependencies": {"ms": "2.1.3"}}\n',
            },
            secrets={"token": "abc"},
        ),
        "debian node",
    ),
    Case(
        "a token that is exported",
        _project(
            "FROM node:20-slim\n"
            "ENV DISABLE_V8_COMPILE_CACHE=1\n"
            "RUN npm install -g yarn@1.22.22 && npm cache clean --force\n"
            "WORKDIR /site\n"
            "COPY . .\n"
            "RUN --mount=type=secret,id=token export TOKEN=$(cat /run/secrets/token) \\\n"
            "    && (yarn install)\n",
            {
                "yarn.lock": "# yarn lockfile v1\n",
                ".npmrc": "//registry.example.com/:_authToken=${TOKEN}\n",
                "package.json": '{"name": "site", "version": "1.0.0", "license": "MIT", '
                '"dependencies": {"ms": "2.1.3"}}\n',
            },
            secrets={"token": "abc"},
        ),
        "debian node",
    ),
    Case(
        "what is there already, of a release that is gone",
        _project("FROM python:3.7-buster\nRUN apt-get install -y curl git\nCMD git --version\n"),
        "debian archived",
    ),
    Case(
        "one that is there already, in a script",
        _project(
            "FROM python:3.7-buster\nRUN set -eux; apt-get -y install git; git --version > /v\n"
        ),
        "debian archived",
    ),
    Case(
        "lists for a script between",
        _project(
            SLIM
            + "RUN apt-get update\n"
            + "COPY . /site\n"
            + "RUN /site/bin/prepare\n"
            + f"RUN {GET} file\n",
            {"bin/prepare": GET_TREE},
        ),
    ),
    Case(
        "lists for a later stage",
        _project(
            SLIM.replace("\n", " AS base\n")
            + "RUN apt-get update\n"
            + f"RUN {GET} file\n"
            + "FROM base\n"
            + "COPY bin /opt/bin\n"
            + "RUN /opt/bin/prepare\n",
            {"bin/prepare": GET_TREE},
        ),
    ),
    # one ignore file for several images: dockerignore, no-late-delete
    Case(
        "a folder that another image wants",
        _project(
            "FROM busybox\nWORKDIR /srv\nCOPY . .\nRUN rm -rf manual\n",
            {
                ".dockerignore": "*.tmp\n",
                "manual/index.txt": "read\n",
                "main.txt": "1\n",
                "images/manual/Dockerfile": 'FROM busybox\nCOPY manual /www\nCMD ["ls", "/www"]\n',
                "compose.yaml": "services:\n  main:\n    build: .\n  manual:\n    build:\n"
                "      context: .\n      dockerfile: images/manual/Dockerfile\n",
            },
        ),
        "",
    ),
    Case(
        "a folder that an image without Compose wants",
        _project(
            "FROM busybox\nWORKDIR /srv\nCOPY . .\nRUN rm -rf manual spec\n",
            {
                ".dockerignore": "*.tmp\n",
                "manual/index.txt": "read\n",
                "spec/one.txt": "read\n",
                "main.txt": "1\n",
                "ci/test.Dockerfile": 'FROM busybox\nCOPY spec /spec\nCMD ["ls", "/spec"]\n',
            },
        ),
        "",
    ),
    Case(
        "a history that another image asks",
        _project(
            "FROM busybox\nCOPY . /srv\n",
            {
                ".dockerignore": "*.tmp\n",
                "main.txt": "1\n",
                "images/web/Dockerfile": "FROM python:3.11\nCOPY . /web\nWORKDIR /web\n"
                "RUN git config --global safe.directory '*' \\\n"
                "    && git log --format=%s > /subjects\n",
                "compose.yaml": "services:\n  main:\n    build: .\n  web:\n    build:\n"
                "      context: .\n      dockerfile: images/web/Dockerfile\n",
            },
            history=True,
        ),
        "debian python",
    ),
    Case(
        "a history that a script of the context asks",
        _project(
            "FROM python:3.11\nCOPY . /web\nRUN /web/tools/revision\n",
            {
                ".dockerignore": "*.tmp\n",
                "tools/revision": SHELL + "cd /web\ngit config --global safe.directory '*'\n"
                "git rev-parse --abbrev-ref HEAD > /revision\n",
            },
            history=True,
        ),
        "debian python",
    ),
    # what ends with a RUN, or begins anew: merge-runs
    Case(
        "a daemon that two scripts start",
        _project(
            SLIM + "COPY db /db\nRUN /db/first\nRUN /db/second\n",
            {
                "db/common": SERVE,
                "db/first": SHELL + ". /db/common\nstart\necho first >> /data\n",
                "db/second": SHELL + ". /db/common\nstart\necho second >> /data\n",
            },
        ),
    ),
    Case(
        "a port that two scripts listen at",
        _project(
            "FROM python:3.11-slim\nCOPY tools /tools\n"
            "RUN /tools/crawl one\nRUN /tools/crawl two\n",
            {
                "tools/crawl": SHELL + "python3 /tools/serve\necho $1 >> /crawled\n",
                "tools/serve": "import os, socket\none = socket.socket()\n"
                "one.bind(('127.0.0.1', 28651))\none.listen()\none.set_inheritable(True)\n"
                "if os.fork() == 0:\n    os.setsid()\n    null = os.open(os.devnull, os.O_RDWR)\n"
                "    for number in range(3):\n        os.dup2(null, number)\n"
                "    os.execlp('sleep', 'sleep', '900')\n",
            },
        ),
        "debian python",
    ),
    Case(
        "a script that removes where it stands",
        _project(
            "FROM node:20-slim\nCOPY unpack /opt/unpack\nWORKDIR /opt/unpack\nRUN ./go\n"
            'RUN npm --version > /version\nWORKDIR /\nCMD ["cat", "/version"]\n',
            {
                "unpack/go": SHELL + "cp words /usr/share/words\nrm -rf /opt/unpack\n",
                "unpack/words": "some\n",
            },
        ),
        "debian node",
    ),
    Case(
        "a folder that is moved away",
        _project(
            "FROM busybox\nCOPY unpack /tmp/unpack\nWORKDIR /tmp/unpack\nRUN ./go\n"
            "RUN pwd > /here && touch new\n",
            {"unpack/go": SHELL + "mv /tmp/unpack /srv\n", "unpack/words": "some\n"},
        ),
        "",
    ),
    Case(
        "two names of one file",
        _project(
            "FROM busybox\nRUN mkdir -p /store /app && echo one > /store/x && ln /store/x /app/x\n"
            "RUN echo two >> /app/x\n"
        ),
        "",
    ),
    Case(
        "two names of one file, and an owner",
        _project(
            "FROM busybox\nRUN mkdir /store && echo one > /store/x && cp -l /store/x /x\n"
            "RUN chown 7:8 /x && chmod 600 /x\n"
        ),
        "",
    ),
    Case(
        "a profile that a later RUN reads",
        _project(
            OURS
            + "RUN mkdir -p /opt/go/bin && printf '#!/bin/sh\\necho go\\n' > /opt/go/bin/go1 \\\n"
            "    && chmod +x /opt/go/bin/go1\n"
            "RUN echo 'PATH=/opt/go/bin:$PATH' > /etc/profile.d/go.sh\n"
            "RUN go1 > /version\n"
        ),
        "debian login",
    ),
    Case(
        "a variable that a profile sets",
        _project(
            OURS + "RUN echo 'export STAGE=ready' >> /root/.bash_profile\n"
            'RUN echo "$STAGE" > /stage\n'
        ),
        "debian login",
    ),
    # how an image starts: exec-form
    Case(
        "a program that a profile finds",
        _project(OURS + "WORKDIR /srv\nCMD tool --all\n"),
        "debian login",
    ),
    Case(
        "a check that a profile finds",
        _project(OURS + "ENTRYPOINT tool check\n"),
        "debian login",
    ),
    Case(
        "a script without its interpreter in a tree",
        _project(
            SLIM + "COPY tree/ /\nCMD serve\n",
            {"tree/usr/bin/serve": 'echo serving "$#"\n'},
            modes={"tree/usr/bin/serve": 0o755},
        ),
    ),
    Case(
        "a script without its interpreter behind a link",
        _project(
            "FROM busybox\nCOPY serve.sh /opt/\nRUN ln -s /opt/serve.sh /usr/bin/serve\n"
            "CMD serve\n",
            {"serve.sh": 'echo serving "$#"\n'},
            modes={"serve.sh": 0o755},
        ),
        "",
    ),
    Case(
        "a command of Compose that was ignored",
        _project(
            "FROM python:3.11-slim\nCOPY serve.py /srv/\nWORKDIR /srv\n"
            "ENTRYPOINT python3 serve.py\n",
            {
                "serve.py": "import sys\nsys.exit(len(sys.argv) - 1 and 'too many words')\n",
                "docker-compose.yml": "services:\n  web:\n    build: .\n"
                "    command: python3 serve.py\n",
            },
        ),
        "debian python",
    ),
    Case(
        "a command of Compose as a list",
        _project(
            "FROM busybox\nCOPY serve.sh /srv/\nENTRYPOINT sh /srv/serve.sh\n",
            {
                "serve.sh": "exit $#\n",
                "compose.yaml": "services:\n  web:\n    build:\n      context: .\n"
                "    command:\n      - serve\n      - --all\n",
            },
        ),
        "",
    ),
    Case(
        "arguments that a shell drops",
        _project(
            "FROM busybox\nCOPY serve.sh /srv/\nENTRYPOINT sh /srv/serve.sh\n",
            {"serve.sh": "exit $#\n"},
            starts=(Start(), Start(("--all",))),
        ),
        "",
    ),
    Case(
        "a script without its interpreter that is fetched",
        _project(
            "FROM busybox\nRUN wget -qO /usr/bin/serve http://127.0.0.1:PORT/serve \\\n"
            "    && chmod +x /usr/bin/serve\nCMD serve\n",
            served={"serve": 'echo serving "$#"\n'},
        ),
        "",
    ),
    Case(
        "a script without its interpreter out of an archive",
        _project(
            "FROM busybox\nRUN wget -qO- http://127.0.0.1:PORT/serve.tgz | tar -xz -C /usr/bin\n"
            "CMD serve\n",
            served={"serve.tgz": _archive("serve", 'echo serving "$#"\n')},
        ),
        "",
    ),
    Case(
        "a script without its interpreter on a PATH of its own",
        _project(
            "FROM busybox\nENV PATH=/srv/bin:$PATH\nWORKDIR /srv\nCOPY . .\nCMD serve\n",
            {"bin/serve": 'echo serving "$#"\n'},
            modes={"bin/serve": 0o755},
        ),
        "",
    ),
    Case(
        "a Makefile that is given its directory by the shell",
        _project(
            SLIM + f"RUN apt-get update && {GET} make\nWORKDIR /srv\nCOPY . .\nCMD make run\n",
            {"Makefile": "run:\n\t@cat $(PWD)/name.txt\n", "name.txt": "here\n"},
        ),
    ),
    Case(
        "sudo for one command",
        _project(
            SLIM
            + f"RUN apt-get update && {GET} sudo && useradd -m app \\\n"
            + "    && echo 'app ALL=(root) NOPASSWD: /usr/bin/apt-get' > /etc/sudoers.d/app\n"
            + f"USER app\nRUN sudo apt-get update && sudo {GET} jq\n"
            + 'CMD ["jq", "--version"]\n'
        ),
    ),
    # modes: narrow-copy, copy-with-owner
    Case(
        "a folder that its group may write to",
        _project(
            "FROM busybox\nWORKDIR /srv\nCOPY . .\nRUN rm -rf manual\n",
            {"app/a.txt": "1\n", "manual/b.txt": "1\n"},
            modes={"app": 0o775},
        ),
        "",
    ),
    Case(
        "a folder that only its owner may read",
        _project(
            "FROM busybox\nCOPY . /srv\nRUN rm -r /srv/manual\n",
            {"app/a.txt": "1\n", "app/keys/k.txt": "1\n", "manual/b.txt": "1\n"},
            modes={"app/keys": 0o700},
        ),
        "",
    ),
    Case(
        "a bit that chown clears",
        _project(
            SLIM
            + "COPY --chmod=4755 helper /usr/bin/helper\nRUN chown root:daemon /usr/bin/helper\n"
            'CMD ["helper"]\n',
            {"helper": "#!/bin/sh\necho helped\n"},
        ),
    ),
    Case(
        "a group's bit that chown clears",
        _project(
            "FROM busybox\nCOPY helper /usr/bin/helper\nRUN chown 7:8 /usr/bin/helper\n",
            {"helper": "#!/bin/sh\necho helped\n"},
            modes={"helper": 0o2755},
        ),
        "",
    ),
)
