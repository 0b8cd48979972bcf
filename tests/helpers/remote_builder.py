"""A BuildKit elsewhere: a port that leads to the BuildKit inside of an engine.

An engine with the image store of containerd hands its BuildKit out by HTTP, at `/grpc`. What
connects to the port is led there, so `docker buildx create --driver remote tcp://HOST:PORT` makes a
builder of it that knows nothing of the engine it is used from.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

_UPGRADE = b"POST /grpc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


class RemoteBuilder:
    """The BuildKit of the engine at a socket, on a port of loopback. A context manager."""

    def __init__(self, engine: Path) -> None:
        self.connections = 0
        self._engine = engine
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> RemoteBuilder:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listening, *self._open):
            _end(one)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            server = self._connected()
            self._open += (client, server)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()

    def _connected(self) -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self._engine))
        server.sendall(_UPGRADE)
        answer = b""
        # not a byte more: what follows belongs to the client
        while not answer.endswith(b"\r\n\r\n"):
            byte = server.recv(1)
            if not byte:
                break
            answer += byte
        assert b" 101 " in answer.splitlines()[0], answer
        return server


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def _end(one: socket.socket) -> None:
    """Ends a socket, and the call that waits for it in another thread."""
    with suppress(OSError):  # the other side was faster
        one.shutdown(socket.SHUT_RDWR)
    one.close()
