"""What package managers read of a project: a small file for each.

`rules_of(program)` gives two functions: `reads` tells it by the words of a command alone, `needs`
by the files that the command finds. Whoever is unsure raises UnsureError with the reason. The words
for all of it are in `shape`.
"""

from __future__ import annotations

from dockfix.packages.manifests.shape import Needs, Project, Reads, Rules, UnsureError

__all__ = ["Needs", "Project", "Reads", "Rules", "UnsureError", "rules_of"]


def rules_of(program: str) -> Rules | None:
    """The rules of the manager that a program is. A file's managers are few: each is imported
    when it is met."""
    name = program.removesuffix("w") if program in ("mvnw", "gradlew") else program
    if name == "pip":
        from dockfix.packages.manifests import pip

        return pip.RULES
    if name in ("npm", "yarn", "pnpm"):
        return _of_node(name)
    if name in ("pipenv", "poetry", "uv"):
        return _of_python(name)
    return _other(name)


def _of_node(name: str) -> Rules:
    if name == "npm":
        from dockfix.packages.manifests import npm

        return npm.RULES
    if name == "yarn":
        from dockfix.packages.manifests import yarn

        return yarn.RULES
    from dockfix.packages.manifests import pnpm

    return pnpm.RULES


def _of_python(name: str) -> Rules:
    if name == "pipenv":
        from dockfix.packages.manifests import pipenv

        return pipenv.RULES
    if name == "poetry":
        from dockfix.packages.manifests import poetry

        return poetry.RULES
    from dockfix.packages.manifests import uv

    return uv.RULES


def _other(name: str) -> Rules | None:
    if name in ("bundle", "bundler"):
        from dockfix.packages.manifests import bundler

        return bundler.RULES
    if name == "composer":
        from dockfix.packages.manifests import composer

        return composer.RULES
    if name == "go":
        from dockfix.packages.manifests import go

        return go.RULES
    if name == "mvn":
        from dockfix.packages.manifests import maven

        return maven.RULES
    if name == "gradle":
        from dockfix.packages.manifests import gradle

        return gradle.RULES
    if name == "dotnet":
        from dockfix.packages.manifests import dotnet

        return dotnet.RULES
    if name == "mix":
        from dockfix.packages.manifests import mix

        return mix.RULES
    if name == "cargo":
        from dockfix.packages.manifests import cargo

        return cargo.RULES
    return None
