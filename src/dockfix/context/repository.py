"""Whether a build, or what it makes, asks for the history of its repository.

A build tool runs what the project tells it. So it asks Git for something only if a file that says
how the project is built speaks of Git, other than by an address or the name of a file; or if the
tool does so by itself. The second kind is known by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dockfix.shell.patterns import lazy

_COMMANDS = lazy(
    r"\bgit[ \t]+(?!clone\b|version\b|config[ \t]+--(?:global|system)\b)[a-z-]"
    r"|\bgit[\"'][ \t]*,[ \t]*[\"'](?:-C\b|describe|diff|log|rev-list|rev-parse|show|status|tag)"
    r"|(?:^|[\s\"'/])\.git(?![\w.-])"
)
#: What asks for the history without a word of Git in the project: plugins for versions and for
#: dates of pages, clients that report the commit an application is of (sentry-sdk's
#: get_default_release, sentry-ruby's ReleaseDetector, airbrake's and honeybadger's revisions,
#: dd-trace's git_metadata), Spotless' ratchetFrom.
_ASKING = lazy(
    r"setuptools[_-]scm|use_scm_version|hatch-vcs|versioneer|\bpbr\b|flit[_-]scm|versioningit"
    r"|source *= *[\"']scm[\"']|dynamic-versioning|dunamai|fetch_git_sha|vergen|shadow-rs|grgit"
    r"|jgit|nerdbank|minver|axion-release|reckon|nebula|shipkit|buildnumber|dynver|ratchet|vcs_tag"
    r"|\bhusky\b|lerna|changesets|semantic-release|dulwich|showLastUpdate|lastUpdated|\bnextra\b"
    r"|next-build-id|unplugin-info|pretty-quick|chromatic|sentry|\braven\b|airbrake|honeybadger|scout_apm|dd-trace|ddtrace|goreleaser"
)
#: Commands that look at what has changed, and refuse to work without a repository.
_CHANGED = lazy(
    r"\bpre-commit[ \t]+(?:install|run)|\blint-staged\b|\blefthook\b|\bcommitlint\b"
    r"|\bturbo\b[^&|;\n]{0,120}[ \t](?:--affected\b|--filter[= ]\S*\[)"
    r"|--filter[= ][\\\"']{0,2}\.\.\.\["
    r"|\bnx[ \t]+affected|\bjest\b[^&|;\n]{0,80}[ \t](?:-o\b|--only-?[cC]hanged)"
    r"|--changed(?:Since|-since)?\b|--since\b|\bantora\b|standard-version|auto-changelog|release-it"
)
#: A mention of Git that asks for nothing: an address, the name of a file, a service, a source.
_TOLD = lazy(
    r"(?:git\+)?(?:https?|ssh|git|file)://[^\s\"'<>]*|git@[^\s\"'<>]*|scm:git:[^\s\"'<>]*"
    r"|(?<![\w./-])[\w./-]{1,200}\.git(?=[\"'\s<#)]|$)|\.git(?:ignore|attributes|keep|modules|hub|lab)\w*"
    r"|\"type\"\s*:\s*\"git\"|\bgit[\"']?\s*(?:=>|=|:)\s*[\"'{]|\bgit[ \t]+[\"']"
    r"|[gG]it-?(?:[hH]ub|[lL]ab|ea|book|pod|kraken|ter|bucket|flow)\w*"
    r"|\bgit[ \t]+(?:clone|version|config[ \t]+--(?:global|system))\b"
)
_GIT = lazy(r"(?<![A-Za-z])(?:git|Git|GIT)|(?<=[a-z])Git(?![a-z])")
#: How a program asks for the history: by git, or by files of the repository.
_CODE_ASKS = lazy(
    r"[\"'`]git(?:[\"'][ \t]*,[^\n\])]{0,80}[\"']| (?:[^\"'`\n]{0,80} )?)(?:-C|branch|describe|diff"
    r"|log|ls-files|rev-list|rev-parse|show|status|tag)\b"
    r"|\.git(?:/|[\"'][ \t]*,[ \t]*[\"'])(?:HEAD|refs|logs|index)\b"
    r"|fetch_git_sha|\bgit-rev|\bgit\.Repo\("
)


def is_asked_for(
    commands: Iterable[str],
    builds: Iterable[str],
    code: Iterable[str],
    stamps: Callable[[str], bool],
) -> bool:
    """True if somebody may ask for the history.

    `commands` are those of Dockerfiles and the scripts that they run, `builds` what says how the
    project is built, `code` its programs; `stamps` is true for a text with a command that writes
    the commit into what it builds.
    """
    for text in commands:
        if _COMMANDS.search(text) or _asks(text) or stamps(text):
            return True
    for text in builds:
        if _speaks_of_git(text) or _asks(text) or _CODE_ASKS.search(text) or stamps(text):
            return True
    return any(map(_CODE_ASKS.search, code))


def _asks(text: str) -> bool:
    return _ASKING.search(text) is not None or _CHANGED.search(text) is not None


def _speaks_of_git(text: str) -> bool:
    """True if a text has to do with Git in a way that is not known to be harmless."""
    if "git" not in text and "Git" not in text and "GIT" not in text:
        return False
    return _COMMANDS.search(text) is not None or _GIT.search(_TOLD.sub(" ", text)) is not None
