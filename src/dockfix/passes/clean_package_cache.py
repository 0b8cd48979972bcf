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
update` of its own, or runs a script that might (by a path that is no folder of installed programs,
by the name of a program that was copied); lists fetched on a condition, where removing them takes
sudo or an account that may not; options on base images of before them (pip and gem of Ubuntu 14.04,
apk of Alpine 3.2), whose managers would stop at them; the caches of others, when a later command
works offline from them. RUNs with a cache mount over the cache; installs below another root; what
the author keeps elsewhere or cleans up himself (a variable, a configuration file, a removal). Exec
form, here-documents, ONBUILD, scripts dockfix does not understand; a place behind `||`, in a
condition or a loop, before a comment; scripts that trap or replace themselves by `exec`. What npm,
yarn, pnpm, composer and conda store in stages that no image is made of. yarn, unless it is known to
be yarn 1: the cache of later ones holds what the program runs on. go and cargo, whose stores are
what the next build starts from: a cache mount is better.

Safety: an added option changes nothing about what is installed (gem's leaves out documentation
only). A cleanup runs only after a command of the same program succeeded, as the same user, and
succeeds itself, so the status of the RUN stays; by `;` only where errexit has stopped a failure
before. Nothing in this file reads what is removed. An image built FROM this one elsewhere has to
fetch lists before it installs, as with the official images, which ship none either.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import is_root, outer_base, read_runs, run_commands, shipped_stages, source_span
from dockfix.layout import as_beside, comments_at_margin, in_line, style_of
from dockfix.packages.caches import (
    APK,
    APT,
    CACHES,
    GEM,
    YARN,
    Cache,
    Use,
    cleans_up,
    is_named,
)
from dockfix.packages.lists import needed_above, speaks_of_apt
from dockfix.packages.runs import Run, lists_in, own_cleanup, undecided, with_uses
from dockfix.passes.base import Example, Pass, Settings
from dockfix.programs import copied
from dockfix.remembered import cached_by_value
from dockfix.shell.splice import Spot, at_end, behind, surely_runs
from dockfix.shell.tree import Simple
from dockfix.syntax.tree import Dockerfile

#: Where the managers keep what they can do without; below the home of root, or of another user.
_REMOVED = (
    "/var/lib/apt/lists/**", "/var/cache/apt/**", "/var/cache/apk/**", "/var/cache/yum/**",
    "/var/cache/dnf/**", "/var/cache/libdnf5/**", "/var/cache/tdnf/**", "/var/cache/zypp/**",
    "/var/cache/pacman/pkg/**", "/usr/local/share/.cache/yarn/**", "/usr/local/bundle/doc/**",
    "/opt/conda/pkgs/**", *(
        f"{home}/{folder}/**"
        for home in ("/root", "/home/*")
        for folder in (".cache/pip", ".npm", ".cache/yarn", ".cache/composer", ".composer/cache")
    ),
)  # fmt: skip


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each manager and RUN that leaves something behind."""
    stages: list[list[Run]] = [[] for _ in dockerfile.stages]
    for one in read_runs(dockerfile):
        stages[one.place.stage].append(with_uses(one))
    used = {use.cache.name for found in stages for run in found for use in run.uses}
    # what stands beside no call that is seen may still be theirs: lists, or an index that goes
    used |= {APT.name, APK.name}
    for cache in CACHES:
        if cache.name not in used or not is_named(cache, dockerfile.source):
            continue
        if cache is APT:
            yield from _lists(dockerfile, stages, settings)
        elif cache.option:
            yield from _options(dockerfile, stages, cache)
        else:
            yield from _cleanups(dockerfile, stages, cache, settings)


def _group(run: Run, cache: Cache, message: str, edits: tuple[Edit, ...]) -> Group:
    return Group(run.owner.keyword_offset, message, edits, aliases=cache.aliases)


# Options


def _options(dockerfile: Dockerfile, stages: list[list[Run]], cache: Cache) -> Iterator[Group]:
    found = False
    for index, runs in enumerate(stages):
        base = outer_base(dockerfile, index)
        if cache is GEM and base.partition(":")[0] == "ruby":
            continue
        unknown = cache.unknown is not None and cache.unknown(base)
        for run in runs:
            wanting = [use for use in run.of(cache) if use.fills and not use.says(cache.settled)]
            if not (wanting or unknown) or not undecided(run, cache):
                continue
            found = True
            if not unknown:
                message = f"add {cache.option}: {cache.why}"
                edits = tuple(_with_option(run, use) for use in wanting)
                yield _group(run, cache, message, edits)
    if cache is not APK or found:
        return
    from dockfix.packages.apk_index import nothing_kept, useless

    # in few files there is anything to drop, and then only every command of the file is looked at
    doomed = [
        (run, edits)
        for run in (run for runs in stages for run in runs)
        if (edits := tuple(useless(dockerfile, run)))
    ]
    if doomed and nothing_kept(dockerfile, stages):
        for run, edits in doomed:
            yield _group(run, cache, "drop what --no-cache has made useless", edits)


def _with_option(run: Run, use: Use) -> Edit:
    for word in use.words:
        if word.value in use.cache.instead:
            return Edit(*source_span(run.shell, word.start, word.end), use.cache.option)
    assert use.verb is not None
    end = source_span(run.shell, use.verb.start, use.verb.end)[1]
    return Edit(end, end, f" {use.cache.option}")


# Cleanups


def _cleanups(
    dockerfile: Dockerfile, stages: list[list[Run]], cache: Cache, settings: Settings
) -> Iterator[Group]:
    everything = [use for runs in stages for run in runs for use in run.of(cache)]
    if not everything or any(use.says(cache.offline) for use in everything):
        return
    shipped = shipped_stages(dockerfile) if cache.shipped else range(len(stages))
    for index in shipped:
        if cache.unknown and cache.unknown(outer_base(dockerfile, index)):
            continue
        for number, run in enumerate(stages[index]):
            found = run.of(cache)
            last = max([n for n, use in enumerate(found) if use.fills], default=None)
            if (
                last is None
                or run.owner is not run.shell
                or not undecided(run, cache, found[last].simple)
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


def _lists(dockerfile: Dockerfile, stages: list[list[Run]], settings: Settings) -> Iterator[Group]:
    if not speaks_of_apt(dockerfile.source):
        return
    names = copied(dockerfile, settings.context)
    lists = [[lists_in(run, names) for run in runs] for runs in stages]
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
                    if run.script
                    and undecided(run, APT, one.refreshes)
                    and _may_remove(dockerfile, run, fetches)
                    else None
                )
                if spot is not None:
                    program = fetches.words[0].text
                    later = runs[number + 1 :]
                    found.append(_clean(dockerfile, run, spot, program, APT, later))
            needed_later = needed_later or one.needy
        yield from reversed(found)


def _may_remove(dockerfile: Dockerfile, run: Run, fetches: Simple) -> bool:
    """Whether lists can be removed at the end even if the command that fetches them did not run."""
    assert run.script is not None
    return surely_runs(run.script.items, fetches) or (
        is_root(dockerfile, run.place) and fetches.words[0].value != "sudo"
    )


def _clean(
    dockerfile: Dockerfile, run: Run, spot: Spot, program: str, cache: Cache, later: list[Run]
) -> Group:
    sudo = "sudo " if program.startswith("sudo ") or program == "sudo" else ""
    commands = [
        text.replace("{}", program) if "{}" in text else sudo + text for text in cache.cleanup
    ]
    message = f"clean up after {cache.name} in the RUN that installs"
    own = None if sudo or spot.inside else own_cleanup(dockerfile, later, cache)
    comments: tuple[str, ...] = ()
    edits: list[Edit] = []
    if own is not None:
        text, comments, removal = own
        commands, edits = [text], [removal]
        message += ", not in a later one"
    source, style = dockerfile.source, style_of(dockerfile, run.owner)
    end = source_span(run.shell, spot.end - 1, spot.end)[1]
    stop = source_span(run.shell, spot.stop - 1, spot.stop)[1]
    margin = bool(comments) and comments_at_margin(dockerfile)
    joint = style.joint(sequence=spot.sequence, comments=comments, margin=margin)
    if spot.inside and spot.behind is None:
        joint = in_line(sequence=spot.sequence)
    elif spot.behind is not None and not comments:
        gap = source[end : source_span(run.shell, spot.behind, spot.behind)[0]]
        joint = as_beside(gap, sequence=spot.sequence, otherwise=joint)
    plain = style.joint(sequence=spot.sequence) if comments else joint
    text = joint + plain.join(commands)
    return _group(run, cache, message, (Edit(end, stop, text), *edits))


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, cleanups and options against caches aside."""
    old, new = run_commands(before, after)
    if _digest(old) != _digest(new):
        return "a command other than the cleanup is not the same"
    return None


def _digest(commands: list[str]) -> list[list[str]]:
    return [words for text in commands if (words := _words(text)) is not None]


@cached_by_value
def _words(command: str) -> list[str] | None:
    """What counts of a command's words; None for one that cleans up."""
    words = [word for word in command.split() if word not in _ASIDE]
    return None if cleans_up(command) or words == ["apk", "update"] else words


#: Words that may come and go.
_ASIDE = APK.junk.union(
    *(one.instead | {one.option} for one in CACHES if one.option),
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
    aliases=tuple(sorted(name for cache in CACHES for name in cache.aliases)),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
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
            before=(
                f"{_FROM}{_INSTALL} && {_REMOVAL} \\\n"
                "    && apt-get update && apt-get install -y vim\n"
            ),
            after=(
                f"{_FROM}{_INSTALL} && {_REMOVAL} \\\n"
                f"    && apt-get update && apt-get install -y vim \\\n    && {_REMOVAL}\n"
            ),
            why="the lists are back",
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
            before="FROM debian\nRUN apt-get update && apt-get install a && apt-get dist-clean\n",
            why="apt has removed its lists",
        ),
        Example(
            before="FROM node\nRUN pnpm fetch\nCOPY . .\nRUN pnpm install --offline\n",
            why="what is fetched is meant for the install",
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
            before=(
                "FROM ubuntu:14.04\n"
                "RUN curl -O https://example.org/x && pip install flask && gem install puma\n"
            ),
            why="its pip and gem are older than the options, and stop at them",
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
    removes=_REMOVED,
)
