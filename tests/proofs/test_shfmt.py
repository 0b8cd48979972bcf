"""The reader against shfmt, a shell parser that is not ours: the same structure, span for span.

Both trees are brought to one form of nested tuples. Where shfmt and the shells part, the shells are
right; such cases are named here (`_only_shfmt_refuses`) or left out by the generator.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dockfix.shell import tree
from dockfix.shell.reader import read_script
from helpers.amount import some
from helpers.corpus_files import corpus_files
from helpers.shell_scripts import Language, Scripts

#: From the package shfmt-py, which comes with the extra `dev`.
_SHFMT = shutil.which(
    "shfmt", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
)

Form = tuple[Any, ...]


# Our tree


def _our_items(items: tuple[tree.Item, ...]) -> Form:
    return tuple(_our_item(item) for item in items)


def _our_item(item: tree.Item) -> Form:
    operators = tuple((operator.start, operator.text) for operator in item.node.operators)
    return (
        item.start,
        tuple(_our_pipeline(pipeline) for pipeline in item.node.pipelines),
        operators,
        (item.terminator, item.terminator_start) if item.terminator in (";", "&") else (),
    )


def _our_pipeline(pipeline: tree.Pipeline) -> Form:
    return (
        pipeline.start,
        pipeline.negated,
        tuple(_our_command(command) for command in pipeline.commands),
    )


def _our_command(command: tree.Command) -> Form:
    if isinstance(command, tree.Function):
        return ("function", command.start, command.end, command.name, _our_command(command.body))
    redirects = tuple(_our_redirect(redirect) for redirect in command.redirects)
    kind = type(command).__name__
    span = (command.start, command.end)
    if isinstance(command, tree.Simple):
        assignments = tuple(
            (item.start, item.name, item.append, _our_word(item.value))
            for item in command.assignments
        )
        return (kind, assignments, tuple(map(_our_word, command.words)), redirects)
    if isinstance(command, tree.Subshell | tree.Group):
        return (kind, span, _our_items(command.body), redirects)
    if isinstance(command, tree.If):
        branches = tuple((_our_items(test), _our_items(body)) for test, body in command.branches)
        orelse = None if command.orelse is None else _our_items(command.orelse)
        return (kind, span, branches, orelse, redirects)
    if isinstance(command, tree.For):
        words = None if command.words is None else tuple(map(_our_word, command.words))
        return (kind, span, command.name, words, _our_items(command.body), redirects)
    if isinstance(command, tree.Loop):
        body = (_our_items(command.condition), _our_items(command.body))
        return (kind, span, command.until, *body, redirects)
    if isinstance(command, tree.Case):
        arms = tuple(
            (tuple(map(_our_word, words)), _our_items(body)) for words, body in command.arms
        )
        return (kind, span, _our_word(command.word), arms, redirects)
    if isinstance(command, tree.Test):
        return (kind, span, tuple(map(_our_word, command.words)), redirects)
    return (kind, span, tuple(map(_our_expansion, command.expansions)), redirects)


def _our_word(word: tree.Word) -> Form:
    return (word.start, word.end, tuple(map(_our_expansion, word.expansions)))


def _our_redirect(redirect: tree.Redirect) -> Form:
    return (
        redirect.start,
        redirect.fd,
        redirect.operator,
        _our_word(redirect.target),
        redirect.heredoc,
        tuple(map(_our_expansion, redirect.expansions)),
    )


def _our_expansion(expansion: tree.Expansion) -> Form:
    return (
        expansion.start,
        expansion.end,
        expansion.kind,
        expansion.name,
        # The pattern's anchor is part of the pattern to shfmt.
        "/" if expansion.operator in ("/#", "/%") else expansion.operator,
        expansion.quoted,
        None if expansion.body is None else _our_items(expansion.body),
        tuple(map(_our_expansion, expansion.nested)),
    )


# shfmt's tree


class _QuirkError(Exception):
    """Shfmt reads something as no shell does."""


class Theirs:
    """Brings shfmt's JSON to the same form; its offsets count bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.positions: list[int] | None = None
        if not text.isascii():
            self.positions = [
                index
                for index, character in enumerate(text)
                for _ in character.encode(errors="surrogateescape")
            ] + [len(text)]

    def at(self, position: dict[str, int]) -> int:
        offset = position["Offset"]
        return offset if self.positions is None else self.positions[offset]

    def items(self, statements: list[dict[str, Any]] | None) -> Form:
        return tuple(self.item(statement) for statement in statements or ())

    def item(self, statement: dict[str, Any]) -> Form:
        pipelines: list[Form] = []
        operators: list[Form] = []
        self.and_or(statement, pipelines, operators)
        terminator: Form = ()
        if "Semicolon" in statement:
            sign = "&" if statement.get("Background") else ";"
            terminator = (sign, self.at(statement["Semicolon"]))
        return (self.at(statement["Pos"]), tuple(pipelines), tuple(operators), terminator)

    def and_or(
        self, statement: dict[str, Any], pipelines: list[Form], operators: list[Form]
    ) -> None:
        command = statement.get("Cmd")
        if command and command["Type"] == "BinaryCmd" and command["Op"] in ("&&", "||"):
            self.and_or(command["X"], pipelines, operators)
            operators.append((self.at(command["OpPos"]), command["Op"]))
            self.and_or(command["Y"], pipelines, operators)
        else:
            commands: list[Form] = []
            self.pipeline(statement, commands)
            negated = statement.get("Negated", False)
            pipelines.append((self.at(statement["Pos"]), negated, tuple(commands)))

    def pipeline(self, statement: dict[str, Any], commands: list[Form]) -> None:
        command = statement.get("Cmd")
        if command and command["Type"] == "BinaryCmd" and command["Op"] in ("|", "|&"):
            self.pipeline(command["X"], commands)
            self.pipeline(command["Y"], commands)
        else:
            commands.append(self.command(statement))

    def command(self, statement: dict[str, Any]) -> Form:
        found = statement.get("Redirs", ())
        redirects = tuple(self.redirect(redirect) for redirect in found)
        node = statement.get("Cmd", {"Type": "CallExpr"})
        kind = node["Type"]
        if kind == "CallExpr":
            assignments = tuple(self.assignment(item) for item in node.get("Assigns", ()))
            return ("Simple", assignments, self.words(node.get("Args")), redirects)
        if kind == "DeclClause":
            variant = node["Variant"]
            named: list[Form] = [(self.at(variant["Pos"]), self.at(variant["End"]), ())]
            named += [self.word(argument) for argument in node.get("Args", ())]
            return ("Simple", (), tuple(named), redirects)
        if kind == "FuncDecl":
            if node["Body"].get("Cmd", {}).get("Type") == "BinaryCmd":
                raise _QuirkError("`f() { a; } | b` is a function with a pipeline for a body")
            body = self.command(node["Body"])
            start, end = self.at(node["Pos"]), self.at(node["Body"]["End"])
            if "Semicolon" in node["Body"]:
                end = self.end(node["Body"], node["Body"]["Cmd"])
            return ("function", start, end, node["Name"]["Value"], body)
        span = (self.at(node["Pos"]), self.end(statement, node))
        if kind in ("Subshell", "Block"):
            name = "Subshell" if kind == "Subshell" else "Group"
            return (name, span, self.items(node.get("Stmts")), redirects)
        if kind == "IfClause":
            branches = []
            orelse = None
            part: dict[str, Any] | None = node
            while part is not None and part.get("Cond"):
                branches.append((self.items(part["Cond"]), self.items(part["Then"])))
                part = part.get("Else")
            if part is not None:
                orelse = self.items(part["Then"])
            return ("If", span, tuple(branches), orelse, redirects)
        if kind == "ForClause":
            loop = node["Loop"]
            words = self.words(loop.get("Items")) if "InPos" in loop else None
            return ("For", span, loop["Name"]["Value"], words, self.items(node["Do"]), redirects)
        if kind == "WhileClause":
            parts = (self.items(node["Cond"]), self.items(node["Do"]))
            return ("Loop", span, node.get("Until", False), *parts, redirects)
        if kind == "CaseClause":
            arms = tuple(
                (self.words(item["Patterns"]), self.items(item.get("Stmts")))
                for item in node.get("Items", ())
            )
            return ("Case", span, self.word(node["Word"]), arms, redirects)
        if kind == "TestClause":
            return ("Test", span, tuple(self.condition(node["X"])), redirects)
        assert kind == "ArithmCmd", kind
        return ("Arithmetic", span, tuple(self.expansions(node["X"], True)), redirects)

    def end(self, statement: dict[str, Any], node: dict[str, Any]) -> int:
        """Where a compound command ends, with its redirections but not their here-documents."""
        redirects = statement.get("Redirs")
        return self.at(redirects[-1]["Word"]["End"] if redirects else node["End"])

    def condition(self, node: dict[str, Any]) -> Iterator[Form]:
        if node["Type"] == "Word":
            yield self.word(node)
        elif node["Type"] == "ParenTest":
            yield (self.at(node["Lparen"]), self.at(node["Lparen"]) + 1, ())
            yield from self.condition(node["X"])
            yield (self.at(node["Rparen"]), self.at(node["Rparen"]) + 1, ())
        else:
            operator = self.at(node["OpPos"])
            if node["Type"] == "BinaryTest":
                yield from self.condition(node["X"])
            yield (operator, operator + len(node["Op"]), ())
            yield from self.condition(node["Y" if node["Type"] == "BinaryTest" else "X"])

    def words(self, nodes: list[dict[str, Any]] | None) -> Form:
        return tuple(self.word(node) for node in nodes or ())

    def word(self, node: dict[str, Any]) -> Form:
        expansions = tuple(self.expansions(node, False))
        return (self.at(node["Pos"]), self.at(node["End"]), expansions)

    def assignment(self, node: dict[str, Any]) -> Form:
        value = node.get("Value") or node.get("Array")
        end = self.at(node["Name"]["End"]) + (2 if node.get("Append") else 1)
        word = self.word(value) if value else (end, end, ())
        start = self.at(node["Pos"])
        return (start, node["Name"]["Value"], node.get("Append", False), word)

    def redirect(self, node: dict[str, Any]) -> Form:
        body: str | None = None
        expansions: Form = ()
        if node["Op"] in ("<<", "<<-"):
            body = ""
            document = node.get("Hdoc")
            if document:
                body = self.text[self.at(document["Pos"]) : self.at(document["End"])]
                # Shfmt's end is behind the delimiter or before it, by what follows.
                body = body[: body.rfind("\n") + 1]
                expansions = tuple(self.expansions(document, True))
        return (
            self.at(node["Pos"]),
            node["N"]["Value"] if "N" in node else "",
            node["Op"],
            self.word(node["Word"]),
            body,
            expansions,
        )

    def expansions(self, node: Any, quoted: bool) -> Iterator[Form]:
        """The outermost expansions inside a node, in the order of the text."""
        found = sorted(self._outermost(node, quoted), key=lambda pair: self.at(pair[0]["Pos"]))
        for part, inside in found:
            yield self.expansion(part, inside)

    def _outermost(self, node: Any, quoted: bool) -> Iterator[tuple[dict[str, Any], bool]]:
        if isinstance(node, list):
            for child in node:
                yield from self._outermost(child, quoted)
        elif isinstance(node, dict):
            kind = node.get("Type")
            if kind in ("ParamExp", "CmdSubst", "ArithmExp", "ProcSubst"):
                yield node, quoted
                return
            for child in node.values():
                yield from self._outermost(child, quoted or kind == "DblQuoted")

    def expansion(self, node: dict[str, Any], quoted: bool) -> Form:
        start, end = self.at(node["Pos"]), self.at(node["End"])
        kind = node["Type"]
        if kind in ("CmdSubst", "ProcSubst"):
            body = self.items(node.get("Stmts"))
            name = "command" if kind == "CmdSubst" else "process"
            return (start, end, name, "", "", quoted, body, ())
        if kind == "ArithmExp":
            nested = tuple(self.expansions(node.get("X"), True))
            return (start, end, "arithmetic", "", "", quoted, None, nested)
        inside = {key: value for key, value in node.items() if key != "Type"}
        operator = ""
        if node.get("Length"):
            operator = "length"
        elif node.get("Excl"):
            operator = "indirect"
        elif "Index" in node:
            operator = "["
        elif "Slice" in node:
            operator = ":"
        elif "Repl" in node:
            operator = "//" if node["Repl"].get("All") else "/"
        elif "Exp" in node:
            operator = node["Exp"]["Op"]
        nested = tuple(self.expansions(inside, quoted))
        name = node["Param"]["Value"]
        if node.get("Short"):
            end = start + 1 + len(name)  # shfmt's includes half of a continuation behind it
        return (start, end, "parameter", name, operator, quoted, None, nested)


def _comments(node: Any, found: set[int]) -> set[int]:
    if isinstance(node, list):
        for child in node:
            _comments(child, found)
    elif isinstance(node, dict):
        if "Hash" in node:
            found.add(node["Hash"]["Offset"])
        for child in node.values():
            _comments(child, found)
    return found


def _shfmt(text: str, language: str) -> dict[str, Any] | str:
    assert _SHFMT is not None
    run = subprocess.run(
        [_SHFMT, "--to-json", "-ln", language],
        input=text.encode(errors="surrogateescape"),
        capture_output=True,
        check=False,
    )
    if run.returncode:
        return run.stderr.decode(errors="replace").strip()
    result: dict[str, Any] = json.loads(run.stdout)
    return result


_RUNTIME = re.compile(
    "must follow|must be followed by|not a valid arithmetic|ternary operator"
    "|reached (?!EOF).* without matching"
)
# Shfmt has a clause of its own for these, and takes no redirection in front of or within it, nor
# a quoted name; bash reads them like any command.
_DECLARATION = re.compile(r"\b(?:export|local|readonly|declare)\b")


# Shfmt begins a comment behind an expansion, and within some behind a quote; to the shells `$x#y`
# and `''#y` are words.
_COMMENT_INSIDE_WORD = re.compile(r"\$(?:[A-Za-z0-9_]+|[@*#?$!-])#|['\"`})]#")


def _only_shfmt_refuses(text: str, complaint: str) -> bool:
    """What every shell of the language accepts, and shfmt does not."""
    # Shells read what is in a sum, or behind the colon of `${x:…}`, when they run it.
    if _RUNTIME.search(complaint):
        return True
    # A here-document whose body begins inside a subshell or a group that its own line opened.
    if "unclosed here-document" in complaint:
        return True
    declared = "redirects before compound|must be separated|invalid var name"
    return re.search(declared, complaint) is not None and _DECLARATION.search(text) is not None


def compare(script: tree.Script, dialect: tree.Dialect) -> str | None:
    """How shfmt differs, if it does."""
    languages = ["bash"] if dialect == "bash" else ["posix", "bash"]
    complaints = []
    if _COMMENT_INSIDE_WORD.search(script.text):
        return None
    for language in languages:
        # `-ln posix` refuses `${x/a/b}` and the like, which dash reads (and fails on when it runs
        # them); there its reading as bash must be ours.
        found = _shfmt(script.text, language)
        if not isinstance(found, str):
            try:
                theirs = Theirs(script.text).items(found.get("Stmts"))
            except _QuirkError:
                return None
            ours = _our_items(script.items)
            # A backslash at the end of a comment is part of it; shfmt joins the next line.
            commented = (script.text[start:end] for start, end in script.comments)
            if any(comment.endswith("\\") for comment in commented):
                return None
            if ours != theirs:
                return _first_difference(ours, theirs)
            if script.text.isascii():
                comments = sorted(_comments(found, set()))
                if comments != [comment.start for comment in script.comments]:
                    return f"comments: {script.comments} / {comments}"
            return None
        complaints.append(found)
    return None if _only_shfmt_refuses(script.text, complaints[-1]) else " / ".join(complaints)


def _first_difference(ours: Any, theirs: Any) -> str:
    if isinstance(ours, tuple) and isinstance(theirs, tuple):
        for one, other in zip(ours, theirs, strict=False):
            if one != other:
                return _first_difference(one, other)
    return f"ours:   {ours}\ntheirs: {theirs}"


def _disagreements(texts: list[str], dialect: tree.Dialect) -> tuple[int, list[str]]:
    scripts = [
        script for text in texts if isinstance(script := read_script(text, dialect), tree.Script)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda script: compare(script, dialect), scripts))
    return len(scripts), [
        f"{script.text!r}\n{difference}"
        for script, difference in zip(scripts, found, strict=True)
        if difference is not None
    ]


@pytest.mark.parametrize("language", ["sh", "bash"])
def test_random_scripts_have_the_structure_shfmt_sees(language: Language) -> None:
    source = Scripts(20240229, language)
    texts = [source.script() for _ in range(some(1000))]
    texts += [source.damaged() for _ in range(some(800))]
    understood, differences = _disagreements(texts, language)
    assert differences == []
    assert understood > some(900)


#: Bytes that are no UTF-8.
_BYTES = re.compile("[\udc80-\udcff]")
_FROM = re.compile(
    r"\s*(?:ONBUILD\s+)?RUN\s+(?:--\S+\s+)*(?=[^\[\s])(.*)", re.DOTALL | re.IGNORECASE
)


def _runs(text: str) -> Iterator[str]:
    """Shell forms of RUN, found without a parser: no here-documents, no other escape character."""
    if "escape" in text[:200] or "<<" in text:
        return
    lines = (line for line in text.splitlines() if line.strip() and line.lstrip()[:1] != "#")
    joined = re.sub(r"\\[ \t]*\n", "", "\n".join(lines))
    for line in joined.split("\n"):
        if match := _FROM.fullmatch(line):
            yield match[1].rstrip()


def test_real_scripts_have_the_structure_shfmt_sees() -> None:
    files = [path.read_text("utf-8", errors="surrogateescape") for path in corpus_files()]
    # shfmt reads UTF-8 only
    texts = sorted({run for text in files for run in _runs(text) if not _BYTES.search(run)})
    assert len(texts) > 100
    dialects: tuple[tree.Dialect, ...] = ("sh", "bash")
    for dialect in dialects:
        understood, differences = _disagreements(texts, dialect)
        assert differences == []
        assert understood >= 0.97 * len(texts)
