"""What package managers and build tools could keep between builds, and where: a table, for root.

A cache mount lies over a folder while its RUN runs, and is no part of the image. So it may only lie
over what nobody misses afterwards: downloads, never what is installed. A store that a program runs
from (Go's modules, Maven's repository) is mounted only in stages whose results are copied out.

Not in the table: pnpm, which links out of its store and would have to copy across the mount, unless
it is told where the store is; yarn from 2 on, whose cache is what the program runs from.
"""

from __future__ import annotations

from dockfix.packages.apt import APT
from dockfix.packages.caches import CACHES, cleans_up
from dockfix.packages.command import program_of
from dockfix.packages.language import PIP
from dockfix.packages.manager import words
from dockfix.records import Record
from dockfix.shell.tree import Simple


class Mount(Record):
    """The folders of one program. `verbs` are those that profit (empty: any call does).

    `bases` are the official images where `targets` is known to be the place (empty: everywhere),
    `names` of environment variables that move it; `option` keeps the program from storing anything
    and goes; `offline` are words of a command that relies on what was there before. `locked`: one
    build at a time. `home`: it lies in the home of root. `store`: see above.
    """

    name: str
    programs: frozenset[str]
    verbs: frozenset[str]
    targets: tuple[str, ...]
    bases: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    option: str = ""
    offline: frozenset[str] = frozenset()
    locked: bool = False
    home: bool = False
    store: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of RUN that mount it."""
        sharing = ",sharing=locked" if self.locked else ""
        return tuple(f"--mount=type=cache,target={target}{sharing}" for target in self.targets)

    def serves(self, simple: Simple) -> bool:
        """Whether a command profits from it."""
        found = program_of(simple)
        if found is None or found[0] not in self.programs:
            return False
        rest = [word.value or "" for word in simple.words[found[1] :]]
        if not self.offline.isdisjoint(rest):
            return False
        return not self.verbs or any(word in self.verbs for word in rest)


_XDG = ("HOME", "XDG_CACHE_HOME")
MOUNTS = (
    # below /var/lib/apt there is more than lists: which packages were installed by hand
    Mount(
        "apt", APT.programs, words("update install"),
        ("/var/cache/apt", "/var/lib/apt/lists"), locked=True,
    ),
    Mount("apk", words("apk"), words("add upgrade"), ("/var/cache/apk",), option="--no-cache",
          offline=words("--no-network --cache-dir --root -p"), locked=True),
    Mount(
        "pip", PIP.programs, words("install wheel download"),
        ("/root/.cache/pip",), names=(*_XDG, "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR"),
        option="--no-cache-dir", offline=words("--cache-dir --no-index"), home=True,
    ),
    Mount("npm", words("npm"), words("install i ci add"), ("/root/.npm",),
          names=("HOME", "npm_config_cache", "NPM_CONFIG_CACHE"),
          offline=words("--cache --offline"), home=True),
    Mount("yarn", words("yarn"), words("global"), ("/usr/local/share/.cache/yarn",),
          names=(*_XDG, "YARN_CACHE_FOLDER"), offline=words("--cache-folder --offline")),
    Mount(
        "go", words("go"), words("build install mod test vet get generate"),
        ("/go/pkg/mod", "/root/.cache/go-build"), bases=words("golang"),
        names=(*_XDG, "GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS"), home=True, store=True,
    ),
    Mount("cargo", words("cargo"), words("build install fetch test check run"),
          ("/usr/local/cargo/registry",), bases=words("rust"), names=("CARGO_HOME",),
          offline=words("--offline --frozen"), store=True),
    Mount("maven", words("mvn"), frozenset(), ("/root/.m2/repository",), bases=words("maven"),
          names=("HOME", "MAVEN_CONFIG", "MAVEN_OPTS"), offline=words("-o --offline"), home=True,
          store=True),
    Mount("gradle", words("gradle gradlew"), frozenset(), ("/root/.gradle",),
          bases=words("eclipse-temurin openjdk"), names=("HOME", "GRADLE_USER_HOME"),
          offline=words("--offline"), home=True, store=True),
    Mount("composer", words("composer"), words("install update require create-project"),
          ("/root/.composer/cache",), bases=words("php"),
          names=(*_XDG, "COMPOSER_HOME", "COMPOSER_CACHE_DIR"), option="--no-cache", home=True),
    Mount("bundler", words("bundle"), words("install"), ("/usr/local/bundle/cache",),
          bases=words("ruby"), names=("GEM_HOME", "BUNDLE_PATH"), offline=words("--local")),
)  # fmt: skip

#: Deletes every archive behind apt's back, in the official images of Debian and Ubuntu.
DOCKER_CLEAN = "/etc/apt/apt.conf.d/docker-clean"


def pointless(mount: Mount, text: str) -> bool:
    """Whether a command, given as text, only empties what the mount keeps out of the image."""
    words_of = text.split()
    if words_of[:1] == ["rm"]:
        operands = [word for word in words_of[1:] if word[:1] != "-"]
        return bool(operands) and all(
            any(f"{operand}/".startswith(f"{target}/") for target in mount.targets)
            for operand in operands
        )
    return cleans_up(text, tuple(one for one in CACHES if one.name == mount.name))
