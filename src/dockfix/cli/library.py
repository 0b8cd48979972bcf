"""What the command does with one file, as a function: with its settings and its build context.

The command line, the library, editors and fleets all come through `rewrite_configured`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from dockfix.cli.config import Config, Finder, check_options
from dockfix.cli.options import MergeStrategy, Options
from dockfix.cli.per_file import ignored_for, with_severities
from dockfix.cli.registry import registry_for
from dockfix.core.findings import Applied
from dockfix.core.pipeline import rewrite
from dockfix.core.result import OtherFile, Rewrite
from dockfix.embedded import may_hold_blocks
from dockfix.passes.base import Settings
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from dockfix.context import Context
    from dockfix.dockerfile.tree import Dockerfile
    from dockfix.embedded.block import Block

    #: Finds the build context of a Dockerfile by its path, its tree and the folder that was named.
    ContextFinder = Callable[[str, Dockerfile, str | None], tuple[Context | None, str]]


def rewrite_file(
    path: str | PathLike[str],
    *,
    context: str | PathLike[str] | None = None,
    config: str | PathLike[str] | None = None,
    select: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    unsafe_fixes: bool | None = None,
    merge_strategy: MergeStrategy | None = None,
    in_place: bool = False,
) -> Rewrite:
    """Rewrites the Dockerfile at `path` as `dockfix` does, and returns what came of it.

    The settings are those of the nearest configuration file, or of `config`; what is given here
    goes before them. The build context is the folder `context`; without one it is looked for as the
    command does. Nothing is written unless `in_place`: then the file and the ignore file that
    changes with it are replaced, both or neither.

    Raises DockerfileSyntaxError, ConfigError and CheckFailed as `rewrite` does, ConfigError for a
    configuration file or a folder that is wrong, and OSError for a file that cannot be read or
    written.
    """
    name = os.fspath(path)
    options = Options(
        context=None if context is None else os.fspath(context),
        config=None if config is None else os.fspath(config),
        select=tuple(select),
        extend_select=tuple(extend_select),
        ignore=tuple(ignore),
        unsafe_fixes=unsafe_fixes,
        merge_strategy=merge_strategy,
    )
    check_options(options)
    settings = Finder(options).settings(os.path.dirname(name))
    with open(name, "rb") as file:
        before = file.read()
    found = rewrite_configured(name, before, settings)
    if in_place and found.result.changed:
        write_together(name, before, found)
    return found.result


class Configured(Record):
    """What came of a file, and the root of its build context ("" if it is unknown)."""

    result: Rewrite
    root: str

    def path_of(self, other: OtherFile) -> str:
        """Where a file of the build context lies."""
        return os.path.join(self.root, other.path)


def rewrite_configured(
    path: str,
    source: bytes | str,
    config: Config,
    *,
    on_disk: bool = True,
    alone: bool = False,
    notes: bool = True,
    unsafe_fixes: bool | None = None,
    only: Callable[[Applied], bool] | None = None,
    find: ContextFinder | None = None,
) -> Configured:
    """Rewrites the text of a file by its settings. Nothing is read but the build context.

    The context is looked for if the file lies `on_disk`, or if the settings name it; `find` does
    that in another way. `unsafe_fixes` goes before the settings; `alone` and `only` are those of
    `Settings` and `rewrite`. Of a Compose file or Markdown the Dockerfiles inside are rewritten,
    as if they were `alone`. Raises DockfixError.
    """

    def rewritten(
        text: bytes | str,
        finding: _Finding | None,
        alone: bool,
        only: Callable[[Applied], bool] | None,
    ) -> Rewrite:
        return rewrite(
            text,
            filename=path,
            select=config.select,
            ignore=(*config.ignore, *ignored_for(path, config)),
            extend_select=config.extend_select,
            unsafe_fixes=config.unsafe_fixes if unsafe_fixes is None else unsafe_fixes,
            settings=Settings(
                config.merge_strategy,
                alone=alone,
                registry=registry_for(config),
                refresh=config.refresh,
                around=partial(folder_around, path) if on_disk else None,
            ),
            find_context=finding,
            only=only,
            notes=notes,
            ignored=config.found.ignored,
        )

    if may_hold_blocks(path):
        from dockfix.dockerfile.source import decode
        from dockfix.embedded.rewriting import in_file, rewrite_blocks

        text = decode(source) if isinstance(source, bytes) else source

        def rewrite_block(block: Block) -> Rewrite:
            named = config.context
            if named is None and on_disk and block.context is not None:
                folder = os.path.join(os.path.dirname(path), block.context)
                named = folder if os.path.isdir(folder) else None
            finding = _Finding(path, named, find) if named else None
            of_block = None
            if only is not None:
                wanted = only

                def of_block(one: Applied) -> bool:
                    return wanted(in_file(one, block, text))

            return rewritten(block.text, finding, True, of_block)

        return Configured(with_severities(rewrite_blocks(path, text, rewrite_block), config), "")
    finding = _Finding(path, config.context, find)
    result = rewritten(source, finding if on_disk or config.context else None, alone, only)
    return Configured(with_severities(result, config), finding.root)


def write_together(path: str, before: bytes, found: Configured) -> bool:
    """Replaces a file, and what changes with it. Returns True if hard links keep the old text.

    Raises OSError, and then nothing is written.
    """
    from dockfix.cli import files
    from dockfix.dockerfile.source import encode

    # What is left out of the build first: on its own, that is what harms least.
    changes = []
    for one in found.result.others:
        old = None if one.before is None else encode(one.before)
        changes.append(files.Change(found.path_of(one), old, encode(one.after)))
    after = found.result.to_bytes()
    parted = False
    if before != after:
        changes.append(files.Change(path, before, after))
        parted = files.has_other_names(path)
    files.replace_together(changes)
    return parted


def folder_around(path: str) -> Context:
    """The folder that a Dockerfile lies in, for what files there say of its images."""
    from dockfix.context.directory import DirectoryContext

    return DirectoryContext(os.path.dirname(path) or ".", dockerfile=path)


class _Finding:
    """The build context of a Dockerfile, once it is asked for, and then its `root`."""

    def __init__(self, path: str, named: str | None, find: ContextFinder | None) -> None:
        self._path, self._named, self._find = path, named, find
        self.root = ""

    def __call__(self, dockerfile: Dockerfile) -> tuple[Context | None, str]:
        find = self._find
        if find is None:
            from dockfix.context.folder import find_context

            find = find_context
        context, why = find(self._path, dockerfile, self._named)
        self.root = "" if context is None else getattr(context, "root", "")
        return context, why
