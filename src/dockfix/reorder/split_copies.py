"""COPYs of a few files by name, taken out of a COPY that brings them and more."""

from __future__ import annotations

from dockfix.context import Context
from dockfix.installs.surroundings import Answer, Needed
from dockfix.shell.patterns import lazy
from dockfix.state.paths import Copy, is_pattern

#: Why a COPY of manifests alone stays where it is.
NOTHING_ELSE = "the install reads all that the COPY brings"
_PLAIN = lazy(r"[\w.@+~/-]+")
_FLAGS = frozenset(("chown", "chmod", "link"))


def splittable(copy: Copy, answer: Answer, context: Context | None) -> Answer:
    """The answer, or a refusal if the needed files cannot be named, or are all that is copied."""
    if any(flag.name not in _FLAGS for flag in copy.instruction.flags):
        return Answer("the COPY has a flag that says what is copied")
    for source, path in answer.needs:
        same = source.rpartition("/")[2] == path.rpartition("/")[2]
        linked = context is not None and context.is_link(source)
        if linked or not same or not _PLAIN.fullmatch(source + path.lstrip("?")):
            return Answer(f"{source} cannot be copied by name")
    if not any(_brings_more(source, answer.needs, context) for source in copy.sources):
        return Answer(NOTHING_ELSE)
    return answer


def _brings_more(source: str, needs: tuple[Needed, ...], context: Context | None) -> bool:
    """True if a source of a COPY brings more than the needed files."""
    if is_pattern(source):
        from fnmatch import fnmatchcase

        return not any(fnmatchcase(one, source) for one, _ in needs)
    return source not in (one for one, _ in needs) and not (
        context is not None and context.kind(source) is None
    )


def manifest_copies(copy: Copy, needs: tuple[Needed, ...], context: Context | None) -> list[str]:
    """The COPYs of the needed files, one for each target directory, in the style of `copy`."""
    keyword = copy.instruction.logical.text[copy.instruction.keyword_start :]
    name = "copy" if keyword[:1].islower() else "COPY"
    words = (
        list(copy.instruction.json)
        if copy.instruction.json is not None
        else [word.text for word in copy.instruction.words]
    )
    written = words[-1].rstrip("/") or "/"
    dot = "./" if all(word.startswith("./") and len(word) > 2 for word in words[:-1]) else ""
    folders: dict[str, list[str]] = {}
    for source, path in needs:
        rest = path[len(copy.target) :].strip("/")
        if context is None or context.kind(source) != "directory":
            rest = rest.rpartition("/")[0]
        parts = (rest,) if written == "." and rest else (written.rstrip("/"), rest)
        folder = "/".join(part for part in parts if part)
        folder = f"/{folder}" if written == "/" else folder
        folders.setdefault(folder.rstrip("/") + "/", []).append(dot + source)
    flags = [flag.text for flag in copy.instruction.flags]
    return [" ".join([name, *flags, *sources, folder]) for folder, sources in folders.items()]
