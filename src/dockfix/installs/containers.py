"""Whether what runs in containers of an image lives on what its build has left there.

    RUN npm ci                              services: {web: {build: ., command: npm ci --offline}}
    CMD ["/start.sh"]                       start.sh: npx --offline serve

No later RUN needs the cache here; a container does. What it starts is said by CMD and ENTRYPOINT,
with the scripts of the build context, and by files around the image: those of Compose, dev
containers, pipelines, make (`dockfix.context.containers`). An install there without an update of
its own shows that the image is meant to carry lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from dockfix.context import Context
from dockfix.installs.asked_for import asks_for, lead_there, signs_of
from dockfix.installs.children import Child, children
from dockfix.installs.lists import installs_from_lists
from dockfix.installs.script_texts import ScriptTexts
from dockfix.managers import manager_of
from dockfix.managers.parts import Cache
from dockfix.shell.patterns import lazy
from dockfix.state.facts import Facts

_PIECES = lazy(r"&&|\|\||[;|\n]")
_WORDS = lazy(r"[\w./@+-]+")
_NO_NETWORK = lazy(r"--net(?:work)?[= ]none\b")


class Containers:
    """What builds and containers of a file's images run, beside the RUNs themselves."""

    def __init__(
        self,
        facts: Facts,
        context: Context | None,
        around: Callable[[], Context] | None = None,
    ) -> None:
        self._facts, self._context, self._around = facts, context, around

    @cached_property
    def around(self) -> tuple[str, ...]:
        """What files around the image run in containers."""
        folders = [self._context, self._around() if self._around else None]
        found = [text for one in folders if one for text in one.container_commands()]
        return tuple(dict.fromkeys(found))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All that they run, the starts of the image included, and scripts that its RUNs run."""
        scripts = ScriptTexts(self._facts, self._context)
        every = (*self._started, *scripts.of_runs(), *scripts.written(), *self.around)
        return tuple(dict.fromkeys(every))

    @cached_property
    def _started(self) -> tuple[str, ...]:
        scripts, facts = ScriptTexts(self._facts, self._context), self._facts
        return tuple(
            text
            for stage in facts.stages
            if stage.index in facts.shipped_stages
            for text in scripts.of_starts(stage)
        )

    def live_on(self, cache: Cache) -> bool:
        """True if something that runs beside the RUNs lives on what a manager has stored.

        In a container without a network every call of the manager does.
        """
        if any(_lives_on(cache, text) for text in self.texts):
            return True
        if any(
            _lives_on(cache, one.said) or lead_there(one.taken, cache)
            for one in self._children(cache)
        ):
            return True
        return any(map(_NO_NETWORK.search, self.around)) and any(
            _calls(word, cache)
            for text in (*self._started, *self.around)
            for word in _WORDS.findall(text)
        )

    def live_on_lists(self, cache: Cache) -> bool:
        """True if something around the image, or what a build writes for a container to run,
        installs from lists that are there already, or another Dockerfile copies them."""
        written = ScriptTexts(self._facts, self._context).written()
        return any(map(installs_from_lists, (*self.around, *written))) or any(
            lead_there(one.taken, cache) for one in self._children(cache)
        )

    def _children(self, cache: Cache) -> Iterator[Child]:
        """Stages of other Dockerfiles made of this image, where they may speak of a cache."""
        folder = self._context or (self._around() if self._around else None)
        signs = ("OFFLINE", "offline", *cache.offline, *signs_of(cache))
        return children(self._facts, folder, signs) if folder else iter(())

    def live_on_index(self) -> bool:
        """True if something that runs in a container installs from an index that is there."""
        from dockfix.installs.apk_index import lives_on_index

        return any(map(lives_on_index, self.texts))


def _lives_on(cache: Cache, text: str) -> bool:
    if cache.kept is not None and cache.kept.search(text):
        return True
    if asks_for(text, cache):
        return True
    if not any(word in text for word in cache.offline):
        return False
    for piece in _PIECES.split(text):
        words = _WORDS.findall(piece)
        if not cache.offline.isdisjoint(words) and any(_calls(word, cache) for word in words):
            return True
    return False


def _calls(word: str, cache: Cache) -> bool:
    name = word.rpartition("/")[2]
    manager = manager_of(name)
    return name in cache.runners or (manager is not None and manager.cache is cache)
