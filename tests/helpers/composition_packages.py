"""Pieces of a random project that install packages: by apt, pip, uv and npm."""

from __future__ import annotations

import json

from helpers.composition_scene import LISTS, NODE, PACKAGES, PYTHON, RIVALS, Scene
from helpers.engine_projects import Start


def _packages(scene: Scene) -> tuple[str, list[str]]:
    """The words of an install, and the programs that are there then."""
    names = scene.some(list(PACKAGES), 1, 3)
    recommends = scene.chance(50)
    programs = [PACKAGES[name][0] for name in names]
    if recommends:
        programs += [PACKAGES[name][1] for name in names]
    options = "-y" if recommends else "-y --no-install-recommends"
    return f"apt-get install {options} {' '.join(names)}", [one for one in programs if one]


def update(scene: Scene) -> None:
    scene.run("apt-get update")
    scene.has.add("lists")


def install(scene: Scene) -> None:
    install, programs = _packages(scene)
    commands = [install]
    if "lists" not in scene.has or scene.chance(40):
        commands.insert(0, "apt-get update")
        scene.has.add("lists")
    if scene.chance(30):
        commands.append(f"rm -rf {LISTS}/*")
        scene.has.discard("lists")
    scene.run(*commands)
    scene.has.update(programs)


def install_somehow(scene: Scene) -> None:
    """An install that lives on lists that are there, wherever it is written."""
    install, programs = _packages(scene)
    if scene.chance(30):
        name = install.split()[-1]
        install = f"dpkg -s {name} >/dev/null 2>&1 || {install}"
    scene.act(install)
    scene.has.update(programs)


def install_what_is_there(scene: Scene) -> None:
    scene.run(f"apt-get install -y {' '.join(scene.some(('git', 'curl'), 1, 2))}")


def rivals(scene: Scene) -> None:
    """Installs of which the first decides what the next ones bring."""
    scene.run("apt-get update")
    for _ in range(scene.random.randint(1, 3)):
        scene.run(f"apt-get install -y {' '.join(scene.some(RIVALS, 1, 2))}")
    scene.starts.append(Start(("java", "-version")))


def use(scene: Scene) -> None:
    known = {program for pair in PACKAGES.values() for program in pair if program}
    programs = sorted(scene.has & known)
    if programs:
        program = scene.pick(*programs)
        scene.run(f"{program} --version > /{scene.name('version')} 2>&1")


def pip(scene: Scene) -> None:
    command = "pip install " + scene.pick("", "--no-cache-dir ")
    scene.run(command + " ".join(scene.some(PYTHON, 1, 3)))


def requirements(scene: Scene) -> None:
    scene.files["requirements.txt"] = "\n".join(scene.some(("six", "idna", "wheel"), 1, 3)) + "\n"
    scene.enter("/app")
    scene.lines.append(scene.pick("COPY requirements.txt ./", "COPY . ."))
    scene.run("pip install -r requirements.txt")


def uv(scene: Scene) -> None:
    scene.run("pip install uv")
    name = scene.pick("six", "idna")
    scene.run(f"uv pip install --system --break-system-packages {name}")
    where = f"$(python -c 'import {name}; print({name}.__file__)')"
    scene.run(scene.pick(f'echo "# ours" >> {where}', f"chmod 600 {where}", f"chown 5:6 {where}"))


def npm(scene: Scene) -> None:
    scene.act(f"npm install -g {' '.join(scene.some(NODE, 1, 2))}")


def npm_project(scene: Scene) -> None:
    """A project's packages, for which its configuration wants a token."""
    name = scene.pick(*NODE)
    about = {"name": "x", "version": "1.0.0", "license": "MIT", "dependencies": {name: "*"}}
    scene.files["package.json"] = f"{json.dumps(about)}\n"
    scene.files[".npmrc"] = (
        "@acme:registry=https://npm.example.com/\n//npm.example.com/:_authToken=${NPM_TOKEN}\n"
    )
    scene.secrets["npm"] = "token"
    yarn = scene.chance(60)
    if yarn:
        # it keeps compiled scripts in /tmp, whose order is by chance
        scene.lines.append("ENV DISABLE_V8_COMPILE_CACHE=1")
        scene.run("npm install -g yarn@1.22.22")
        scene.files["yarn.lock"] = "# yarn lockfile v1\n"
    scene.enter("/app")
    scene.lines.append(scene.pick("COPY package.json yarn.lock* .npmrc ./", "COPY . ."))
    command = "yarn install" if yarn else "npm install"
    mount = "--mount=type=secret,id=npm"
    scene.lines.append(f"RUN {mount} NPM_TOKEN=$(cat /run/secrets/npm) {command}")


def cache_of_a_stage(scene: Scene) -> None:
    """A stage of its own fetches lists that this one comes for."""
    name, package = scene.name("stage"), scene.pick("tree", "jq")
    install = f"apt-get update && apt-get install -y --no-install-recommends {package}"
    scene.lines[:0] = [f"FROM {scene.base} AS {name}", f"RUN {install}"]
    scene.lines.append(f"COPY --from={name} /var/lib/apt/lists/*Packages* /opt/{name}/")


def cleanup_that_may_fail(scene: Scene) -> None:
    """A removal without -f, of what an earlier step has left."""
    scene.lines.append("RUN apt-get update && apt-get install -y --no-install-recommends tree")
    scene.lines.append(scene.pick("WORKDIR /opt", "COPY README.md /opt/"))
    scene.run("mkdir -p /opt/x", "rm -r /var/lib/apt/lists/*")
    scene.has.discard("lists")


def sudo(scene: Scene) -> None:
    """An account that installs by sudo, from lists that root has fetched."""
    user = scene.name("worker")
    scene.lines.append("RUN apt-get update && apt-get install -y --no-install-recommends sudo")
    scene.lines.append(
        f"RUN useradd {user} && echo '{user} ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers"
    )
    scene.lines += [f"USER {user}", f"RUN sudo apt-get install -y {scene.pick('tree', 'jq')}"]
    scene.lines.append("USER root")
    scene.has.add("lists")


def source_that_is_gone(scene: Scene) -> None:
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


def manifest_scripts(scene: Scene) -> None:
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


def stage_by_variable(scene: Scene) -> None:
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


def same_priority(scene: Scene) -> None:
    """Two programs of the same priority, one after the other: the first is /usr/bin/editor."""
    first, second = scene.some(("mg", "zile"), 2, 2)
    scene.run("apt-get update")
    scene.run(f"apt-get install -y {first}", f"apt-get install -y {second}")
    scene.has.add("lists")


def package_file(scene: Scene) -> None:
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


def purged(scene: Scene) -> None:
    """Packages for a build, which are removed behind it."""
    scene.run("apt-get update", "apt-get install -y --no-install-recommends make patch")
    scene.run(f"make --version > /{scene.name('made')}")
    scene.run("apt-get purge -y --auto-remove make", f"rm -rf {LISTS}/*")
    scene.has -= {"lists", "make", "gettext"}


def mounts(scene: Scene) -> None:
    path = scene.script(f"echo mounted > /{scene.name('mounted')}")
    folder, _, name = path.rpartition("/")
    scene.lines.append(f"RUN --mount=type=bind,source={folder},target=/mnt sh /mnt/{name}")
    if "pip" in scene.has:
        mount = "--mount=type=cache,target=/root/.cache/pip"
        scene.lines.append(f"RUN {mount} pip install {scene.pick('six', 'idna')}")


def other_user(scene: Scene) -> None:
    """Packages of an account's own."""
    user = scene.name("person")
    scene.run(f"useradd --create-home {user}")
    scene.lines += [f"USER {user}", f"WORKDIR /home/{user}"]
    scene.run(f"pip install --user {scene.pick('six', 'idna')}", "touch mine")
    scene.lines += ["USER root", "WORKDIR /"]


def included_recipe(scene: Scene) -> None:
    """A Makefile that includes the recipe which installs."""
    folder, package = scene.name("make"), scene.pick("tree", "jq")
    scene.files[f"{folder}/Makefile"] = "-include rules/all.mk\nall: deps\n"
    scene.files[f"{folder}/rules/all.mk"] = f"deps:\n\tapt-get install -y {package}\n"
    scene.lines += ["RUN apt-get install -y make", f"COPY {folder} /opt/{folder}"]
    scene.run(f"make -C /opt/{folder}")
    scene.has.add("make")


def source_beside(scene: Scene) -> None:
    """A source that cannot be fetched from comes by WORKDIR and COPY; the old lists still do."""
    name = scene.name("source")
    scene.files[f"{name}.list"] = "deb [trusted=yes] http://localhost:9/ ./\n"
    scene.lines += ["WORKDIR /etc/apt/sources.list.d", f"COPY {name}.list ."]
    scene.run(f"apt-get install -y --no-install-recommends {scene.pick('tree', 'jq')}")
    scene.run(f"rm {name}.list")
    scene.enter(scene.pick("/", "/app"))
