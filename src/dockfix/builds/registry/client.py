"""A registry that is really asked: what a tag means, in the Distribution API.

What it says of itself is not believed: a digest is that of the bytes that came, and a type that was
not asked for is refused. (Registries convert manifests for whoever asks without naming all types;
what they send then has another digest, by which nobody can pull it.)
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from dockfix.builds.registry.address import HUB, Address, address_of, is_loopback
from dockfix.builds.registry.credentials import Credentials, credentials_for
from dockfix.builds.registry.http import Answer, Connection
from dockfix.builds.registry.tags import fuller
from dockfix.errors import RegistryError
from dockfix.records import Record
from dockfix.state.registry import Pin

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
TYPES = (
    *INDEXES,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = {"Accept": ", ".join(TYPES)}
#: So many fuller tags are tried, and so many pages of tags are read.
MOST_TAGS = 40
MOST_PAGES = 60
#: The platform whose build date counts, if an index has it.
_USUAL = ("linux", "amd64")


class _Manifest(Record):
    kind: str
    digest: str
    content: dict[str, Any]


class Client:
    """A `Registry` that asks the registries themselves. It keeps its answers.

    `mirrors` are addresses (`https://mirror.example.org`) that are asked before Docker Hub, and for
    its images only. `min_age` is in days. `now` tells the time in seconds.
    """

    def __init__(
        self,
        mirrors: Sequence[str] = (),
        min_age: int = 0,
        *,
        timeout: float = 10.0,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
        connect: Callable[..., Connection] = Connection,
    ) -> None:
        self._mirrors = [one.rstrip("/") + "/" for one in mirrors]
        self._min_age, self._timeout, self._now = min_age, timeout, now
        self._connect = connect
        self._connections: dict[str, Connection] = {}
        self._known: dict[tuple[str, str], Pin] = {}

    def pin(self, name: str, tag: str) -> Pin:
        """What a tag means today. Raises RegistryError, which names the image."""
        tag = tag or "latest"
        if (name, tag) not in self._known:
            self._known[name, tag] = self._pin(name, tag)
        return self._known[name, tag]

    def _pin(self, name: str, tag: str) -> Pin:
        address = address_of(name)
        failed: RegistryError | None = None
        for base in self._bases(address):
            try:
                return self._ask(self._connection(base, address), address.repository, tag)
            except RegistryError as error:
                # what the last one says is what counts: the registry itself
                failed = error
        raise RegistryError(f"{name}:{tag} cannot be pinned: {failed}") from failed

    def _bases(self, address: Address) -> list[str]:
        own = f"{'http' if is_loopback(address.host) else 'https'}://{address.host}/"
        return [*self._mirrors, own] if address.registry == HUB else [own]

    def _connection(self, base: str, address: Address) -> Connection:
        if base not in self._connections:
            host = base.partition("://")[2].rstrip("/")
            name = address.registry if host == address.host else host

            def credentials() -> Credentials | None:
                return credentials_for(name)

            self._connections[base] = self._connect(name, base, credentials, timeout=self._timeout)
        return self._connections[base]

    def _ask(self, connection: Connection, repository: str, tag: str) -> Pin:
        manifest = self._manifest(connection, repository, tag)
        full = self._fuller(connection, repository, tag, manifest.digest)
        return Pin(full, manifest.digest, self._young(connection, repository, manifest))

    def _manifest(self, connection: Connection, repository: str, reference: str) -> _Manifest:
        answer = connection.ask(
            "GET", f"v2/{repository}/manifests/{reference}", repository, _ACCEPT
        )
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in TYPES:
            raise RegistryError(
                f"{connection.registry} sends {kind or 'something without a type'}, "
                "which is no image that can be pulled by its digest"
            )
        digest = "sha256:" + hashlib.sha256(answer.body).hexdigest()
        said = answer.headers.get("docker-content-digest", digest)
        for name in (said, reference):
            if name.startswith("sha256:") and name != digest:
                raise RegistryError(
                    f"{connection.registry} calls it {name}, but its content has the digest "
                    f"{digest}"
                )
        return _Manifest(kind, digest, _json(answer, connection.registry))

    def _fuller(self, connection: Connection, repository: str, tag: str, digest: str) -> str:
        """The fullest tag with this digest."""
        candidates = fuller(tag, self._tags(connection, repository))
        for candidate in islice(candidates, MOST_TAGS):
            path = f"v2/{repository}/manifests/{candidate}"
            # a HEAD is no pull, of which registries allow only so many
            try:
                answer = connection.ask("HEAD", path, repository, _ACCEPT)
            except RegistryError:
                continue
            said = answer.headers.get("docker-content-digest")
            if said is None:
                said = self._manifest(connection, repository, candidate).digest
            if said == digest:
                return candidate
        return tag

    def _tags(self, connection: Connection, repository: str) -> list[str]:
        found: list[str] = []
        path: str | None = f"v2/{repository}/tags/list?n=1000"
        for _ in range(MOST_PAGES):
            if path is None:
                break
            try:
                answer = connection.ask("GET", path, repository)
            except RegistryError:
                break  # some registries list no tags; the digest is what counts
            found += _json(answer, connection.registry).get("tags") or ()
            path = _next_page(answer)
        return found

    def _young(self, connection: Connection, repository: str, manifest: _Manifest) -> str:
        """Why an image is too young to be used; empty if it is old enough."""
        if not self._min_age:
            return ""
        if manifest.kind in INDEXES:
            members = [
                one for one in manifest.content["manifests"] if _platform(one)[0] != "unknown"
            ]
            members.sort(key=lambda one: _platform(one) != _USUAL)
            if not members:
                return "its age is not known"
            manifest = self._manifest(connection, repository, members[0]["digest"])
        config = manifest.content["config"]["digest"]
        answer = connection.ask("GET", f"v2/{repository}/blobs/{config}", repository)
        created = str(_json(answer, connection.registry).get("created"))
        try:
            day = datetime.datetime.fromisoformat(created)
        except ValueError:
            return "its age is not known"
        age = (self._now() - day).days
        if age >= self._min_age:
            return ""
        days = f"{age} day{'' if age == 1 else 's'}"
        return f"it was built {days} ago, and --min-age asks for {self._min_age}"


def _platform(member: dict[str, Any]) -> tuple[str, str]:
    platform = member.get("platform") or {}
    return platform.get("os", ""), platform.get("architecture", "")


def _json(answer: Answer, registry: str) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError as error:
        raise RegistryError(f"{registry} sends what is not JSON") from error
    if not isinstance(found, dict):
        raise RegistryError(f"{registry} sends what is no object of JSON")
    return found


def _next_page(answer: Answer) -> str | None:
    """The path of the next page of a list (RFC 8288), on the same registry."""
    target, _, relation = answer.headers.get("link", "").partition(">")
    if "next" not in relation or not target.startswith("<"):
        return None
    path = target[1:]
    return path.lstrip("/") if path.startswith("/") else None
