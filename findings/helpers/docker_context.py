"""The files that Docker's own client sends for a build, for findings to hold others against.

Takes the client's path and a folder with a Dockerfile; prints the names, sorted, on one line. The
client speaks to this program instead of an engine, over a socket in a temporary folder.
"""

import http.server
import io
import os
import socketserver
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    names: tuple[str, ...] = ()

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        self.answer(b"{}")

    def do_POST(self) -> None:  # only /build; the context comes in chunks
        context = io.BytesIO()
        while size := int(self.rfile.readline(), 16):
            context.write(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        context.seek(0)
        with tarfile.open(fileobj=context) as archive:
            Handler.names = tuple(sorted(file.name for file in archive if file.isfile()))
        self.answer(b'{"stream": "sent"}\n')


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        return super().get_request()[0], ("client", 0)


def main(client: str, context: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder + "/socket", Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = {"DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_CONFIG": folder}
        subprocess.run(
            [client, "build", "--quiet", context],
            env=os.environ | host | {"DOCKER_BUILDKIT": "0"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        server.shutdown()
    print(*Handler.names)


main(sys.argv[1], Path(sys.argv[2]))
