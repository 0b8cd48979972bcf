"""Options in the spelling of today, where the old one means exactly the same.

What it does: `npm install --production`, `npm ci --only=production` and the like become
`--omit=dev`, `--no-optional` becomes `--omit=optional`; `gem install --no-ri --no-rdoc` becomes
`--no-document`; pip's `--no-cache`, which works because an option may be cut short, is written out
as `--no-cache-dir`.

Why: npm warns about the old options and may drop them with any major version; RubyGems 3 did drop
its own, so that the build fails there.

What it leaves alone: npm where the base is not the official node image of version 16 or later
(npm 6 takes `--omit` for nothing and would install everything), or where the file installs an npm
of its own choice; gem where the base is not the official ruby image from 2.0 on, or with one of the
two options alone. Commands whose environment, options or `.npmrc` speak of `omit` already: given on
the command line it replaces those, while the old options add to them. `npm run build --production`
and the like, where the option reaches somebody's script.

Safety: safe. npm 7 and later turn the old options into entries of `omit` and do nothing else with
them (`@npmcli/config`, definitions); RubyGems 2 defines `--no-document` as both old options
together; pip's option parser accepts a beginning that fits one option only.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from dockfix.context import Context
from dockfix.dockerfile.tree import Instruction
from dockfix.edit.edits import Edit, Group, Safety
from dockfix.managers import named_in
from dockfix.managers.parts import Renamed
from dockfix.passes.base import Pass, Settings
from dockfix.programs.command import action_of
from dockfix.shell.tree import Script, Simple, Word
from dockfix.shell.walk import shadowed
from dockfix.state.facts import Facts, Place, source_span


def rewrite(facts: Facts, settings: Settings) -> Iterator[Group]:
    """A group for each command with an old option."""
    for instruction, script in facts.scripts:
        hidden = shadowed(script)
        for simple in script.simples:
            found = action_of(simple)
            renamed = found[0].renamed if found else None
            if (
                found is None
                or renamed is None
                or not any(map(script.text.__contains__, renamed.options))
                or not hidden.isdisjoint([word.text for word in simple.words])
            ):
                continue
            changes = _changes(facts, instruction, script, simple, renamed, settings)
            edits = _edits(instruction, script, changes)
            if edits:
                names = " and ".join(dict.fromkeys(new for _, new in changes if new))
                olds = " and ".join(dict.fromkeys(old.text for old, _ in changes))
                yield Group(
                    source_span(instruction, changes[0][0].start, changes[0][0].end)[0],
                    f"write {names} instead of {olds}: {found[0].name} documents only {names}",
                    edits,
                )


def _changes(
    facts: Facts,
    instruction: Instruction,
    script: Script,
    simple: Simple,
    renamed: Renamed,
    settings: Settings,
) -> list[tuple[Word, str]]:
    """The options of a command that have a new name, and that name ("" for one that goes)."""
    words = list(takewhile(lambda word: word.text != "--", simple.words))
    old = [word for word in words if word.text in renamed.options]
    bases = renamed.bases
    if (
        not old
        or (bases is not None and not bases.fullmatch(_image(facts, instruction)))
        or (renamed.together and {word.text for word in old} != renamed.options.keys())
        or (renamed.verbs and not any(word.text in renamed.verbs for word in words))
        or (renamed.others is not None and renamed.others.search(facts.source))
        or _adds_already(renamed, facts.places[instruction.start], script, settings.context)
    ):
        return []
    found = [(word, renamed.options[word.text]) for word in old]
    if not renamed.together:
        return found
    new = next(text for text in renamed.options.values() if text)
    return [(old[0], new), *((word, "") for word in old[1:])]


def _image(facts: Facts, instruction: Instruction) -> str:
    stage = facts.places[instruction.start].stage
    name, _, digest = (facts.outermost[stage].base or "").partition("@")
    return name if ":" in name or not digest else ""


def _adds_already(renamed: Renamed, place: Place, script: Script, context: Context | None) -> bool:
    """True if settings from elsewhere would be replaced by the new option, and not added to."""
    word = renamed.replaces
    return bool(word) and (
        word in script.text.lower()
        or any(name in place.names for name in renamed.names)
        or (context is not None and word in (context.read(renamed.file) or ""))
    )


def _edits(
    instruction: Instruction, script: Script, changes: list[tuple[Word, str]]
) -> tuple[Edit, ...]:
    edits = []
    for word, new in changes:
        before = word.start if new else len(script.text[: word.start].rstrip(" \t"))
        start, end = source_span(instruction, before, word.end)
        if any(start < comment.start < end for comment in instruction.comments):
            return ()
        edits.append(Edit(start, end, new))
    return tuple(edits)


def verify(before: Facts, after: Facts) -> str | None:
    """The same commands with the same words, the old options and the new ones aside."""
    old, new = before.scripts, after.scripts
    if len(old) != len(new):
        return "a script came or went"
    renamed = [one.renamed for one in named_in(before.source) if one.renamed]
    for (_, was), (_, now) in zip(old, new, strict=True):
        if was.text != now.text and _modern(was, renamed) != _modern(now, renamed):
            return f"more than old options changed in `{now.text[:60]}`"
    return None


def _modern(script: Script, renamed: list[Renamed]) -> list[list[str]]:
    """The words of each command, with old options in their new spelling and in order."""
    found = []
    for simple in script.simples:
        words = [word.text for word in simple.words]
        for one in renamed:
            if not one.together or one.options.keys() <= {*words}:
                words = [new for word in words if (new := one.options.get(word, word))]
        found.append(sorted(words))
    return found


PASS = Pass(
    code="DF305",
    name="modern-flags",
    summary="Write options in the spelling that today's managers know",
    safety=Safety.SAFE,
    aliases=(),
    rewrite=rewrite,
    verify=verify,
)
