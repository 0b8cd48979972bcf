"""Which RUNs of a file other Dockerfiles of its build context have too, with all above them.

Builders keep one result for them: the first file that is built fills the cache for the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from dockfix.context import Context
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.tree import Stage
from dockfix.errors import DockfixError
from dockfix.shell.remembered import cached_by_identity

#: More Dockerfiles than that are not compared.
_MOST = 200


@cached_by_identity
def shared_runs(context: Context) -> dict[int, int]:
    """How many RUNs at the top of each stage another stage begins with, by the stage's number.

    The file is read as it lies in the context: what passes changed in it meanwhile does not count.
    """
    written = context.dockerfiles() or ()
    own = [one for one in written if one.own and one.text]
    if len(own) != 1 or len(written) > _MOST:
        return {}
    stages = _stages(own[0].text)
    others = [steps for one in written if not one.own for steps in _stages(one.text, stages)]
    return {
        number: max(
            (_common(steps, other) for other in (*others, *stages[:number], *stages[number + 1 :])),
            default=0,
        )
        for number, steps in enumerate(stages)
    }


def _stages(
    text: str | None, like: Sequence[Sequence[tuple[str, str]]] = ()
) -> list[list[tuple[str, str]]]:
    """The steps of each stage of a Dockerfile; none of one that has no base image of `like`."""
    if text is None or (like and not any(steps[0][1] in text for steps in like)):
        return []
    try:
        return [_steps(stage) for stage in parse(text).stages]
    except DockfixError:
        return []


def _steps(stage: Stage) -> list[tuple[str, str]]:
    return [
        ("FROM", stage.base or ""),
        *((one.keyword, one.arguments) for one in stage.instructions if one.keyword != "FROM"),
    ]


def _common(steps: Sequence[tuple[str, str]], others: Sequence[tuple[str, str]]) -> int:
    """How many RUNs both lists begin with, everything between them being the same."""
    runs = 0
    for step, other in zip(steps, others, strict=False):
        if step != other:
            break
        runs += step[0] == "RUN"
    return runs
