"""The instructions of a consecutive group, read, and what the group is judged by beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.installs.lists import relies_on_lists
from dockfix.installs.reads import Chain, chain_of
from dockfix.records import Record
from dockfix.reorder.groups import COPIES
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from dockfix.state.facts import Place, script_of
from dockfix.state.paths import Copy, copy_of, resolve

#: How many pairs of a COPY and a command a group may have. Each pair is judged. Of 3,200 files that
#: people wrote, none has more than 660.
_MOST_PAIRS = 2_500


class ReadInstruction(Record):
    """An instruction of a group, read.

    `copy` is set for a COPY or ADD, `chain` (the commands) and `mounts` (the targets of its cache
    and secret mounts) for a RUN. All are None where the text does not tell. `base` is the directory
    that relative paths start from.
    """

    instruction: Instruction
    copy: Copy | None
    chain: Chain | None
    base: str
    mounts: tuple[str, ...] | None

    @property
    def keyword(self) -> str:
        """The keyword of the instruction."""
        return self.instruction.keyword

    @property
    def is_copy(self) -> bool:
        """True for a COPY or ADD."""
        return self.instruction.keyword in COPIES

    @property
    def is_owned(self) -> bool:
        """True if the instruction has a `--chown`."""
        return "chown" in [flag.name for flag in self.instruction.flags]


class GroupSurroundings(Record):
    """What a group is judged by, beside its own instructions.

    `above` are the COPYs of the stage above the group, `above_changes` how many of them come before
    a RUN that may have changed their files. `variables` are those whose values may lead to files,
    `true` those that are set to true (`Surroundings.true`).
    `last_run_from_earlier_lists` finds the start of the last RUN that installs from lists an
    earlier RUN fetched (few groups ask). `all_copies` are the COPYs of the whole file.
    `commented` are the RUNs that belong with the next one to one comment, by their start, with the
    start of what stands right below that comment.
    Installs of the managers `in_one` are not divided into one without the project and one with it.
    `versions`: files of the project may choose which programs run. `linked` is that of
    `Surroundings`.
    """

    above: tuple[Copy | None, ...]
    above_changes: int
    variables: tuple[tuple[str, str], ...]
    true: frozenset[str]
    last_run_from_earlier_lists: Callable[[], int]
    context: Context | None
    all_copies: tuple[Copy | None, ...]
    commented: Mapping[int, int]
    in_one: frozenset[str]
    versions: bool
    linked: bool


def is_too_long(group: Sequence[Instruction]) -> bool:
    """True if a group has too many pairs even if each of its RUNs is one command."""
    return sum([one.keyword in COPIES for one in group]) * len(group) > _MOST_PAIRS


def has_too_many_pairs(members: Sequence[ReadInstruction]) -> bool:
    """True if a group that is read has too many pairs."""
    copies = sum([one.is_copy for one in members])
    commands = sum([len(one.chain.reads) + 1 for one in members if one.chain])
    return copies * (commands + len(members)) > _MOST_PAIRS


def read_instruction(instruction: Instruction, base: str, place: Place) -> ReadInstruction:
    """An instruction of a group, read."""
    if instruction.keyword != "RUN":
        return ReadInstruction(instruction, copy_of(instruction, base), None, base, None)
    chain, mounts = _chain(instruction, place), _mounts(instruction, base)
    return ReadInstruction(instruction, None, chain, base, mounts)


def may_change_files(run: ReadInstruction) -> bool:
    """True if a RUN may change what was copied above it."""
    chain = run.chain
    return chain is None or not chain.whole or any(one.updates for one in chain.reads)


def _chain(run: Instruction, place: Place) -> Chain | None:
    """The commands of a RUN; None if they cannot be read."""
    if run.heredocs:
        return None
    if run.json:
        import shlex  # brings more with it than most files need

        words = read_script(shlex.join(run.json), "sh")
        found = chain_of(words) if isinstance(words, Script) else None
        return found.undivided() if found and found.whole else None
    script = script_of(run, place)
    if not isinstance(script, Script) or script.comments:
        return None
    chain = chain_of(script)
    return chain.undivided() if run.comments else chain


def _mounts(run: Instruction, base: str) -> tuple[str, ...] | None:
    """Where caches and secrets are mounted; None if the RUN has other mounts."""
    found: list[str] = []
    for flag in run.flags:
        if flag.name != "mount":
            continue
        options = dict(part.partition("=")[::2] for part in (flag.value or "").split(","))
        target = next((options[k] for k in ("target", "dst", "destination") if k in options), None)
        path = resolve(base, target) if target else None
        if options.get("type") not in ("cache", "secret", "ssh") or "from" in options:
            return None
        if path is None and options["type"] == "cache":
            return None
        found += [path] if path else []
    return tuple(found)


def installs_from_earlier_lists(instruction: Instruction) -> bool:
    """True for a RUN that installs from package lists which an earlier RUN fetched."""
    return instruction.keyword == "RUN" and relies_on_lists(instruction.arguments)
