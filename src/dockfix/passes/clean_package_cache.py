"""Keeps the caches of package managers out of the image.

    RUN apt-get update \\                   RUN apt-get update \\
        && apt-get install -y git     →        && apt-get install -y git \\
                                                && rm -rf /var/lib/apt/lists/*

Why: what a manager stores for next time is dead weight in an image, some 20 MB of apt's lists, a
second copy of every wheel, gem or tarball. It has to go in the same RUN: a later layer hides it but
still ships it. Where the manager has an option not to store anything, the option is added (apk's
`--no-cache`, pip's `--no-cache-dir`, gem's `--no-document`), to every install; with it apk needs
neither `apk update` nor `rm -rf /var/cache/apk/*`, which go. Else the RUN cleans up: apt's lists at
its end, the others behind the last command that stores anything, as `yum clean all`, `npm cache
clean --force`, `conda clean -afy`; pacman's files by `rm`, because `pacman -Scc --noconfirm` keeps
them. A RUN of its own that only cleans up is moved in.

What it leaves alone: RUNs whose cache is needed later: apt's lists, when a later RUN of the stage,
or of a stage built on it (`FROM ${target}` may name any) or copying its root, or what its image
starts, installs or looks packages up before an `apt-get update` of its own; lists fetched on a
condition, where removing them takes sudo or an account that may not; options on base images of
before them (pip and gem of Ubuntu 14.04, apk of Alpine 3.2), whose managers would stop at them; the
caches of others, when a later command works offline from them, when a variable or a file of
settings (`.npmrc`, `.condarc`, `bunfig.toml`) says so, has packages be links into them, or a RUN
has no network; those of dnf and zypper where a source of packages lies in the image, or when the
command that fills them is given a variable that may have another value a second time; a cache that
the file comes for, by `COPY --from` or by a command that fails at a missing path (`cp -r ~/.cache`,
`rm` without `-f`). RUNs with a cache mount over the cache; installs below another root; what the
author keeps elsewhere or cleans up himself (a variable, a configuration file, a removal, a script
that is called `clean`). Exec form, here-documents, ONBUILD, scripts dockfix does not understand; a
place behind `||`, in a condition or a loop, before a comment; scripts that trap or replace
themselves by `exec`. What npm, yarn, pnpm, bun, composer and conda store in stages that no image is
made of. yarn, unless it is known to be yarn 1: the cache of later ones holds what the program runs
on. go and cargo, whose stores are what the next build starts from: a cache mount is better.

Safety: an added option changes nothing about what is installed (gem's leaves out documentation
only). A cleanup runs only after a command of the same program succeeded, as the same user and with
the same variables, and succeeds itself, so the status of the RUN stays; by `;` only where errexit
has stopped a failure before. Where it takes sudo, root calls it or a rule is seen that lets the
user run everything; else it is offered. apt's lists go only if every program that runs later is
known not to install from them: the table of programs is `dockfix.programs.effects`, and scripts of
the build context, that of the ENTRYPOINT among them, are read (`dockfix.installs.sight`), and so
are files that known programs run (a Rakefile, setup.py, the recipes of make), and what a container
runs by itself: tables of cron, what a supervisor starts, scripts in a folder that the entrypoint of
an image is known for (`/docker-entrypoint.d`). What files around the image run in containers is
read for every cache, too: Compose files, dev containers, Tiltfiles, pipelines, recipes of make and
the scripts that they name (`dockfix.installs.containers`). A program in no table, or a script that
cannot be seen, makes it an offer. What an image starts in another language than the shell's is
taken for its application, and so is a program that is not called like a script that starts one. An
image built FROM this one elsewhere has to fetch lists before it installs, as with the official
images, which ship none either."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from dockfix.edit.edits import Edit, Group, Safety, with_doubt
from dockfix.edit.style import as_beside, in_line
from dockfix.installs.asked_for import is_asked_for, is_missed
from dockfix.installs.caches import Use, caches_in, cleans_up, is_kept
from dockfix.installs.compiled import is_compiled_before
from dockfix.installs.containers import Containers
from dockfix.installs.list_needs import ListNeeds
from dockfix.installs.lists import needed_behind, speaks_of_apt
from dockfix.installs.runs import (
    Run,
    lists_in,
    own_cleanup,
    runs_own_cleanup,
    undecided,
    with_uses,
)
from dockfix.managers import every_manager, load
from dockfix.managers.parts import Cache
from dockfix.passes.base import Pass, Settings
from dockfix.shell.remembered import cached_by_value
from dockfix.shell.splice import InsertionPoint, at_end, behind, surely_runs
from dockfix.shell.tree import Expansion, Simple
from dockfix.shell.walk import simples
from dockfix.state.facts import Facts, is_root, outer_base, source_span
from dockfix.state.run_commands import run_commands


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each manager and RUN that leaves something behind."""
    stages: list[list[Run]] = [[] for _ in facts.stages]
    for one in facts.runs:
        stages[one.place.stage].append(with_uses(one))
    outside = Containers(facts, settings.context, settings.around)
    used = {use.cache.name for found in stages for run in found for use in run.uses}
    for cache in caches_in(facts.source):
        # what stands beside no call that is seen may still be theirs: lists, or an index that goes
        if cache.name not in used and not (cache.lists or cache.keeps_index):
            continue
        find = _lists if cache.lists else _options if cache.option else _cleanups
        found = list(find(facts, stages, cache, settings))
        if found and not _lived_on(cache, outside):
            yield from found


def _lived_on(cache: Cache, outside: Containers) -> bool:
    """True if something beside the RUNs lives on what a manager has stored."""
    if cache.lists:
        return outside.live_on_lists(cache)
    return outside.live_on(cache) or (cache.keeps_index and outside.live_on_index())


def _at_run(run: Run, cache: Cache, message: str, edits: tuple[Edit, ...]) -> Group:
    return Group(run.owner.keyword_offset, message, edits, aliases=cache.aliases)


# Options


def _options(
    facts: Facts, stages: list[list[Run]], cache: Cache, settings: Settings
) -> Iterator[Group]:
    everything = [use for runs in stages for run in runs for use in run.of(cache)]
    if (
        any(use.says(cache.offline) for use in everything)
        or is_kept(cache, facts.source, settings.context)
        or not _is_known(cache, everything, settings)
        or (not cache.keeps_index and is_asked_for(facts, cache))
        or (cache.compiled and is_compiled_before(stages, cache))
    ):
        return
    if cache.keeps_index:
        from dockfix.installs.apk_index import converts_whole, index_is_missed

        if not converts_whole(facts.dockerfile, stages) or index_is_missed(facts, stages):
            return
    found = False
    for index, runs in enumerate(stages):
        base = outer_base(facts, index)
        if base.partition(":")[0] in cache.has_option:
            continue
        unknown = cache.unknown is not None and cache.unknown(base)
        for run in runs:
            wanting = [use for use in run.of(cache) if use.fills and not use.says(cache.decided)]
            if not (wanting or unknown) or not undecided(run, cache):
                continue
            found = True
            if not unknown:
                message = f"add {cache.option}" + (f": {cache.why}" if cache.why else "")
                edits = tuple(_with_option(run, use) for use in wanting)
                yield _at_run(run, cache, message, edits)
    if not cache.keeps_index or found:
        return
    from dockfix.installs.apk_index import nothing_kept, useless

    # in few files there is anything to drop, and then only every command of the file is looked at
    doomed = [
        (run, edits)
        for run in (run for runs in stages for run in runs)
        if (edits := tuple(useless(facts.dockerfile, run)))
    ]
    if doomed and nothing_kept(facts.dockerfile, stages):
        for run, edits in doomed:
            message = f"remove the update and its cleanup: {cache.option} makes both useless"
            yield _at_run(run, cache, message, edits)


def _with_option(run: Run, use: Use) -> Edit:
    for word in use.words:
        if word.value in use.cache.instead:
            return Edit(*source_span(run.shell, word.start, word.end), use.cache.option)
    assert use.verb is not None
    end = source_span(run.shell, use.verb.start, use.verb.end)[1]
    return Edit(end, end, f" {use.cache.option}")


# Cleanups


def _cleanups(
    facts: Facts, stages: list[list[Run]], cache: Cache, settings: Settings
) -> Iterator[Group]:
    everything = [use for runs in stages for run in runs for use in run.of(cache)]
    if (
        not everything
        or any(use.says(cache.offline) for use in everything)
        or is_kept(cache, facts.source, settings.context)
        or is_missed(facts, stages, cache)
    ):
        return
    shipped = facts.shipped_stages if cache.shipped else range(len(stages))
    for index in shipped:
        if cache.unknown and cache.unknown(outer_base(facts, index)):
            continue
        for number, run in enumerate(stages[index]):
            found = run.of(cache)
            last = max([n for n, use in enumerate(found) if use.fills], default=None)
            if (
                last is None
                or run.owner is not run.shell
                or not undecided(run, cache, found[last].simple)
                or any(use.cleans for use in found[last:])
                or any(use.says(cache.decided) for use in found)
                or found[last].replaces_itself
                or runs_own_cleanup(run, found[last].simple)
                or not _may_be_said_again(found[last].simple)
                or not _is_known(cache, found, settings)
            ):
                continue
            assert run.script is not None
            shell = run.place.shell
            spot = behind(
                run.script, found[last].simple, errexit=shell.errexit, declared=shell.declared
            )
            if spot is not None:
                later = stages[index][number + 1 :]
                program = found[last].program
                group = _clean(facts, run, spot, program, cache, later)
                yield _allowed(facts, run, group, program, settings)


def _may_be_said_again(simple: Simple) -> bool:
    """True if the variables that a command is given get the same values a second time."""
    expansions = [one for given in simple.assignments for one in given.value.expansions]
    return all(
        one.kind == "parameter" or (one.kind == "command" and _only_reads(one))
        for one in expansions
    )


def _only_reads(substitution: Expansion) -> bool:
    commands = simples(substitution.body or (), nested=True)
    return [one.words[0].value for one in commands if one.words] == ["cat"]


def _is_known(cache: Cache, found: list[Use], settings: Settings) -> bool:
    """True if what the commands fill is known to be a cache."""
    verbs = [use.verb.value or "" for use in found if use.fills and use.verb]
    return cache.is_known is None or cache.is_known(verbs, settings.context)


def _lists(
    facts: Facts, stages: list[list[Run]], cache: Cache, settings: Settings
) -> Iterator[Group]:
    if not speaks_of_apt(facts.source) or is_missed(facts, stages, cache):
        return
    lists = [[lists_in(run) for run in runs] for runs in stages]
    needs = ListNeeds(facts, settings.context, settings.around)
    own = [
        [needs.of_run(run, one) for run, one in zip(runs, row, strict=True)]
        for runs, row in zip(stages, lists, strict=True)
    ]
    starts = needs.of_starts()
    behind = needed_behind(facts, own, starts)
    for index, (runs, row) in enumerate(zip(stages, lists, strict=True)):
        found: list[Group] = []
        need = behind[index]
        for number in range(len(runs) - 1, -1, -1):
            run, one = runs[number], row[number]
            fetches = one.fetches
            if (
                not need.sure
                and fetches
                and one.installs
                and run.owner is run.shell
                and not runs_own_cleanup(run, fetches)
            ):
                shell = run.place.shell
                spot = (
                    at_end(run.script, errexit=shell.errexit, declared=shell.declared)
                    if run.script
                    and undecided(run, cache, one.refreshes)
                    and _may_remove(facts, run, fetches)
                    else None
                )
                if spot is not None:
                    program = fetches.words[0].text
                    later = runs[number + 1 :]
                    group = _clean(facts, run, spot, program, cache, later)
                    group = _allowed(facts, run, group, program, settings)
                    found.append(_offered(group, need.doubt))
            need = need.joined(own[index][number])
        yield from reversed(found)


def _allowed(facts: Facts, run: Run, group: Group, program: str, settings: Settings) -> Group:
    """The group, only offered if sudo may refuse what it adds."""
    if "sudo" not in program:
        return group
    from dockfix.installs.sudo import may_run_everything

    if may_run_everything(facts, run.place, settings.context):
        return group
    message = with_doubt(group.message, "sudo may be allowed for other commands only")
    return group._replace(message=message, safety=Safety.UNSAFE)


def _offered(group: Group, doubt: str) -> Group:
    if not doubt:
        return group
    message = with_doubt(group.message, f"{doubt} may install from the lists")
    return group._replace(message=message, safety=Safety.UNSAFE)


def _may_remove(facts: Facts, run: Run, fetches: Simple) -> bool:
    """True if lists can be removed at the end even if the command that fetches them did not run."""
    assert run.script is not None
    return surely_runs(run.script.items, fetches) or (
        is_root(facts, run.place) and fetches.words[0].value != "sudo"
    )


def _clean(
    facts: Facts, run: Run, spot: InsertionPoint, program: str, cache: Cache, later: list[Run]
) -> Group:
    sudo = "sudo " if program.startswith("sudo ") or program == "sudo" else ""
    commands = [
        text.replace("{}", program) if "{}" in text else sudo + text for text in cache.cleanup
    ]
    what = f"the {'package lists' if cache.lists else 'cache'} of {cache.name}"
    ships = run.place.stage in facts.shipped_stages
    smaller = "image" if ships else "build cache"
    message = f"remove {what} in the RUN that installs: the {smaller} is then smaller"
    own = None if sudo or spot.inside else own_cleanup(facts, later, cache)
    comments: tuple[str, ...] = ()
    edits: list[Edit] = []
    if own is not None:
        text, comments, removal = own
        commands, edits = [text], [removal]
        if ships:
            message = f"remove {what} in the RUN that installs: a later RUN saves no space"
    source, style = facts.source, facts.style.of(run.owner)
    end = source_span(run.shell, spot.end - 1, spot.end)[1]
    stop = source_span(run.shell, spot.stop - 1, spot.stop)[1]
    joint = style.joint(sequence=spot.sequence, comments=comments)
    if spot.inside and spot.behind is None:
        joint = in_line(sequence=spot.sequence)
    elif spot.behind is not None and not comments:
        gap = source[end : source_span(run.shell, spot.behind, spot.behind)[0]]
        joint = as_beside(gap, sequence=spot.sequence, otherwise=joint)
    plain = style.joint(sequence=spot.sequence) if comments else joint
    text = joint + plain.join(commands)
    if source.startswith(style.escape, stop):
        text += " "  # no new line ends without one
    return _at_run(run, cache, message, (Edit(end, stop, text), *edits))


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same order, cleanups and options against caches aside."""
    names = tuple([cache.name for cache in caches_in(before.source)])
    old, new = run_commands(before, after)
    if _without_cleanup(old, names) != _without_cleanup(new, names):
        return "a command other than the cleanup is not the same"
    return None


def _without_cleanup(commands: list[str], names: tuple[str, ...]) -> list[list[str]]:
    return [words for text in commands if (words := _words(text, names)) is not None]


@cached_by_value
def _words(command: str, names: tuple[str, ...]) -> list[str] | None:
    """What counts of a command's words, beside caches of these names; None: it cleans up."""
    caches = [cache for name in names if (cache := load(name).cache)]
    words = [word for word in command.split() if word not in _aside(names)]
    is_update = words[1:] == ["update"] and any(
        one.keeps_index and one.name == words[0] for one in caches
    )
    return None if is_update or cleans_up(command, caches) else words


@cached_by_value
def _aside(names: tuple[str, ...]) -> frozenset[str]:
    """Words that may come and go."""
    found: set[str] = set()
    for cache in (load(name).cache for name in names):
        if cache is not None and cache.option:
            found |= {*cache.instead, cache.option, *(cache.junk if cache.keeps_index else ())}
    return frozenset(found)


@functools.cache
def _removed() -> tuple[str, ...]:
    """What an image is without, whatever manager was used."""
    found = (one.cache for one in every_manager() if one.cache and one.cache.is_cleaned)
    return tuple(dict.fromkeys(glob for cache in found for glob in cache.removed))


PASS = Pass(
    code="DF201",
    name="clean-package-cache",
    summary="Keep the caches and lists of package managers out of the image",
    safety=Safety.SAFE,
    aliases=("DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060"),
    rewrite=rewrite,
    verify=verify,
    removes=_removed,
    # what apt asks its planner, and so what it knows from its lists, at a later `apt-get purge`
    logs=("/var/log/apt/eipp.log.xz",),
)
