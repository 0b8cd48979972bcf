""".NET in the image of its SDK: the folder that `dotnet publish` fills, on that of the runtime.

The final stage has ASP.NET Core where a project is one of the web, or has packages that may be;
else the runtime alone. The SDK's own image is built on these (dotnet/dotnet-docker, August 2026),
on the same release of the same distribution, so the settings are those of the SDK's image but for
the SDK's own. It gets what is published, and of the project what is no source: a program finds its
settings by the directory that it starts in. `dotnet build` alone leaves programs that may look into
NuGet's folder, so it is not enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages.project import Language, check_rest, here_of, of_project
from dockfix.stages.side_effects import check_side_effects
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import called_by_script, is_shell_script
from dockfix.stages.view import Cut, View
from dockfix.state.dotnet_images import SDK, runtime_of_sdk
from dockfix.state.paths import copy_of, resolve, within

LANGUAGE = Language(
    "dotnet",
    (".cs", ".csproj", ".fs", ".fsproj", ".fsi", ".vb", ".vbproj", ".sln", ".slnx", ".user",
     ".props", ".targets", ".ruleset"),
    (),
    "/",
    "",
    words("dnx pwsh"),
    (),
    lazy(r"\A(?:.*/)?(?:(?:obj|\.vs|\.config)/.*|global\.json|nuget\.config|packages\.lock\.json"
         r"|launchSettings\.json|stylecop\.json)", 2).fullmatch,
)  # fmt: skip
#: Settings that only the SDK reads, and what its image has beside.
GONE = ("Env DOTNET_GENERATE_ASPNET_CERTIFICATE", "Env DOTNET_NOLOGO", "Env DOTNET_SDK_VERSION",
         "Env NUGET_XMLDOC_MODE", "Env POWERSHELL_DISTRIBUTION_CHANNEL", "Env ASPNET_VERSION",
         "/usr/share/dotnet/**", "/usr/share/powershell/**", "/usr/bin/pwsh", "/usr/bin/dnx",
         "/root/**", "/tmp/**")  # fmt: skip
#: Programs watch their settings by asking again and again in the SDK's image.
SETTINGS = "ENV DOTNET_USE_POLLING_FILE_WATCHER=true"
_NOTHING_LEFT = words("restore build test clean nuget --info --version --list-sdks")
_BESIDE = words("dir echo ls mkdir pwd")
_OF_SDK = lazy(
    r"\bdotnet(?:\.exe)?[\"',\s]+(?:run|watch|build|test|publish|restore|ef|tool|msbuild|new|nuget|add"
    r"|format|user-secrets|dev-certs|fsi|script|vstest|workload|pack)\b"
)
_NEEDS_SDK = lazy(
    r"\bMSBuildLocator\b|\bMicrosoft\.Build\b|\bMSBuildWorkspace\b|\bDotnetToolSettings\b"
    r"|\bMicrosoft\.TemplateEngine\b|\bDOTNET_HOST_PATH\b|\bMSBuildSDKsPath\b"
)
_STARTS = lazy(
    r"\bProcess\.Start\s*\(([^\n]*)|\bFileName\s*=([^\n]*)|\bProcessStartInfo\s*\(([^\n]*)"
)
_TEXT = lazy(r"[$@]?\"((?:[^\"\\]|\\.)*)\"")
_SOURCE = (".cs", ".fs", ".vb")
_OF_WEB = lazy(r"Sdk=\"Microsoft\.NET\.Sdk\.(?:Web|Razor|BlazorWebAssembly)\b|AspNetCore"
               r"|<PackageReference\b")  # fmt: skip
_PROJECTS = (".csproj", ".fsproj", ".vbproj", ".props", ".targets")
#: Packages that bring what only compilers need.
_HARMLESS = words("libc6-dev zlib1g-dev")
_URLS = lazy(r"\b(?:ASPNETCORE_URLS|ASPNETCORE_HTTP_PORTS|DOTNET_URLS)\b|--urls\b")


def concerns(view: View) -> bool:
    """True if it is the image of the SDK, and something is built."""
    return view.image.name in SDK and any(
        done.manager is not None and done.manager.language == LANGUAGE.name
        for run in view.runs.values()
        for done in run.done or ()
    )


def cut(view: View) -> Cut:
    """What is published, carried onto the image of the runtime. Raises UnsureError."""
    image = image_for(view)
    for name in [name for run in view.runs.values() for name in _developing(run)]:
        raise UnsureError(f"a program may open a library by the name that only {name} has")
    runs = [run for run in view.runs.values() if _is_of(run)]
    published: list[str] = []
    for run in runs:
        published += _published(view, run)
    last = runs[-1].instruction
    folders = list(dict.fromkeys(_started(view, published)))
    entries, consumed = of_project(view, LANGUAGE, last)
    paths = [one for one in folders if not any(within(one, top) for top in entries)]
    paths += [one for one in entries if not any(within(one, top) for top in paths)]
    build = {run.instruction.start for run in runs} | {one.start for one in consumed}
    check_rest(view, LANGUAGE, consumed, paths, build)
    check_side_effects(view, LANGUAGE, build, paths, consumed)
    return Cut(
        frozenset(build),
        image,
        (*[f"COPY --from={{build}} {path} {path}" for path in paths],),
        left=(*GONE, *[f"{top}/**" for top in _folders(consumed, view)]),
        what="what is published",
        lost=LANGUAGE.lost,
        begins=(SETTINGS,),
    )


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        if found := _OF_SDK.search(text):
            raise UnsureError(f"{path} calls {found[0]}, which only the SDK has")
        return called_by_script(path, text)
    if path.endswith(_PROJECTS) and (found := _NEEDS_SDK.search(text)):
        raise UnsureError(f"{path} has {found[0]}, which may look for the SDK")
    if not path.endswith(_SOURCE):
        return frozenset()
    if found := _NEEDS_SDK.search(text):
        raise UnsureError(f"{path} has {found[0]}, which may look for the SDK")
    named: set[str] = set()
    for call in _STARTS.finditer(text) if "Process" in text else ():
        arguments = call[1] or call[2] or call[3] or ""
        literals = [one[1] for one in _TEXT.finditer(arguments)]
        if not literals and arguments.strip() not in (")", ");", "", ") {"):
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        if any("dotnet" in one for one in literals):
            raise UnsureError(f"{path} calls dotnet")
        named.update(word for one in literals for word in one.replace(";", " ").split())
    return frozenset(word.rpartition("/")[2] for word in named)


def image_for(view: View) -> str:
    """The image that runs what is built. Raises UnsureError."""
    projects = [path for path in view.files if path.endswith(_PROJECTS)]
    is_web = not projects or any(_OF_WEB.search(view.read(path)) for path in projects)
    found = runtime_of_sdk(view.stage.base or "", view.image.expanded, web=is_web)
    if found is None:
        raise UnsureError(f"it is unknown which image of the runtime belongs to {view.stage.base}")
    starts = [one for one in view.instructions if one.keyword in ("CMD", "ENTRYPOINT", "ENV")]
    if is_web and not found.same_ports and not any(_URLS.search(one.arguments) for one in starts):
        raise UnsureError(
            f"it is unknown whether {view.stage.base} listens on another port than {found.image}"
        )
    for one in view.instructions:
        if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            text = " ".join(one.json) if one.json is not None else one.arguments
            if met := _OF_SDK.search(text):
                raise UnsureError(f"{one.keyword} in line {view.line(one)} calls {met[0]}")
    return found.image


def _is_of(run: Run) -> bool:
    return any(done.manager and done.manager.language == LANGUAGE.name for done in run.done or ())


def _developing(run: Run) -> Iterator[str]:
    for done in run.of_kind("system"):
        for word in done.command.packages if done.command is not None else ():
            name = word.value or word.text
            if name.endswith("-dev") and name not in _HARMLESS:
                yield name


def _folders(consumed: list[Instruction], view: View) -> Iterator[str]:
    """The folders that the project lies in."""
    for one in consumed:
        copy = copy_of(one, here_of(view, one, LANGUAGE))
        if copy is not None and copy.target != "/":
            yield copy.target.rstrip("/")


def _published(view: View, run: Run) -> Iterator[str]:
    """The folders that a RUN fills with what it publishes; "" for one that has a name of its own.
    Raises UnsureError."""
    line = view.line(run.instruction)
    if run.done is None or not run.chained:
        raise UnsureError(f"what the RUN of line {line} does is not understood")
    here = here_of(view, run.instruction, LANGUAGE)
    for done in run.done:
        if done.program == "cd":
            moved = resolve(here, (done.values[1:] or [""])[0])
            if moved is None:
                raise UnsureError(f"it is unknown where line {line} works")
            here = moved
        elif done.manager is not None and done.manager.language == LANGUAGE.name:
            yield from _output(done, here, line)
        elif done.kind not in ("system", "nothing", "scratch") and done.program not in _BESIDE:
            raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")


def _output(done: Done, here: str, line: int) -> Iterator[str]:
    values = done.values[1:]
    verb = values[0] if values else ""
    if verb in _NOTHING_LEFT:
        return
    if verb != "publish":
        raise UnsureError(f"it is unknown what dotnet {verb} in line {line} leaves")
    output = ""
    for at, value in enumerate(values):
        name, equals, given = value.partition("=")
        if value in ("-o", "--output"):
            output = (values[at + 1 : at + 2] or ["$"])[0]
        elif name in ("-o", "--output") and equals:
            output = given
        elif "publishdir" in value.lower() or "outputpath" in value.lower() or "artifacts" in name:
            raise UnsureError(f"it is unknown where line {line} publishes to")
    if not output:
        yield ""
        return
    path = resolve(here, output)
    if path is None or path == "/":
        raise UnsureError(f"it is unknown where line {line} publishes to")
    yield path


def _started(view: View, published: list[str]) -> Iterator[str]:
    """The folders of those that are published in which something lies that is started."""
    end = here_of(view, view.stage.instructions[-1], LANGUAGE)
    words_: list[str] = []
    for one in view.instructions:
        if one.keyword in ("CMD", "ENTRYPOINT"):
            words_ += one.json if one.json is not None else _words(one.arguments)
    for path in view.files:
        text = view.read(path)
        if is_shell_script(path, text):
            words_ += _words(text)
    found: list[str] = []
    for word in words_:
        place = resolve(end, word) if "$" not in word and word[:1] != "-" else None
        if place is None:
            continue
        folder = place.rpartition("/")[0]
        if any(one and within(place, one) and place != one for one in published):
            found += [one for one in published if one and within(place, one)]
        elif "" in published and folder.endswith("/publish") and "/bin/" in folder:
            found.append(folder)
    if not found:
        raise UnsureError("it is unknown which file the build leaves for the start")
    yield from found
    # what is published beside it may be started by it
    yield from (one for one in published if one)


def _words(text: str) -> list[str]:
    script = read_script(text, "bash")
    if not isinstance(script, Script):
        return []
    return [word.value or "" for simple in script.nested for word in simple.words]
