"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** Starts `dockfix lsp` for Dockerfiles. */
async function activate() {
  const settings = workspace.getConfiguration("dockfix");
  const server = {
    command: settings.get("command"),
    args: ["lsp", ...settings.get("options")],
  };
  const wanted = { documentSelector: [{ language: "dockerfile" }] };
  client = new LanguageClient("dockfix", "dockfix", server, wanted);
  await client.start();
}

/** Ends it. */
async function deactivate() {
  await client?.stop();
}

module.exports = { activate, deactivate };
