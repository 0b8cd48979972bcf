"""Checks of every step: what no edit touched is the same, and nothing is lost.

They compare the trees parsed from the two texts. They never rely on what a pass says it did. If
each step is right, so is the whole rewrite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dockfix.context import Context
from dockfix.dockerfile.parser import Item
from dockfix.dockerfile.tree import Comment, Dockerfile, Instruction
from dockfix.edit.edits import Edit
from dockfix.edit.ignores import pragma_of
from dockfix.shell.tree import Script
from dockfix.state.facts import Facts, script_of

#: A directive that a pass may add. It names the parser that reads the file anyway.
_NEW_SYNTAX = ("syntax", "docker/dockerfile:1")


def check(
    old: Facts, new: Facts, edits: Sequence[Edit], *, adds_stages: bool = False
) -> str | None:
    """Checks that `new` has, to the byte, what the edits do not touch, and all directives, stages
    and comments.

    `edits` lead from the source of `old` to that of `new`, sorted by offset. `adds_stages`: there
    may be more stages than before. Returns what is wrong, or None.
    """
    before, after = old.dockerfile, new.dockerfile
    above, below = _untouched(before, after, edits), _only_moved(before, after, edits)
    found = {item.start: item for item in after.items[above : len(after.items) - below]}
    touched: list[Item] = []
    shift = 0
    waiting = iter(edits)
    edit = next(waiting, None)
    for item in before.items[above : len(before.items) - below]:
        while edit is not None and edit.end <= item.start:
            shift += len(edit.text) - (edit.end - edit.start)
            edit = next(waiting, None)
        if edit is not None and edit.start <= item.end and _reaches(edit, item, before.source):
            touched.append(item)
            continue
        other = found.pop(item.start + shift, None)
        if item.__class__ is Instruction:
            if (
                other.__class__ is not Instruction
                or other.end != item.end + shift
                or other.keyword != item.keyword
            ):
                line, _ = before.position(item.keyword_offset)
                return (
                    f"the {item.keyword} of line {line}, which was not to change, is read"
                    " differently"
                )
        elif other is None:
            touched.append(item)
        elif other.__class__ is not item.__class__ or other.end != item.end + shift:
            touched.append(item)
            found[other.start] = other
    return _kept(before, after, adds_stages) or _comments_kept(old, touched, new, found.values())


def _reaches(edit: Edit, item: Item, source: str) -> bool:
    """True if an edit that does not end above an item changes it."""
    # Text put behind a last line without a line ending becomes part of that line.
    open_end = source[item.end - 1] != "\n"
    return edit.start < item.end + open_end


def _untouched(before: Dockerfile, after: Dockerfile, edits: Sequence[Edit]) -> int:
    """How many items above the first edit are the same objects, which need no comparing."""
    first = edits[0].start if edits else len(before.source)
    count = 0
    for item, other in zip(before.items, after.items, strict=False):
        if item is not other or item.end > first:
            break
        count += 1
    return count


def _only_moved(before: Dockerfile, after: Dockerfile, edits: Sequence[Edit]) -> int:
    """How many items at the end, below the last edit, are in `after` at their right places."""
    last = edits[-1].end if edits else len(before.source)
    shift = len(after.source) - len(before.source)
    count = 0
    for item, other in zip(reversed(before.items), reversed(after.items), strict=False):
        if (
            item.start < last
            or other.start - item.start != shift
            or other.end - item.end != shift
            or other.__class__ is not item.__class__
        ):
            break
        if (
            item.__class__ is Instruction
            and other.__class__ is Instruction
            and other.keyword != item.keyword
        ):
            break
        count += 1
    return count


def _kept(before: Dockerfile, after: Dockerfile, adds_stages: bool) -> str | None:
    """What is wrong if directives or stages of `before` are missing in `after`."""
    old = [(directive.name, directive.value) for directive in before.directives]
    new = [(directive.name, directive.value) for directive in after.directives]
    if not any(name == "syntax" for name, _ in old) and new[:1] == [_NEW_SYNTAX]:
        del new[0]
    if len(old) != len(new) or not all(map(_is_same_directive, old, new)):
        return "the parser directives are not the same"
    added = len(after.stages) - len(before.stages)
    if before.fragment != after.fragment or added < 0 or (added and not adds_stages):
        return "the stages are not the same"
    return None


def _is_same_directive(old: tuple[str, str], new: tuple[str, str]) -> bool:
    """True if a directive stays as it is, or names its image by a digest now."""
    if old == new:
        return True
    (name, before), (other, after) = old, new
    image, _, digest = after.partition("@sha256:")
    if not (name == other == "syntax" and digest):
        return False
    from dockfix.state.official_tags import read_reference

    return read_reference(image).name == read_reference(before).name


def _comments_kept(
    before: Facts, old: Iterable[Item], after: Facts, new: Iterable[Item]
) -> str | None:
    """What is wrong unless the items that went and those that came have the same comments."""
    old, new = _with_marks(before, old), _with_marks(after, new)
    if not old and not new:
        return None
    comments, pragmas = _comments(before, old)
    kept, kept_pragmas = _comments(after, new)
    if comments != kept:
        old_counts, new_counts = Counter(comments), Counter(kept)
        lost = next(iter((old_counts - new_counts) or (new_counts - old_counts)))
        return f"a comment is lost or doubled: {lost}"
    # A comment that goes may have a copy in lines that no edit touches.
    if pragmas != kept_pragmas and (
        _comments(before, before.dockerfile.items)[1] != _comments(after, after.dockerfile.items)[1]
    ):
        return "an ignore comment is lost"
    return None


def check_copied(
    dockerfile: Dockerfile, before: Context | None, after: Context | None
) -> str | None:
    """Checks that what is copied by name is still sent to the builder under the new ignore file.

    Returns what is wrong, or None.
    """
    if before is after or before is None or after is None:
        return None
    from dockfix.context.sources import is_sent, sources

    for source in sources(dockerfile):
        if is_sent(source, before) and not is_sent(source, after):
            return f"{source} is copied, and would not be sent to the builder any more"
    return None


def _with_marks(facts: Facts, items: Iterable[Item]) -> list[Item]:
    """The items that may have a comment."""
    source = facts.source
    return [item for item in items if source.find("#", item.start, item.end) >= 0]


def _comments(facts: Facts, items: Iterable[Item]) -> tuple[list[str], set[tuple[str, str]]]:
    """The texts of the comments of some items, sorted, and the names in their ignore comments."""
    texts: list[str] = []
    for item in items:
        if isinstance(item, Comment):
            texts.append(item.text)
        elif isinstance(item, Instruction):
            texts.extend(comment.text for comment in item.comments)
            shell = item.child or item
            if "#" in shell.logical.text and shell.keyword in ("RUN", "CMD", "ENTRYPOINT"):
                script = script_of(shell, facts.places[item.start])
                if isinstance(script, Script):
                    texts.extend(script.text[start:end] for start, end in script.comments)
    plain: list[str] = []
    pragmas: set[tuple[str, str]] = set()
    for text in texts:
        pragma = pragma_of(text)
        if pragma:
            pragmas.update((pragma.kind, name) for name in pragma.names)
            if pragma.rest.strip(" \t\r"):
                plain.append(pragma.rest.strip(" \t\r"))
        else:
            plain.append(text.strip(" \t\r"))
    return sorted(plain), pragmas
