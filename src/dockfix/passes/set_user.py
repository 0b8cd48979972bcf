"""Points out a service that runs as root, because no USER says anything else.

What it does: a note at the CMD or ENTRYPOINT of the last stage, if the stage has an EXPOSE, no
USER, and a base image that is known to run as root.

Why: what others reach over a network is what they attack. As root in a container, it is one mistake
away from the host.

What it leaves alone: stages without EXPOSE, which may be tools and base images; base images that
may set a user, or whose own program gives up root by itself (`nginx`, `postgres`); files that
mention a program with which an entrypoint does that (`gosu`, `su-exec`, `setpriv`, `s6-setuidgid`);
a last USER that is root, of which drop-root speaks.

Safety: a note. The account, and who owns the files, are for the author to decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.tree import Stage
from dockfix.edit.edits import Group, Safety
from dockfix.passes.base import Pass, Settings
from dockfix.passes.quick_checks import GIVING_UP_ROOT
from dockfix.state.base_images import has_plain_base
from dockfix.state.facts import Facts

#: Programs with which an entrypoint gives up root.
_GIVING_UP = ("gosu", "su-exec", "setpriv", "setuidgid", "chroot", "supervisord", "s6-", "sudo")


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """At most one note."""
    stage = facts.stages[-1]
    starts = [one for one in stage.instructions if one.keyword in ("CMD", "ENTRYPOINT")]
    outermost = facts.outermost[stage.index]
    name = (outermost.base or "").lower().partition("@")[0].partition(":")[0]
    tag = (outermost.base or "").partition(":")[2]
    if (
        not starts
        or not any(one.keyword == "EXPOSE" for one in stage.instructions)
        or not has_plain_base(outermost)
        or name in GIVING_UP_ROOT
        # php:8-apache starts workers of another user
        or "apache" in tag
        or any(map(facts.source.__contains__, _GIVING_UP))
        or _sets_user(facts, stage)
    ):
        return
    message = "the service runs as root: add a USER with fewer rights at the end"
    yield Group(starts[-1].keyword_offset, message, (), Safety.NOTE)


def _sets_user(facts: Facts, stage: Stage | None) -> bool:
    """True if a stage, or one that it is built on, has a USER."""
    while stage is not None:
        if any(one.keyword == "USER" for one in stage.instructions):
            return True
        stage = None if stage.base_stage is None else facts.stages[stage.base_stage]
    return False


def verify(before: Facts, after: Facts) -> str | None:
    """A note changes nothing."""
    return None if before.source == after.source else "a note changed the file"


PASS = Pass(
    code="DF547",
    name="set-user",
    summary="Point out a service that runs as root because nothing sets a USER",
    safety=Safety.NOTE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
