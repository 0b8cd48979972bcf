"""A model of a builder: COPY, WORKDIR and RUN over files in memory, with a cache of steps.

The installs in it read and write what the real ones do, as told by their documentation, not by
dockfix: what they leave is a digest of all they have read.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Instruction, Stage


class BuildError(Exception):
    """A step fails."""


class Image:
    """The files of an image with their content and owner, and the directories with their owner.

    `given` are directories whose mode is that of the context, or else the builder made them.
    """

    def __init__(
        self,
        files: Mapping[str, tuple[str, str]],
        folders: Mapping[str, str],
        given: Iterable[str] = (),
    ) -> None:
        self.files = dict(files)
        self.folders = dict(folders)
        self.given = set(given)

    def read(self, path: str) -> str:
        if path not in self.files:
            raise BuildError(f"{path} is not there")
        return self.files[path][0]

    def below(self, folder: str) -> dict[str, str]:
        start = folder.rstrip("/") + "/"
        return {path: text for path, (text, _) in self.files.items() if path.startswith(start)}

    def make(self, folder: str, owner: str) -> None:
        while folder not in self.folders:
            self.folders[folder] = owner
            folder = posixpath.dirname(folder)

    def give(self, folder: str, owner: str) -> None:
        """A directory as the context has it, whether it was there before or not."""
        self.make(folder, owner)
        self.folders[folder] = owner
        self.given.add(folder)

    def write(self, path: str, text: str, owner: str) -> None:
        self.make(posixpath.dirname(path), owner)
        self.files[path] = text, owner

    def remove(self, folder: str) -> None:
        for path in self.below(folder):
            del self.files[path]
        for path in [one for one in self.folders if one.startswith(folder + "/")]:
            del self.folders[path]
            self.given.discard(path)


class Step(NamedTuple):
    """A step that was made: the stage, the commands of a RUN or the text of another, its key."""

    stage: int
    commands: tuple[str, ...]
    key: str


class Build(NamedTuple):
    image: Image
    steps: tuple[Step, ...]


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def build(source: str, context: Mapping[str, str]) -> Build:
    """Builds the last stage of a file, and all that come before. Raises BuildError."""
    dockerfile = parse(source)
    images: dict[str, tuple[Image, str]] = {}
    steps: list[Step] = []
    states: dict[str, tuple[str, str]] = {}
    last = Image({}, {})
    for stage in dockerfile.stages:
        base = (stage.base or "").lower()
        image, key = images.get(base, (Image({}, {"/": "root"}), digest(base)))
        image = Image(image.files, image.folders, image.given)
        workdir, user = states.get(base, ("/", "root"))
        for one in stage.instructions:
            text = source[one.start : one.end].strip()
            commands: tuple[str, ...] = (text,)
            if one.keyword == "FROM":
                key = digest(key, base)
            elif one.keyword == "WORKDIR":
                workdir = posixpath.normpath(posixpath.join(workdir, one.arguments))
                image.make(workdir, "root")
                key = digest(key, text)
            elif one.keyword == "USER":
                user = one.arguments
                key = digest(key, text)
                continue
            elif one.keyword in ("COPY", "ADD"):
                key = digest(key, text, _copy(one, image, workdir, context, images))
            elif one.keyword == "RUN":
                image.make(workdir, "root")
                commands = tuple(_run(one.arguments, image, workdir, user))
                key = digest(key, text)
            else:
                key = digest(key, text)
                continue
            steps.append(Step(stage.index, commands, key))
        for name in _names(stage):
            images[name] = image, key
            states[name] = workdir, user
        last = image
    return Build(last, tuple(steps))


def _names(stage: Stage) -> Iterator[str]:
    yield str(stage.index)
    if stage.name:
        yield stage.name


def _copy(
    one: Instruction,
    image: Image,
    workdir: str,
    context: Mapping[str, str],
    images: Mapping[str, tuple[Image, str]],
) -> str:
    """Copies; gives the digest of what was copied."""
    flags = {flag.name: flag.value or "" for flag in one.flags}
    owner = flags.get("chown", "root")
    words = [word.text for word in one.words]
    target = posixpath.normpath(posixpath.join(workdir, words[-1]))
    into = words[-1].endswith("/") or words[-1] == "." or len(words) > 2
    files: Mapping[str, str] = context
    if "from" in flags:
        stage = images[flags["from"].lower()][0]
        files = {path.lstrip("/"): text for path, (text, _) in stage.files.items()}
    found: list[tuple[str, str]] = []
    for word in words[:-1]:
        source = posixpath.normpath("/" + word).strip("/")
        names = sorted({name for name in _prefixes(files) if fnmatchcase(name, source)})
        names = [name for name in names if name.count("/") == source.count("/")]
        if source == "":
            names = [""]
        if not names:
            raise BuildError(f"{word} is not in the context")
        for name in names:
            if name in files:
                directory = into or target in image.folders
                place = posixpath.join(target, posixpath.basename(name)) if directory else target
                found.append((place, files[name]))
            else:
                # the directory itself stays as it is if it is there, those in it do not
                if target not in image.folders:
                    image.give(target, owner)
                below = f"{name}/" if name else ""
                for path in [path for path in files if path.startswith(below)]:
                    parts = path[len(below) :].split("/")
                    for depth in range(1, len(parts)):
                        image.give(posixpath.join(target, *parts[:depth]), owner)
                    found.append((posixpath.join(target, *parts), files[path]))
    for path, text in found:
        image.write(path, text, owner)
    return digest(sorted(found))


def _prefixes(files: Iterable[str]) -> Iterator[str]:
    for path in files:
        parts = path.split("/")
        yield from ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _run(script: str, image: Image, workdir: str, user: str) -> Iterator[str]:
    """Runs commands joined by &&; gives the text of each, with the directory it runs in."""
    here = workdir
    for text in script.split("&&"):
        words = shlex.split(text)
        if words[0] == "cd":
            here = posixpath.normpath(posixpath.join(here, words[1]))
            if here not in image.folders:
                raise BuildError(f"{here} is not there")
            continue
        if image.folders.get(here) not in (user, None) and user != "root":
            raise BuildError(f"{user} must not write to {here}")
        command = next(
            (one for name, one in COMMANDS.items() if text.strip().startswith(name)), None
        )
        if command is None:
            raise BuildError(f"{text} is not known")
        command(image, here, words, user)
        yield f"{here}: {' '.join(words)}"


def _pip(image: Image, here: str, words: list[str], user: str) -> None:
    seen: list[str] = []
    lists = [words[index + 1] for index, word in enumerate(words) if word == "-r"]
    if words[-1] == ".":
        seen.append(repr(sorted(image.below(here).items())))
    for name in lists:
        _list(image, posixpath.join(here, name), here, seen)
    image.write(f"/site-packages/{digest(words[1:])}", digest(seen), "root")


def _list(image: Image, path: str, here: str, seen: list[str]) -> None:
    text = image.read(posixpath.normpath(path))
    seen.append(text)
    for line in text.splitlines():
        option, _, value = line.partition(" ")
        if option in ("-r", "-c"):
            _list(image, posixpath.join(posixpath.dirname(path), value), here, seen)
        elif option == "-e" or line.startswith("."):
            folder = posixpath.normpath(posixpath.join(here, value or line))
            seen.append(repr(sorted(image.below(folder).items())))


def _npm(image: Image, here: str, words: list[str], user: str) -> None:
    manifest = json.loads(image.read(f"{here}/package.json"))
    lock = image.files.get(f"{here}/package-lock.json", ("", ""))[0]
    if words[1] == "ci":
        if not lock:
            raise BuildError("npm ci needs a lock file")
        image.remove(f"{here}/node_modules")
    folders = [here]
    for pattern in manifest.get("workspaces", ()):
        start = posixpath.join(here, pattern.removesuffix("*"))
        names = {path[len(start) :].partition("/")[0] for path in image.below(start)}
        folders += [
            f"{start}{name}"
            for name in sorted(names)
            if f"{start}{name}/package.json" in image.files
        ]
    seen = [image.read(f"{folder}/package.json") for folder in folders]
    seen += [lock, image.files.get(f"{here}/.npmrc", ("", ""))[0]]
    for folder in folders:
        scripts = json.loads(image.read(f"{folder}/package.json")).get("scripts", {})
        for name in ("preinstall", "install", "postinstall", "prepare"):
            if scripts.get(name) == "patch-package":
                seen.append(repr(sorted(image.below(f"{folder}/patches").items())))
            elif name in scripts:
                seen.append(repr(sorted(image.below(folder).items())))
    asked = manifest.get("dependencies", {})
    for name in asked:
        image.write(f"{here}/node_modules/{name}/index.js", digest(seen), user)
    locked = json.loads(lock)["packages"][""].get("dependencies", {}) if lock else None
    if words[1] != "ci" and locked != asked:
        packages = {"": {"dependencies": asked}}
        image.write(f"{here}/package-lock.json", json.dumps({"packages": packages}), user)
    elif locked != asked:
        raise BuildError("the lock file is out of step")


def _go(image: Image, here: str, words: list[str], user: str) -> None:
    text = image.read(f"{here}/go.mod")
    seen = [text, image.files.get(f"{here}/go.sum", ("", ""))[0]]
    seen += [image.read(f"{here}/{name}/go.mod") for name in re.findall(r"=> \./(\S+)", text)]
    image.write("/go/pkg/mod/all", digest(seen), "root")


def _composer(image: Image, here: str, words: list[str], user: str) -> None:
    manifest = json.loads(image.read(f"{here}/composer.json"))
    seen = [image.read(f"{here}/composer.json"), image.read(f"{here}/composer.lock")]
    scanned = manifest.get("autoload", {}).get("classmap", [])
    if "--no-autoloader" not in words:
        seen += [repr(sorted(image.below(f"{here}/{one.strip('/')}"))) for one in scanned]
    image.write(f"{here}/vendor/autoload.php", digest(seen), user)


def _restore(image: Image, here: str, words: list[str], user: str) -> None:
    waiting, seen = [posixpath.normpath(posixpath.join(here, words[2]))], {}
    while waiting:
        path = waiting.pop()
        seen[path] = image.read(path)
        for name in re.findall(r'ProjectReference Include="([^"]+)"', seen[path]):
            other = posixpath.join(posixpath.dirname(path), name.replace("\\", "/"))
            waiting.append(posixpath.normpath(other))
    for path in seen:
        image.write(
            f"{posixpath.dirname(path)}/obj/assets.json", digest(sorted(seen.items())), user
        )


def _system(image: Image, here: str, words: list[str], user: str) -> None:
    image.write(f"/usr/lib/{digest(words)}", "installed", "root")


def _whole(image: Image, here: str, words: list[str], user: str) -> None:
    """A build that reads all there is."""
    seen = sorted(image.below(here).items())
    image.write(
        f"{here}/out-{digest(words)}", digest(seen, sorted(image.below("/site-packages"))), user
    )


def _generate(image: Image, here: str, words: list[str], user: str) -> None:
    """A script of the project that writes a manifest anew."""
    image.read(f"{here}/generate.sh")
    image.write(f"{here}/requirements.txt", "generated\n", user)


COMMANDS: dict[str, Callable[[Image, str, list[str], str], None]] = {
    "pip install": _pip,
    "npm ci": _npm,
    "npm install": _npm,
    "go mod download": _go,
    "composer install": _composer,
    "dotnet restore": _restore,
    "apt-get": _system,
    "npm run": _whole,
    "go build": _whole,
    "make": _whole,
    "python": _whole,
    "sh generate.sh": _generate,
}
