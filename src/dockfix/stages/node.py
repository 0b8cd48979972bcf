"""Node.js in its own image: what an install leaves is carried onto the slim form.

Where nothing is built, that is the folder of the packages, and the source is copied as before.
Where something is built, it is the whole folder of the project, as the build leaves it. Packages
that run code when they are installed may be linked with libraries of the full image: those that are
known not to be are in a table here, and any other leaves the stage alone.
"""

from __future__ import annotations

import re

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import called_by_script, is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.paths import copy_of, within

#: Packages whose install runs code, and that need nothing of the system: they bring what they are
#: linked with, or only print something. From their own pages, as of 2026.
_ALONE = words(
    "@apollo/protobufjs @nestjs/core @parcel/watcher @swc/core argon2 bcrypt better-sqlite3",
    "bufferutil core-js core-js-pure cpu-features deasync es5-ext esbuild fsevents less leveldown",
    "lmdb msgpackr-extract node-sass nodemon protobufjs re2 sharp snappy sqlite3 ssh2",
    "styled-components unrs-resolver utf-8-validate vue-demi",
)
#: Packages that call a program, by the package of Debian that has it.
_CALLING = {"simple-git": "git", "tree-kill": "procps", "ps-tree": "procps", "pidtree": "procps"}
#: Packages that call programs of the full image by ways of their own, or are linked with its
#: libraries though their install runs no code.
_UNKNOWN = words("gm imagemagick nodegit puppeteer playwright canvas easyimage")
_ELSEWHERE = words("-g --global --prefix -C --cwd --location --workspace -w --workspaces")
_OWN_SCRIPTS = words("preinstall install postinstall prepare prepublish")
_STARTS = lazy(
    r"\b(?:exec|execSync|spawn|spawnSync|execFile|execFileSync|execa|execaSync|execaCommand)\("
    r"\s*(?:([\"'`])(.*?)\1)?"
)
_BY_OTHERS = lazy(r"[\"'](?:node:)?(?:child_process|execa|cross-spawn)[\"']")
_NEVER = lazy(r"[\"'](?:shelljs|zx|node-gyp|ffi-napi|koffi)[\"'/]")
_SOURCE = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".vue", ".svelte")
#: Scripts of a package that do not belong to its start.
_NOT_STARTED = lazy(r"(?:^|[:_-])(?:build|test|lint|dev|format|release|deploy|docs?|clean|ci|e2e"
                    r"|coverage|watch|prepare|install|publish|version|check)")  # fmt: skip


_INSTALLS = words("ci clean-install install i in add")
_RUNS = words("run run-script rum")
#: They work on what was installed.
_AFTERWARDS = words("config set cache prune dedupe rebuild audit fund")


def concerns(view: View) -> bool:
    """True if it is Node's own image, and packages are installed."""
    return view.image.name == "node" and any(_is_of(run) for run in view.runs.values())


def cut(view: View) -> Cut:
    """The packages, or the whole project as it was built, carried."""
    image = view.image.slim_image()
    if not image:
        raise UnsureError(f"no slim form of {view.stage.base} is known")
    runs = [run for run in view.runs.values() if _is_of(run)]
    folders = {view.facts.places[run.instruction.start].base for run in runs}
    folder = min(folders)
    if len(folders) > 1 or not folder.startswith("/") or folder == "/":
        raise UnsureError("the folder of the project is not told, or is /")
    built = False
    for run in runs:
        view.only(run, "language", "system", "nothing", "scratch", "runs")
        for done in run.done or ():
            built |= _is_built(view, run, done)
    last = runs[-1].instruction
    called = _packages(view, runs)
    scripts = _scripts(view, last)
    if not built and (own := _OWN_SCRIPTS & set(scripts)):
        raise UnsureError(f"what the script {min(own)} of the project leaves is not known")
    if built and any("../" in text or " /" in text for text in scripts.values()):
        raise UnsureError("a script of the project may write outside of its folder")
    build = {run.instruction.start for run in runs}
    carried = f"{folder}/node_modules"
    if built:
        carried = folder
        build |= _consumed(view, folder, last)
    if any(text in view.text for text in ("/etc/ssl", "openssl-ca", "SSL_CERT", "EXTRA_CA")):
        called = [*called, "ca-certificates"]
    return Cut(
        frozenset(build),
        image,
        (f"COPY --from={{build}} {carried} {carried}",),
        called=tuple(called),
        left=("/root/.npm/**",),
        what="what is built" if built else "the packages",
    )


def _is_of(run: Run) -> bool:
    return any(done.manager and done.manager.language == "node" for done in run.done or ())


def _is_built(view: View, run: Run, done: Done) -> bool:
    """True for a script of the project that is run. Raises UnsureError for what is not known."""
    line = view.line(run.instruction)
    if done.program == "cd":
        raise UnsureError(f"where line {line} works is not told")
    if done.manager is None or done.kind not in ("language", "runs"):
        if done.kind == "runs":
            raise UnsureError(f"what {done.program} in line {line} leaves is not known")
        return False
    if done.manager.language != "node" or done.manager.wants is None:
        raise UnsureError(f"what {done.program} in line {line} leaves is not known")
    if any(value.partition("=")[0] in _ELSEWHERE for value in done.values):
        raise UnsureError(f"line {line} installs elsewhere than into the project")
    verb = _verb(done)
    if verb not in _INSTALLS | _RUNS | _AFTERWARDS:
        raise UnsureError(f"what {done.program} {verb} in line {line} leaves is not known")
    return verb in _RUNS


def _verb(done: Done) -> str:
    return next((value for value in done.values[1:] if value[:1] != "-"), "")


def _packages(view: View, runs: list[Run]) -> list[str]:
    """The packages of Debian whose programs the packages call. Raises UnsureError."""
    called: dict[str, None] = {}
    for run in runs:
        for done in run.done or ():
            manager = done.manager
            if manager is None or manager.wants is None or _verb(done) not in _INSTALLS:
                continue
            for one in manager.wants(view.project(run.instruction), done.values[1:]):
                if one.name in _UNKNOWN or (one.runs_code and one.name not in _ALONE):
                    raise UnsureError(
                        f"what {one.name} needs of {view.stage.base} when it runs is not known"
                    )
                if one.name in _CALLING:
                    called[_CALLING[one.name]] = None
    return [] if view.image.is_slim else list(called)


def _scripts(view: View, last: Instruction) -> dict[str, str]:
    """The scripts of the project. Raises UnsureError for a project of several packages."""
    import json

    try:
        data = json.loads(view.project(last).read("package.json") or "")
        found = data.get("scripts", {})
        if "workspaces" in data:
            raise UnsureError("the project has packages of its own in other folders")
        return {str(name): str(text) for name, text in found.items()}
    except (ValueError, AttributeError) as error:
        raise UnsureError("the project's manifest cannot be read") from error


def _consumed(view: View, folder: str, last: Instruction) -> set[int]:
    """The copies into the project's folder, which is carried as a whole."""
    found: set[int] = set()
    for one in view.instructions:
        if one.keyword not in ("COPY", "ADD") or one.start > last.start:
            continue
        copy = copy_of(one, view.facts.places[one.start].base)
        if copy is None:
            raise UnsureError(f"what line {view.line(one)} copies is not told")
        if within(copy.target, folder):
            if any(flag.name == "chown" for flag in one.flags):
                raise UnsureError(
                    f"what line {view.line(one)} copies belongs to a user, and a folder that is"
                    " carried would be root's"
                )
            found.add(one.start)
    return found


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if path.rpartition("/")[2] == "package.json":
        return _called_by_scripts(text)
    if not path.endswith(_SOURCE):
        return frozenset()
    if found := _NEVER.search(text):
        raise UnsureError(f"{path} runs programs by {found[0][1:-1]}")
    named: set[str] = set()
    for call in _STARTS.finditer(text) if _BY_OTHERS.search(text) else ():
        if call[2] is None or call[2].startswith("${"):
            raise UnsureError(f"{path} runs a program, and which is not told")
        named.update(re.split(r"[\s;&|()]+", call[2]))
    return frozenset(named)


def _called_by_scripts(text: str) -> frozenset[str]:
    import json

    try:
        scripts = json.loads(text).get("scripts", {})
        started = [str(one) for name, one in scripts.items() if not _NOT_STARTED.search(name)]
    except (ValueError, AttributeError):
        return frozenset()
    return frozenset(word for one in started for word in re.split(r"[\s;&|()]+", one))
