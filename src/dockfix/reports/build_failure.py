"""What is said of a build that failed: the engine's own words, and what may help."""

from __future__ import annotations

import os

from dockfix.errors import BuildFailed
from dockfix.reports.text import visible

#: What to do, by words that engines say.
_ADVICE = (
    (
        "resolve image config for docker-image://",
        "The # syntax= line asks a registry for a frontend. If there is none to be reached,\n"
        "--strip-syntax builds with the one that the engine has itself.",
    ),
    (
        "no space left on device",
        "The engine has no room left; docker system prune, or podman's, makes some.",
    ),
    (
        "failed to solve: secret ",
        "If the build needs a secret: --secret id=NAME,src=FILE hands it over.",
    ),
    *(
        (
            words,
            "The build context was {context}. What COPY and ADD name has to lie in there;\n"
            "--context DIR says that it is another folder.",
        )
        for words in ("failed to calculate checksum of ref", "copier: stat:")
    ),
)


def failure_lines(error: BuildFailed, context: str) -> list[str]:
    """The lines, each indented. `context` is the folder that was built from."""
    lines = [f"| {visible(line)}" for line in error.log.split("\n") if line.strip()]
    if error.reason and error.reason not in error.log:
        lines.append(visible(error.reason))
    for words, advice in _ADVICE:
        if words in f"{error.log}\n{error.reason}":
            lines += advice.replace("{context}", _folder(context)).split("\n")
            break
    return [f"  {line}" for line in lines]


def _folder(path: str) -> str:
    """A folder as people know it from where they are."""
    near = os.path.relpath(path)
    return visible("this folder" if near == "." else path if near.startswith("..") else near)
