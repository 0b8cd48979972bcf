"""The variables that a builder replaces in a stage, and which of them surely have no value there.

The sources are BuildKit's instructions/commands.go (the words that are expanded) and
dockerfile2llb/convert.go (what is set at each of them). What a base image outside the file sets is
only known of images of distributions.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockfix.dockerfile.expansion import expand, variables
from dockfix.dockerfile.nearest import nearest
from dockfix.dockerfile.tree import Instruction, Stage
from dockfix.errors import ExpansionError
from dockfix.records import Record
from dockfix.state.base_images import environment_of, has_plain_base
from dockfix.state.environment import names_set_by
from dockfix.state.facts import Facts, fact

#: Instructions in whose words variables are replaced.
EXPANDED = frozenset(
    ("ADD", "ARG", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
)
#: Flags of COPY, ADD and RUN in whose values they are.
_EXPANDED_FLAGS = frozenset(("checksum", "chmod", "chown", "exclude", "mount"))
#: What FROM knows without an ARG (BuildKit, dockerfile2llb/platform.go).
PLATFORM_ARGS = frozenset(
    ("BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT", "TARGETPLATFORM",
     "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE")
)  # fmt: skip
#: The official images that have root as their user, and yet set HOME.
_WITH_HOME = "rabbitmq"
_ELSEWHERE = "another stage sets it, this one does not"
_NO_HOME = "a builder has no HOME, only the shell of a RUN does"


class Unset(Record):
    """A variable without a value: where it is used, its name, and why it surely has none."""

    instruction: Instruction
    name: str
    why: str


def declared_above(facts: Facts) -> frozenset[str]:
    """The names of the ARGs above the first FROM."""
    return frozenset(name for one in facts.dockerfile.preamble for name in names_set_by(one))


@fact
def unset(facts: Facts) -> tuple[Unset, ...]:
    """The variables that surely have no value where they are used, each once for a stage."""
    if "$" not in facts.source:
        return ()
    found: list[Unset] = []
    ends: list[frozenset[str]] = []
    above = declared_above(facts)
    for stage in facts.stages:
        inherited = frozenset[str]() if stage.base_stage is None else ends[stage.base_stage]
        known = {"PATH", *inherited}
        told: set[str] = set()
        for instruction in stage.instructions[not facts.dockerfile.fragment :]:
            # what an ONBUILD triggers happens in another file
            if instruction.keyword in EXPANDED or instruction.flags:
                for name in sorted(_used(facts, instruction) - known - told):
                    why = _why(facts, stage, name, known, above)
                    if why:
                        told.add(name)
                        found.append(Unset(instruction, name, why))
            known.update(names_set_by(instruction))
        ends.append(frozenset(known))
    return tuple(found)


def _used(facts: Facts, instruction: Instruction) -> frozenset[str]:
    """The names that the words of an instruction need."""
    if "$" not in instruction.logical.text and not instruction.heredocs:
        return frozenset()
    texts = [one.value or "" for one in instruction.flags if one.name in _EXPANDED_FLAGS]
    if instruction.keyword == "ARG":
        texts += [word.text.partition("=")[2] for word in instruction.words]
    elif instruction.keyword in EXPANDED:
        texts += instruction.json or [word.text for word in instruction.words]
    names: set[str] = set()
    for text in texts:
        try:
            names |= variables(text, facts.dockerfile.escape, needed=True)
        except ExpansionError:
            # the builder says more about it than that
            continue
    return frozenset(name for name in names if name[:1].isalpha() or name[:1] == "_")


def _why(facts: Facts, stage: Stage, name: str, known: set[str], above: frozenset[str]) -> str:
    """Why a name that the stage does not set has no value; "" if it may have one."""
    outermost = facts.outermost[stage.index]
    base = (outermost.base or "").lower()
    if outermost.base is None or "$" in base:
        return _slip(name, known)
    from_image = environment_of(outermost)
    if from_image is None and _may_be_of(name, base):
        return ""
    if name in above:
        return f"an ARG above the first FROM has to be declared again, by ARG {name}"
    if name in PLATFORM_ARGS:
        return f"a variable of the builder has to be declared, by ARG {name}"
    if from_image is None:
        slip = _slip(name, known)
        if slip or (name == "HOME" and has_plain_base(outermost) and _WITH_HOME not in base):
            return slip or _NO_HOME
        return _ELSEWHERE if _is_of_file(facts, name, outermost) else ""
    if name in from_image:
        return ""
    if name == "HOME":
        return _NO_HOME
    return _slip(name, known) or "neither this stage nor its base image sets it"


def _is_of_file(facts: Facts, name: str, outermost: Stage) -> bool:
    """True if a name that another stage sets is surely not set by a base image as well.

    No image sets an ARG. Official images set no ENV that a file would call its own, but for paths,
    to which files add something.
    """
    if not name.endswith("PATH") and facts.setters.get(name):
        return has_plain_base(outermost) or name not in _set_by_env(facts)
    return False


@fact
def _set_by_env(facts: Facts) -> frozenset[str]:
    """The names that some ENV of the file sets."""
    return frozenset(
        name for one in facts.instructions if one.keyword == "ENV" for name in names_set_by(one)
    )


def _may_be_of(name: str, base: str) -> bool:
    """True for a name that an image of that name may well set: NODE_VERSION of `node`."""
    words = [word.lower() for word in name.split("_") if len(word) > 1]
    return any(word in base or base.rpartition("/")[2].startswith(word[:3]) for word in words[:1])


def _slip(name: str, known: set[str]) -> str:
    meant = nearest(name, _long(known)) if len(name) > 3 else None
    # names that count (`A1`, `A2`) differ on purpose
    if meant is None or _letters(meant) == _letters(name):
        return ""
    return f"${meant} is probably meant"


def _long(names: set[str]) -> Iterator[str]:
    return (name for name in sorted(names) if len(name) > 3)


def _letters(name: str) -> str:
    return "".join(character for character in name if not character.isdecimal())


def needed_by_from(facts: Facts, instruction: Instruction) -> frozenset[str]:
    """The names that the image and the platform of a FROM need."""
    texts = [instruction.words[0].text]
    texts += [one.value or "" for one in instruction.flags if one.name == "platform"]
    names: set[str] = set()
    for text in texts:
        try:
            names |= variables(text, facts.dockerfile.escape, needed=True)
        except ExpansionError:
            continue
    return frozenset(names)


def default_values(facts: Facts) -> dict[str, str] | None:
    """What FROM knows without any `--build-arg`; None if that cannot be said.

    The platforms are those of a build on and for linux/amd64.
    """
    values = dict.fromkeys(PLATFORM_ARGS, "amd64")
    values |= {"BUILDPLATFORM": "linux/amd64", "TARGETPLATFORM": "linux/amd64"}
    values |= {"BUILDOS": "linux", "TARGETOS": "linux", "TARGETSTAGE": "default"}
    for instruction in facts.dockerfile.preamble:
        for word in instruction.words:
            name, equals, value = word.text.partition("=")
            try:
                if equals:
                    values[name] = expand(value, values, facts.dockerfile.escape)
            except ExpansionError:
                return None
    return values
