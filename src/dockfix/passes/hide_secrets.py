"""Points out ARG and ENV whose names say that they hold a secret.

What it does: one note for each file, at the first such name, naming all of them. The words are
those of the builder's own check: `password`, `token`, `secret`, `key` and the like as the first or
last word of a name or between underscores, unless `public`, `file` or `version` stands there too.

Why: both are stored in the image's configuration and history, for whoever may pull it.

What it leaves alone: it never changes a file; `RUN --mount=type=secret` needs another command line
than the build has so far. An ENV with an empty value is a place for a secret, not one; the
fingerprint of a GPG key is none either.

Safety: a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.environment import environment
from dockfix.state.facts import Facts

_SECRET = lazy(
    r"(?:_|\A)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|\Z)",
    re.IGNORECASE,
)
_ALLOWED = lazy(r"(?:_|\A)(?:public|file|version)(?:_|\Z)", re.IGNORECASE)
_GPG = lazy(r"(?:_|\A)(?:gpg|pgp)(?:_|\Z)", re.IGNORECASE)
_FINGERPRINT = lazy(r"(?:0x)?[0-9A-Fa-f]{8,40}")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """One note for all of them."""
    found: dict[str, int] = {}
    for stage in facts.stages:
        for instruction in stage.instructions:
            if instruction.keyword not in ("ENV", "ARG"):
                continue
            for name, value in environment(instruction):
                if not _SECRET.search(name) or _ALLOWED.search(name) or name in found:
                    continue
                if _GPG.search(name) and _FINGERPRINT.fullmatch(value.replace(" ", "")):
                    continue
                if value or instruction.keyword == "ARG":
                    found[name] = instruction.keyword_offset
    if found:
        names = ", ".join(list(found)[:5]) + (", …" if len(found) > 5 else "")
        message = f"anyone who can pull the image can read {names}: use RUN --mount=type=secret"
        yield Group(min(found.values()), message, (), Safety.NOTE)


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF525",
    name="hide-secrets",
    summary="Point out secrets in ARG and ENV, which stay readable in the image",
    safety=Safety.NOTE,
    aliases=("SecretsUsedInArgOrEnv",),
    rewrite=rewrite,
    verify=verify,
)
