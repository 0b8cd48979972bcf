"""The language server in Debian's Neovim: what it applies and writes is what the command writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.command import ENVIRONMENT, dockfix_command

STRANGE = "# \x0c\x85\u2028 \U0001f600\n"
LINE = "RUN echo \U0001f600\xe9 && apk add a \\\n  b # \u2028\nCMD httpd -f\n"
NODE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD node \u2028a.js\n"
FILES = {
    "lines/Dockerfile": f"FROM alpine:3.20\n{STRANGE}{LINE}",
    "windows/Dockerfile": "FROM debian:12\r\nRUN apt-get update\r\nRUN apt-get install -y b a\r\n",
    "last/Dockerfile": "FROM alpine:3.20\nRUN apk add a",
    "node/Dockerfile": NODE,
    "node/.dockerignore": "dist\n",
    "node/package.json": '{"name": "a"}',
    "node/package-lock.json": '{"name": "a", "lockfileVersion": 3}',
}
SCRIPT = """
local command = vim.split(vim.env.SERVER, " ")
for _, name in ipairs(vim.split(vim.env.FILES, " ")) do
  vim.cmd("edit " .. name)
  local id = vim.lsp.start_client({
    name = "dockfix", cmd = command, root_dir = vim.fn.getcwd(),
  })
  vim.lsp.buf_attach_client(0, id)
  if not vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end) then
    error("no diagnostics for " .. name)
  end
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = {}, only = { "source.fixAll.dockfix" } }
  local answers = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 60000)
  local actions = answers[id].result
  vim.lsp.util.apply_workspace_edit(actions[1].edit, vim.lsp.get_client_by_id(id).offset_encoding)
  vim.cmd("wall")
  vim.lsp.stop_client(id)
end
"""


@pytest.mark.slow
def test_neovim_writes_what_the_command_writes(tmp_path: Path) -> None:
    program = shutil.which("nvim")
    assert program, "it takes Neovim: apt-get install neovim"
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        for name, text in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
    assert dockfix_command("--in-place", cwd=theirs).returncode == 0
    script = tmp_path / "script.lua"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [program, "--clean", "-n", "--headless", "-c", f"luafile {script}", "-c", "quitall!"],
        cwd=ours,
        env={
            **ENVIRONMENT,
            "SERVER": f"{sys.executable} -m dockfix lsp",
            "FILES": " ".join(name for name in FILES if name.endswith("/Dockerfile")),
        },
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name, text in FILES.items():
        written = (ours / name).read_bytes()
        # the editor ends the last line of every file that it writes
        expected = (theirs / name).read_bytes()
        assert written.rstrip(b"\n") == expected.rstrip(b"\n"), (name, done.stderr)
        if name.endswith("/Dockerfile"):
            assert written != text.encode(), name
    assert (ours / "node" / ".dockerignore").read_text() != "dist\n"
