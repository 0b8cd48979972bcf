"""The programs that source in Python calls, and what it compiles when it runs.

The source is read as Python reads it (`ast`), so a name in a comment or a text is no call. A call
whose program is no literal is unknown.
"""

from __future__ import annotations

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages.source import called_by
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

#: Texts without one of which no source calls a program, compiles, or opens a library.
_HINTS = (
    "subprocess", "os.system", "popen", "Popen", "spawn", "exec", "pexpect", "plumbum", "import sh",
    "from sh", "ctypes", "cffi", "distutils", "cpp_extension", "pyximport", "triton", "compile",
    "inline", "pythran", "setuptools", "pycc", "CDLL", "which", "invoke", "fabric",
)  # fmt: skip
#: Functions that start a program, by their names alone, and those that `subprocess` has.
_STARTING = words(
    "Popen popen check_output check_call getoutput getstatusoutput create_subprocess_exec",
    "create_subprocess_shell system execv execve execvp execvpe execl execle execlp execlpe spawnv",
    "spawnve spawnvp spawnvpe spawnl spawnle spawnlp spawnlpe posix_spawn posix_spawnp which",
)
_OF_SUBPROCESS = words("run call")
#: Modules that run programs by ways of their own, and those that compile when the program runs.
_RUNNERS = words("sh plumbum invoke fabric pexpect delegator envoy")
_COMPILING = words(
    "distutils pyximport pythran triton torch.utils.cpp_extension numba.pycc scipy.weave weave",
    "cppimport cppyy setuptools",
)


class Calls(Record):
    """What a file calls: names of programs, and of libraries that it opens itself."""

    programs: frozenset[str]
    libraries: frozenset[str]


def calls_of(path: str, text: str) -> Calls:
    """What a file in Python calls. Raises UnsureError if that is not told, or if it compiles."""
    if not any(hint in text for hint in _HINTS):
        return Calls(frozenset(), frozenset())
    import ast

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UnsureError(f"{path} cannot be read as Python") from error
    reader = _Reader(path, tree)
    return Calls(frozenset(reader.programs), frozenset(reader.libraries))


class _Reader:
    """One file, read from the top."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        import ast

        self._ast = ast
        self.path = path
        self.programs: set[str] = set()
        self.libraries: set[str] = set()
        self._imported: set[str] = set()
        self._texts: dict[str, list[ast.expr]] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._imports(node)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._texts.setdefault(target.id, []).append(node.value)
        for node in nodes:
            if isinstance(node, ast.Call):
                self._call(node)

    def _imports(self, node: ast.Import | ast.ImportFrom) -> None:
        ast = self._ast
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            whole = f"{module}.{alias.name}" if module else alias.name
            for name in (whole, module or whole):
                if any(name == one or name.startswith(f"{one}.") for one in _COMPILING):
                    raise UnsureError(f"{self.path} imports {name}, which compiles when it runs")
                if name.partition(".")[0] in _RUNNERS and not getattr(node, "level", 0):
                    raise UnsureError(f"{self.path} runs programs by {name}")
            if module == "subprocess":
                self._imported.add(alias.asname or alias.name)

    def _call(self, node: ast.Call) -> None:
        ast = self._ast
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else ""
        owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
        if isinstance(function, ast.Name):
            name = function.id
        starts = name in _STARTING or (
            name in _OF_SUBPROCESS and (owner.endswith("subprocess") or name in self._imported)
        )
        if name == "system" and owner not in ("os", ""):
            starts = False  # `platform.system()` asks
        if starts and (node.args or node.keywords):
            self._started(node)
        if name in ("CDLL", "LoadLibrary", "PyDLL", "find_library", "dlopen"):
            self._opened(node)
        if name in ("compile", "verify") and owner.lower().rstrip("_").endswith("ffi"):
            raise UnsureError(f"{self.path} compiles by cffi when it runs")
        if name == "inline" and owner in ("cython", "weave", "scipy.weave"):
            raise UnsureError(f"{self.path} compiles when it runs")
        if name == "compile" and owner == "torch":
            raise UnsureError(f"{self.path} compiles by torch.compile when it runs")

    def _started(self, node: ast.Call) -> None:
        first = node.args[0] if node.args else None
        for keyword in node.keywords:
            if first is None and keyword.arg in ("args", "cmd", "command", "program"):
                first = keyword.value
        if first is None or not self._program(first, 0):
            raise UnsureError(
                f"{self.path} runs a program in line {node.lineno}, and it is unknown which"
            )

    def _program(self, value: ast.expr, depth: int) -> bool:
        """Takes down the program that a value names; False if it names none."""
        ast = self._ast
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            script = read_script(value.value, "bash")
            if not isinstance(script, Script):
                return False
            self.programs |= called_by(script)
            return True
        if isinstance(value, ast.List | ast.Tuple) and value.elts:
            return self._program(value.elts[0], depth + 1)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            return self._program(value.left, depth + 1)
        if isinstance(value, ast.Attribute):
            return bool(ast.unparse(value) == "sys.executable")
        if isinstance(value, ast.Name) and depth < 3:
            known = self._texts.get(value.id, [])
            return bool(known) and all(self._program(one, depth + 1) for one in known)
        return False

    def _opened(self, node: ast.Call) -> None:
        ast = self._ast
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and first.value is None:
            return
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            raise UnsureError(
                f"{self.path} opens a library in line {node.lineno}, and it is unknown which"
            )
        self.libraries.add(first.value)
