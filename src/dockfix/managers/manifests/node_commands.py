"""What commands of npm, yarn, pnpm and corepack do: install, run a script, call a program.

yarn and pnpm take the name of a script, or of a program of a package, for a verb.
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.typed import Literal

#: "installs": the packages of the project. "keeps": works on what was installed. "runs": scripts of
#: the project, by their names; "everywhere": those of all its packages. "calls": a program of a
#: package. "global": installs programs for the whole image. "sets": settings of the manager itself.
Kind = Literal["installs", "keeps", "runs", "everywhere", "calls", "global", "sets"]


class Deed(Record):
    """What a command does. `words` are the names of scripts or packages, or a program's words.

    `or_program`: where there is no such script, it is a program of a package that is run.
    """

    kind: Kind
    words: tuple[str, ...] = ()
    or_program: bool = False


#: The managers' programs, those that corepack brings, and all programs that are read here.
MANAGERS = words("npm pnpm yarn yarnpkg")
OF_COREPACK = words("pnpm pnpx yarn yarnpkg")
PROGRAMS = MANAGERS | words("corepack npx pnpx")
#: An install, which may need a compiler.
INSTALLING = lazy(
    r"\b(?:npm|pnpm)\s+(?:ci|i|install|add|rebuild)\b|\byarn(?:\s+(?:install|add)\b|\s*(?:$|[;&|]))"
)
_GLOBALLY = words("-g --global --location=global --global=true")
_VALUED = words(
    "--filter -F --workspace --registry --network-timeout --network-concurrency --loglevel",
    "--reporter --fetch-retries --concurrency --workspace-concurrency --cache-folder --store-dir",
    "--include --from --jobs -j",
)
#: They lead to another folder.
_ELSEWHERE = words(
    "-C --cwd --dir --prefix --modules-folder --modules-dir --virtual-store-dir --global-folder"
)
_INSTALLS = {
    "npm": words("ci clean-install install i in add"),
    "yarn": words("install"),
    "pnpm": words("install i ci clean-install ic install-clean fetch"),
}
_RUNS = words("run run-script rum")
_KEEPS = {
    "npm": words("cache prune dedupe ddp rebuild audit fund"),
    "yarn": words("cache autoclean dedupe check install"),
    "pnpm": words("store prune rebuild rb dedupe audit"),
}
_SETS = words("config set")
_CALLS = words("exec x")
#: Subcommands that are neither of these, nor names of scripts.
_OTHERS = words(
    "add deploy dlx init link login ln pack patch patch-commit pkg plugin publish remove rm",
    "self-update set setup uninstall unlink un up update upgrade upgrade-interactive version view",
)


def deed_of(program: str, values: list[str]) -> Deed | None:
    """What a command does, told by the words behind the program; None: not known."""
    if program == "corepack":
        verb = next((one for one in values if one[:1] != "-"), "")
        return Deed("sets") if verb in ("enable", "disable", "prepare", "install", "use") else None
    if program in ("npx", "pnpx"):
        return _called(values)
    name = "yarn" if program == "yarnpkg" else program
    if name not in _INSTALLS or any(one.partition("=")[0] in _ELSEWHERE for one in values):
        return None
    rest, everywhere = _without_options(name, values)
    verb = rest[0] if rest else ""
    if name == "yarn" and verb == "global":
        return Deed("global", tuple(rest[2:])) if rest[1:2] == ["add"] and rest[2:] else None
    if not _GLOBALLY.isdisjoint(values) or ("--location" in values and "global" in values):
        names = tuple([one for one in rest[1:] if one != "global"])
        return Deed("global", names) if verb in (*_INSTALLS[name], "add") and names else None
    if name == "yarn":
        return _of_yarn(verb, values, rest)
    return _of(name, verb, values, rest, everywhere=everywhere)


def _of(name: str, verb: str, values: list[str], rest: list[str], *, everywhere: bool
) -> Deed | None:  # fmt: skip
    if verb in _INSTALLS[name]:
        return Deed("installs") if len(rest) == 1 else None
    if verb in _RUNS:
        if everywhere and rest[1:]:
            return Deed("everywhere", tuple(rest[1:2]))
        return Deed("runs", tuple(rest[1:2]), name == "pnpm") if rest[1:] else None
    if verb in _KEEPS[name]:
        return Deed("keeps")
    if verb in _SETS:
        return Deed("sets")
    if verb in _CALLS:
        return _called(values[values.index(verb) + 1 :])
    if verb in ("start", "test") or (name == "pnpm" and verb and verb not in _OTHERS):
        if everywhere:
            return Deed("everywhere", (verb,))
        return Deed("runs", tuple(values[values.index(verb) :]), name == "pnpm")
    return None


def _of_yarn(verb: str, values: list[str], rest: list[str]) -> Deed | None:
    if verb in ("", "install"):
        return Deed("installs") if len(rest) <= 1 else None
    if verb in ("workspace", "workspaces"):
        if rest[1:2] == ["focus"]:
            return Deed("installs")
        behind = [one for one in rest[2:] if one not in _RUNS]
        if verb == "workspaces" and rest[1:2] != ["foreach"]:
            behind = [one for one in rest[1:] if one not in _RUNS]
        return Deed("everywhere", tuple(behind[:1])) if behind else None
    if verb in _RUNS:
        return Deed("runs", tuple(values[values.index(verb) + 1 :]), True) if rest[1:] else None
    if verb == "config":
        return Deed("sets")
    if verb in _KEEPS["yarn"]:
        return Deed("keeps")
    if verb in _CALLS:
        return _called(values[values.index(verb) + 1 :])
    return None if verb in _OTHERS else Deed("runs", tuple(values[values.index(verb) :]), True)


def _called(values: list[str]) -> Deed | None:
    """A program of a package, behind options of what starts it."""
    at = 0
    while at < len(values) and values[at] in ("-y", "--yes", "--no", "--no-install", "--", "-q",
                                              "--quiet"):  # fmt: skip
        at += 1
    if at == len(values) or values[at][:1] == "-":
        return None
    return Deed("calls", tuple(values[at:]))


def _without_options(name: str, values: list[str]) -> tuple[list[str], bool]:
    """The words that are no options, and whether it is done in all packages of the project."""
    found: list[str] = []
    everywhere = False
    rest = iter(values)
    for one in rest:
        if one == "--":
            break
        if one in _VALUED or (name == "npm" and one == "-w"):
            everywhere |= one in ("--filter", "-F", "--workspace", "-w")
            next(rest, None)
        elif one[:1] == "-":
            everywhere |= one in ("-r", "--recursive", "--workspaces", "-ws") or one.startswith(
                ("--filter=", "--workspace=")
            )
        elif one != "recursive" or found:
            found.append(one)
    return found, everywhere
