"""C and C++ on a distribution: the folder that is compiled in is carried, and what is installed.

Both stages are built on the same image, so a program finds the C library, the loader and the
packages that it found. What is linked with the libraries of `-dev` packages gets these by name; a
compiler's own (OpenMP, atomic operations) are told by its options.

Three things are carried, each as it is, with its owners and modes. The folder in which `make` or
`cmake` works, because a build writes there, unless its files say that it writes elsewhere: so the
Makefiles and CMakeLists of the context are read, and those that cannot be seen (fetched source)
leave the stage alone. The prefix of an install, if all paths that the install names lie in it. The
files that a compiler is told to write by `-o`.
"""

from __future__ import annotations

import re

from dockfix.managers.manager import words
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.patterns import lazy
from dockfix.stages import gcc_image
from dockfix.stages.folder import owner_of, work_inside
from dockfix.stages.installs import on_alpine
from dockfix.stages.native_files import INSTALLING, Written
from dockfix.stages.sides import Done, Run
from dockfix.stages.source import called_by_script, is_shell_script, landings
from dockfix.stages.view import Cut, View
from dockfix.state.paths import copy_of, resolve, within

_IMAGES = ("alpine", "debian", gcc_image.NAME, "ubuntu")
_COMPILERS = lazy(r"(?:[\w-]+-linux-gnu-)?(?:cc|c\+\+|gcc|g\+\+|clang|clang\+\+|gfortran)(?:-\d+)?")
_MAKERS = words("cmake make ninja")
_CONFIGURING = words("autogen.sh autoreconf bootstrap bootstrap.sh buildconf configure")
_ON_FILES = words("chmod cp echo ls mkdir mv rm strip touch")
#: Libraries of a compiler alone, by what has a program linked with them.
_OF_COMPILER = {"-latomic": "libatomic1", "-lquadmath": "libquadmath0", "-fopenmp": "libgomp1"}
#: What may link with OpenMP without its option.
_PARALLEL = lazy(r"(?i)openmp|\bfind_package\b|pkg-config|pkg_check|PKG_CHECK|openacc|parallelize")
_SANITIZING = lazy(r"-fsanitize\b|-l[alt]san\b|--coverage\b")
_CALL = lazy(
    r"\b(?:system|popen|execlp?|execvp?e?|posix_spawnp?)\s*\(\s*(?:(?:NULL|&\w+)\s*,\s*)?"
    r"(?:\"((?:[^\"\\]|\\.)*)\")?"
)
_SOURCE = (".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".f", ".f90")
_DEFAULT_PREFIX = "/usr/local"


def concerns(view: View) -> bool:
    """True if it is an image of Debian or Ubuntu, and something is compiled."""
    return view.image.name in _IMAGES and any(_is_of(run) for run in view.runs.values())


def cut(view: View) -> Cut:
    """What is built and installed, carried onto the same image."""
    return _Native(view).cut()


def calls(path: str, text: str) -> frozenset[str]:
    """The programs that a file calls."""
    if is_shell_script(path, text):
        return called_by_script(path, text)
    if not path.endswith(_SOURCE):
        return frozenset()
    named: set[str] = set()
    for call in _CALL.finditer(text):
        if call[1] is None:
            raise UnsureError(f"{path} runs a program, and it is unknown which")
        named.update(re.split(r"[\s;&|()]+", call[1]))
    return frozenset(word.rpartition("/")[2] for word in named)


def _is_of(run: Run) -> bool:
    return any(_builds(done.program) for done in run.done or ())


def _builds(program: str) -> bool:
    return bool(program in _MAKERS | _CONFIGURING or _COMPILERS.fullmatch(program))


class _Native:
    """What the RUNs of a stage compile and install."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.build: dict[int, Run] = {}
        #: The folders that are built in, the prefixes and files that are installed.
        self.folders: dict[str, None] = {}
        self.prefixes: dict[str, None] = {}
        self.files: dict[str, None] = {}
        self._made: dict[str, None] = {}
        #: The prefix that a folder was configured for.
        self._configured: dict[str, str] = {}
        self.written = Written()

    def cut(self) -> Cut:
        """How the stage is divided."""
        view = self.view
        if view.context is None:
            raise UnsureError("the build context was not found, so it is unknown what is built")
        for run in view.runs.values():
            if _is_of(run):
                self.build[run.instruction.start] = run
            elif not run.kinds <= {*_QUIET, "files"}:
                raise UnsureError(
                    f"it is unknown what line {view.line(run.instruction)} leaves or needs"
                )
        self._read(max(self.build))
        for run in self.build.values():
            self._look_at(run)
        carried = _outermost([*self.folders, *self.prefixes, *self.files])
        for path in self._made:
            if not any(within(one, path) or within(path, one) for one in carried):
                raise UnsureError(f"the build makes {path}, and it is unknown what for")
        build, again = set(self.build), set[int]()
        for folder in self.folders:
            self._check_copies(folder)
            self.written.check(folder)
            work = work_inside(view, self.build, folder, whole=True)
            build |= work.build
            again |= work.again
        owner_of(view, self.build)
        text = "\n".join([*self.written.texts.values(), view.text])
        if found := _SANITIZING.search(text):
            raise UnsureError(f"{found[0]} links with a library that comes with the compiler")
        lines = [f"COPY --from={{build}} {path} {path}" for path in carried]
        if self.prefixes and "ldconfig" in view.text:
            lines.append("RUN ldconfig")
        if view.image.name == gcc_image.NAME:
            return self._on_debian(build, again, lines)
        return Cut(
            frozenset(build),
            view.stage.base or "",
            tuple(lines),
            linked=tuple(
                name.rstrip("01") if on_alpine(view.image) else name
                for option, name in _OF_COMPILER.items()
                if option in text
            ),
            unknown=_PARALLEL.search(text) is not None,
            left=("/root/**", "/tmp/**"),
            what="what is built",
            again=frozenset(again - build),
            users=True,
        )

    def _on_debian(self, build: set[int], again: set[int], lines: list[str]) -> Cut:
        """The cut on GCC's own image: the Debian below it, with the libraries of what is built."""
        view = self.view
        if any(within("/usr/local", prefix) for prefix in self.prefixes):
            raise UnsureError("what is built is installed into /usr/local, beside the compiler")
        libraries = gcc_image.libraries_of(view, [*self.written.texts.values(), view.text])
        return Cut(
            frozenset(build),
            libraries.image,
            (*lines, *libraries.carried),
            linked=libraries.linked,
            called=libraries.called,
            left=(*gcc_image.GONE, "/root/**", "/tmp/**"),
            what="what is built",
            lost=gcc_image.LOST,
            again=frozenset(again - build),
            users=True,
            fits=True,
        )

    def _read(self, last: int) -> None:
        """Reads the Makefiles and CMakeLists of the context, by where they lie in the image."""
        view = self.view
        for one in view.instructions:
            if one.keyword not in ("COPY", "ADD") or one.start > last:
                continue
            copy = copy_of(one, _here(view, view.facts.places[one.start].base))
            if copy is None or view.context is None:
                raise UnsureError(f"it is unknown what line {view.line(one)} copies")
            for path, source in landings(copy, view.context) if copy.origin is None else ():
                self.written.add(path, source, view.read)

    def _check_copies(self, top: str) -> None:
        """Raises UnsureError if something comes into the folder that is not of the context."""
        view = self.view
        for one in view.instructions:
            copy = copy_of(one, _here(view, view.facts.places[one.start].base))
            if copy is None or copy.origin is None or one.start > max(self.build):
                continue
            if within(copy.target, top) or within(top, copy.target):
                raise UnsureError(f"what line {view.line(one)} brings cannot be seen")

    def _look_at(self, run: Run) -> None:
        """Takes down what a RUN leaves."""
        view, line = self.view, self.view.line(run.instruction)
        if run.done is None or not run.chained:
            raise UnsureError(f"what the RUN of line {line} does is not understood")
        here = _here(view, view.facts.places[run.instruction.start].base)
        for done in run.done:
            values = done.values[1:]
            unknown = any("$" in value and "nproc" not in value for value in values)
            if unknown and done.kind not in _QUIET:
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
            if done.program == "cd":
                here = self._place(here, (values or ["$"])[0], line)
            elif done.program == "make" or done.program == "ninja":
                self._make(here, values, line)
            elif done.program == "cmake":
                self._cmake(here, values, line)
            elif done.program in _CONFIGURING:
                self._configure(here, done.program, values, line)
            elif _COMPILERS.fullmatch(done.program):
                self._compile(here, values, line)
            elif done.program in _ON_FILES:
                self._on_files(here, done, line)
            elif done.kind not in _QUIET and done.program not in ("ldconfig", "nproc"):
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")

    def _place(self, here: str, path: str, line: int) -> str:
        found = resolve(here, path)
        if found is None:
            raise UnsureError(f"it is unknown where line {line} works")
        return found

    def _folder(self, folder: str, line: int) -> None:
        """Takes down a folder that is built in."""
        top = next((one for one in self.folders if within(folder, one)), folder)
        if top == "/" or top in _SHARED or (top.count("/") == 1 and top[1:] in _OF_SYSTEM):
            raise UnsureError(f"line {line} builds in {top}")
        if not any(within(path, top) for path in self.written.texts):
            raise UnsureError(f"what is built in {top} cannot be seen")
        self.folders[top] = None

    def _make(self, here: str, values: list[str], line: int) -> None:
        folder, targets, given = here, list[str](), ""
        rest = iter(values)
        for value in rest:
            name, equals, text = value.partition("=")
            if value in ("-C", "--directory"):
                folder = self._place(here, next(rest, "$"), line)
            elif value in ("-f", "--file") or name in ("DESTDIR", "--file"):
                raise UnsureError(f"it is unknown what make in line {line} leaves")
            elif value in ("-j", "-l"):
                continue
            elif equals and name in ("PREFIX", "prefix"):
                given = text
            elif value[:1] not in ("-", "$", "`") and not equals and not value.isdigit():
                targets.append(value)
        self._folder(folder, line)
        self.written.check_rules(next(one for one in self.folders if within(folder, one)))
        if any(INSTALLING.fullmatch(target) for target in targets):
            self._install(folder, given, line)

    def _install(self, folder: str, given: str, line: int) -> None:
        """Takes down the prefix of an install, if all that it names lies there."""
        top = next(one for one in self.folders if within(folder, one))
        configured = self._configured.get(folder) or self._configured.get(top)
        named = self.written.installed_to(top, told=bool(given or configured))
        prefix = given or configured or _DEFAULT_PREFIX
        outside = [one for one in named if not within(one, prefix)]
        if given:
            outside = [one for one in outside if not within(one, _DEFAULT_PREFIX)]
        if outside or not prefix.startswith("/"):
            raise UnsureError(
                f"it is unknown where line {line} installs to: {min(outside or ['?'])}"
            )
        self._prefix(prefix, line)

    def _prefix(self, prefix: str, line: int) -> None:
        if prefix.rstrip("/") in ("", "/usr", "/etc", "/var", "/opt", "/home", "/root"):
            raise UnsureError(f"line {line} installs into {prefix}, among other files")
        self.prefixes[prefix.rstrip("/")] = None

    def _configure(self, here: str, program: str, values: list[str], line: int) -> None:
        self._folder(here, line)
        prefix = _DEFAULT_PREFIX
        for value in values:
            name, _, text = value.partition("=")
            if name == "--prefix":
                prefix = text
        for value in values:
            name, _, text = value.partition("=")
            if text[:1] == "/" and name.endswith(("dir", "path")) and not within(text, prefix):
                raise UnsureError(f"line {line} has {name} outside of {prefix}")
        if program == "configure":
            if not any(
                within(path, here) and path.endswith("/configure.ac") for path in self.written.texts
            ):
                raise UnsureError(f"what configure in line {line} prepares cannot be seen")
            self._configured[here] = prefix

    def _cmake(self, here: str, values: list[str], line: int) -> None:
        words_ = dict(zip(values, [*values[1:], ""], strict=False))
        if "--build" in words_:
            folder = self._place(here, words_["--build"], line)
            self._folder(folder, line)
            if "install" in values:
                self._install_cmake(folder, "", line)
            return
        if "--install" in words_:
            folder = self._place(here, words_["--install"], line)
            self._install_cmake(folder, words_.get("--prefix", ""), line)
            return
        prefix = _DEFAULT_PREFIX
        for value in values:
            name, _, text = value.partition("=")
            name = name.removeprefix("-D").partition(":")[0]
            if name == "CMAKE_INSTALL_PREFIX":
                prefix = text
        for value in values:
            name, _, text = value.removeprefix("-D").partition("=")
            is_place = name.startswith("CMAKE_INSTALL_") and text[:1] == "/"
            if (is_place and not within(text, prefix)) or value in ("-P", "-C", "-E"):
                raise UnsureError(f"it is unknown what cmake in line {line} leaves")
        plain = [
            value
            for at, value in enumerate(values)
            if value[:1] != "-"
            and (at == 0 or values[at - 1] not in ("-S", "-B", "-G", "-D", "-A"))
        ]
        source = self._place(here, words_.get("-S", (plain or ["."])[0]), line)
        target = self._place(here, words_.get("-B", "." if plain else "build"), line)
        if not within(target, source):
            raise UnsureError(f"line {line} builds in {target}, beside the source")
        self._folder(source, line)
        self._configured[target] = prefix

    def _install_cmake(self, folder: str, given: str, line: int) -> None:
        self.written.check_install()
        prefix = given or self._configured.get(folder, "")
        if not prefix.startswith("/"):
            raise UnsureError(f"it is unknown where line {line} installs to")
        self._prefix(prefix, line)

    def _compile(self, here: str, values: list[str], line: int) -> None:
        if any(value in ("-E", "-M", "-MM", "-S") for value in values):
            raise UnsureError(f"it is unknown what the compiler in line {line} leaves")
        output = next(
            (values[at + 1 : at + 2] for at, value in enumerate(values) if value == "-o"), None
        )
        glued = next((value[2:] for value in values if value[:2] == "-o" and value[2:]), "")
        if output is None and not glued:
            if "-c" in values:
                for value in values:
                    if value.endswith(_SOURCE):
                        name = value.rpartition("/")[2].rpartition(".")[0]
                        self.files[self._place(here, f"{name}.o", line)] = None
                return
            output = ["a.out"]
        self.files[self._place(here, glued or (output or ["$"])[0], line)] = None

    def _on_files(self, here: str, done: Done, line: int) -> None:
        paths = [self._place(here, one, line) for one in done.values[1:] if one[:1] != "-"]
        if done.simple.redirects:
            raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
        if done.program == "mkdir":
            self._made.update(dict.fromkeys(paths))
        elif done.program in ("cp", "mv"):
            target = paths[-1] if paths else "/"
            known = [one for one in paths[:-1] if one in self.files]
            inside = [one for one in paths[:-1] if any(within(one, top) for top in self.folders)]
            if len(known) + len(inside) < len(paths) - 1 or len(paths) < 2:
                raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
            into = done.values[-1].endswith(("/", "/.")) or target in (*_BINARIES, *self._made)
            if not any(within(target, top) for top in self.folders):
                names = [one.rpartition("/")[2] for one in paths[:-1]]
                if not into and (len(names) > 1 or "-r" in done.values or "-a" in done.values):
                    raise UnsureError(f"it is unknown what {done.program} in line {line} leaves")
                for name in names:
                    self.files[f"{target}/{name}" if into else target] = None
            if done.program == "mv":
                for one in known:
                    self.files.pop(one, None)
        elif done.program == "rm":
            for one in paths:
                if one in (*self.folders, *self.prefixes):
                    raise UnsureError(f"line {line} removes {one}, where it builds")
                self.files.pop(one, None)


#: Kinds of commands that leave only packages of the system, or nothing.
_QUIET = ("system", "scratch", "nothing")
_BINARIES = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin")
#: Folders in which packages have files, too.
_SHARED = words(
    "/usr/bin /usr/include /usr/lib /usr/libexec /usr/local /usr/local/bin /usr/local/lib",
    "/usr/local/share /usr/sbin /usr/share /usr/src /var/cache /var/lib /var/log",
)
_OF_SYSTEM = words("bin boot dev etc home lib opt proc root run sbin srv sys tmp usr var")


def _here(view: View, base: str) -> str:
    """The directory that an instruction works in: these images start in the root."""
    return re.sub(r"^\?[^/]*", "", base) or "/"


def _outermost(paths: list[str]) -> list[str]:
    """The paths without those that lie below another one."""
    return [
        one
        for one in dict.fromkeys(paths)
        if not any(one != other and within(one, other) for other in paths)
    ]
