"""Requests to one registry: its time limits, its retries, its tokens, and what its answers mean.

The Distribution API (opencontainers/distribution-spec) with the tokens of distribution/distribution
(`docs/spec/auth/token.md`). Only here does dockfix open connections.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urljoin, urlsplit

from dockfix.builds.registry.address import is_loopback
from dockfix.builds.registry.credentials import Credentials
from dockfix.errors import RegistryError
from dockfix.records import Record

#: A request is made so often before it counts as failed.
TRIES = 3
#: The longest that is waited because a registry asks for it, in seconds.
LONGEST_WAIT = 30.0
#: No manifest is larger (the specification's limit), nor is a page of tags much.
MOST_BYTES = 4 << 20
_CHALLENGE = r'(\w+)="([^"]*)"'
_MAY_PASS = (429, 500, 502, 503, 504)


class Answer(Record):
    """`headers` have small names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One registry. `registry` is its name for people, `base` the beginning of its addresses.

    `credentials` are asked for when it first wants some. `timeout` is that of each step of a
    request, in seconds.
    """

    def __init__(
        self,
        registry: str,
        base: str,
        credentials: Callable[[], Credentials | None],
        *,
        timeout: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import urllib3

        self.registry, self.base = registry, base
        self._credentials, self._sleep = credentials, sleep
        self._tokens: dict[str, str] = {}
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=timeout, read=timeout),
            # a header that says who asks is left out where a redirection leads to another host
            retries=urllib3.Retry(0, redirect=5),
        )

    def ask(
        self, method: str, path: str, scope: str, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An answer with status 200. `scope` is the repository. Raises RegistryError."""
        url = urljoin(self.base, path)
        sent = {**(headers or {}), **self._authorization(scope)}
        answer = self._request(method, url, sent)
        if answer.status == 401 and self._log_in(answer, scope):
            answer = self._request(method, url, {**sent, **self._authorization(scope)})
        if answer.status != 200:
            raise RegistryError(self._refusal(answer, scope))
        return answer

    def _authorization(self, scope: str) -> dict[str, str]:
        token = self._tokens.get(scope)
        return {"Authorization": token} if token else {}

    def _log_in(self, answer: Answer, scope: str) -> bool:
        """Gets what the registry asks for. False if it has been sent already, and is not enough."""
        if scope in self._tokens:
            return False
        kind, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        known = self._credentials()
        if kind.lower() == "basic" and known is not None and known.user:
            self._tokens[scope] = _basic(known)
        elif kind.lower() == "bearer":
            self._tokens[scope] = self._token(dict(re.findall(_CHALLENGE, rest)), scope, known)
        else:
            return False
        return True

    def _token(self, challenge: dict[str, str], scope: str, known: Credentials | None) -> str:
        realm = challenge.get("realm", "")
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.netloc.rpartition("@")[2])
        ):
            raise RegistryError(f"{self.registry} wants credentials sent unencrypted, to {realm!r}")
        fields = {
            "service": challenge.get("service", ""),
            "scope": challenge.get("scope") or f"repository:{scope}:pull",
        }
        headers: dict[str, str] = {}
        body: str | None = None
        if known is not None and known.identity_token:
            fields |= {
                "grant_type": "refresh_token",
                "refresh_token": known.identity_token,
                "client_id": "dockfix",
            }
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields)
        else:
            if known is not None:
                headers["Authorization"] = _basic(known)
            realm += ("&" if parts.query else "?") + urlencode(fields)
        answer = self._request("GET" if body is None else "POST", realm, headers, body)
        if answer.status != 200:
            raise RegistryError(self._refusal(answer, scope, known is not None))
        try:
            found = json.loads(answer.body)
            token = found.get("token") or found["access_token"]
        except (ValueError, KeyError, AttributeError) as error:
            raise RegistryError(f"{self.registry} gave no token that can be read") from error
        return f"Bearer {token}"

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None = None
    ) -> Answer:
        """An answer of any status. What may pass is tried again."""
        wait = 0.0
        for attempt in range(TRIES):
            if attempt:
                self._sleep(wait)
            try:
                answer = self._once(method, url, headers, body)
            except RegistryError:
                if attempt == TRIES - 1:
                    raise
                wait = float(attempt + 1)
                continue
            if answer.status not in _MAY_PASS:
                return answer
            asked = answer.headers.get("retry-after", "")
            wait = float(asked) if asked.isdecimal() else float(attempt + 1)
            if wait > LONGEST_WAIT:
                break
        return answer

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
        import urllib3

        try:
            response = self._pool.request(
                method, url, headers=dict(headers), body=body, preload_content=False
            )
            try:
                data = response.read(MOST_BYTES + 1)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            # a refused connection is a kind of time-out to urllib3
            refused = isinstance(reason, urllib3.exceptions.NewConnectionError)
            if isinstance(reason, urllib3.exceptions.TimeoutError) and not refused:
                raise RegistryError(f"{self.registry} does not answer in time") from error
            raise RegistryError(f"{self.registry} cannot be reached: {_plain(reason)}") from error
        if len(data) > MOST_BYTES:
            raise RegistryError(f"{self.registry} sends more than a manifest may have")
        return Answer(
            response.status, {name.lower(): one for name, one in response.headers.items()}, data
        )

    def _refusal(self, answer: Answer, scope: str, logged_in: bool | None = None) -> str:
        """What a status means, and what can be done."""
        status = answer.status
        if logged_in is None:
            logged_in = self._credentials() is not None
        if status in (401, 403):
            advice = (
                "the credentials that docker has for it are not accepted"
                if logged_in
                else f"log in with docker login {self.registry}"
            )
            return f"{self.registry} gives no access to {scope}: {advice}"
        if status == 404:
            return f"{self.registry} has no such image or tag"
        if status == 429:
            asked = answer.headers.get("retry-after", "")
            when = f"try again in {asked} s" if asked.isdecimal() else "try again later"
            return f"{self.registry} takes no more requests now: {when}"
        return f"{self.registry} answers with status {status}"


def _basic(known: Credentials) -> str:
    pair = f"{known.user}:{known.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _plain(reason: object) -> str:
    """The last part of an error's text: without the object that it speaks of."""
    return str(reason).rpartition(": ")[2] or type(reason).__name__
