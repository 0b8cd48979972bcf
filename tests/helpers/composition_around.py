"""Pieces of a random project that count for others: other Dockerfiles, the history, services,
and what lives on the image offline."""

from __future__ import annotations

import json

from helpers.composition_scene import NODE, Scene
from helpers.engine_projects import Start


def other_dockerfile(scene: Scene) -> None:
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


def history(scene: Scene) -> None:
    """A revision that is asked of the repository."""
    scene.history = True
    scene.enter("/src")
    scene.lines.append("COPY . .")
    scene.act("git -c safe.directory=/src -C /src rev-parse --abbrev-ref HEAD > /branch")


def version_of_history(scene: Scene) -> None:
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


def other_build_of_dependencies(scene: Scene) -> None:
    """Another image takes the packages from the folder, where somebody has installed them."""
    name = scene.pick(*NODE)
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


def service_that_installs(scene: Scene) -> None:
    """A service of a Compose file whose command installs from the lists of the image."""
    package = scene.pick("tree", "jq")
    command = f"apt-get install -y --no-install-recommends {package} >/dev/null 2>&1"
    command += f" && {package} --version"
    command = scene.pick(f"sh -c '{command}'", f'["sh", "-c", "{command}"]')
    scene.services[scene.name("tools")] = (
        f"    build: .\n    network_mode: host\n    entrypoint: []\n    command: {command}\n"
    )


def written_entrypoint(scene: Scene) -> None:
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


def offline(scene: Scene) -> None:
    """npm is told to live on what it has fetched before."""
    name = scene.pick(*NODE)
    scene.run(f"npm install -g {name}", f"npm uninstall -g {name}")
    scene.lines.append(scene.pick("ENV NPM_CONFIG_OFFLINE=true", "ENV npm_config_offline=true"))
    scene.run(f"npm install -g {name}")
    scene.lines.append("ENV NPM_CONFIG_OFFLINE=false npm_config_offline=false")


def offline_script(scene: Scene) -> None:
    """A script, or a recipe, that has npm live on what it has fetched before."""
    name = scene.pick(*NODE)
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
