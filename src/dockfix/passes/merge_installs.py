"""Makes one install of several that follow one another.

What it does: `apt-get install -y a && apt-get install -y b` becomes `apt-get install -y a b`, for
apt-get and apt, and for aptitude, apk, yum, dnf, microdnf, zypper and pip when unsafe fixes are
wanted. A second `apt-get update` goes if nothing but such installs stands between it and the first;
and with it what cleans up between two installs, if the same cleans up behind the second.

Why: one install solves the dependencies once, writes the database once, and shows in one list what
the image holds.

What it leaves alone: installs with different programs, options (`-y` and `-yq` count as the same),
assignments or redirections; anything between the two, be it `echo`, since a key, a source or a pin
may come from it; a first list with a package that changes where packages come from
(`ca-certificates`, `*-release`, `*-keyring`, `apt-transport-*`, plugins of the manager); variables,
files and URLs in either list; one package in two versions; `name-`; apk `--virtual`, which the
second would redefine; packages that stand in for one another (`default-jre` and `openjdk-8-jre`,
`php` and `php-fpm`, mail servers, fonts): apt, asked for all at once, would bring fewer of them;
packages that offer a program with the same priority (`nano` and `vim-nox` as `editor`): the one
that is configured first is taken. And installs whose failure the script survives (`||`, `if`, `;`
without `set -e`): there the first half would fail with the second.

Safety: safe for apt where it is known that the joint list brings the same packages, else only
offered, with the reason. Both installs run in one shell, the second exactly if the first succeeded,
from the same lists, with the same options, so that what is asked for is the same in sum. Whether
what comes with it is the same, the tables of packages say (docs/facts.md): for the suite that FROM
names, and if it is in no table, for Debian 11 to 13 and Ubuntu 18.04 to 24.04 at once, whatever the
image has installed, and for the hardest way to choose that its apt may have. That is an argument
from seven releases for an eighth: a base with packages of its own making can break it. What no
table knows is only offered: other names, versions, and everything behind an added source, pin or
script that may add one. What cleans up between them goes together with the update that it makes
necessary, in one change, and the same cleans up in the end. What can differ is the order in which
unrelated packages are configured, and with it numbers such as the uid that a daemon's user gets.
Unsafe for the others: with the first packages installed they choose otherwise than for all at once.
And for pip: the build of a package of the second list may need one of the first installed, and both
lists are resolved together, so other versions may win.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit, Group, Safety, smallest, with_doubt
from dockfix.edit.style import line_behind, without_command
from dockfix.installs.frames import frame, has_alike, is_quiet, values
from dockfix.installs.listing import Entry, Listing, list_indent, listing_of
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import command_of, install_of
from dockfix.records import Record
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import commands
from dockfix.state.facts import Facts, source_span
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.installs.adjacent import Drop, Merge, Step


class _Where(Record):
    facts: Facts
    instruction: Instruction
    script: Script


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each stretch of installs that can be one, and for each update without use."""
    at = facts.places
    for instruction, script in facts.scripts:
        if not has_alike(script):
            continue
        from dockfix.installs.adjacent import merges

        for finding in merges(script, errexit=at[instruction.start].shell.errexit):
            yield from _change(_Where(facts, instruction, script), finding)


def _span(where: _Where, step: Step) -> tuple[int, int]:
    return source_span(where.instruction, step.simple.start, step.simple.end)


def _change(where: _Where, finding: Merge | Drop) -> Iterator[Group]:
    from dockfix.installs.adjacent import Drop

    if isinstance(finding, Drop):
        yield from _dropped(where, finding)
        return
    edits = _together(where, finding)
    if edits:
        from dockfix.installs.order import Install, join_doubt

        first, *others = finding.installs
        doubt = join_doubt(Install(*where, finding.first.simple, first), others)
        if doubt and finding.useless:
            # these go even if the installs stay apart; the merge is offered once they are gone
            for one in finding.useless:
                yield from _dropped(where, one)
            return
        message = (
            f"merge {len(finding.installs)} installs: the dependencies of all packages are then "
            "resolved once"
        )
        message = with_doubt(message, doubt)
        start, _ = _span(where, finding.first)
        yield Group(start, message, edits, Safety.UNSAFE if doubt else Safety.SAFE)


def _dropped(where: _Where, drop: Drop) -> Iterator[Group]:
    edits = _without(where, drop)
    if edits:
        start, _ = _span(where, drop.update)
        message = "remove this update: the RUN has just fetched the same lists"
        yield Group(start, message, edits)


def _comments(where: _Where, start: int, end: int) -> str:
    """The comment lines between two offsets, with indentation and endings."""
    source, comments = where.facts.source, where.instruction.comments
    first = bisect_left(comments, start, key=_offset)
    return "".join(
        source[source.rfind("\n", 0, one.start) + 1 : source.index("\n", one.end) + 1]
        for one in comments[first : bisect_left(comments, end, first, key=_offset)]
    )


def _offset(comment: Comment) -> int:
    return comment.start


def _without(where: _Where, drop: Drop) -> tuple[Edit, ...]:
    """The edits that take the update out."""
    _, start = _span(where, drop.before)
    update, end = _span(where, drop.update)
    style = where.facts.style.of(where.instruction)
    return without_command(where.instruction, (start, update, end), style)


def _together(where: _Where, merge: Merge) -> tuple[Edit, ...]:
    facts, instruction = where.facts, where.instruction
    source, style = facts.source, facts.style.of(instruction)
    listings = [listing_of(facts.dockerfile, instruction, command) for command in merge.installs]
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
    tidy = first.one_per_line and len(first.entries) > 1
    indent = list_indent(instruction, begin, style)
    if tidy:
        indent = first.entries[1].gap.tail
    new = _new_entries(where, merge, found[1:])
    if new is None:
        return ()
    width = done - source.rfind("\n", 0, begin)
    spread = spread or (
        len(first.entries) + len(new) > 2 and width + sum(len(word) + 1 for _, word in new) > 100
    )
    pieces: list[str] = []
    for entry in first.entries[: last_package + 1]:
        gap = entry.gap
        if spread and not tidy:
            pieces.append(style.item(entry.text, indent, "".join(gap.lines)))
        else:
            pieces += gap.text, entry.text
    for lines, word in new:
        above = style.lines(
            [line.lstrip(" \t").removesuffix("\r") for line in lines.split("\n")[:-1]], indent
        )
        pieces.append(style.item(word, indent, above) if spread else f" {word}")
    pieces.append(source[first.entries[last_package].end : done])
    rest = line_behind(instruction, begin, end, style) if spread else ()
    noted = spread and any(c.start >= merge.others[-1].simple.end for c in where.script.comments)
    if rest is None or noted:
        return ()
    start = first.entries[0].start - len(first.entries[0].gap.text)
    return smallest(source, start, end, "".join(pieces)) + rest


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


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands in the same order, but for installs that became one and updates again."""
    if _all_comments(before.dockerfile) != _all_comments(after.dockerfile):
        return "a comment came or went"
    old, new = list(before.scripts), list(after.scripts)
    if len(old) != len(new):
        return "a RUN came or went"
    for (was, script), (now, later) in zip(old, new, strict=True):
        if was.arguments != now.arguments and (
            _compound(script) != _compound(later)
            or _with_joined_installs(script) != _with_joined_installs(later)
        ):
            return f"commands differ in `{now.arguments[:60]}`"
    return None


def _all_comments(dockerfile: Dockerfile) -> Counter[str]:
    return Counter(comment.text for one in dockerfile.instructions for comment in one.comments)


def _compound(script: Script) -> list[str]:
    return [type(one).__name__ for one in commands(script.items) if not isinstance(one, Simple)]


def _with_joined_installs(script: Script) -> list[tuple[object, set[str]]]:
    """The commands in order, neighboring installs of one kind as one, repeated updates once."""
    from dockfix.installs.adjacent import is_cleanup

    digest: list[tuple[object, set[str]]] = []
    updates: list[object] = []
    cleaned: set[str] = set()
    for simple in script.simples:
        if updates and is_cleanup(simple, script):
            cleaned.add(script.text[simple.start : simple.end])
            continue
        command = install_of(simple) or command_of(simple)
        action = command.action if command else "other"
        if simple.redirects and not (action == "update" and is_quiet(simple)):
            action = "other"
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
    # what was there before the last call, what apt asked its solver, and when it was asked
    logs=(
        "/var/lib/dpkg/status-old",
        "/var/log/apt/*",
        "/var/log/dpkg.log",
        *(f"/etc/{name}-" for name in ("passwd", "group", "shadow", "gshadow")),
    ),
)
