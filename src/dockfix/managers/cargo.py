"""cargo: every command looks for the source files that make up a package, so none is split off.
`cargo chef` makes a recipe for that, with stages of its own."""

from __future__ import annotations

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.shape import Needs, Project, Reads, UnsureError
from dockfix.managers.manifests.toml import read_toml, table
from dockfix.managers.parts import Brings, Cache, Made, Mount
from dockfix.shell.patterns import lazy

_WHY = "cargo looks for the source of every package"


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    if values[:1] in (["fetch"], ["vendor"], ["build"]):
        return Reads("cargo", ("Cargo.toml",), source=_WHY, words=tuple(values))
    return None


def needs(project: Project, command: Reads) -> Needs:
    """Never told."""
    raise UnsureError(_WHY)


#: What is fetched: builds work on it, so nothing cleans it.
CACHE = Cache(
    name="cargo",
    folders=("/usr/local/cargo/registry",),
    fills=words("build install fetch test check run"),
    names=("CARGO_HOME",),
    mount=Mount(bases=words("rust"), offline=words("--offline --frozen"), store=True),
)

_CONFIGS = (".cargo/config.toml", ".cargo/config")
#: Settings of these that say where things are put (The Cargo Book, "Configuration").
_PLACED = lazy(r"(?m)^[ \t]*(?:build\.)?(?:target|target-dir|build-dir|artifact-dir|out-dir)\s*=")
_ELSEWHERE = words("--target-dir --manifest-path --out-dir --artifact-dir --example --lib --bench")


def leaves(project: Project, values: list[str], above: str) -> list[str]:
    """The programs that a command leaves (The Cargo Book, "Build Cache", "cargo install")."""
    verb = next((value for value in values if value[:1] not in "-+"), "")
    names = {value.partition("=")[0] for value in values}
    if verb not in ("build", "install", "b"):
        if verb in ("fetch", "vendor", "check", "test", "clippy", "fmt", "init", "clean", "new"):
            return []
        raise UnsureError(f"it is unknown what cargo {verb} leaves")
    if (
        names & _ELSEWHERE
        or "CARGO_TARGET_DIR" in above
        or any(_PLACED.search(project.read(name) or "") for name in _CONFIGS)
    ):
        raise UnsureError("it is unknown where cargo puts what it builds")
    if verb == "install":
        root = _value(values, "--root")
        if "--path" not in names:
            return []
        folder = f"{root.rstrip('/')}/bin" if root else "/usr/local/cargo/bin"
        own = _value(values, "--path") in (".", "./")
        return [f"{folder}/{name}" for name in (_programs(project, values) if own else ["*"])]
    profile = _value(values, "--profile")
    folder = "release" if names & {"--release", "-r"} or profile == "release" else "debug"
    target = _value(values, "--target")
    if profile and profile != "release":
        raise UnsureError("it is unknown where cargo puts what it builds")
    folder = f"target/{target}/{folder}" if target else f"target/{folder}"
    return [f"{folder}/{name}" for name in _programs(project, values)]


def _programs(project: Project, values: list[str]) -> list[str]:
    """The names of the programs of a package that a command certainly builds; `*` for those of a
    workspace.

    A program that wants a feature is built only with it, and a file that a program of the manifest
    has as its `path` is no other one (The Cargo Book, "Cargo Targets").
    """
    data = read_toml(project.read("Cargo.toml") or "")
    package = table(data, "package")
    if "workspace" in data or not package:
        return ["*"]
    chosen = [values[at + 1] for at, value in enumerate(values[:-1]) if value == "--bin"]
    chosen += [value.partition("=")[2] for value in values if value.startswith("--bin=")]
    if chosen:
        return chosen
    given = data.get("bin", [])
    listed = [table(one) for one in given] if isinstance(given, list) else []
    paths = {str(one.get("path", "")) for one in listed}
    names = [str(one.get("name", "")) for one in listed if not one.get("required-features")]
    # without an edition it is that of 2015, which looks for no others
    if package.get("autobins") is False or (listed and "edition" not in package):
        return [*dict.fromkeys(names)]
    if project.kind("src/main.rs") is not None and "src/main.rs" not in paths:
        names.append(str(package.get("name", "")))
    found = project.entries("src/bin") if project.kind("src/bin") is not None else ()
    names += [
        one.removesuffix(".rs")
        for one in found
        if not {f"src/bin/{one}", f"src/bin/{one}/main.rs"} & paths
    ]
    unsure = {str(one.get("name", "")) for one in listed if one.get("required-features")}
    return [name for name in dict.fromkeys(names) if name not in unsure]


def _value(values: list[str], option: str) -> str:
    for at, value in enumerate(values):
        if value == option and at + 1 < len(values):
            return values[at + 1]
        if value.startswith(f"{option}="):
            return value.partition("=")[2]
    return ""


MANAGER = Manager(
    name="cargo",
    compiles_all=True,
    # beside them lie folders, and files with a dot in their names
    brings=Brings(
        lazy(r".*/target/(?:[\w-]+/)?(?:release|debug)/[^/.]+"),
        r"\bcargo[ \t]+(?:\+\S+[ \t]+)?(?:build|b)\b",
        compiled=True,
    ),
    verbs=verbs(install="install fetch vendor", other="build test check run doc clean add"),
    cache=CACHE,
    reads=reads,
    needs=needs,
    manifests=("Cargo.toml", "Cargo.lock"),
    made=Made("target", "Cargo.toml", lazy(r"\bcargo[ \t]+(?:build|install|chef)\b")),
    stamps=lazy(r"\bcargo[ \t]+install\b"),
    language="rust",
    leaves=leaves,
)
