"""Whether a rewrite makes the same image: both files are built, and the images compared.

What differs is laid beside what the passes that changed the file declare to remove, or to say in
another form. The rest may be nobody's fault: logs, caches and random names differ between two
builds of one file. So the original is then built once more, without cached steps, and what differs
between its two images counts no longer. If something remains, parts of the rewrite are built to
find out which change brings it about.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from dockfix.builds.bisection import MOST_TRIES, changes_at_fault
from dockfix.builds.compare import (
    Comparison,
    PathDifference,
    Renumbered,
    SettingDifference,
    compare,
)
from dockfix.builds.declared import DeclaredDifference, splitting, without_declared
from dockfix.builds.engine import Built, Engine, ImageStore, Ran, Stopped
from dockfix.builds.evidence import Learned, evidence_of
from dockfix.builds.image_store import has_linked_copies, made_by_store
from dockfix.builds.images.archive import Image
from dockfix.builds.options import BuildOptions
from dockfix.builds.splits.judge import Side, SplitFindings, judged
from dockfix.builds.splits.started import health_command
from dockfix.builds.target import Target
from dockfix.builds.trial import Trial, Watch, require_space
from dockfix.builds.weights import first_own_layer
from dockfix.core.findings import Applied
from dockfix.core.result import Rewrite
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode
from dockfix.errors import BuildFailed, EngineError
from dockfix.records import Record
from dockfix.typed import Literal

#: Seconds in which a container has to get well, and those that each is given at least.
_HEALTH, _LEAST_HEALTH = 30.0, 5.0
#: How a command ends that was not done in time, may not be started, or is not there.
_NOT_RUN = (None, 126, 127)
#: Seconds for the command of --run.
_RUN = 300.0
#: Seconds that a container gets after SIGTERM, as `docker stop` gives it.
_GRACE = 10.0

Outcome = Literal["untouched", "same", "declared", "different", "unbuilt"]


class Checks(Record):
    """What is to be compared beside the images: see --run and --stop.

    `against` is another Dockerfile, to be compared in the place of the rewrite, as a split;
    `declared` are differences that it is meant to bring (`Group.declares`). `evidence`: what the
    text of the file does not tell of a build, its layers are asked for.
    """

    run: str | None = None
    stop: bool = False
    against: bytes | None = None
    declared: tuple[str, ...] = ()
    evidence: bool = False


class Behavior(Record):
    """What --run, --stop and a HEALTHCHECK found in the image of the original and in the other."""

    ran: tuple[Ran, Ran] | None = None
    stopped: tuple[Stopped, Stopped] | None = None
    health: tuple[Ran, Ran] | None = None
    problem: str = ""


class Verdict(Record):
    """What came of a file.

    `files` and `settings` are the differences that no pass declares, `suspects` the changes that
    bring them about; `by_store` those that the image store brings about, where it depends on the
    place of a `COPY --link` what becomes of folders and links; `noise` are those that come and go
    between two builds of the original, too. `store` is told if the file has such a COPY.
    `split` is told if the rewrite is one (`Pass.splits`).
    `error` is the engine's when the original (outcome "unbuilt", with `seconds` if it was built
    once and then not again) or the rewrite ("different") does not build.
    """

    target: Target
    outcome: Outcome
    result: Rewrite
    claims: tuple[DeclaredDifference, ...] = ()
    files: tuple[PathDifference, ...] = ()
    by_store: tuple[PathDifference, ...] = ()
    settings: tuple[SettingDifference, ...] = ()
    renumbered: tuple[Renumbered, ...] = ()
    noise: tuple[PathDifference, ...] = ()
    suspects: tuple[Applied, ...] = ()
    error: BuildFailed | None = None
    seconds: tuple[float, ...] = ()
    behavior: Behavior = Behavior()
    store: ImageStore | None = None
    split: SplitFindings | None = None


class Differences(Record):
    """What differs, without what passes declare; what they declare; what came of a split."""

    found: Comparison
    claims: tuple[DeclaredDifference, ...]
    split: SplitFindings | None

    @property
    def holds(self) -> bool:
        """True if nothing is left over."""
        return self.found.same and (self.split is None or self.split.holds)


def verdict(
    engine: Engine, options: BuildOptions, target: Target, checks: Checks, watch: Watch
) -> Verdict:
    """Builds and compares one file. Raises DockfixError and OSError."""
    return _Verification(engine, options, target, checks, watch).verdict()


class _Verification(Trial):
    """A target on its way to a verdict. The images it makes are gone at the end."""

    def __init__(
        self, engine: Engine, options: BuildOptions, target: Target, checks: Checks, watch: Watch
    ) -> None:
        super().__init__(engine, options, target, watch, checks.against)
        self.checks = checks
        self.images: dict[str, Image] = {}
        self._original: Built | None = None
        self.again: Image | None = None
        self.tries = 0
        self.learned = Learned()
        #: Told only where it matters.
        self.store: ImageStore | None = None

    def verdict(self) -> Verdict:
        """Builds and compares; the images are gone afterwards."""
        result = self.wanted()
        seeks = self.checks.evidence and not self.is_split(result)
        if not result.changed and not seeks:
            return Verdict(self.target, "untouched", result)
        self.looks = seeks or self.is_split(result)
        try:
            if seeks:
                try:
                    self.build_original()
                except BuildFailed as error:
                    return Verdict(self.target, "unbuilt", result, error=error)
                result = self.with_evidence()
            if not result.changed:
                return Verdict(self.target, "untouched", result)
            found = self._compared(result)
            if seeks and found.outcome == "different":
                found = self._once_more(found)
        finally:
            self.remove()
        return found._replace(seconds=tuple(one.seconds for one in self.built))

    def _once_more(self, found: Verdict) -> Verdict:
        """The verdict on what follows if what was not the same is known, too."""
        self.learned.learn(found.files)
        before = self.target.settings.evidence
        result = self.with_evidence()
        same = self.target.settings.evidence == before or not result.changed
        return found if same else self._compared(result)

    def _compared(self, result: Rewrite) -> Verdict:
        """The verdict on a rewrite that changes something, without the times."""
        if has_linked_copies(parse(result.before, self.target.path)):
            self.store = self.engine.image_store()
        free = self.engine.free()
        try:
            self.build_original()
        except BuildFailed as error:
            return Verdict(self.target, "unbuilt", result, error=error)
        taken = (free or 0) - (self.engine.free() or 0)
        require_space(self.engine, 2 * max(taken, 0))
        try:
            after = self.build(self.recipe(result), "rewritten")
        except BuildFailed as error:
            blamed = self.suspects(result, self.fails)
            return Verdict(self.target, "different", result, suspects=blamed, error=error)
        try:
            found, claims, split = self.compare(after, result)
        except BuildFailed as error:
            return Verdict(self.target, "unbuilt", result, error=error)
        behavior = self.behavior(after)
        if self.target.settings.evidence is not None and split is not None and split.brought:
            new = f"the package {split.brought[0]} is there, which was not"
            behavior = behavior._replace(problem=behavior.problem or new)
        outcome: Outcome = "declared" if claims or split is not None else "same"
        by_store = self.by_store(found, after)
        found = found._replace(files=tuple(one for one in found.files if one not in by_store))
        suspects: tuple[Applied, ...] = ()
        holds = found.same and (split is None or split.holds)
        if not holds:
            suspects = self.suspects(result, self.differs)
        elif behavior.problem:
            suspects = self.suspects(result, self.misbehaves)
        if behavior.problem or by_store or not holds:
            outcome = "different"
        return Verdict(
            self.target,
            outcome,
            result,
            claims,
            found.files,
            by_store,
            found.settings,
            found.renumbered,
            found.noise,
            suspects,
            behavior=behavior,
            store=self.store,
            split=split,
        )

    @property
    def original(self) -> Built:
        """The file as it is, after it was built."""
        assert self._original is not None
        return self._original

    def build_original(self) -> None:
        """Builds the file as it is, once. Raises BuildFailed."""
        if self._original is None:
            self._original = self.build(self.recipe(None), "as it is")

    def with_evidence(self) -> Rewrite:
        """The rewrite that knows what a build of the file left, and what that used when it ran.

        Raises EngineError if nothing says what is to be run.
        """
        (image,) = self.images_of(self.original)
        if self.checks.run is None and health_command(image.config) is None:
            raise EngineError(
                "--evidence needs --run COMMAND, or a HEALTHCHECK: what a program opens by name "
                "shows only when it runs"
            )
        if self.learned.watched is None:
            with self.watch(f"{self.target.shown_path}: watching what it opens"):
                self.learned.watched = self.engine.watch(self.original.image, self.checks.run, _RUN)
        dockerfile = parse(decode(self.target.source), self.target.path)
        evidence = evidence_of(image, dockerfile, self.options.target, self.learned)
        settings = self.target.settings._replace(evidence=evidence)
        self.target = self.target._replace(settings=settings)
        return self.rewritten()

    def suspects(self, result: Rewrite, bad: Callable[[Rewrite], bool]) -> tuple[Applied, ...]:
        """The changes of a rewrite that are to blame; none for a Dockerfile of somebody else."""
        return changes_at_fault(self.rewritten, bad) if result.applied else ()

    def images_of(self, *built: Built) -> list[Image]:
        """The images of builds, those together that were not read before."""
        names = [one.image for one in built]
        new = [name for name in names if name not in self.images]
        if new:
            self.images.update(zip(new, self.read(new, "comparing the images"), strict=True))
        return [self.images[name] for name in names]

    def compare(self, after: Built, result: Rewrite) -> Differences:
        """What differs.

        Only where something is left over is the original built again to see what is noise.
        """
        before, new = self.images_of(self.original, after)
        differences = self.explained(compare(before, new), result, before, new)
        if differences.found.same:
            return differences
        if self.again is None:
            again = self.build(
                self.recipe(None), "as it is, once more, to see what differs by itself", fresh=True
            )
            (self.again,) = self.images_of(again)
        return self.explained(compare(before, new, self.again), result, before, new)

    def explained(
        self, found: Comparison, result: Rewrite, before: Image, new: Image
    ) -> Differences:
        """A comparison without what passes declare, or what a split may bring."""
        split = None
        if self.is_split(result):
            own = [
                first_own_layer(image, parse(text, self.target.path), self.options.target)
                for image, text in ((before, result.before), (new, result.after))
            ]
            declared = [*self.checks.declared]
            for one in splitting(result):
                declared += one.removes()
                declared += [
                    text for made in result.applied if made.code == one.code
                    for text in made.declares
                ]  # fmt: skip
            sides = (Side(before, own[0]), Side(new, own[1]))
            found, split = judged(found, *sides, declared, self.restless(before))
        found, claims = without_declared(found, result, before, new)
        return Differences(found, claims, split)

    def restless(self, before: Image) -> frozenset[bytes]:
        """The paths of the original whose content is another one in its second build, if that was
        made."""
        if self.again is None:
            return frozenset()
        return frozenset(
            one.path.encode("utf-8", "surrogateescape")[1:]
            for one in compare(before, self.again).files
            if one.aspect == "content"
        )

    def by_store(self, found: Comparison, after: Built) -> tuple[PathDifference, ...]:
        """The differences that come of where a `COPY --link` stands, and of the image store."""
        if self.store is None or not self.store.lays_over:
            return ()
        return made_by_store(found.files, *self.images_of(self.original, after))

    def behavior(self, after: Built) -> Behavior:
        """What the images do, as far as --run and --stop ask for it."""
        command, stop = self.checks.run, self.checks.stop
        found = Behavior()
        if self.looks and self.engine.starts:
            found = self.health(after)
        if command is not None:
            images = (self.original.image, after.image)
            one, other = (self.engine.run(image, command, _RUN) for image in images)
            found = found._replace(ran=(one, other))
            # what differs from itself, too, is nobody's fault
            if one != other and one == self.engine.run(self.original.image, command, _RUN):
                found = found._replace(problem="the command of --run does something else")
            elif self.checks.evidence and one.status in _NOT_RUN:
                found = found._replace(
                    problem="the command of --run shows nothing: it does not run"
                )
        if stop:
            first = self.engine.stop(self.original.image, _GRACE)
            second = self.engine.stop(after.image, _GRACE)
            found = found._replace(stopped=(first, second))
            if second.is_worse_than(first, _GRACE):
                found = found._replace(problem="it starts or stops in another way")
        return found

    def health(self, after: Built) -> Behavior:
        """What the HEALTHCHECK of the original says of both images, where there is one."""
        (before,) = self.images_of(self.original)
        words = health_command(before.config)
        if words is None:
            return Behavior()
        start = time.monotonic()
        one = self.engine.health(self.original.image, words, _HEALTH)
        taken = time.monotonic() - start
        # the other one is given a multiple of that
        limit = _HEALTH if one.status else min(_HEALTH, _LEAST_HEALTH + 3 * taken)
        other = self.engine.health(after.image, words, limit)
        problem = "it does not get well any more" if one.status == 0 != other.status else ""
        if self.checks.evidence and self.checks.run is None and one.status != 0:
            problem = "its HEALTHCHECK shows nothing: it does not get well as it is"
        return Behavior(health=(one, other), problem=problem)

    def fails(self, part: Rewrite) -> bool:
        """True if a part of the rewrite does not build."""
        try:
            self.built_in_part(part)
        except BuildFailed:
            return True
        return False

    def differs(self, part: Rewrite) -> bool:
        """True if a part of the rewrite makes another image."""
        try:
            built = self.built_in_part(part)
        except BuildFailed:
            return True
        differences = self.compare(built, part)
        found = differences.found
        if differences.split is not None and not differences.split.holds:
            return True
        return bool(found.settings or set(found.files) - set(self.by_store(found, built)))

    def misbehaves(self, part: Rewrite) -> bool:
        """True if what a part of the rewrite makes does something else."""
        try:
            built = self.built_in_part(part)
        except BuildFailed:
            return True
        return bool(self.behavior(built).problem)

    def built_in_part(self, part: Rewrite) -> Built:
        """Builds a part of the rewrite. Raises BuildFailed."""
        self.tries += 1
        what = f"in part, to find the change to blame ({self.tries} of at most {MOST_TRIES} builds)"
        return self.build(self.recipe(part), what)
