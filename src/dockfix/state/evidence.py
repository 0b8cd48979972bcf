"""What a build of a file showed of its last stage, where the text does not tell: facts for passes.

These are facts about the image alone: nothing of the engine, the machine or the day is in them. Who
builds hands them over (`dockfix.builds.evidence`), as the build context is handed over.
"""

from __future__ import annotations

from dockfix.records import Record


class Written(Record):
    """What a RUN left that no package of the system has.

    `line` is that of the instruction, from 1. Each of `paths` is the highest folder that neither
    the base image nor a package nor an instruction such as COPY brings, or a file in a folder that
    one of them brings. `unfit` says why a COPY of one of them would bring something else, "" if it
    would not.
    """

    line: int
    paths: tuple[str, ...]
    unfit: str = ""


class Evidence(Record):
    """What a build showed of a file.

    `libraries` are packages of the system, beyond those of the base image, that the written files
    are linked with, or of which something was opened or started when it ran. `building` are those
    of them that are for building alone: a file that needs one is not for two stages.
    """

    written: tuple[Written, ...]
    libraries: tuple[str, ...]
    building: tuple[str, ...]
