"""Random projects, composed of what real Dockerfiles do, for a real engine to build and start.

A composition is a walk over blocks. A block is a common piece of a Dockerfile (an install, a script
of the build context, a daemon that is asked once, a second Dockerfile, …); it says what it needs
and writes lines, files and ways to start. `Scene.has` holds what is there at the end of what is
written so far: programs by their names, and `lists` for the lists of apt. So every composition is
meant to build, whatever comes together in it. Nothing here knows what dockfix makes of it.
"""

from __future__ import annotations

from random import Random

from helpers import composition_around as around
from helpers import composition_packages as packages
from helpers import composition_starts as starts
from helpers import composition_system as system
from helpers.composition_scene import BASES, Block, Scene
from helpers.engine_projects import Project, Start

BLOCKS = (
    Block("service that installs", "apt lists", around.service_that_installs),
    Block("offline script", "npm", around.offline_script),
    Block("included recipe", "apt lists", packages.included_recipe, 1),
    Block("source beside", "apt lists", packages.source_beside, 1),
    Block("home", "", system.home, 1),
    Block("settings of bash", "apt", system.settings_of_bash, 1),
    Block("other build of dependencies", "npm", around.other_build_of_dependencies),
    Block("written entrypoint", "apt lists", around.written_entrypoint, 1),
    Block("update", "apt", packages.update),
    Block("install", "apt", packages.install, 5),
    Block("install on lists", "apt lists", packages.install_somehow, 6),
    Block("rivals", "rivals", packages.rivals, 6),
    Block("install what is there", "archived", packages.install_what_is_there, 6),
    Block("use", "", packages.use, 4),
    Block("pip", "pip", packages.pip, 4),
    Block("requirements", "pip", packages.requirements),
    Block("uv", "pip", packages.uv),
    Block("npm", "npm", packages.npm, 3),
    Block("npm with a token", "npm", packages.npm_project, 3),
    Block("daemon", "", system.daemon),
    Block("installer folder", "", system.installer_folder, 3),
    Block("files", "", system.files),
    Block("profile", "", system.profile),
    Block("owned program", "", system.owned_program),
    Block("account", "apt", system.account, 1),
    Block("source", "", system.source),
    Block("other Dockerfile", "", around.other_dockerfile),
    Block("history", "git", around.history, 4),
    Block("settings", "", system.settings, 1),
    Block("cache of a stage", "apt", packages.cache_of_a_stage),
    Block("cleanup that may fail", "apt", packages.cleanup_that_may_fail),
    Block("sudo", "apt", packages.sudo),
    Block("source that is gone", "apt", packages.source_that_is_gone, 1),
    Block("directory name", "python", system.directory_name, 1),
    Block("scripts of a manifest", "apt lists", packages.manifest_scripts, 3),
    Block("stage by a variable", "apt", packages.stage_by_variable),
    Block("same priority", "apt", packages.same_priority),
    Block("offline", "npm", around.offline, 3),
    Block("here-document", "", system.heredoc, 1),
    Block("state of the shell", "", system.state),
    Block("strict shell", "apt", system.strict_shell, 1),
    Block("package file", "apt", packages.package_file),
    Block("purged", "apt", packages.purged),
    Block("mounts", "", packages.mounts, 1),
    Block("other user", "apt pip", packages.other_user),
    Block("version of the history", "apt", around.version_of_history),
)


def _scene(seed: int) -> Scene:
    random = Random(seed)
    weights = [weight for _, weight in BASES.values()]
    scene = Scene(random, random.choices(list(BASES), weights)[0])
    for _ in range(random.randint(2, 6)):
        blocks = [one for one in BLOCKS if set(one.needs.split()) <= scene.has]
        block = random.choices(blocks, [one.weight for one in blocks])[0]
        block.write(scene)
        scene.blocks.append(block.name)
    starts.start(scene)
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
