"""Removes apt's package lists in the RUN that fetched them.

    RUN apt-get update \\                   RUN apt-get update \\
        && apt-get install -y git     →        && apt-get install -y git \\
                                                && rm -rf /var/lib/apt/lists/*

Why: `apt-get update` leaves some 20 MB of lists that no container needs, and that are stale by
the time anyone does. They have to go in the same RUN: a later layer hides them but still ships
them. A RUN of its own that only removes them (and calls `apt-get clean`) is therefore moved in.

What it leaves alone: RUNs whose lists are needed later: when a later RUN of the stage, or of a
stage built on it or copying its root, installs or looks packages up before an `apt-get update` of
its own, or runs a script that might. RUNs with a cache mount over the lists or apt's cache; exec
form, here-documents, ONBUILD, scripts dockfix does not understand, that end in `||`, in a comment
or in the background, that set a trap or replace themselves by `exec`; RUNs that remove lists
already.

Safety: the removal runs last, only if everything before it succeeded, and succeeds itself (`rm
-f`), so the status of the RUN stays; behind a `;` only where errexit has stopped a failure before.
Nothing in this file reads the lists again. An image built FROM this one elsewhere has to call
`apt-get update` before it installs, as with the official images, which ship no lists either.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from dockfix.edits import Edit, Group, Safety
from dockfix.facts import Place, places, run_commands, script_of, source_span
from dockfix.layout import style_of
from dockfix.packages.apt import APT, APTITUDE
from dockfix.packages.command import action_of, mentions
from dockfix.passes.base import Example, Pass, Settings
from dockfix.patterns import lazy
from dockfix.records import Record
from dockfix.shell.effects import effects, sensitive_item
from dockfix.shell.joining import ends_where_it_fails, prelude_of
from dockfix.shell.tree import Script, Simple
from dockfix.syntax.tree import Comment, Dockerfile, Instruction

REMOVAL = "rm -rf /var/lib/apt/lists/*"
_LISTS = ("/var/lib/apt/lists/*", "/var/lib/apt/lists/", "/var/lib/apt/lists")
_REMOVED = lazy(r"/var/lib/\S*apt|\bdistclean\b|\bDir::")
_APT_TEXT = lazy(r"\b(?:apt|aptitude)\b|apt-")
#: Programs that may run apt out of sight: scripts of the build, and tools that set machines up.
_SHELLS = frozenset(("sh", "bash", "dash", "ash", "zsh", ".", "source"))
_SETUP = frozenset(
    ("ansible-playbook", "ansible", "puppet", "chef-client", "chef-solo", "salt-call",
     "playwright", "npx", "rosdep")
)  # fmt: skip
#: Targets of make that build and install, and set no machine up.
_BUILDS = frozenset(("all", "build", "check", "clean", "install", "modules", "test"))
_SCRIPT = lazy(r".*\.(?:sh|bash)|\./(?!configure$|gradlew$|mvnw$|manage\.py$).*")


class Run(Record):
    """A RUN and what it does with apt's lists.

    `fetches` and `installs`: it updates the lists, installs from them. `needs`: it may use lists
    that an earlier RUN fetched. `script` is None where it was not read.
    """

    owner: Instruction
    shell: Instruction
    place: Place
    script: Script | None
    fetches: Simple | None
    installs: bool
    needs: bool


def rewrite(dockerfile: Dockerfile, settings: Settings) -> Iterator[Group]:
    """Yields a group per RUN that fetches lists nobody needs afterwards."""
    if not _APT_TEXT.search(dockerfile.source):
        return
    facts = places(dockerfile)
    stages = [
        [_run(item, facts[item.start]) for item in stage.instructions if _is_run(item)]
        for stage in dockerfile.stages
    ]
    needed = [any(run.needs for run in runs) for runs in stages]
    built_on = _built_on(dockerfile, needed)
    for index, runs in enumerate(stages):
        needed_later = built_on[index]
        found: list[Group] = []
        for number in range(len(runs) - 1, -1, -1):
            run = runs[number]
            if not needed_later and _cleanable(run):
                later = (runs[index] for index in range(number + 1, len(runs)))
                found.append(_clean(dockerfile, run, later))
            needed_later = needed_later or run.needs
        yield from reversed(found)


def _is_run(item: Instruction) -> bool:
    return (item.child or item).keyword == "RUN"


def _built_on(dockerfile: Dockerfile, needed: list[bool]) -> list[bool]:
    """For each stage, whether a stage built on it needs lists."""
    result = [False] * len(dockerfile.stages)
    called: dict[str, list[int]] = {}
    for stage in dockerfile.stages:
        for name in {stage.name or "", str(stage.index)}:
            called.setdefault(name, []).append(stage.index)
    for stage in reversed(dockerfile.stages):
        if stage.base_stage is not None:
            result[stage.base_stage] |= needed[stage.index] or result[stage.index]
        for item in stage.instructions:
            if item.keyword == "COPY" and needed[stage.index]:
                source = next((f.value for f in item.flags if f.name == "from"), None)
                texts = item.json or tuple(word.text for word in item.words)
                if source and any(
                    text in ("/", "/.") or text.startswith("/var") for text in texts[:-1]
                ):
                    for index in called.get(source.lower(), ()):
                        result[index] |= index < stage.index
    return result


def _run(owner: Instruction, place: Place) -> Run:
    shell = owner.child or owner
    script = script_of(shell, place)
    if not isinstance(script, Script):
        body = shell.arguments + "".join(heredoc.content for heredoc in shell.heredocs)
        return Run(owner, shell, place, None, None, False, bool(_APT_TEXT.search(body)))
    fetches: Simple | None = None
    installs = needs = False
    for command in script.nested:
        done = action_of(command)
        action = done[1] if done and done[0].name in (APT.name, APTITUDE.name) else None
        if action == "update":
            fetches = fetches or command
        elif action in ("install", "upgrade", "reads") or (
            action is None and APT.name in mentions(command) and not _only_removes(command)
        ):
            installs |= action in ("install", "upgrade")
            needs |= fetches is None
        elif action is None and fetches is None:
            needs |= _out_of_sight(command)
    return Run(owner, shell, place, script, fetches, installs, needs)


def _only_removes(command: Simple) -> bool:
    return bool(command.words) and command.words[0].value in ("rm", "echo", "mkdir", "sed", "ln")


def _out_of_sight(command: Simple) -> bool:
    words = [word.value or word.text for word in command.words]
    if not words:
        return False
    name = words[0].rpartition("/")[2]
    if name in _SHELLS:
        return len(words) > 1 and not words[1].startswith("-")
    if name == "make":
        targets = {word for word in words[1:] if word[:1] != "-" and "=" not in word}
        return not targets <= _BUILDS
    return name in _SETUP or (
        (words[0].startswith("./") or words[0].endswith((".sh", ".bash")))
        and bool(_SCRIPT.fullmatch(words[0]))
    )


def _cleanable(run: Run) -> bool:
    script = run.script
    if (
        script is None
        or run.fetches is None
        or not run.installs
        or run.owner is not run.shell
        or script.last_comment
        or "\n" in script.text
        or _REMOVED.search(script.text)
        or any(flag.name == "mount" and _covers(flag.value or "") for flag in run.shell.flags)
        or any(operator.text == "||" for operator in script.items[-1].node.operators)
    ):
        return False
    leaks = {leak.kind for leak in effects(script.text, script.items).leaks}
    if leaks & {"background", "exec", "trap", "exit", "return", "alias", "eval"}:
        return False
    # to the left of `&&` errexit does nothing, wherever it comes from
    shell = run.place.shell
    strict = "errexit" in leaks or shell.errexit or not shell.declared
    return _behind_semicolon(script) or not (strict and sensitive_item(script.items[-1]))


def _behind_semicolon(script: Script) -> bool:
    """Whether errexit ends the script where its last command fails, so that a `;` may follow."""
    return bool(prelude_of(script)) and len(script.items) > 2 and ends_where_it_fails(script.items)


def _covers(mount: str) -> bool:
    """Whether a mount lies over apt's lists or its cache, or over a folder they are in."""
    for option in mount.split(","):
        name, _, value = option.partition("=")
        if name in ("target", "dst", "destination"):
            path = value.rstrip("/") + "/"
            return any(
                "$" in path or folder.startswith(path) or path.startswith(folder)
                for folder in ("/var/lib/apt/", "/var/cache/apt/")
            )
    return True


def _clean(dockerfile: Dockerfile, run: Run, later: Iterable[Run]) -> Group:
    script = run.script
    assert script is not None
    assert run.fetches is not None
    last = script.items[-1]
    style = style_of(dockerfile, run.owner)
    own = _own_cleanup(dockerfile, later)
    text, comments, removal = own or (REMOVAL, (), None)
    if run.fetches.words[0].value == "sudo":
        text, removal, comments = f"sudo {REMOVAL}", None, ()
    lines = "".join(f"{style.indent}{comment.text}{style.eol}" for comment in comments)
    if _behind_semicolon(script):
        joint = f";{style.newline}{lines}{style.chain}"
    elif style.leading:
        joint = f"{style.newline}{lines}{style.chain}&& "
    else:
        joint = f" &&{style.newline}{lines}{style.chain}"
    _, end = source_span(run.shell, last.start, last.end)
    behind = last.terminator_start + len(last.terminator)
    _, stop = source_span(run.shell, last.start, behind)
    edits = [Edit(end, stop, joint + text)]
    if removal is not None:
        edits.append(removal)
        message = "remove the package lists in the RUN that fetches them, not in a later one"
    else:
        message = "remove the package lists in the RUN that fetches them"
    return Group(run.owner.keyword_offset, message, tuple(edits))


def _own_cleanup(
    dockerfile: Dockerfile, later: Iterable[Run]
) -> tuple[str, tuple[Comment, ...], Edit] | None:
    """A later RUN that does nothing but clean up after apt: its text, its comments, its removal.

    Only if no RUN before it has to do with apt, or might out of sight.
    """
    for run in later:
        if run.script is not None and _cleans_only(run):
            above = _directly_above(dockerfile, run.owner)
            start = above[0].start if above else run.owner.start
            start = dockerfile.source.rfind("\n", 0, start) + 1
            if not dockerfile.source.endswith("\n", start, run.owner.end):
                start -= len(style_of(dockerfile).eol)  # the line above becomes the open end
            return run.script.text.rstrip(" \t;"), above, Edit(start, run.owner.end, "")
        if run.script is None or run.needs or run.fetches or _APT_TEXT.search(run.script.text):
            return None
    return None


def _cleans_only(run: Run) -> bool:
    script = run.script
    if (
        script is None
        or script.comments
        or run.shell.comments
        or run.shell.flags
        or run.owner is not run.shell
        or len(script.items) != 1
        or any(operator.text == "||" for operator in script.items[0].node.operators)
    ):
        return False
    texts = []
    for pipeline in script.items[0].node.pipelines:
        command = pipeline.commands[0]
        if pipeline.negated or len(pipeline.commands) > 1 or not isinstance(command, Simple):
            return False
        texts.append([word.text for word in command.words])
        if command.redirects or command.assignments:
            return False
    return any(words[:1] == ["rm"] for words in texts) and all(
        words in (["apt-get", "clean"], ["apt", "clean"])
        or (
            words[:2] in (["rm", "-rf"], ["rm", "-r"], ["rm", "-fr"])
            and set(words[2:]) <= set(_LISTS)
        )
        for words in texts
    )


def _directly_above(dockerfile: Dockerfile, owner: Instruction) -> tuple[Comment, ...]:
    first = number = bisect_left(dockerfile.items, owner.start, key=lambda item: item.start)
    while first and isinstance(dockerfile.items[first - 1], Comment):
        first -= 1
    return tuple(one for one in dockerfile.items[first:number] if isinstance(one, Comment))


def verify(before: Dockerfile, after: Dockerfile) -> str | None:
    """The same commands in the same order, those that clean up after apt aside."""
    old, new = run_commands(before), run_commands(after)
    if [one for one in old if not _is_cleanup(one)] != [one for one in new if not _is_cleanup(one)]:
        return "a command other than the cleanup is not the same"
    return None


def _is_cleanup(text: str) -> bool:
    words = text.removeprefix("sudo ").split()
    return words in (["apt-get", "clean"], ["apt", "clean"]) or (
        words[0] == "rm" and len(words) > 2 and set(words[2:]) <= set(_LISTS)
    )


_FROM = "FROM debian\n"
_INSTALL = "RUN apt-get update && apt-get install -y git"
_CLEANED = f"RUN apt-get update && apt-get install -y git \\\n    && {REMOVAL}\n"

PASS = Pass(
    code="DF201",
    name="clean-package-cache",
    summary="Remove package lists in the RUN that fetched them",
    safety=Safety.SAFE,
    aliases=("DL3009",),
    rewrite=rewrite,
    verify=verify,
    examples=(
        Example(before=f"{_FROM}{_INSTALL}\n", after=f"{_FROM}{_CLEANED}"),
        Example(
            before=f"{_FROM}RUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y git\n",
            after=(
                f"{_FROM}RUN set -eux; \\\n\tapt-get update; \\\n"
                f"\tapt-get install -y git; \\\n\t{REMOVAL}\n"
            ),
            why="joined as the author joins",
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY . /app\n# tidy up\nRUN apt-get clean && {REMOVAL}\n",
            after=(
                f"{_FROM}{_INSTALL} \\\n    # tidy up\n    && apt-get clean && {REMOVAL}\n"
                "COPY . /app\n"
            ),
            why="in a layer of its own it frees nothing",
        ),
        Example(
            before=f"{_FROM}RUN sudo apt-get update && sudo apt-get install -y git\n",
            after=(
                f"{_FROM}RUN sudo apt-get update && sudo apt-get install -y git \\\n"
                f"    && sudo {REMOVAL}\n"
            ),
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY a /a\nRUN apt-get install -y gcc\n", why="needed later"
        ),
        Example(
            before=f"FROM debian AS a\n{_INSTALL}\nFROM a\nRUN apt-get install -y gcc\n",
            why="needed in a stage built on this one",
        ),
        Example(
            before=f"{_FROM}{_INSTALL}\nCOPY s.sh /\nRUN /s.sh\n",
            why="who knows what the script installs",
        ),
        Example(
            before=f"{_FROM}RUN --mount=type=cache,target=/var/lib/apt{_INSTALL[3:]}\n",
            why="a cache mount keeps the lists out of the image",
        ),
        Example(
            before=f"{_FROM}RUN <<EOF\napt-get update\napt-get install -y git\nEOF\n",
            why="a here-document",
        ),
        Example(before=f"{_FROM}{_INSTALL} # tools\n", why="the comment would swallow it"),
        Example(before=f"{_FROM}{_INSTALL} || true\n", why="`||` has the last word"),
        Example(
            before=f"{_FROM}ONBUILD {_INSTALL}\n", why="what comes after it is in another file"
        ),
        Example(before=f'{_FROM}RUN ["apt-get", "update"]\n', why="exec form has no `&&`"),
        Example(
            before=f"{_FROM}{_INSTALL} && rm -r /var/lib/apt/lists\n",
            why="already done",
        ),
        Example(before=f"{_FROM}RUN apt-get install -y git\n", why="the lists are another layer's"),
    ),
    removes=("/var/lib/apt/lists/**",),
)
