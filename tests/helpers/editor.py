"""A client of the language server: pygls' own, and edits made as the protocol says."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from helpers.command import ENVIRONMENT

#: How long an answer may take on a busy machine.
PATIENCE = 60.0


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


class Editor(LanguageClient):
    """A client that keeps the newest diagnostics of each file."""

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.watched: list[str] = []
        self.encoding = ""
        self.can = lsp.ServerCapabilities()

    async def diagnostics(self, uri: str) -> list[lsp.Diagnostic]:
        """The next ones that are published for a file."""
        while True:
            found = await asyncio.wait_for(self.published.get(), PATIENCE)
            if found.uri == uri:
                return list(found.diagnostics)

    def open(self, path: Path, text: str, language: str = "dockerfile") -> str:
        document = lsp.TextDocumentItem(path.as_uri(), language, 1, text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(document))
        return path.as_uri()

    def type(self, uri: str, version: int, text: str) -> None:
        self.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(version, uri),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def actions(
        self, uri: str, line: int, *only: str, last: int | None = None
    ) -> dict[str, lsp.CodeAction]:
        place = lsp.Range(lsp.Position(line, 0), lsp.Position(line if last is None else last, 0))
        found = await asyncio.wait_for(
            self.text_document_code_action_async(
                lsp.CodeActionParams(
                    lsp.TextDocumentIdentifier(uri),
                    place,
                    lsp.CodeActionContext([], list(only) or None),
                )
            ),
            PATIENCE,
        )
        return {one.title: one for one in found or () if isinstance(one, lsp.CodeAction)}


def capabilities(
    *encodings: str, versions: bool = True, creates: bool = True, watches: bool = False
) -> lsp.ClientCapabilities:
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(
            position_encodings=[lsp.PositionEncodingKind(one) for one in encodings] or None
        ),
        workspace=lsp.WorkspaceClientCapabilities(
            workspace_edit=lsp.WorkspaceEditClientCapabilities(
                document_changes=versions,
                resource_operations=[lsp.ResourceOperationKind.Create] if creates else [],
            ),
            did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=watches
            ),
        ),
        text_document=lsp.TextDocumentClientCapabilities(
            hover=lsp.HoverClientCapabilities(content_format=[lsp.MarkupKind.Markdown])
        ),
    )


@asynccontextmanager
async def editor(
    folder: Path, *arguments: str, can: lsp.ClientCapabilities | None = None
) -> AsyncIterator[Editor]:
    """A client with a server of its own."""
    client = Editor()

    @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
    def published(params: lsp.PublishDiagnosticsParams) -> None:
        client.published.put_nowait(params)

    @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
    def registered(params: lsp.RegistrationParams) -> None:
        client.watched += [one.method for one in params.registrations]

    await client.start_io(
        sys.executable, "-m", "dockfix", "lsp", *arguments, cwd=folder, env=ENVIRONMENT
    )
    answer = await asyncio.wait_for(
        client.initialize_async(
            lsp.InitializeParams(can or capabilities(), root_uri=folder.as_uri())
        ),
        PATIENCE,
    )
    client.can = answer.capabilities
    encoding = answer.capabilities.position_encoding
    client.encoding = str(getattr(encoding, "value", encoding))
    client.initialized(lsp.InitializedParams())
    try:
        yield client
    finally:
        await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
        client.exit(None)
        await client.stop()  # type: ignore[no-untyped-call]


def applied(text: str, edits: list[Any], encoding: str) -> str:
    """A text with edits made, by the rules of the protocol: lines end at CR LF, CR and LF, and
    columns count units of the encoding."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]

    def offset(place: lsp.Position) -> int:
        if place.line >= len(lines):
            return len(text)
        line = lines[place.line]
        inside = len(line.encode(codec)[: place.character * size].decode(codec))
        assert inside <= len(line.rstrip("\r\n")), "an edit inside of a line ending"
        return sum(map(len, lines[: place.line])) + inside

    spans = sorted((offset(one.range.start), offset(one.range.end), one.new_text) for one in edits)
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def edits_of(edit: lsp.WorkspaceEdit | None) -> dict[str, list[Any]]:
    """The edits of each file, by its name, however the server says them; None: a new file."""
    assert edit is not None
    found: dict[str, list[Any]] = {}
    for uri, edits in (edit.changes or {}).items():
        found[uri.rpartition("/")[2]] = list(edits)
    for change in edit.document_changes or ():
        if isinstance(change, lsp.CreateFile):
            found[f"new {change.uri.rpartition('/')[2]}"] = []
        elif isinstance(change, lsp.TextDocumentEdit):
            found[change.text_document.uri.rpartition("/")[2]] = list(change.edits)
    return found
