"""Whether an install could tell that a COPY above it has not happened yet.

Three answers: "" (it cannot, for sure), a reason for doubt (it hardly can, but what would prove it
cannot be seen), or None (it may).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from dockfix.context import Context
from dockfix.packages.manifests import lifecycle, reaches_out, runs_scripts
from dockfix.packages.reads import Reads
from dockfix.paths import UNTOLD, Copy, is_pattern, resolve, within
from dockfix.patterns import lazy

_SYSTEM = frozenset(
    (
        "",
        "bin",
        "boot",
        "dev",
        "etc",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "proc",
        "run",
        "sbin",
        "sys",
    )
)
#: Trees that installs write to, wherever they look like a place for an application.
_MAYBE_TAKEN = ("/opt/", "/go/", "/usr/src/")
_TAKEN = lazy(r"/(?:opt/(?:conda|venv|rh)|go/(?:pkg|bin)|usr/src/linux[^/]*)(?:/|$)")
_HOME_FILES = (
    ".bundle", ".bundlerc", ".cargo", ".config", ".curlrc", ".gem", ".gemrc", ".gitconfig",
    ".netrc", ".npmrc", ".pip", ".pydistutils.cfg", ".ssh", ".wgetrc", ".yarnrc", ".yarnrc.yml",
)  # fmt: skip
_PACKAGING = frozenset(
    ("setup.py", "setup.cfg", "vendor", "vendored", "package", "packages", "pkg", "patches",
     "scripts", "lib", "libs", "engines", "staging", "components", "wheel", "wheels", "wheelhouse",
     "deps", "dependencies", "plugins", "modules", "pipfile", "gemfile", "go.mod", "go.sum")
)  # fmt: skip
_PACKAGING_ENDS = (".toml", ".lock", ".gemspec", ".whl", ".tgz", ".gz")
#: Variables that lead a package manager, or what it starts, to files.
_LEADING = lazy(
    r"(?:PIP|UV|POETRY|PIPENV|NPM_CONFIG|npm_config|YARN|PNPM|BUNDLE|GEM|GO|RUBY|LD|GIT|SSL|PYENV"
    r"|RBENV|ASDF|NODE|PYTHON|XDG)_?\w*|HOME|ENV|BASH_ENV|CC|CFLAGS|LDFLAGS|\w*CERT\w*|\w*CA_BUNDLE",
)
#: How all of them begin that do not speak of certificates: most variables are told by this alone.
_LEADING_STARTS = (
    "PIP", "UV", "POETRY", "NPM_CONFIG", "npm_config", "YARN", "PNPM", "BUNDLE", "GEM", "GO",
    "RUBY", "LD", "GIT", "SSL", "PYENV", "RBENV", "ASDF", "NODE", "PYTHON", "XDG", "HOME", "ENV",
    "BASH_ENV", "CC", "CFLAGS",
)  # fmt: skip
_LEADS_NOWHERE = lazy(
    r"v?\d[\w.]*|true|false|yes|no|on|off|auto|production|development|silent|error|warn|info|utf-?8"
    r"|https?://\S*",
    re.IGNORECASE,
)
_NEVER_LEADS = lazy(r"\w*(?:_URL|_VERSION|_ENV|_HOST|_TOKEN|UNBUFFERED|BYTECODE)")


def doubt(
    copy: Copy,
    commands: Sequence[Reads],
    base: str,
    above: Sequence[Copy | None],
    environment: Iterable[tuple[str, str]],
    context: Context | None,
) -> str | None:
    """Why a script could tell that `copy` has not happened yet: see the module.

    `base` is the directory the script runs in, `above` are the COPYs that stay above it (None: one
    that is not understood), `environment` is what of the file's variables `may_lead`
    somewhere.
    """
    if not _lands_aside(copy, any(command.system for command in commands), context):
        return None
    doubts: list[str] = []
    for name, value in environment:
        if name == "PATH":
            entries = (resolve("/", entry) for entry in value.split(":") if entry[:1] == "/")
            if any(entry and copy.brings(entry, context) for entry in entries):
                return None
        elif _leads_to(copy, name, value, context) and not all(one.system for one in commands):
            doubts.append(f"{name} may lead to what it copies")
    for command in commands:
        answer = _doubt_of(copy, command, base, above, context)
        if answer is None:
            return None
        if answer:
            doubts.append(answer)
    return doubts[0] if doubts else ""


def may_lead(name: str, value: str) -> bool:
    """Whether a variable might tell an installer of files, in general."""
    return name == "PATH" or (
        (name.startswith(_LEADING_STARTS) or "CERT" in name or "CA_BUNDLE" in name)
        and _LEADING.fullmatch(name) is not None
        and not _NEVER_LEADS.fullmatch(name)
        and not _LEADS_NOWHERE.fullmatch(value)
    )


def _leads_to(copy: Copy, name: str, value: str, context: Context | None) -> bool:
    """Whether a variable might tell an installer of files that a COPY brings."""
    path = resolve("/", value) if value[:1] == "/" and ":" not in value else None
    return path is None or bool(copy.brings(path, context))


def _lands_aside(copy: Copy, system: bool, context: Context | None) -> bool:
    for landing in copy.landings(context):
        parts = landing.split("/")
        first, depth = (parts[1] if len(parts) > 1 else ""), len(parts) - 1
        if first in _SYSTEM:
            return False
        if landing.startswith(_MAYBE_TAKEN) and _TAKEN.match(landing):
            return False
        if landing[0] == "?":
            continue
        if first in ("opt", "srv", "mnt", "media", "tmp", "root", "home", "go") and depth < 2:
            return False
        if (first == "root" and parts[2][:1] == ".") or (first == "go" and parts[2] != "src"):
            return False
        if first == "usr" and (depth < 3 or parts[2] != "src"):
            return False
        if first == "var" and (system or depth < 2 or parts[2] not in ("www", "task", "app")):
            return False
        if first == "home" and (depth == 2 or parts[3][:1] == "."):
            files = _HOME_FILES if depth == 2 else ("",)
            if any(copy.brings(f"{landing}/{name}".rstrip("/"), context) for name in files):
                return False
    return True


def _doubt_of(
    copy: Copy,
    command: Reads,
    base: str,
    above: Sequence[Copy | None],
    context: Context | None,
) -> str | None:
    here = resolve(base, command.directory) if command.directory else base
    if here is None or (command.directory and not command.manifests):
        return None
    for tree in command.writes:
        path = resolve(here, tree)
        if path is None or (copy.brings(path, context) and not _elsewhere(path, copy)):
            return None
    for name in command.optional:
        path = resolve(here, name)
        brought = copy.brings(path, context) if path else {UNTOLD}
        if brought and not brought <= {_supplied(path, above, context)}:
            return None
    doubts = [*_manifest_doubts(copy, command, here, above, context)]
    if command.shadowed:
        doubts.append(_shadows(copy, here, context))
    if None in doubts:
        return None
    for name in command.updates:
        path = resolve(here, name)
        if path is None or copy.brings(path, context):
            doubts.append(f"{command.manager} may bring {name} up to date")
    return next((one for one in doubts if one), "")


def _elsewhere(path: str, copy: Copy) -> bool:
    """Whether a cache of the system is meant, and a COPY to a place below an unknown directory."""
    return copy.target[0] == "?" and path.startswith(("/var/", "/root/.", "/go/", "/root/go"))


def _manifest_doubts(
    copy: Copy, command: Reads, here: str, above: Sequence[Copy | None], context: Context | None
) -> Iterator[str | None]:
    for name in command.manifests:
        path = resolve(here, name)
        if path is None:
            yield None
            return
        brought = copy.brings(path, context)
        supply = _supplied(path, above, context)
        if brought and not brought <= {supply}:
            unseen = context is None and supply is not None and UNTOLD not in {supply, *brought}
            yield f"it may bring another {name}" if unseen else None
        text = context.read(supply) if context and supply and supply != UNTOLD else None
        if text is None:
            yield from _unseen(copy, command, here, path, name, context)
            continue
        if reaches_out(command.manager, name, text):
            yield None
        if command.scripts:
            yield _scripts(command, here, text, above, context)


def _supplied(
    path: str | None, above: Sequence[Copy | None], context: Context | None
) -> str | None:
    """The file of the context that lies at a path, as the COPYs above leave it; None: none does."""
    if path is None:
        return UNTOLD
    for copy in reversed(above):
        if copy is None:
            return UNTOLD
        named = copy.names(path, context)
        if named is not None:
            return named
        brought = copy.brings(path, context)
        if brought:
            return next(iter(brought)) if context and len(brought) == 1 else UNTOLD
    return None


def _is_packaging(name: str) -> bool:
    """Whether a file or folder is called as those are that manifests name."""
    name = name.lower()
    return (
        name in _PACKAGING
        or name.endswith(_PACKAGING_ENDS)
        or "requirements" in name
        or "constraints" in name
        or (name.startswith("package") and name.endswith(".json"))
        or (name.startswith("third") and name.endswith("party") and len(name) < 12)
    )


def _unseen(
    copy: Copy, command: Reads, here: str, path: str, name: str, context: Context | None
) -> Iterator[str | None]:
    """Why a manifest that cannot be read might name what a COPY brings."""
    around = (here, path.rpartition("/")[0])
    landings = copy.landings(context)
    if any(_is_packaging(part) for one in copy.sources for part in one.split("/")):
        yield None
    elif (
        command.manager != "pip"
        or any(source == "" or is_pattern(source) for source in copy.sources)
        or any(within(folder, landing) for folder in around for landing in landings)
    ):
        yield f"{name} cannot be read here, and may name what it copies"


def _scripts(
    command: Reads, here: str, text: str, above: Sequence[Copy | None], context: Context | None
) -> str | None:
    if lifecycle(text):
        return None
    lock = _supplied(resolve(here, "package-lock.json"), above, context)
    locked = context.read(lock) if context and lock and lock != UNTOLD else None
    if command.manager == "npm" and locked is not None and runs_scripts(locked) is None:
        return ""
    return "install scripts of packages may look at it"


def _shadows(copy: Copy, here: str, context: Context | None) -> str | None:
    """`python -m pip` finds modules in the current directory first."""
    for landing in copy.landings(context):
        if landing.rpartition("/")[0] == here:
            name = landing.rpartition("/")[2].partition(".")[0]
            if name in sys.stdlib_module_names or name in ("pip", "setuptools"):
                return None
        elif within(here, landing):
            if context is None:
                return "python -m pip finds modules in it"
            for name in (*sorted(sys.stdlib_module_names), "pip", "setuptools"):
                if copy.brings(f"{here}/{name}.py", context) or copy.brings(
                    f"{here}/{name}", context
                ):
                    return None
    return ""
