"""A build context as an archive, the way BuildKit's own client would send it.

Needed where that client is not there: the plain API of an engine takes a tar, and applies no
.dockerignore to it.
"""

from __future__ import annotations

import io
import os
import tarfile
from typing import BinaryIO

from dockfix.context import ignorefile
from dockfix.engine.client import OWN_NAME, Recipe
from dockfix.errors import EngineError


def write_context(recipe: Recipe, file: BinaryIO) -> None:
    """Writes the files of a context that its ignore file leaves in, and the Dockerfile."""
    ignore = _ignore(recipe)
    root = recipe.context
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        # first, because its plain header is how BuildKit knows an archive
        info = tarfile.TarInfo(OWN_NAME)
        info.size = len(recipe.dockerfile)
        archive.addfile(info, io.BytesIO(recipe.dockerfile))
        for folder, names, files in os.walk(root):
            below = os.path.relpath(folder, root)
            prefix = "" if below == "." else below.replace(os.sep, "/") + "/"
            for name in sorted((*names, *files)):
                if not ignore.ignores(prefix + name):
                    _add(archive, os.path.join(folder, name), prefix + name)
            names[:] = sorted(name for name in names if not ignore.hides(prefix + name))


def _ignore(recipe: Recipe) -> ignorefile.IgnoreFile:
    text = recipe.ignore
    if text is None:
        try:
            with open(os.path.join(recipe.context, ".dockerignore"), "rb") as file:
                text = file.read()
        except FileNotFoundError:
            text = b""
    found = ignorefile.parse(text.decode("utf-8", "surrogateescape"))
    if found is None:
        raise EngineError(f"{recipe.context}: a .dockerignore that BuildKit would refuse")
    return found


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    info = archive.gettarinfo(path, name)
    # a socket, say, of which BuildKit's client sends nothing either
    if info is None:
        return
    # files of a context belong to root in the image, whoever has them here
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    if info.isreg():
        with open(path, "rb") as file:
            archive.addfile(info, file)
    else:
        archive.addfile(info)
