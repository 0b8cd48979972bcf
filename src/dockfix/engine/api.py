"""The plain API of Docker's engine, for machines that have the engine's socket and no client.

`POST /build?version=2` builds with BuildKit. What needs a conversation with the client during the
build (secrets, SSH, named contexts, other builders) cannot be had this way and is refused.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from dockfix.engine.client import LABEL, OWN_NAME, Built, Hooks, Ran, Recipe, Stopped, run_name
from dockfix.engine.options import BuildOptions
from dockfix.engine.process import ANSWER
from dockfix.engine.progress import Progress
from dockfix.engine.trace import Trace
from dockfix.engine.transfer import write_context
from dockfix.errors import BuildFailed, EngineError

_DEFAULT = "unix:///var/run/docker.sock"
_WARM_UP = 2.0
#: What an engine answers when the program to start is not in the image.
_NO_PROGRAM = 400


class _Socket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Api:
    """See `dockfix.engine.client.Engine`."""

    starts = True

    def __init__(self, options: BuildOptions) -> None:
        for flag, given in (
            ("--secret", options.secret),
            ("--ssh", options.ssh),
            ("--build-context", options.build_context),
            ("--builder", options.builder),
        ):
            if given:
                raise EngineError(f"{flag} needs docker with buildx")
        self._options = options
        self._host = os.environ.get("DOCKER_HOST") or _DEFAULT
        self._run = run_name()
        self._numbers = count()
        self._images: list[str] = []
        self._containers: list[str] = []
        with self._asked("GET", "/_ping") as answer:
            builder = answer.getheader("Builder-Version")
            if answer.getheader("Libpod-API-Version"):
                raise EngineError("this socket is podman's, whose builds need podman itself")
        if builder != "2":
            raise EngineError(
                "this engine builds with its legacy builder, which ignores flags it does not "
                "know: an engine with BuildKit is needed (Docker 23 or later)"
            )

    def describe(self) -> str:
        return f"the API of docker {self._json('GET', '/version').get('Version', '?')}"

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks | None = None) -> Built:
        hooks = hooks or Hooks()
        name = f"{self._run}:{next(self._numbers)}"
        self._images.append(name)
        progress = Progress(hooks.on_step, hooks.on_line)
        start = time.monotonic()
        with tempfile.TemporaryFile(prefix="dockfix-") as file:
            write_context(recipe, file)
            file.seek(0)
            headers = {"Content-Type": "application/x-tar"}
            query = f"/build?{urlencode(self._query(name, fresh))}"
            try:
                with self._asked("POST", query, file, headers, self._options.timeout) as answer:
                    problem = _follow(answer, progress.line)
            except TimeoutError:
                reason = f"not built within {self._options.timeout} s (--timeout)"
                raise BuildFailed(reason, progress.failure()) from None
        if problem:
            raise BuildFailed(problem, progress.failure())
        return Built(name, time.monotonic() - start, progress.steps())

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        return [self._archive(images)]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        try:
            return self._ran(image, {"Entrypoint": ["sh"], "Cmd": ["-c", command]}, timeout)
        except EngineError:
            import shlex

            return self._ran(image, {"Entrypoint": shlex.split(command), "Cmd": []}, timeout)

    def stop(self, image: str, grace: float) -> Stopped:
        name = self._create(image, {})
        self._json("POST", f"/containers/{name}/start")
        time.sleep(_WARM_UP)
        running = self._json("GET", f"/containers/{name}/json")["State"]["Running"]
        start = time.monotonic()
        if running:
            self._json("POST", f"/containers/{name}/stop?t={grace:.0f}", timeout=grace + 60)
        seconds = time.monotonic() - start if running else 0.0
        status = self._json("GET", f"/containers/{name}/json")["State"]["ExitCode"]
        self._discard(name)
        return Stopped(seconds, status, not running)

    def remove(self, images: Sequence[str]) -> None:
        for image in images:
            self._images.remove(image)
            with self._asked("DELETE", f"/images/{quote(image)}?force=1", accept=404):
                pass

    def free(self) -> int | None:
        root = self._json("GET", "/info").get("DockerRootDir", "")
        if not self._host.startswith("unix:") or not os.path.isdir(root):
            return None
        return shutil.disk_usage(root).free

    def close(self) -> None:
        for name in tuple(self._containers):
            self._discard(name)
        self.remove(tuple(self._images))

    def _query(self, name: str, fresh: bool) -> dict[str, str]:
        options = self._options
        arguments = dict(one.partition("=")[::2] for one in options.build_arg)
        query = {
            "version": "2",
            "t": name,
            "dockerfile": OWN_NAME,
            "buildargs": json.dumps(arguments),
            "labels": json.dumps({LABEL: self._run}),
            "nocache": "1" if fresh or options.no_cache else "",
            "target": options.target or "",
            "platform": options.platform or "",
            "networkmode": options.network or "",
            "extrahosts": ",".join(options.add_host),
        }
        return {key: value for key, value in query.items() if value}

    def _ran(self, image: str, starts: dict[str, Any], timeout: float) -> Ran:
        name = self._create(image, starts)
        try:
            self._json("POST", f"/containers/{name}/start")
            try:
                done = self._json("POST", f"/containers/{name}/wait", timeout=timeout)
            except TimeoutError:
                return Ran(None, b"")
            streams = {1: b"", 2: b""}
            with self._asked("GET", f"/containers/{name}/logs?stdout=1&stderr=1") as answer:
                while len(header := answer.read(8)) == 8:
                    size = int.from_bytes(header[4:], "big")
                    streams[header[0]] += answer.read(size)
            return Ran(done["StatusCode"], streams[1] + streams[2])
        finally:
            self._discard(name)

    def _create(self, image: str, starts: dict[str, Any]) -> str:
        name = f"{self._run}-{next(self._numbers)}"
        host = {"NetworkMode": self._options.network} if self._options.network else {}
        body = {"Image": image, "Labels": {LABEL: self._run}, "HostConfig": host, **starts}
        self._containers.append(name)
        platform = f"&platform={quote(self._options.platform)}" if self._options.platform else ""
        self._json("POST", f"/containers/create?name={name}{platform}", body)
        return name

    def _discard(self, name: str) -> None:
        self._containers.remove(name)
        with self._asked("DELETE", f"/containers/{name}?force=1&v=1", accept=404):
            pass

    @contextmanager
    def _archive(self, images: Sequence[str]) -> Iterator[BinaryIO]:
        names = urlencode([("names", image) for image in images])
        with self._asked("GET", f"/images/get?{names}", timeout=None) as answer:
            yield answer

    def _json(
        self, method: str, path: str, body: object = None, timeout: float = ANSWER
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        with self._asked(method, path, data, headers, timeout) as answer:
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
            return found

    @contextmanager
    def _asked(
        self,
        method: str,
        path: str,
        body: bytes | BinaryIO | None = None,
        headers: dict[str, str] | None = None,
        timeout: float | None = ANSWER,
        accept: int = 0,
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer. Raises TimeoutError after a time-out in all, EngineError for a refusal."""
        connection = self._connection(timeout)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(timeout, expire) if timeout else None
        try:
            if timer is not None:
                timer.daemon = True
                timer.start()
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            if answer.status >= 400 and answer.status != accept:
                raise EngineError(_message(answer.read()))
            yield answer
        except (OSError, http.client.HTTPException) as error:
            if expired.is_set() or isinstance(error, TimeoutError):
                raise TimeoutError(f"no answer in {timeout or 0:g} s: {self._host}") from error
            reason = getattr(error, "strerror", None) or error
            raise EngineError(f"{self._host}: {reason}") from error
        finally:
            if timer is not None:
                timer.cancel()
            connection.close()

    def _connection(self, timeout: float | None) -> http.client.HTTPConnection:
        scheme, _, rest = self._host.partition("://")
        if scheme == "unix":
            return _Socket(rest, timeout)
        if scheme in ("tcp", "http") and not os.environ.get("DOCKER_TLS_VERIFY"):
            return http.client.HTTPConnection(rest.rstrip("/"), timeout=timeout)
        raise EngineError(f"an engine at {self._host} needs docker with buildx")


def _follow(answer: http.client.HTTPResponse, on_line: Callable[[str], None]) -> str:
    """Reads what is said of a build to its end; the engine's reason if it failed."""
    trace = Trace()
    problem = ""
    for line in answer:
        try:
            said = json.loads(line)
            if said.get("id") == "moby.buildkit.trace":
                for one in trace.lines(base64.b64decode(said["aux"])):
                    on_line(one)
        except (ValueError, KeyError):
            continue
        problem = said.get("error") or problem
    return problem


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace").strip() or "the engine refused without a reason"
