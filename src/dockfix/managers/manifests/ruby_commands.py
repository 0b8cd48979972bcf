"""What commands of Bundler and gem do: install, set something, run a task of the project.

Sources: bundle-config(1), bundle-install(1), `gem help install`; docker-library's image of Ruby,
which has gems and Bundler's settings for a project in /usr/local/bundle.
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import Literal

#: "installs": the gems of the project. "sets": a setting. "keeps": works on what was installed.
#: "gems": gems by their names. "task": a task of the project.
Kind = Literal["installs", "sets", "keeps", "gems", "task"]

#: Where the image has gems, and Bundler the settings of a project.
GEMS = "/usr/local/bundle"
LOCK_FILE = "Gemfile.lock"
_DEPLOYED = "vendor/bundle"
#: Settings that move gems, or the settings themselves.
MOVED = lazy(
    r"\b(?:GEM_HOME|GEM_PATH|BUNDLE_APP_CONFIG|BUNDLE_HOME|BUNDLE_BIN|BUNDLE_GEMFILE|BUNDLE_USER_\w+"
    r"|BUNDLE_SYSTEM_BINDIR|RUBYOPT|RUBYLIB)[ =]|\bgem\s+update\b"
    r"|--(?:binstubs|standalone)\b|--gemfile[ =][\"']?[\w./$]|\bRAILS_TMP\b"
    # a name without a version is that of the headers' package
    r"|\bLD_PRELOAD[= ](?![\"']?[\w./+-]+\.so\.\d[\d.]*[\"']?(?:\s|$))"
)
#: An install of gems, or of packages of Node.js beside them.
INSTALLING = lazy(
    r"\bbundle\s+(?:install|update)\b|\bbundle\s*(?:$|[;&|])|\bgem\s+install\b"
    r"|\b(?:npm|pnpm)\s+(?:ci|i|install)\b|\byarn(?:\s+install\b|\s*(?:$|[;&|]))",
)
#: Tasks that write into the folder of the project (Rails, Sprockets, Propshaft, jsbundling-rails,
#: cssbundling-rails, tailwindcss-rails, Shakapacker, Vite Ruby, Bootsnap).
_TASKS = words(
    "assets:clean assets:clobber assets:precompile bootsnap css:build dartsass:build",
    "javascript:build log:clear shakapacker:compile tailwindcss:build tmp:clear tmp:create",
    "vite:build webpacker:compile",
)
_RUNNERS = words("bin/rails ./bin/rails bin/rake ./bin/rake rails rake bootsnap")
_KEEPS = words("check clean")
_ELSEWHERE = words("-i --install-dir --user-install -n --bindir --system")
#: Variables that stand for folders, by what they stand for.
_FALSE = ("", "0", "false")


class Deed(Record):
    """What a command does.

    `words` are the names of gems, or the task that is not known; `path` is the folder of gems that
    it chooses, as written. `user`: it sets something for the user, and not only for the project.
    `frozen`: the lock file is kept as it is.
    """

    kind: Kind
    words: tuple[str, ...] = ()
    path: str = ""
    user: bool = False
    frozen: bool = False


def deed_of(values: list[str]) -> Deed | None:
    """What a command does, told by its words, its program the first; None: not known."""
    rest = list(values)
    while rest and ("=" in rest[0] or rest[0] == "env"):
        rest = rest[1:]
    if rest[:1] == ["gem"]:
        return _of_gem(rest[1:])
    if rest[:2] == ["bundle", "exec"]:
        rest = rest[2:]
    if rest and rest[0] in _RUNNERS:
        return _of_task(rest)
    if rest[:1] != ["bundle"]:
        return None
    verb = next((value for value in rest[1:] if value[:1] != "-"), "install")
    if verb == "config":
        return _of_setting(rest[1:])
    if verb == "install":
        return _of_install(rest[1:])
    return Deed("keeps") if verb in _KEEPS else None


def _of_gem(values: list[str]) -> Deed | None:
    if values[:1] != ["install"] or _ELSEWHERE & set(values):
        return None
    names: list[str] = []
    rest = iter(values[1:])
    for value in rest:
        if value in ("-v", "--version"):
            next(rest, "")
        elif value[:1] != "-":
            names.append(value.strip("\"'").partition(":")[0])
    return Deed("gems", tuple([name for name in names if name != "bundler"]))


def _of_task(values: list[str]) -> Deed:
    if values[0] == "bootsnap":
        return Deed("task")
    tasks = [value for value in values[1:] if value[:1] != "-" and "=" not in value]
    unknown = [task for task in tasks if task not in _TASKS]
    return Deed("task", tuple(unknown) if tasks else ("a task",))


def _of_setting(values: list[str]) -> Deed | None:
    plain = [value for value in values if value[:1] != "-" and value != "config"]
    plain = plain[1:] if plain[:1] == ["set"] else plain
    name, value = (plain[0], (plain[1:] or [""])[0]) if plain else ("", "")
    user = "--local" not in values
    if "system" in name or name in ("bin", "gemfile", "app_config_path", "cache_path"):
        return None
    if name == "path":
        return Deed("sets", path=value or "$", user=user)
    if name == "deployment" and value not in _FALSE:
        return Deed("sets", path=_DEPLOYED, user=user, frozen=True)
    return Deed("sets", user=user, frozen=name == "frozen" and value not in _FALSE)


def _of_install(values: list[str]) -> Deed | None:
    if "--system" in values:
        return None
    path = ""
    for at, value in enumerate(values):
        name, equals, given = value.partition("=")
        if name == "--path":
            path = given if equals else (values[at + 1 : at + 2] or ["$"])[0]
        elif name == "--deployment":
            path = path or _DEPLOYED
    frozen = bool({"--deployment", "--frozen"} & set(values))
    return Deed("installs", path=path, frozen=frozen)


def of_variable(name: str, value: str, text: str) -> Deed | None:
    """What a variable of a stage sets; `text` is the whole of the stage."""
    plain = value.strip("\"'")
    if name == "BUNDLE_PATH":
        return Deed("sets", path=plain or "$")
    if name == "BUNDLE_DEPLOYMENT" and plain not in _FALSE:
        return Deed("sets", path="" if "BUNDLE_PATH" in text else _DEPLOYED, frozen=True)
    if name == "BUNDLE_FROZEN" and plain not in _FALSE:
        return Deed("sets", frozen=True)
    return None


def filled(value: str, gems: str) -> str:
    """A path with what stands for a folder of gems, or for the home folder of root."""
    for name, folder in (("GEM_HOME", GEMS), ("BUNDLE_PATH", gems), ("HOME", "/root")):
        value = value.replace(f"${{{name}}}", folder).replace(f"${name}", folder)
    return f"/root{value[1:]}" if value[:2] == "~/" else value.replace('"', "")
