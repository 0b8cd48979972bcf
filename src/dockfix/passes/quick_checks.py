"""Quick checks: whether a pass may have something to do in a file, told by a few comparisons.

A function that is called like a pass is its quick check: the registry finds it by the name. It is
asked of every file in every sweep, before the pass is even imported, so it looks into no script
that other passes have not read before. It may say yes for nothing, but no only where the pass would
find nothing.
"""

from __future__ import annotations

from dockfix.dockerfile.tree import Instruction
from dockfix.managers import named_in
from dockfix.state.facts import Facts, fact

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
#: Sources that are the whole build context.
EVERYTHING = (".", "./", "/")
#: Words of an ARG that says what is built.
_VOLATILE = (
    "COMMIT", "SHA", "REV", "VERSION", "REF", "HASH", "TAG", "BUILD", "BRANCH", "DATE", "TIME"
)  # fmt: skip
#: What may keep the words of a command together, or divide one.
_QUOTES = "\"'\\"
_DIVIDED = frozenset(_QUOTES)
#: Commands of a RUN, each of which is not compared with all the others at a glance.
_MANY = 200
#: Images that have ended without any tag.
_OLD_IMAGES = frozenset(
    ("adoptopenjdk", "celery", "centos", "clefos", "consul", "django", "iojs", "java", "jenkins",
     "mono", "openjdk", "opensuse", "owncloud", "rails", "sentry", "ubuntu-debootstrap",
     "ubuntu-upstart", "vault")
)  # fmt: skip
#: Official images whose program gives up root by itself.
GIVING_UP_ROOT = (
    "nginx", "httpd", "mariadb", "memcached", "mongo", "mysql", "postgres", "rabbitmq", "redis"
)  # fmt: skip
#: What a command that changes its shell only starts with.
_OF_SHELL = (
    "export", "cd", "alias", "ulimit", "umask", "set", "unset", "shopt", ". ", "source"
)  # fmt: skip
#: What stands between commands.
_JOINING = frozenset("&|;\n({")
_SECRETS = ("key", "auth", "credential", "pass", "pword", "secret", "token")


def count_layers(facts: Facts) -> bool:
    """True if there are more instructions than an image may have layers."""
    return len(facts.instructions) > MOST_LAYERS


def tag_base(facts: Facts) -> bool:
    """True if a stage may be built on an image without a tag, or on the latest one."""
    return any(
        ":" not in (image := (stage.base or "").rpartition("/")[2]) or image.endswith(":latest")
        for stage in facts.stages
    )


def renew_base(facts: Facts) -> bool:
    """True if a stage may be built on something that has ended: a tag with a number or a name, or
    an old image."""
    return any(
        (image := (stage.base or "").rpartition("/")[2]).partition("@")[0][-7:] != ":latest"
        and (":" in image or image in _OLD_IMAGES)
        for stage in facts.stages
    )


def keep_toolchain_out(facts: Facts) -> bool:
    """True if the last stage may have what only a build needs."""
    from dockfix.programs.toolchains import HINTS

    return any(word in facts.source for word in HINTS)


def last_start_only(facts: Facts) -> bool:
    """True if a stage says twice what to start, or how to look after it."""
    order = facts.keyword_order
    found = [keyword for keyword in STARTS if order.count(keyword) > 1]
    return any(stage.count(keyword) > 1 for keyword in found for stage in order.split("FROM"))


def keyword_case(facts: Facts) -> bool:
    """True if a keyword is not in capitals, or brings another one that may not be."""
    for one in facts.instructions:
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


def tidy_continuations(facts: Facts) -> bool:
    """True if blanks stand behind an escape character, or an empty line or the end below one."""
    source, escape = facts.source, facts.dockerfile.escape
    # Most files have below each line that goes on one that says something, and need no more.
    for behind in source.split(escape)[1:]:
        first = behind[:1]
        if first == "\n":
            first = behind[1:].lstrip(BLANK)[:1]
            if first == "#" or not first.strip():
                return goes_on_untidily(source, escape)
        elif first and first in BLANK:
            return goes_on_untidily(source, escape)
    return source.endswith(escape)


def goes_on_untidily(source: str, escape: str) -> bool:
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


def key_value_form(facts: Facts) -> bool:
    """True if there is a MAINTAINER, or a name and a value with a space between them."""
    for item in facts.instructions:
        if item.keyword in _OLD_FORMS:
            one = item.child or item
            if one.keyword == "MAINTAINER":
                return True
            if one.keyword in ("ENV", "LABEL") and "=" not in one.words[0].text:
                return True
    return False


def exec_form(facts: Facts) -> bool:
    """True if something is started by a shell, through one, or as if by one (a `$` in an array)."""
    for one in facts.instructions:
        keyword = one.keyword
        if keyword == "RUN":
            if one.json is None and one.logical.text.startswith("[", one.arguments_start):
                return True
        elif keyword in STARTS and (
            one.json is None or "-c" in one.json[1:2] or "$" in one.logical.text
        ):
            return True
    return False


def copy_with_owner(facts: Facts) -> bool:
    """True if a RUN below a COPY begins with a change of owner or mode."""
    if "COPY RUN" not in facts.keyword_order:
        return False
    above = ""
    for one in facts.instructions:
        if (
            above == "COPY"
            and one.keyword == "RUN"
            and one.logical.text.startswith(("chown", "chmod"), one.arguments_start)
        ):
            return True
        above = one.keyword
    return False


def modern_flags(facts: Facts) -> bool:
    """True if there is an option with a newer name, or what looks like one."""
    source = facts.source
    return any(
        # a newer name may begin as the old one
        source.count(old) > source.count(new) * (old in new)
        for manager in named_in(source)
        if manager.renamed
        for old, new in manager.renamed.options.items()
    )


def copy_source_late(facts: Facts) -> bool:
    """True if something copies the whole build context."""
    for one in facts.instructions:
        if one.keyword in ("COPY", "ADD"):
            words = one.json or [word.text for word in one.words[:1]]
            if words and words[0] in EVERYTHING:
                return True
    return False


def stable_first(facts: Facts) -> bool:
    """True if COPYs stand side by side, or an ARG says what is built."""
    order = facts.keyword_order
    if any(map(order.__contains__, _SIDE_BY_SIDE)):
        return True
    return "ARG" in order and any(
        one.keyword == "ARG" and is_volatile(one) for one in facts.instructions
    )


def is_volatile(instruction: Instruction) -> bool:
    """True if a name or a value may say what is built, and change with every build."""
    text = instruction.arguments.upper()
    return any(map(text.__contains__, _VOLATILE))


def no_install_recommends(facts: Facts) -> bool:
    """True if a manager may install what a package recommends."""
    return any(
        text.count(" in") > text.count("recommends")
        and any(one.only_needed for one in named_in(text))
        for text in _runs(facts)
    )


def assume_yes(facts: Facts) -> bool:
    """True if a manager may ask before it does something, or be called by another name."""
    return any(one.asking or one.stable for one in named_in(facts.source))


def update_with_install(facts: Facts) -> bool:
    """True if a manager that needs an update upgrades, or installs something without one."""
    return any(
        ("upgrade" in text or not 0 <= text.find("update") < text.find("ins"))
        and any(one.needs_update for one in named_in(text))
        for text in _runs(facts)
    )


@fact
def _runs(facts: Facts) -> list[str]:
    """The texts of the RUNs, here-documents included."""
    found: list[str] = []
    for item in facts.instructions:
        one = item.child or item
        if one.keyword == "RUN":
            found.append(one.arguments)
            if one.heredocs:
                found += [heredoc.content for heredoc in one.heredocs]
    return found


def merge_installs(facts: Facts) -> bool:
    """True if two installs of a script, or two updates, differ in nothing but their packages."""
    from dockfix.installs.frames import has_alike

    return any(has_alike(script) for _, script in facts.scripts)


def use_workdir(facts: Facts) -> bool:
    """True if a RUN begins in a directory of its own, or makes one that a WORKDIR below makes, or a
    WORKDIR does not begin at the root."""
    followed = False
    for one in reversed(facts.instructions):
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
    """True if the first command of a RUN makes a directory or goes to one."""
    return run.logical.text.startswith(("mkdir", "cd"), run.arguments_start)


def fetch_in_run(facts: Facts) -> bool:
    """True if archives may be fetched and taken apart, and then forgotten."""
    source = facts.source
    if "tar" not in source and "unzip" not in source:
        return False
    for one in facts.instructions:
        keyword = one.keyword
        if keyword == "RUN":
            text = one.arguments
            if ("curl" in text or "wget" in text) and _forgets(text):
                return True
        elif keyword == "ADD" and "://" in one.arguments:
            return True
    return False


def _forgets(script: str) -> bool:
    """True if a file may be mentioned by a `tar` or `unzip` and before, and by nothing behind."""
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


def set_pipefail(facts: Facts) -> bool:
    """True if there are downloads, and pipes."""
    source = facts.source
    return ("curl" in source or "wget" in source) and "|" in source.replace("||", "")


def hide_secrets(facts: Facts) -> bool:
    """True if a variable may be called as secrets are."""
    for one in facts.instructions:
        if one.keyword in ("ENV", "ARG"):
            text = one.arguments.lower()
            if any(map(text.__contains__, _SECRETS)):
                return True
    return False


def stage_name_case(facts: Facts) -> bool:
    """True if the name of a stage is written with capitals."""
    return any(
        stage.name is not None and stage.instructions[0].words[2].text != stage.name
        for stage in facts.stages
    )


def unique_stages(facts: Facts) -> bool:
    """True if two stages have the same name, or one a name that means something else."""
    names = [stage.name for stage in facts.stages if stage.name is not None]
    return len(set(names)) < len(names) or "scratch" in names or "context" in names


def find_lost_state(facts: Facts) -> bool:
    """True if the first command of a RUN may change its shell only."""
    return any(text.startswith(_OF_SHELL) or "=" in text.split(" ", 1)[0] for text in _runs(facts))


def keep_signals(facts: Facts) -> bool:
    """True if a CMD or ENTRYPOINT in shell form has more than one command."""
    return any(
        one.keyword in ("CMD", "ENTRYPOINT")
        and one.json is None
        and not _JOINING.isdisjoint(one.arguments)
        for one in facts.instructions
    )


def set_user(facts: Facts) -> bool:
    """True if a service may be started as root: with no USER, by a program of its own."""
    base = (facts.outermost[-1].base or "").partition("@")[0].partition(":")[0]
    return "USER" not in facts.keywords and base not in GIVING_UP_ROOT
