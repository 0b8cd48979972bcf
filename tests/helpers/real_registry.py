"""Registries on this machine: Debian's docker-registry, and a tiny server for what it cannot do."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
#: bcrypt of `secret`: the only kind of password that docker-registry takes.
_PASSWORD = "user:$2b$05$lFofMQSfCrttHbg.sZaoEercaXjl5BuYLyrOdbYyT21JNi2GP2VOm\n"


def digest_of(data: bytes) -> str:
    """The digest of some bytes, as registries write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    """A running registry. `host` is its name in references."""

    def __init__(self, port: int, authorization: str = "") -> None:
        self.host = f"127.0.0.1:{port}"
        self._headers = {"Authorization": authorization} if authorization else {}

    def send(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Any:
        """Sends a request. Returns the answer."""
        url = path if path.startswith("http") else f"http://{self.host}{path}"
        headers = {**self._headers, "Content-Type": kind or "application/octet-stream"}
        request = urllib.request.Request(url, body or None, headers, method=method)
        return urllib.request.urlopen(request, timeout=10)

    def blob(self, name: str, data: bytes) -> dict[str, Any]:
        """Uploads a blob. Returns what a manifest says of it."""
        with self.send("POST", f"/v2/{name}/blobs/uploads/") as answer:
            where = answer.headers["Location"]
        sign = "&" if "?" in where else "?"
        self.send("PUT", f"{where}{sign}digest={digest_of(data)}", data).close()
        return {"digest": digest_of(data), "size": len(data)}

    def image(
        self, name: str, *tags: str, kind: str = OCI_MANIFEST, created: str = "2026-01-01T00:00:00Z"
    ) -> dict[str, Any]:
        """Uploads an image for one platform, whose only content is its date."""
        oci = kind == OCI_MANIFEST
        config = self.blob(name, json.dumps({"created": created, "os": "linux"}).encode())
        config["mediaType"] = (
            "application/vnd.oci.image.config.v1+json"
            if oci
            else "application/vnd.docker.container.image.v1+json"
        )
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
        return self.put(name, json.dumps(manifest).encode(), kind, *tags)

    def index(
        self, name: str, *tags: str, kind: str = OCI_INDEX, created: str = "2026-01-01T00:00:00Z"
    ) -> dict[str, Any]:
        """Uploads an image for two platforms."""
        below = OCI_MANIFEST if kind == OCI_INDEX else DOCKER_MANIFEST
        members = []
        for number, architecture in enumerate(("arm64", "amd64")):
            # two images of different content
            date = created.replace("00:00Z", f"00:0{number}Z")
            member = self.image(name, kind=below, created=date)
            members.append({**member, "platform": {"os": "linux", "architecture": architecture}})
        manifest = {"schemaVersion": 2, "mediaType": kind, "manifests": members}
        return self.put(name, json.dumps(manifest).encode(), kind, *tags)

    def put(self, name: str, data: bytes, kind: str, *tags: str) -> dict[str, Any]:
        """Uploads a manifest under its tags, or its digest alone."""
        for tag in tags or (digest_of(data),):
            self.send("PUT", f"/v2/{name}/manifests/{tag}", data, kind).close()
        return {"digest": digest_of(data), "size": len(data), "mediaType": kind}


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def real_registry(folder: Path, auth: str = "", authorization: str = "") -> Iterator[Registry]:
    """Debian's docker-registry with its files in a folder; `auth` is that part of its settings."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs Debian's docker-registry")
    port = free_port()
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n{auth}"
    )
    environment = {"PATH": "/usr/bin:/bin", "OTEL_TRACES_EXPORTER": "none"}
    process = subprocess.Popen(
        [program, "serve", settings], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Registry(port, authorization)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def with_password(folder: Path) -> Iterator[Registry]:
    """The real registry, for a user `user` with the password `secret`."""
    (folder / "passwords").write_text(_PASSWORD)
    auth = f"auth: {{htpasswd: {{realm: test, path: {folder}/passwords}}}}\n"
    basic = "Basic " + base64.b64encode(b"user:secret").decode()
    with real_registry(folder, auth, basic) as one:
        yield one


Answering = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def tiny_server(answer: Answering) -> Iterator[str]:
    """A server that answers as it is told: its host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_HEAD = do_POST = do_GET  # noqa: N815  # the names that the server asks for

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Sends an answer. Names of headers have `_` for `-`."""
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)
