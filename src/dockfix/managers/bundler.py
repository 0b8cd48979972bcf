"""bundler: Gemfile and Gemfile.lock. A Gemfile is a program: it is read where it is plain, and a
`gemspec` or `path:` in it is the source."""

from __future__ import annotations

import re

from dockfix.managers.manager import Manager, verbs, words
from dockfix.managers.manifests.shape import (
    Needs,
    Project,
    Reads,
    UnsureError,
    Wanted,
    joined,
    present,
    text_of,
    verb_of,
)
from dockfix.managers.parts import Cache, Lock, Mount
from dockfix.shell.patterns import lazy

_OPTION = lazy(
    r"(?:--jobs|--retry|--without|--with)[= ].+|-j *\d+|--(?:quiet|deployment|frozen|system)"
)
_LINE = lazy(
    r"source\s+['\"]https?://[^'\"]*['\"](?:\s+do)?|ruby\s+['\"][^'\"]*['\"]|end"
    r"|(?:group|platforms?)[\s:\w,]*+(?:\([\s:\w,]++\)\s*+do|(?<=\sdo))"
    r"|git_source\(:\w+\)\s*(?:\{[^}]*\}|do\s*\|\w+\|)|['\"]https://github\.com/#\{\w+\}\.git['\"]"
    r"|gem\s*+\(?\s*+['\"][\w.-]+['\"](?>(?:\s*+,\s*+(?:['\"][^'\"/]*['\"]|(?:require|group|groups|platforms?)"
    r"\s*(?:=>|:)[\[\]\s:'\"\w,]++|:(?:require|group|groups|platforms?)\s*=>[\[\]\s:'\"\w,]++"
    r"|(?:git|github):\s*['\"][^'\"]*['\"]|(?:branch|tag|ref):\s*['\"][^'\"]*['\"]))*)\s*\)?"
)
_RUBY_FILE = lazy(r"ruby\s*+\(?\s*+file:\s*+['\"](\.ruby-version|\.tool-versions)['\"]\s*+\)?")


def reads(values: list[str]) -> Reads | None:
    """What a command reads, told by its words; None: not understood."""
    verb, options = verb_of(values)
    if verb == "config" and "--local" not in options and "path" not in options:
        return Reads("bundle", installs=False) if "--global" in options else None
    words = joined(options, ("--jobs", "-j", "--retry", "--without", "--with"))
    if verb not in ("", "install") or not all(_OPTION.fullmatch(value) for value in words):
        return None
    frozen = {"--deployment", "--frozen"} & set(options)
    return Reads(
        "bundle",
        ("Gemfile",),
        ("Gemfile.lock", ".bundle", "vendor/cache", ".ruby-version", ".tool-versions"),
        ("vendor/bundle", ".bundle"),
        () if frozen else ("Gemfile.lock",),
        words=tuple(values),
    )


def needs(project: Project, command: Reads) -> Needs:
    """The Gemfile, its lock file, and the file that names the ruby."""
    found = ["Gemfile", *present(project, ("Gemfile.lock",))]
    for line in text_of(project, "Gemfile").splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", line).strip()
        named = _RUBY_FILE.fullmatch(line)
        if named:
            found += present(project, (named[1],))
        elif line and (not _LINE.fullmatch(line) or re.search(r"\bpath\b", line)):
            raise UnsureError(f"`{line}` in the Gemfile is not understood, or names the source")
    if re.search(r"(?m)^PATH$", project.read("Gemfile.lock") or ""):
        raise UnsureError("a gem of Gemfile.lock is a path of the project")
    if project.kind("vendor/cache"):
        raise UnsureError("gems kept in vendor/cache are part of the install")
    return Needs(tuple(found))


_GEM = lazy(r"    ([\w.-]+) \(([^)]+)\)")


def wants(project: Project, values: list[str]) -> list[Wanted]:
    """The gems that the lock file lists, those that other gems need among them."""
    text = project.read("Gemfile.lock")
    if text is None:
        raise UnsureError("there is no Gemfile.lock, which says what gems are installed")
    if re.search(r"(?m)^PATH$", text):
        raise UnsureError("a gem of Gemfile.lock is a path of the project")
    lines = text.replace("\r\n", "\n").split("\n")
    return [Wanted(found[1], found[2]) for line in lines if (found := _GEM.fullmatch(line))]


#: Where gems are downloaded to in the official images of ruby.
CACHE = Cache(
    name="bundler",
    folders=("/usr/local/bundle/cache",),
    fills=words("install"),
    names=("GEM_HOME", "BUNDLE_PATH"),
    mount=Mount(bases=words("ruby"), offline=words("--local")),
)

MANAGER = Manager(
    name="bundler",
    verbs=verbs(install="install", other="config exec update add clean cache package"),
    cache=CACHE,
    reads=reads,
    needs=needs,
    language="ruby",
    wants=wants,
    lock=Lock(
        ("Gemfile.lock",),
        words("install"),
        first="bundle config set frozen true",
        settled=("frozen", "deployment"),
        # bundle-config(1): `deployment` implies `frozen`
        frozen_by=words("BUNDLE_DEPLOYMENT BUNDLE_FROZEN"),
    ),
    manifests=("Gemfile",),
    versions=(".ruby-version",),
)
