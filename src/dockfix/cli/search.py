"""Searches a directory for Dockerfiles.

By the usual names, and by what Compose files, Bake files and dev containers name; without what Git
ignores, what the configuration excludes, the places where other people's files lie, and files that
are generated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from dockfix.cli.heads import begins_a_dockerfile, is_generated
from dockfix.context.disk import CACHE_FOLDER, content
from dockfix.context.ignore_names import ENDINGS
from dockfix.context.named import named_by, names_dockerfiles
from dockfix.context.worktree import worktree_of
from dockfix.embedded import is_searched_for_blocks
from dockfix.errors import ConfigError
from dockfix.records import Record
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from dockfix.cli.config import Config

#: Directories that hold nobody's own files.
SKIPPED_DIRECTORIES = frozenset(
    {
        ".bzr",
        ".direnv",
        CACHE_FOLDER,
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".terraform",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "venv",
    }
)

#: What Go (`go mod vendor`) and Composer write into the folder `vendor`, which is theirs then.
_MARKS_OF_VENDOR = ("modules.txt", "autoload.php")

#: Ends of names (behind a dot) of files that are not a Dockerfile yet, or were one.
SKIPPED_ENDS = frozenset(
    {
        # templates
        "ejs",
        "epp",
        "erb",
        "gotmpl",
        "handlebars",
        "hbs",
        "in",
        "j2",
        "jinja",
        "jinja2",
        "liquid",
        "m4",
        "mako",
        "mustache",
        "template",
        "tmpl",
        "tpl",
        "twig",
        # what editors, patch and others leave behind
        "bak",
        "backup",
        "diff",
        "old",
        "orig",
        "patch",
        "rej",
        "save",
        "swo",
        "swp",
        "tmp",
        # texts and data about Dockerfiles
        *(ending[1:] for ending in ENDINGS),
        "adoc",
        "html",
        "json",
        "lock",
        "md",
        "rst",
        "xml",
        "yaml",
        "yml",
    }
)

#: The same behind a lower-case `dockerfile.`: `dockerfile.go` is a program about Dockerfiles, where
#: `Dockerfile.go` is one for a program in Go.
SKIPPED_ENDS_OF_LOWER_CASE = frozenset(
    {"c", "cpp", "cs", "go", "h", "java", "js", "kt", "lua", "php", "py", "rb", "rs", "ts", "vim"}
)

#: Of larger files nobody asks for Dockerfiles inside.
_LARGEST = 1_000_000

_WORDS = ("dockerfile", "containerfile")
#: What stands between the word and the rest of a name.
_SIGNS = frozenset(".-_")


def is_dockerfile(name: str) -> bool:
    """True if a file in a directory that is searched is taken, by its name.

    Taken are names with a dot, which GitHub's linguist and VS Code know (`Dockerfile.dev`,
    `dev.Dockerfile`, `dev.containerfile`), and those with a dash or an underscore, which Renovate
    and Dependabot know, too (`Dockerfile-dev`, `dev-Dockerfile`).
    """
    lower = name.lower()
    if "erfile" not in lower:
        return False
    for word in _WORDS:
        if lower == word:
            return True
        # with something in front: `.dockerfile` is a hidden file of some program
        if lower[-len(word) - 1 : -len(word)] in _SIGNS and lower.endswith(word):
            return len(lower) > len(word) + 1
        if lower.startswith(word) and lower[len(word)] in _SIGNS:
            return _is_kind(name[len(word) :], is_lower=name.startswith(word))
    return False


def _is_vendored(directory: str, name: str) -> bool:
    """True for a folder into which a package manager copied what others wrote."""
    return name == "vendor" and any(
        os.path.isfile(os.path.join(directory, name, mark)) for mark in _MARKS_OF_VENDOR
    )


def _is_kind(tail: str, *, is_lower: bool) -> bool:
    """True if what stands behind the word, `.dev` or `-dev`, still leaves a Dockerfile."""
    sign, rest = tail[0], tail[1:].lower()
    if not rest or rest.endswith("~"):
        return False
    _, dot, end = rest.rpartition(".")
    is_code = end in SKIPPED_ENDS_OF_LOWER_CASE
    if sign == ".":
        return end not in SKIPPED_ENDS and not (is_lower and is_code)
    # `Dockerfile-go` is for a program in Go, and `Dockerfile-lint.go` is a program
    last = end.replace("_", "-").rpartition("-")[2]
    return last not in SKIPPED_ENDS and not (dot and is_code)


def _is_by_its_name_alone(name: str) -> bool:
    """True if few other files have such a name: those with a dash may be about Dockerfiles."""
    stem, dot, _ = name.lower().partition(".")
    return bool(dot and stem in _WORDS) or name.lower().rpartition(".")[2] in _WORDS


class _Rules(Record):
    """Patterns and the directory to which they are relative."""

    directory: str
    spec: GitIgnoreSpec


class _Folder(Record):
    """A folder that is searched: how paths show it, and what is left out in it."""

    shown: str
    ignored: tuple[_Rules, ...]
    excluded: tuple[_Rules, ...]


class Search:
    """One directory's search. With `embedded`, files with Dockerfiles inside are found, too, where
    the settings ask for them. `errors` and `generated`, what is left out, fill up on the way."""

    def __init__(
        self,
        settings: Callable[[str, Sequence[str]], Config],
        exclude: Sequence[str],
        *,
        embedded: bool,
    ) -> None:
        self.errors: list[str] = []
        self.generated: list[str] = []
        self._settings = settings
        self._embedded = embedded
        self._excluded = _rules(os.getcwd(), exclude, "--exclude") if exclude else ()
        self._configured: dict[tuple[str, tuple[str, ...]], tuple[_Rules, ...]] = {}

    def walk(self, top: str) -> list[str]:
        """The Dockerfiles below a folder: of each folder its own by name, and then those below."""
        absolute = os.path.realpath(top)
        found: dict[str, str] = {}
        #: files that name Dockerfiles, and what holds in each folder that is searched
        naming: list[str] = []
        folders: dict[str, _Folder] = {}
        ignored = {absolute: _rules_above(absolute)}
        for directory, directories, names in os.walk(absolute, onerror=self._failed):
            rules = ignored.pop(directory)
            if ".gitignore" in names:
                rules += _gitignore(os.path.join(directory, ".gitignore"), directory)
            config = self._configured_in(directory, names)
            excluded = self._excluded + self._exclusions(config)
            shown = os.path.join("" if top == "." else top, directory[len(absolute) :].lstrip("/"))
            folders[directory] = _Folder(shown, rules, excluded)
            directories[:] = sorted(
                name
                for name in directories
                if name not in SKIPPED_DIRECTORIES
                and not _is_vendored(directory, name)
                and not _matches(rules, os.path.join(directory, name), "/")
                and not _matches(excluded, os.path.join(directory, name), "/")
            )
            for name in directories:
                ignored[os.path.join(directory, name)] = rules
            # a directory may hold many thousands of other files
            for name in filter(is_dockerfile, names):
                path = os.path.join(directory, name)
                if _is_by_its_name_alone(name) or begins_a_dockerfile(path):
                    self._take(path, folders, found)
            if self._embedded and config is not None and config.embedded:
                for name in filter(is_searched_for_blocks, names):
                    path = os.path.join(directory, name)
                    if _holds_blocks(path):
                        self._take(path, folders, found)
            naming += [os.path.join(directory, name) for name in filter(names_dockerfiles, names)]
        for file in naming:
            if _is_searched(file, folders):
                for one in named_by(file):
                    if one.path is not None:
                        self._take(os.path.realpath(one.path), folders, found)
        return [found[path] for path in sorted(found, key=_order)]

    def _take(self, path: str, folders: dict[str, _Folder], found: dict[str, str]) -> None:
        """Adds a file to `found`, or to those that are left out because they are generated."""
        if path in found or not _is_searched(path, folders) or not os.path.isfile(path):
            return
        directory, name = os.path.split(path)
        shown = os.path.join(folders[directory].shown, name)
        if not is_generated(path):
            found[path] = shown
        elif shown not in self.generated:
            self.generated.append(shown)

    def _failed(self, error: OSError) -> None:
        self.errors.append(f"{error.filename}: cannot be searched: {error.strerror}")

    def _configured_in(self, directory: str, names: Sequence[str]) -> Config | None:
        try:
            return self._settings(directory, names)
        except ConfigError as error:
            self._wrong(error)
            return None

    def _exclusions(self, config: Config | None) -> tuple[_Rules, ...]:
        if config is None or not config.exclude:
            return ()
        key = config.root, config.exclude
        if key not in self._configured:
            try:
                self._configured[key] = _rules(*key, config.origin)
            except ConfigError as error:
                self._wrong(error)
                return ()
        return self._configured[key]

    def _wrong(self, error: ConfigError) -> None:
        if str(error) not in self.errors:
            self.errors.append(str(error))


def _is_searched(path: str, folders: dict[str, _Folder]) -> bool:
    """True for a file in a folder that is searched, if nothing says to leave it out."""
    folder = folders.get(os.path.dirname(path))
    return (
        folder is not None
        and not _matches(folder.ignored, path)
        and not _matches(folder.excluded, path)
    )


def _holds_blocks(path: str) -> bool:
    """True if there are Dockerfiles inside of a file that is none."""
    from dockfix.embedded import blocks_of

    data = content(path, _LARGEST) or b""
    return b"ocker" in data and bool(blocks_of(path, data.decode("utf-8", "surrogateescape")))


def _order(path: str) -> list[tuple[bool, str]]:
    """A key that sorts the files of a folder before those of the folders in it."""
    *folders, name = path.split("/")
    return [*((True, one) for one in folders), (False, name)]


def _rules_above(directory: str) -> tuple[_Rules, ...]:
    """What Git ignores in a directory because of the directories above it, in its repository."""
    top = worktree_of(directory)
    if top is None:
        return ()
    above: list[str] = []
    at = directory
    while at != top:
        at = os.path.dirname(at)
        above.append(at)
    rules = _gitignore(os.path.join(at, ".git", "info", "exclude"), at)
    for one in reversed(above):
        rules += _gitignore(os.path.join(one, ".gitignore"), one)
    # Who names an ignored directory wants it searched.
    inside = directory
    while inside != at:
        if _matches(rules, inside, "/"):
            return ()
        inside = os.path.dirname(inside)
    return rules


def _gitignore(path: str, directory: str) -> tuple[_Rules, ...]:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return ()
    return _rules(directory, lines)


def _rules(directory: str, lines: Sequence[str], origin: str = "") -> tuple[_Rules, ...]:
    """Rules of patterns as in `.gitignore`.

    A wrong pattern is passed over, as Git does; with an `origin` to name it is a ConfigError.
    """
    from pathspec import GitIgnoreSpec

    try:
        return (_Rules(directory, GitIgnoreSpec.from_lines(lines)),)
    except ValueError as error:
        if origin:
            raise ConfigError(f"{origin}: exclude: {error}") from error
    return tuple(rules for line in lines for rules in _rule(directory, line))


def _rule(directory: str, line: str) -> tuple[_Rules, ...]:
    from pathspec import GitIgnoreSpec

    try:
        return (_Rules(directory, GitIgnoreSpec.from_lines([line])),)
    except ValueError:
        return ()


def _matches(rules: tuple[_Rules, ...], path: str, end: str = "") -> bool:
    """True if the last rule that speaks of a path (`end` is "/" for a directory) says: left out."""
    for directory, spec in reversed(rules):
        above = directory.rstrip("/") + "/"
        inside = path[len(above) :] if path.startswith(above) else ""
        decision = spec.check_file(inside + end).include if inside else None
        if decision is not None:
            return decision
    return False
