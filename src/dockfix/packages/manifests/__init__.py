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
    match program:
        case "pip":
            from dockfix.packages.manifests.pip import RULES
        case "npm":
            from dockfix.packages.manifests.npm import RULES
        case "yarn":
            from dockfix.packages.manifests.yarn import RULES
        case "pnpm":
            from dockfix.packages.manifests.pnpm import RULES
        case "pipenv":
            from dockfix.packages.manifests.pipenv import RULES
        case "poetry":
            from dockfix.packages.manifests.poetry import RULES
        case "uv":
            from dockfix.packages.manifests.uv import RULES
        case "bundle" | "bundler":
            from dockfix.packages.manifests.bundler import RULES
        case "composer":
            from dockfix.packages.manifests.composer import RULES
        case "go":
            from dockfix.packages.manifests.go import RULES
        case "mvn" | "mvnw":
            from dockfix.packages.manifests.maven import RULES
        case "gradle" | "gradlew":
            from dockfix.packages.manifests.gradle import RULES
        case "dotnet":
            from dockfix.packages.manifests.dotnet import RULES
        case "mix":
            from dockfix.packages.manifests.mix import RULES
        case "cargo":
            from dockfix.packages.manifests.cargo import RULES
        case _:
            return None
    return RULES
