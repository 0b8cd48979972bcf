"""Every pass against its own record: examples to the byte, in every order, in every encoding."""

from __future__ import annotations

import importlib
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import pytest

import dockfix
from dockfix import DockerfileSyntaxError, Rewrite, Safety, rewrite
from dockfix.core.pipeline import run_passes
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import decode, encode
from dockfix.dockerfile.tree import Comment
from dockfix.edit.ignores import pragma_of
from dockfix.passes import ENTRIES, PASSES, Entry
from dockfix.passes.base import Pass, Settings
from dockfix.reports.examples import Example, examples_of
from helpers.amount import some
from helpers.buildkit import ask, newer_than_oracle
from helpers.corpus_files import corpus_files
from helpers.facts import facts_of
from helpers.memory_context import Files
from helpers.run_sequences import CASES as SHELL_CASES
from helpers.run_sequences import Generator
from helpers.shell_runs import SHELLS, STRICT_SHELLS, Outcome, outcomes, runs_of

MODULES = Path(dockfix.__file__).parent / "passes"


class Case(NamedTuple):
    """An example and the pass it belongs to."""

    owner: Pass
    example: Example

    @property
    def settings(self) -> Settings:
        if self.example.files is None:
            return self.example.settings
        return self.example.settings._replace(context=Files(self.example.files))

    @property
    def after(self) -> str:
        return self.example.before if self.example.after is None else self.example.after

    def context_after(self, result: Rewrite) -> Settings:
        """The settings under the ignore file that a rewrite brings."""
        settings = self.settings
        if settings.context is not None and result.others:
            changed = settings.context.with_ignore_text(result.others[0].after)
            settings = settings._replace(context=changed)
        return settings

    def alone(self, source: bytes | str, settings: Settings | None = None) -> Rewrite:
        """What the pass by itself makes of a file."""
        return rewrite(
            source,
            select=[self.owner.name],
            unsafe_fixes=self.example.unsafe,
            settings=settings or self.settings,
        )


#: Aliases of two passes: what exec-form cannot mend, keep-signals points out.
SHARED = {"DL3025", "JSONArgsRecommended"}

CASES = [Case(one, example) for one in PASSES for example in examples_of(one.name)]
EVERY_CASE = pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.owner.name}: {case.example.before!r}"
)
EVERY_PASS = pytest.mark.parametrize("one", PASSES, ids=lambda one: one.name)


@EVERY_CASE
def test_an_example_becomes_exactly_what_it_says(case: Case) -> None:
    result = case.alone(case.example.before)
    assert result.after == case.after
    ignoring = None if case.example.ignore_file is None else [case.example.ignore_file]
    assert [other.after for other in result.others] == (ignoring or [])
    assert {finding.name for finding in result.applied} <= {case.owner.name}
    again = case.context_after(result)
    assert not case.alone(result.after, again).changed


@EVERY_CASE
def test_what_is_left_alone_says_why(case: Case) -> None:
    assert case.example.changes or case.example.why or case.example.note
    assert case.example.after != case.example.before, "say None for a file that stays"
    assert not (case.example.unsafe and not case.example.changes), "nothing is unsafe about it"


@EVERY_CASE
def test_a_note_says_what_the_example_says(case: Case) -> None:
    notes = [finding.message for finding in case.alone(case.example.before).notes]
    if case.example.note or case.owner.safety is Safety.NOTE:
        said = [note for note in notes if note != "no FROM: read as part of a stage"]
        assert said == ([case.example.note] if case.example.note else [])


@EVERY_CASE
def test_an_unsafe_example_stays_without_unsafe_fixes(case: Case) -> None:
    others = [one.name for one in PASSES if one is not case.owner]
    # a pass that is named in full makes its unsafe changes; what connects is not meant by `all`
    select = ["all", case.owner.code[:-1]]
    result = rewrite(case.example.before, select=select, ignore=others, settings=case.settings)
    if case.example.unsafe:
        assert result.after == case.example.before
        assert [finding.safety for finding in result.offered] == [Safety.UNSAFE]
    else:
        assert result.after == case.after


@EVERY_PASS
def test_a_pass_shows_what_it_does_and_what_it_leaves_alone(one: Pass) -> None:
    unsafe = one.safety is Safety.UNSAFE
    examples = examples_of(one.name)
    if one.safety is not Safety.NOTE:
        assert any(each.changes and each.unsafe is unsafe for each in examples)
    assert any(not each.changes for each in examples)
    befores = [(each.before, each.settings, each.files) for each in examples]
    assert len(befores) == len(set(befores)), "an example stands there twice"


@EVERY_PASS
def test_an_ignore_comment_switches_a_pass_off(one: Pass) -> None:
    if one.safety is Safety.NOTE:
        return
    unsafe = one.safety is Safety.UNSAFE
    changing = [e for e in examples_of(one.name) if e.changes]
    example = next(e for e in changing if e.unsafe is unsafe)
    for name in (one.name, one.code, one.code.lower(), "all"):
        assert is_silenced(one, example, name)
    for name in one.aliases:
        assert any(is_silenced(one, example, name) for example in changing), name


def is_silenced(one: Pass, example: Example, name: str) -> bool:
    """Whether an ignore comment above every instruction keeps an example as it is."""
    comment = f"# dockfix: ignore={name}\n"
    source = example.before
    for instruction in reversed(parse(source).instructions):
        source = source[: instruction.start] + comment + source[instruction.start :]
    settings = Case(one, example).settings
    return not rewrite(source, select=[one.name], unsafe_fixes=True, settings=settings).changed


# Names


def test_names_and_codes_are_unique() -> None:
    names = [one.name for one in PASSES] + [one.code for one in PASSES]
    assert len(names) == len(set(names))
    aliases = Counter(alias for one in PASSES for alias in one.aliases)
    assert {alias for alias, count in aliases.items() if count > 1} == SHARED
    assert len({alias.lower() for alias in aliases}) == len(aliases)
    assert not {name.lower() for name in names} & {alias.lower() for alias in aliases}


@EVERY_PASS
def test_names_have_one_shape(one: Pass) -> None:
    assert re.fullmatch(r"[a-z]+(?:-[a-z]+)+|dockerignore", one.name)
    assert re.fullmatch(r"DF\d{3}", one.code)
    assert one.code != "DF001", "the pipeline speaks by that code"
    assert all(re.fullmatch(r"DL\d{4}|(?:[A-Z]+[a-z]+){2,}", name) for name in one.aliases)
    assert re.fullmatch(r"[A-Z][^\n]{10,90}[^.\s]", one.summary)


@EVERY_PASS
def test_a_docstring_says_why_what_stays_and_how_safe(one: Pass) -> None:
    doc = importlib.import_module(one.rewrite.__module__).__doc__ or ""
    for heading in ("Why", "What it leaves alone", "Safety"):
        assert re.search(rf"^(?:\*\*{heading}\.\*\*|{heading}:) \S", doc, re.MULTILINE), heading
    first, _, rest = doc.partition("\n")
    assert first.endswith(".")
    assert rest.startswith("\n")


def test_a_module_is_a_pass_and_a_pass_a_module() -> None:
    modules = [
        importlib.import_module(f"dockfix.passes.{path.stem}")
        for path in sorted(MODULES.glob("*.py"))
        if path.stem not in ("__init__", "base", "quick_checks")
    ]
    assert sorted(module.PASS.name for module in modules) == sorted(one.name for one in PASSES)
    for module in modules:
        assert module.PASS.name == module.__name__.rpartition(".")[2].replace("_", "-")
        assert [value for value in vars(module).values() if isinstance(value, Pass)] == [
            module.PASS
        ]


def test_every_file_of_examples_belongs_to_a_pass() -> None:
    files = {path.name for path in (MODULES / "examples").iterdir()}
    assert files == {f"{one.name}.md" for one in PASSES}


def test_the_registry_calls_passes_what_they_call_themselves() -> None:
    for entry, one in zip(ENTRIES, PASSES, strict=True):
        assert (entry.code, entry.name, entry.default) == (one.code, one.name, one.default)
        assert entry.notes is (one.safety is Safety.NOTE)


def test_a_pass_finds_nothing_where_its_entry_sees_no_sign() -> None:
    asked: Counter[str] = Counter()
    files = [(case.example.before, case.settings) for case in CASES]
    files += [(decode(path.read_bytes()), Settings()) for path in corpus_files()]
    for source, settings in files:
        try:
            tree = facts_of(source)
        except DockerfileSyntaxError:
            continue
        for entry in ENTRIES:
            if not entry.may_work(tree, settings):
                asked[entry.name] += 1
                assert not list(entry.load().rewrite(tree, settings)), (entry.name, source)
    telling = [
        one for one in ENTRIES if one.context or one.keywords or one.words or one.quick_check
    ]
    assert set(asked) == {one.name for one in telling}


# Orders

#: The order of the registry, turned round, and some others.
ORDERS = [PASSES, PASSES[::-1]] + [
    tuple(random.Random(seed).sample(PASSES, len(PASSES))) for seed in range(some(10))
]

#: A file on which many passes have something to do, and what one does is food for another.
CROWDED = """\
FROM python:3.12-slim
WORKDIR /srv/app
ADD shop shop
# what building needs
RUN apt-get update
RUN apt-get install -y make
RUN apt-get install -y gcc # for one wheel
COPY requirements.txt ./
RUN pip install wheel build
# the libraries
RUN pip install -r requirements.txt
RUN apt-get update && apt-get install -y git curl
COPY tests tests
CMD python -m shop
"""
CROWDED_CONTEXT = Files(
    [("requirements.txt", "flask==3.0\n"), ("shop/__main__.py", ""), ("tests/test_shop.py", "")]
)


def run_in_order(order: Sequence[Pass], source: str, settings: Settings, *, unsafe: bool) -> str:
    """What passes in an order of their own make of a file."""
    passes = map(Entry.of, order)
    return run_passes(passes, source, "Dockerfile", settings, unsafe=unsafe).after


@pytest.mark.slow
def test_every_order_keeps_every_check() -> None:
    results: set[str] = set()
    for case in CASES:
        source, settings = case.example.before, case.settings
        for unsafe in {False, case.example.unsafe}:
            found = {run_in_order(order, source, settings, unsafe=unsafe) for order in ORDERS}
            for after in found:
                # what one order leaves, no pass wants to change, in whichever order
                assert run_in_order(PASSES, after, settings, unsafe=unsafe) == after
            results |= found
    assert_buildkit_reads(results)


def test_every_permutation_keeps_every_check() -> None:
    settings = Settings(context=CROWDED_CONTEXT)
    applied = {finding.name for finding in rewrite(CROWDED, settings=settings).applied}
    hungry = [one for one in PASSES if one.name in applied]
    others = [one for one in PASSES if one.name not in applied and one.default]
    assert len(hungry) > 5, "the file is meant to feed many"
    orders = random.Random(20261122).sample(list(permutations(hungry[:6])), some(120))
    results = {
        run_in_order((*order, *hungry[6:], *others), CROWDED, settings, unsafe=False)
        for order in orders
    }
    for after in results:
        assert lost_comments(CROWDED, after) == Counter()
        assert not rewrite(after, settings=settings).changed
    assert_buildkit_reads(results)


def assert_buildkit_reads(texts: set[str]) -> None:
    """BuildKit's own parser accepts each of the files."""
    known = [text for text in sorted(texts) if not newer_than_oracle(text)]
    refused = [
        f"{answer}\n{text}"
        for text, answer in zip(known, ask(known), strict=True)
        if isinstance(answer, str)
    ]
    assert refused == []


def lost_comments(before: str, after: str) -> Counter[str]:
    """Comments (ignore comments aside: they may unite) of a file that are missing in another."""
    return _comments(before) - _comments(after)


def _comments(text: str) -> Counter[str]:
    tree = parse(decode(encode(text)))
    comments = [item for item in tree.items if isinstance(item, Comment)]
    comments += [comment for one in tree.instructions for comment in one.comments]
    return Counter(one.text.strip(" \t\r") for one in comments if not pragma_of(one.text))


# Bytes


def _after_from(text: str, line: str) -> str:
    """A line put below the first FROM."""
    at = next(one.end for one in parse(text).instructions if one.keyword == "FROM")
    return text[:at] + line + text[at:]


def _crlf(text: str) -> bytes:
    return encode(text.replace("\n", "\r\n"))


def _tabs(text: str) -> bytes:
    return encode(re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found[0]) // 4), text))


def _byte_order_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + encode(text)


def _backtick(text: str) -> bytes:
    return encode("# escape=`\n" + text.replace("\\\n", "`\n"))


def _lower_case(text: str) -> bytes:
    for one in reversed(parse(text).instructions):
        at = one.keyword_offset
        text = text[:at] + one.keyword.lower() + text[at + len(one.keyword) :]
    return encode(text)


def _broken_utf_8(text: str) -> bytes:
    return encode(_after_from(text, "# \udcff\udcfe \udcc3( \udced\udca0\udc80\n\n"))


def _open_end(text: str) -> bytes:
    return encode(text.removesuffix("\n"))


def _latin_1(text: str) -> bytes:
    return encode(_after_from(text, 'LABEL who="Jos\udce9 \udc85\udca0"\n'))


def _has_plain_ends(text: str) -> bool:
    """Whether line endings are nothing but line endings: no body of a here-document holds them."""
    return not any((one.child or one).heredocs for one in parse(text).instructions)


def _has_no_escapes(text: str) -> bool:
    return not re.search(r"`|\\(?!\n)|^# *\w+=|^SHELL", text, re.MULTILINE)


def _is_indented_by_four(text: str) -> bool:
    indents = re.findall(r"(?m)^[ \t]+", text)
    return bool(indents) and "'" not in text and set(indents) <= {"    ", "        "}


def _is_whole(text: str) -> bool:
    return not parse(text).fragment


def _always(text: str) -> bool:
    return True


class Variant(NamedTuple):
    """Another spelling of a file; where `exact` holds, its result is spelt the same way."""

    spell: Callable[[str], bytes]
    applies: Callable[[str], bool]
    exact: Callable[[str], bool]


VARIANTS = [
    Variant(_open_end, lambda text: text.endswith("\n"), _has_plain_ends),
    Variant(_crlf, _always, _has_plain_ends),
    Variant(_tabs, _always, _is_indented_by_four),
    Variant(_byte_order_mark, _always, _always),
    Variant(_lower_case, _always, _always),
    Variant(_broken_utf_8, _is_whole, _always),
    Variant(_latin_1, _is_whole, _always),
]
#: Passes that look at the spelling itself, or at whether something stands between two lines.
SPELLING: dict[Callable[[str], bytes], tuple[str, ...]] = {
    _lower_case: ("keyword-case", "repair-typos", "tidy-continuations", "multi-stage"),
    # what stands behind FROM belongs to one stage or to both, and may come later
    _broken_utf_8: ("multi-stage", "slim-base"),
    _latin_1: ("keyword-case", "merge-metadata", "multi-stage", "slim-base"),
}
EVERY_VARIANT = pytest.mark.parametrize(
    "variant", VARIANTS, ids=lambda variant: variant.spell.__name__.strip("_")
)


@EVERY_VARIANT
def test_another_spelling_gets_the_same_rewrite(variant: Variant) -> None:
    count = 0
    for case in CASES:
        before, after = case.example.before, case.after
        if case.owner.name in SPELLING.get(variant.spell, ()):
            continue
        if variant.applies(before) and variant.exact(before):
            assert encode(case.alone(variant.spell(before)).after) == variant.spell(after)
            count += before != after
    assert count > 1


@pytest.mark.slow
@EVERY_VARIANT
def test_another_spelling_survives_the_whole_pipeline(variant: Variant) -> None:
    count = 0
    for case in CASES:
        if not variant.applies(case.example.before):
            continue
        source = variant.spell(case.example.before)
        result = rewrite(source, unsafe_fixes=case.example.unsafe, settings=case.settings)
        after = encode(result.after)
        assert_same_spelling(source, after)
        again = rewrite(after, unsafe_fixes=case.example.unsafe, settings=case.settings)
        assert encode(again.after) == after
        count += result.changed
    assert count > len(PASSES)


def assert_same_spelling(before: bytes, after: bytes) -> None:
    """Line endings, the end of the file, a byte order mark and comments are as they were."""
    parse(decode(after))
    assert lost_comments(decode(before), decode(after)) == Counter()
    assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    assert after.endswith(b"\n") == before.endswith(b"\n")
    assert not after.endswith((b"\\", b"\\\r"))
    bare = [re.search(rb"(?<!\r)\n", text) is not None for text in (before, after)]
    returns = [b"\r" in text for text in (before, after)]
    assert bare[0] or not bare[1], after
    assert returns[0] == returns[1], after
    # the typographic quotes of a broken array are mended, and nothing else
    plain = [re.sub("[“”‘’–—-]", "", decode(text)) for text in (before, after)]
    strange = [Counter(re.findall(r"[^\x00-\x7f]+", text)) for text in plain]
    assert strange[0] == strange[1]


#: Those that look at the builder's own words only, which are the same on Windows.
WORDS = (
    "key-value-form",
    "keyword-case",
    "last-start-only",
    "tidy-continuations",
    "merge-metadata",
    "repair-typos",
    "stage-name-case",
    "drop-target-platform",
)


def test_a_file_escaped_by_backticks_is_left_to_windows() -> None:
    files = {case.example.before for case in CASES if _has_no_escapes(case.example.before)}
    assert len(files) > len(PASSES)
    assert {
        text: rewrite(_backtick(text), ignore=WORDS, unsafe_fixes=True).changed for text in files
    } == dict.fromkeys(files, False)


def test_mixed_line_endings_stay_mixed() -> None:
    source = b"FROM debian\r\nRUN apt-get update\nRUN apt-get install -y b a\r\nCMD app -v\n"
    after = encode(rewrite(source).after)
    assert after.splitlines(keepends=True)[0] == b"FROM debian\r\n"
    assert after.endswith(b'CMD ["app", "-v"]\n')
    assert encode(rewrite(after).after) == after


# Shells

#: A stand-in for apt-get that works in the folder of a case (directly below `{folder}`): installs
#: need lists, and a package called `broken` fails.
APT_GET = """\
#!/bin/sh
case=$PWD
while [ "${{case%/*}}" != "{folder}" ]; do case=${{case%/*}}; [ "$case" ] || exit 0; done
verb=$1; shift
[ "$verb" != update ] || {{ mkdir -p "$case/lists"; touch "$case/lists/x"; exit 0; }}
[ -e "$case/lists/x" ] || exit 100
for word; do [ "$word" != broken ] || exit 100; done
mkdir -p "$case/installed"
for word; do case $word in -*) ;; *) touch "$case/installed/$word";; esac; done
"""
APT_CALLS = (
    "apt-get update",
    "apt-get update && apt-get install -y p",
    "apt-get install -y q",
    "apt-get install -y s p r",
    "apt-get update; apt-get install -y t broken",
    "for p in p broken q; do apt-get update; apt-get install -y $p; done",
    "{ apt-get update; apt-get install -y u; }",
    "( apt-get update; apt-get install -y v; false; touch a )",
    "if apt-get update; then apt-get install -y w; touch b; fi",
    "rm -rf /var/lib/apt/lists/*",
    "apt-get install -y broken || true",
    "apt-get install -y z && touch d",
)
#: Those that change scripts.
SCRIPTED = ("merge-runs", "merge-installs", "sort-packages", "clean-package-cache")


class AptGenerator(Generator):
    """Random scripts in which much is installed."""

    def simple(self) -> str:
        return self.random.choice(APT_CALLS) if self.random.random() < 0.4 else super().simple()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "shells"), [("debian", SHELLS), ("example.org/base", STRICT_SHELLS)]
)
def test_scripts_install_and_leave_the_same_in_real_shells(
    base: str, shells: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, programs = tmp_path / "cases", tmp_path / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text(APT_GET.format(folder=folder))
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    generator = AptGenerator(20260401)
    befores: list[str] = []
    afters: list[str] = []
    while len(befores) < max(SHELL_CASES // 125, 40):
        source = generator.dockerfile(base)
        result = rewrite(source, select=SCRIPTED, unsafe_fixes=True)
        if result.changed:
            befores.append(source)
            afters.append(result.after)
    for name, shell in shells.items():
        old = outcomes([_below(text) for text in befores], shell, folder)
        new = outcomes([_below(text) for text in afters], shell, folder)
        assert sum(succeeded for succeeded, _ in old) > len(old) // 20
        for before, after, one, other in zip(befores, afters, old, new, strict=True):
            assert _without_lists(one) == _without_lists(other), f"{name}\n{before}\n{after}"


def _below(source: str) -> list[str]:
    """The scripts of a file, with the package lists in the folder of the case."""
    return [text.replace("/var/lib/apt/lists", "lists") for text in runs_of(source)]


def _without_lists(outcome: Outcome) -> Outcome:
    return outcome[0], {p: f for p, f in outcome[1].items() if p.partition("/")[0] != "lists"}
