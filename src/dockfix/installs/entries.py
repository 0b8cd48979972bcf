"""Files of a project that known programs run: `rake` its Rakefile, `pip install .` its setup.py,
`npm ci` the scripts of package.json.

Such a program is known, and mostly harmless. But where its file can be seen, and speaks of apt, or
names a script that does, it may install from lists that an earlier RUN has fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dockfix.programs.program_table import INTERPRETERS, QUOTES, VERSION
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.tree import Script

_INSTALLS = lazy(r"\bapt(?:-get|itude)?\b[^;&|\n]{0,80}\binstall\b")
_FETCHES = lazy(r"\bapt(?:-get|itude)?\b[^;&|\n]{0,40}\bupdate\b")
_MAKERS = frozenset(("gmake", "make"))
_WORDS = lazy(r"[\w:.-]+")
#: The files of programs that do what the project says.
_FILES = {
    "ant": "build.xml", "bazel": "BUILD", "cargo": "build.rs", "cmake": "CMakeLists.txt",
    "fab": "fabfile.py", "gradle": "build.gradle", "gradlew": "build.gradle",
    "grunt": "Gruntfile.js", "gulp": "gulpfile.js", "inv": "tasks.py", "invoke": "tasks.py",
    "just": "justfile", "meson": "meson.build", "mix": "mix.exs", "mvn": "pom.xml",
    "mvnw": "pom.xml", "nox": "noxfile.py", "rake": "Rakefile", "sbt": "build.sbt",
    "scons": "SConstruct", "task": "Taskfile.yml", "tox": "tox.ini", "waf": "wscript",
}  # fmt: skip
#: Installers of a project's packages that run its own scripts, and where those are: the verbs of an
#: install, and what it runs then (npm's documentation, "scripts"; Composer's, "Scripts").
_NODE = frozenset(("bun", "cnpm", "npm", "pnpm", "yarn", "yarnpkg"))
_NODE_INSTALLS = frozenset(("", "ci", "clean-install", "i", "install"))
_LIFECYCLE = ("install", "prepare", "prepublish")
_COMPOSER_RUNS = frozenset(("run", "run-script", "exec"))
_COMPOSER_EVENTS = tuple(
    f"{when}-{what}"
    for what in (
        "autoload-dump", "create-project-cmd", "install-cmd", "package-install",
        "root-package-install", "update-cmd",
    )
    for when in ("pre", "post")
)  # fmt: skip
#: Options by which a build tool is told where its file lies, and those that take it as their last
#: operand (cmake(1), meson(1), gradle's and Bazel's command lines).
_FOLDER_OPTIONS = {"cmake": ("-S",), "gradle": ("-p", "--project-dir"), "gradlew": ("-p",)}
_FOLDER_LAST = frozenset(("cmake", "meson"))
_IS_FOLDER = lazy(r"\.{0,2}/(?:[\w.-]+/)*[\w-]+/?|\.\.?/?")
_FRONTS = frozenset(("bundle", "exec", "poetry", "run", "sudo", "time", "uv"))


#: Words that may be the path of a script of the project.
_SCRIPTS = lazy(
    r"(?<![\w./$@-])(?:\./)?((?:[\w.-]+/)+[\w-][\w.-]*|[\w-]+\.(?:bash|cjs|js|mjs|pl|py|rb|sh|ts))"
    r"(?![\w/])"
)
_MOST_SCRIPTS = 40
#: How make, just and CMake include a file (GNU make, "Include"; just, "Imports"; cmake-commands).
_INCLUDES = lazy(
    r"(?im)^[ \t]*(?:-?s?include[ \t]+|import\??[ \t]+['\"]|include[ \t]*\([ \t]*\"?)"
    r"(?:\$[{(]\w+[)}]/|\./)?([\w./-]*\w)"
)


class Entry(Record):
    """A file that a command runs. `program` is what messages call the command, `start` where it
    begins; `targets` are the words behind `make`, None for other programs; `scripts` those that are
    run of the file's own, None if it has none."""

    program: str
    path: str
    start: int
    targets: tuple[str, ...] | None = None
    scripts: tuple[str, ...] | None = None

    def commands(self, text: str) -> str:
        """What of the file's text is run."""
        if self.targets is not None:
            from dockfix.context.makefile import recipes

            return "\n".join(recipes(text, [self.targets]))
        return text if self.scripts is None else _own_scripts(text, self.scripts)


def installs(text: str) -> bool:
    """True if commands, by their text, install from lists that they do not fetch."""
    return _INSTALLS.search(text) is not None and not _FETCHES.search(text)


def included_by(text: str) -> list[str]:
    """The paths of files that one of a build tool includes, from its folder."""
    return list(dict.fromkeys(_INCLUDES.findall(text)))[:_MOST_SCRIPTS] if "i" in text else []


def scripts_in(text: str) -> list[str]:
    """The paths that commands name and that may be those of scripts, from the project's folder."""
    return list(dict.fromkeys(_SCRIPTS.findall(text)))[:_MOST_SCRIPTS]


def _own_scripts(text: str, names: tuple[str, ...]) -> str:
    """The scripts of these names, those before and behind them, and those that these name."""
    import json

    try:
        scripts = json.loads(text)["scripts"]
        texts = {str(name): json.dumps(one) for name, one in scripts.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    found: list[str] = []
    waiting = [f"{when}{name}" for name in names for when in ("pre", "", "post")]
    for name in waiting:
        if (one := texts.pop(name, None)) is not None:
            found.append(one)
            waiting += [
                f"{when}{word}" for word in _WORDS.findall(one) for when in ("pre", "", "post")
            ]
    return "\n".join(found)


def entries(script: Script) -> Iterator[Entry]:
    """The files of a project that the commands of a script run."""
    folder = ""
    for simple in script.nested:
        words = [one.value if one.value is not None else "$" for one in simple.words]
        if words[:1] == ["cd"] and len(words) == 2:
            folder = words[1] if words[1][:1] == "/" else f"{folder}{words[1]}"
            folder = folder.rstrip("/") + "/"
            continue
        for one in entries_of(words):
            path = one.path if one.path[:1] == "/" else folder + one.path
            yield one._replace(path=path, start=simple.start)


def _of_node(name: str, arguments: Sequence[str]) -> Iterator[Entry]:
    """The scripts of package.json that a command runs."""
    operands = [word for word in arguments if word[:1] != "-"]
    verb = operands[0] if operands else ""
    program = f"{name} {verb}".strip()
    if verb in _NODE_INSTALLS and not operands[1:] and (verb or name.startswith("yarn")):
        if not {"--ignore-scripts", "-g", "--global"} & set(arguments):
            yield Entry(program, "package.json", 0, None, _LIFECYCLE)
    elif verb in ("run", "run-script"):
        yield Entry(" ".join([name, *operands[:2]]), "package.json", 0, None, tuple(operands[1:2]))
    elif verb in ("start", "test", "build") or name.startswith("yarn"):
        yield Entry(program, "package.json", 0, None, (verb,))


def _folder_of(name: str, arguments: Sequence[str]) -> str:
    """The folder of the file that a build tool reads, as its arguments say: with a slash, or ""."""
    options = _FOLDER_OPTIONS.get(name, ())
    for word, value in pairwise(arguments):
        if word in options and "$" not in value:
            return f"{value.rstrip('/')}/"
    for word in arguments:
        for option in options:
            if option[:2] == "-S" and word.startswith(option) and len(word) > 2:
                return f"{word[2:].rstrip('/')}/"
    last = arguments[-1] if arguments else ""
    if name in _FOLDER_LAST and _IS_FOLDER.fullmatch(last):
        return f"{last.rstrip('/')}/"
    return ""


def entries_of(words: Sequence[str]) -> Iterator[Entry]:
    """The same for one command."""
    rest = list(words)
    while rest and rest[0] in _FRONTS:
        del rest[0]
    if not rest:
        return
    name, arguments = rest[0].rpartition("/")[2].strip(QUOTES), rest[1:]
    family = name.rstrip(VERSION)
    if name in _FILES:
        folder = _folder_of(name, arguments)
        yield Entry(name, f"{folder}{_FILES[name]}", 0)
        if _FILES[name].endswith(".gradle"):
            yield Entry(name, f"{folder}{_FILES[name]}.kts", 0)
    elif name in _NODE:
        yield from _of_node(name, arguments)
    elif name in ("composer", "composer.phar"):
        verbs = [word for word in arguments if word[:1] != "-"]
        if "--no-scripts" not in arguments:
            named = verbs[1:2] if verbs[:1] and verbs[0] in _COMPOSER_RUNS else verbs[:1]
            yield Entry(
                " ".join([name, *verbs[:1]]), "composer.json", 0, None, (*named, *_COMPOSER_EVENTS)
            )
    elif name in _MAKERS:
        place = arguments.index("-C") + 1 if "-C" in arguments[:-1] else 0
        folder = f"{arguments[place]}/" if place else ""
        yield Entry(name, f"{folder}Makefile", 0, tuple(arguments))
    elif name == "configure" and "/" in rest[0]:
        yield Entry(rest[0], rest[0], 0)
    elif "install" in arguments and not {".", "./", "-e"}.isdisjoint(arguments):
        yield Entry(f"{name} install .", "setup.py", 0)
    elif family in INTERPRETERS:
        file = next((word for word in arguments if word[:1] != "-"), "")
        if "." in file and "$" not in file and "-c" not in arguments and "-m" not in arguments:
            yield Entry(f"{name} {file}", file, 0)
    elif "install" in arguments:
        for word in arguments:
            if _IS_FOLDER.fullmatch(word):
                yield Entry(f"{name} install {word}", f"{word.rstrip('/')}/setup.py", 0)
