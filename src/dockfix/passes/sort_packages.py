"""Sorts package lists, one package per line, each named once.

What it does: in every install of apt-get, apt, aptitude, apk, yum, dnf, microdnf, zypper, pacman,
pip, `npm -g` and gem, wherever it stands in a RUN, the packages are put in alphabetical order and
repeated ones removed. A list of three or more that was not one per line is set one per line; a list
that is in order stays as it stands.

Why: a list in order shows at a glance what is in it and what is in it twice, and a change to it is
one line of a diff.

What it leaves alone: options and their values, variables, globs, substitutions, files and URLs keep
their place, and the packages between two of them are sorted among themselves. Comments
that stand above one package each, one after the other, move with their packages, and so does one
that names the package below it where the list goes on and has no headings. Any other comment is a
heading: the packages below it, up to the next comment or empty line, are sorted among themselves. A
command with an option that is not known is not touched at all, nor one whose order counts: `name-`
and `name+` of apt, versions of gem.

Safety: safe. These managers take the whole list, solve it as one question and choose their own
order of work, so the packages and their versions are the same. (What can differ is the order in
which unrelated packages are configured, and with it numbers such as the uid that a daemon's user
gets.) The words themselves are never changed, and `verify` checks that the set of them is the same
for each command, and everything else too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, starmap
from operator import le

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import scripts, source_span
from dockfix.layout import style_of
from dockfix.packages import Command, install_of, installs_in
from dockfix.packages.listing import (
    Entry,
    Gap,
    Listing,
    line_behind,
    list_indent,
    listing_of,
    smallest,
)
from dockfix.packages.manager import base
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple
from dockfix.shell.walk import shadowed
from dockfix.syntax.tree import Dockerfile, Instruction


class _List(Record):
    """An install and all that its layout depends on."""

    dockerfile: Dockerfile
    instruction: Instruction
    script: Script
    simple: Simple
    listing: Listing


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """A group for each list that is not in order or names a package twice."""
    for instruction, script in scripts(dockerfile):
        for simple, command in _out_of_order(script):
            listing = listing_of(dockerfile, instruction, command)
            if listing is not None:
                yield from _groups(_List(dockerfile, instruction, script, simple, listing))


@cached_by_identity
def _out_of_order(script: Script) -> list[tuple[Simple, Command]]:
    """The installs of a script whose packages are not in order yet, and may be, by their names:
    most are, and of those nobody has to ask how they are laid out."""
    return [
        (simple, command)
        for simple, command in installs_in(script)
        if not _is_ordered(command)
        and not _order_counts(command, simple)
        and not (shadowed(script) & _names(command))
    ]


def _is_ordered(command: Command) -> bool:
    """Whether a list is in order, and so is each section of it, without a package named twice."""
    is_plain = command.manager.is_plain
    values = [word.value for word in command.packages if word.value is not None]
    if len(values) < 2:
        return True
    values = [value for value in values if is_plain(value)]
    return len(set(values)) == len(values) and _in_order(values)


def _names(command: Command) -> set[str]:
    return {word.rpartition("/")[2] for word in command.program}


def _order_counts(command: Command, simple: Simple) -> bool:
    """Whether the list must stay, or is not what it seems (`pip install a>=1`, a redirection)."""
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
    if no_line_for_comment or (moved and packages > 2 and not found.listing.one_per_line):
        edits = _set_out(found, order)
    else:
        edits = _in_place(found, order)
    if edits:
        dropped = "remove repeated packages from the list"
        message = "sort the package list" if moved else dropped
        yield Group(entries[0].start, message, edits)


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
    """Whether somebody may have sorted them: by bytes, by names, as a locale or ls -v does."""
    return (
        _ascends(values)
        or _ascends(map(str.casefold, values))
        or _ascends(map(base, values))
        or _ascends(map(_without_punctuation, values))
        or _ascends(map(_with_wide_numbers, values))
    )


def _without_punctuation(value: str) -> str:
    return "".join(filter(_ALPHANUMERIC.__contains__, base(value)))


def _with_wide_numbers(value: str) -> str:
    return _NUMBER.sub(lambda found: found[0].zfill(9), base(value))


def _ascends(keys: Iterable[str]) -> bool:
    """Whether each key comes behind the one before; of most lists that are not in order, the first
    keys say so."""
    return all(starmap(le, pairwise(keys)))


def _in_place(found: _List, order: list[tuple[int, int]]) -> tuple[Edit, ...]:
    """Every package into its slot, the lines as they are."""
    entries = found.listing.entries
    source = found.dockerfile.source
    start, end = entries[0].end - len(entries[0].text) - len(entries[0].gap.text), entries[-1].end
    spaces = _before_escape(source, end, found.dockerfile.escape)
    end += len(spaces or "")
    lengths = {len(entry.text) for entry in entries}
    heads = [e.gap.head[: len(e.gap.head) - len(e.gap.head.lstrip(" \t"))] for e in entries[1:]]
    ends = [len(e.text) + len(h) for e, h in zip(entries, heads, strict=False)]
    if spaces is not None:
        ends.append(len(entries[-1].text) + len(spaces))
    aligned = (
        len(ends) > 2 and len(set(ends)) == 1 and len(lengths) > 1 and (found.listing.one_per_line)
    )
    text = ""
    for position, (slot, number) in enumerate(order):
        gap = _gap(entries, slot, number)
        if aligned and position:
            gap = gap._replace(
                head=_padded(gap.head, ends[0] - _length(entries, order[position - 1]))
            )
        text += gap.text + entries[number].text
    if spaces is not None:
        text += _padded(spaces, ends[0] - _length(entries, order[-1])) if aligned else spaces
    return smallest(source, start, end, text)


def _before_escape(source: str, offset: int, escape: str) -> str | None:
    """The blanks between an offset and the escape character at the end of its line; None if
    something else stands there."""
    line = source[offset : source.find("\n", offset) + 1]
    rest = line.lstrip(" \t")
    if rest[:1] != escape or rest[1:].lstrip(" \t") not in ("\n", "\r\n"):
        return None
    return line[: len(line) - len(rest)]


def _length(entries: Sequence[Entry], placed: tuple[int, int]) -> int:
    return len(entries[placed[1]].text)


def _padded(head: str, width: int) -> str:
    return " " * max(1, width) + head.lstrip(" \t")


def _gap(entries: Sequence[Entry], slot: int, number: int) -> Gap:
    """The gap of a slot, with the comments of the entry that comes to stand in it."""
    gap = entries[slot].gap
    if not (entries[slot].bound or entries[number].bound) or slot == number:
        return gap
    kept = gap.lines if not entries[slot].bound else ()
    return gap._replace(lines=kept + (entries[number].gap.lines if entries[number].bound else ()))


def _set_out(found: _List, order: list[tuple[int, int]]) -> tuple[Edit, ...]:
    """One package per line; what follows on the last line gets a line of its own."""
    source, entries = found.dockerfile.source, found.listing.entries
    style = style_of(found.dockerfile, found.instruction)
    begin, end = source_span(found.instruction, found.simple.start, found.simple.end)
    indent = list_indent(source, begin, found.listing, style)
    noted = any(comment.start >= found.simple.end for comment in found.script.comments)
    rest = line_behind(source, found.instruction, begin, end, style)
    redirects = source[entries[-1].end : end].strip()
    if noted or rest is None or "\n" in redirects:
        return ()
    text = ""
    for slot, number in order:
        lines = "".join(_gap(entries, slot, number).lines)
        text += style.newline + lines + indent + entries[number].text
    if redirects:
        text += style.newline + indent + redirects
    spaces = _before_escape(source, end, style.escape)
    if spaces and not rest:
        end, text = end + len(spaces), text + " "
    start = entries[0].start - len(entries[0].gap.text)
    return smallest(source, start, end, text) + rest


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """Each install has the same set of packages as before, and everything else is the same."""
    old, new = scripts(before), scripts(after)
    if len(old) != len(new) or _comments(before) != _comments(after):
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
    examples=lambda: (
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git locales gcc\n",
            after="FROM debian\nRUN apt-get update && apt-get install -y \\\n"
            "    gcc \\\n    git \\\n    locales\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get update && apt-get install -y git curl"
            " && rm -rf /tmp/x\n",
            after="FROM debian\nRUN apt-get update && apt-get install -y curl git"
            " && rm -rf /tmp/x\n",
            why="two packages stay on their line",
        ),
        Example(
            before="FROM alpine\nRUN apk update \\\n && apk add c a b a && rm -rf /tmp/x \\\n"
            " && ls\n",
            after="FROM alpine\nRUN apk update \\\n && apk add \\\n    a \\\n    b \\\n    c \\\n"
            " && rm -rf /tmp/x \\\n && ls\n",
            why="what follows on the line gets a line of its own, in the style of the file",
        ),
        Example(
            before="FROM fedora\nRUN dnf update -y && \\\n  dnf install -y c a b && \\\n"
            "  dnf clean all\n",
            after="FROM fedora\nRUN dnf update -y && \\\n  dnf install -y \\\n    a \\\n"
            "    b \\\n    c && \\\n"
            "  dnf clean all\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y \\\n\tzip  \\\n\tcurl \\\n\tgit  \\\n"
            "\t&& ls\n",
            after="FROM debian\nRUN apt-get install -y \\\n\tcurl \\\n\tgit  \\\n\tzip  \\\n"
            "\t&& ls\n",
            why="a list that is one per line keeps its lines",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y \\\n    # pages need it\n    nginx \\\n"
            "    # fetches the fonts\n    curl \\\n    # tools\n    vim \\\n    less\n",
            after="FROM debian\nRUN apt-get install -y \\\n    # fetches the fonts\n    curl \\\n"
            "    # pages need it\n    nginx \\\n    # tools\n    less \\\n    vim\n",
            why="a comment above one package moves with it, a heading stays above its packages",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y \\\n    zip \\\n"
            "    # curl is for the health check\n"
            "    curl \\\n    bash\n",
            after="FROM debian\nRUN apt-get install -y \\\n    bash \\\n"
            "    # curl is for the health check\n    curl \\\n    zip\n",
            why="a comment that names its package is no heading",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y c b $EXTRA e 'd' c\n",
            after="FROM debian\nRUN apt-get install -y \\\n    b \\\n    c \\\n    $EXTRA \\\n"
            "    'd' \\\n    e\n",
            why="a variable keeps its place",
        ),
        Example(
            before="FROM python\nRUN pip install torch -f https://l.html aiohttp"
            " 'a>=1,<2' -r r.txt\n",
            after="FROM python\nRUN pip install \\\n    torch \\\n    -f https://l.html \\\n"
            "    'a>=1,<2' \\\n"
            "    aiohttp \\\n    -r r.txt\n",
            why="options and their values keep their place",
        ),
        Example(
            before="FROM node\nRUN npm install -g yarn @angular/cli@8\n",
            after="FROM node\nRUN npm install -g @angular/cli@8 yarn\n",
        ),
        Example(
            before="FROM alpine\nRUN apk add --no-cache --virtual .deps zlib-dev g++ -t .b cmake\n",
            after="FROM alpine\nRUN apk add --no-cache --virtual .deps \\\n    g++ \\\n"
            "    zlib-dev \\\n"
            "    -t .b \\\n    cmake\n",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y a b b\n",
            after="FROM debian\nRUN apt-get install -y a b\n",
            why="a list in order only loses what it has twice",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y zip=1.0 git:amd64/stable"
            " apt/sid ./a.deb b a\n",
            after="FROM debian\nRUN apt-get install -y \\\n    apt/sid \\\n"
            "    git:amd64/stable \\\n"
            "    zip=1.0 \\\n    ./a.deb \\\n    a \\\n    b\n",
            why="a file keeps its place",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y g++ gcc libc-dev libc6-dev\n",
            why="in order",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y postfix exim4- apache2\n",
            why="`name-` removes, and of two words for one package the last counts",
        ),
        Example(before="FROM debian\nRUN apt-get install -y b a+\n", why="`name+` like `name-`"),
        Example(
            before="FROM debian\nRUN apt-get install --frobnicate b a\n",
            why="an unknown option could take a value",
        ),
        Example(
            before="FROM debian\nRUN apt-get $OPTS install b a\n",
            why="the variable could hold another verb",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y $APT_OPTS b a\n",
            why="the variable could end in an option, and b be its value",
        ),
        Example(
            before="FROM python\nRUN pip install flask django>=2.0 celery\n",
            why="unquoted, `>=2.0` is a redirection to a file; what was meant must be settled"
            " first",
        ),
        Example(
            before="FROM python\nRUN pip install ./b ./a git+https://x/y.git -e . z.whl\n",
            why="paths and URLs keep their place",
        ),
        Example(
            before="FROM ruby\nRUN gem install rails:5.2 nokogiri:1.8 bundler\n",
            why="gem installs one after another, and versions there before count",
        ),
        Example(before="FROM ruby\nRUN gem install b a -v 1.0\n", why="`-v` speaks of one gem"),
        Example(
            before="FROM node\nRUN npm install yarn bower\n", why="only the global place is a list"
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y b a c # for the build\n",
            why="the note would come to stand beside one package",
        ),
        Example(
            before="FROM debian\nRUN apt-get install -y c lib\\\nfoo a\n",
            why="a word that goes on in the next line",
        ),
        Example(
            before='FROM debian\nRUN apt-get() { echo "$@"; }; apt-get install b a\n',
            why="a function, not the program",
        ),
        Example(before='FROM debian\nRUN ["apt-get", "install", "b", "a"]\n', why="no shell text"),
        Example(
            before="FROM debian\nRUN <<EOF\napt-get install -y b a\nEOF\n", why="a here-document"
        ),
    ),
)
