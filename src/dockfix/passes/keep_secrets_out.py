"""A COPY that brings secrets into the image is pointed out.

What it does: sources of COPY and ADD that are called as files with passwords or keys are (`.env`,
`id_rsa`, `.netrc`, `.aws/credentials`), keys in `*.pem` and `*.key`, and an `.npmrc` or `.pypirc`
that holds a token. Of a directory, what lies at its top and where such files lie by custom.

Why: whoever gets the image gets the secret, from the layer that brought it even if a later one
removes it.

What it leaves alone: examples (`.env.example`), certificates without a private key, settings whose
token is a variable, and what .dockerignore leaves out; the depths of directories, which would take
too long; test keys nobody can tell from others are pointed out all the same.

Safety: a note. Nothing is changed: the program may need the file, and has to get it by another
way, `RUN --mount=type=secret` while it is built, a mounted file or a variable when it starts.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.context.ignore_names import DEFAULT
from dockfix.context.sources import expanded, is_wild, sources_of
from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

#: Names that say enough, how such a name may end, and what follows `.env` in the name of a file
#: that is there to be read.
_NAMES = frozenset(
    (".env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pgpass",
     ".git-credentials", ".htpasswd", "master.key")
)  # fmt: skip
_ENDINGS = (".p12", ".pfx", ".kdbx")
_OPEN = (".example", ".sample", ".template", ".dist", ".test")
_DEFAULTS = (".env.default", ".env.defaults")
#: Names of files that may hold one, and how it looks inside.
_PERHAPS = lazy(r"[\w.-]+\.(?:pem|key)|\.npmrc|\.yarnrc\.yml|\.pypirc|pip\.conf")
_INSIDE = lazy(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|(?:_authToken|_password|_auth|npmAuthToken|npmAuthIdent)"
    r"\s*[=:]\s*[\"']?[^\s$\"'{]|^\s*password\s*[=:]\s*[^\s$%{]|://[^\s/:@$]+:[^\s/@${]+@"
)
_BY_CUSTOM = (".aws/credentials", ".ssh/id_rsa", ".ssh/id_ed25519", "config/master.key")
_HEAD = 4_000
_MOST_NAMED = 3


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A note for each instruction that brings secrets no other one above it brings."""
    told: set[str] = set()
    for instruction in facts.instructions:
        if instruction.keyword not in ("COPY", "ADD"):
            continue
        found = {
            path: None
            for source in sources_of(instruction)
            if source is not None
            for path in _secrets(source, settings.context)
            if path not in told
        }
        if found:
            told.update(found)
            names = list(found)
            listed = ", ".join(names[:_MOST_NAMED])
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            whole = any(name not in sources_of(instruction) for name in names)
            ignore_file = settings.context.ignore_file if settings.context else DEFAULT
            advice = f"add a line to {ignore_file}" if whole else "use RUN --mount=type=secret"
            message = f"anyone who can pull the image can read {listed}{more}: {advice}"
            yield Group(instruction.keyword_offset, message, (), Safety.NOTE)


def _secrets(source: str, context: Context | None) -> Iterator[str]:
    """The files that a source brings and that are called as secrets are, or hold one."""
    if context is None:
        if source and not is_wild(source) and _is_of_a_secret(source.rpartition("/")[2]):
            yield source
        return
    for path in expanded(source, context) if is_wild(source) else (source,):
        if context.kind(path) == "file":
            if _is_secret(path, context):
                yield path
            continue
        names = (*(context.entries(path) or ()), *_BY_CUSTOM)
        for name in names:
            inside = f"{path}/{name}".lstrip("/")
            if _may_be(name) and context.kind(inside) == "file" and _is_secret(inside, context):
                yield inside


def _is_of_a_secret(name: str) -> bool:
    if name in _NAMES or name.endswith(_ENDINGS):
        return True
    return (
        name.startswith(".env.")
        and name.count(".") == 2
        and not name.startswith(_OPEN, len(".env"))
        and name not in _DEFAULTS
    )


def _may_be(path: str) -> bool:
    name = path.rpartition("/")[2]
    return _is_of_a_secret(name) or _PERHAPS.fullmatch(name) is not None or (path in _BY_CUSTOM)


def _is_secret(path: str, context: Context) -> bool:
    name = path.rpartition("/")[2]
    if _is_of_a_secret(name) or path.endswith(_BY_CUSTOM):
        return True
    text = context.head(path, _HEAD) if _PERHAPS.fullmatch(name) else None
    return text is not None and any(_INSIDE.search(line) for line in text.splitlines())


def verify(before: Facts, after: Facts) -> str | None:
    """Nothing changes."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF505",
    name="keep-secrets-out",
    summary="Point out secrets that are copied into the image",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
