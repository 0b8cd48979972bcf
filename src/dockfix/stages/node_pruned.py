"""Node.js: whether the packages that are listed for development alone can go when all is built.

`npm prune --omit=dev` takes those out of `node_modules` that nothing but `devDependencies` asks
for, by the lock file; it asks no registry, runs no scripts and leaves the lock file as it is (tried
with npm 11.19). What is left is what a production install of the same lock file has. So the
question is whether something asks for more than its manifest says when it runs:

- The start is `node` with a file, or a script of the manifest that is; it calls no other program.
- All source of the project is read, but for tests and for settings that only tools read. None of it
  imports a package that would go, names one of `devDependencies` in a text, or imports by a name
  that is not told. What a build writes comes of that source: only compilers and bundlers run, which
  take imports over; a package with their helpers (tslib) would have to stay.
- No package that stays has one that would go for an optional peer, which it may look for.
- No Compose file, pipeline or the like is seen to run something else of it (`npm test`).

Where any of that is not so, or not seen, nothing is pruned.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from dockfix.dockerfile.tree import Instruction
from dockfix.managers.manager import words
from dockfix.managers.manifests.node_commands import MANAGERS, PROGRAMS
from dockfix.managers.manifests.node_pruning import (
    DEVELOPING,
    FOR_PRODUCTION,
    RUNNING,
    SETTINGS,
    SINCE,
    pruned,
    script_of,
)
from dockfix.shell.patterns import lazy
from dockfix.stages.node_calls import calls
from dockfix.stages.source import is_shell_script
from dockfix.stages.view import View

_SOURCE = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".vue", ".svelte")
#: Files that are read when something is tested or built, and not when it runs.
_NOT_RUN = lazy(
    r"(?:.*/)?(?:__tests__|__mocks__|tests?|e2e|spec|cypress|\.storybook)/.*"
    r"|.*\.(?:test|spec|e2e-spec|stories|d)\.[cm]?[jt]sx?"
)
#: Tools, by the first words of the names of their settings.
_CONFIGURED = words(
    "babel commitlint cypress eslint jest karma lint playwright postcss prettier rollup rspack",
    "stylelint tailwind tsup vite vitest webpack",
)
_IMPORT = lazy(
    r"(?:\bfrom|\bimport|\brequire\s*\(|\brequire\.resolve\s*\(|\bimport\s*\()\s*[\"'`]"
    r"((?:@[\w.~-]+/)?[\w.~-]+)(?:/[^\"'`\n]*)?[\"'`]"
)
#: An import of types alone, which a compiler leaves out.
_OF_TYPES = lazy(r"\b(?:import|export)\s+type\s[^;]*?\bfrom\s*[\"'][^\"']*[\"']")
#: An import by a name that is not told; one that begins with a folder of its own is told enough.
_UNTOLD = lazy(
    r"(?<![.\w])(?:require|import)\s*\((?!\s*(?:[\"']|`(?:\./|\.\./|[^`$]*`)))"
    r"|\bcreateRequire\b|\brequire\s*\[|\bmodule\.require\b|\bvm\.(?:run|Script)"
)
#: Compilers and bundlers that take imports over from source to output, and what only moves files.
_PLAIN_BUILDS = MANAGERS | words(
    ": babel copyfiles cp cpx cpy cross-env del del-cli echo env esbuild eslint exit husky",
    "jest mkdir mkdirp mv ncp nest prettier rimraf rm rollup shx swc test true tsc tsc-alias tsup",
)
#: Packages that compilers write imports of, into what they make.
_HELPERS = words(
    "@babel/runtime @babel/runtime-corejs2 @babel/runtime-corejs3 @swc/helpers core-js",
    "core-js-pure regenerator-runtime source-map-support tslib",
)
_HELPED = lazy(
    r"importHelpers|externalHelpers|plugin-transform-runtime|useBuiltIns|preset-env|jsc\b"
    r"|@babel/|noEmitHelpers|source-map-support"
)
_COMPONENTS = (".jsx", ".tsx", ".vue", ".svelte")
#: Packages that others load by a name that looks like any word, and names that look like none.
_ENGINES = words("ejs handlebars hbs jade mustache nunjucks pug sass twig")
_OWN_NAME = lazy(r"[/-]")
_FRAMEWORKS = words("preact react solid-js svelte vue")
#: What asks for packages by ways of its own, or keeps in their folder what a build made.
_UNKNOWN = words("@prisma/client module-alias patch-package prisma sequelize-cli typeorm-extension")
_WORD = lazy(r"[\w./:=@-]+")
_INIT = lazy(r"(?:/\S*/)?(?:dumb-init|tini)\s+(?:--\s+)?")
#: Files beside source that may name packages, and those that only tools read.
_NAMING = (".json", ".yaml", ".yml", ".toml", ".html", ".ejs", ".hbs", ".pug")
_OF_TOOLS = lazy(
    r"(?:.*/)?(?:package(?:-lock)?|[\w.-]*tsconfig[\w.-]*|nest-cli|\.?(?:babel|eslint|jest|prettier"
    r"|stylelint|commitlint|lint-staged|mocha|nyc|swc|release|renovate|nodemon)[\w.-]*)\.?"
    r"(?:json|ya?ml|rc|toml)?|(?:.*/)?\.(?:github|vscode|circleci|husky)/.*|(?:.*/)?\.[\w-]+rc"
    r"(?:\.\w+)?|(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml"
)
_LINES = words("latest lts current gallium hydrogen iron jod krypton")
#: Options of Node.js that load something.
_LOADING = lazy(r"--(?:require|import|loader|experimental-loader|env-file|conditions)\b")


def prunes(
    view: View,
    last: Instruction,
    folder: str,
    installs: Sequence[Sequence[str]],
    built: Collection[str],
) -> bool:
    """True if packages for development can go once the build is done.

    `last` is where the build ends, `installs` are its installs by their words, and `built` the
    programs that it calls.
    """
    first = view.image.reference.tag.partition("-")[0].partition(".")[0]
    if (
        not (first in ("", *_LINES) or (first.isdecimal() and int(first) >= SINCE))
        or view.facts.places[last.start].base != folder
        or not set(built) <= _PLAIN_BUILDS
        or SETTINGS.search(view.text)
        or FOR_PRODUCTION.search(view.above(last))
        or view.context is None
        or any(DEVELOPING.search(text) for text in view.context.container_commands())
    ):
        return False
    found = pruned(view.project(last, folder), installs)
    if found is None or not _UNKNOWN.isdisjoint(found.gone | found.kept):
        return False
    return _starts_a_file(view, found.scripts) and not _is_asked_for(view, found.gone, found.listed)


def _starts_a_file(view: View, scripts: dict[str, str]) -> bool:
    """True if the container starts Node.js with a file, and nothing else."""
    starts = {"ENTRYPOINT": "", "CMD": ""}
    for one in view.instructions:
        if one.keyword == "HEALTHCHECK" and RUNNING.search(one.arguments):
            return False
        if one.keyword in starts:
            starts[one.keyword] = " ".join(one.json) if one.json is not None else one.arguments
    text = _INIT.sub("", " ".join(starts.values()).strip(), count=1)
    text = script_of(text, scripts)
    rest = text.split()
    while rest and (rest[0] == "exec" or "=" in rest[0]):
        rest.pop(0)
    if rest[:1] != ["node"] or not all(map(_WORD.fullmatch, rest)):
        return False
    rest.pop(0)
    while rest and rest[0].startswith("--"):
        if _LOADING.match(rest.pop(0)):
            return False
    return bool(rest) and rest[0][:1] != "-" and "node_modules" not in rest[0]


def _is_for_tools(path: str) -> bool:
    """True if a file is read when something is tested or built, and not when it runs."""
    if _NOT_RUN.fullmatch(path):
        return True
    *folders, name = path.split("/")
    tool = re.split(r"[.-]", name.lstrip("."))[0].removesuffix("rc")
    is_named = ".conf" in name or name[:1] == "." or (tool == "webpack" and name.count(".") > 1)
    return tool in _CONFIGURED and is_named and not {"src", "server", "lib"}.intersection(folders)


def _is_asked_for(view: View, gone: frozenset[str], listed: frozenset[str]) -> bool:
    """True if something of the project may ask for a package that would go, when it runs."""
    told = {name for name in gone if name in listed or name in _ENGINES or _OWN_NAME.search(name)}
    names = re.compile("[\"'`](?:" + "|".join(map(re.escape, sorted(told))) + ")[\"'`/]")
    for path in view.files:
        name = path.rpartition("/")[2]
        text = view.read(path)
        if name.startswith(("tsconfig", "babel", ".babelrc", ".swcrc", "package.json")) and (
            _HELPED.search(text) and not _HELPERS.isdisjoint(gone)
        ):
            return True
        if path.endswith(_COMPONENTS) and not _FRAMEWORKS.isdisjoint(gone):
            return True
        if is_shell_script(path, text) and name in view.text:
            return True
        # programs may have no ending: bin/www
        is_source = path.endswith(_SOURCE) or "." not in name
        is_source &= not _is_for_tools(path)
        if not is_source and not (path.endswith(_NAMING) and not _OF_TOOLS.fullmatch(path)):
            continue
        text = _OF_TYPES.sub("", text)
        if is_source and (not gone.isdisjoint(_IMPORT.findall(text)) or _UNTOLD.search(text)):
            return True
        if "node_modules" in text or (told and names.search(text)):
            return True
        if is_source and not (gone | PROGRAMS).isdisjoint(calls(path, text)):
            return True
    return False
