"""How each manager is told to keep to its lock file, and not to write another."""

from __future__ import annotations

from dockfix.packages.manifests import rules_of
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.shell.tree import Simple


class Locking(Record):
    """A way to have a command keep to its lock file.

    `locks` are the names of lock files, one of which has to be there. `start`, `end` and `text` are
    an edit of the script; `now` is how the message calls the command then.
    """

    manager: str
    locks: tuple[str, ...]
    start: int
    end: int
    text: str
    now: str


#: What managers call their option for it.
OPTIONS = frozenset(("--frozen-lockfile", "--immutable", "--deploy", "--locked"))
FROZEN = ("bundle", "config", "set", "frozen", "true")
_NPM_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
#: Words that say something of the lock file already, or that another command does not take.
_SAYS = lazy(
    r"--(?:no-)?(?:frozen|locked|immutable|pure-lockfile|lockfile|package-lock|save|skip-lock|deploy"
    r"|ignore-pipfile|global|upgrade|prefer-frozen|fix-lockfile|lockfile-only|dry-run|deployment"
    r"|check-cache|update-checksums|mode|script|g)\b.*|-[gSDEOU]|--location=global"
)
_VALUED = frozenset(("--loglevel", "--registry", "--network-timeout", "--only", "--without",
                     "--with", "--jobs", "-j", "--retry", "--group", "--extra", "--python",
                     "--no-group", "--extras", "-E", "--path", "--link-mode"))  # fmt: skip
_LOCKS = {
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
    "pipenv": ("Pipfile.lock",),
    "poetry": ("poetry.lock",),
    "uv": ("uv.lock",),
    "bundle": ("Gemfile.lock",),
    "composer": ("composer.lock",),
}


def locking_of(command: Simple, *, berry: bool) -> Locking | None:
    """How an install of all that a manifest asks for keeps to the lock file; None: it is none, or
    says already what becomes of it.

    `berry` says that a yarn is version 2 or later.
    """
    words = command.words
    name = words[0].value if words else None
    if name != "npm" and name not in _LOCKS:
        return None
    values = [word.value for word in words]
    verb = next((index for index, value in enumerate(values[1:], 1) if value), 0)
    if None in values or (verb and (values[verb] or "")[:1] == "-"):
        verb = 0
    if None in values or _names_packages(values[verb + 1 :]):
        return None
    if any(_SAYS.fullmatch(value or "") for value in values[1:]):
        return None
    asked, last = values[verb] if verb else "", words[verb]
    if name == "npm":
        if asked not in ("install", "i"):
            return None
        return Locking("npm", _NPM_LOCKS, last.start, last.end, "ci", "npm ci")
    if name in ("poetry", "composer"):
        if asked != "update":
            return None
        return Locking(name, _LOCKS[name], last.start, last.end, "install", f"{name} install")
    if name == "bundle":
        if asked != "install":
            return None
        set_before = f"{' '.join(FROZEN)} && "
        return Locking(name, _LOCKS[name], words[0].start, words[0].start, set_before, set_before)
    verbs = {"uv": ("sync",), "pnpm": ("install", "i"), "yarn": ("install", "")}
    if asked not in verbs.get(str(name), ("install",)):
        return None
    if not asked and not _is_install(values[1:]):
        return None
    option = {"pipenv": "--deploy", "uv": "--locked"}.get(str(name), "--frozen-lockfile")
    option = "--immutable" if name == "yarn" and berry else option
    text = f" {option}" if asked else f" install {option}"
    now = f"{name} {asked or 'install'} {option}"
    return Locking(str(name), _LOCKS[str(name)], last.end, last.end, text, now)


def _is_install(options: list[str | None]) -> bool:
    """Whether a yarn without a verb installs: not so `yarn --version`."""
    rules = rules_of("yarn")
    return rules is not None and rules.reads([option or "" for option in options]) is not None


def _names_packages(values: list[str | None]) -> bool:
    """Whether a word is neither an option nor the value of one."""
    previous = ""
    for value in values:
        if (value or "")[:1] != "-" and previous not in _VALUED:
            return True
        previous = value or ""
    return False
