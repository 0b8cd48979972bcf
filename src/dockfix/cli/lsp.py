"""`dockfix lsp`: the language server for editors, on standard input and output."""

import os
from collections.abc import Sequence

from dockfix.cli import options as plain
from dockfix.cli.command_line import read
from dockfix.cli.config import Finder, check_options
from dockfix.cli.library import rewrite_configured
from dockfix.cli.options import Options
from dockfix.cli.search import is_dockerfile
from dockfix.cli.table import Command, Option, Row, rows
from dockfix.context.folder import find_context
from dockfix.core.result import Rewrite
from dockfix.embedded import is_searched_for_blocks
from dockfix.errors import ConfigError
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from dockfix.context import Context
    from dockfix.dockerfile.tree import Dockerfile
    from dockfix.editor.analysis import Asked, Rewriter


class LspOptions(Record):
    """What only the server has."""

    formatting: Annotated[
        bool, Option("Let the editor format Dockerfiles: all safe changes that need no other file.")
    ] = False
    stdio: Annotated[
        bool, Option("Talk over standard input and output, as always; editors may ask for it.")
    ] = False


class Request(Record):
    """A command line: the options of dockfix itself, and the server's own."""

    options: Options
    own: LspOptions


_SHARED = (
    "context", "select", "extend_select", "ignore", "unsafe_fixes", "merge_strategy", "config",
)  # fmt: skip


def _make(values: dict[str, Any]) -> Request:
    if values.pop("paths", ()):
        raise ConfigError("dockfix lsp takes no paths: the editor names the files")
    own = {name: values.pop(name) for name in ("formatting", "stdio") if name in values}
    return Request(Options(**values), LspOptions(**own))


_SHARED_ROWS: tuple[Row, ...] = tuple([row for row in plain.TABLE if row.name in _SHARED])

LSP = Command(
    "lsp",
    """Talk to an editor: findings while somebody types, fixes, pages of passes.

    This is a language server. An editor starts it, and it ends with the editor. It needs the extra
    lsp: pip install 'dockfix[lsp]'. Settings are those of the nearest configuration file of each
    Dockerfile; what is given here goes before them.""",
    "",
    (*_SHARED_ROWS, *rows(LspOptions)),
    _make,
    lambda request: plain.conflict(request.options),
)


def run_command(arguments: Sequence[str]) -> int:
    """Serves until the editor is done; the exit status. Raises ConfigError."""
    request = read(arguments, LSP)
    if request is None:
        from dockfix.cli.usage import answer

        answer(arguments, LSP)
        return 0
    check_options(request.options)
    try:
        from dockfix.editor.server import make
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise ConfigError("dockfix lsp needs pygls: pip install 'dockfix[lsp]'") from error
    server = make(rewriter(request.options), _is_looked_at, formatting=request.own.formatting)
    # The protocol has standard output for itself: what else might be printed goes to stderr, and
    # pygls closes what it was given.
    with open(os.dup(1), "wb") as output:
        os.dup2(2, 1)
        server.start_io(stdout=output)
    return 0


def _is_looked_at(name: str) -> bool:
    """True for what a search finds, too: Dockerfiles, Compose files and Markdown."""
    return is_dockerfile(name) or is_searched_for_blocks(name)


def rewriter(options: Options) -> "Rewriter":
    """Rewrites a text as the settings say that hold where it lies."""

    def rewrite(path: str, text: str, asked: "Asked") -> tuple[Rewrite, str]:
        # read anew each time: somebody may have edited them
        config = Finder(options).settings(os.path.dirname(path))

        def find(
            path: str, dockerfile: "Dockerfile", named: str | None
        ) -> tuple["Context | None", str]:
            """The build context, with the ignore file as it is in the editor."""
            context, why = find_context(path, dockerfile, named)
            if context is None:
                return None, why
            ignore_file = os.path.realpath(os.path.join(context.root, context.ignore_file))
            if ignore_file in asked.texts:
                return context.with_ignore_text(asked.texts[ignore_file]), why
            return context, why

        return rewrite_configured(
            path or "Dockerfile",
            text,
            config,
            on_disk=bool(path) and os.path.isdir(os.path.dirname(path)),
            alone=asked.alone,
            unsafe_fixes=asked.unsafe_fixes,
            only=asked.only,
            find=find,
        )

    return rewrite
