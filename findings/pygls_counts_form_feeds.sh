#!/usr/bin/env bash
# pygls counts lines as Python does, editors count them as the protocol says
#
# Package: pygls 2.1.1 with lsprotocol 2025.0.0 (Python); held against
#     vscode-languageserver-textdocument 1.0.12 (npm)
# One would expect: a line ends at \n, \r\n or \r. The Language Server Protocol says so, and pygls
#     is a library for that protocol.
# What happens: pygls cuts the text with str.splitlines, for which a form feed, a vertical tab,
#     U+0085, U+2028 and some more end a line, too. Below one of these every line has another number
#     than in the editor. An edit that the editor sends is applied at the wrong place, so the server
#     goes on with another text than the one on the screen.
# Seen (a comment holds a form feed; the edit replaces line 2, "RUN true"):
# | lines: vscode 3, pygls 4
# | after the edit, vscode: 'FROM debian:12\n# part one\x0c# part two\nRUN make'
# | after the edit, pygls: 'FROM debian:12\n# part one\x0cRUN makewo\nRUN true'
# Why it matters: such characters can come into Dockerfiles by copying from documents. A server on
#     pygls then marks the wrong lines and offers fixes that would spoil the file. Such a server
#     needs a count of lines of its own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
script=$(realpath "$0")
cd "$folder"
{
    python3 -m venv venv
    venv/bin/pip install pygls==2.1.1 lsprotocol==2025.0.0
    npm install --prefix node vscode-languageserver-textdocument@1.0.12
} > log 2>&1
printf 'FROM debian:12\n# part one\f# part two\nRUN true' > Dockerfile
cat > vscode.js <<'END'
const {TextDocument} = require("vscode-languageserver-textdocument");
const text = require("fs").readFileSync("Dockerfile", "utf8");
const document = TextDocument.create("file:///Dockerfile", "dockerfile", 1, text);
const range = {start: {line: 2, character: 0}, end: {line: 2, character: 8}};
console.log(document.lineCount);
process.stdout.write(TextDocument.update(document, [{range, text: "RUN make"}], 2).getText());
END
NODE_PATH=node/node_modules node vscode.js > by-vscode
venv/bin/python > seen <<'END'
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial
from pygls.workspace import TextDocument

count, after = open("by-vscode", newline="").read().split("\n", 1)
document = TextDocument("file:///Dockerfile", open("Dockerfile", newline="").read())
print(f"lines: vscode {count}, pygls {len(document.lines)}")
line = Range(Position(2, 0), Position(2, 8))
document.apply_change(TextDocumentContentChangePartial(range=line, text="RUN make"))
print("after the edit, vscode:", repr(after))
print("after the edit, pygls:", repr(document.source))
END
diff <(sed -n 's/^# | //p' "$script") seen
