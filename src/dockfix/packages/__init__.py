"""What dockfix knows about package managers: verbs, options with values, caches, lists.

One table per manager (`apt`, `apk`, `rpm`, `pacman`, `language`), in the shape of `manager`;
reading a command with them is `command`:

    install_of(simple)   the install, every word understood, or None
    is_update(simple)    refreshes the lists
    installs_in(script)  the installs of a script, each with its simple command
    command_of(simple)   any command of a manager, every word understood
    action_of(simple)    (manager, "update" | "install" | "upgrade" | "remove" | "clean" | "reads" |
                         "other"), options need not be known
    mentions_apt(simple) whether any of its words names apt, or what looks into its lists
"""

from dockfix.packages.command import (
    MANAGERS,
    Argument,
    Command,
    action_of,
    command_of,
    commands_in,
    install_of,
    installs_in,
    is_update,
    mentions_apt,
)
from dockfix.packages.manager import Action, Manager

__all__ = [
    "MANAGERS",
    "Action",
    "Argument",
    "Command",
    "Manager",
    "action_of",
    "command_of",
    "commands_in",
    "install_of",
    "installs_in",
    "is_update",
    "mentions_apt",
]
