"""`dockfix verify`: builds a Dockerfile as it is and rewritten, and compares the two images.

What differs is laid beside what the passes that changed the file declare to remove, or to say in
another form. The rest may be nobody's fault: logs, caches and random names differ between two
builds of one file. So the original is then built once more, without cached steps, and what differs
between its two images counts no longer. If something remains, parts of the rewrite are built to
find out which change brings it about.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dockfix.engine.blame import MOST_TRIES, blamed
from dockfix.engine.claims import Claim, claimed
from dockfix.engine.client import Built, Engine, Ran, Stopped
from dockfix.engine.commands import need_space
from dockfix.engine.compare import Comparison, Difference, Renumbered, Setting, compare
from dockfix.engine.images import Image
from dockfix.engine.options import Request
from dockfix.engine.targets import Target
from dockfix.engine.terminal import Terminal
from dockfix.engine.trial import Trial
from dockfix.errors import BuildFailed, DockfixError, EngineError
from dockfix.pipeline import Applied, Rewrite
from dockfix.records import Record
from dockfix.syntax.source import encode
from dockfix.typed import Literal

#: Seconds for the command of --run.
_RUN = 300.0
#: Seconds that a container gets after SIGTERM, as `docker stop` gives it.
_GRACE = 10.0

Outcome = Literal["untouched", "same", "declared", "different", "unbuilt"]


class Behavior(Record):
    """What --run and --stop found in the image of the original and in that of the rewrite."""

    ran: tuple[Ran, Ran] | None = None
    stopped: tuple[Stopped, Stopped] | None = None
    problem: str = ""


class Verdict(Record):
    """What came of a file.

    `files` and `settings` are the differences that no pass declares, `suspects` the changes that
    bring them about; `noise` are those that come and go between two builds of the original, too.
    `error` is the engine's when the original (outcome "unbuilt", with `seconds` if it was built
    once and then not again) or the rewrite ("different") does not build.
    """

    target: Target
    outcome: Outcome
    result: Rewrite
    claims: tuple[Claim, ...] = ()
    files: tuple[Difference, ...] = ()
    settings: tuple[Setting, ...] = ()
    renumbered: tuple[Renumbered, ...] = ()
    noise: tuple[Difference, ...] = ()
    suspects: tuple[Applied, ...] = ()
    error: BuildFailed | None = None
    seconds: tuple[float, ...] = ()
    behavior: Behavior = Behavior()


def run(engine: Engine, request: Request, targets: Sequence[Target], terminal: Terminal) -> int:
    """Verifies every target and returns the exit status."""
    from dockfix.engine.report import spoken, summary

    if not engine.starts and (request.own.run is not None or request.own.stop):
        flag = "--stop" if request.own.run is None else "--run"
        raise EngineError(f"{flag} needs podman or docker: buildah starts no containers")
    need_space(engine)
    verdicts = []
    failed = False
    for target in targets:
        try:
            found = verdict(engine, request, target, terminal)
            verdicts.append(found)
            terminal.print(spoken(found, colored=terminal.colored, long=request.options.verbose))
            if request.options.in_place and found.outcome in ("same", "declared"):
                for path in _write(found):
                    terminal.say(f"Rewrote {path}\n")
        except (DockfixError, OSError) as error:
            failed = True
            terminal.say(f"error: {target.path}: {error}\n")
    if len(targets) > 1 and not request.options.quiet:
        terminal.say(summary(verdicts))
    if failed or any(one.outcome == "unbuilt" for one in verdicts):
        return 2
    return int(any(one.outcome == "different" for one in verdicts))


def verdict(engine: Engine, request: Request, target: Target, terminal: Terminal) -> Verdict:
    """Builds and compares one file."""
    return _Verification(engine, request, target, terminal).verdict()


def _write(found: Verdict) -> list[str]:
    """Writes what was verified, and says which files."""
    from dockfix.files import Change, replace_together

    target, result = found.target, found.result
    changes = [
        Change(
            os.path.join(target.context, one.path),
            None if one.before is None else encode(one.before),
            encode(one.after),
        )
        for one in result.others
    ]
    if encode(result.after) != target.source:
        changes.append(Change(target.path, target.source, encode(result.after)))
    replace_together(changes)
    return [os.path.relpath(change.path) for change in changes]


class _Verification(Trial):
    """A target on its way to a verdict. The images it makes are gone at the end."""

    def __init__(
        self, engine: Engine, request: Request, target: Target, terminal: Terminal
    ) -> None:
        super().__init__(engine, request, target, terminal)
        self.images: dict[str, Image] = {}
        self.again: Image | None = None
        self.tries = 0

    def verdict(self) -> Verdict:
        result = self.rewritten()
        if not result.changed:
            return Verdict(self.target, "untouched", result)
        try:
            found = self._compared(result)
        finally:
            self.remove()
        return found._replace(seconds=tuple(one.seconds for one in self.built))

    def _compared(self, result: Rewrite) -> Verdict:
        free = self.engine.free()
        try:
            self.original = self.build(self.recipe(None), "as it is")
        except BuildFailed as error:
            return Verdict(self.target, "unbuilt", result, error=error)
        taken = (free or 0) - (self.engine.free() or 0)
        need_space(self.engine, 2 * max(taken, 0))
        try:
            after = self.build(self.recipe(result), "rewritten")
        except BuildFailed as error:
            suspects = blamed(self.rewritten, self.fails)
            return Verdict(self.target, "different", result, suspects=suspects, error=error)
        try:
            found, claims = self.compare(after, result)
        except BuildFailed as error:
            return Verdict(self.target, "unbuilt", result, error=error)
        behavior = self.behavior(after)
        outcome: Outcome = "declared" if claims else "same"
        suspects = ()
        if not found.same:
            suspects = blamed(self.rewritten, self.differs)
        elif behavior.problem:
            suspects = blamed(self.rewritten, self.misbehaves)
        if behavior.problem or not found.same:
            outcome = "different"
        return Verdict(
            self.target,
            outcome,
            result,
            claims,
            found.files,
            found.settings,
            found.renumbered,
            found.noise,
            suspects,
            behavior=behavior,
        )

    def images_of(self, *built: Built) -> list[Image]:
        """The images of builds, those together that were not read before."""
        names = [one.image for one in built]
        new = [name for name in names if name not in self.images]
        if new:
            self.images.update(zip(new, self.read(new, "comparing the images"), strict=True))
        return [self.images[name] for name in names]

    def compare(self, after: Built, result: Rewrite) -> tuple[Comparison, tuple[Claim, ...]]:
        """What differs, without what passes declare, and what they declare.

        Only where something is left over is the original built again to see what is noise.
        """
        before, new = self.images_of(self.original, after)
        found, claims = claimed(compare(before, new), result, before, new)
        if found.same:
            return found, claims
        if self.again is None:
            again = self.build(
                self.recipe(None), "as it is, once more, to see what differs by itself", fresh=True
            )
            (self.again,) = self.images_of(again)
        return claimed(compare(before, new, self.again), result, before, new)

    def behavior(self, after: Built) -> Behavior:
        """What the images do, as far as --run and --stop ask for it."""
        command, stop = self.request.own.run, self.request.own.stop
        found = Behavior()
        if command is not None:
            images = (self.original.image, after.image)
            one, other = (self.engine.run(image, command, _RUN) for image in images)
            found = found._replace(ran=(one, other))
            # what differs from itself, too, is nobody's fault
            if one != other and one == self.engine.run(self.original.image, command, _RUN):
                found = found._replace(problem="the command of --run does something else")
        if stop:
            first = self.engine.stop(self.original.image, _GRACE)
            second = self.engine.stop(after.image, _GRACE)
            found = found._replace(stopped=(first, second))
            if _worse(first, second):
                found = found._replace(problem="it starts or stops in another way")
        return found

    def fails(self, part: Rewrite) -> bool:
        try:
            self.built_in_part(part)
        except BuildFailed:
            return True
        return False

    def differs(self, part: Rewrite) -> bool:
        try:
            built = self.built_in_part(part)
        except BuildFailed:
            return True
        return not self.compare(built, part)[0].same

    def misbehaves(self, part: Rewrite) -> bool:
        try:
            built = self.built_in_part(part)
        except BuildFailed:
            return True
        return bool(self.behavior(built).problem)

    def built_in_part(self, part: Rewrite) -> Built:
        self.tries += 1
        what = f"in part, to find the change to blame ({self.tries} of at most {MOST_TRIES} builds)"
        return self.build(self.recipe(part), what)


def _worse(before: Stopped, after: Stopped) -> bool:
    """Whether an image stops in a worse way than another: killed, or ended with another status."""
    if before.by_itself or after.by_itself:
        return (before.by_itself, before.status) != (after.by_itself, after.status)
    return after.seconds >= _GRACE > before.seconds
