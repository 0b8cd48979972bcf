"""dotnet: `dotnet restore` reads the projects that its argument, or the solution, names, those they
refer to, and the settings above them. It writes obj beside each."""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.managers.manager import Manager, verbs
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    beside,
    present,
    text_of,
    verb_of,
)
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"(?:-r|--runtime|--source|-s|--verbosity|-v|-a|--arch|--configfile)[= ]?[\w.:/-]+"
    r"|--locked-mode|--no-cache|--use-current-runtime|--ucr|--disable-parallel|--force|[-/]p:\w+=\w+"
)
_VALUED = ("-r", "--runtime", "--source", "-s", "--verbosity", "-v", "-a", "--arch", "--configfile")
_PROJECT = (".csproj", ".fsproj", ".vbproj")
_REFERENCE = lazy(r"<ProjectReference\s[^>]*?Include\s*=\s*\"([^\"]+)\"")
_IMPORT = lazy(
    r"<Import\s|Exists\s*\(|\$\(\[|<RestoreSources>|HintPath|<None Include=\"[^\"]*nupkg"
)
_IN_SOLUTION = lazy(r"(?m)^Project\([^)]*\)\s*=\s*\"[^\"]*\",\s*\"([^\"]+)\"|Path=\"([^\"]+proj)\"")
_SETTINGS = (
    "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props",
    "Directory.Packages.targets", "NuGet.Config", "nuget.config", "NuGet.config", "global.json",
)  # fmt: skip


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb != "restore":
        return None
    targets = []
    for value in joined_values(options):
        if value[:1] not in ("-",) and not value.startswith("/p:"):
            targets.append(value)
        elif not _OPTION.fullmatch(value):
            return None
    if len(targets) > 1:
        return None
    return Reads("dotnet", tuple(targets) or (".",), words=tuple(values))


def joined_values(options: list[str]) -> Iterator[str]:
    """The words, an option that wants a value joined with it."""
    rest = iter(options)
    for value in rest:
        yield f"{value} {next(rest, '')}" if value in _VALUED else value


def needs(project: Project, command: Reads) -> Needs:
    """Projects, the solution, and settings in their folders and those above."""
    if any(project.above(name) is not None for name in _SETTINGS):
        raise UnsureError("settings in a folder above hold for the project, too")
    found: list[str] = []
    folders: set[str] = set()
    waiting = [_target(project, command.manifests[0])]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        text = text_of(project, path)
        found.append(path)
        if path.endswith((".sln", ".slnx")):
            names = [one or other for one, other in _IN_SOLUTION.findall(text)]
            projects = [name for name in names if name.endswith(_PROJECT)]
            if any(name.endswith("proj") for name in set(names) - set(projects)):
                raise UnsureError(f"a project of {path} is of another kind")
            waiting += [beside(path, name.replace("\\", "/")) for name in projects]
        else:
            met = _IMPORT.search(text)
            if met:
                raise UnsureError(f"`{met[0].strip()}` in {path} may lead to another file")
            folders.add(path.rpartition("/")[0])
            waiting += [beside(path, name.replace("\\", "/")) for name in _REFERENCE.findall(text)]
    for folder in sorted(_and_above(folders)):
        for name in _SETTINGS:
            path = f"{folder}/{name}".lstrip("/")
            if project.kind(path) and path not in found:
                found.append(path)
                if _IMPORT.search(text_of(project, path)):
                    raise UnsureError(f"{path} may lead to another file")
    found += present(
        project, tuple(f"{folder}/packages.lock.json".lstrip("/") for folder in folders)
    )
    return Needs(tuple(found), tuple(f"{folder}/obj".lstrip("/") for folder in sorted(folders)))


def _target(project: Project, name: str) -> str:
    if project.kind(name) == "file":
        return beside("", name)
    names = [one for one in project.entries(name) if one.endswith((*_PROJECT, ".sln", ".slnx"))]
    if len(names) != 1:
        raise UnsureError("which project is restored cannot be seen")
    return beside(f"{name}/", names[0])


def _and_above(folders: set[str]) -> set[str]:
    found = {""}
    for folder in folders:
        parts = folder.split("/")
        found |= {"/".join(parts[: count + 1]) for count in range(len(parts))}
    return found


MANAGER = Manager(
    name="dotnet",
    verbs=verbs(install="restore", other="add build publish run test tool"),
    reads=reads,
    needs=needs,
    # the SDK writes the commit into InformationalVersion (since .NET 8, "Source Link included")
    stamps=lazy(r"\bdotnet[ \t]+(?:build|pack|publish|run|test)\b"),
    language="dotnet",
)
