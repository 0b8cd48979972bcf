"""Makes one install of several that follow one another.

What it does: `apt-get install -y a && apt-get install -y b` becomes `apt-get install -y a b`, for
apt-get, apt, aptitude, apk, yum, dnf, microdnf and zypper, and for pip when unsafe fixes are
wanted. A second `apt-get update` goes if nothing but such installs stands between it and the first;
and with it what cleans up between two installs, if the same cleans up behind the second.

Why: one install solves the dependencies once, writes the database once, and shows in one list what
the image holds.

What it leaves alone: installs with different programs, options, assignments or redirections;
anything between the two, be it `echo`, since a key, a source or a pin may come from it; a first
list with a package that changes where packages come from (`ca-certificates`, `*-release`,
`*-keyring`, `apt-transport-*`, plugins of the manager); variables, files and URLs in either list;
one package in two versions; `name-`; apk `--virtual`, which the second would redefine; packages
that stand in for one another (`default-jre` and `openjdk-8-jre`, `php` and `php-fpm`, mail servers,
fonts): apt, asked for all at once, would bring fewer of them. And installs whose failure the script
survives (`||`, `if`, `;` without `set -e`): there the first half would fail with the second.

Safety: safe for the managers of distributions. Both installs run in one shell, the second exactly
if the first succeeded, from the same lists, with the same options, so that what is asked for is the
same in sum. What cleans up between them goes together with the update that it makes necessary, in
one change, and the same cleans up in the end. What can differ is the order in which unrelated
packages are configured, and with it numbers such as the uid that a daemon's user gets. Unsafe for
pip: the build of a package of the second list may need one of the first installed, and both lists
are resolved together, so other versions may win.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import places, scripts, source_span
from dockfix.layout import style_of
from dockfix.packages import command_of, install_of
from dockfix.packages.frames import frame, has_alike, values
from dockfix.packages.listing import (
    Entry,
    Listing,
    line_behind,
    list_indent,
    listing_of,
    smallest,
)
from dockfix.passes.base import Example, Pass, Settings
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import commands
from dockfix.syntax.tree import Comment, Dockerfile, Instruction
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.packages.adjacent import Drop, Merge, Step


class _Where(Record):
    dockerfile: Dockerfile
    instruction: Instruction
    script: Script


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each stretch of installs that can be one, and for each update without use."""
    at = places(dockerfile)
    for instruction, script in scripts(dockerfile):
        if not has_alike(script):
            continue
        from dockfix.packages.adjacent import merges

        for finding in merges(script, errexit=at[instruction.start].shell.errexit):
            yield from _group(_Where(dockerfile, instruction, script), finding)


def _span(where: _Where, step: Step) -> tuple[int, int]:
    return source_span(where.instruction, step.simple.start, step.simple.end)


def _group(where: _Where, finding: Merge | Drop) -> Iterator[Group]:
    from dockfix.packages.adjacent import Drop

    if isinstance(finding, Drop):
        edits = _without(where, finding)
        if edits:
            start, _ = _span(where, finding.update)
            yield Group(start, "remove a second update of fresh lists", edits)
        return
    edits = _together(where, finding)
    if edits:
        pip = finding.installs[0].manager.name == "pip"
        safety = Safety.UNSAFE if pip else Safety.SAFE
        count = len(finding.installs)
        start, _ = _span(where, finding.first)
        yield Group(start, f"install the packages of {count} lists at once", edits, safety)


def _comments(where: _Where, start: int, end: int) -> str:
    """The comment lines between two offsets, with indentation and endings."""
    source, comments = where.dockerfile.source, where.instruction.comments
    first = bisect_left(comments, start, key=_offset)
    return "".join(
        source[source.rfind("\n", 0, one.start) + 1 : source.index("\n", one.end) + 1]
        for one in comments[first : bisect_left(comments, end, first, key=_offset)]
    )


def _offset(comment: Comment) -> int:
    return comment.start


def _without(where: _Where, drop: Drop) -> tuple[Edit, ...]:
    """The update goes with the operator before it; comments above it stay."""
    _, start = _span(where, drop.before)
    update, end = _span(where, drop.update)
    source, style = where.dockerfile.source, style_of(where.dockerfile, where.instruction)
    lines = _comments(where, start, end)
    behind = re.compile(rf"[ \t]*(?:&&|;)[ \t]+(?!{re.escape(style.escape)})").match(source, end)
    if behind and "\n" in source[start:update]:
        return (Edit(update, behind.end(), ""),)
    if not lines:
        return (Edit(start, end, ""),)
    newline = source.find("\n", end, where.instruction.text_end)
    if newline < 0 or source[end:newline].strip() != style.escape:
        return ()
    return (Edit(start, newline + 1, style.newline + lines),)


def _together(where: _Where, merge: Merge) -> tuple[Edit, ...]:
    dockerfile, instruction = where.dockerfile, where.instruction
    source, style = dockerfile.source, style_of(dockerfile, instruction)
    listings = [listing_of(dockerfile, instruction, command) for command in merge.installs]
    found = [listing for listing in listings if listing is not None]
    if len(found) != len(listings):
        return ()
    first = found[0]
    last_package = max(n for n, entry in enumerate(first.entries) if entry.movable)
    begin, done = _span(where, merge.first)
    _, end = _span(where, merge.others[-1])
    spread = any(
        entry.gap.breaks for listing in found for entry in listing.entries if entry.movable
    ) or bool(_comments(where, first.entries[last_package].end, end))
    indent = next(
        (entry.gap.tail for listing in found for entry in listing.entries if entry.gap.breaks),
        list_indent(source, begin, first, style),
    )
    new = _new_entries(where, merge, found[1:])
    if new is None:
        return ()
    width = done - source.rfind("\n", 0, begin)
    spread = spread or (
        len(first.entries) + len(new) > 2 and width + sum(len(word) + 1 for _, word in new) > 100
    )
    text = ""
    tidy = first.one_per_line and len(first.entries) > 1
    for entry in first.entries[: last_package + 1]:
        gap = entry.gap
        if spread and not gap.breaks and not tidy:
            text += style.newline + indent + entry.text
        else:
            text += gap.text + entry.text
    for lines, word in new:
        bare = [line.lstrip(" \t") for line in lines.split("\n")[:-1]]
        above = "".join(f"{indent}{line}\n" for line in bare)
        text += f"{style.newline}{above}{indent}{word}" if spread else f" {word}"
    text += source[first.entries[last_package].end : done]
    rest = line_behind(source, instruction, begin, end, style) if spread else ()
    noted = spread and any(c.start >= merge.others[-1].simple.end for c in where.script.comments)
    if rest is None or noted:
        return ()
    start = first.entries[0].start - len(first.entries[0].gap.text)
    return smallest(source, start, end, text) + rest


def _new_entries(
    where: _Where, merge: Merge, listings: list[Listing]
) -> list[tuple[str, str]] | None:
    """The packages to append, each with the comment lines to stand above it."""
    seen = set(values(merge.first.simple))
    new: list[tuple[str, str]] = []
    _, done = _span(where, merge.first)
    _, end = _span(where, merge.others[-1])
    packages: list[Entry] = [e for listing in listings for e in listing.entries if e.movable]
    for entry in packages:
        lines = _comments(where, done, entry.start)
        done = entry.start
        if entry.value not in seen or lines:
            new.append((lines, entry.text))
        seen.add(entry.value)
    if _comments(where, done, end):
        return None
    return new


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, but for installs that became one and updates again."""
    if _all_comments(before) != _all_comments(after):
        return "a comment came or went"
    old, new = list(scripts(before)), list(scripts(after))
    if len(old) != len(new):
        return "a RUN came or went"
    for (was, script), (now, later) in zip(old, new, strict=True):
        if was.arguments != now.arguments and (
            _compound(script) != _compound(later) or _digest(script) != _digest(later)
        ):
            return f"commands differ in `{now.arguments[:60]}`"
    return None


def _all_comments(dockerfile: Dockerfile) -> Counter[str]:
    return Counter(comment.text for one in dockerfile.instructions for comment in one.comments)


def _compound(script: Script) -> list[str]:
    return [type(one).__name__ for one in commands(script.items) if not isinstance(one, Simple)]


def _digest(script: Script) -> list[tuple[object, set[str]]]:
    """The commands in order, neighboring installs of one kind as one, repeated updates once."""
    from dockfix.packages.adjacent import is_cleanup

    digest: list[tuple[object, set[str]]] = []
    updates: list[object] = []
    cleaned: set[str] = set()
    for simple in script.simples:
        if updates and is_cleanup(simple, script):
            cleaned.add(script.text[simple.start : simple.end])
            continue
        command = install_of(simple) or command_of(simple)
        action = command.action if command and not simple.redirects else "other"
        if action == "update":
            if frame(simple) not in updates:
                updates.append(frame(simple))
                digest.append((frame(simple), set(values(simple))))
        elif action == "install" and command:
            if not digest or digest[-1][0] != frame(simple):
                digest.append((frame(simple), set()))
            digest[-1][1].update(word.text for word in command.packages)
        else:
            updates = []
            digest.append(("clean up", cleaned))
            digest.append((script.text[simple.start : simple.end], set()))
            cleaned = set()
    return [*digest, ("clean up", cleaned)]


PASS = Pass(
    code="DF102",
    name="merge-installs",
    summary="Make one install of several that follow one another",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
    examples=lambda: (
        Example(
            before="FROM debian\nRUN apt-get update && apt-get -y install git"
            " && apt-get install -y locales && apt-get install -y gcc\n",
            after="FROM debian\nRUN apt-get update && apt-get -y install git locales gcc\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git"
            " && rm -rf /var/lib/apt/lists/* \\\n"
            "    && apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n",
            after="FROM debian\nRUN apt-get update && apt-get install -y git gcc"
            " && rm -rf /var/lib/apt/lists/*\n",
            why="the lists are fetched once, and go once",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git && apt-get clean \\\n"
            "    && apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\n",
            why="not the same cleans up behind the second",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git"
            " && rm -rf /var/lib/apt/lists/* \\\n"
            "    && apt-get update && apt-get install -qy gcc && rm -rf /var/lib/apt/lists/*\n",
            why="without the first removal and the second update each change would need the other",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y a"
            " && apt-get update && apt-get install -y b && rm -rf /var/lib/apt/lists/*\n",
            after="FROM debian\nRUN apt-get update && apt-get install -y a b"
            " && rm -rf /var/lib/apt/lists/*\n",
            why="the lists are as fresh as they were",
        ),
        Example(
            before="FROM debian\nRUN apt-get update \\\n && apt-get install -y \\\n    a \\\n"
            " # for the tests\n && apt-get install -y b c \\\n && ls\n",
            after="FROM debian\nRUN apt-get update \\\n && apt-get install -y \\\n    a \\\n"
            "    # for the tests\n    b \\\n    c \\\n && ls\n",
            why="lists that are one per line stay so, and comments stay above what they speak of",
        ),
        Example(
            before="FROM alpine\nRUN set -eux; apk add --no-cache a; apk --no-cache add b; ls\n",
            after="FROM alpine\nRUN set -eux; apk add --no-cache a b; ls\n",
            why="`set -e` ends the script at either",
        ),
        Example(
            before="FROM fedora\nRUN dnf -y install a && \\\n    dnf install -y b && \\\n"
            "    dnf clean all\n",
            after="FROM fedora\nRUN dnf -y install a b && \\\n    dnf clean all\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get update \\\n  # again\n  && apt-get update \\\n"
            "  && ls\n",
            after="FROM debian\nRUN apt-get update \\\n  # again\n  && ls\n",
        ),
        Example(
            before="FROM python\nRUN pip install flask && pip install celery\n",
            after="FROM python\nRUN pip install flask celery\n",
            unsafe=True,
            why="pip builds the second list with the first installed, and resolves each on its own",
        ),
        Example(
            before="FROM python\nRUN pip install -U pip && pip install -U flask\n",
            why="the new pip installs the second list",
        ),
        Example(
            before="FROM debian\n"
            "RUN apt-get install -y a && apt-get install -y --no-install-recommends b\n",
            why="other options",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a && DEBIAN_FRONTEND=noninteractive"
            " apt-get install -y b\n",
            why="another environment",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a && echo x > /etc/apt/preferences"
            " && apt-get install -y b\n",
            why="anything between may change what the second finds",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y ca-certificates"
            " && apt-get update && apt-get install -y b\n",
            why="the first install may change what can be fetched",
        ),
        Example(
            before="FROM centos\nRUN yum install -y epel-release && yum install -y htop\n",
            why="the first install brings the source of the second",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y php && apt-get install -y php-fpm\n",
            why="asked for beside php-fpm, php brings no Apache",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y libcurl4-gnutls-dev"
            " && apt-get install -y libcurl4-openssl-dev\n",
            why="the second throws the first out; asked for both at once, apt refuses",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a=1 && apt-get install -y a=2\n",
            why="one package in two versions",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a && apt-get install -y $EXTRA\n",
            why="who knows what is in it",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a && apt-get install -y a- b\n",
            why="`name-` removes what the first brought",
        ),
        Example(
            before="FROM alpine\nRUN apk add --virtual .x a && apk add --virtual .x b\n",
            why="the second defines `.x` anew",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a && apt-get install -y b || true\n",
            why="a stays when b cannot be had",
        ),
        Example(
            before="FROM alpine\nRUN apk add a; apk add b\n", why="b is installed even if a fails"
        ),
        Example(
            before="FROM alpine\nRUN test -e /x || apk add a && apk add b\n",
            why="b is installed even if a is not",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a > /dev/null && apt-get install -y b\n",
            why="one is silenced, the other is not",
        ),
        Example(
            before='FROM debian\nRUN rm() { echo "$@"; } && apt-get update && apt-get install -y a'
            " && rm -rf /var/lib/apt/lists/* && apt-get update && apt-get install -y b"
            " && rm -rf /var/lib/apt/lists/*\n",
            why="this `rm` removes nothing",
        ),
    ),
    # what was there before the last call, what apt asked its solver, and when it was asked
    logs=(
        "/var/lib/dpkg/status-old",
        "/var/log/apt/*",
        "/var/log/dpkg.log",
        *(f"/etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow")),
    ),
)
