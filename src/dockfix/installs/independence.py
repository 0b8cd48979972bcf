"""Whether an install could tell that a COPY above it has not happened yet, and what it misses then.

With the build context at hand, the files that an install reads are told by its manager's rules; the
COPY may go below if these are copied by themselves. Without it, names have to do: of a COPY, where
it lands and what its sources are called, of an install, what it is known to read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dockfix.context import Context
from dockfix.installs.surroundings import Answer, Surroundings, supplied
from dockfix.managers import manager_of
from dockfix.managers.manifests.shape import Reads, UnsureError
from dockfix.shell.patterns import lazy
from dockfix.state.paths import UNTOLD, Copy, is_pattern, resolve, within

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
    r"|RBENV|ASDF|NODE|PYTHON|XDG|APT|CARGO|COMPOSER|CONDA|CURL|DEBCONF|DOTNET|DPKG|GRADLE|HEX"
    r"|MAVEN|MIX|NUGET|RUSTUP|WGET)_?\w*|GNUPGHOME|NETRC|HOME|ENV|BASH_ENV|CC|CFLAGS|LDFLAGS|\w*CERT\w*|\w*CA_BUNDLE",
)
#: How all of them begin that do not speak of certificates: most variables are told by this alone.
_LEADING_STARTS = (
    "PIP", "UV", "POETRY", "NPM_CONFIG", "npm_config", "YARN", "PNPM", "BUNDLE", "GEM", "GO",
    "RUBY", "LD", "GIT", "SSL", "PYENV", "RBENV", "ASDF", "NODE", "PYTHON", "XDG", "HOME", "ENV",
    "BASH_ENV", "CC", "CFLAGS", "APT", "CARGO", "COMPOSER", "CONDA", "CURL", "DEBCONF", "DOTNET",
    "DPKG", "GRADLE", "HEX", "MAVEN", "MIX", "NUGET", "RUSTUP", "WGET", "GNUPGHOME", "NETRC",
)  # fmt: skip
#: Of asdf, mise, proto, nodenv and fnm, pyenv, rbenv, goenv and jenv (their own documents).
_VERSION_FILES = (".tool-versions", "mise.toml", ".mise.toml", ".prototools")
_LEADS_NOWHERE = lazy(
    r"v?\d[\w.]*|true|false|yes|no|on|off|auto|production|development|silent|error|warn|info|utf-?8"
    r"|https?://\S*",
    re.IGNORECASE,
)
_NEVER_LEADS = lazy(
    r"GIT(?:HUB|LAB)_\w+|\w*(?:_URL|_VERSION|_ENV|_HOST|_TOKEN|UNBUFFERED|BYTECODE)"
)


def judge(copy: Copy, commands: Sequence[Reads], around: Surroundings) -> Answer:
    """Why a script could tell that `copy` has not happened yet: see the module."""
    context = around.context
    if not _lands_aside(copy, any(command.system for command in commands), context):
        return Answer("the COPY may bring files of the system")
    if around.linked and any(one.system for one in commands) and _brings_libraries(copy, context):
        return Answer("the COPY may bring libraries, whose list an install brings up to date")
    for command in commands if around.versions else ():
        chooses = "" if command.system else _version_file(copy, command, around)
        if chooses:
            return Answer(f"{chooses} may choose which {command.manager} runs")
    doubts: list[str] = []
    for name, value in around.environment:
        if name == "PATH":
            entries = (resolve("/", entry) for entry in value.split(":") if entry[:1] == "/")
            if any(entry and copy.brings(entry, context) for entry in entries):
                return Answer("the COPY may bring programs")
        elif _leads_to(copy, name, value, context) and (
            value.startswith("/") or not all(one.system for one in commands)
        ):
            doubts.append(f"{name} may lead to what the COPY brings")
    needs: dict[str, str] = {}
    written: dict[str, None] = {}
    expected: dict[str, None] = {}
    for command in commands:
        try:
            answer = _judge(copy, command, around)
        except UnsureError as unsure:
            return Answer(str(unsure))
        doubts.append(answer.doubt)
        needs.update((path, source) for source, path in answer.needs)
        written.update(dict.fromkeys(answer.written))
        expected.update(dict.fromkeys(answer.expected))
    return Answer(
        "",
        next(filter(None, doubts), ""),
        tuple((source, path) for path, source in needs.items()),
        tuple(written),
        tuple(expected),
    )


def _brings_libraries(copy: Copy, context: Context | None) -> bool:
    return copy.brings_trees(context) or any(".so" in one for one in copy.sources)


def _version_file(copy: Copy, command: Reads, around: Surroundings) -> str:
    """A file that a COPY brings to where a RUN starts, or above, by which managers of versions
    choose what `npm` or `pip` is; they fail where it is missing and nothing else is set."""
    folder = around.base
    manager = manager_of(command.manager)
    names = (*_VERSION_FILES, *(manager.versions if manager else ()))
    while around.context is not None and folder[:1] == "/":
        for name in names:
            if name not in command.optional and copy.brings(
                f"{folder.rstrip('/')}/{name}", around.context
            ):
                return name
        if folder == "/":
            break
        folder = folder.rpartition("/")[0] or "/"
    return ""


def may_lead(name: str, value: str) -> bool:
    """True if a variable might tell a program of files: by a path, or by what its name stands for.

    Any program may read any variable (`APT_CONFIG`, `WGETRC`, one that a configuration file asks
    for), so a path counts whatever the name.
    """
    return (
        name == "PATH"
        or value.startswith("/")
        or (_is_leading(name) and not _LEADS_NOWHERE.fullmatch(value))
    )


@lru_cache(maxsize=4096)
def _is_leading(name: str) -> bool:
    """True if installers, or what they start, are known to read a variable of such a name."""
    return (
        (name.startswith(_LEADING_STARTS) or "CERT" in name or "CA_BUNDLE" in name)
        and _LEADING.fullmatch(name) is not None
        and not _NEVER_LEADS.fullmatch(name)
    )


def _leads_to(copy: Copy, name: str, value: str, context: Context | None) -> bool:
    """True if a variable might tell a program of files that a COPY brings.

    A file counts whatever the name: any program may read any variable. A directory counts for names
    that installers and what they start are known to read; `APP_HOME` is nobody's.
    """
    if value[:1] != "/":
        return _is_leading(name)
    paths = [resolve("/", entry) for entry in value.split(":")]
    if None in paths:
        return _is_leading(name)
    for path in paths:
        brought = copy.brings(path or "/", context)
        if brought and (_is_leading(name) or _has_file(brought, context)):
            return True
    return False


def _has_file(brought: frozenset[str], context: Context | None) -> bool:
    """True if a file may be among the paths of the context that land at one path."""
    return any(
        "." in path.rpartition("/")[2].lstrip(".")
        if context is None
        else context.kind(path) == "file"
        for path in brought
        if path != UNTOLD
    )


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


def _judge(copy: Copy, command: Reads, around: Surroundings) -> Answer:
    context, above = around.context, around.above
    if command.updates and around.true:
        manager = manager_of(command.manager)
        if manager and manager.lock and manager.lock.frozen_by & around.true:
            command = command._replace(updates=())
    here = resolve(around.base, command.directory) if command.directory else around.base
    if here is None or (command.directory and not command.manifests):
        raise UnsureError("where the install runs cannot be seen")
    told = context is not None and _told(copy, command, here, around)
    if command.source and not told:
        raise UnsureError(command.source)
    answer = Answer()
    if told:
        from dockfix.installs.project import seen

        answer = seen(copy, command, here, around)
    else:
        for tree in command.writes:
            path = resolve(here, tree)
            if path is None or (copy.brings(path, context) and not _elsewhere(path, copy)):
                raise UnsureError(f"{command.manager} writes to {tree}, and so may the COPY")
        for name in command.optional:
            path = resolve(here, name)
            brought = copy.brings(path, context) if path else {UNTOLD}
            if brought and not brought <= {supplied(path, above, context)}:
                raise UnsureError(f"{command.manager} reads {name}")
        answer = Answer("", next(filter(None, _manifest_doubts(copy, command, here, around)), ""))
        for name in command.updates:
            path = resolve(here, name)
            if not answer.doubt and (path is None or copy.brings(path, context)):
                answer = Answer("", f"{command.manager} may rewrite {name}")
    if command.shadowed:
        shadows = _shadows(copy, here, context)
        answer = answer if answer.doubt else answer._replace(doubt=shadows)
    return answer


def _told(copy: Copy, command: Reads, here: str, around: Surroundings) -> bool:
    """True if every manifest is brought by COPYs of the context, and can so be read."""
    paths = [resolve(here, name) for name in command.manifests]
    return bool(command.manifests or command.optional) and all(
        path and supplied(path, (*around.above, copy), around.context) for path in paths
    )


def _elsewhere(path: str, copy: Copy) -> bool:
    """True if a cache of the system is meant, and a COPY to a place below an unknown directory."""
    return copy.target[0] == "?" and path.startswith(("/var/", "/root/.", "/go/", "/root/go"))


def _manifest_doubts(copy: Copy, command: Reads, here: str, around: Surroundings) -> Iterator[str]:
    context = around.context
    for name in command.manifests:
        path = resolve(here, name)
        if path is None:
            raise UnsureError(f"where {name} lies cannot be seen")
        brought = copy.brings(path, context)
        supply = supplied(path, around.above, context)
        if brought and not brought <= {supply}:
            if context is not None or supply is None or UNTOLD in {supply, *brought}:
                raise UnsureError(f"{command.manager} reads {name}")
            yield f"the COPY may bring another {name}"
        yield from _unseen(copy, command, here, path, name, context)


def _is_packaging(name: str) -> bool:
    """True if a file or folder is called as those are that manifests name."""
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
) -> Iterator[str]:
    """Why a manifest that cannot be read might name what a COPY brings."""
    around = (here, path.rpartition("/")[0])
    landings = copy.landings(context)
    if any(_is_packaging(part) for one in copy.sources for part in one.split("/")):
        raise UnsureError(f"{name} cannot be read here, and may well name what the COPY brings")
    if (
        not _is_plain_list(command)
        or any(source == "" or is_pattern(source) for source in copy.sources)
        or any(within(folder, landing) for folder in around for landing in landings)
    ):
        yield f"{name} cannot be read here, and may name what the COPY brings"


def _is_plain_list(command: Reads) -> bool:
    """True if a manifest is a list of packages, which hardly ever names files of the project."""
    manager = manager_of(command.manager)
    return manager is not None and manager.plain_lists


def _shadows(copy: Copy, here: str, context: Context | None) -> str:
    """`python -m pip` finds modules in the current directory first."""
    hidden = UnsureError("python -m pip would find a module in what is copied")
    for landing in copy.landings(context):
        if landing.rpartition("/")[0] == here:
            name = landing.rpartition("/")[2].partition(".")[0]
            if name in sys.stdlib_module_names or name in ("pip", "setuptools"):
                raise hidden
        elif within(here, landing):
            if context is None:
                return "python -m pip finds modules in what is copied"
            for name in (*sorted(sys.stdlib_module_names), "pip", "setuptools"):
                if copy.brings(f"{here}/{name}.py", context) or copy.brings(
                    f"{here}/{name}", context
                ):
                    raise hidden
    return ""
