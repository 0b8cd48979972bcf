"""The program's entry: `dockfix`, and `python -m dockfix`.

What of the garbage collector is set here holds for the whole process, so nothing else may do it.
"""

# ruff: noqa: E402
from __future__ import annotations

import gc

# What is imported stays; looking for garbage in it takes a fifteenth of a run on one file.
gc.disable()

from dockfix.imports import shorten

shorten()

from dockfix.cli.main import leave, main
from dockfix.typed import NoReturn

# Or it would be looked through at the next occasion.
gc.freeze()
gc.enable()
# Trees hold no cycles, so reference counts free them; looking for cycles in them takes a tenth of
# the time. Over many files it is worth a look now and then, for what a library may leave.
gc.set_threshold(1_000_000, 20, 50)


def command() -> NoReturn:
    """Runs the command and exits with its status."""
    try:
        main()
    except SystemExit as end:
        leave(end.code)
        raise
    finally:
        # Else Python looks for cycles in all that is alive before it lets go of everything anyway.
        gc.freeze()


if __name__ == "__main__":
    command()
