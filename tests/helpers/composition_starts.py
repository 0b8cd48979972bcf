"""What the image of a random project starts, and how."""

from __future__ import annotations

from helpers.composition_scene import Scene
from helpers.engine_projects import Start


def start(scene: Scene) -> None:
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
