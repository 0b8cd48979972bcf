"""Sorts package lists, one package per line, each named once.

What it does: in every install of apt-get, apt, aptitude, apk, yum, dnf, microdnf, zypper, pacman,
pip, `npm -g` and gem, wherever it stands in a RUN, the packages are put in alphabetical order and
repeated ones removed. A list of three or more that was not one per line is set one per line, one
step deeper than its command, and options without a value that stood behind it (`-y`) go in front; a
list that is in order stays as it stands.

Why: a list in order shows at a glance what is in it and what is in it twice, and a change to it is
one line of a diff.

What it leaves alone: options with a value, variables, globs, substitutions, files and URLs keep
their place, and the packages between two of them are sorted among themselves. Comments
that stand above one package each, one after the other, move with their packages, and so does one
that names the package below it where the list goes on and has no headings. Any other comment is a
heading: the packages below it, up to the next comment or empty line, are sorted among themselves. A
command with an option that is not known is not touched at all, nor one whose order counts: `name-`
and `name+` of apt, versions of gem.

Safety: safe where it is known that the order cannot matter, else only offered, with the reason. apt
before 2.5.3 (Debian 11, Ubuntu 22.04 and older) takes a list in an order of its own. Later ones go
by the list, and the tables of packages (docs/facts.md) say whether that can bring other packages:
for the suite that FROM names, and if it is in no table, for Debian 11 to 13 and Ubuntu 18.04 to
24.04 at once, whatever the image has installed, and for the way of choosing that is hardest. That
is an argument from seven releases for an eighth: a base with packages of its own making can break
it. What no table knows is only offered: other names, versions, architectures, files, variables, and
everything behind an added source, pin or script that may add one. apk sorts its list itself, but
for `--virtual`; npm puts what a global package needs below that package. pip prefers what stands
first: safe only with `--no-deps` and each package in one version. Of the others nothing is known
that says so. To remove what is named twice is safe everywhere. (What can differ is the order in
which unrelated packages are configured, and with it numbers such as the uid that a daemon's user
gets.) The words themselves are never changed, and `verify` checks that the set of them is the same
for each command, and everything else too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, starmap
from operator import le

from dockfix.dockerfile.tree import Dockerfile
from dockfix.edit.edits import Edit, Group, Safety, smallest, with_doubt
from dockfix.edit.lists import Gap, blanks_behind, one_blank, refilled
from dockfix.edit.style import line_behind
from dockfix.installs.listing import Entry, Listing, list_indent, listing_of
from dockfix.managers.manager import Command, base
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import install_of, installs_in
from dockfix.records import Record
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, source_span
from dockfix.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from dockfix.installs.order import Install


class _List(Record):
    """An install, and its list as it is laid out."""

    install: Install
    listing: Listing


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each list that is not in order or names a package twice."""
    for instruction, script in facts.scripts:
        for simple, command in _out_of_order(script):
            listing = listing_of(facts.dockerfile, instruction, command)
            if listing is not None:
                from dockfix.installs.order import Install

                install = Install(facts, instruction, script, simple, command)
                yield from _groups(_List(install, listing))


@cached_by_identity
def _out_of_order(script: Script) -> list[tuple[Simple, Command]]:
    """The installs of a script whose packages are not in order yet, and may be, by their names:
    most are, and of those nobody has to ask how they are laid out."""
    return [
        (simple, command)
        for simple, command in installs_in(script)
        if not _is_ordered(command)
        and not _order_counts(command, simple)
        and not (shadowed(script) & _program_names(command))
    ]


def _is_ordered(command: Command) -> bool:
    """True if a list is in order, and so is each section of it, without a package named twice."""
    is_plain = command.manager.is_plain
    values = [word.value for word in command.packages if word.value is not None]
    if len(values) < 2:
        return True
    values = [value for value in values if is_plain(value)]
    return len(set(values)) == len(values) and _in_order(values)


def _program_names(command: Command) -> set[str]:
    return {word.rpartition("/")[2] for word in command.program}


def _order_counts(command: Command, simple: Simple) -> bool:
    """True if the list must stay, or is not what it seems (`pip install a>=1`, a redirection)."""
    manager = command.manager
    end = max(argument.end for argument in command.arguments) if command.arguments else simple.end
    return (
        any(manager.is_ordered(word.value or "") for word in command.packages)
        or any(option.option.partition("=")[0] in manager.single for option in command.options)
        or any(
            redirect.start < end
            or redirect.target.text.startswith("=")
            or any(word.end == redirect.start for word in command.packages)
            for redirect in simple.redirects
        )
    )


def _groups(found: _List) -> Iterator[Group]:
    entries = found.listing.entries
    order = _arranged(found.listing)
    if [number for number, _ in order] == [number for _, number in order] and (
        len(order) == len(entries)
    ):
        return
    comes_to = dict(order)
    moved = any(
        earlier > later
        for section in found.listing.sections
        for earlier, later in pairwise([comes_to[slot] for slot in section if slot in comes_to])
    )
    no_line_for_comment = any(
        entries[number].bound and not entries[slot].gap.breaks for slot, number in order
    )
    packages = sum(not entries[number].text.startswith("-") for _, number in order)
    in_lines = moved and packages > 2 and not found.listing.one_per_line and _stands_alone(found)
    edits = _set_out(found, order) if no_line_for_comment or in_lines else _in_place(found, order)
    if edits and not moved:
        yield Group(
            entries[0].start, "remove repeated packages from the list: one mention is enough", edits
        )
    elif edits:
        from dockfix.installs.order import order_doubt

        doubt = order_doubt(found.install)
        message = with_doubt("sort the package list: duplicates show, and diffs stay small", doubt)
        safety = Safety.UNSAFE if doubt else Safety.SAFE
        yield Group(entries[0].start, message, edits, safety)


def _stands_alone(found: _List) -> bool:
    """True if the command stands in no branch or loop: beside it may be others like it, whose lists
    keep to a line."""
    return found.install.simple.start in _starts_alone(found.install.script)


@cached_by_identity
def _starts_alone(script: Script) -> frozenset[int]:
    """Where the commands of a script start that stand in no branch or loop."""
    return frozenset(
        [
            command.start
            for item in script.items
            for one in item.node.pipelines
            for command in one.commands
        ]
    )


_ALPHANUMERIC = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NUMBER = lazy(r"\d+")


def _arranged(listing: Listing) -> list[tuple[int, int]]:
    """Pairs of slot and entry: which entry comes to stand in which slot."""
    entries = listing.entries
    seen: set[str] = set()
    fills: dict[int, int] = {}
    for section in listing.sections:
        heading = bool(entries[section[0]].gap.lines)
        kept: list[int] = []
        for number in section:
            entry = entries[number]
            last_under_heading = heading and number == section[-1] and not kept
            if entry.value not in seen or entry.bound or last_under_heading:
                kept.append(number)
            seen.add(entry.value)
        if not _in_order([entries[number].value for number in kept]):
            kept.sort(key=lambda number: (_key(entries[number].value), number))
        fills.update(zip(section, kept, strict=False))
    inside = {number for section in listing.sections for number in section}
    return [
        (slot, fills.get(slot, slot))
        for slot in range(len(entries))
        if slot in fills or slot not in inside
    ]


def _key(value: str) -> tuple[str, str]:
    return base(value).casefold(), value


def _in_order(values: Sequence[str]) -> bool:
    """True if somebody may have sorted them: by bytes, by names, as a locale or ls -v does."""
    return (
        _ascends(values)
        or _ascends(map(str.casefold, values))
        or _ascends(map(base, values))
        or _ascends(map(without_punctuation, values))
        or _ascends(map(_with_wide_numbers, values))
    )


def without_punctuation(value: str) -> str:
    return "".join(filter(_ALPHANUMERIC.__contains__, base(value)))


def _with_wide_numbers(value: str) -> str:
    return _NUMBER.sub(lambda found: found[0].zfill(9), base(value))


def _ascends(keys: Iterable[str]) -> bool:
    """True if each key comes behind the one before; of most lists that are not in order, the first
    keys say so."""
    return all(starmap(le, pairwise(keys)))


def _in_place(found: _List, order: list[tuple[int, int]]) -> tuple[Edit, ...]:
    """Every package into its slot, the lines as they are."""
    facts, entries = found.install.facts, found.listing.entries
    span = entries[0].start - len(entries[0].gap.text), entries[-1].end
    old = [(entry.gap, entry.text) for entry in entries]
    new = [(_gap(entries, slot, number), entries[number].text) for slot, number in order]
    return refilled(facts.source, span, old, new, facts.dockerfile.escape)


def _gap(entries: Sequence[Entry], slot: int, number: int) -> Gap:
    """The gap of a slot, with the comments of the entry that comes to stand in it.

    An entry that has a line to itself takes its indentation along: so only lines change places.
    """
    gap = entries[slot].gap
    if gap.breaks and entries[number].gap.breaks:
        gap = gap._replace(tail=entries[number].gap.tail)
    if not (entries[slot].bound or entries[number].bound) or slot == number:
        return gap
    kept = gap.lines if not entries[slot].bound else ()
    return gap._replace(lines=kept + (entries[number].gap.lines if entries[number].bound else ()))


def _set_out(found: _List, order: list[tuple[int, int]]) -> tuple[Edit, ...]:
    """One package per line; what follows on the last line gets a line of its own."""
    install, entries = found.install, found.listing.entries
    source, style = install.facts.source, install.facts.style.of(install.instruction)
    begin, end = source_span(install.instruction, install.simple.start, install.simple.end)
    shown = next((one.gap.tail for one in entries if one.gap.breaks), "")
    indent = list_indent(install.instruction, begin, style, shown)
    noted = any(comment.start >= install.simple.end for comment in install.script.comments)
    rest = line_behind(install.instruction, begin, end, style)
    redirects = source[entries[-1].end : end].strip()
    if noted or rest is None or "\n" in redirects:
        return ()
    leading = [one.text for one in entries if one.leads and not one.gap.lines]
    text = "".join(f" {option}" for option in leading)
    for slot, number in order:
        if entries[number].text not in leading:
            lines = "".join(_gap(entries, slot, number).lines)
            text += style.item(entries[number].text, indent, lines)
    if redirects:
        text += f" {redirects}"
    if not rest:
        end, text = end + len(blanks_behind(source, end)), text + one_blank(source, end, style)
    start = entries[0].start - len(entries[0].gap.text)
    return smallest(source, start, end, text) + rest


def verify(before: Facts, after: Facts) -> str | None:
    """Each install has the same set of packages as before, and everything else is the same."""
    old, new = before.scripts, after.scripts
    if len(old) != len(new) or _comments(before.dockerfile) != _comments(after.dockerfile):
        return "an instruction or a comment came or went"
    for (_, script), (_, later) in zip(old, new, strict=True):
        if script is not later and _without_packages(script) != _without_packages(later):
            return f"more than packages moved in `{later.text[:60]}`"
    return None


def _comments(dockerfile: Dockerfile) -> list[str]:
    return sorted([one.text for item in dockerfile.instructions for one in item.comments])


def _without_packages(script: Script) -> tuple[str, list[frozenset[str]]]:
    """A script with its lists cut out, and what was in them."""
    pieces: list[str] = []
    done = 0
    sets = []
    for simple in script.simples:
        command = install_of(simple)
        packages = command.packages if command else ()
        movable = [
            word for word in packages
            if command and word.value is not None and command.manager.is_plain(word.value)
        ]  # fmt: skip
        for word in movable:
            pieces.append(script.text[done : word.start])
            done = word.end
        sets.append(frozenset(word.value or "" for word in movable))
    pieces.append(script.text[done:])
    return "".join("".join(pieces).split()), sets


PASS = Pass(
    code="DF103",
    name="sort-packages",
    summary="Sort package lists, one per line",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
