"""Programs that only the build stage has, and whether something in the final stage calls them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manifests.shape import UnsureError
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.stages.installs import in_image
from dockfix.stages.packages import programs_of
from dockfix.stages.sides import Done
from dockfix.stages.source import brings_elsewhere, called_by, interpreter_of, is_shell_script
from dockfix.stages.view import Cut, Ecosystem, View

#: Programs that a container may well call, by the package that has them: it is installed then.
INSTALLED = {
    "curl": "curl", "git": "git", "gpg": "gnupg", "hg": "mercurial", "identify": "imagemagick",
    "convert": "imagemagick", "free": "procps", "kill": "procps", "pgrep": "procps",
    "pkill": "procps", "ps": "procps", "ssh": "openssh-client", "scp": "openssh-client",
    "ssh-keygen": "openssh-client", "svn": "subversion", "top": "procps", "unzip": "unzip",
    "wget": "wget", "xz": "xz-utils", "bzip2": "bzip2", "openssl": "openssl", "file": "file",
    "mogrify": "imagemagick", "uptime": "procps", "watch": "procps", "sysctl": "procps",
}  # fmt: skip
#: Packages whose programs look for certificates of the system.
_OF_TLS = frozenset(("curl", "git", "wget"))
_CERTIFICATES = "ca-certificates"
#: Those that a shell has itself, or that a word means that is no call.
OTHERWISE = frozenset(("kill", "file", "size", "free", "top", "watch", "convert", "import", "as"))


def check_programs(
    view: View,
    cut: Cut,
    ecosystem: Ecosystem,
    build: frozenset[int],
    dropped: Sequence[str],
    kept: Sequence[str],
) -> list[str]:
    """The packages that the final stage needs because something calls their programs.

    Raises UnsureError if something calls a compiler, or if what is called is not known.
    """
    another = cut.image != view.stage.base
    gone = [*dropped, *(view.image.full if another else ())]
    lost = (
        (programs_of(view.base, gone) | cut.lost) - programs_of(view.base, list(kept)) - cut.there
    )
    needed: dict[str, None] = {}
    for name, where, certain in _called(view, ecosystem, build):
        if name not in lost or (not certain and name in OTHERWISE):
            continue
        package = INSTALLED.get(name)
        if package is None:
            raise UnsureError(f"{where} calls {name}, which only the build stage would have")
        if package not in kept:
            needed[package] = None
    # they come without the certificates that the full image has
    callers = _OF_TLS.intersection([*kept, *needed, *cut.called])
    there = {*kept, *in_image(view.image)}
    if another and callers and _CERTIFICATES in view.image.full and _CERTIFICATES not in there:
        needed[_CERTIFICATES] = None
    return list(needed)


def _called(
    view: View, ecosystem: Ecosystem, build: frozenset[int]
) -> Iterator[tuple[str, str, bool]]:
    """The programs that may be called in the final stage, by what, and whether for certain."""
    for one in view.instructions:
        if one.keyword in ("COPY", "ADD") and brings_elsewhere(one):
            raise UnsureError(f"what line {view.line(one)} brings cannot be seen")
        if one.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for name in started(view, one):
                yield name, f"{one.keyword} in line {view.line(one)}", True
        if one.keyword == "RUN" and one.start not in build:
            run = view.runs[one.start]
            if run.script is None:
                raise UnsureError(f"what the RUN of line {view.line(one)} does is not understood")
            for done in run.done or ():
                if done.kind == "runs" and "/" in (done.values or [""])[0]:
                    _look(view, done.values[0], one)
                yield done.program, f"line {view.line(one)}", True
                for name in unpackers(done):
                    yield name, f"line {view.line(one)}", True
    for path in view.files:
        text = view.read(path)
        if is_shell_script(path, text) and not _is_named(view, path):
            continue
        for name in ecosystem.calls(path, text):
            yield name, path, False
        if (interpreter := interpreter_of(text)) and path.rpartition("/")[2] in view.text:
            yield interpreter, path, False


def _is_named(view: View, path: str) -> bool:
    """True if the Dockerfile, or another file that the stage copies, names a script."""
    name = path.rpartition("/")[2]
    return name in view.text or any(
        name in view.read(other)
        for other in view.files
        if other != path and not other.endswith((".md", ".txt"))
    )


def unpackers(done: Done) -> Iterator[str]:
    """The programs by which tar unpacks or packs (its manual: `-J`, `-j`, and by the name)."""
    for value in done.values[1:] if done.program == "tar" else ():
        letters = value.lstrip("-") if value[:2] != "--" else ""
        is_letters = letters.isalpha() and (value[:1] == "-" or value == done.values[1])
        if value.endswith((".xz", ".txz")) or value == "--xz" or (is_letters and "J" in letters):
            yield "xz"
        if (
            value.endswith((".bz2", ".tbz2"))
            or value == "--bzip2"
            or (is_letters and "j" in letters)
        ):
            yield "bzip2"


def _look(view: View, word: str, one: Instruction) -> None:
    """Raises UnsureError for a script by its path that is not in the context."""
    name = word.rpartition("/")[2]
    if not any(path.rpartition("/")[2] == name for path in view.files):
        raise UnsureError(f"what {word} in line {view.line(one)} does cannot be seen")


def started(view: View, one: Instruction) -> frozenset[str]:
    """The programs that a CMD, ENTRYPOINT or HEALTHCHECK may start. Raises UnsureError."""
    if one.json is not None:
        names = {word.rpartition("/")[2] for word in one.json[:1]}
        for word in one.json[1:]:
            names |= {part for part in word.replace(";", " ").split() if part.isalnum()}
        return frozenset(names)
    text = one.arguments
    if one.keyword == "HEALTHCHECK":
        text = text.partition("CMD")[2].strip()
        if text.startswith("["):
            return frozenset(text.strip("[]").replace('"', " ").replace(",", " ").split())
    script = read_script(text, "bash")
    if not isinstance(script, Script):
        raise UnsureError(f"the {one.keyword} of line {view.line(one)} cannot be read")
    return called_by(script)
