"""Which stages a stage may be built on, where a variable says it."""

from __future__ import annotations

import re

from dockfix.state.facts import Facts, fact

_VARIABLE = re.compile(r"\\?\$(?:\{[^}]*\}|\w+)")


@fact
def may_be_built_on(facts: Facts) -> tuple[tuple[int, ...], ...]:
    """For each stage, the earlier stages that it may be built on: the one that FROM names, or with
    a variable there, each one whose name it may be.

    BuildKit puts in the ARGs above the first FROM, which `--build-arg` sets, before it compares
    (convert.go, `FROM ${target}`).
    """
    found: list[tuple[int, ...]] = []
    for stage in facts.stages:
        base = stage.base or ""
        if stage.base_stage is not None or "$" not in base:
            found.append(() if stage.base_stage is None else (stage.base_stage,))
            continue
        parts = map(re.escape, _VARIABLE.split(base))
        pattern = re.compile(".*".join(parts), re.IGNORECASE)
        found.append(
            tuple(
                one.index
                for one in facts.stages[: stage.index]
                if one.name and pattern.fullmatch(one.name)
            )
        )
    return tuple(found)
