"""Where a build of a Node.js project writes: its scripts, and the programs that they call.

The folder of the project is carried as the build leaves it. So nothing that the final image needs
may lie elsewhere. A script is followed through the scripts that it names to programs. Those in the
table write where their arguments and configuration say, which must be below the folder; what they
keep elsewhere (caches, whether they may count their users) no program reads when it runs. A file
that Node.js runs is looked through for paths that lead out. What is not known is unsure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from dockfix.context import Context
from dockfix.installs.project import Copied
from dockfix.managers.manager import words
from dockfix.managers.manifests.node_commands import MANAGERS, deed_of
from dockfix.managers.manifests.shape import UnsureError, beside
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import simples
from dockfix.state.paths import resolve, within

#: Compilers, bundlers, generators and checkers, which write where they are told.
_TOOLS = words(
    "astro babel copyfiles cpx cpy craco del del-cli esbuild eslint gatsby grunt gulp husky jest",
    "lerna microbundle mkdirp ncp nest next ng ngc nuxi nuxt nx only-allow parcel patch-package",
    "postcss prettier prisma react-scripts remix rimraf rollup rspack sass shx stylelint",
    "svelte-kit swc tailwindcss tsc tsc-alias tsconfig-replace-paths tsup turbo unbuild vite",
    "vue-cli-service vue-tsc webpack",
)
#: Programs of the system that only work on the paths that they name, and words of the shell.
_OF_SYSTEM = words(
    ": [ cat chmod cp date echo exit export false find ls mkdir mv pwd rm sed set sleep test touch",
    "true unset",
)
#: They run a file of JavaScript or TypeScript.
_RUNTIMES = words("node babel-node esno swc-node ts-node tsx")
_WRAPPERS = words("cross-env cross-env-shell dotenv env env-cmd exec")
_SEVERAL = words("npm-run-all npm-run-all2 run-p run-s")
#: Options whose values are addresses of a site.
_ADDRESSES = lazy(r"--(?:base|base-href|deploy-url|prefix-paths?|public-path|public-url)(?:=|$)")
#: How `concurrently` is told a script.
_SCRIPT = lazy(r"\w+:([\w:*-]+)")
_ASSIGNMENT = lazy(r"\w+=")
#: Files that say where these programs write.
_SETTINGS = lazy(
    r"(?:ts|js)config[\w.-]*\.json|\.?(?:angular|angular-cli|nest-cli|project|nx|lerna|turbo"
    r"|\.swcrc|babel)\.json|[\w-]*(?:vite|webpack|rollup|rspack|next|nuxt|vue|svelte|babel|gulpfile"
    r"|gruntfile|tsup|esbuild|astro|remix|craco|postcss|parcel|gatsby|build)[\w.-]*\.[cm]?[jt]s"
    r"|\.(?:babelrc|swcrc)|[\w-]+\.prisma",
    re.IGNORECASE,
)
_UPWARDS = lazy(r"[\"'`](\.\.(?:/[^\"'`\n]*)?)[\"'`]")
_OUTPUT = lazy(
    r"\b(?:(?:out|output|dist|build)-?(?:dir|path|file)|out|dest)[\"']?\s*[:=,(]\s*"
    r"[\"'`](/[^\"'`\n]*)"
    r"|\b(?:path|dir|directory|file|folder)[\"']?\s*[:=,(]\s*"
    r"[\"'`](/(?:data|etc|home|mnt|opt|root|srv|tmp|usr|var|www)\b[^\"'`\n]*)",
    re.IGNORECASE,
)
#: Paths that a program writes to or reads from outside of its project.
_OUTSIDE = lazy(
    r"\bhomedir\(|\btmpdir\(|\benv\.HOME\b|[\"'`](?:/(?:bin|data|etc|home|lib|opt|root|sbin|srv|usr"
    r"|var)\b|~/)"
)
_LOCAL = lazy(r"(?:\brequire\(|\bfrom|\bimport\(?)\s*[\"'](\.{1,2}/[^\"']+)[\"']")
_ENDINGS = ("", ".js", ".ts", ".mjs", ".cjs", "/index.js", "/index.ts", ".json")
#: Scripts of a project that an install runs.
LIFECYCLE = (
    "preinstall",
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
)
_MOST = 60


class Scripts:
    """The scripts of a project in a folder, as far as a build runs them.

    `packages` are the folders with a package.json. `installs` are the folders below the project's
    in which scripts install packages, each with the program and the words behind it; `programs`
    are those that scripts call.
    """

    def __init__(self, project: Copied, folder: str, packages: Sequence[str], line: int) -> None:
        self._project, self._folder, self._line = project, folder, line
        self._packages = [one for one in packages if within(one, folder)]
        self._seen: set[tuple[str, str]] = set()
        self.installs: list[tuple[str, str, list[str]]] = []
        self.programs: set[str] = set()

    def of(self, folder: str) -> dict[str, str]:
        """The scripts of the package.json in a folder. Raises UnsureError."""
        text = self._project.read(f"{folder}/package.json")
        try:
            found = json.loads(text or "").get("scripts", {})
            return {str(name): str(script) for name, script in found.items()}
        except (ValueError, AttributeError) as error:
            raise UnsureError("the project's manifest cannot be read") from error

    def run(self, pattern: str, folder: str, *, must: bool = True) -> None:
        """Looks at the scripts of a name or pattern, and at those before and behind them."""
        scripts = self.of(folder)
        names = [name for name in scripts if name == pattern or fnmatchcase(name, pattern)]
        if not names and must:
            raise UnsureError(f"the project has no script {pattern}, which line {self._line} runs")
        for name in names:
            for one in (f"pre{name}", name, f"post{name}"):
                if one in scripts and (folder, one) not in self._seen:
                    self._seen.add((folder, one))
                    self.shell(scripts[one], folder, f"the script {one}")

    def shell(self, text: str, folder: str, where: str) -> None:
        """Looks at a line of shell that is run in a folder."""
        script = read_script(text, "sh")
        if not isinstance(script, Script):
            raise UnsureError(f"{where} cannot be read")
        here = folder
        for simple in simples(script.items, nested=True):
            here = self.command(simple, here, where)

    def command(self, simple: Simple, here: str, where: str) -> str:
        """Looks at a command, and says where the next one runs."""
        for redirect in simple.redirects:
            target = redirect.target.value
            if target is None or not (target.isdigit() or target == "/dev/null"):
                self._inside([target or "$"], here, where)
        values = [word.value if word.value is not None else word.text for word in simple.words]
        if values[:1] == ["cd"]:
            self._inside(values[1:] or ["~"], here, where)
            return resolve(here, values[1]) or here
        if values:
            self.call(values, here, where)
        return here

    def call(self, values: list[str], here: str, where: str) -> None:
        """Looks at a program with its arguments."""
        program, rest = values[0].rpartition("/")[2], values[1:]
        self.programs.add(program)
        if program in _WRAPPERS:
            while rest and (_ASSIGNMENT.match(rest[0]) or rest[0][:1] in ("-", ".")):
                rest = rest[1:]
            if rest:
                self.call(rest, here, where)
        elif program in _SEVERAL:
            for name in rest:
                if name[:1] != "-":
                    self.run(name, here)
        elif program == "concurrently":
            for text in rest:
                if named := _SCRIPT.fullmatch(text):
                    self.run(named[1], here)
                elif text[:1] != "-":
                    self.shell(text, here, where)
        elif program in _RUNTIMES:
            self._file(rest, here, where)
        elif program in _TOOLS or program in _OF_SYSTEM:
            self._inside(rest, here, where)
            if program in ("lerna", "nx", "turbo"):
                self._everywhere([one for one in rest if one.replace(":", "").isalpha()])
        else:
            self._managed(program, rest, here, where)

    def _managed(self, program: str, rest: list[str], here: str, where: str) -> None:
        deed = deed_of(program, rest)
        folder = here
        if deed is None and program in MANAGERS:
            folder, plain = self._led(rest, here, where)
            deed = deed_of(program, plain)
            rest = plain
        if deed is None:
            raise UnsureError(f"it is unknown what {program} leaves, which {where} calls")
        if deed.kind == "runs":
            name, *arguments = deed.words
            if name in self.of(folder):
                self._inside(arguments, folder, where)
                self.run(name, folder)
            elif deed.or_program:
                self.call([name, *arguments], folder, where)
            else:
                self.run(name, folder)
        elif deed.kind == "everywhere":
            self._everywhere([*deed.words])
        elif deed.kind == "calls":
            self.call([*deed.words], folder, where)
        elif deed.kind == "installs":
            self.installs.append((folder, program, rest))
            for name in LIFECYCLE if folder != self._folder else ():
                self.run(name, folder, must=False)
        elif deed.kind == "global":
            raise UnsureError(f"{where} installs for the whole image")

    def _led(self, values: list[str], here: str, where: str) -> tuple[str, list[str]]:
        """The folder that an option leads to, and the other words."""
        for at, one in enumerate(values):
            name, equals, value = one.partition("=")
            if name in ("--prefix", "--cwd", "-C", "--dir"):
                folder = value if equals else (values[at + 1 : at + 2] or ["$"])[0]
                self._inside([folder], here, where)
                return resolve(here, folder) or here, values[:at] + values[at + 2 - bool(equals) :]
        return here, values

    def _everywhere(self, names: list[str]) -> None:
        """Looks at scripts of all packages of the project."""
        for folder in self._packages:
            for name in names:
                self.run(name, folder, must=False)

    def _inside(self, values: list[str], here: str, where: str) -> None:
        """Raises UnsureError for a path that leads out of the folder."""
        address = False
        for value in values:
            if address or _ADDRESSES.match(value):
                address = not address and "=" not in value
                continue
            path = value.rpartition("=")[2]
            leads = path[:1] in ("/", "~", "$") or ".." in path.split("/")
            if leads and path != "/dev/null":
                found = None if path[:1] in ("~", "$") else resolve(here, path)
                if found is None or not within(found, self._folder):
                    raise UnsureError(f"{where} may write to {path}, outside of {self._folder}")

    def _file(self, values: list[str], here: str, where: str) -> None:
        """Looks into the file that a runtime runs."""
        rest = list(values)
        while rest and rest[0][:1] == "-":
            one = rest.pop(0)
            if one in ("-e", "--eval", "-p", "--print"):
                if _OUTSIDE.search(" ".join(rest)) or ".." in " ".join(rest):
                    raise UnsureError(f"{where} may write outside of {self._folder}")
                return
            if one in ("-r", "--require", "--loader", "--import", "-P", "--project"):
                rest = rest[1:]
        name = rest.pop(0) if rest else "$"
        self._inside([name, *rest], here, where)
        if "node_modules/.bin/" in name:
            self.call([name, *rest], here, where)
            return
        found = self._code(name, here)
        if found is None:
            raise UnsureError(f"what {name} leaves, which {where} runs, cannot be seen")
        waiting, seen = [found], set[str]()
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            text = self._project.read(path) or ""
            check_text(text, path, self._folder)
            if _OUTSIDE.search(text) or len(seen) > _MOST:
                raise UnsureError(
                    f"{path}, which {where} runs, may write outside of {self._folder}"
                )
            for one in _LOCAL.findall(text):
                further = self._code(one, path.rpartition("/")[0])
                if further is not None:
                    waiting.append(further)

    def _code(self, name: str, here: str) -> str | None:
        path = resolve(here, name)
        for ending in _ENDINGS if path is not None else ():
            if self._project.kind(f"{path}{ending}") == "file":
                return f"{path}{ending}"
        return None


def check_settings(context: Context, files: Sequence[tuple[str, str]], folder: str) -> None:
    """Raises UnsureError if settings of compilers lead out of the folder of the project.

    `files` are the paths of files in the image and in the context.
    """
    for path, source in files:
        if within(path, folder) and _SETTINGS.fullmatch(path.rpartition("/")[2]):
            check_text(context.head(source, 200_000) or "", path, folder)


def check_text(text: str, path: str, folder: str) -> None:
    """Raises UnsureError if a text names a path out of the folder of the project."""
    for found in _UPWARDS.findall(text):
        if not within(beside(path, found), folder):
            raise UnsureError(f"{path} names {found}, which is outside of {folder}")
    for one in _OUTPUT.finditer(text):
        found = one[1] or one[2]
        if not within(found, folder):
            raise UnsureError(f"{path} names {found}, which is outside of {folder}")
