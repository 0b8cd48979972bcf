"""What source in any language calls: asked where it is not told which of it runs.

Each language has its own reader. Of languages without one, source that may start programs leaves
the stage alone.
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manifests.shape import UnsureError
from dockfix.programs.command import call_of
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script
from dockfix.shell.walk import simples
from dockfix.stages import dotnet, go, java_source, native, node_calls, python, rust
from dockfix.stages.view import Cut, View
from dockfix.state.facts import Place, script_of

_READERS = (python, go, rust, java_source, dotnet, node_calls, native)
#: Source of languages without a reader of their own, and what starts a program in them.
_OTHERS = (
    ".cr", ".d", ".dart", ".ex", ".exs", ".hs", ".jl", ".lua", ".ml", ".nim", ".php",
    ".pl", ".pm", ".rb", ".scala", ".swift", ".zig",
)  # fmt: skip
_STARTING = lazy(
    r"\bProcess\b|\bSystem\.cmd\b|(?<!\.)\b(?:system|popen|spawn\w*|shell_exec|passthru|proc_open"
    r"|exec[lv]?[pe]*|createProcess|callProcess|readProcess)\s*[(\"']|`|\bos\.execute\b"
)
#: What opens a library by a name that may be that of a `-dev` package: without a version.
_OPENING = lazy(
    r"\bDllImport\b|\bLibraryImport\b|\bNativeLibrary\b|\bdlopen\b|\bCDLL\b|\bfind_library\b"
    r"|\bNative\.load|\bSystem\.loadLibrary\b|\blibloading\b|\bpurego\b|\bffi[-_]napi\b|\bkoffi\b"
    r"|\bLoadLibrary\b|\bFFI::|\bffi\.dlopen\b|\bmono_dllmap\b"
)
_OPENED = (
    ".c", ".cc", ".cpp", ".cs", ".cxx", ".fs", ".go", ".h", ".hpp", ".java", ".js", ".kt", ".mjs",
    ".py", ".rb", ".rs", ".scala", ".toml", ".ts", "package.json",
)  # fmt: skip
#: Options that link with what only a compiler's packages bring, and where they are written.
_LINKED = lazy(
    r"-l(?:atomic|quadmath|itm|asan|tsan|lsan|ubsan|gfortran)\b|-fsanitize\b|--coverage\b"
)
_BUILDING = (
    "build.rs", "CMakeLists.txt", "Makefile", "configure.ac", "meson.build", ".cmake", ".go", ".mk",
    ".am", ".in",
)  # fmt: skip


def concerns(view: View) -> bool:
    """False: no stage is of any language."""
    return False


def cut(view: View) -> Cut:
    """Nothing is cut."""
    raise UnsureError("it is unknown which language it is in")


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls. Raises UnsureError."""
    if path.endswith(_OTHERS) and (found := _STARTING.search(text)):
        raise UnsureError(f"{path} may run a program: {found[0].strip()}")
    named: set[str] = set()
    for reader in _READERS:
        named |= reader.calls(path, text)
    return frozenset(named)


def opens_libraries(path: str, text: str) -> bool:
    """True if a file opens a library by a name that it may have in a `-dev` package alone."""
    return path.endswith(_OPENED) and _OPENING.search(text) is not None


def links_with_compiler(view: View) -> str:
    """The file that has something linked with a library that comes with a compiler; "" if none."""
    for path in view.files:
        if path.endswith(_BUILDING) and _LINKED.search(view.read(path)):
            return path
    for stage in view.facts.stages:
        for one in stage.instructions:
            if one.keyword in ("RUN", "ENV", "ARG") and _LINKED.search(one.arguments):
                return f"line {view.line(one)}"
    return ""


def installs(one: Instruction, place: Place) -> str:
    """The language whose packages a RUN installs; "" if it installs none."""
    script = script_of(one, place)
    for simple in simples(script.items, nested=True) if isinstance(script, Script) else ():
        call = call_of(simple)
        if call is not None and call.manager.language and call.action == "install":
            return call.manager.language
    return ""
