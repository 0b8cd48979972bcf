"""What the services of Compose files run in containers of images that the project builds.

    include: [ops/tools.yml]                 services:
    services:                                  web:
      web: {build: ., env_file: dev.env}         extends: {file: ops/base.yml, service: web}

A service has commands at its start and later (`healthcheck`, `post_start`, `develop.watch`), files
that it gets (`configs`), variables, and a network or none. Files that a Compose file includes, or
has a service extend, belong to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from dockfix.context import compose
from dockfix.shell.patterns import lazy
from dockfix.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Read = Callable[[str], str | None]

#: Stands for a service without a network, as the option of `docker run` that takes it away.
NO_NETWORK = "--network=none"
_WORDS = lazy(r"[\w./@+-]+")
_SIGNS = ("build", "extends", "include")


def commands_of(path: str, read: Read) -> Iterator[str]:
    """What the services of a Compose file run that are built, or are of an image that is built."""
    yield from _of_file(path, read, frozenset(), set())


def _of_file(path: str, read: Read, named: frozenset[str], seen: set[str]) -> Iterator[str]:
    """The same for a file; services that are `named` are built elsewhere."""
    if path in seen:
        return
    seen.add(path)
    text, folder = read(path) or "", os.path.dirname(path)
    if not named and not any(sign in text for sign in _SIGNS):
        return
    for file in compose.documents(text):
        if not isinstance(file, dict):
            continue
        services = file.get("services")
        every = _mappings(services.items() if isinstance(services, dict) else ())
        built = {service.get("image") for _, service in every if "build" in service}
        extended: dict[str, set[str]] = {}
        for name, service in every:
            other = service.get("extends")
            if isinstance(other, dict) and isinstance(other.get("file"), str):
                extended.setdefault(other["file"], set()).add(str(other.get("service")))
            if (
                not service.keys().isdisjoint(("build", "extends"))
                or name in named
                or service.get("image") in built
            ):
                yield from _of_service(service, folder, read)
        yield from _contents(file.get("configs"))
        for name, wanted in extended.items():
            yield from _of_file(_beside(folder, name), read, frozenset(wanted), seen)
        for name in _included(file.get("include")):
            yield from _of_file(_beside(folder, name), read, frozenset(), seen)


def _mappings(found: Iterable[tuple[Any, Any]]) -> list[tuple[Any, dict[Any, Any]]]:
    return [(name, one) for name, one in found if isinstance(one, dict)]


def _beside(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name))


def _included(found: Any) -> Iterator[str]:
    """The files that a Compose file includes."""
    for one in found if isinstance(found, list) else ():
        paths = one.get("path") if isinstance(one, dict) else one
        yield from filter(_is_text, paths if isinstance(paths, list) else [paths])


def _is_text(found: object) -> bool:
    return isinstance(found, str)


def _contents(configs: Any) -> Iterator[str]:
    """The texts of files that a Compose file itself holds."""
    for _, one in _mappings(configs.items() if isinstance(configs, dict) else ()):
        if isinstance(one.get("content"), str):
            yield one["content"]


def _of_service(service: Mapping[str, Any], folder: str, read: Read) -> Iterator[str]:
    mounts = list(_mounts(service.get("volumes"), folder))
    check = service.get("healthcheck")
    commands = [service.get("entrypoint"), service.get("command")]
    commands.append(check.get("test") if isinstance(check, dict) else None)
    commands += [hook.get("command") for hook in _listed(service.get("post_start"))]
    develop = service.get("develop")
    for rule in _listed(develop.get("watch") if isinstance(develop, dict) else None):
        done = rule.get("exec")
        commands += [done.get("command")] if isinstance(done, dict) else []
    for command in commands:
        text = _text(command)
        if text:
            yield text
            for word in _WORDS.findall(text):
                for path in _sources(word, mounts, folder):
                    yield read(path) or ""
    if service.get("network_mode") == "none":
        yield NO_NETWORK
    files = service.get("env_file")
    for one in files if isinstance(files, list) else [files]:
        name = one.get("path") if isinstance(one, dict) else one
        if isinstance(name, str):
            yield read(_beside(folder, name)) or ""
    environment = service.get("environment")
    if isinstance(environment, dict):
        yield "\n".join(f"{name}={value}" for name, value in environment.items())
    elif isinstance(environment, list):
        yield "\n".join(map(str, environment))


def _listed(found: Any) -> list[dict[Any, Any]]:
    """The mappings of a list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(command: Any) -> str:
    """The command of a service, as a text."""
    if isinstance(command, list):
        words = [str(one) for one in command]
        return words[-1] if "-c" in words[:-1] else " ".join(words)
    return command if isinstance(command, str) else ""


def _mounts(volumes: Any, folder: str) -> Iterator[tuple[str, str]]:
    """Where folders of the project lie in a container: the path there, and the folder's."""
    for one in volumes if isinstance(volumes, list) else ():
        source, target = "", ""
        if isinstance(one, str):
            source, _, rest = one.partition(":")
            target = rest.partition(":")[0]
        elif isinstance(one, dict):
            source, target = str(one.get("source", "")), str(one.get("target", ""))
        if source[:1] == "." and target:
            yield target.rstrip("/"), os.path.normpath(os.path.join(folder, source))


def _sources(word: str, mounts: Iterable[tuple[str, str]], folder: str) -> Iterator[str]:
    """The files of the project that a word of a command may name, by where folders are mounted."""
    if "/" not in word and "." not in word:
        return
    for target, source in mounts:
        if word == target:
            yield source
        elif word.startswith(f"{target}/"):
            yield os.path.join(source, word[len(target) + 1 :])
        elif word[:1] != "/":
            yield os.path.normpath(os.path.join(source, word))
    if word[:1] != "/":
        yield os.path.normpath(os.path.join(folder, word))
