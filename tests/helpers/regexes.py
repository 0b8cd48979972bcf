"""Looks for regular expressions that backtrack badly, by attacking them with what they repeat.

From the parse tree of a pattern come strings that walk into each of its repetitions, go round there
thousands of times, and then fail. A pattern whose time grows with the square of that, or worse, is
told by the clock. Run as a program, it attacks every pattern that dockfix compiles, those made
inside functions included, and prints the slow ones.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

LENGTH = 20_000
#: A linear pattern takes a thousandth of this, a quadratic one several times as long.
LIMIT = 0.25
METHODS = ("match", "fullmatch", "search", "finditer")
#: Methods that start anew behind every failure, as `search` does.
_SEARCHES = {"sub": "finditer", "subn": "finditer", "split": "finditer", "findall": "finditer"}
_CANDIDATES = "a0 x-./\t$\"'\\=:,;_&|\nZ"
_ENDS = ("\0", "\n", "!", '"', "")

_parser: Any = importlib.import_module("re._parser")
_compiler: Any = importlib.import_module("re._compiler")


class Regex(NamedTuple):
    """A pattern as dockfix compiles it, and the methods it is used with, as far as names tell."""

    pattern: str
    flags: int
    methods: tuple[str, ...] = METHODS


class Slow(NamedTuple):
    """An attack that took too long."""

    pattern: str
    method: str
    attack: str


def slow(regex: Regex) -> Slow | None:
    """The first attack on a pattern that takes too long, or None."""
    compiled = re.compile(regex.pattern, regex.flags)
    for attack in attacks(regex.pattern, regex.flags):
        for method in regex.methods:
            if _takes_long(compiled, method, attack):
                shown = attack if len(attack) < 60 else f"{attack[:30]}…{attack[-10:]}"
                return Slow(regex.pattern, method, repr(shown))
    return None


def attacks(pattern: str, flags: int) -> Iterator[str]:
    """Strings that go round in each repetition of a pattern and fail behind it."""
    seen: set[str] = set()
    for before, body in _repetitions(_parser.parse(pattern, flags), ""):
        pumps = [_sample(body, variant) for variant in range(4)]
        for pump in {*pumps, pumps[0] + pumps[1], *(p[:1] for p in pumps)} - {""}:
            for count in (30, LENGTH // len(pump)):
                for end in _ENDS:
                    attack = before + pump * count + end
                    if attack not in seen:
                        seen.add(attack)
                        yield attack


def _takes_long(compiled: re.Pattern[str], method: str, attack: str) -> bool:
    def stop(*_: object) -> None:
        raise TimeoutError

    run: Callable[[str], object] = getattr(compiled, method)
    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT * 4)
    start = time.process_time()
    try:
        found = run(attack)
        if method == "finditer":
            for _ in found:  # type: ignore[attr-defined]
                pass
    except TimeoutError:
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
    return time.process_time() - start > LIMIT


def _repetitions(tree: Any, before: str) -> Iterator[tuple[str, Any]]:
    """Every repetition without bound: a text that leads into it, and what it repeats."""
    for code, value in tree:
        name = str(code)
        if name.endswith("REPEAT"):
            if value[1] > 1000:
                yield before, value[2]
            yield from _repetitions(value[2], before)
        elif name == "SUBPATTERN":
            yield from _repetitions(value[-1], before)
        elif name == "ATOMIC_GROUP":
            yield from _repetitions(value, before)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from _repetitions(branch, before)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _repetitions(value[1], before)
        before += _sample([(code, value)], 0)


def _sample(tree: Any, variant: int) -> str:
    """A text that the tree matches, more or less; other variants take other ways."""
    parts: list[str] = []
    for code, value in tree:
        name = str(code)
        if name == "LITERAL":
            parts.append(chr(value))
        elif name == "NOT_LITERAL":
            parts.append("a" if value != ord("a") else "b")
        elif name == "ANY":
            parts.append("a")
        elif name == "IN":
            fits = [c for c in _CANDIDATES if _contains(value, c)] or [_first(value)]
            parts.append(fits[variant % len(fits)])
        elif name == "BRANCH":
            parts.append(_sample(value[1][variant % len(value[1])], variant))
        elif name == "SUBPATTERN":
            parts.append(_sample(value[-1], variant))
        elif name == "ATOMIC_GROUP":
            parts.append(_sample(value, variant))
        elif name.endswith("REPEAT"):
            count = min(max(value[0], variant % 2), value[1])
            parts.append(_sample(value[2], variant // 2) * count)
    return "".join(parts)


def _contains(items: Any, character: str) -> bool:
    return re.compile(f"[{_class(items)}]").match(character) is not None


def _class(items: Any) -> str:
    parts: list[str] = []
    for code, value in items:
        name = str(code)
        if name == "NEGATE":
            parts.insert(0, "^")
        elif name == "LITERAL":
            parts.append(re.escape(chr(value)))
        elif name == "RANGE":
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        else:
            short = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}
            kind = str(value).removeprefix("CATEGORY_").removeprefix("NOT_")
            letter = short[kind]
            parts.append("\\" + (letter.upper() if "NOT_" in str(value) else letter))
    return "".join(parts)


def _first(items: Any) -> str:
    for code, value in items:
        if str(code) in ("LITERAL", "RANGE"):
            return chr(value if isinstance(value, int) else value[0])
    return "a"


def collect() -> list[Regex]:
    """Every pattern that dockfix compiles when all of it is imported and all examples are run."""
    found: dict[tuple[str, int], tuple[Any, Path, int]] = {}
    compile_really = _compiler.compile

    def record(pattern: Any, flags: int = 0) -> Any:
        compiled = compile_really(pattern, flags)
        frame: Any = sys._getframe(1)
        while frame and Path(frame.f_code.co_filename).parent.name == "re":
            frame = frame.f_back
        if "dockfix" in Path(frame.f_code.co_filename).parts and isinstance(pattern, str):
            found[pattern, int(flags)] = compiled, Path(frame.f_code.co_filename), frame.f_lineno
        return compiled

    re.purge()
    _compiler.compile = record
    try:
        names = _import_and_run_everything()
    finally:
        _compiler.compile = compile_really
    used = _methods_by_name()
    methods = {}
    for (pattern, flags), (compiled, path, line) in found.items():
        kept_as = names.get(compiled.pattern) or _names_at(path, line)
        known = {method for name in kept_as for method in used.get(name, {name} & {*METHODS})}
        methods[pattern, flags] = tuple(sorted(known)) or METHODS
    return [Regex(pattern, flags, methods[pattern, flags]) for pattern, flags in found]


def _import_and_run_everything() -> dict[str, set[str]]:
    """Does what its name says; returns under which names the patterns are kept."""
    import dockfix
    from dockfix.passes import PASSES
    from dockfix.reports.examples import examples_of

    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(dockfix.__path__, "dockfix.")
        if not info.name.endswith("__main__")
    ]
    names: dict[str, set[str]] = {}
    for module in modules:
        for name, value in vars(module).items():
            _name(name, value, names, 0)
    for one in PASSES:
        for example in examples_of(one.name):
            dockfix.rewrite(example.before, unsafe_fixes=True)
    return names


def _name(name: str, value: Any, names: dict[str, set[str]], depth: int) -> None:
    if isinstance(value, str | ModuleType) or depth > 4:
        return
    fields = getattr(value, "_fields", None)
    if hasattr(value, "fullmatch"):
        # a pattern compiled on first use says what it is, and is compiled by the question
        names.setdefault(value.pattern, set()).add(name)
    elif isinstance(value, tuple) and isinstance(fields, tuple):
        for field, item in zip(fields, value, strict=True):
            _name(field, item, names, depth + 1)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            _name(name, item, names, depth + 1)
    elif isinstance(value, dict):
        for item in value.values():
            _name(name, item, names, depth + 1)


def _names_at(path: Path, line: int) -> set[str]:
    """What a pattern compiled on a line is kept as: a variable, a function's result, a method."""
    names: set[str] = set()
    for outer in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(outer, ast.FunctionDef):
            for node in ast.walk(outer):
                if isinstance(node, ast.Return) and node.lineno <= line <= (node.end_lineno or 0):
                    names.add(outer.name)
        if not isinstance(outer, ast.expr | ast.stmt) or not (
            outer.lineno <= line <= (outer.end_lineno or 0)
        ):
            continue
        if isinstance(outer, ast.Assign):
            names |= {target.id for target in outer.targets if isinstance(target, ast.Name)}
        if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute):
            names.add(_SEARCHES.get(outer.func.attr, outer.func.attr))
    return names - {"compile"}


def _methods_by_name() -> dict[str, set[str]]:
    """For each name in the source, the methods of patterns that are taken from it."""
    import dockfix

    found: dict[str, set[str]] = {}
    for path in Path(dockfix.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if not isinstance(node, ast.Attribute):
                continue
            method = _SEARCHES.get(node.attr, node.attr)
            owner = node.value
            if isinstance(owner, ast.Call):
                owner = owner.func
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", None)
            if method in METHODS and name is not None:
                found.setdefault(name, set()).add(method)
    return found


def main() -> int:
    """Attacks every pattern and prints the slow ones; 1 if there are any."""
    regexes = collect()
    results = [found for regex in regexes if (found := slow(regex))]
    for result in results:
        print(f"slow: .{result.method}({result.attack}): {result.pattern}")
    print(f"{len(regexes)} patterns, {len(results)} slow")
    return int(bool(results))


if __name__ == "__main__":
    sys.exit(main())
