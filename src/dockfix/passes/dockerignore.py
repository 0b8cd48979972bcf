"""What is of no use in an image is left out of the build, by lines in .dockerignore.

    COPY . .        with .git, node_modules, .idea and .env beside the Dockerfile

gets these lines into `.dockerignore`, those that match something and no others; the Dockerfile
itself stays as it is.

Why: a directory that is copied comes with everything in it. The history is often larger than the
source; `node_modules` of the developer's machine lies over the one that the build installed; a
changed editor setting or a new commit builds everything again; and what is in `.env` or a key file
is in the image for everybody who can pull it.

What it leaves alone: what a COPY or ADD of any Dockerfile of the context names; what an exception
(`!`) in the ignore file brings back on purpose; what a command in a Dockerfile mentions; files
about containers that a script, a recipe of make or a program reads; files with variables in a
source, and contexts with a Dockerfile that cannot be read. Names that a project could use for
something of its own (`dist`, `build`, `docs`, `tests`) are not on the list. And the history where
something may ask for it: `git describe` in a command; `go build`, `dotnet publish` and `composer
install`, which write the commit into what they make; a word of Git that is no address in a file
that says how the project is built (`pom.xml`, `CMakeLists.txt`, `*.gradle`, `*.gemspec`, wherever
it lies); setuptools-scm, sentry-sdk and their like in a manifest; `.git/HEAD` in a program. A file
that was not there before is written only when the pass is named in `--select` or `--extend-select`;
else a note says what it would hold.

Safety: left out as safe are directories of version control, caches of tools, what editors and
desktops leave behind, and Dockerfiles and Compose files: the image is without them, and nothing in
it asks for them. For the history, every program that a RUN calls behind the COPY has to be known,
or to be a script of the context; else the line is only offered. `node_modules` is safe where the
same file installs it, all of it, in the very directory where it would have landed, and `target`
where Cargo or Maven makes it and the stage is not the last one. Everything else is unsafe, since a
program may read it when it runs: environment and key files, virtual environments, dependencies that
nobody installs.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.edit.edits import Group, Safety, with_doubt
from dockfix.passes.base import Pass, Settings
from dockfix.state.facts import Facts
from dockfix.state.lineage import may_be_built_on
from dockfix.state.paths import Copy, bases, copy_of, resolve
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.context.clutter import Clutter, Surroundings

_ALWAYS_SAFE = ("cache", "editor", "containers")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group of the safe lines and one of the unsafe ones, at the first COPY of a directory."""
    context = settings.context
    if context is None or facts.dockerfile.escape == "`":
        return
    copies = _copies(facts, context)
    if not copies:
        return
    from dockfix.context.clutter import Surroundings, anywhere, find_clutter
    from dockfix.installs.made import asks_for_history

    folders = dict.fromkeys(source for copy in copies for source in _directories(copy, context))
    found = find_clutter(context, folders)
    only_noted = context.ignore_text() is None and PASS.code not in settings.named
    # a file for the Dockerfile alone is not worth its place
    if not found or (only_noted and all(one.kind == "containers" for one in found)):
        return
    around = Surroundings(facts.dockerfile, context)
    if not around.told:
        return
    found = [
        one
        for one in found
        if not around.keeps(one, asks_for_history) and not _brought_back(one, context)
    ]
    safe = [one.line for one in found if _is_safe(one, facts, copies, around)]
    unsafe = [one.line for one in found if one.line not in safe]
    offset = copies[0].instruction.keyword_offset
    if only_noted:
        if any(one.kind != "containers" for one in found):
            yield Group(offset, _missing([*safe, *unsafe]), (), Safety.NOTE)
        return
    if safe:
        them = "them" if len(safe) > 1 else "it"
        message = f"add {_listed(safe)} to {context.ignore_file}: nothing in the image uses {them}"
        yield Group(offset, message, (), Safety.SAFE, tuple(safe), declares=anywhere(safe))
    if unsafe:
        message = with_doubt(
            f"add {_listed(unsafe)} to {context.ignore_file}: otherwise what lies on this machine "
            "gets into the image",
            "a program in the image may need what is left out",
        )
        yield Group(offset, message, (), Safety.UNSAFE, tuple(unsafe), declares=anywhere(unsafe))


def _copies(facts: Facts, context: Context) -> list[Copy]:
    """The instructions that copy a directory of the context."""
    if "COPY" not in facts.source.upper() and "ADD" not in facts.source.upper():
        return []
    starting = bases(facts)
    return [
        copy
        for stage in facts.stages
        for one in stage.instructions
        if one.keyword in ("COPY", "ADD")
        and (copy := copy_of(one, starting[one.start])) is not None
        and copy.origin is None
        and _directories(copy, context)
    ]


def _directories(copy: Copy, context: Context) -> list[str]:
    stars = [source for source in copy.sources if source.rpartition("/")[2] in ("*", ".*")]
    named = [source for source in copy.sources if context.kind(source) == "directory"]
    return [*named, *(source.rpartition("/")[0] for source in stars)]


def _brought_back(one: Clutter, context: Context) -> bool:
    """True if the ignore file has an exception for it, or for something in it."""
    text = context.ignore_text()
    if not text or "!" not in text:
        return False
    from dockfix.context.ignorefile import parse_ignore_file

    rules = parse_ignore_file(text)
    return rules is None or any(
        pattern.exception and (pattern.matches(path) or pattern.text.startswith(path + "/"))
        for pattern in rules.patterns
        for path in one.paths
    )


def _is_safe(one: Clutter, facts: Facts, copies: list[Copy], around: Surroundings) -> bool:
    if one.kind == "history":
        return not _calls_unknown(copies, around)
    if one.kind in _ALWAYS_SAFE:
        return True
    if one.kind not in ("dependencies", "output") or len(around.dockerfiles) > 2:
        return False
    from dockfix.installs.made import is_made_anew

    bringing = [
        (copy, path, source)
        for copy in copies
        for path in one.paths
        for source in copy.sources
        if source in ("", "*") or path.startswith(source + "/")
    ]
    runs = [_scripts_at(_landing(*each), facts) for each in bringing]
    found = one._replace(paths=tuple(path for _, path, _ in bringing))
    if not bringing or not is_made_anew(found, runs, around):
        return False
    last = _last_stages(facts)
    return one.kind == "dependencies" or not any(
        copy.instruction in stage.instructions for copy, _, _ in bringing for stage in last
    )


def _calls_unknown(copies: list[Copy], around: Surroundings) -> bool:
    """True if a RUN that may see what is copied calls a program of which nobody knows what it
    does, in one of the Dockerfiles of the context."""
    from dockfix.installs.sight import Sight

    own = around.dockerfiles[0]
    for dockerfile in (own, *around.others(own)):
        facts = Facts(dockerfile)
        sight = Sight(facts, around.context)
        first = copies[0].instruction.start if dockerfile is own else 0
        for run in facts.runs:
            if run.owner.start > first and any(
                deed.unknown and not (deed.called and around.has_read(deed.called.path))
                for deed in sight.of_run(run.shell, run.owner, run.place, run.script)
            ):
                return True
    return False


def _landing(copy: Copy, path: str, source: str) -> str | None:
    """The directory of the image in which a path of the context would lie."""
    inside = path[len(source.rstrip("*")) :].strip("/").rpartition("/")[0]
    return resolve(copy.target, inside) if inside else copy.target


def _scripts_at(directory: str | None, facts: Facts) -> list[str]:
    """The scripts of the RUNs that start in a directory."""
    starting = bases(facts)
    return [
        _script(one)
        for stage in facts.stages
        for one in stage.instructions
        if one.keyword == "RUN" and starting[one.start] == directory
    ]


def _script(run: Instruction) -> str:
    return "\n".join((run.arguments, *(body.content for body in run.heredocs)))


def _last_stages(facts: Facts) -> list[Stage]:
    """The last stage and those that it may be built from."""
    bases, found = may_be_built_on(facts), [facts.stages[-1]]
    for stage in found:
        found += (one for base in bases[stage.index] if (one := facts.stages[base]) not in found)
    return found


def _listed(lines: list[str]) -> str:
    return lines[0] if len(lines) == 1 else f"{', '.join(lines[:-1])} and {lines[-1]}"


def _missing(lines: list[str]) -> str:
    return (
        f"there is no .dockerignore, so the builder also gets {_listed(lines)}: "
        "dockfix --in-place --select dockerignore writes one"
    )


def verify(before: Facts, after: Facts) -> str | None:
    """The Dockerfile itself is the same."""
    return None if before.source == after.source else "the Dockerfile is not the same"


PASS = Pass(
    code="DF403",
    name="dockerignore",
    summary="Leave out of the build what is of no use in an image",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
