"""The page of a pass, from its docstring and its examples."""

from __future__ import annotations

import inspect
import sys

from dockfix.passes.base import Example, Pass


def explain(one: Pass) -> str:
    """What a pass does, why, and on which examples, as Markdown."""
    aliases = ", ".join(one.aliases) or "none"
    about = inspect.cleandoc(sys.modules[one.rewrite.__module__].__doc__ or one.summary)
    parts = [
        f"# {one.name} ({one.code})",
        one.summary,
        f"- Safety: {one.safety.value}\n- By default: {one.by_default}\n"
        f"- Known elsewhere as: {aliases}{_declared(one)}",
        about,
    ]
    changed = [example for example in one.examples() if example.changes]
    noted = [example for example in one.examples() if example.note]
    alone = [each for each in one.examples() if not each.changes and not each.note]
    if changed or noted:
        parts += ["## Examples", *map(_changed, changed), *map(_noted, noted)]
    if alone:
        parts += ["## Left alone", *map(_alone, alone)]
    return "\n\n".join(parts) + "\n"


def plain(markdown: str) -> str:
    """Markdown of `explain` as text for a terminal: headings without marks, code indented."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        if fence:
            if line == fence:
                fence = ""
            else:
                lines.append(f"    {line}".rstrip())
        elif line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
        else:
            lines.append(line.lstrip("#").lstrip() if line.startswith("#") else line)
    return "\n".join(lines)


def _declared(one: Pass) -> str:
    """What images may show of a pass, for `dockfix verify`."""
    paths, changed, logs = (
        ", ".join(f"`{glob}`" for glob in globs) for globs in (one.removes, one.changes, one.logs)
    )
    fields = " and ".join(f"`{field}`" for field in one.restates)
    return (
        ("\n- Leaves packages out that nobody asked for by name" if one.fewer_packages else "")
        + (f"\n- Removes from the image: {paths}" if paths else "")
        + (f"\n- May change what the image keeps in: {changed}" if changed else "")
        + (f"\n- Leaves other records of how the image was made: {logs}" if logs else "")
        + (f"\n- Says in another form: {fields}" if fields else "")
    )


def _changed(example: Example) -> str:
    unsafe = ", with `--unsafe-fixes`" if example.unsafe else ""
    after = [f"becomes{unsafe}", _code(example.after or "")]
    ignoring = "with" if example.after is not None else f"gets{unsafe}"
    parts = [
        _conditions(example),
        _code(example.before),
        *(after if example.after is not None else ()),
        f"{ignoring} this `.dockerignore`:" if example.ignore_file else "",
        _code(example.ignore_file, "text") if example.ignore_file else "",
        f"({example.why})" if example.why else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _noted(example: Example) -> str:
    parts = [_conditions(example), _code(example.before), "is told", f"> {example.note}"]
    return "\n\n".join(part for part in parts if part)


def _alone(example: Example) -> str:
    why = example.why[:1].upper() + example.why[1:]
    parts = [_conditions(example), f"{why}:" if why else "", _code(example.before)]
    return "\n\n".join(part for part in parts if part)


def _conditions(example: Example) -> str:
    settings = (
        f"With `--merge-strategy {example.settings.merge_strategy}`:"
        if example.settings.merge_strategy != "all"
        else ""
    )
    names = ", ".join(f"`{path}`" for path, _ in example.files or ())
    files = f"With {names} in the build context:" if names else ""
    return "\n\n".join(part for part in (settings, files) if part)


def _code(text: str, language: str = "dockerfile") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    end = "" if text.endswith("\n") or not text else "\n"
    return f"{fence}{language}\n{text}{end}{fence}"
