"""Random projects, composed of what real Dockerfiles do, for a real engine to build and start.

A composition is a walk over blocks. A block is a common piece of a Dockerfile (an install, a script
of the build context, a daemon that is asked once, a second Dockerfile, …); it says what it needs
and writes lines, files and ways to start. `Scene.has` holds what is there at the end of what is
written so far: programs by their names, and `lists` for the lists of apt. So every composition is
meant to build, whatever comes together in it. Nothing here knows what dockfix makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from helpers.engine_projects import Project, Start

#: Packages of Debian that are quickly installed: the program of each, and programs that come with
#: it only because it recommends their packages.
PACKAGES = {
    "bzip2": ("bzip2", ""),
    "curl": ("curl", ""),
    "file": ("file", ""),
    "gettext": ("msgfmt", "curl"),
    "git": ("git", "less"),
    "jq": ("jq", ""),
    "less": ("less", ""),
    "make": ("make", ""),
    "netcat-openbsd": ("", ""),
    "patch": ("patch", ""),
    "php": ("php", ""),
    "php-cgi": ("", ""),
    "procps": ("ps", ""),
    "tree": ("tree", ""),
    "wget": ("wget", ""),
    "zip": ("zip", ""),
}
#: Packages of Python's index, small ones; some limit the versions of others.
_PYTHON = (
    "astroid", "docutils", "flake8", "idna", "pycodestyle", "pylint", "six", "sphinx-rtd-theme",
    "wheel",
)  # fmt: skip
_NODE = ("is-number", "is-odd", "left-pad", "ms")
#: Packages of stand-ins, of which several will do for a third.
_RIVALS = ("openjdk-8-jdk", "ant", "maven", "ca-certificates-java")
_BASES = {
    "debian:bookworm-slim": ("apt", 6),
    "python:3.11-slim": ("apt pip python", 3),
    "node:20-slim": ("apt npm node", 2),
    "registry.example.com/team/base:1": ("apt tool profile", 2),
    "registry.example.com/team/java:1": ("rivals", 2),
    "python:3.7-buster": ("archived git curl python", 1),
}
_LISTS = "/var/lib/apt/lists"
_FOLDERS = ("bin", "scripts", "tools")


class Scene:
    """A project that is being written, and what holds at its end."""

    def __init__(self, random: Random, base: str) -> None:
        self.random = random
        self.lines = [f"FROM {base}"]
        self.files: dict[str, str] = {
            "README.md": "read me\n",
            "docs/index.html": "<h1>docs</h1>\n",
        }
        self.modes: dict[str, int] = {}
        self.secrets: dict[str, str] = {}
        self.served: dict[str, str] = {}
        self.services: dict[str, str] = {}
        self.starts: list[Start] = []
        self.base = base
        self.has = set(_BASES[base][0].split())
        self.folder = "/"
        self.scripts = self.pick(*_FOLDERS)
        self.history = False
        self.blocks: list[str] = []
        self._number = 0

    def name(self, word: str) -> str:
        """A name that nothing else has."""
        self._number += 1
        return f"{word}{self._number}"

    def port(self) -> int:
        """A port that hardly anybody else on this machine listens at."""
        return self.random.randrange(20_000, 30_000)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def some(self, choices: Sequence[str], low: int, high: int) -> list[str]:
        return self.random.sample(choices, min(self.random.randint(low, high), len(choices)))

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def run(self, *commands: str) -> None:
        """Writes commands as one RUN, or as one each."""
        if len(commands) > 1 and self.chance(40):
            for command in commands:
                self.run(command)
            return
        between = self.pick(" && \\\n    ", " \\\n    && ", " && ")
        self.lines.append("RUN " + between.join(commands))

    def script(self, *commands: str, shebang: bool = True) -> str:
        """A script of the context that does the commands; its path there."""
        path = f"{self.scripts}/{self.name(self.pick('setup', 'build', 'step'))}"
        head = "#!/bin/sh\nset -e\n" if shebang else ""
        self.files[path] = head + "\n".join(commands) + "\n"
        self.modes[path] = 0o755
        return path

    def act(self, *commands: str) -> None:
        """Has commands done: by RUN, by a script of the context, or by one that is downloaded."""
        place = self.pick("run", "run", "script", "script", "net")
        if place == "net" and "curl" in self.has:
            name = self.name("install") + ".sh"
            self.served[name] = "#!/bin/sh\nset -e\n" + "\n".join(commands) + "\n"
            self.run(f"curl -sSL http://localhost:PORT/{name} | sh")
        elif place == "run":
            self.run(*commands)
        else:
            path = self.script(*commands)
            if self.chance(50):
                self.lines.append(
                    self.pick(f"COPY {self.scripts} /opt/{self.scripts}", "COPY . /opt")
                )
                self.run(f"/opt/{path}")
            else:
                self.lines.append(f"COPY {path} /usr/local/bin/")
                self.run(path.rpartition("/")[2])

    def enter(self, folder: str) -> None:
        self.lines.append(f"WORKDIR {folder}")
        self.folder = folder


class Block(NamedTuple):
    """A piece of a Dockerfile: a name, what it needs, and how it is written."""

    name: str
    needs: str
    write: Callable[[Scene], None]
    weight: int = 2


def _packages(scene: Scene) -> tuple[str, list[str]]:
    """The words of an install, and the programs that are there then."""
    names = scene.some(list(PACKAGES), 1, 3)
    recommends = scene.chance(50)
    programs = [PACKAGES[name][0] for name in names]
    if recommends:
        programs += [PACKAGES[name][1] for name in names]
    options = "-y" if recommends else "-y --no-install-recommends"
    return f"apt-get install {options} {' '.join(names)}", [one for one in programs if one]


def _update(scene: Scene) -> None:
    scene.run("apt-get update")
    scene.has.add("lists")


def _install(scene: Scene) -> None:
    install, programs = _packages(scene)
    commands = [install]
    if "lists" not in scene.has or scene.chance(40):
        commands.insert(0, "apt-get update")
        scene.has.add("lists")
    if scene.chance(30):
        commands.append(f"rm -rf {_LISTS}/*")
        scene.has.discard("lists")
    scene.run(*commands)
    scene.has.update(programs)


def _install_somehow(scene: Scene) -> None:
    """An install that lives on lists that are there, wherever it is written."""
    install, programs = _packages(scene)
    if scene.chance(30):
        name = install.split()[-1]
        install = f"dpkg -s {name} >/dev/null 2>&1 || {install}"
    scene.act(install)
    scene.has.update(programs)


def _install_what_is_there(scene: Scene) -> None:
    scene.run(f"apt-get install -y {' '.join(scene.some(('git', 'curl'), 1, 2))}")


def _rivals(scene: Scene) -> None:
    """Installs of which the first decides what the next ones bring."""
    scene.run("apt-get update")
    for _ in range(scene.random.randint(1, 3)):
        scene.run(f"apt-get install -y {' '.join(scene.some(_RIVALS, 1, 2))}")
    scene.starts.append(Start(("java", "-version")))


def _use(scene: Scene) -> None:
    known = {program for pair in PACKAGES.values() for program in pair if program}
    programs = sorted(scene.has & known)
    if programs:
        program = scene.pick(*programs)
        scene.run(f"{program} --version > /{scene.name('version')} 2>&1")


def _pip(scene: Scene) -> None:
    command = "pip install " + scene.pick("", "--no-cache-dir ")
    scene.run(command + " ".join(scene.some(_PYTHON, 1, 3)))


def _requirements(scene: Scene) -> None:
    scene.files["requirements.txt"] = "\n".join(scene.some(("six", "idna", "wheel"), 1, 3)) + "\n"
    scene.enter("/app")
    scene.lines.append(scene.pick("COPY requirements.txt ./", "COPY . ."))
    scene.run("pip install -r requirements.txt")


def _uv(scene: Scene) -> None:
    scene.run("pip install uv")
    name = scene.pick("six", "idna")
    scene.run(f"uv pip install --system --break-system-packages {name}")
    where = f"$(python -c 'import {name}; print({name}.__file__)')"
    scene.run(scene.pick(f'echo "# ours" >> {where}', f"chmod 600 {where}", f"chown 5:6 {where}"))


def _npm(scene: Scene) -> None:
    scene.act(f"npm install -g {' '.join(scene.some(_NODE, 1, 2))}")


def _npm_project(scene: Scene) -> None:
    """A project's packages, for which its configuration wants a token."""
    name = scene.pick(*_NODE)
    about = {"name": "x", "version": "1.0.0", "license": "MIT", "dependencies": {name: "*"}}
    scene.files["package.json"] = f"{json.dumps(about)}\n"
    scene.files[".npmrc"] = (
        "@acme:registry=https://npm.example.com/\n//npm.example.com/:_authToken=${NPM_TOKEN}\n"
    )
    scene.secrets["npm"] = "token"
    yarn = scene.chance(60)
    if yarn:
        scene.run("npm install -g yarn@1.22.22")
        scene.files["yarn.lock"] = "# yarn lockfile v1\n"
    scene.enter("/app")
    scene.lines.append(scene.pick("COPY package.json yarn.lock* .npmrc ./", "COPY . ."))
    command = "yarn install" if yarn else "npm install"
    mount = "--mount=type=secret,id=npm"
    scene.lines.append(f"RUN {mount} NPM_TOKEN=$(cat /run/secrets/npm) {command}")


def _daemon(scene: Scene) -> None:
    """Two steps that start the same daemon, and do not stop it, as the end of a RUN does that."""
    port = scene.port()
    if "python" in scene.has:
        program = f"python3 -m http.server --bind 127.0.0.1 {port} >/dev/null 2>&1 &"
        asked = "import urllib.request as u; print(len(u.urlopen(u.Request(%r)).read()) > 0)"
        ask = "python3 -c " + repr(asked % f"http://localhost:{port}/").replace("\\'", '"')
        start = f"{program}\nuntil {ask} >/dev/null 2>&1; do sleep 0.2; done"
    else:
        start = "start-stop-daemon --start --background --exec /bin/sleep -- 600\n"
        start += "until start-stop-daemon --status --exec /bin/sleep; do true; done"
        ask = "echo asked"
    scene.files[f"{scene.scripts}/common"] = f"start() {{\n{start}\n}}\n"
    scene.lines.append(f"COPY {scene.scripts} /opt/{scene.scripts}")
    for _ in range(2):
        common = f"/opt/{scene.scripts}/common"
        path = scene.script(f". {common}", "start", f"{ask} >> /{scene.name('asked')}")
        scene.run(f"/opt/{path}")


def _installer_folder(scene: Scene) -> None:
    """A folder that is installed from, and gone afterwards."""
    name = scene.name("tool")
    source = f"installer-of-{name}"
    scene.files[f"{source}/{name}"] = f"#!/bin/sh\necho {name} $(pwd)\n"
    scene.files[f"{source}/install.sh"] = (
        "#!/bin/sh\nset -e\n"
        + "\n".join(
            [
                f"cp {name} /usr/local/bin/{name}",
                "cd /",
                scene.pick("rm -rf /tmp/installer", "true"),
            ]
        )
        + "\n"
    )
    scene.modes |= {f"{source}/{name}": 0o755, f"{source}/install.sh": 0o755}
    scene.lines.append(f"COPY {source} /tmp/installer")
    scene.enter("/tmp/installer")
    scene.run("./install.sh")
    if scene.chance(60):
        scene.run(f"{name} > /{scene.name('out')}")
    elif "npm" in scene.has:
        scene.run("npm install -g ms")
    scene.enter(scene.pick("/app", "/"))


def _files(scene: Scene) -> None:
    """Files that are made, linked and changed, in steps of their own."""
    first, second = f"/srv/{scene.name('a')}", f"/srv/{scene.name('b')}"
    scene.run("mkdir -p /srv", f"echo one > {first}")
    scene.run(
        scene.pick(
            f"ln {first} {second}",
            f"cp -l {first} {second}",
            f"cp {first} {second}",
            f"ln -s {first} {second}",
        )
    )
    for _ in range(scene.random.randint(1, 2)):
        scene.run(
            scene.pick(
                f"echo two >> {second}",
                f"chown 1000:1000 {second}",
                f"chmod 600 {second}",
                f"sed -i s/one/three/ {second}",
                f"touch /srv/{scene.name('c')}",
            )
        )


def _profile(scene: Scene) -> None:
    """A program in a folder that is found by what the profile says."""
    name = scene.name("prog")
    folder = f"/opt/{name}/bin"
    scene.run(
        f"mkdir -p {folder}",
        f"printf '#!/bin/sh\\necho {name}\\n' > {folder}/{name}",
        f"chmod +x {folder}/{name}",
    )
    scene.run(f"echo 'export PATH={folder}:$PATH' > /etc/profile.d/{name}.sh")
    if "profile" in scene.has:
        scene.lines.append(f"RUN {name} > /{scene.name('out')}")
    else:
        scene.run(f". /etc/profile.d/{name}.sh && {name} > /{scene.name('out')}")


def _owned_program(scene: Scene) -> None:
    """A program of the context, with a mode, and an owner that it gets later."""
    name = scene.name("helper")
    scene.files[name] = f"#!/bin/sh\necho {name}\n"
    mode = scene.pick("755", "750", "4755", "2755", "")
    if mode:
        scene.lines.append(f"COPY --chmod={mode} {name} /usr/bin/{name}")
    else:
        scene.modes[name] = scene.random.choice((0o755, 0o4755))
        scene.lines.append(f"COPY {name} /usr/bin/{name}")
    scene.run(scene.pick(f"chown root:daemon /usr/bin/{name}", f"chmod 755 /usr/bin/{name}"))
    if scene.chance(50):
        scene.starts.append(Start((name,)))


def _account(scene: Scene) -> None:
    scene.run(
        f"useradd --create-home --uid {scene.random.randint(2000, 3000)} {scene.name('user')}"
    )


def _source(scene: Scene) -> None:
    """All of the context, in folders that a group may write to, and something of it removed."""
    scene.files |= {"app/main.txt": "main\n", "app/lib/x.txt": "x\n", "tests/t.txt": "t\n"}
    if scene.chance(50):
        scene.modes |= dict.fromkeys(("app", "app/lib", "docs", "tests"), 0o775)
    scene.enter("/srv/source")
    scene.lines.append("COPY . .")
    if scene.chance(60):
        scene.run(f"rm -rf {scene.pick('docs', 'tests', 'docs tests')}")
    if scene.chance(60):
        scene.files[".dockerignore"] = "*.log\n"


def _other_dockerfile(scene: Scene) -> None:
    """Another image of the same context, built from a folder that this one may not need."""
    folder = scene.pick("docs", "tests", scene.scripts, "app")
    scene.files.setdefault(f"{folder}/one.txt", "1\n")
    scene.history = scene.chance(50)
    service = scene.name("service")
    path = f"services/{service}/Dockerfile"
    start = 'CMD ["ls", "/www"]\n'
    if scene.history and scene.chance(70):
        self_made = "git -c safe.directory=/src -C /src log --oneline | wc -l > /revision"
        scene.files[path] = f"FROM python:3.11\nCOPY . /src\nRUN {self_made}\n"
    else:
        scene.files[path] = f"FROM busybox\nCOPY {folder} /www\n{start}"
    if scene.chance(70):
        scene.services[service] = (
            f"    build:\n      context: .\n      dockerfile: services/{service}/Dockerfile\n"
        )


def _history(scene: Scene) -> None:
    """A revision that is asked of the repository."""
    scene.history = True
    scene.enter("/src")
    scene.lines.append("COPY . .")
    scene.act("git -c safe.directory=/src -C /src rev-parse --abbrev-ref HEAD > /branch")


def _settings(scene: Scene) -> None:
    scene.lines.append(
        scene.pick(
            "ENV A=1 B=2",
            "ENV LANG C.UTF-8",
            "LABEL who=me",
            "EXPOSE 8080",
            "ARG V=1",
            "ENV DEBIAN_FRONTEND=noninteractive",
        )
    )


def _cache_of_a_stage(scene: Scene) -> None:
    """A stage of its own fetches lists that this one comes for."""
    name, package = scene.name("stage"), scene.pick("tree", "jq")
    install = f"apt-get update && apt-get install -y --no-install-recommends {package}"
    scene.lines[:0] = [f"FROM {scene.base} AS {name}", f"RUN {install}"]
    scene.lines.append(f"COPY --from={name} /var/lib/apt/lists/*Packages* /opt/{name}/")


def _cleanup_that_may_fail(scene: Scene) -> None:
    """A removal without -f, of what an earlier step has left."""
    scene.lines.append("RUN apt-get update && apt-get install -y --no-install-recommends tree")
    scene.lines.append(scene.pick("WORKDIR /opt", "COPY README.md /opt/"))
    scene.run("mkdir -p /opt/x", "rm -r /var/lib/apt/lists/*")
    scene.has.discard("lists")


def _sudo(scene: Scene) -> None:
    """An account that installs by sudo, from lists that root has fetched."""
    user = scene.name("worker")
    scene.lines.append("RUN apt-get update && apt-get install -y --no-install-recommends sudo")
    scene.lines.append(
        f"RUN useradd {user} && echo '{user} ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers"
    )
    scene.lines += [f"USER {user}", f"RUN sudo apt-get install -y {scene.pick('tree', 'jq')}"]
    scene.lines.append("USER root")
    scene.has.add("lists")


def _source_that_is_gone(scene: Scene) -> None:
    """Packages of a folder of the image that is removed; its source stays."""
    folder = f"/{scene.name('repository')}"
    scene.run(
        f"mkdir {folder}",
        f"touch {folder}/Packages",
        f"echo 'deb [trusted=yes] file:{folder} ./' > /etc/apt/sources.list.d/own.list",
        "apt-get update",
        f"rm -r {folder}",
    )
    scene.lines.append(f"RUN apt-get install -y --no-install-recommends {scene.pick('tree', 'jq')}")
    scene.lines.append("RUN rm /etc/apt/sources.list.d/own.list")
    scene.has.add("lists")


def _directory_name(scene: Scene) -> None:
    """A program that reads PWD."""
    scene.files["where.py"] = 'import os\nprint(os.environ["PWD"])\n'
    scene.enter("/app")
    scene.lines.append("COPY where.py .")
    scene.lines.append("CMD python3 where.py")


def _manifest_scripts(scene: Scene) -> None:
    """A file of the project has its manager run a script, which installs by apt."""
    path = scene.script(f"apt-get install -y --no-install-recommends {scene.pick('tree', 'jq')}")
    scene.enter("/project")
    if "npm" in scene.has and scene.chance(70):
        event = scene.pick("preinstall", "postinstall", "prepare", "build")
        about = {"name": "x", "version": "1.0.0", "scripts": {event: f"sh {path}"}}
        scene.files["package.json"] = f"{json.dumps(about)}\n"
        command = "npm run build" if event == "build" else "npm install"
    else:
        scene.lines.append("RUN apt-get install -y make")
        scene.files["Makefile"] = f"all: setup\n\techo made > made\nsetup:\n\tsh {path}\n"
        command = "make"
    scene.lines.append("COPY . .")
    scene.run(command)


def _stage_by_variable(scene: Scene) -> None:
    """What this stage is built on is said by an ARG; it has the lists that this one installs by."""
    name = scene.name("target")
    install = "apt-get update && apt-get install -y --no-install-recommends file"
    at = max(n for n, line in enumerate(scene.lines) if line.startswith("FROM "))
    base, scene.lines[at] = scene.lines[at], f"FROM ${{{name}}}"
    fetching = scene.pick("RUN apt-get update", f"RUN {install}")
    scene.lines.insert(at + 1, "RUN apt-get install -y --no-install-recommends tree")
    scene.lines[at:at] = [f"{base} AS {name}", fetching]
    scene.lines.insert(0, f"ARG {name}={name}")
    scene.has.add("lists")


def _same_priority(scene: Scene) -> None:
    """Two programs of the same priority, one after the other: the first is /usr/bin/editor."""
    first, second = scene.some(("mg", "zile"), 2, 2)
    scene.run("apt-get update")
    scene.run(f"apt-get install -y {first}", f"apt-get install -y {second}")
    scene.has.add("lists")


def _offline(scene: Scene) -> None:
    """npm is told to live on what it has fetched before."""
    name = scene.pick(*_NODE)
    scene.run(f"npm install -g {name}", f"npm uninstall -g {name}")
    scene.lines.append(scene.pick("ENV NPM_CONFIG_OFFLINE=true", "ENV npm_config_offline=true"))
    scene.run(f"npm install -g {name}")
    scene.lines.append("ENV NPM_CONFIG_OFFLINE=false npm_config_offline=false")


def _heredoc(scene: Scene) -> None:
    name = scene.name("made")
    scene.lines.append(f"RUN <<END\nmkdir -p /{name}\ncd /{name}\numask 077\necho x > x\nEND")
    scene.run(f"touch /{name}/y")


def _state(scene: Scene) -> None:
    """Steps that each leave a state of the shell, which the next one must not see."""
    name = scene.name("state")
    for _ in range(2):
        scene.run(
            scene.pick(
                f"cd /tmp && export X={name}",
                f"umask 077; mkdir -p /{name}; echo $X > /{name}/{scene.name('x')}",
                "set -f; trap 'echo bye' EXIT; true",
                f'echo "$PWD-$X-$(umask)" > /{scene.name("seen")}',
                "false || true",
                f"touch /{scene.name('t')}; ! false",
            )
        )


def _strict_shell(scene: Scene) -> None:
    scene.lines.append('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]')
    scene.run(f"echo a | tee /{scene.name('out')} >/dev/null; true")
    scene.run(f"mkdir /{scene.name('d')}; cd /tmp; touch {scene.name('f')}")
    scene.lines.append('SHELL ["/bin/sh", "-c"]')


def _package_file(scene: Scene) -> None:
    """A package that is downloaded, and installed from its file."""
    name = scene.pick("tree", "jq", "file")
    commands = scene.pick(
        f"apt-get download {name} && apt-get install -y ./{name}_*.deb",
        f"apt-get download {name} && (dpkg -i {name}_*.deb || apt-get -fy install)",
    )
    scene.lines.append("WORKDIR /var/tmp")
    scene.run("apt-get update")
    scene.run(f"{commands} && rm -f *.deb")
    scene.has.add("lists")


def _purged(scene: Scene) -> None:
    """Packages for a build, which are removed behind it."""
    scene.run("apt-get update", "apt-get install -y --no-install-recommends make patch")
    scene.run(f"make --version > /{scene.name('made')}")
    scene.run("apt-get purge -y --auto-remove make", f"rm -rf {_LISTS}/*")
    scene.has -= {"lists", "make", "gettext"}


def _mounts(scene: Scene) -> None:
    path = scene.script(f"echo mounted > /{scene.name('mounted')}")
    folder, _, name = path.rpartition("/")
    scene.lines.append(f"RUN --mount=type=bind,source={folder},target=/mnt sh /mnt/{name}")
    if "pip" in scene.has:
        mount = "--mount=type=cache,target=/root/.cache/pip"
        scene.lines.append(f"RUN {mount} pip install {scene.pick('six', 'idna')}")


def _other_user(scene: Scene) -> None:
    """Packages of an account's own."""
    user = scene.name("person")
    scene.run(f"useradd --create-home {user}")
    scene.lines += [f"USER {user}", f"WORKDIR /home/{user}"]
    scene.run(f"pip install --user {scene.pick('six', 'idna')}", "touch mine")
    scene.lines += ["USER root", "WORKDIR /"]


def _version_of_history(scene: Scene) -> None:
    """A build file, deep in the project, that asks Git."""
    scene.history = True
    scene.run("apt-get update", "apt-get install -y --no-install-recommends git make")
    ask = "git -c safe.directory=/build -C /build rev-parse --abbrev-ref HEAD"
    scene.files["core/version.mk"] = f"VERSION := $(shell {ask})\n"
    scene.files["Makefile"] = "include core/version.mk\nall:\n\techo $(VERSION) > /version\n"
    scene.files[".dockerignore"] = "*.log\n"
    scene.enter("/build")
    scene.lines.append("COPY . .")
    scene.run("make")
    scene.has.update(("lists", "git", "make"))


def _service_that_installs(scene: Scene) -> None:
    """A service of a Compose file whose command installs from the lists of the image."""
    package = scene.pick("tree", "jq")
    command = f"apt-get install -y --no-install-recommends {package} >/dev/null 2>&1"
    command += f" && {package} --version"
    command = scene.pick(f"sh -c '{command}'", f'["sh", "-c", "{command}"]')
    scene.services[scene.name("tools")] = (
        f"    build: .\n    network_mode: host\n    entrypoint: []\n    command: {command}\n"
    )


def _offline_script(scene: Scene) -> None:
    """A script, or a recipe, that has npm live on what it has fetched before."""
    name = scene.pick(*_NODE)
    command = f"npm install -g --offline {name}"
    scene.run(f"npm install -g {name}", f"npm uninstall -g {name}")
    if "make" in scene.has and scene.chance(50):
        folder = scene.name("offline")
        scene.files[f"{folder}/Makefile"] = f"include rules.mk\nall: {folder}\n"
        scene.files[f"{folder}/rules.mk"] = f"{folder}:\n\t{command}\n"
        scene.lines.append(f"COPY {folder} /opt/{folder}")
        scene.run(f"make -C /opt/{folder}")
    else:
        path = scene.script(command)
        scene.lines.append(f"COPY {path} /usr/local/bin/")
        scene.run(path.rpartition("/")[2])


def _included_recipe(scene: Scene) -> None:
    """A Makefile that includes the recipe which installs."""
    folder, package = scene.name("make"), scene.pick("tree", "jq")
    scene.files[f"{folder}/Makefile"] = "-include rules/all.mk\nall: deps\n"
    scene.files[f"{folder}/rules/all.mk"] = f"deps:\n\tapt-get install -y {package}\n"
    scene.lines += ["RUN apt-get install -y make", f"COPY {folder} /opt/{folder}"]
    scene.run(f"make -C /opt/{folder}")
    scene.has.add("make")


def _source_beside(scene: Scene) -> None:
    """A source that cannot be fetched from comes by WORKDIR and COPY; the old lists still do."""
    name = scene.name("source")
    scene.files[f"{name}.list"] = "deb [trusted=yes] http://localhost:9/ ./\n"
    scene.lines += ["WORKDIR /etc/apt/sources.list.d", f"COPY {name}.list ."]
    scene.run(f"apt-get install -y --no-install-recommends {scene.pick('tree', 'jq')}")
    scene.run(f"rm {name}.list")
    scene.enter(scene.pick("/", "/app"))


def _home(scene: Scene) -> None:
    """The home of root changes, as the next RUN sees it."""
    home = f"/{scene.name('home')}"
    edit = scene.pick(
        f"sed -i 's|:/root:|:{home}:|' /etc/passwd",
        f"usermod --home {home} root 2>/dev/null || true",
    )
    scene.run(f"mkdir {home}", edit)
    scene.run(f'echo "$HOME" > /{scene.name("seen")}', "touch ~/here")
    scene.lines.append(f"RUN sed -i 's|:{home}:|:/root:|' /etc/passwd")


def _settings_of_bash(scene: Scene) -> None:
    """A file that bash reads at the start of each RUN, and that a RUN writes."""
    path = f"/etc/{scene.name('env')}"
    scene.lines += ['SHELL ["/bin/bash", "-c"]', f"ENV BASH_ENV={path}"]
    scene.run(f"echo 'export TOLD=yes' > {path}", f'echo "${{TOLD:-no}}" > /{scene.name("told")}')
    scene.run(f'echo "${{TOLD:-no}}" > /{scene.name("told")}')
    scene.lines += ["ENV BASH_ENV=", 'SHELL ["/bin/sh", "-c"]']


def _other_build_of_dependencies(scene: Scene) -> None:
    """Another image takes the packages from the folder, where somebody has installed them."""
    name = scene.pick(*_NODE)
    about = {"name": "x", "version": "1.0.0", "dependencies": {name: "*"}}
    scene.files["package.json"] = f"{json.dumps(about)}\n"
    scene.files["node_modules/own/index.js"] = "1\n"
    scene.files["index.js"] = "console.log(1)\n"
    path = scene.pick("ops/Dockerfile", "Dockerfile.static", "ops/static.Dockerfile")
    taken = scene.pick("node_modules /www/", ". /www/")
    scene.files[path] = f'FROM busybox\nCOPY {taken}\nCMD ["ls", "/www"]\n'
    scene.enter("/app")
    scene.lines.append("COPY . .")
    scene.run("npm install --no-package-lock")


def _written_entrypoint(scene: Scene) -> None:
    """A start that the Dockerfile itself writes, and that installs what a variable names."""
    scene.lines += [
        "COPY --chmod=755 <<END /entry",
        "#!/bin/sh",
        '[ -z "\\$MORE" ] || apt-get install -y \\$MORE >/dev/null 2>&1',
        'exec "\\$@"',
        "END",
    ]
    scene.starts.append(
        Start(("tree", "--version"), {"MORE": "tree"}, "/entry", network="host", seconds=40)
    )


BLOCKS = (
    Block("service that installs", "apt lists", _service_that_installs),
    Block("offline script", "npm", _offline_script),
    Block("included recipe", "apt lists", _included_recipe, 1),
    Block("source beside", "apt lists", _source_beside, 1),
    Block("home", "", _home, 1),
    Block("settings of bash", "apt", _settings_of_bash, 1),
    Block("other build of dependencies", "npm", _other_build_of_dependencies),
    Block("written entrypoint", "apt lists", _written_entrypoint, 1),
    Block("update", "apt", _update),
    Block("install", "apt", _install, 5),
    Block("install on lists", "apt lists", _install_somehow, 6),
    Block("rivals", "rivals", _rivals, 6),
    Block("install what is there", "archived", _install_what_is_there, 6),
    Block("use", "", _use, 4),
    Block("pip", "pip", _pip, 4),
    Block("requirements", "pip", _requirements),
    Block("uv", "pip", _uv),
    Block("npm", "npm", _npm, 3),
    Block("npm with a token", "npm", _npm_project, 3),
    Block("daemon", "", _daemon),
    Block("installer folder", "", _installer_folder, 3),
    Block("files", "", _files),
    Block("profile", "", _profile),
    Block("owned program", "", _owned_program),
    Block("account", "apt", _account, 1),
    Block("source", "", _source),
    Block("other Dockerfile", "", _other_dockerfile),
    Block("history", "git", _history, 4),
    Block("settings", "", _settings, 1),
    Block("cache of a stage", "apt", _cache_of_a_stage),
    Block("cleanup that may fail", "apt", _cleanup_that_may_fail),
    Block("sudo", "apt", _sudo),
    Block("source that is gone", "apt", _source_that_is_gone, 1),
    Block("directory name", "python", _directory_name, 1),
    Block("scripts of a manifest", "apt lists", _manifest_scripts, 3),
    Block("stage by a variable", "apt", _stage_by_variable),
    Block("same priority", "apt", _same_priority),
    Block("offline", "npm", _offline, 3),
    Block("here-document", "", _heredoc, 1),
    Block("state of the shell", "", _state),
    Block("strict shell", "apt", _strict_shell, 1),
    Block("package file", "apt", _package_file),
    Block("purged", "apt", _purged),
    Block("mounts", "", _mounts, 1),
    Block("other user", "apt pip", _other_user),
    Block("version of the history", "apt", _version_of_history),
)


def _start(scene: Scene) -> None:
    """What the image starts, and how it is started."""
    kind = scene.pick("none", "program", "app", "app", "rootfs", "rootfs", "entrypoint", "installs")
    shebang = scene.pick("#!/bin/sh\n", "#!/bin/sh\n", "")
    if kind == "program":
        program = "tool" if "tool" in scene.has else scene.pick("ls /", "id", "env | grep -c .")
        scene.lines.append(f"CMD {program} {scene.pick('-a', '')}".rstrip())
    elif kind == "app":
        _app(scene)
    elif kind == "rootfs":
        name = scene.name("start-app")
        scene.files[f"rootfs/usr/local/bin/{name}"] = f'{shebang}echo started "$#" "$PWD"\n'
        scene.modes[f"rootfs/usr/local/bin/{name}"] = 0o755
        scene.lines.append("COPY rootfs/ /")
        if scene.chance(30):
            scene.run(f"ln -s /usr/local/bin/{name} /usr/bin/{name}-link")
            name += "-link"
        scene.lines.append(f"{scene.pick('CMD', 'CMD', 'ENTRYPOINT')} {name}")
        _compose(scene, name)
    elif kind == "entrypoint":
        words = scene.pick(
            'case "$1" in -*|"") set -- ls -d "$@" ;; esac', "cd /srv 2>/dev/null", ":"
        )
        _entrypoint(scene, words)
        scene.lines.append(scene.pick("CMD ls -d .", 'CMD ["ls", "-d", "/"]', "CMD id -u"))
        scene.starts += [Start(("id",)), Start(("-a",))]
    elif kind == "installs" and "lists" in scene.has:
        _entrypoint(scene, 'if [ -n "$EXTRA" ]; then apt-get install -y $EXTRA >/dev/null 2>&1; fi')
        scene.lines.append('CMD ["id"]')
        extra = {"EXTRA": "tree"}
        scene.starts.append(Start(("tree", "--version"), extra, network="host", seconds=40))


def _entrypoint(scene: Scene, *commands: str) -> None:
    scene.files["entrypoint.sh"] = "\n".join(["#!/bin/sh", "set -e", *commands, 'exec "$@"', ""])
    scene.modes["entrypoint.sh"] = 0o755
    scene.lines += ["COPY entrypoint.sh /entrypoint.sh", 'ENTRYPOINT ["/entrypoint.sh"]']


def _app(scene: Scene) -> None:
    """A program in the image's language that takes no arguments."""
    if "python" in scene.has:
        text = "import argparse, os\nargparse.ArgumentParser().parse_args()\nprint('up')\n"
        command, name = "python3 app.py", "app.py"
    elif "node" in scene.has:
        text = "if (process.argv.length > 2) process.exit(2); console.log('up')\n"
        command, name = "node app.js", "app.js"
    else:
        text = '[ $# -eq 0 ] || exit 2\necho "up $PWD"\n'
        command, name = "sh app.sh", "app.sh"
    scene.files[name] = text
    scene.enter("/app")
    scene.lines.append(f"COPY {name} .")
    scene.lines.append(f"{scene.pick('CMD', 'ENTRYPOINT', 'ENTRYPOINT')} {command}")
    _compose(scene, command)


def _compose(scene: Scene, command: str) -> None:
    if scene.chance(60):
        scene.services["web"] = f"    build: .\n    command: {command}\n"


def _scene(seed: int) -> Scene:
    random = Random(seed)
    weights = [weight for _, weight in _BASES.values()]
    scene = Scene(random, random.choices(list(_BASES), weights)[0])
    for _ in range(random.randint(2, 6)):
        blocks = [one for one in BLOCKS if set(one.needs.split()) <= scene.has]
        block = random.choices(blocks, [one.weight for one in blocks])[0]
        block.write(scene)
        scene.blocks.append(block.name)
    _start(scene)
    return scene


def blocks_and_base(seed: int) -> frozenset[str]:
    """What the project of a seed is composed of: the names of its blocks, and of its base."""
    scene = _scene(seed)
    return frozenset((scene.base, *scene.blocks))


def composed(seed: int) -> Project:
    """The project of a seed; `shown` prints it."""
    scene = _scene(seed)
    files = {**scene.files, "Dockerfile": "\n".join(scene.lines) + "\n"}
    if scene.services:
        services = "".join(f"  {name}:\n{text}" for name, text in scene.services.items())
        files["compose.yaml"] = f"services:\n{services}"
    starts = (Start(), *scene.starts)
    if any(line.startswith("ENTRYPOINT ") and "[" not in line for line in scene.lines):
        # an ENTRYPOINT in shell form drops arguments, which exec-form says that it goes by
        starts = tuple(one for one in starts if not one.words)
    return Project(files, scene.modes, starts, scene.secrets, scene.served, scene.history)


def shown(project: Project) -> str:
    """A project as text: its files, one after the other."""
    parts = []
    served = {f"(served) {name}": text for name, text in project.served.items()}
    for name, text in {**project.files, **served}.items():
        assert isinstance(text, str)
        mode = f" ({project.modes[name]:o})" if name in project.modes else ""
        parts.append(f"--- {name}{mode}\n{text}")
    return "".join(parts)
