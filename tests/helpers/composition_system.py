"""Pieces of a random project that change the system below: files, daemons, accounts, the shell."""

from __future__ import annotations

from helpers.composition_scene import Scene
from helpers.engine_projects import Start


def daemon(scene: Scene) -> None:
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


def installer_folder(scene: Scene) -> None:
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


def files(scene: Scene) -> None:
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


def profile(scene: Scene) -> None:
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


def owned_program(scene: Scene) -> None:
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


def account(scene: Scene) -> None:
    scene.run(
        f"useradd --create-home --uid {scene.random.randint(2000, 3000)} {scene.name('user')}"
    )


def source(scene: Scene) -> None:
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


def settings(scene: Scene) -> None:
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


def directory_name(scene: Scene) -> None:
    """A program that reads PWD."""
    scene.files["where.py"] = 'import os\nprint(os.environ["PWD"])\n'
    scene.enter("/app")
    scene.lines.append("COPY where.py .")
    scene.lines.append("CMD python3 where.py")


def heredoc(scene: Scene) -> None:
    name = scene.name("made")
    scene.lines.append(f"RUN <<END\nmkdir -p /{name}\ncd /{name}\numask 077\necho x > x\nEND")
    scene.run(f"touch /{name}/y")


def state(scene: Scene) -> None:
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


def strict_shell(scene: Scene) -> None:
    scene.lines.append('SHELL ["/bin/bash", "-eo", "pipefail", "-c"]')
    scene.run(f"echo a | tee /{scene.name('out')} >/dev/null; true")
    scene.run(f"mkdir /{scene.name('d')}; cd /tmp; touch {scene.name('f')}")
    scene.lines.append('SHELL ["/bin/sh", "-c"]')


def home(scene: Scene) -> None:
    """The home of root changes, as the next RUN sees it."""
    home = f"/{scene.name('home')}"
    edit = scene.pick(
        f"sed -i 's|:/root:|:{home}:|' /etc/passwd",
        f"usermod --home {home} root 2>/dev/null || true",
    )
    scene.run(f"mkdir {home}", edit)
    scene.run(f'echo "$HOME" > /{scene.name("seen")}', "touch ~/here")
    scene.lines.append(f"RUN sed -i 's|:{home}:|:/root:|' /etc/passwd")


def settings_of_bash(scene: Scene) -> None:
    """A file that bash reads at the start of each RUN, and that a RUN writes."""
    path = f"/etc/{scene.name('env')}"
    scene.lines += ['SHELL ["/bin/bash", "-c"]', f"ENV BASH_ENV={path}"]
    scene.run(f"echo 'export TOLD=yes' > {path}", f'echo "${{TOLD:-no}}" > /{scene.name("told")}')
    scene.run(f'echo "${{TOLD:-no}}" > /{scene.name("told")}')
    scene.lines += ["ENV BASH_ENV=", 'SHELL ["/bin/sh", "-c"]']
