"""What is said of a build that failed: the engine's own words, and what may help."""

from __future__ import annotations

from dockfix.errors import BuildFailed
from dockfix.report.text import visible

#: What to do, by words that engines say.
_ADVICE = (
    (
        "resolve image config for docker-image://",
        "The # syntax= line asks a registry for a frontend. If there is none to be reached,\n"
        "--strip-syntax builds with the one that the engine has itself.",
    ),
    ("no space left on device", "The engine has no room left; docker system prune makes some."),
    (
        "failed to solve: secret ",
        "If the build needs a secret: --secret id=NAME,src=FILE hands it over.",
    ),
)


def failure(error: BuildFailed) -> list[str]:
    """The lines, each indented."""
    lines = [f"| {visible(line)}" for line in error.log.split("\n") if line.strip()]
    if error.reason and error.reason not in error.log:
        lines.append(visible(error.reason))
    for words, advice in _ADVICE:
        if words in f"{error.log}\n{error.reason}":
            lines += advice.split("\n")
            break
    return [f"  {line}" for line in lines]
