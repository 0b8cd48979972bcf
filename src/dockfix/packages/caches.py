"""What package managers leave behind for next time, and what gets rid of it: a table.

An image has no next time. Where a manager has an option that keeps it from storing anything, the
option is the way; else a command that cleans up, in the RUN that made the mess. Sources are the
managers' own pages; what is odd about one stands beside it.

Not in the table: go and cargo, whose stores are what a build works on and which a stage for
building does not ship anyway (a cache mount is the way), and bundler, whose `cache` lies below a
path that is set in many ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dockfix.packages import apk, language, pacman, rpm
from dockfix.packages.command import program_of
from dockfix.packages.manager import words
from dockfix.packages.old_images import (
    before_2015,
    before_apk_no_cache,
    before_conda_clean,
    before_gem_2,
)
from dockfix.records import Record
from dockfix.remembered import cached_by_identity
from dockfix.shell.tree import Script, Simple, Word


class Cache(Record):
    """What one manager leaves behind. `aliases` are the names that other linters have for it.

    `signs` are texts of which one stands in every file that calls it. `programs` are its names;
    `fills` the verbs that leave something, `cleans` those that clean up, `others` the rest as far
    as it must be known where the verb stands. `option` goes behind a verb of `fills`, taking the
    place of one in `instead`, and `why` says what for; or `cleanup` are the commands that clean up
    (`{}` is the program as it was called). A command with a word of `settled` is left alone, and so
    is a script with a text of `cleaned` in it or a file that sets a name of `names`: somebody has
    made up his mind.

    `folders` is where it lies, `offline` are words by which a later command lives on it, `junk`
    are the operands of an `rm` that cleans up, and `wipes` the verbs and operands of a command of
    the manager that does. `shipped` says that it is only worth the trouble in a stage whose layers
    an image gets. `unknown` says of a base image, by its name, that the manager is from before its
    `option` or `cleanup`, and would stop at it.
    """

    name: str
    signs: tuple[str, ...]
    programs: frozenset[str]
    fills: frozenset[str]
    cleans: frozenset[str]
    folders: tuple[str, ...]
    others: frozenset[str] = frozenset()
    option: str = ""
    why: str = ""
    instead: frozenset[str] = frozenset()
    cleanup: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()
    cleaned: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    offline: frozenset[str] = frozenset()
    junk: frozenset[str] = frozenset()
    wipes: frozenset[str] = frozenset()
    shipped: bool = False
    aliases: tuple[str, ...] = ()
    unknown: Callable[[str], bool] | None = None


class Use(Record):
    """A command that calls a manager. `program` is its text up to and with the program's name."""

    cache: Cache
    simple: Simple
    program: str
    verb: Word | None
    words: tuple[Word, ...]

    @property
    def fills(self) -> bool:
        """Whether it leaves something behind."""
        return self.verb is not None and self.verb.value in self.cache.fills

    @property
    def cleans(self) -> bool:
        """Whether it cleans up, at least partly."""
        return self.verb is not None and self.verb.value in self.cache.cleans

    @property
    def replaces_itself(self) -> bool:
        """Whether it installs its own manager, so that nobody knows what a next call would run."""
        name = self.cache.name
        return any((word.value or "").partition("@")[0] == name for word in self.words)

    def says(self, among: frozenset[str]) -> bool:
        """Whether one of its words is among these, a value behind `=` aside."""
        said = [(word.value or word.text).partition("=")[0] for word in self.words]
        return not among.isdisjoint(said)


def _folder(path: str) -> frozenset[str]:
    return words(f"{path} {path}/ {path}/*")


APT = Cache(
    name="apt",
    signs=("apt",),
    programs=words("apt-get apt aptitude"),
    fills=words("update"),
    cleans=words("clean autoclean distclean dist-clean"),
    wipes=frozenset(("clean", "autoclean")),
    folders=("/var/lib/apt/", "/var/cache/apt/"),
    cleanup=("rm -rf /var/lib/apt/lists/*",),
    cleaned=("/var/lib/apt", "/var/lib/{apt", ",apt", "distclean", "dist-clean", "Dir::"),
    junk=_folder("/var/lib/apt/lists"),
    aliases=("DL3009",),
)
#: With --no-cache apk fetches its index anew and keeps it in memory: neither an `apk update` before
#: it nor a removal behind it has anything left to do (apk(8)).
APK = Cache(
    name="apk",
    signs=("apk",),
    programs=apk.APK.programs,
    fills=words("add upgrade fix"),
    cleans=words("cache"),
    others=words("update del search info list policy fetch dot stats manifest index audit verify"),
    folders=("/var/cache/apk/", "/etc/apk/cache/"),
    option="--no-cache",
    why="the image needs no index",
    instead=words("-U --update --update-cache"),
    settled=words("--no-cache --cache-dir --no-network --cache-packages --cache-max-age"),
    cleaned=("/etc/apk/cache", "setup-apkcache"),
    junk=_folder("/var/cache/apk"),
    aliases=("DL3019",),
    unknown=before_apk_no_cache,
)
_RPM = words(
    "install localinstall in upgrade update up reinstall groupinstall group module swap makecache",
    "distro-sync dsync downgrade builddep upgrade-minimal update-minimal history install-n",
)
_RPM_OTHERS = words(
    "remove erase autoremove rm repolist config-manager copr versionlock mark check-update search",
    "info list provides repoquery",
)
_CACHE_ONLY = words("-C --cacheonly")
#: yum leaves what repositories that are now disabled have brought, and says so itself.
YUM = Cache(
    name="yum",
    signs=("yum",),
    programs=words("yum"),
    fills=_RPM,
    cleans=words("clean"),
    wipes=frozenset(("clean all",)),
    others=_RPM_OTHERS,
    folders=("/var/cache/yum/", "/var/cache/dnf/"),
    cleanup=("{} clean all", "rm -rf /var/cache/yum"),
    settled=words("--installroot"),
    cleaned=("/var/cache/yum", "/var/cache/dnf"),
    offline=_CACHE_ONLY,
    junk=_folder("/var/cache/yum"),
    aliases=("DL3032",),
)
#: dnf5 keeps its cache elsewhere than dnf 4; `clean all` knows where.
DNF = YUM._replace(
    name="dnf",
    signs=("dnf",),
    programs=rpm.YUM.programs - words("yum"),
    folders=("/var/cache/dnf/", "/var/cache/libdnf5/", "/var/cache/yum/", "/var/cache/tdnf/"),
    cleanup=("{} clean all",),
    cleaned=("/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum", "/var/cache/tdnf"),
    aliases=("DL3040",),
    junk=_folder("/var/cache/dnf") | _folder("/var/cache/yum") | _folder("/var/cache/libdnf5"),
)
ZYPPER = Cache(
    name="zypper",
    signs=("zypper",),
    programs=rpm.ZYPPER.programs,
    fills=words("install in update up dist-upgrade dup patch refresh ref"),
    cleans=words("clean cc"),
    wipes=frozenset(("clean", "cc")),
    others=words(
        "search se info if remove rm addrepo ar removerepo rr modifyrepo mr repos lr addlock al"
    ),
    folders=("/var/cache/zypp/",),
    cleanup=("{} clean -a",),
    settled=words("--root -R --installroot --cache-dir -C"),
    cleaned=("/var/cache/zypp",),
    offline=words("--no-refresh --no-remote"),
    junk=_folder("/var/cache/zypp"),
    aliases=("DL3036",),
)
#: `pacman -Scc --noconfirm` keeps every file: it takes the default answer, which is "no".
PACMAN = Cache(
    name="pacman",
    signs=("pacman",),
    programs=pacman.PACMAN.programs,
    fills=words("install"),
    cleans=words("clean"),
    folders=("/var/cache/pacman/",),
    cleanup=("rm -rf /var/cache/pacman/pkg/*",),
    settled=words("--root -r --sysroot --cachedir --dbpath -b --config"),
    cleaned=("/var/cache/pacman", "-Scc", "-Sc ", "paccache"),
    junk=_folder("/var/cache/pacman/pkg"),
)
PIP = Cache(
    name="pip",
    signs=("pip",),
    programs=language.PIP.programs,
    fills=words("install"),
    cleans=words("cache"),
    others=words("uninstall download wheel search index list show freeze check config debug"),
    folders=("/root/.cache/pip/",),
    option="--no-cache-dir",
    why="the image needs no second copy of what it installs",
    settled=words("--no-cache-dir --no-cache --cache-dir --no-index --download-cache"),
    cleaned=(".cache", "pip.conf", "pip config", "pip cache", "PIP_"),
    names=("PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "PIP_CONFIG_FILE", "XDG_CACHE_HOME"),
    aliases=("DL3042",),
    unknown=before_2015,
)
#: Not a cache, but as little needed: documentation that gem generates for every gem. The official
#: images of ruby turn it off in /usr/local/etc/gemrc.
GEM = Cache(
    name="gem",
    signs=("gem",),
    programs=language.GEM.programs,
    fills=words("install i update"),
    cleans=frozenset(),
    others=words("uninstall cleanup list sources build push environment env which fetch pristine"),
    folders=(),
    option="--no-document",
    why="nobody reads the documentation of gems in an image",
    settled=words("--no-document --no-doc --no-ri --no-rdoc -N --document --ri --rdoc --system"),
    cleaned=("gemrc",),
    unknown=before_gem_2,
)
#: Since npm 5 `cache clean` refuses to work without --force; older ones take it, too.
NPM = Cache(
    name="npm",
    signs=("npm",),
    programs=language.NPM.programs,
    fills=words(
        "install i in ins inst insta instal isnt isnta isntal isntall add ci clean-install",
        "install-clean install-test it cit update up upgrade install-ci-test",
    ),
    cleans=words("cache"),
    wipes=frozenset(("cache clean", "cache clear")),
    others=words(
        "uninstall remove rm un run run-script test t start stop restart build exec config set get",
        "link ln audit prune rebuild version init publish pack view ls list dedupe shrinkwrap",
        "explain fund login whoami",
    ),
    folders=("/root/.npm/",),
    cleanup=("{} cache clean --force",),
    settled=words("--cache --offline --prefer-offline"),
    cleaned=(".npm", "npm_config_cache", "NPM_CONFIG_CACHE", "npm config set cache"),
    names=("npm_config_cache", "NPM_CONFIG_CACHE"),
    offline=words("--cache --offline --prefer-offline"),
    shipped=True,
)
#: The cache of yarn 1 only: that of later ones holds what the program runs on.
YARN = Cache(
    name="yarn",
    signs=("yarn",),
    programs=words("yarn yarnpkg"),
    fills=words("install add global upgrade"),
    cleans=words("cache"),
    wipes=frozenset(("cache clean",)),
    others=words(
        "run build test start config remove exec set workspaces workspace why info list link",
    ),
    folders=("/root/.cache/yarn/", "/usr/local/share/.cache/yarn/"),
    cleanup=("{} cache clean",),
    settled=words("--cache-folder --offline --prefer-offline"),
    cleaned=(".cache", "YARN_CACHE_FOLDER"),
    names=("YARN_CACHE_FOLDER", "XDG_CACHE_HOME"),
    offline=words("--cache-folder --offline --prefer-offline"),
    shipped=True,
    aliases=("DL3060",),
)
PNPM = Cache(
    name="pnpm",
    signs=("pnpm",),
    programs=words("pnpm"),
    fills=words("install i add update up"),
    cleans=words("store"),
    wipes=frozenset(("store prune",)),
    # what is fetched is meant for an install to come
    others=words(
        "fetch run build test start exec dlx config remove rm rebuild deploy prune setup -r"
    ),
    folders=("/pnpm/store/", "/root/.pnpm-store/"),
    cleanup=("{} store prune",),
    settled=words("--offline --prefer-offline --store-dir"),
    cleaned=("pnpm/store", ".pnpm-store", "store-dir"),
    offline=words("--offline --prefer-offline"),
    shipped=True,
)
COMPOSER = Cache(
    name="composer",
    signs=("composer",),
    programs=words("composer composer.phar"),
    fills=words("install update upgrade require create-project global"),
    cleans=words("clear-cache clearcache cc"),
    wipes=frozenset(("clear-cache", "clearcache")),
    others=words("run-script dump-autoload dumpautoload self-update config remove show"),
    folders=("/root/.composer/cache/", "/root/.cache/composer/", "/tmp/cache/"),
    cleanup=("{} clear-cache",),
    settled=words("--no-cache"),
    cleaned=(".composer", "COMPOSER_CACHE_DIR", "COMPOSER_HOME", ".cache", "--no-cache"),
    names=("COMPOSER_CACHE_DIR", "COMPOSER_HOME"),
    shipped=True,
)
#: `clean -f` is in the documentation since conda 4.6.
CONDA = Cache(
    name="conda",
    signs=("conda", "mamba"),
    programs=words("conda mamba micromamba"),
    fills=words("install create update upgrade env"),
    cleans=words("clean"),
    wipes=frozenset(("clean",)),
    others=words("remove uninstall run init config activate list info search build shell"),
    folders=("/opt/conda/pkgs/", "/root/.conda/pkgs/", "/root/miniconda3/pkgs/"),
    cleanup=("{} clean -afy",),
    settled=words("--offline --download-only --use-index-cache"),
    cleaned=("/pkgs", "build/", "CONDA_PKGS_DIRS"),
    names=("CONDA_PKGS_DIRS",),
    offline=words("--offline -C --use-index-cache"),
    shipped=True,
    unknown=before_conda_clean,
)

#: apt first, the rest by the places where their commands are put.
CACHES = (APT, APK, YUM, DNF, ZYPPER, PACMAN, PIP, GEM, NPM, YARN, PNPM, COMPOSER, CONDA)
_BY_PROGRAM = {program: one for one in CACHES for program in one.programs}


_SIGNS = tuple(sign for one in CACHES for sign in one.signs)


def is_named(cache: Cache, source: str) -> bool:
    """Whether a text may speak of a cache's manager."""
    return any(map(source.__contains__, cache.signs))


@cached_by_identity
def uses(script: Script) -> tuple[Use, ...]:
    """The commands of a script, those in substitutions too, that call a manager."""
    found = tuple(_uses(script))
    # what is called by a name that quotes divide is left alone
    return found if found and any(map(script.text.__contains__, _SIGNS)) else ()


def _uses(script: Script) -> Iterator[Use]:
    for simple in script.nested:
        found = program_of(simple)
        if found is None:
            continue
        name, position = found
        cache = _BY_PROGRAM.get(name)
        if cache is not None:
            yield _use(cache, simple, position, script.text)


def _use(cache: Cache, simple: Simple, position: int, text: str) -> Use:
    rest = simple.words[position:]
    fills, cleans, others = cache.fills, cache.cleans, cache.others
    verb: Word | None = None
    for word in rest:
        value = word.value
        if value in fills or value in cleans or value in others:
            verb = word
            break
    if cache is YARN and not rest:
        verb = simple.words[position - 1]._replace(value="install")
    if cache is PACMAN:
        actions = ((word, pacman.action(word.value or "")) for word in rest)
        verb = next((word._replace(value=action) for word, action in actions if action), None)
    kept = [one for one in simple.assignments if one.name == "HOME" or one.name in cache.names]
    program = text[simple.words[0].start : simple.words[position - 1].end]
    front = "".join(f"{text[one.start : one.end]} " for one in kept)
    return Use(cache, simple, front + program, verb, rest)


def covered(cache: Cache, mount: str) -> bool:
    """Whether a mount (the value of its flag) lies over a cache, or over a folder it is in."""
    target = ""
    for option in mount.split(","):
        name, _, value = option.partition("=")
        if name == "type" and value in ("secret", "ssh"):
            return False
        if name in ("target", "dst", "destination"):
            target = value.rstrip("/") + "/"
    if not target or "$" in target:
        return True
    return any(
        folder.startswith(target) or target.startswith(folder) or _at_home(folder, target)
        for folder in cache.folders
    )


def _at_home(folder: str, target: str) -> bool:
    """Whether a path may be that of a cache in the home of somebody else than root."""
    if not folder.startswith("/root/"):
        return False
    below = folder.removeprefix("/root")
    parts = below.split("/")
    return below in target or any(
        target.endswith("/".join(parts[:end]) + "/") for end in range(2, len(parts))
    )


def _assigns(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def cleans_up(text: str, caches: Iterable[Cache] = CACHES) -> bool:
    """Whether a command, given as text, does nothing but clean up after one of the managers."""
    found = text.split()
    while found and (found[0] in ("sudo", "-u") or found[0][:1] == "-" or _assigns(found[0])):
        del found[: 2 if found[0] == "-u" else 1]
    if not found:
        return False
    name = found[0].rpartition("/")[2]
    if found[0] != "rm" and name not in _CLEANERS:
        return False
    rest = [word for word in found[1:] if word[:1] != "-"]
    if found[0] == "rm":
        return bool(rest) and any(one.junk.issuperset(rest) for one in caches)
    return any(" ".join(rest) in one.wipes and name in one.programs for one in caches)


#: The programs of managers that clean up themselves.
_CLEANERS = frozenset().union(*(one.programs for one in CACHES if one.wipes))
