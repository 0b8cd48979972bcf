"""What tells at a glance that a pass may have something to do in a file.

Each is asked of every file in every sweep, before its pass is even imported: a few comparisons, and
never a script to be read. It may say yes for nothing, but no only where the pass would find
nothing.
"""

from __future__ import annotations

from dockfix.facts import keyword_order
from dockfix.remembered import remembered
from dockfix.syntax.tree import Dockerfile, Instruction

#: docker/docker, layer/layer_store.go, and overlay2.
MOST_LAYERS = 127
#: Instructions of which only the last one of a stage counts.
STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
#: Instructions in which another keyword may stand.
_BRINGING = ("FROM", "HEALTHCHECK", "ONBUILD")
#: Those that may have an old form, or bring one that has.
_OLD_FORMS = ("ENV", "LABEL", "MAINTAINER", "ONBUILD")
_SIDE_BY_SIDE = ("COPY COPY", "COPY ADD", "ADD COPY", "ADD ADD")
#: What a line may hold that is empty to the builder.
BLANK = " \t\r\v\f"
#: Options that have a newer name.
_UNMISTAKABLE = ("--production", "--only=prod", "--no-optional", "--no-rdoc")
OLD_FLAGS = (*_UNMISTAKABLE, "--no-cache")
#: Sources that are the whole build context.
EVERYTHING = (".", "./", "/")
#: Words of an ARG that says what is built.
_VOLATILE = (
    "COMMIT", "SHA", "REV", "VERSION", "REF", "HASH", "TAG", "BUILD", "BRANCH", "DATE", "TIME"
)  # fmt: skip
#: The managers that install more than they are told, or ask first.
MANAGERS = ("apt", "dnf", "yum", "zypper", "pacman")
#: What may keep the words of a command together, or divide one.
_QUOTES = "\"'\\"
_DIVIDED = frozenset(_QUOTES)
#: Commands of a RUN, each of which is not compared with all the others at a glance.
_MANY = 200
_SECRETS = ("key", "auth", "credential", "pass", "pword", "secret", "token")


def has_many_instructions(dockerfile: Dockerfile) -> bool:
    """Whether there are more instructions than an image may have layers."""
    return len(dockerfile.instructions) > MOST_LAYERS


def names_no_version(dockerfile: Dockerfile) -> bool:
    """Whether a stage may be built on an image without a tag, or on the latest one."""
    return any(
        ":" not in (image := (stage.base or "").rpartition("/")[2]) or image.endswith(":latest")
        for stage in dockerfile.stages
    )


def repeats_a_start(dockerfile: Dockerfile) -> bool:
    """Whether a stage says twice what to start, or how to look after it."""
    order = keyword_order(dockerfile)
    found = [keyword for keyword in STARTS if order.count(keyword) > 1]
    return any(stage.count(keyword) > 1 for keyword in found for stage in order.split("FROM"))


def has_other_case(dockerfile: Dockerfile) -> bool:
    """Whether a keyword is not in capitals, or brings another one that may not be."""
    for one in dockerfile.instructions:
        keyword = one.keyword
        if not one.logical.text.startswith(keyword, one.keyword_start):
            return True
        if keyword in _BRINGING and (
            one.child is not None
            or (keyword == "FROM" and len(one.words) == 3 and one.words[1].text != "AS")
            or (keyword == "HEALTHCHECK" and one.words[0].text not in ("CMD", "NONE"))
        ):
            return True
    return False


def goes_on_untidily(dockerfile: Dockerfile) -> bool:
    """Whether blanks stand behind an escape character, or an empty line or the end below one."""
    source, escape = dockerfile.source, dockerfile.escape
    # Most files have below each line that goes on one that says something, and need no more.
    for behind in source.split(escape)[1:]:
        first = behind[:1]
        if first == "\n":
            first = behind[1:].lstrip(BLANK)[:1]
            if first == "#" or not first.strip():
                return _goes_on_untidily(source, escape)
        elif first and first in BLANK:
            return _goes_on_untidily(source, escape)
    return source.endswith(escape)


def _goes_on_untidily(source: str, escape: str) -> bool:
    goes_on = False
    for line in source.split("\n"):
        text = line.rstrip(BLANK)
        if text.endswith(escape):
            if not line.rstrip("\r").endswith(escape):
                return True
            goes_on = True
        elif not text and goes_on:
            return True
        elif not line.lstrip().startswith("#"):
            goes_on = False
    return goes_on


def has_old_form(dockerfile: Dockerfile) -> bool:
    """Whether there is a MAINTAINER, or a name and a value with a space between them."""
    for item in dockerfile.instructions:
        if item.keyword in _OLD_FORMS:
            one = item.child or item
            if one.keyword == "MAINTAINER":
                return True
            if one.keyword in ("ENV", "LABEL") and "=" not in one.words[0].text:
                return True
    return False


def has_shell_start(dockerfile: Dockerfile) -> bool:
    """Whether something is started by a shell, or through one; also a RUN of a faulty array."""
    for one in dockerfile.instructions:
        keyword = one.keyword
        if keyword == "RUN":
            if one.json is None and one.logical.text.startswith("[", one.arguments_start):
                return True
        elif keyword in STARTS and (one.json is None or "-c" in one.json[1:2]):
            return True
    return False


def changes_what_was_copied(dockerfile: Dockerfile) -> bool:
    """Whether a RUN below a COPY begins with a change of owner or mode."""
    if "COPY RUN" not in keyword_order(dockerfile):
        return False
    above = ""
    for one in dockerfile.instructions:
        if (
            above == "COPY"
            and one.keyword == "RUN"
            and one.logical.text.startswith(("chown", "chmod"), one.arguments_start)
        ):
            return True
        above = one.keyword
    return False


def has_old_flag(dockerfile: Dockerfile) -> bool:
    """Whether there is an option with a newer name, or what looks like one."""
    source = dockerfile.source
    return any(map(source.__contains__, _UNMISTAKABLE)) or (
        # --no-cache-dir is a newer name itself
        source.count("--no-cache") > source.count("--no-cache-dir")
    )


def brings_everything(dockerfile: Dockerfile) -> bool:
    """Whether something copies the whole build context."""
    for one in dockerfile.instructions:
        if one.keyword in ("COPY", "ADD"):
            words = one.json or [word.text for word in one.words[:1]]
            if words and words[0] in EVERYTHING:
                return True
    return False


def may_be_sorted(dockerfile: Dockerfile) -> bool:
    """Whether COPYs stand side by side, or an ARG says what is built."""
    order = keyword_order(dockerfile)
    if any(map(order.__contains__, _SIDE_BY_SIDE)):
        return True
    return "ARG" in order and any(
        one.keyword == "ARG" and is_volatile(one) for one in dockerfile.instructions
    )


def is_volatile(instruction: Instruction) -> bool:
    """Whether a name or a value may say what is built, and change with every build."""
    text = instruction.arguments.upper()
    return any(map(text.__contains__, _VOLATILE))


def installs_openly(dockerfile: Dockerfile) -> bool:
    """Whether a manager may install what a package recommends."""
    return any(
        text.count(" in") > text.count("recommends") and any(map(text.__contains__, MANAGERS))
        for text in _runs(dockerfile)
    )


def installs_without_update(dockerfile: Dockerfile) -> bool:
    """Whether apt upgrades, or installs something and nothing in the same RUN updates its lists."""
    for text in _runs(dockerfile):
        if "apt" in text and ("upgrade" in text or not 0 <= text.find("update") < text.find("ins")):
            return True
    return False


@remembered
def _runs(dockerfile: Dockerfile) -> list[str]:
    """The texts of the RUNs, here-documents included."""
    found: list[str] = []
    for item in dockerfile.instructions:
        one = item.child or item
        if one.keyword == "RUN":
            found.append(one.arguments)
            if one.heredocs:
                found += [heredoc.content for heredoc in one.heredocs]
    return found


def goes_somewhere(dockerfile: Dockerfile) -> bool:
    """Whether a RUN begins in a directory of its own, or makes one that a WORKDIR below makes, or a
    WORKDIR does not begin at the root."""
    followed = False
    for one in reversed(dockerfile.instructions):
        if one.keyword == "WORKDIR":
            if one.arguments[:1] != "/":
                return True
            followed = True
        elif one.keyword == "RUN" and (
            begins_elsewhere(one) or (followed and "mkdir" in one.arguments)
        ):
            return True
    return False


def begins_elsewhere(run: Instruction) -> bool:
    """Whether the first command of a RUN makes a directory or goes to one."""
    return run.logical.text.startswith(("mkdir", "cd"), run.arguments_start)


def unpacks_what_it_fetches(dockerfile: Dockerfile) -> bool:
    """Whether archives may be fetched and taken apart, and then forgotten."""
    source = dockerfile.source
    if "tar" not in source and "unzip" not in source:
        return False
    for one in dockerfile.instructions:
        keyword = one.keyword
        if keyword == "RUN":
            text = one.arguments
            if ("curl" in text or "wget" in text) and _forgets(text):
                return True
        elif keyword == "ADD" and "://" in one.arguments:
            return True
    return False


def _forgets(script: str) -> bool:
    """Whether a file may be mentioned by a `tar` or `unzip` and before, and by nothing behind."""
    commands = script.split("&&")
    if len(commands) > _MANY:
        return True
    for number, command in enumerate(commands):
        if "tar" not in command and "unzip" not in command:
            continue
        program, *words = command.split() or [""]
        if program.strip(_QUOTES) not in ("tar", "unzip"):
            continue
        if not _DIVIDED.isdisjoint(command):
            return True
        before, behind = "&&".join(commands[:number]), "&&".join(commands[number + 1 :])
        names = (word.rpartition("/")[2] for word in words)
        if any(name in before and name not in behind for name in names):
            return True
    return False


def pipes_a_download(dockerfile: Dockerfile) -> bool:
    """Whether there are downloads, and pipes."""
    source = dockerfile.source
    return ("curl" in source or "wget" in source) and "|" in source.replace("||", "")


def names_a_secret(dockerfile: Dockerfile) -> bool:
    """Whether a variable may be called as secrets are."""
    for one in dockerfile.instructions:
        if one.keyword in ("ENV", "ARG"):
            text = one.arguments.lower()
            if any(map(text.__contains__, _SECRETS)):
                return True
    return False
