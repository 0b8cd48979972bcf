"""Credentials as docker keeps them: config.json, stores and helpers, read by Docker's own library.

Its helpers are programs (`docker-credential-NAME`), which that library starts.
"""

from __future__ import annotations

from typing import Any

from dockfix.builds.registry.address import HUB
from dockfix.errors import RegistryError
from dockfix.records import Record


class Credentials(Record):
    """A user with a password, or a token that another token is to be had for."""

    user: str = ""
    password: str = ""
    identity_token: str = ""


def credentials_for(registry: str) -> Credentials | None:
    """What docker would log in with at a registry; None: as nobody. Raises RegistryError."""
    import docker.auth
    import docker.errors

    try:
        found: dict[str, Any] | None = docker.auth.load_config().resolve_authconfig(
            "" if registry == HUB else registry
        )
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise RegistryError(
            f"the credentials for {registry} cannot be read from docker's config.json: {error}"
        ) from error
    if not found:
        return None
    # the file has small letters, helpers have capitals
    known = {name.lower(): value or "" for name, value in found.items()}
    token = known.get("identitytoken", "")
    user, password = known.get("username", ""), known.get("password", "")
    return Credentials(user, password, token) if token or user else None
