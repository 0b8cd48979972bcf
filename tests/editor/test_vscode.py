"""The extension for VS Code: what it says of itself, and what it starts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import dockfix
from dockfix.cli.lsp import LSP

FOLDER = Path(__file__).parents[2] / "src" / "vscode"

#: Node without an editor: the modules that VS Code and npm bring say what they are asked for.
RUN = """
const Module = require("module");
const said = [];
const settings = { "dockfix.command": "dockfix", "dockfix.options": ["--formatting"] };
class LanguageClient {
  constructor(...given) { said.push(given); }
  async start() { said.push("start"); }
  async stop() { said.push("stop"); }
}
const stands = {
  vscode: { workspace: { getConfiguration: (name) => ({
    get: (key) => settings[`${name}.${key}`],
  }) } },
  "vscode-languageclient/node": { LanguageClient },
};
const load = Module._load;
Module._load = (name, ...rest) => stands[name] ?? load(name, ...rest);
const extension = require(process.argv[1]);
extension.activate().then(extension.deactivate).then(() => console.log(JSON.stringify(said)));
"""


def test_the_extension_has_the_version_of_the_program() -> None:
    said = json.loads((FOLDER / "package.json").read_text())
    assert said["version"] == re.sub(r"[^0-9.].*", "", dockfix.__version__)
    assert (FOLDER / said["main"]).is_file()
    settings = said["contributes"]["configuration"]["properties"]
    readme = (FOLDER / "README.md").read_text()
    source = (FOLDER / "extension.js").read_text()
    for name in settings:
        assert f"`{name}`" in readme
        assert f'get("{name.removeprefix("dockfix.")}")' in source
    # a folder that somebody else wrote must not say which program is started
    assert settings["dockfix.command"]["scope"] == "machine"
    flags = {row.flag for row in LSP.table if row.flag}
    assert set(re.findall(r"--[a-z][a-z-]+", readme + str(settings))) <= flags


def test_the_extension_starts_the_server_for_dockerfiles() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("it takes Node.js")
    done = subprocess.run(
        [node, "-e", RUN, str(FOLDER / "extension.js")], capture_output=True, text=True, check=True
    )
    (*made, wanted), *then = json.loads(done.stdout)
    assert made == ["dockfix", "dockfix", {"command": "dockfix", "args": ["lsp", "--formatting"]}]
    languages = [one["language"] for one in wanted["documentSelector"]]
    assert languages == ["dockerfile", "dockercompose", "yaml", "markdown"]
    # of other YAML the server would say nothing
    assert [one["language"] for one in wanted["documentSelector"] if "pattern" in one] == ["yaml"]
    assert then == ["start", "stop"]
