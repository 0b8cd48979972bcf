"""pip: a list of requirements may name other lists, constraints, archives, and the project itself.

A list is read line by line, as pip does; whatever is not plainly a package from elsewhere counts as
one of the project. `pip install .` and `-e .` run the project's own build, which reads the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockfix.managers.manager import Argument, Command, Manager, verbs, words
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    Wanted,
    beside,
    present,
    text_of,
)
from dockfix.managers.old_images import before_2015
from dockfix.managers.parts import Brings, Cache, Mount, OnPath, Renamed
from dockfix.shell.patterns import lazy

_URL = lazy(r"(?:https?|git\+https?|git\+ssh|ssh)://", re.IGNORECASE)
_FILES = words("--requirement --requirements --constraint")
_TREES = words("--target --prefix --root --cache-dir")
_REFUSED = words(
    "--src --build --build-dir --build-directory --source --source-dir --cert",
    "--client-cert --config-setting --config-settings --group --python --log --log-file",
    "--local-log --report --download --download-cache --global-option --install-option --dry-run",
)
_BUILDS = "pip builds the project, which reads its source"


def reads_of_command(command: Command, as_module: bool) -> Reads | None:
    """What an install reads, told by its words; None: it is none, or not understood."""
    if command.action != "install" or command.verb.value != "install":
        return None
    files: list[str] = []
    trees: list[str] = []
    links: list[str] = []
    source = ""
    for option in command.options:
        name, value = _split(option)
        if _is_one_of(name, words("--editable"), "e"):
            source = source or _BUILDS
        elif _is_one_of(name, _REFUSED, "bdC"):
            return None
        elif _is_one_of(name, _FILES, "rc"):
            if not value or "$" in value or _is_url(value):
                return None
            files.append(value)
        elif _is_one_of(name, _TREES, "t"):
            trees.append(value)
        elif name in ("-f", "--find-links") and not _is_url(value):
            if "$" in value:
                return None
            links.append(value.removeprefix("file://"))
    for word in command.packages:
        value = word.value or ""
        if value[:1] in (".", "/"):
            source = source or _BUILDS
        elif not MANAGER.is_plain(value) and not _is_url(value):
            return None
    if not files and not command.packages and not source:
        return None
    return Reads(
        "pip",
        tuple(files),
        tuple(links),
        writes=tuple(trees),
        shadowed=as_module,
        source=source,
    )


def _is_url(value: str) -> bool:
    return "://" in value and _URL.match(value) is not None


def _is_one_of(name: str, long: frozenset[str], letters: str) -> bool:
    """True if an option is one of the long ones, or letters behind a dash of which one is last."""
    return name in long or (
        name[:1] == "-" and name[-1] in letters and name[1:].isascii() and name[1:].isalpha()
    )


def _split(option: Argument) -> tuple[str, str]:
    """An option of pip and its value: `-r x`, `-rx`, `--requirement=x`."""
    if len(option.words) == 2:
        return option.words[0].text, option.words[1].value or option.words[1].text
    text = option.words[0].value or option.words[0].text
    if text.startswith("--"):
        name, _, value = text.partition("=")
        return name, value
    found = re.match(r"(-[A-Za-z]*?[rctbefiCd])(.+)", text)
    return (found[1], found[2]) if found else (text, "")


_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_REQUIREMENT = lazy(
    rf"{_NAME}\s*+(?:\[[\w\s,.-]*\])?\s*+(?:\(?[=<>!~]=?=?[^/\\]*\)?)?(?:;.*)?(?:\s--hash[= ]\S+)*"
)
_REMOTE = lazy(r"(?:git\+|hg\+)?(?:https?|ssh)://")
_HARMLESS_OPTION = lazy(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[= ]\s*https?://\S+"
    r"|--(?:trusted-host|no-binary|only-binary|use-feature)[= ]\s*\S+"
    r"|--(?:pre|prefer-binary|require-hashes|no-index)"
)
_OTHER_LIST = lazy(r"(?:-r|-c|--requirements?|--constraint)[= ]?\s*(\S+)")
_LINKS = lazy(r"(?:-f|--find-links)[= ]\s*(?:file://)?(\S+)")
_LOCAL_ARCHIVE = lazy(r"(\S*\.(?:whl|zip|tar|tgz|gz|bz2|xz|egg))(?:\s|;|$)")


def needs(project: Project, command: Reads) -> Needs:
    """The lists and what they name."""
    if command.source:
        raise UnsureError(command.source)
    found: list[str] = []
    waiting = list(command.manifests)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            for other, nested in _named(text_of(project, name)):
                if nested:
                    waiting.append(beside(name, other))
                else:
                    # looked for beside the list, or where pip runs
                    found += [beside(name, other), beside("", other)]
    found += command.optional
    return Needs(present(project, tuple(dict.fromkeys(found))))


def lines_of(text: str) -> Iterator[str]:
    """The lines of a list of requirements that say something, continued ones joined."""
    for line in re.sub(r"\\\r?\n", " ", text.removeprefix("\ufeff")).splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if line:
            yield line


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """The files that a list names, and whether they are lists themselves."""
    for line in lines_of(text):
        if _HARMLESS_OPTION.fullmatch(line):
            continue
        other = _OTHER_LIST.fullmatch(line)
        if other:
            if "${" in other[1]:
                raise UnsureError(f"`{line}` depends on a variable")
            if not _is_url(other[1]):
                yield other[1], True
            continue
        links = _LINKS.fullmatch(line)
        if links:
            yield links[1], False
            continue
        requirement, at, url = line.partition(" @ ")
        if at and _REMOTE.match(url) and re.fullmatch(_NAME + r"(?:\[[\w,.-]*\])?", requirement):
            continue
        if _REMOTE.match(line):
            continue
        archive = _LOCAL_ARCHIVE.match(line)
        if archive and "://" not in line and "${" not in line:
            yield archive[1], False
        elif not _REQUIREMENT.fullmatch(line):
            raise UnsureError(f"`{line}` in the requirements names a file of the project")


def loose(name: str, text: str) -> list[str]:
    """The requirements of a list that are not held to one version."""
    found: list[str] = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = _COMMENT.sub("", line).partition(";")[0].strip()
        parts = None if line[:1] in ("-", "") or "://" in line else _NAMED.fullmatch(line)
        if parts is None or "@" in parts[2] or "/" in line:
            continue
        versions = parts[2].replace(" ", "")
        if "==" not in versions.replace("!==", "") or versions.endswith(".*"):
            found.append(re.sub(r"\s+", "", line))
    return found


_NAMED = lazy(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(.*)")
_COMMENT = lazy(r"(?:^|\s)#.*")

CACHE = Cache(
    name="pip",
    folders=("~/.cache/pip",),
    fills=words("install"),
    cleans=words("cache"),
    option="--no-cache-dir",
    why="the image needs no second copy of what it installs",
    settled=words("--no-cache --cache-dir --no-index --download-cache"),
    cleaned=(".cache", "pip.conf", "pip config", "pip cache", "PIP_"),
    # `pip cache purge` and `remove` fail where nothing was stored, from pip 20.1 to 21.2
    offline=words("purge remove"),
    compiled=True,
    names=("PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "PIP_CONFIG_FILE", "XDG_CACHE_HOME"),
    unknown=before_2015,
    aliases=("DL3042",),
    mount=Mount(verbs=words("install wheel download"), offline=words("--cache-dir --no-index")),
)


def order_doubt(command: Command) -> str:
    """pip settles first what stands first, if nothing else tells two packages apart.

    Its provider prefers by the order of the arguments (pip 20.3 to 26,
    _internal/resolution/resolvelib/provider.py, `get_preference`), the older resolver takes the
    first that it meets. `==` with `--no-deps` leaves nothing to settle. A constraints file may
    leave something.
    """
    options = [option.option for option in command.options]
    if "--no-deps" not in options and "--no-dependencies" not in options:
        return "pip chooses versions in the order of the list"
    loose = [word.value for word in command.packages if not _PINNED.fullmatch(word.value or "")]
    return (
        f"pip chooses versions in the order of the list, and {loose[0]} names none" if loose else ""
    )


_VERSION = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+"

#: A package by name, at most with extras, versions and a condition.
NAME = lazy(
    rf"(?!.*\.(?:whl|zip|tar|tgz|tar\.\w+)(?:\[|$))[A-Za-z0-9][A-Za-z0-9._-]*\s*+(?:\[[^\]/]*\])?"
    rf"\s*+(?:{_VERSION}(?>(?:\s*+,\s*+{_VERSION})*))?\s*+(?:;[^/]*)?"
)

#: A package in one version.
_PINNED = lazy(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]/]*\])?\s*===?\s*[A-Za-z0-9.+!_-]+\s*(?:;[^/]*)?"
)

_USER = "it installs for one user, not into the environment"
_ASIDE = {
    "--user": _USER,
    "-t": "it installs into a folder of its own",
    "--target": "it installs into a folder of its own",
    "--prefix": "it installs into a folder of its own",
    "--root": "it installs into a folder of its own",
    "--python": "it installs for another Python",
    "-e": "an editable install stays in the source",
    "--editable": "an editable install stays in the source",
}
_ASIDE_BY_NAME = lazy(r"\b(?:PIP_(?:USER|TARGET|PREFIX|ROOT)|PYTHONUSERBASE|PYTHONHOME)\b")


def aside(values: list[str], above: str) -> str:
    """Why what a command brings does not lie in the environment of the Python on PATH."""
    for value in values:
        option = value.partition("=")[0]
        if reason := _ASIDE.get(option) or _ASIDE.get(value[:2] if value[:2] == "-t" else ""):
            return reason
    found = _ASIDE_BY_NAME.search(above)
    return f"{found[0]} says where it installs" if found else ""


def wants(project: Project, values: list[str]) -> Iterator[Wanted]:
    """The packages that an install asks for."""
    from dockfix.managers.manifests.python_names import listed, of_project, wanted_of

    rest = iter(values[values.index("install") + 1 :] if "install" in values else ())
    for value in rest:
        name, _, given = value.partition("=")
        if value in ("-r", "--requirement", "--requirements"):
            yield from listed(project, (next(rest, ""),))
        elif name in ("--requirement", "--requirements") and given:
            yield from listed(project, (given,))
        elif value[:2] == "-r" and value[2:]:
            yield from listed(project, (value[2:],))
        elif name == "--no-binary":
            raise UnsureError("--no-binary has packages compiled that come as wheels")
        elif value in MANAGER.valued:
            next(rest, "")
        elif value.startswith("-"):
            continue
        elif value.partition("[")[0] in (".", "./"):
            yield from of_project(project)
        else:
            yield wanted_of(value)


#: pip itself uses them, or setup scripts of other packages are known to: the first of them is
#: there, or is another one, when the second is built or run by the same pip.
_BUILD_TOOLS = lazy(
    r"pip|setuptools.*|wheel|poetry.*|flit.*|hatch.*|pdm.*|distribute|packaging|virtualenv|pbr"
    r"|cython|numpy|scipy|pybind11|cffi|scikit-build.*|meson.*|cmake|ninja|maturin|torch.*|tensorflow.*"
    r"|mpi4py|pkgconfig|versioneer|jinja2|six|keyring|keyrings\..*|artifacts-keyring|certifi"
)

#: Its option parser takes options before and behind the verb alike
#: (pip/_internal/cli/cmdoptions.py).
MANAGER = Manager(
    name="pip",
    # of an environment of its own
    brings=Brings(
        lazy(r"(?P<prefix>/.+)/bin/[^/]+"),
        r"(?<![\w./-]){prefix}/bin/(?:pip3?|python3?[ \t]+-m[ \t]+pip)[ \t]+install\b",
    ),
    verbs=verbs(
        install="install",
        remove="uninstall",
        reads="download wheel search index list show freeze check inspect hash",
        other="cache config debug help completion lock",
    ),
    flags=words(
        "-U --upgrade --pre --user --no-user --no-cache-dir --no-cache --no-deps --no-dependencies",
        "-I --ignore-installed --force-reinstall -q -qq -qqq --quiet -v -vv -vvv --verbose",
        "--no-input",
        "--isolated --require-virtualenv --require-venv --disable-pip-version-check --no-color",
        "--no-python-version-warning --no-build-isolation --use-pep517 --no-use-pep517",
        "--check-build-dependencies --break-system-packages --ignore-requires-python",
        "--compile --no-compile --no-warn-script-location --no-warn-conflicts --prefer-binary",
        "--require-hashes --no-clean --no-index --process-dependency-links --allow-all-external",
        "--egg --as-egg --dry-run --debug --use-wheel --no-use-wheel -M --use-mirrors --no-install",
        "--no-download",
    ),
    valued=words(
        "-r --requirement --requirements -c --constraint -e --editable -t --target --platform",
        "--python-version --implementation --abi --root --prefix -b --build --build-dir --src",
        "--build-directory --source --source-dir --upgrade-strategy --install-option",
        "--global-option -C --config-settings --config-setting --no-binary --only-binary",
        "--progress-bar --root-user-action --report -i --index-url --pypi-url --extra-index-url -f",
        "--find-links --allow-external --allow-unverified --allow-insecure --log --log-file",
        "--local-log --proxy --retries --timeout --default-timeout --exists-action --trusted-host",
        "--cert --client-cert --cache-dir --use-feature --use-deprecated --python",
        "--keyring-provider --group --download-cache -d --download --mirrors",
    ),
    plain=NAME,
    order_doubt=order_doubt,
    same=(("--upgrade", "-U"), ("--quiet", "-q")),
    list_options=words("-r"),
    apart=("-r", "--requirement", "--requirements", "-c", "--constraint", "-e", "--editable"),
    build_tools=_BUILD_TOOLS,
    # an option may be cut short, as long as it fits one only
    renamed=Renamed({"--no-cache": "--no-cache-dir"}),
    cache=CACHE,
    reads_command=reads_of_command,
    needs=needs,
    plain_lists=True,
    outside_project=True,
    huge=words(
        "flash-attn jax mxnet paddlepaddle-gpu tensorflow tensorflow-gpu torch vllm xformers"
    ),
    loose=loose,
    on_path=OnPath(named=True, first_in=words("python")),
    manifests=("*requirements*.txt", "*requirements*.in", "pyproject.toml"),
    language="python",
    aside=aside,
    wants=wants,
    versions=(".python-version",),
)
