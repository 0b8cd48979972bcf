"""What comments say of the RUNs below them: that they are apart on purpose, or begin a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockfix.dockerfile.tree import Comment, Instruction
from dockfix.edit.ignores import pragma_of
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts
from dockfix.state.neighbors import NeighborRun

#: Words by which a comment says why the RUNs around it are apart.
_ABOUT_CACHE = lazy(
    r"(?i)\b(?:cach(?:e|es|ed|ing|eable)|layers?|layered|layering|shar(?:e|ed|es|ing)|re-?buil[dt]\w*"
    r"|order|separate(?:ly|d)?|own (?:run|step)|invalidat\w+|(?:last|first) (?:run|step)|split)\b"
)
#: What a comment says of a cleanup, which is no reason to be apart.
_ABOUT_CLEANUP = lazy(r"(?i)\b(?:clean\w*|clear\w*|remov\w*|delet\w*|purg\w*|empty|wip\w+|rm|no)\b")
_STRICTLY = lazy(r"(?i)\b(?:layer\w*|shar\w+|build[- ]cache|docker|re-?buil[dt]\w*|separate\w*)\b")
#: Words by which a comment says that the RUNs below it are apart on purpose.
_APART = lazy(
    r"(?i)\b(?:(?:separate|different|individual|multiple|several) (?:layer|run|step|command)s?"
    r"|separately|individually|one (?:by one|at a time)|split (?:up|into|in)\b)"
)
_WORD = lazy(r"[^\s;&|<>()'\"\\]+")
SEPARATE = "the comment above them says that they are separate"


def begins_a_step(run: NeighborRun) -> bool:
    """True if a comment above a RUN says what it does; those for linters do not count."""
    return any(pragma_of(one.text) is None for one in run.above)


def barrier(runs: Sequence[NeighborRun], number: int) -> str:
    """Why a RUN has to stay apart from the one above it, by the comments between them."""
    comments = [one.text.lstrip("#! \t") for one in runs[number].above]
    if not comments:
        return ""
    text = " ".join(comments)
    if _ABOUT_CACHE.search(text) and (_STRICTLY.search(text) or not _ABOUT_CLEANUP.search(text)):
        return "the comment between them speaks of the order or the cache"
    nearby = (runs[number - 1], runs[number])
    if any(_is_twin(one, run.shell.arguments) for one in comments for run in nearby):
        return "the comment between them is a command that somebody switched off"
    return ""


def kept_separate(facts: Facts, runs: Sequence[NeighborRun]) -> Iterator[int]:
    """RUNs that have to stay apart from the one above them because of a comment further up, or of
    one right below that is the same command, switched off.

    A comment speaks of the RUNs below it as far as the next empty line or comment.
    """
    items, separate = facts.dockerfile.items, False
    for number, run in enumerate(runs):
        if number and (separate or _has_twin_below(facts, run)):
            yield number
        if not (number and isinstance(items[run.number - 1], Instruction)):
            separate = any(_APART.search(one.text) for one in run.above)


def _has_twin_below(facts: Facts, run: NeighborRun) -> bool:
    items, number = facts.dockerfile.items, run.number + 1
    while number < len(items) and isinstance(item := items[number], Comment):
        number += 1
        text = item.text.lstrip("# \t")
        if text[:4].upper() == "RUN " and _is_twin(text[4:].lstrip(), run.shell.arguments):
            return True
    return False


def _is_twin(comment: str, script: str) -> bool:
    """True if a comment is a command like those of a script."""
    words = _WORD.findall(comment)
    if len(words) < 2:
        return False
    known = set(_WORD.findall(script))
    return words[0] in known and 2 * sum(one in known for one in words) >= len(words)
