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
or of a stage built on it or copying its root, installs or looks packages up before an `apt-get
update` of its own, or runs a script that might; those of others, when a later command works offline
from them. RUNs with a cache mount over the cache; installs below another root; what the author
keeps elsewhere or cleans up himself (a variable, a configuration file, a removal). Exec form,
here-documents, ONBUILD, scripts dockfix does not understand; a place behind `||`, in a condition or
a loop, before a comment; scripts that trap or replace themselves by `exec`. What npm, yarn, pnpm,
composer and conda store in stages that no image is made of. yarn, unless it is known to be yarn 1:
the cache of later ones holds what the program runs on. go and cargo, whose stores are what the next
build starts from: a cache mount is better.

Safety: an added option changes nothing about what is installed (gem's leaves out documentation
only). A cleanup runs only after a command of the same program succeeded, as the same user, and
succeeds itself, so the status of the RUN stays; by `;` only where errexit has stopped a failure
before. Nothing in this file reads what is removed. An image built FROM this one elsewhere has to
fetch lists before it installs, as with the official images, which ship none either.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import (
    Place,
    outer_base,
    places,
    run_commands,
    script_of,
    shipped_stages,
    source_span,
)
from dockfix.layout import style_of
from dockfix.packages import caches
from dockfix.packages.caches import APK, APT, GEM, YARN, Cache, Use, caches_in, cleans_up, covered
from dockfix.packages.lists import APT_TEXT, Lists, lists_of, needed_above, out_of_sight
from dockfix.passes.base import Example, Pass, Settings
from dockfix.records import Record
from dockfix.shell.splice import Spot, at_end, behind, without
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Comment, Dockerfile, Instruction


class Run(Record):
    """A RUN, its script (None if it was not read), and the managers' commands in it, in order."""

    owner: Instruction
    shell: Instruction
    place: Place
    script: Script | None
    uses: tuple[Use, ...]

    def of(self, cache: Cache) -> list[Use]:
        """The commands of one manager."""
        return [use for use in self.uses if use.cache is cache]


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each manager and RUN that leaves something behind."""
    present = caches_in(dockerfile.source)
    if not present:
        return
    facts = places(dockerfile)
    stages = [
        [_run(item, facts[item.start]) for item in stage.instructions if _is_run(item)]
        for stage in dockerfile.stages
    ]
    for cache in present:
        if cache is APT:
            yield from _lists(dockerfile, stages)
        elif cache.option:
            yield from _options(dockerfile, stages, cache)
        else:
            yield from _cleanups(dockerfile, stages, cache, settings)


def _is_run(item: Instruction) -> bool:
    return (item.child or item).keyword == "RUN"


def _run(owner: Instruction, place: Place) -> Run:
    shell = owner.child or owner
    script = script_of(shell, place)
    if not isinstance(script, Script):
        return Run(owner, shell, place, None, ())
    return Run(owner, shell, place, script, caches.uses(script))


def _open(run: Run, cache: Cache) -> bool:
    """Whether nobody has made up his mind about a manager's cache in a RUN."""
    script = run.script
    return (
        script is not None
        and not any(text in script.text for text in cache.cleaned)
        and not any(name in run.place.names for name in cache.names)
        and not any(
            flag.name == "mount" and covered(cache, flag.value or "") for flag in run.shell.flags
        )
        and not any(cache.programs.fullmatch(name) for name in shadowed(script))
    )


def _group(run: Run, cache: Cache, message: str, edits: tuple[Edit, ...]) -> Group:
    return Group(run.owner.keyword_offset, message, edits, aliases=cache.aliases)


# Options


def _options(dockerfile: Dockerfile, stages: list[list[Run]], cache: Cache) -> Iterator[Group]:
    found = False
    for run in (run for runs in stages for run in runs if _open(run, cache)):
        if cache is GEM and outer_base(dockerfile, run.place.stage).partition(":")[0] == "ruby":
            continue
        wanting = [use for use in run.of(cache) if use.fills and not use.says(cache.settled)]
        if wanting:
            found = True
            message = f"add {cache.option}: {cache.why}"
            edits = tuple(_with_option(run, use) for use in wanting)
            yield _group(run, cache, message, edits)
    if cache is APK and not found and _nothing_kept(dockerfile, stages):
        for run in (run for runs in stages for run in runs):
            edits = tuple(_useless(dockerfile, run))
            if edits:
                message = "drop what --no-cache has made useless"
                yield _group(run, cache, message, edits)


def _with_option(run: Run, use: Use) -> Edit:
    for word in use.words:
        if word.value in use.cache.instead:
            return Edit(*source_span(run.shell, word.start, word.end), use.cache.option)
    assert use.verb is not None
    end = source_span(run.shell, use.verb.start, use.verb.end)[1]
    return Edit(end, end, f" {use.cache.option}")


def _nothing_kept(dockerfile: Dockerfile, stages: list[list[Run]]) -> bool:
    """Whether surely no command of the file stores what apk fetches, or reads what is stored."""
    for item in dockerfile.instructions:
        if not _is_run(item) and "apk" in (item.child or item).arguments:
            return False
    for run in (run for runs in stages for run in runs):
        if not _open(run, APK) or run.script is None:
            return False
        known = {use.simple for use in run.of(APK)}
        for use in run.of(APK):
            if use.verb is None or not (
                use.verb.value in ("update", "del", "info") or use.says(APK.settled | APK.instead)
            ):
                return False
        for simple in run.script.nested:
            if simple in known or _removes(simple):
                continue
            if out_of_sight(simple) or any("apk" in word.text for word in simple.words):
                return False
    return True


def _removes(simple: Simple) -> bool:
    return bool(simple.words) and simple.words[0].value == "rm"


def _useless(dockerfile: Dockerfile, run: Run) -> Iterator[Edit]:
    """What removes `apk update` and `rm -rf /var/cache/apk/*` from a RUN."""
    assert run.script is not None
    shell, adds = run.place.shell, any(use.fills for use in run.of(APK))
    updates = [use for use in run.of(APK) if use.verb and use.verb.value == "update"]
    doomed = [use.simple for use in updates if adds and len(use.words) == 1]
    spans: list[tuple[int, int] | None] = []
    for simple in filter(_removes, run.script.simples):
        junk = [n for n, word in enumerate(simple.words) if word.text in APK.junk]
        kept = [word for word in simple.words[1:] if word.text[:1] != "-"]
        if junk and len(junk) == len(kept):
            doomed.append(simple)
        elif junk:
            spans += ((simple.words[n - 1].end, simple.words[n].end) for n in junk)
    for simple in doomed:
        spans.append(without(run.script, simple, errexit=shell.errexit, declared=shell.declared))
    done = 0
    for start, end in sorted(span for span in spans if span is not None):
        edit = Edit(_source(run, start), _source(run, end), "")
        text = dockerfile.source[edit.start : edit.end]
        if "#" not in text and edit.start >= done:
            yield edit
            done = edit.end


def _source(run: Run, position: int) -> int:
    """Where in the file a position of a script lies, as the end of a span or else as its start."""
    script = run.script
    assert script is not None
    if (
        position
        and not script.text[position - 1].isspace()
        and (position == len(script.text) or script.text[position].isspace())
    ):
        return source_span(run.shell, position - 1, position)[1]
    return source_span(run.shell, position, position)[0]


# Cleanups


def _cleanups(
    dockerfile: Dockerfile, stages: list[list[Run]], cache: Cache, settings: Settings
) -> Iterator[Group]:
    everything = [use for runs in stages for run in runs for use in run.of(cache)]
    if any(use.says(cache.offline) for use in everything):
        return
    shipped = shipped_stages(dockerfile) if cache.shipped else range(len(stages))
    for index in shipped:
        for number, run in enumerate(stages[index]):
            found = run.of(cache)
            last = next((n for n in range(len(found) - 1, -1, -1) if found[n].fills), None)
            if (
                last is None
                or run.owner is not run.shell
                or not _open(run, cache)
                or any(use.cleans for use in found[last:])
                or any(use.says(cache.settled) for use in found)
                or found[last].replaces_itself
                or (cache is YARN and not _is_yarn_1(found, settings))
            ):
                continue
            assert run.script is not None
            shell = run.place.shell
            spot = behind(
                run.script, found[last].simple, errexit=shell.errexit, declared=shell.declared
            )
            if spot is not None:
                later = stages[index][number + 1 :]
                yield _clean(dockerfile, run, spot, found[last].program, cache, later)


def _is_yarn_1(found: list[Use], settings: Settings) -> bool:
    """`yarn global` is known to it alone, and its lock file says so."""
    if all(use.verb and use.verb.value == "global" for use in found if use.fills):
        return True
    context = settings.context
    lock = context.head("yarn.lock", 200) if context else None
    return lock is not None and "yarn lockfile v1" in lock


def _lists(dockerfile: Dockerfile, stages: list[list[Run]]) -> Iterator[Group]:
    if not APT_TEXT.search(dockerfile.source):
        return
    lists = [[_lists_of(run) for run in runs] for runs in stages]
    needed = needed_above(dockerfile, [any(one.needy for one in row) for row in lists])
    for runs, row, needed_later in zip(stages, lists, needed, strict=True):
        found: list[Group] = []
        for number in range(len(runs) - 1, -1, -1):
            run, one = runs[number], row[number]
            fetches = one.fetches
            if not needed_later and fetches and one.installs and run.owner is run.shell:
                shell = run.place.shell
                spot = (
                    at_end(run.script, errexit=shell.errexit, declared=shell.declared)
                    if run.script and _open(run, APT)
                    else None
                )
                if spot is not None:
                    program = fetches.words[0].text
                    later = runs[number + 1 :]
                    found.append(_clean(dockerfile, run, spot, program, APT, later))
            needed_later = needed_later or one.needy
        yield from reversed(found)


def _lists_of(run: Run) -> Lists:
    if run.script is not None:
        return lists_of(run.script)
    body = run.shell.arguments + "".join(heredoc.content for heredoc in run.shell.heredocs)
    return Lists(None, installs=False, needs=None, opaque=bool(APT_TEXT.search(body)))


def _clean(
    dockerfile: Dockerfile, run: Run, spot: Spot, program: str, cache: Cache, later: list[Run]
) -> Group:
    sudo = "sudo " if program.startswith("sudo ") or program == "sudo" else ""
    commands = [
        text.replace("{}", program) if "{}" in text else sudo + text for text in cache.cleanup
    ]
    message = f"clean up after {cache.name} in the RUN that installs"
    own = None if sudo or spot.inside else _own_cleanup(dockerfile, later, cache)
    comments: tuple[str, ...] = ()
    edits: list[Edit] = []
    if own is not None:
        text, comments, removal = own
        commands, edits = [text], [removal]
        message += ", not in a later one"
    source, style = dockerfile.source, style_of(dockerfile, run.owner)
    end = source_span(run.shell, spot.end - 1, spot.end)[1]
    stop = source_span(run.shell, spot.stop - 1, spot.stop)[1]
    joint = style.joint(sequence=spot.sequence, comments=comments)
    if spot.inside and spot.behind is None:
        joint = "; " if spot.sequence else " && "
    elif spot.behind is not None:
        gap = source[end : source_span(run.shell, spot.behind, spot.behind)[0]]
        if "\n" not in gap and not comments:
            joint = "; " if spot.sequence else " && "
        elif "#" not in gap and not comments and spot.sequence is not ("&&" in gap):
            joint = gap
    plain = style.joint(sequence=spot.sequence) if comments else joint
    text = joint + plain.join(commands)
    return _group(run, cache, message, (Edit(end, stop, text), *edits))


def _own_cleanup(
    dockerfile: Dockerfile, later: Iterable[Run], cache: Cache
) -> tuple[str, tuple[str, ...], Edit] | None:
    """A later RUN that does nothing but clean up: its text, its comments, its removal.

    Only if no RUN before it has to do with the manager, or might out of sight.
    """
    for run in later:
        if run.script is None:
            return None
        if _cleans_only(run, cache):
            above = _directly_above(dockerfile, run.owner)
            start = above[0].start if above else run.owner.start
            start = dockerfile.source.rfind("\n", 0, start) + 1
            if not dockerfile.source.endswith("\n", start, run.owner.end):
                start -= len(style_of(dockerfile).eol)  # the line above becomes the open end
            removal = Edit(start, run.owner.end, "")
            return run.script.text.rstrip(" \t;"), tuple(one.text for one in above), removal
        if run.of(cache) or (cache is APT and _touches_apt(run)):
            return None
    return None


def _touches_apt(run: Run) -> bool:
    return _lists_of(run).needy or bool(APT_TEXT.search(run.shell.arguments))


def _cleans_only(run: Run, cache: Cache) -> bool:
    script = run.script
    if (
        script is None
        or script.comments
        or run.shell.comments
        or run.shell.flags
        or run.owner is not run.shell
        or len(script.items) != 1
        or any(operator.text == "||" for operator in script.items[0].node.operators)
    ):
        return False
    return all(
        not pipeline.negated
        and len(pipeline.commands) == 1
        and isinstance(command := pipeline.commands[0], Simple)
        and not command.redirects
        and not command.assignments
        and cleans_up(script.text[command.start : command.end], (cache,))
        for pipeline in script.items[0].node.pipelines
    ) and (cache is not APT or any(map(_removes, script.simples)))


def _directly_above(dockerfile: Dockerfile, owner: Instruction) -> tuple[Comment, ...]:
    first = number = bisect_left(dockerfile.items, owner.start, key=lambda item: item.start)
    while first and isinstance(dockerfile.items[first - 1], Comment):
        first -= 1
    return tuple(one for one in dockerfile.items[first:number] if isinstance(one, Comment))


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, cleanups and options against caches aside."""
    if _commands(before) != _commands(after):
        return "a command other than the cleanup is not the same"
    return None


def _commands(dockerfile: Dockerfile) -> list[list[str]]:
    found = []
    for text in run_commands(dockerfile):
        words = [word for word in text.split() if word not in _ASIDE]
        if not cleans_up(text) and words != ["apk", "update"]:
            found.append(words)
    return found


#: Words that may come and go.
_ASIDE = APK.junk.union(
    *(one.instead | {one.option} for one in caches.CACHES if one.option),
)

_REMOVAL = APT.cleanup[0]
_FROM = "FROM debian\n"
_INSTALL = "RUN apt-get update && apt-get install -y git"
_CLEANED = f"RUN apt-get update && apt-get install -y git \\\n    && {_REMOVAL}\n"

PASS = Pass(
    code="DF201",
    name="clean-package-cache",
    summary="Keep the caches and lists of package managers out of the image",
    safety=Safety.SAFE,
    aliases=tuple(sorted(name for cache in caches.CACHES for name in cache.aliases)),
    rewrite=rewrite,
    verify=verify,
    examples=(
        Example(before=f"{_FROM}{_INSTALL}\n", after=f"{_FROM}{_CLEANED}"),
        Example(
            before=f"{_FROM}RUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y git\n",
            after=(
                f"{_FROM}RUN set -eux; \\\n\tapt-get update; \\\n"
                f"\tapt-get install -y git; \\\n\t{_REMOVAL}\n"
            ),
            why="joined as the author joins",
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY . /app\n# tidy up\nRUN apt-get clean && {_REMOVAL}\n",
            after=(
                f"{_FROM}{_INSTALL} \\\n    # tidy up\n    && apt-get clean && {_REMOVAL}\n"
                "COPY . /app\n"
            ),
            why="in a layer of its own it frees nothing",
        ),
        Example(
            before=f"{_FROM}RUN sudo apt-get update && sudo apt-get install -y git\n",
            after=(
                f"{_FROM}RUN sudo apt-get update && sudo apt-get install -y git \\\n"
                f"    && sudo {_REMOVAL}\n"
            ),
        ),
        Example(
            before=(
                "FROM alpine\nRUN apk update \\\n && apk add -U git \\\n"
                " && apk add --virtual .build gcc \\\n && rm -rf /var/cache/apk/*\n"
            ),
            after=(
                "FROM alpine\nRUN apk add --no-cache git \\\n"
                " && apk add --no-cache --virtual .build gcc\n"
            ),
            why="apk has an option that makes the commands around it useless",
        ),
        Example(
            before="FROM python\nRUN pip install -U pip && pip install flask\n",
            after=(
                "FROM python\nRUN pip install --no-cache-dir -U pip"
                " && pip install --no-cache-dir flask\n"
            ),
        ),
        Example(
            before="FROM debian\nRUN gem install puma\n",
            after="FROM debian\nRUN gem install --no-document puma\n",
        ),
        Example(
            before="FROM centos:7\nRUN yum -y update \\\n    && yum -y install git\n",
            after=(
                "FROM centos:7\nRUN yum -y update \\\n    && yum -y install git \\\n"
                "    && yum clean all \\\n    && rm -rf /var/cache/yum\n"
            ),
            why="yum itself leaves what disabled repositories have brought",
        ),
        Example(
            before="FROM fedora\nRUN set -eux; \\\n\tdnf -y install gcc; \\\n\tmake\n",
            after=(
                "FROM fedora\nRUN set -eux; \\\n\tdnf -y install gcc; \\\n"
                "\tdnf clean all; \\\n\tmake\n"
            ),
            why="behind the last command that stores anything",
        ),
        Example(
            before="FROM opensuse/leap\nRUN zypper -n install git\n",
            after="FROM opensuse/leap\nRUN zypper -n install git \\\n    && zypper clean -a\n",
        ),
        Example(
            before="FROM archlinux\nRUN pacman -Syu --noconfirm git && git clone u /u\n",
            after=(
                "FROM archlinux\nRUN pacman -Syu --noconfirm git"
                " && rm -rf /var/cache/pacman/pkg/* && git clone u /u\n"
            ),
        ),
        Example(
            before="FROM node\nRUN npm ci && npm run build\n",
            after="FROM node\nRUN npm ci && npm cache clean --force && npm run build\n",
            why="since npm 5 it takes `--force`, which older ones do not mind",
        ),
        Example(
            before="FROM node\nRUN yarn install\n",
            after="FROM node\nRUN yarn install \\\n    && yarn cache clean\n",
            files=(("yarn.lock", "# yarn lockfile v1\n"),),
        ),
        Example(
            before="FROM node\nRUN yarn global add serve && serve --version\n",
            after=("FROM node\nRUN yarn global add serve && yarn cache clean && serve --version\n"),
            why="only yarn 1 knows `global`",
        ),
        Example(
            before="FROM node\nRUN pnpm add --global serve && serve --version\n",
            after=(
                "FROM node\nRUN pnpm add --global serve && pnpm store prune && serve --version\n"
            ),
        ),
        Example(
            before="FROM php\nRUN (cd /app && composer install --no-dev) && ls /app\n",
            after=(
                "FROM php\nRUN (cd /app && composer install --no-dev && composer clear-cache)"
                " && ls /app\n"
            ),
        ),
        Example(
            before="FROM continuumio/miniconda3\nRUN conda install -y numpy\n",
            after=(
                "FROM continuumio/miniconda3\nRUN conda install -y numpy \\\n"
                "    && conda clean -afy\n"
            ),
        ),
        Example(
            before="FROM rockylinux:9\nRUN dnf -y install git\nCOPY a /a\nRUN dnf clean all\n",
            after=(
                "FROM rockylinux:9\nRUN dnf -y install git \\\n    && dnf clean all\nCOPY a /a\n"
            ),
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY a /a\nRUN apt-get install -y gcc\n", why="needed later"
        ),
        Example(
            before=f"FROM debian AS a\n{_INSTALL}\nFROM a\nRUN apt-get install -y gcc\n",
            why="needed in a stage built on this one",
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY s.sh /\nRUN /s.sh\n",
            why="who knows what the script installs",
        ),
        Example(
            before=f"{_FROM}RUN --mount=type=cache,target=/var/lib/apt{_INSTALL[3:]}\n",
            why="a cache mount keeps the lists out of the image",
        ),
        Example(
            before=f"{_FROM}RUN <<EOF\napt-get update\napt-get install -y git\nEOF\n",
            why="a here-document",
        ),
        Example(before=f"{_FROM}{_INSTALL} # tools\n", why="the comment would swallow it"),
        Example(before=f"{_FROM}{_INSTALL} || true\n", why="`||` has the last word"),
        Example(
            before=f"{_FROM}ONBUILD {_INSTALL}\n", why="what comes after it is in another file"
        ),
        Example(before=f'{_FROM}RUN ["apt-get", "update"]\n', why="exec form has no `&&`"),
        Example(
            before=f"{_FROM}{_INSTALL} && rm -r /var/lib/apt/lists\n",
            why="already done",
        ),
        Example(before=f"{_FROM}RUN apt-get install -y git\n", why="the lists are another layer's"),
        Example(
            before="FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask\n",
            why="the environment says so already",
        ),
        Example(
            before=(
                "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n"
            ),
            why="a cache mount is no part of the image, and helps the next build",
        ),
        Example(
            before="FROM node\nRUN yarn install --immutable\n",
            why="what later yarns call a cache is what the program runs on",
        ),
        Example(
            before=(
                "FROM node AS build\nRUN npm ci && npm run build\n"
                "FROM nginx\nCOPY --from=build /app/dist /srv\n"
            ),
            why="no image is made of the layers of `build`",
        ),
        Example(
            before="FROM ruby\nRUN gem install puma\n",
            why="the official image of ruby has no documentation generated",
        ),
        Example(
            before="FROM alpine\nRUN apk update\nCOPY s.sh /\nRUN /s.sh\n",
            why="who knows what the script adds",
        ),
        Example(
            before="FROM centos:7\nRUN if x; then yum -y install git; fi\n",
            why="where it is not installed, there may be no yum to clean up",
        ),
        Example(
            before="FROM node\nRUN npm install -g npm\n",
            why="who knows what the new npm does",
        ),
        Example(
            before="FROM golang\nRUN go install example.org/x@latest\n",
            why="the next build starts from what go keeps: a cache mount is better",
        ),
    ),
    removes=("/var/lib/apt/lists/**",),
)
