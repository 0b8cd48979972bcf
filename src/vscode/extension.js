"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** Dockerfiles, and the files that may have some inside. */
const files = [
  { language: "dockerfile" },
  { language: "dockercompose" },
  { language: "yaml", pattern: "**/{docker-compose,compose}*.{yml,yaml}" },
  { language: "markdown" },
];

/** Starts `dockfix lsp`. */
async function activate() {
  const settings = workspace.getConfiguration("dockfix");
  const server = {
    command: settings.get("command"),
    args: ["lsp", ...settings.get("options")],
  };
  const wanted = { documentSelector: files };
  client = new LanguageClient("dockfix", "dockfix", server, wanted);
  await client.start();
}

/** Ends it. */
async function deactivate() {
  await client?.stop();
}

module.exports = { activate, deactivate };
