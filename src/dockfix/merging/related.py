"""Which consecutive RUNs belong together: the `related` strategy of merge-runs.

Two scripts are related when they call the same package manager, when the later one removes a file
or a package that the earlier one brings, or extracts what it downloads. What lies between two
related ones goes with them, since only neighbors can be merged.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.managers import manager_of
from dockfix.managers.beside import FROM_FILES, SETS_UP
from dockfix.shell.patterns import lazy

#: Programs that go with a manager.
_BESIDE = {**SETS_UP, **FROM_FILES}
_WORD = lazy(r"[^\s;&|<>()'\"]+")
_BRINGS = lazy(r"\b(?:wget|curl|git[ \t]+clone|install|add)\b")
_TAKES_AWAY = lazy(r"\b(?:rm|rmdir|purge|remove|autoremove|del|erase|clean)\b")
_EXTRACTS = lazy(r"\b(?:tar|unzip|gunzip|bunzip2|unxz|dpkg|rpm)\b")
#: How many RUNs a search for the other end of a relation looks back.
_REACH = 32


def related_spans(texts: Sequence[str]) -> list[range]:
    """The stretches of scripts (by index) that belong together, each of two or more."""
    words = [frozenset(_WORD.findall(text)) for text in texts]
    spans: list[range] = []
    for later in range(1, len(texts)):
        for earlier in range(max(0, later - _REACH), later):
            if _related(texts[earlier], words[earlier], texts[later], words[later]):
                start = earlier
                while spans and spans[-1].stop > start:
                    start = min(start, spans.pop().start)
                spans.append(range(start, later + 1))
                break
    return spans


def _related(
    early: str, early_words: frozenset[str], late: str, late_words: frozenset[str]
) -> bool:
    if _managers(early_words) & _managers(late_words):
        return True
    if not _BRINGS.search(early) or not (_TAKES_AWAY.search(late) or _EXTRACTS.search(late)):
        return False
    brought = {_last(word) for word in early_words}
    return bool(brought & {_last(word) for word in late_words if "." in word or "/" in word})


def _managers(words: frozenset[str]) -> set[str]:
    """The managers that words name, those of the same packages by one name."""
    found = {_BESIDE[word] for word in words if word in _BESIDE}
    for word in words:
        manager = manager_of(word)
        if manager is not None:
            found.add(manager.family)
    return found


def _last(word: str) -> str:
    """The file name in a path or a URL."""
    return word.rstrip("/").rpartition("/")[2]
