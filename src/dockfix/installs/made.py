"""What builds make anew in the folder of a project, and what they write the commit into."""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.context.clutter import Clutter, Surroundings
from dockfix.managers import named_in


def is_made_anew(one: Clutter, scripts: Sequence[Sequence[str]], around: Surroundings) -> bool:
    """True if the build makes these folders anew, all that is in them.

    `scripts` are, for each path, those that run where its folder lands.
    """
    return all(
        any(_makes(path, script, around) for script in there)
        for path, there in zip(one.paths, scripts, strict=True)
    )


def _makes(path: str, script: str, around: Surroundings) -> bool:
    parent, slash, name = path.rpartition("/")
    return any(
        made.folder == name
        and around.context.kind(f"{parent}{slash}{made.manifest}") == "file"
        and made.command.search(script) is not None
        and not (made.partly and made.partly.search(around.commands))
        for manager in named_in(script)
        if (made := manager.made)
    )


def asks_for_history(text: str) -> bool:
    """True if a command in a text has a manager look at the history, to say what it built."""
    return any(one.stamps and one.stamps.search(text) for one in named_in(text))
