"""Variables that ENV and ARG set, and words of a WORKDIR with their values in place."""

from __future__ import annotations

from collections.abc import Mapping

from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.errors import ExpansionError

_EXPANDED = frozenset("$\\`")
#: ARGs that every build knows without declaring them (BuildKit, dockerfile2llb/defaultshell and
#: frontend/dockerfile/docs, "Predefined ARGs"); they reach RUN as environment variables.
PREDEFINED_ARGS = frozenset(
    name
    for lower in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (lower, lower.upper())
)


def environment(instruction: Instruction) -> list[tuple[str, str]]:
    """Names and values of an ENV or ARG as written, quotes dropped; an ARG without one has ""."""
    words = [word.text for word in instruction.words]
    if instruction.keyword == "ENV" and len(words) > 1 and "=" not in words[0]:
        return [(words[0], _plain(" ".join(words[1:])))]
    pairs = (word.partition("=") for word in words)
    return [(name, _plain(value)) for name, _, value in pairs]


def _plain(value: str) -> str:
    return value.replace('"', "").replace("'", "")


class Values:
    """What variables are set to at one place of a file after the other.

    Only a value that an ENV sets to plain text is known: an ARG may get another from outside.
    """

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        self.known = dict(known or {})

    def add(self, instruction: Instruction) -> None:
        """Goes on behind an ENV."""
        text = instruction.arguments
        unclear = not _EXPANDED.isdisjoint(text) or ("'" in text and '"' in text)
        for name, value in environment(instruction):
            if unclear:
                self.known.pop(name, None)
            else:
                self.known[name] = value

    def expanded(self, text: str, escape: str) -> str | None:
        """A text as the builder expands it; None if that is not known."""
        from dockfix.dockerfile.expansion import expand, variables

        try:
            if variables(text, escape) <= self.known.keys():
                return expand(text, self.known, escape)
        except ExpansionError:
            pass
        return None


def names_set_by(instruction: Instruction) -> list[str]:
    """The names that an ENV or ARG sets; of other instructions none."""
    if instruction.keyword == "ARG":
        return [word.text.partition("=")[0] for word in instruction.words]
    if instruction.keyword == "ENV":
        if instruction.words and "=" not in instruction.words[0].text:
            return [instruction.words[0].text]
        return [word.text.partition("=")[0] for word in instruction.words]
    return []


class Setters:
    """The stages that set a name, found out when first asked for: after most steps nobody asks.

    It does not hold the `Facts` that hold it: what holds itself stays until Python looks for
    cycles, which the command hardly ever does.
    """

    def __init__(self, stages: tuple[Stage, ...]) -> None:
        self.stages = stages
        self._known: dict[str, set[int]] | None = None

    def by_name(self) -> dict[str, set[int]]:
        """The stages that set a name, by the names that a file sets."""
        if self._known is None:
            self._known = {}
            for stage in self.stages:
                for instruction in stage.instructions:
                    for name in names_set_by(instruction):
                        self._known.setdefault(name, set()).add(stage.index)
        return self._known


class NamesSet:
    """The names that a stage and those it is built from set, and the predefined ones.

    They are looked up in one table for the whole file. A set for each stage would grow from stage
    to stage.
    """

    def __init__(self, setters: Setters, stage: int) -> None:
        self._setters, self._stage = setters, stage

    def __contains__(self, name: object) -> bool:
        if name in PREDEFINED_ARGS:
            return True
        setters = self._setters.by_name().get(name) if isinstance(name, str) else None
        stage: int | None = self._stage
        while setters and stage is not None:
            if stage in setters:
                return True
            stage = self._setters.stages[stage].base_stage
        return False
