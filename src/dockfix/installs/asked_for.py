"""Whether somebody comes for what a manager keeps in its cache, and would not find it.

    COPY --from=builder /root/.cache /root/.cache        RUN make && rm -r /var/lib/apt/lists/*

Both fail once nothing lies there: BuildKit copies no path that is missing, and `rm` without `-f`
fails at one, as do `cp`, `mv`, `chmod` and `ls`. So a cache is kept where the file names it in any
other way than to remove what may be there, or to make the folder.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from dockfix.dockerfile.tree import Instruction
from dockfix.installs.caches import uses
from dockfix.installs.runs import Run, cleaning_run
from dockfix.managers.parts import Cache
from dockfix.programs.program_table import QUOTES
from dockfix.shell.patterns import lazy
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script, Simple
from dockfix.state.facts import Facts, ReadRun, fact

#: The folder that pip, uv and others make for theirs. It is missing where none of them keeps any.
_SHARED = ".cache"
#: What has R install packages of the system (github.com/cran4linux/bspm): an image and a package;
#: and what has Conan do so (docs.conan.io, "system package manager").
_BY_APT = lazy(r"\b(?:r2u|bspm)\b|package_manager:mode[ \t]*=[ \t]*install")
#: What makes an entry of a folder, which has to be there.
_MAKING = frozenset(("cp", "ln", "mkdir", "mv", "tee", "touch"))


def is_asked_for(facts: Facts, cache: Cache, aside: Container[int] = ()) -> bool:
    """True if the file comes for what a cache holds: by COPY, by a mount, or in a RUN before it
    fills the cache itself. `aside` are the starts of RUNs that do not count."""
    signs = signs_of(cache)
    if not any(sign in facts.source for sign in signs):
        return False
    for one in facts.instructions:
        if one.keyword in ("COPY", "RUN") and one.flags and _brings(facts, one, cache):
            return True
    return any(
        run.owner.start not in aside and _asks(run, cache, signs)
        for run in facts.runs
        if any(sign in facts.source[run.owner.start : run.owner.end] for sign in signs)
    )


def is_missed(facts: Facts, stages: list[list[Run]], cache: Cache) -> bool:
    """The same, but a RUN that only cleans up, and is moved then, does not ask. `stages` are the
    RUNs of each stage."""
    if cache.lists and _BY_APT.search(facts.source):
        return True
    moved = {
        found.owner.start
        for runs in stages
        for number, run in enumerate(runs)
        if run.of(cache) and (found := cleaning_run(runs[number + 1 :], cache))
    }
    return is_asked_for(facts, cache, moved)


def asks_for(text: str, cache: Cache) -> bool:
    """True if a text of commands comes for what a cache holds, by the cache's own folder."""
    if not any(folder.removeprefix("~") in text for folder in cache.folders):
        return False
    script = read_script(text, "bash")
    if not isinstance(script, Script):
        return True
    return any(_needs(simple, cache) for simple in script.nested)


def signs_of(cache: Cache) -> tuple[str, ...]:
    """Texts of which one stands in every file that comes for a cache by COPY or a mount."""
    return tuple(dict.fromkeys(map(_sign, cache.folders)))


def _sign(folder: str) -> str:
    """The text that every path of a cache has in it."""
    return _SHARED if f"/{_SHARED}/" in folder else folder.removeprefix("~")


def _brings(facts: Facts, one: Instruction, cache: Cache) -> bool:
    """True if a COPY, or a mount of a RUN, brings a cache from another stage."""
    stages = _stages(facts)
    if one.keyword == "COPY":
        source = next((flag.value for flag in one.flags if flag.name == "from"), None)
        texts = one.json if one.json is not None else [word.text for word in one.words]
        return (source or "").lower() in stages and lead_there(texts[:-1], cache)
    for flag in one.flags:
        parts = (part.partition("=") for part in (flag.value or "").split(","))
        options = {name.lower(): value for name, _, value in parts}
        if options.get("from", "").lower() in stages and lead_there(
            [options.get("source") or options.get("src", "")], cache
        ):
            return True
    return False


@fact
def _stages(facts: Facts) -> frozenset[str | None]:
    """What stages are called: by their numbers, and by their names."""
    return frozenset([one for stage in facts.stages for one in (str(stage.index), stage.name)])


def lead_there(texts: Iterable[str], cache: Cache) -> bool:
    """True if one of these paths is that of a cache, of something in it, or of a folder made for
    it."""
    return any(_lies_in(text, cache) for text in texts)


def _lies_in(text: str, cache: Cache) -> bool:
    path = text.strip(QUOTES).rstrip("/*.").rstrip("/")
    for folder in cache.folders:
        if folder[0] != "~":
            if f"{path}/".startswith(f"{folder}/"):
                return True
        elif f"{folder[1:]}/" in f"/{path}/" or (
            path.rpartition("/")[2] == _SHARED and folder.startswith(f"~/{_SHARED}/")
        ):
            return True
    return False


def _asks(run: ReadRun, cache: Cache, signs: tuple[str, ...]) -> bool:
    script = run.script
    if not isinstance(script, Script):
        texts = [run.shell.arguments, *(one.content for one in run.shell.heredocs)]
        return any(sign in text for text in texts for sign in signs)
    filling = [use.simple.start for use in uses(script) if use.cache is cache and use.fills]
    until = min(filling, default=len(script.text))
    return any(_needs(simple, cache) for simple in script.nested if simple.start < until)


def _needs(simple: Simple, cache: Cache) -> bool:
    """True if a command fails, or does something else, where the cache is missing."""
    name = (simple.words[0].value or "") if simple.words else ""
    texts = [word.text for word in simple.words[1:]]
    written = [one.target.text for one in simple.redirects]
    if name in ("rm", "mkdir") and any(_tolerates(name, text) for text in texts):
        return False
    if lead_there((*texts, *written), cache):
        return True
    made = (*written, *(texts if name in _MAKING else ()))
    return any(_is_shared(cache, text) for text in made)


def _tolerates(name: str, option: str) -> bool:
    """True if `rm` takes it that nothing is there, or `mkdir` makes what is missing."""
    long, letter = {"rm": ("--force", "f"), "mkdir": ("--parents", "p")}[name]
    return option == long or (option[:1] == "-" and option[1:2] != "-" and letter in option)


def _is_shared(cache: Cache, text: str) -> bool:
    """True for a path right in the folder that several caches share."""
    parts = text.strip(QUOTES).rstrip("/").split("/")
    return _SHARED in parts[-2:-1] and any(f"/{_SHARED}/" in one for one in cache.folders)


def unforced(script: Script, cache: Cache) -> Iterator[Simple]:
    """The `rm`s of a script that fail where nothing of a cache is left to remove."""
    for simple in script.simples:
        if simple.words and simple.words[0].value == "rm" and _needs(simple, cache):
            yield simple
