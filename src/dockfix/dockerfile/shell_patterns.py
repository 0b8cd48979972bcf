"""Patterns of `*` and `?` in substitutions: `${name#pattern}`, `${name/pattern/new}` (lex.go)."""

from __future__ import annotations

import re

from dockfix.errors import ExpansionError

_GLOB_TOKEN = r"\\([}/])|(\\(.?))|([*?])|([^\\*?]+)"
_GO_TEMPLATE = r"\$(?:(\$)|(\w+)|\{(\w+)\})"


def _glob(pattern: str, *, longest: bool) -> str:
    """A regular expression for a shell pattern of `*` and `?` (convertShellPatternToRegex).

    Every `*` but the last may stop at the first place where what follows it fits, without a change
    to where the whole match can end; atomic groups say so, which keeps a match from trying all
    combinations. Raises ExpansionError for an escape of anything but `*`, `?`, `\\`, `}` and `/`.
    """
    segments = [""]
    for unescaped, escaped, target, wildcard, literal in re.findall(
        _GLOB_TOKEN, pattern, re.DOTALL
    ):
        if wildcard == "*":
            segments.append("")
        elif wildcard:
            segments[-1] += "."
        elif escaped:
            if target not in ("*", "?", "\\"):
                raise ExpansionError(f"invalid escape '\\{target}' in the pattern '{pattern}'")
            segments[-1] += re.escape(target)
        else:
            segments[-1] += re.escape(unescaped or literal)
    head, *others = segments
    if not others:
        return head
    star = ".*" if longest else ".*?"
    return head + "".join(f"(?>.*?{segment})" for segment in others[:-1]) + star + others[-1]


def trim_prefix(pattern: str, value: str, longest: bool) -> str:
    """A value without the part at its start that fits a pattern."""
    found = re.match(_glob(pattern, longest=longest), value)
    return value[found.end() :] if found else value


def trim_suffix(pattern: str, value: str, longest: bool) -> str:
    """A value without the part at its end that fits a pattern."""
    return trim_prefix(_reversed_pattern(pattern), value[::-1], longest)[::-1]


def _reversed_pattern(pattern: str) -> str:
    """`pattern` from its end, with escapes still in front of what they escape (reversePattern)."""
    return "".join(reversed(re.findall(r"\\.|.", pattern, re.DOTALL)))


def replaced(pattern: str, replacement: str, value: str, every: bool) -> str:
    """A value with the first place, or `every` one, that fits a pattern replaced."""
    glob = re.compile(_glob(pattern, longest=True))
    if not every:
        found = glob.search(value)
        if not found:
            return value
        return value[: found.start()] + replacement + value[found.end() :]
    result: list[str] = []
    last = 0
    for found in glob.finditer(value):
        result.append(value[last : found.start()])
        # Go skips an empty match right behind another match; Python does not.
        if found.end() > last or found.start() == 0:
            result.append(_go_template(replacement, found[0]))
        last = found.end()
    return "".join((*result, value[last:]))


def _go_template(replacement: str, matched: str) -> str:
    """Go's Regexp.Expand, which `//` uses and `/` does not: `$0` is the match, others are empty."""

    def fill(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        return matched if (found[2] or found[3]) == "0" else ""

    return re.sub(_GO_TEMPLATE, fill, replacement)
