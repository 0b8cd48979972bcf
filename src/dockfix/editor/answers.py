"""What the server says: diagnostics, actions, hovers, edits, in the words of the protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from lsprotocol import types as lsp
from pygls.uris import from_fs_path

from dockfix.core.findings import Applied
from dockfix.edit.edits import Edit, Safety, smallest
from dockfix.editor.analysis import Analysis, Change
from dockfix.editor.positions import Encoding, Positions, can_be_edited, for_client
from dockfix.passes import ENTRIES
from dockfix.records import Record
from dockfix.reports.explain import explain, plain
from dockfix.reports.run import severity

FIX_ALL = "source.fixAll.dockfix"
_PAGES = "https://github.com/dockfix/dockfix/blob/main/docs/passes"
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}
_PASSES = {one.name: one for one in ENTRIES}
#: A title of an action is one line of a menu.
_LONGEST_TITLE = 90


class Client(Record):
    """What the client can do, as far as edits care: the units of its columns, edits with the
    version of a text, new files, Markdown."""

    encoding: Encoding
    versions: bool = False
    creates: bool = False
    markdown: bool = False


class Open(Record):
    """A text that is open in the client."""

    uri: str
    version: int | None
    text: str


def client_of(capabilities: lsp.ClientCapabilities, encoding: Encoding) -> Client:
    """What a client says that it can do."""
    workspace, document = capabilities.workspace, capabilities.text_document
    edit = workspace.workspace_edit if workspace else None
    versions = bool(edit and edit.document_changes)
    creates = bool(
        versions and edit and lsp.ResourceOperationKind.Create in (edit.resource_operations or ())
    )
    hover = document.hover if document else None
    formats = (hover.content_format if hover else None) or ()
    return Client(encoding, versions, creates, lsp.MarkupKind.Markdown in formats)


def diagnostics(analysis: Analysis, client: Client) -> list[lsp.Diagnostic]:
    """A diagnostic for each finding, or the one that says why there are none."""
    positions = Positions(analysis.text, client.encoding)
    if analysis.problem is not None:
        return [
            lsp.Diagnostic(
                range=_to_line_end(analysis.text, positions, analysis.problem.offset),
                message=analysis.problem.message,
                severity=lsp.DiagnosticSeverity.Error,
                source="dockfix",
            )
        ]
    return [_diagnostic(one, analysis.text, positions) for one in analysis.findings]


def _diagnostic(one: Applied, text: str, positions: Positions) -> lsp.Diagnostic:
    page = f"{_PAGES}/{one.name}.md"
    return lsp.Diagnostic(
        range=_range_of(one, text, positions),
        message=one.message + (" [unsafe]" if one.safety is Safety.UNSAFE else ""),
        severity=_SEVERITIES[severity(one)],
        code=one.name,
        code_description=lsp.CodeDescription(href=page) if one.name in _PASSES else None,
        source="dockfix",
    )


def _range_of(one: Applied, text: str, positions: Positions) -> lsp.Range:
    at = 0
    for _ in range(one.line - 1):
        at = text.index("\n", at) + 1
    return _to_line_end(text, positions, at + one.column - 1)


def _to_line_end(text: str, positions: Positions, offset: int) -> lsp.Range:
    """From an offset to the end of its line, without blanks there."""
    end = text.find("\n", offset)
    line = text[offset : len(text) if end < 0 else end].rstrip()
    return _range(positions, offset, offset + len(line))


def _range(positions: Positions, start: int, end: int) -> lsp.Range:
    return lsp.Range(lsp.Position(*positions.of(start)), lsp.Position(*positions.of(end)))


def at(analysis: Analysis, client: Client, place: lsp.Range) -> list[Applied]:
    """The findings on the lines of a range."""
    positions = Positions(analysis.text, client.encoding)
    return [
        one
        for one in analysis.findings
        if (line := _range_of(one, analysis.text, positions).start.line) >= place.start.line
        and line <= place.end.line
    ]


def hover(analysis: Analysis, client: Client, place: lsp.Position) -> lsp.Hover | None:
    """The messages of the findings of a line, and the pages of their passes."""
    found = at(analysis, client, lsp.Range(place, place))
    parts = [f"**{one.name}**: {one.message}" for one in found]
    parts += [
        explain(_PASSES[name].load())
        for name in dict.fromkeys(one.name for one in found)
        if name in _PASSES
    ]
    if not parts:
        return None
    text = "\n\n".join(parts)
    kind = lsp.MarkupKind.Markdown if client.markdown else lsp.MarkupKind.PlainText
    return lsp.Hover(lsp.MarkupContent(kind, text if client.markdown else plain(text)))


def text_edits(text: str, edits: Iterable[Edit], encoding: Encoding) -> list[lsp.TextEdit]:
    """Edits of a text, as a client makes them."""
    positions = Positions(text, encoding)
    return [
        lsp.TextEdit(_range(positions, start, end), new)
        for start, end, new in for_client(text, edits)
    ]


def workspace_edit(
    document: Open, change: Change, client: Client, find: Callable[[str], Open | None]
) -> lsp.WorkspaceEdit:
    """A change as an edit of the files that it concerns; `find` knows the open text of a path."""
    result = change.result
    edits = [_Edited(document, text_edits(document.text, result.edits, client.encoding))]
    for other in result.others:
        path = os.path.join(change.root, other.path)
        before = other.before or ""
        known = find(path) or Open(from_fs_path(path) or path, None, before)
        added = smallest(before, 0, len(before), other.after)
        changed = text_edits(before, added, client.encoding)
        edits.append(_Edited(known, changed, is_new=other.before is None))
    # what is left out of the build first: on its own, that is what harms least
    return _as_workspace_edit([*edits[1:], edits[0]], client)


def comment_edit(document: Open, edit: Edit, client: Client) -> lsp.WorkspaceEdit:
    """A single edit of a text."""
    made = text_edits(document.text, [edit], client.encoding)
    return _as_workspace_edit([_Edited(document, made)], client)


class _Edited(Record):
    """A file, and what is edited in it."""

    document: Open
    edits: list[lsp.TextEdit]
    is_new: bool = False


def _as_workspace_edit(edited: Sequence[_Edited], client: Client) -> lsp.WorkspaceEdit:
    if not client.versions:
        return lsp.WorkspaceEdit(
            changes={one.document.uri: one.edits for one in edited if one.edits}
        )
    changes: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = []
    for one in edited:
        if one.is_new:
            changes.append(lsp.CreateFile(one.document.uri))
        if one.edits:
            named = lsp.OptionalVersionedTextDocumentIdentifier(
                one.document.uri, one.document.version
            )
            changes.append(lsp.TextDocumentEdit(named, [*one.edits]))
    return lsp.WorkspaceEdit(document_changes=changes)


def actions(
    analysis: Analysis,
    document: Open,
    client: Client,
    place: lsp.Range,
    only: Sequence[str] | None,
    find: Callable[[str], Open | None],
) -> list[lsp.CodeAction]:
    """What can be done about the findings on the lines of a range, and about the whole file.

    `only` are the kinds that are wanted (None: all).
    """

    def wanted(kind: str) -> bool:
        return only is None or any(kind == one or kind.startswith(f"{one}.") for one in only)

    found: list[lsp.CodeAction] = []
    if not can_be_edited(document.text):
        return found
    whole = analysis.whole()
    if wanted(lsp.CodeActionKind.QuickFix):
        positions = Positions(analysis.text, client.encoding)
        for one in at(analysis, client, place):
            shown = _diagnostic(one, analysis.text, positions)
            for title, change in _fixes(analysis, one):
                edit = workspace_edit(document, change, client, find)
                found.append(_action(title, edit, shown))
        if whole is not None and found:
            found.append(_action(_all(whole), workspace_edit(document, whole, client, find)))
        for one in at(analysis, client, place):
            comment = analysis.ignored(one) if one.name in _PASSES else None
            if comment is not None:
                edit = comment_edit(document, comment, client)
                shown = _diagnostic(one, analysis.text, positions)
                found.append(_action(f"Ignore {one.name} here, by a comment", edit, shown))
        comment = analysis.ignored_file() if found else None
        if comment is not None:
            edit = comment_edit(document, comment, client)
            found.append(_action("Ignore this file, by a comment", edit))
    if whole is not None and wanted(FIX_ALL):
        edit = workspace_edit(document, whole, client, find)
        found.append(lsp.CodeAction(_all(whole), kind=FIX_ALL, edit=edit))
    return found


def _fixes(analysis: Analysis, one: Applied) -> Iterator[tuple[str, Change]]:
    """The titles of what mends a finding, and the changes."""
    if one.safety is Safety.NOTE:
        return
    name = f"{one.name}, unsafe" if one.safety is Safety.UNSAFE else one.name
    alone = analysis.alone(one)
    if alone is not None:
        yield _short(f"{name}: {one.message}"), alone
    else:
        together = analysis.together(one)
        if together is not None:
            others = {each.name for each in together.result.applied} - {one.name}
            beside = f" (with {', '.join(sorted(others))})" if others else ""
            yield _short(f"{name}: {one.message}", beside), together
    if sum(each.code == one.code and each.safety is one.safety for each in analysis.findings) > 1:
        all_of = analysis.all_of(one)
        if all_of is not None:
            yield f"{name}: all in this file", all_of


def _all(change: Change) -> str:
    which = (
        "all changes, unsafe ones too (by the settings)" if change.is_unsafe else "all safe changes"
    )
    return f"dockfix: {which} in this file"


def _short(text: str, end: str = "") -> str:
    most = _LONGEST_TITLE - len(end)
    return (text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0] + "…") + end


def _action(
    title: str, edit: lsp.WorkspaceEdit, shown: lsp.Diagnostic | None = None
) -> lsp.CodeAction:
    return lsp.CodeAction(
        title,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=None if shown is None else [shown],
        edit=edit,
    )
