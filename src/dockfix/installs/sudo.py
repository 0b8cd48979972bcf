"""Whether sudo is known to run any command in a RUN, and not only those that somebody listed."""

from __future__ import annotations

import re

from dockfix.context import Context
from dockfix.dockerfile.tree import Stage
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts, Place, is_root
from dockfix.state.paths import copy_of

#: A rule of sudoers(5) that lets somebody run everything without a password.
_EVERYTHING = lazy(
    r"(?:^|(?<=[\s\"'/\\|]))(?P<who>[%#]?[\w.$@{}-]+)[ \t]+[\w.-]+[ \t]*=[ \t]*"
    r"(?:\([^)\n]*\)[ \t]*)?(?:\w+:[ \t]*)*NOPASSWD[ \t]*:[ \t]*(?:\w+:[ \t]*)*ALL(?!\w)",
    re.MULTILINE,
)
#: Images whose own user may: the Dockerfiles of circleci-public/*, gitpod-io/workspace-images,
#: SeleniumHQ/docker-selenium, ocurrent/docker-base-images, Homebrew/brew.
_WITH_RULE = (
    "cimg/", "circleci/", "gitpod/workspace-", "homebrew/", "linuxbrew/", "ocaml/opam", "selenium/",
)  # fmt: skip


def may_run_everything(facts: Facts, place: Place, context: Context | None) -> bool:
    """True if `sudo` runs any command at a place: root may, and whom a rule lets."""
    if is_root(facts, place):
        return True
    base = (facts.outermost[place.stage].base or "").lower()
    if place.user is None and base.removeprefix("docker.io/").startswith(_WITH_RULE):
        return True
    if "NOPASSWD" not in facts.source and context is None:
        return False
    user = (place.user or "").partition(":")[0]
    return any(
        _is_for(found["who"], user)
        for text in _rules(facts, facts.stages[place.stage], context)
        for found in _EVERYTHING.finditer(text)
    )


def _is_for(who: str, user: str) -> bool:
    return who == "ALL" or who[:1] in ("%", "$") or who == user or user[:1] in ("$", "")


def _rules(facts: Facts, stage: Stage, context: Context | None) -> list[str]:
    """Texts of a stage and those that it is built from that may hold rules."""
    found: list[str] = []
    index: int | None = stage.index
    while index is not None:
        for one in facts.stages[index].instructions:
            if one.keyword == "RUN" and "NOPASSWD" in one.arguments:
                found.append(one.arguments)
            elif one.keyword in ("ADD", "COPY") and "sudoers" in one.arguments:
                found += [body.content for body in one.heredocs]
                copy = copy_of(one, facts.places[one.start].base)
                if context is not None and copy is not None and copy.origin is None:
                    found += [context.read(source) or "" for source in copy.sources]
        index = facts.stages[index].base_stage
    return found
