"""Words of a manager's command that it can only refuse, and what was meant."""

from __future__ import annotations

from dockfix.dockerfile.nearest import DASHES, QUOTES, nearest
from dockfix.managers import PROGRAMS, manager_of
from dockfix.managers.manager import Manager
from dockfix.programs.command import action_of, may_call
from dockfix.shell.patterns import lazy
from dockfix.shell.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word

#: How commands of managers begin: most commands of a file can be told by less than their name.
_BEGINNINGS = frozenset(
    program[:3]
    for programs in (*PROGRAMS.values(), "env python sudo")
    for program in programs.replace("*", "").split()
)
_PLAIN = lazy(r"[\w.+@/:-]+")


@cached_by_identity
def slips(script: Script) -> list[tuple[Simple, Word, str]]:
    """Words of a script and what they should be, each with its command: misspelt verbs, dashes and
    quotes that are not ASCII.

    npm knows verbs by many a wrong name itself, and gem by any beginning.
    """
    if not may_call(script):
        return []
    return [(simple, word, meant) for simple in script.simples for word, meant in _slips(simple)]


def _slips(simple: Simple) -> list[tuple[Word, str]]:
    if not simple.words or simple.words[0].text[:3] not in _BEGINNINGS:
        return []
    found = action_of(simple)
    if found is None:
        return []
    manager, action = found
    if "".join([word.text for word in simple.words]).isascii():
        verb = _verb(manager, simple) if action == "other" else None
        return [verb] if verb else []
    return [
        (word, meant)
        for word in simple.words
        if not word.text.isascii() and (meant := _in_ascii(word.text, manager))
    ]


def _verb(manager: Manager, simple: Simple) -> tuple[Word, str] | None:
    if manager.lenient:
        return None
    for word in simple.words:
        text = word.text
        if text.startswith("-") or manager_of(text.rpartition("/")[2]) is manager:
            continue
        if text in ("sudo", "env") or "=" in text:
            continue
        if text in manager.verbs or not text.isalpha() or len(text) < 5:
            return None
        meant = nearest(text, (verb for verb in manager.verbs if len(verb) > 4))
        return (word, meant) if meant else None
    return None


def _in_ascii(text: str, manager: Manager) -> str | None:
    """An option with plain dashes, or a word between plain quotes; None if neither is to be had."""
    if text[0] in QUOTES and text[-1] in QUOTES and text[1:-1].isascii() and len(text) > 2:
        return text[1:-1] if _PLAIN.fullmatch(text[1:-1]) else f'"{text[1:-1]}"'
    name = text.lstrip(DASHES + "-")
    if name == text or not name.isascii() or not name[:1].isalpha():
        return None
    option = name.partition("=")[0]
    if f"--{option}" in manager.flags or f"--{option}" in manager.valued:
        return f"--{name}"
    return f"-{name}" if all(f"-{one}" in manager.flags for one in name) else None


def stops_the_build(script: Script, simple: Simple | None = None) -> bool:
    """True if the script fails if a command of it fails: one of a plain `a && b && c`."""
    if simple is None or len(script.items) != 1 or script.items[0].terminator:
        return False
    node = script.items[0].node
    return all(operator.text == "&&" for operator in node.operators) and any(
        pipeline.commands == (simple,) and not pipeline.negated for pipeline in node.pipelines
    )
