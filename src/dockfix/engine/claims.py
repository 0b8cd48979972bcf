"""What passes declare that a build of their work may show, laid beside what it does show.

A pass that changes the image on purpose says in its record what it removes, which records of the
build it leaves in another state, and which settings it says in another form. Nothing else passes:
a command said in another form must still be the same words.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from fnmatch import translate
from functools import cache
from re import DOTALL, Pattern, compile

from dockfix.engine.compare import Comparison, Difference, Setting
from dockfix.engine.images import Image
from dockfix.engine.overlay import Overlay
from dockfix.passes import PASSES
from dockfix.passes.base import Pass
from dockfix.pipeline import Rewrite
from dockfix.records import Record


class Claim(Record):
    """A difference that a pass declares: files that it removes, or a setting said otherwise."""

    owner: Pass
    difference: Difference | Setting


def claimed(
    found: Comparison, result: Rewrite, before: Image
) -> tuple[Comparison, tuple[Claim, ...]]:
    """A comparison without what the passes of a rewrite declare, and what they declare."""
    names = {finding.code for finding in result.applied}
    passes = [one for one in PASSES if one.code in names]
    claims: list[Claim] = []
    files: list[Difference] = []
    settings: list[Setting] = []
    for difference in found.files:
        owner = next((one for one in passes if declares(one, difference, before)), None)
        if owner is None:
            files.append(difference)
        else:
            claims.append(Claim(owner, difference))
    for setting in found.settings:
        owner = next((one for one in passes if restates(one, setting)), None)
        if owner is None:
            settings.append(setting)
        else:
            claims.append(Claim(owner, setting))
    return found._replace(files=tuple(files), settings=tuple(settings)), tuple(claims)


def declares(one: Pass, difference: Difference, before: Image) -> bool:
    """Whether a pass says of itself that it removes a file, or that it is but a record."""
    if difference.aspect == "content":
        return fits(difference.path, one.logs)
    if difference.aspect != "missing":
        return False
    if fits(difference.path, one.removes):
        return True
    # a directory that went with all that was in it
    above = difference.path.encode("utf-8", "surrogateescape")[1:] + b"/"
    files = [
        "/" + path.decode("utf-8", "surrogateescape")
        for path, placed in Overlay(before.layers).paths.items()
        if path.startswith(above) and placed.entry.kind != "directory"
    ]
    return bool(files) and all(fits(path, one.removes) for path in files)


def fits(path: str, globs: Sequence[str]) -> bool:
    """Whether a path is one of those that a pass declares."""
    return any(_pattern(glob).fullmatch(path) for glob in globs)


def restates(one: Pass, setting: Setting) -> bool:
    """Whether a pass says of itself that it says a command otherwise, in the same words."""
    if setting.name not in one.restates or setting.after is None:
        return False
    if setting.before is None:
        # what stood in another setting, which nobody compares
        return setting.name.startswith("Labels ")
    try:
        before, after = json.loads(setting.before), json.loads(setting.after)
    except ValueError:
        return False
    if setting.name == "Healthcheck":
        if {**before, "Test": None} != {**after, "Test": None}:
            return False
        # CMD-SHELL has a shell, CMD has none
        before, after = ["sh", "-c", *before["Test"][1:]], after["Test"][1:]
    if setting.name == "OnBuild":
        return _commands(before) == _commands(after)
    return _same_words(before, after)


def _commands(triggers: object) -> list[str]:
    """The words of RUNs that wait for another build, without what joins them to fewer."""
    texts = triggers if isinstance(triggers, list) else []
    words = [word for text in texts for word in str(text).removeprefix("RUN ").split()]
    return [bare for word in words if (bare := word.rstrip(";").strip("(){}")) and bare != "&&"]


def _same_words(before: object, after: object) -> bool:
    """Whether a script for a shell says the same as an array, or as a script with `exec`."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return False
    if len(before) < 3 or before[-2] != "-c":
        return False
    text = str(before[-1]).strip()
    if after[:-1] == before[:-1]:
        return str(after[-1]).split() == ["exec", *text.split()]
    if text[:1] == "[":
        # an array that was none, because of its quotes or commas
        return _bare(text) == _bare(" ".join(map(str, after)))
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    return after == (words[1:] if words[:1] == ["exec"] else words)


def _bare(text: str) -> list[str]:
    return text.translate(dict.fromkeys(map(ord, "[],'\"“”‘’"), " ")).split()


@cache
def _pattern(glob: str) -> Pattern[str]:
    """A glob of paths: `*` stays within a name, `/**` at the end is all that lies below.

    `/**/` at the beginning is any folder.
    """
    inner = glob.removeprefix("/**/")
    above = inner.removesuffix("/**")
    pattern = translate(above).replace(".*", "[^/]*").removesuffix(r"\Z")
    anywhere, below = "(?:/.*)?/" * (inner != glob), "/.*" * (above != inner)
    return compile(anywhere + pattern + below, DOTALL)
