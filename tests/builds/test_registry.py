"""What tags mean, asked of a real registry, and of a tiny server for what that one never does."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.builds.registry.client import Client
from dockfix.errors import RegistryError
from dockfix.passes.base import Settings
from helpers.command import dockfix_command
from helpers.real_registry import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Registry,
    digest_of,
    free_port,
    real_registry,
    reply,
    tiny_server,
    with_password,
)

pytestmark = pytest.mark.slow
NOW = datetime.datetime(2026, 1, 11, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's configuration of these tests: a folder of its own."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that everybody may read."""
    with real_registry(tmp_path_factory.mktemp("public")) as one:
        yield one


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that wants a password."""
    with with_password(tmp_path_factory.mktemp("closed")) as one:
        one.image("team/app", "1.0", "1")
        yield one


def client(**settings: object) -> Client:
    return Client(timeout=1.0, now=lambda: NOW, **settings)  # type: ignore[arg-type]


def log_in(folder: Path, host: str, password: str) -> None:
    """Writes what `docker login` writes."""
    pair = base64.b64encode(f"user:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": pair}}}))


def test_a_tag_gets_its_full_version_and_the_digest_of_its_index(public: Registry) -> None:
    public.index("lang", "3.9.2", "3.9", created="2025-01-01T00:00:00Z")
    # not in any order: registries promise none, and 3.10 is later than 3.9
    newest = public.index("lang", "3.10.1", "3.10", "3", "latest", created="2025-06-01T00:00:00Z")
    slim = public.index("lang", "3.10.1-slim", "3-slim", "slim", created="2025-07-01T00:00:00Z")
    public.index("lang", "4.0.0-rc1", created="2025-08-01T00:00:00Z")
    ask = client()
    name = f"{public.host}/lang"
    for tag in ("", "latest", "3", "3.10"):
        assert ask.pin(name, tag) == ("3.10.1", newest["digest"], "")
    for tag in ("slim", "3-slim"):
        assert ask.pin(name, tag) == ("3.10.1-slim", slim["digest"], "")
    assert ask.pin(name, "4.0.0-rc1").tag == "4.0.0-rc1"


def test_a_suite_gets_its_date(public: Registry) -> None:
    public.index("suite", "bookworm-20250101", created="2025-01-01T00:00:00Z")
    today = public.index("suite", "bookworm-20250601", "bookworm", created="2025-06-01T00:00:00Z")
    found = client().pin(f"{public.host}/suite", "bookworm")
    assert found == ("bookworm-20250601", today["digest"], "")


def test_a_tag_whose_full_version_is_another_image_stays(public: Registry) -> None:
    public.index("moved", "1.2", created="2025-01-01T00:00:00Z")
    newer = public.index("moved", "1", created="2025-06-01T00:00:00Z")
    assert client().pin(f"{public.host}/moved", "1") == ("1", newer["digest"], "")


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_LIST])
def test_all_four_types_are_pinned_as_they_are(public: Registry, kind: str) -> None:
    make = public.image if kind in (OCI_MANIFEST, DOCKER_MANIFEST) else public.index
    made = make(f"kind-{len(kind)}", "1", kind=kind)
    assert client().pin(f"{public.host}/kind-{len(kind)}", "1").digest == made["digest"]


def test_an_image_that_is_too_young_says_so(public: Registry) -> None:
    public.index("young", "1", created="2026-01-09T00:00:00Z")
    name = f"{public.host}/young"
    assert client(min_age=7).pin(name, "1").young == (
        "it was built 1 day ago, and --min-age asks for 7"
    )
    assert not client(min_age=1).pin(name, "1").young
    assert not client().pin(name, "1").young


def test_what_is_not_there_is_said_with_its_name(public: Registry) -> None:
    with pytest.raises(RegistryError, match=r"/none:1 cannot be pinned: .* no such image or tag"):
        client().pin(f"{public.host}/none", "1")


def test_a_password_is_taken_from_dockers_configuration(
    closed: Registry, nobody_is_logged_in: Path
) -> None:
    name = f"{closed.host}/team/app"
    with pytest.raises(RegistryError, match=f"log in with docker login {closed.host}"):
        client().pin(name, "1")
    log_in(nobody_is_logged_in, closed.host, "wrong")
    with pytest.raises(RegistryError, match="the credentials that docker has for it are not acc"):
        client().pin(name, "1")
    log_in(nobody_is_logged_in, closed.host, "secret")
    assert client().pin(name, "1").tag == "1.0"


def test_a_password_is_taken_from_a_helper(
    closed: Registry, nobody_is_logged_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = nobody_is_logged_in / "docker-credential-test"
    helper.write_text('#!/bin/sh\necho \'{"Username": "user", "Secret": "secret"}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{nobody_is_logged_in}:/usr/bin:/bin")
    settings = {"credHelpers": {closed.host: "test"}}
    (nobody_is_logged_in / "config.json").write_text(json.dumps(settings))
    assert client().pin(f"{closed.host}/team/app", "1").tag == "1.0"
    helper.write_text("#!/bin/sh\necho broken; exit 1\n")
    with pytest.raises(RegistryError, match=r"credentials for .* cannot be read"):
        client().pin(f"{closed.host}/team/app", "1")


def test_a_file_is_rewritten_by_the_command(public: Registry, tmp_path: Path) -> None:
    made = public.index("tool", "2.5.1", "2")
    path = tmp_path / "Dockerfile"
    path.write_text(f"FROM {public.host}/tool:2\n")
    done = dockfix_command("--in-place", "--select", "pin-base", str(path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert path.read_text() == f"FROM {public.host}/tool:2.5.1@{made['digest']}\n"
    again = dockfix_command("--diff", "--select", "pin-base", str(path), cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, b"")


def test_a_digest_is_made_anew_on_demand(public: Registry, tmp_path: Path) -> None:
    made = public.index("anew", "1.0")
    path = tmp_path / "Dockerfile"
    old = f"FROM {public.host}/anew:1.0@sha256:{'0' * 64}\n"
    path.write_text(old)
    dockfix_command("--in-place", "--select", "pin-base", str(path), cwd=tmp_path)
    assert path.read_text() == old
    dockfix_command("--in-place", "--select", "pin-base", "--refresh", str(path), cwd=tmp_path)
    assert path.read_text() == f"FROM {public.host}/anew:1.0@{made['digest']}\n"


def test_nobody_there_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    host = f"127.0.0.1:{free_port()}"
    path.write_text(f"FROM {host}/a:1\n")
    done = dockfix_command("--in-place", "--select", "pin-base", str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert (
        f"Dockerfile:1: {host}/a:1 cannot be pinned: {host} cannot be reached"
        in done.stderr.decode()
    )
    assert path.read_text() == f"FROM {host}/a:1\n"


def test_no_connection_is_opened_unless_the_pass_is_selected() -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        one.settimeout(0.5)
        host = f"127.0.0.1:{one.getsockname()[1]}"
        source = f"FROM {host}/a:1\n"
        result = rewrite(source, unsafe_fixes=True, settings=Settings(registry=Client()))
        assert not result.changed
        with pytest.raises(TimeoutError):
            one.accept()


# What a real registry cannot be made to do.

MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()


def manifest(handler: BaseHTTPRequestHandler, kind: str = OCI_MANIFEST, **headers: str) -> None:
    """Answers as a registry with one image under every tag."""
    if "/tags/list" in handler.path:
        reply(handler, 200, b'{"tags": ["1"]}')
    else:
        reply(handler, 200, MANIFEST, Content_Type=kind, **headers)


def test_a_token_is_asked_for_where_the_registry_says(nobody_is_logged_in: Path) -> None:
    """The real one needs a server of tokens, too, and certificates for it."""
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent = handler.headers.get("Authorization", "")
        if handler.path.startswith("/token"):
            asked.append(f"{sent.partition(' ')[0]} {handler.path}")
            reply(handler, 200, b'{"token": "good"}')
        elif sent == "Bearer good":
            manifest(handler)
        else:
            realm = f"http://{handler.headers['Host']}/token"
            challenge = f'Bearer realm="{realm}",service="s",scope="repository:a/b:pull"'
            reply(handler, 401, WWW_Authenticate=challenge)

    with tiny_server(answer) as host:
        assert client().pin(f"{host}/a/b", "1").digest == digest_of(MANIFEST)
        assert asked == [" /token?service=s&scope=repository%3Aa%2Fb%3Apull"]
        log_in(nobody_is_logged_in, host, "secret")
        client().pin(f"{host}/a/b", "1")
        assert asked[1].startswith("Basic ")


def test_credentials_go_nowhere_unencrypted(nobody_is_logged_in: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        challenge = 'Bearer realm="http://tokens.example.org/",service="s"'
        reply(handler, 401, WWW_Authenticate=challenge)

    with tiny_server(answer) as host:
        log_in(nobody_is_logged_in, host, "secret")
        with pytest.raises(RegistryError, match="credentials sent unencrypted"):
            client().pin(f"{host}/a", "1")


def test_too_many_requests_are_waited_for_as_asked() -> None:
    times: list[float] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        if len(times) == 1:
            reply(handler, 429, Retry_After="1")
        else:
            manifest(handler)

    with tiny_server(answer) as host:
        assert client().pin(f"{host}/a", "1").digest == digest_of(MANIFEST)
    assert times[1] - times[0] >= 0.9


def test_a_long_wait_is_left_to_the_user() -> None:
    begun = time.monotonic()
    with (
        tiny_server(lambda handler: reply(handler, 429, Retry_After="3600")) as host,
        pytest.raises(RegistryError, match="no more requests now: try again in 3600 s"),
    ):
        client().pin(f"{host}/a", "1")
    assert time.monotonic() - begun < 5


def test_who_does_not_answer_is_given_up() -> None:
    with (
        tiny_server(lambda handler: time.sleep(3)) as host,
        pytest.raises(RegistryError, match="does not answer in time"),
    ):
        Client(timeout=0.2).pin(f"{host}/a", "1")


def test_a_dropped_connection_is_tried_again() -> None:
    calls: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        calls.append(handler.path)
        if len(calls) == 1:
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            manifest(handler)

    with tiny_server(answer) as host:
        assert client().pin(f"{host}/a", "1").digest == digest_of(MANIFEST)


def test_a_type_that_was_not_asked_for_is_refused() -> None:
    old = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    with (
        tiny_server(lambda handler: manifest(handler, old)) as host,
        pytest.raises(RegistryError, match="which is no image that can be pulled by its dig"),
    ):
        client().pin(f"{host}/a", "1")


def test_a_digest_that_is_not_that_of_the_content_is_refused() -> None:
    said = {"Docker_Content_Digest": f"sha256:{'0' * 64}"}
    with (
        tiny_server(lambda handler: manifest(handler, **said)) as host,
        pytest.raises(RegistryError, match="its content has the digest"),
    ):
        client().pin(f"{host}/a", "1")


def test_tags_come_in_pages_and_without_order() -> None:
    """The real one sorts its tags."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("/tags/list?n=1000"):
            reply(handler, 200, b'{"tags": ["9", "latest"]}', Link='</v2/a/more>; rel="next"')
        elif handler.path.endswith("/more"):
            reply(handler, 200, b'{"tags": ["9.10.2", "9.9.1", "9.10"]}')
        else:
            digest = digest_of(MANIFEST)
            reply(handler, 200, MANIFEST, Content_Type=OCI_INDEX, Docker_Content_Digest=digest)

    with tiny_server(answer) as host:
        assert client().pin(f"{host}/a", "9").tag == "9.10.2"


def test_a_mirror_is_asked_before_docker_hub() -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        manifest(handler)

    with tiny_server(answer) as host:
        mirrored = client(mirrors=[f"http://{host}"])
        assert mirrored.pin("python", "1").digest == digest_of(MANIFEST)
    assert asked[0] == "/v2/library/python/manifests/1"
