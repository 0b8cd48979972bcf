"""Images that are a toolchain, and what is below them for a stage that only runs what was built."""

from __future__ import annotations

from dockfix.managers.manifests.shape import UnsureError
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.stages import dotnet, gcc_image, go, java, native_files, rust
from dockfix.stages.compiled import below, check_alpine, of_toolchain
from dockfix.stages.installs import on_alpine
from dockfix.stages.packages import runtime_of
from dockfix.stages.view import View
from dockfix.state.dotnet_images import SDK
from dockfix.state.image_variants import OFF_THE_MIRRORS
from dockfix.state.java_images import home_of, jre_of, lost_programs

_GO_GONE = ("Env PATH", "Env GOLANG_VERSION", "Env GOTOOLCHAIN", "Env GOPATH", "/usr/local/**",
            "/go/**", "/root/**")  # fmt: skip
_RUST_GONE = ("Env PATH", "Env RUSTUP_HOME", "Env CARGO_HOME", "Env RUST_VERSION", "/usr/local/**",
              "/root/**")  # fmt: skip
#: What is of the toolchain alone: who names it needs it.
_OWN = {
    "golang": lazy(r"\bGO(?:PATH|ROOT|LANG_VERSION|TOOLCHAIN)\b|/usr/local/go\b|(?<![\w.-])/go\b"),
    "rust": lazy(r"\b(?:RUSTUP|CARGO)_HOME\b|\bRUST_VERSION\b|/usr/local/(?:cargo|rustup)\b"),
}
_MANAGERS = lazy(r"\b(?:MAVEN|GRADLE)_(?:HOME|CONFIG|VERSION)\b|/usr/share/maven\b|/opt/gradle\b")
_DEVELOPING = lazy(r"(?<![\w.+-])[\w.+-]+-dev\b")
_TLS = "ca-certificates"


class Without(Record):
    """An image without its toolchain.

    `packages` are those that programs rely on, which the other image had. `lost` are programs that
    only the toolchain's image has, `left` what a group declares, `begins` are lines that the stage
    begins with.
    """

    image: str
    packages: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()
    is_jre: bool = False
    begins: tuple[str, ...] = ()


def without_toolchain(view: View) -> Without | None:
    """The image below that of a stage; None if it is no toolchain. Raises UnsureError."""
    name = view.image.name
    if view.image.has_jdk:
        return _jre(view)
    if name in SDK:
        return Without(dotnet.image_for(view), (), dotnet.LANGUAGE.lost, dotnet.GONE,
                       begins=(dotnet.SETTINGS,))  # fmt: skip
    if name == gcc_image.NAME:
        return _of_gcc(view)
    if name not in _OWN:
        return None
    for one in view.instructions:
        if found := _OWN[name].search(one.arguments):
            raise UnsureError(f"line {view.line(one)} names {found[0]}, which is of the toolchain")
    starts = [one for one in view.instructions if one.keyword == "WORKDIR"]
    if name == "golang" and not (starts and starts[0].arguments.startswith("/")):
        raise UnsureError("it works in /go, where Go's own image lets everybody write")
    if name == "golang":
        _check_libraries(view)
    image = below(view, view.facts.source)
    if view.image.suite in OFF_THE_MIRRORS:
        raise UnsureError(f"{view.image.suite} has no package lists any more")
    if on_alpine(view.image):
        check_alpine(view)
    packages: tuple[str, ...] = (_TLS, "tzdata") if name == "golang" else (_TLS,)
    if name == "rust" and not on_alpine(view.image):
        packages += tuple(runtime_of(view.base, rust.linked(view), ()))
    elif name == "rust":
        raise UnsureError("it is unknown which libraries a program of Rust needs on Alpine")
    return Without(
        image,
        packages,
        of_toolchain(rust.LANGUAGE if name == "rust" else go.LANGUAGE),
        _RUST_GONE if name == "rust" else _GO_GONE,
    )


def _of_gcc(view: View) -> Without:
    """The Debian below GCC's image, with the libraries that its own compiler's programs need."""
    texts = [view.facts.source]
    texts += [view.read(path) for path in view.files if native_files.is_read(path)]
    libraries = gcc_image.libraries_of(view, texts)
    if libraries.carried:
        raise UnsureError("a program may need libraries of a compiler that Debian has not yet")
    packages = (
        *runtime_of(view.base, [one for one in libraries.linked if one.endswith("-dev")], ()),
        *(one for one in libraries.linked if not one.endswith("-dev")),
        *libraries.called,
    )
    return Without(libraries.image, packages, gcc_image.LOST, gcc_image.GONE)


def _check_libraries(view: View) -> None:
    """Raises UnsureError if a program may be linked with more than the C library."""
    for stage in view.facts.stages:
        for one in stage.instructions:
            if one.keyword == "RUN" and (found := _DEVELOPING.search(one.arguments)):
                raise UnsureError(f"it is unknown which libraries of {found[0]} a program needs")


def _jre(view: View) -> Without | None:
    jre = jre_of(view.stage.base or "")
    if jre is None:
        return None
    if not jre.image:
        raise UnsureError(jre.reason)
    if home_of(view.image.name) != "/":
        starts = [one for one in view.instructions if one.keyword == "WORKDIR"]
        if not (starts and starts[0].arguments.startswith("/")):
            raise UnsureError(f"it works in {home_of(view.image.name)}, which is the toolchain's")
    for one in view.instructions:
        if found := _MANAGERS.search(one.arguments):
            raise UnsureError(f"line {view.line(one)} names {found[0]}, which is of the toolchain")
    java.check_release(view, jre.image)
    return Without(
        jre.image,
        lost=lost_programs(view.stage.base or ""),
        left=(*java.gone(view), "/usr/share/maven/**", "/opt/gradle/**", "/root/**"),
        is_jre=True,
    )
