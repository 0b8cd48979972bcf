"""What an install reads of the files around it, and where it writes, told by its words.

`reads_of` is exact: a script with one command, option or word that is not understood is None. What
a package's own build or install script does is not among it: `Reads.scripts` says that such run.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from dockfix.packages.command import Argument, Command, command_of
from dockfix.packages.language import GEM, NPM, PIP
from dockfix.packages.manager import words
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple, Word


class Reads(Record):
    """One command, its paths as written: relative to `directory`, where a `cd` went before.

    `manifests` must be there, `optional` are read if they are. `writes` are trees it changes beyond
    those of the system, `updates` files of its input that it may bring up to date.
    `scripts`: it runs what packages and the manifest bring along. `shadowed`: modules in the
    current directory get in its way. `system`: a package manager of the system, which `refreshes`
    its lists of what can be had. `installs` is False for what only helps (a cleanup, a setting).
    """

    manager: str
    manifests: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    scripts: bool = False
    shadowed: bool = False
    system: bool = False
    refreshes: bool = False
    installs: bool = True
    directory: str = ""


_HARMLESS_NAMES = lazy(
    r"DEBIAN_FRONTEND|DEBCONF_\w+|LANG|LC_ALL|CI|NODE_ENV|PIP_(?:NO_CACHE_DIR|DEFAULT_TIMEOUT"
    r"|DISABLE_PIP_VERSION_CHECK|BREAK_SYSTEM_PACKAGES|ROOT_USER_ACTION)|PYTHONUNBUFFERED"
)
_URL = lazy(r"(?:https?|git\+https?|git\+ssh|ssh)://", re.IGNORECASE)
_NPM_FILES = ("package-lock.json", "npm-shrinkwrap.json", ".npmrc", "binding.gyp")


def reads_of(script: Script) -> tuple[Reads, ...] | None:
    """What each command of a script reads, in order; None if one of them is not understood."""
    found: list[Reads] = []
    directory = ""
    for item in script.items:
        if item.terminator == "&" or any(operator.text != "&&" for operator in item.node.operators):
            return None
        for pipeline in item.node.pipelines:
            command = pipeline.commands[0]
            if pipeline.negated or len(pipeline.commands) > 1 or not isinstance(command, Simple):
                return None
            if (folder := _changed_to(command)) is not None:
                directory = posixpath.join(directory, folder)
                continue
            reads = _reads(command)
            if reads is None:
                return None
            found.append(reads._replace(directory=directory))
    return tuple(found)


def _changed_to(command: Simple) -> str | None:
    values = [word.value for word in command.words]
    if len(values) != 2 or values[0] != "cd" or command.assignments or command.redirects:
        return None
    return values[1] if values[1] and values[1][0] not in "-~" else None


def _reads(command: Simple) -> Reads | None:
    if not all(_HARMLESS_NAMES.fullmatch(one.name) for one in command.assignments):
        return None
    if any(one.target.value not in ("/dev/null", "1", "2") for one in command.redirects):
        return None
    if not command.words or not all(_is_settled(word) for word in command.words):
        return None
    name = (command.words[0].value or "").rpartition("/")[2]
    if name in ("sudo", "env"):
        return None
    values = [word.value or word.text for word in command.words[1:]]
    if name in _OTHERS:
        return _OTHERS[name](values)
    known = command_of(command)
    if known is not None and known.manager is PIP:
        return _pip(known, as_module=name.startswith(("python", "pypy")))
    if known is None or known.manager in (NPM, GEM):
        return None
    return _system(known)


def _is_settled(word: Word) -> bool:
    """Whether the files around have no say in what a word becomes: no glob, no command."""
    if word.value is not None:
        return True
    plain = all(
        one.kind == "parameter" and one.operator in ("", ":-", "-") and not one.nested
        for one in word.expansions
    )
    if word.expansions:
        return plain and not re.search(r"[*?\[~]", re.sub(r"\$\{[^}]*\}|\$\w+", "", word.text))
    # Globs of absolute paths: where rm empties a cache.
    return re.fullmatch(r"/[\w./+-]*/[\w.+*-]*", word.text) is not None


def _system(command: Command) -> Reads | None:
    if command.action not in ("update", "install", "upgrade", "clean", "remove"):
        return None
    for option in command.options:
        value = option.option.partition("=")[2]
        if "/" in value and not _URL.search(value):
            return None
    for word in command.packages:
        if word.value is None or not command.manager.plain.fullmatch(word.value):
            return None
    return Reads(
        command.manager.name,
        system=True,
        refreshes=command.action == "update",
        installs=command.action in ("install", "upgrade"),
    )


_PIP_FILES = words("--requirement --requirements --constraint")
_PIP_TREES = words("--target --prefix --root --cache-dir")
_PIP_REFUSED = words(
    "--editable --src --build --build-dir --build-directory --source --source-dir --cert",
    "--client-cert --config-setting --config-settings --group --python --log --log-file",
    "--local-log --report --download --download-cache --global-option --install-option --dry-run",
)


def _is_one_of(name: str, long: frozenset[str], letters: str) -> bool:
    """Whether an option is one of the long ones, or letters behind a dash of which one is last."""
    return name in long or (
        name[:1] == "-" and name[-1] in letters and name[1:].isascii() and name[1:].isalpha()
    )


def _pip(command: Command, *, as_module: bool) -> Reads | None:
    if command.action != "install" or command.verb.value != "install":
        return None
    files: list[str] = []
    trees: list[str] = []
    for option in command.options:
        name, value = _split(option)
        if _is_one_of(name, _PIP_REFUSED, "ebdC"):
            return None
        if _is_one_of(name, _PIP_FILES, "rc"):
            if not value or "$" in value or _URL.match(value):
                return None
            files.append(value)
        elif _is_one_of(name, _PIP_TREES, "t"):
            trees.append(value)
        elif name in ("-f", "--find-links") and not _URL.match(value):
            return None
    for word in command.packages:
        value = word.value or ""
        if not PIP.plain.fullmatch(value) and not _URL.match(value):
            return None
    if not files and not command.packages:
        return None
    return Reads("pip", tuple(files), writes=tuple(trees), shadowed=as_module)


def _split(option: Argument) -> tuple[str, str]:
    """An option of pip and its value: `-r x`, `-rx`, `--requirement=x`."""
    if len(option.words) == 2:
        return option.words[0].text, option.words[1].value or option.words[1].text
    text = option.words[0].value or option.words[0].text
    if text.startswith("--"):
        name, _, value = text.partition("=")
        return name, value
    found = re.match(r"(-[A-Za-z]*?[rctbefiCd])(.+)", text)
    return (found[1], found[2]) if found else (text, "")


_NPM_OPTION = lazy(
    r"-[qsfd]+|--(?:production|only=prod(?:uction)?|omit=\w+|include=\w+|no-optional|silent|quiet"
    r"|no-audit|no-fund|no-progress|progress=false|legacy-peer-deps|force|unsafe-perm(?:=true)?"
    r"|loglevel[= ]\w+|registry[= ]\S+|prefer-offline|no-save|ignore-scripts|verbose|allow-root"
    r"|audit=false|fund=false|no-update-notifier|no-color|engine-strict|network-timeout[= ]\d+)"
)


def _npm(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    if verb == "cache" and options[:1] in (["clean"], ["verify"]):
        return Reads("npm", installs=False)
    if verb not in ("ci", "install", "i", "clean-install"):
        return None
    everywhere = any(value in ("-g", "--global") for value in options)
    names = []
    for value in _joined(options, ("--loglevel", "--registry")):
        if value[:1] != "-":
            names.append(value)
        elif value not in ("-g", "--global") and not _NPM_OPTION.fullmatch(value):
            return None
    if everywhere:
        plain = all(NPM.plain.fullmatch(name) for name in names)
        return Reads("npm") if names and plain else None
    if names:
        return None
    scripts = "--ignore-scripts" not in options
    updates = () if verb in ("ci", "clean-install") else ("package-lock.json",)
    return Reads("npm", ("package.json",), _NPM_FILES, ("node_modules",), updates, scripts)


_YARN_OPTION = lazy(
    r"--(?:frozen-lockfile|immutable|pure-lockfile|prod(?:uction)?(?:=\w+)?|non-interactive|silent"
    r"|no-progress|ignore-scripts|ignore-optional|ignore-engines|prefer-offline"
    r"|network-timeout[= ]\d+|no-cache|force|verbose|no-lockfile|registry[= ]\S+"
    r"|check-files|link-duplicates)"
)


def _yarn(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    if verb == "cache" and options == ["clean"]:
        return Reads("yarn", installs=False)
    if verb not in ("", "install"):
        return None
    joined = _joined(options, ("--network-timeout", "--registry"))
    if not all(_YARN_OPTION.fullmatch(value) for value in joined):
        return None
    frozen = {"--frozen-lockfile", "--immutable", "--pure-lockfile"} & set(options)
    files = (
        "yarn.lock",
        ".yarnrc",
        ".yarnrc.yml",
        ".npmrc",
        ".yarn",
        ".pnp.cjs",
        "package-lock.json",
    )
    return Reads(
        "yarn",
        ("package.json",),
        files,
        ("node_modules",),
        () if frozen else ("yarn.lock",),
        "--ignore-scripts" not in options,
    )


def _pnpm(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    known = re.compile(
        r"-[PD]|--(?:frozen-lockfile|prod|ignore-scripts|prefer-offline|offline|silent)"
    )
    if verb not in ("install", "i") or not all(known.fullmatch(value) for value in options):
        return None
    return Reads(
        "pnpm",
        ("package.json",),
        ("pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", "patches"),
        ("node_modules",),
        () if "--frozen-lockfile" in options else ("pnpm-lock.yaml",),
        "--ignore-scripts" not in options,
    )


def _go(values: list[str]) -> Reads | None:
    if values[:2] == ["mod", "download"] and values[2:] in ([], ["-x"], ["all"]):
        files = ("go.sum", "go.work", "go.work.sum")
        return Reads("go", ("go.mod",), files, ("/go/pkg", "/go/bin", "/root/go"))
    return None


def _bundle(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    if verb == "config" and "--local" not in options and "path" not in options:
        return Reads("bundle", installs=False) if "--global" in options else None
    joined = _joined(options, ("--jobs", "-j", "--retry", "--without", "--with"))
    known = re.compile(
        r"(?:--jobs|--retry|--without|--with)[= ].+|-j *\d+|--(?:quiet|deployment|frozen|system)"
    )
    if verb not in ("", "install") or not all(known.fullmatch(value) for value in joined):
        return None
    frozen = {"--deployment", "--frozen"} & set(options)
    return Reads(
        "bundle",
        ("Gemfile",),
        ("Gemfile.lock", ".bundle", "vendor/cache", ".ruby-version", ".tool-versions"),
        ("vendor/bundle", ".bundle"),
        () if frozen else ("Gemfile.lock",),
    )


def _pipenv(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    known = {
        "--system",
        "--deploy",
        "--ignore-pipfile",
        "--dev",
        "-d",
        "--verbose",
        "-v",
        "--clear",
    }
    if verb not in ("install", "sync") or not set(options) <= known:
        return None
    if verb == "install" and not {"--deploy", "--ignore-pipfile"} & set(options):
        return None
    return Reads("pipenv", ("Pipfile", "Pipfile.lock"), (".env",), (".venv",))


def _poetry(values: list[str]) -> Reads | None:
    verb, options = _verb(values)
    if verb == "config" and "--local" not in options and "--list" not in options:
        return Reads("poetry", installs=False)
    known = re.compile(
        r"-[nqv]+|--(?:no-root|no-dev|no-interaction|no-ansi|no-cache|sync|quiet|only[= ]\S+"
        r"|without[= ]\S+|with[= ]\S+)"
    )
    joined = _joined(options, ("--only", "--without", "--with"))
    if verb != "install" or "--no-root" not in options:
        return None
    if not all(known.fullmatch(value) for value in joined):
        return None
    return Reads("poetry", ("pyproject.toml",), ("poetry.lock", "poetry.toml"), (".venv",))


def _rm(values: list[str]) -> Reads | None:
    paths = [value for value in values if value[:1] != "-"]
    options = [value for value in values if value[:1] == "-"]
    if any(path[:1] != "/" or ".." in path for path in paths):
        return None
    if not all(re.fullmatch(r"-[rRf]+|--(?:recursive|force)", option) for option in options):
        return None
    return Reads("rm", writes=tuple(map(_settled_part, paths)), installs=False)


def _settled_part(path: str) -> str:
    """A path up to the directory where a glob begins."""
    start, star, _ = path.partition("*")
    return start.rpartition("/")[0] or "/" if star else path


def _set(values: list[str]) -> Reads | None:
    return (
        Reads("set", installs=False)
        if all(re.fullmatch(r"-[eux]+", value) for value in values)
        else None
    )


_OTHERS: dict[str, Callable[[list[str]], Reads | None]] = {
    "npm": _npm,
    "yarn": _yarn,
    "pnpm": _pnpm,
    "go": _go,
    "bundle": _bundle,
    "bundler": _bundle,
    "pipenv": _pipenv,
    "poetry": _poetry,
    "rm": _rm,
    "set": _set,
}


def _verb(values: list[str]) -> tuple[str, list[str]]:
    """The subcommand and the rest; "" if the first word is an option, or there is none."""
    if values and values[0][:1] != "-":
        return values[0], values[1:]
    return "", values


def _joined(values: list[str], valued: tuple[str, ...]) -> Iterator[str]:
    """The words, an option that wants a value joined with it by a space."""
    rest = iter(values)
    for value in rest:
        yield f"{value} {next(rest, '')}" if value in valued else value
