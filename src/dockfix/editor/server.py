"""The server: keeps the open texts, looks at each that changes, and answers.

The whole text is sent with every change. It is looked at when nobody has typed for a moment.
"""

from __future__ import annotations

import os
from asyncio import sleep
from collections.abc import Callable

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from dockfix import __version__
from dockfix.context import disk
from dockfix.editor import answers
from dockfix.editor.analysis import Analysis, Rewriter
from dockfix.editor.positions import can_be_edited
from dockfix.embedded import may_hold_blocks

#: So many seconds without a change pass before a text is looked at.
_PAUSE = 0.2
_LANGUAGES = ("dockerfile", "containerfile")
#: What VS Code and Neovim call Compose files, whatever their names.
_COMPOSE_LANGUAGES = ("dockercompose", "yaml.docker-compose")


class Server(LanguageServer):
    """`rewriter` does a text; `takes` says by a file's name whether it is looked at."""

    def __init__(self, rewriter: Rewriter, takes: Callable[[str], bool]) -> None:
        super().__init__("dockfix", __version__, lsp.TextDocumentSyncKind.Full)
        self._rewriter, self._takes = rewriter, takes
        self.client = answers.Client("utf-16")
        self._languages: dict[str, str] = {}
        self._known: dict[str, Analysis] = {}
        self._turns: dict[str, int] = {}

    def opened(self, uri: str, language: str) -> None:
        """Notes the language of a text that is open now."""
        self._languages[uri] = language.lower()

    def closed(self, uri: str) -> None:
        """Forgets a text, and takes its diagnostics away."""
        self._languages.pop(uri, None)
        self._known.pop(uri, None)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    async def changed(self, uri: str) -> None:
        """Looks at a text, and at those that may depend on it, unless it changes again soon."""
        turn = self._turns[uri] = self._turns.get(uri, 0) + 1
        await sleep(_PAUSE)
        if self._turns[uri] == turn:
            self.look(uri if self.is_looked_at(uri) else None)

    def look(self, uri: str | None = None) -> None:
        """Looks at a text, or at all that are open, and publishes what is found."""
        for one in [uri] if uri is not None else list(self._languages):
            if one in self._languages and self.is_looked_at(one):
                self._known.pop(one, None)
                document = self.document(one)
                found = answers.diagnostics(self.analysis(document), self.client)
                self.text_document_publish_diagnostics(
                    lsp.PublishDiagnosticsParams(one, found, document.version)
                )

    def is_looked_at(self, uri: str) -> bool:
        """True if a text is to be looked at, by its language or its name."""
        language, name = self._languages.get(uri, ""), os.path.basename(_path(uri))
        if language in _COMPOSE_LANGUAGES and may_hold_blocks(name):
            return True
        return language in _LANGUAGES or self._takes(name)

    def document(self, uri: str) -> answers.Open:
        """The text of an open file, as it is now."""
        known = self.workspace.get_text_document(uri)
        return answers.Open(uri, known.version, known.source)

    def find(self, path: str) -> answers.Open | None:
        """The open text of a path."""
        real = os.path.realpath(path)
        for uri in self._languages:
            if os.path.realpath(_path(uri)) == real:
                return self.document(uri)
        return None

    def analysis(self, document: answers.Open) -> Analysis:
        """What is found in a text; kept until the text or something around it changes."""
        known = self._known.get(document.uri)
        if known is not None and known.text == document.text:
            return known
        # a process that goes on must not know folders as they were
        disk.forget()
        texts = {
            os.path.realpath(_path(uri)): self.workspace.get_text_document(uri).source
            for uri in self._languages
            if not self.is_looked_at(uri)
        }

        def look(*, alone: bool) -> Analysis:
            path = _path(document.uri)
            return Analysis(self._rewriter, path, document.text, texts, alone=alone)

        found = look(alone=False)
        whole = found.whole()
        if whole and not self.client.creates and any(o.before is None for o in whole.result.others):
            # nobody would make the file that belongs to the change
            found = look(alone=True)
        self._known[document.uri] = found
        return found


def _path(uri: str) -> str:
    """The path of a file; "" for a text that is no file."""
    return (to_fs_path(uri) or "") if uri.startswith("file:") else ""


def make(rewriter: Rewriter, takes: Callable[[str], bool], *, formatting: bool = False) -> Server:
    """The server, ready to be started. It only announces formatting if that is wanted."""
    server = Server(rewriter, takes)

    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        encoding = server.workspace.position_encoding
        unit = getattr(encoding, "value", encoding)
        server.client = answers.client_of(params.capabilities, unit)  # type: ignore[arg-type]

    @server.feature(lsp.INITIALIZED)
    def initialized(params: lsp.InitializedParams) -> None:
        """Has the client watch the build contexts, if it can."""
        workspace = server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace else None
        if watching and watching.dynamic_registration:
            options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*")])
            method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
            server.client_register_capability(
                lsp.RegistrationParams([lsp.Registration("dockfix-context", method, options)])
            )

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        server.opened(params.text_document.uri, params.text_document.language_id)
        server.look(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        await server.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        server.look()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        await server.changed("")

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix, answers.FIX_ALL]),
    )
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        if not server.is_looked_at(uri):
            return []
        document = server.document(uri)
        analysis, only = server.analysis(document), params.context.only
        return answers.actions(analysis, document, server.client, params.range, only, server.find)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        if not server.is_looked_at(params.text_document.uri):
            return None
        analysis = server.analysis(server.document(params.text_document.uri))
        return answers.hover(analysis, server.client, params.position)

    if formatting:

        @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
        def format_document(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
            if not server.is_looked_at(params.text_document.uri):
                return None
            document = server.document(params.text_document.uri)
            change = server.analysis(document).formatted()
            if change is None or not can_be_edited(document.text):
                return None
            return answers.text_edits(document.text, change.result.edits, server.client.encoding)

    return server
