"""`dockfix measure` without an engine: what it edits, what it weighs, and how it says so."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import pytest

from dockfix.builds.edited_file import FileToEdit, add_line, copied_context, file_to_edit
from dockfix.builds.engine import BuildStep, Built, Hooks, ImageStore, Ran, Recipe, Stopped
from dockfix.builds.images.archive import HistoryLine, Image
from dockfix.builds.images.layers import Layer
from dockfix.builds.measure import Measured
from dockfix.builds.options import BuildOptions
from dockfix.builds.splits.judge import LeftBehind
from dockfix.builds.target import PassSelection, Target
from dockfix.builds.watched import Watched
from dockfix.builds.weights import EditCost, WastedFile, WeighedImage, WeighedLayer, weigh_layers
from dockfix.cli import builds, measure
from dockfix.cli.build_options import MeasureOptions, Request
from dockfix.cli.options import Options
from dockfix.context.directory import DirectoryContext
from dockfix.context.ignore_names import DOCKER
from dockfix.dockerfile.parser import parse
from dockfix.errors import BuildFailed, EngineError
from dockfix.passes.base import Settings
from dockfix.reports.measure import measured_text
from dockfix.reports.measure_json import measured_json
from dockfix.reports.page import page
from dockfix.reports.units import relative_change, seconds_of, size_of
from helpers.archives import layer, saved
from helpers.command import dockfix_command, git
from helpers.memory_context import Files

DOCKERFILE = """\
FROM debian AS base
COPY requirements.txt ./
COPY src ./src
COPY *.cfg data.bin /etc/
FROM base
COPY --from=base /src /out
ADD https://example.org/x /x
"""


def chosen(files: dict[str, str], wanted: str | None = None, text: str = DOCKERFILE) -> str | None:
    found = file_to_edit(parse(text), Files(files), wanted)
    return None if found is None else found.path


def test_without_a_history_source_comes_before_data_and_manifests() -> None:
    files = {
        "requirements.txt": "", "src/readme.md": "", "src/deep/b.py": "", "src/z.py": "",
        "a.cfg": "", "not-copied.py": "", "data.bin": "\0",
    }  # fmt: skip
    assert chosen(files) == "src/deep/b.py"
    del files["src/deep/b.py"], files["src/z.py"]
    assert chosen(files) == "src/readme.md"
    del files["src/readme.md"]
    assert chosen(files) == "a.cfg"
    del files["a.cfg"]
    assert chosen(files) == "requirements.txt"
    del files["requirements.txt"]
    assert chosen(files) is None


def test_the_file_that_was_asked_for() -> None:
    assert chosen({"src/a.py": ""}, "./src/a.py") == "src/a.py"
    with pytest.raises(EngineError, match="--edit: the build context has no file b"):
        chosen({"src/a.py": ""}, "b")
    with pytest.raises(EngineError):
        chosen({"src/a.py": ""}, "src")


def test_what_is_ignored_is_not_edited() -> None:
    files = {"src/a.py": "", "src/b.py": "", ".dockerignore": "src/a.py\n"}
    assert chosen(files) == "src/b.py"


def test_the_file_that_most_commits_changed(tmp_path: Path) -> None:
    git("init", "-q", cwd=tmp_path)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    for number in range(4):
        (tmp_path / "not-copied.py").write_text(str(number))
        (tmp_path / "src" / f"{number % 2}.py").write_text(str(number))
        (tmp_path / "src" / "deep" / "often.py").write_text(str(number // 2 * number))
        git("add", ".", cwd=tmp_path)
        git(
            "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", str(number),
            cwd=tmp_path,
        )  # fmt: skip
    found = file_to_edit(parse(DOCKERFILE), DirectoryContext(str(tmp_path)), None)
    assert found == FileToEdit("src/deep/often.py", "changed most often, by 3 commits")


def test_of_files_that_changed_as_often_source_comes_first(tmp_path: Path) -> None:
    git("init", "-q", cwd=tmp_path)
    (tmp_path / "src" / "deep").mkdir(parents=True)
    for name in (".gitignore", "Dockerfile", "README.md", "src/deep/z.py", "src/a.txt"):
        (tmp_path / name).write_text("x\n")
    git("add", ".", cwd=tmp_path)
    git("commit", "-qm", "all", cwd=tmp_path)
    tree = parse("FROM debian\nCOPY . .\n")
    found = file_to_edit(tree, DirectoryContext(str(tmp_path)), None)
    assert found == FileToEdit("src/deep/z.py", "changed most often, by 1 commit")
    (tmp_path / "README.md").write_text("y\n")
    git("commit", "-qam", "more", cwd=tmp_path)
    found = file_to_edit(tree, DirectoryContext(str(tmp_path)), None)
    assert found == FileToEdit("README.md", "changed most often, by 2 commits")


def test_an_edit_touches_nothing_but_its_copy(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    script = tmp_path / "src" / "a.sh"
    script.write_text("echo\n")
    script.chmod(0o555)
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "secret").write_text("x")
    (tmp_path / ".dockerignore").write_text("secret\n")
    os.mkfifo(tmp_path / "pipe")
    before = {path: path.lstat() for path in tmp_path.rglob("*")}
    with copied_context(str(tmp_path), DirectoryContext(str(tmp_path))) as copy:
        names = sorted(str(path.relative_to(copy)) for path in Path(copy).rglob("*"))
        assert names == [".dockerignore", "link", "src", "src/a.sh"]
        add_line(copy, "src/a.sh")
        first = Path(copy, "src/a.sh").read_text()
        add_line(copy, "src/a.sh")
        second = Path(copy, "src/a.sh").read_text()
        assert first.startswith("echo\n")
        assert first.rstrip() == "echo"
        assert second.startswith(first)
        assert second != first + first.removeprefix("echo\n")
        assert Path(copy, "src/a.sh").stat().st_mode & 0o777 == 0o555
        assert os.readlink(Path(copy, "link")) == "/etc/passwd"
    assert not Path(copy).exists()
    assert {path: path.lstat() for path in tmp_path.rglob("*")} == before


def plain(digest: str, size: int) -> Layer:
    return Layer(digest, size, None, {}, {}, frozenset(), frozenset(), {})


def test_layers_get_the_instructions_that_made_them() -> None:
    text = "FROM debian AS one\nRUN a\nENV A=1\nFROM one\nWORKDIR /\nCOPY a \\\n  b\nCMD x\n"
    history = (
        HistoryLine("/bin/sh -c #(nop) ADD file:1 in / ", 0),
        HistoryLine('/bin/sh -c #(nop)  CMD ["bash"]', None),
        HistoryLine("RUN /bin/sh -c a # buildkit", 1),
        HistoryLine("ENV A=1", None),
        HistoryLine("WORKDIR /", None),
        HistoryLine("COPY a b # buildkit", 2),
        HistoryLine('CMD ["/bin/sh" "-c" "x"]', None),
    )
    layers = tuple(plain(str(place), 10) for place in range(3))
    image = Image((), {}, layers, history, "")
    found = weigh_layers(image, parse(text), None)
    assert [(one.instruction, one.line, one.base) for one in found] == [
        ("ADD file:1 in /", 0, True),
        ("RUN a", 2, False),
        ("COPY a b", 6, False),
    ]
    first = weigh_layers(image._replace(history=history[:4], layers=layers[:2]), parse(text), "one")
    assert [one.line for one in first] == [0, 2]
    labeled = (*history, HistoryLine("/bin/sh -c #(nop) LABEL a=b", None))
    assert weigh_layers(image._replace(history=labeled), parse(text), None) == found
    # what is for images made from this one is in some histories and in others not
    late = parse(text.replace("CMD x", "ONBUILD RUN b\nCMD x"))
    assert weigh_layers(image, late, None) == found
    told = (*history[:-1], HistoryLine("/bin/sh -c #(nop) ONBUILD RUN b", None), history[-1])
    assert weigh_layers(image._replace(history=told), late, None) == found
    # a history that does not fit, as other builders write it, is said as it is
    other = weigh_layers(image, parse("FROM debian\nCMD y\nEXPOSE 80\n"), None)
    assert [(one.instruction, one.line, one.base) for one in other] == [
        ("ADD file:1 in /", 0, False),
        ("RUN a", 0, False),
        ("COPY a b", 0, False),
    ]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("RUN /bin/sh -c make # buildkit", "RUN make"),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", "RUN make"),
        ("|1 A=1 /bin/sh -c make", "make"),
        ("/bin/sh -c #(nop) COPY dir:1 in / ", "COPY dir:1 in /"),
        ("COPY a b # buildkit", "COPY a b"),
        ("RUN echo /bin/sh -c x", "RUN echo /bin/sh -c x"),
        ("", "(imported)"),
        (" " * 100_000 + "x", "x"),
    ],
)
def test_what_histories_say(by: str, said: str) -> None:
    image = Image((), {}, (plain("a", 1),), (HistoryLine(by, 0),), "")
    (found,) = weigh_layers(image, parse("FROM debian\n"), None)
    assert found.instruction == said


def weighed(scale: int, edited: bool = True) -> WeighedImage:
    lost = (WastedFile("/srv/<big>", 200_000 * scale, 2, True),)
    layers = (
        WeighedLayer("sha256:0", "(imported)", 0, True, 70_000_000, 200_000, lost),
        WeighedLayer("sha256:1", "COPY . .", 2, False, 1_000_000 * scale, lost[0].size, lost),
        WeighedLayer("sha256:2", "RUN echo '<script>' && rm /srv/\x1bbig", 3, False, 10, 0, ()),
    )
    steps = (BuildStep("[2/3] COPY . .", False, 0.1), BuildStep("[3/3] RUN x", scale == 1, 2.5))
    edit = EditCost(3.25 * scale, steps, ("sha256:1",), 1_000_000 * scale, 300_000 * scale)
    return WeighedImage(12.34 * scale, layers, edit if edited else None)


LEFT = (
    LeftBehind("compilers and build tools", 200_000_000, 700, ("gcc-12", "<make>")),
    LeftBehind("other files", 10, 1, tuple(f"/src/{number}" for number in range(9))),
)
FOUND = Measured(
    "app/Dockerfile", FileToEdit("a.py", "asked for"), weighed(20), weighed(1), left=LEFT
)


def test_the_table_for_the_terminal() -> None:
    text = measured_text(FOUND, colored=False)
    lines = text.split("\n")
    assert lines[0] == "app/Dockerfile"
    assert re.search(r"^size of the image +90\.0 MB +71\.0 MB +−21 %$", text, re.MULTILINE)
    assert re.search(r"^built from nothing +4 min 7 s +12\.3 s +÷ 20$", text, re.MULTILINE)
    assert re.search(r"^  steps built again +2 of 2 +1 of 2$", text, re.MULTILINE)
    assert re.search(r"^  compressed +6\.0 MB +300\.0 kB +÷ 20$", text, re.MULTILINE)
    assert re.search(r"^   2 +COPY \. \. +20\.0 MB +4\.0 MB$", text, re.MULTILINE)
    assert "/srv/<big>: 4.0 MB, deleted by line 3" in text
    assert "(a.py: asked for)" in lines
    assert re.search(
        r"^compilers and build tools +200\.0 MB +700 +gcc-12, <make>$", text, re.MULTILINE
    )
    assert re.search(r"^other files +10 B +1 +/src/0, /src/1, /src/2, …$", text, re.MULTILINE)
    assert "\x1b" not in text
    assert max(map(len, lines)) <= 100
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b[" in measured_text(FOUND, colored=True)


def test_a_file_in_which_nothing_changes() -> None:
    text = measured_text(FOUND._replace(after=None, chosen=None, left=()), colored=False)
    assert "dockfix changes nothing in this file." in text
    assert "layers before" in text
    assert "after" not in text.replace("layers before", "")
    assert "edit" not in text


def test_the_shape_of_the_json() -> None:
    found = json.loads(measured_json([FOUND, FOUND._replace(after=None, chosen=None)], "docker 1"))
    assert found["version"] == 1
    assert set(found) == {"version", "dockfix", "engine", "images"}
    one, other = found["images"]
    assert set(one) == {"path", "changed", "edited", "before", "after", "left"}
    assert (one["changed"], other["changed"]) == (True, False)
    assert (other["after"], other["edited"]) == (None, None)
    assert one["edited"] == {"path": "a.py", "why": "asked for"}
    assert one["left"][0] == {
        "kind": "compilers and build tools",
        "size": 200_000_000,
        "files": 700,
        "names": ["gcc-12", "<make>"],
    }
    before = one["before"]
    assert set(before) == {"size", "wasted", "seconds", "layers", "edit"}
    assert set(before["layers"][1]) == {
        "digest", "instruction", "line", "base", "size", "wasted", "lost"
    }  # fmt: skip
    assert before["layers"][1]["lost"] == [
        {"path": "/srv/<big>", "size": 4_000_000, "by": 2, "deleted": True}
    ]
    assert set(before["edit"]) == {"seconds", "rebuilt", "size", "packed", "layers", "steps"}
    assert before["edit"]["rebuilt"] == 2
    assert one["after"]["edit"]["steps"][1] == {
        "name": "[3/3] RUN x", "cached": True, "seconds": 2.5
    }  # fmt: skip
    documented = (Path(__file__).parents[2] / "docs" / "measure.md").read_text()
    for name in {*one, *one["left"][0], *before, *before["layers"][0], *before["edit"]}:
        assert f"`{name}`" in documented, name


def test_the_page_holds_all_it_needs_and_escapes_what_it_says() -> None:
    text = page([FOUND, FOUND._replace(after=None)], "docker <1>")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;make&gt;" in text
    assert "\x1b" not in text
    assert "docker &lt;1&gt;" in text
    assert not re.search(r"\b(?:src|href|url)\b\s*[=(]|@import|https?:", text)
    assert "prefers-color-scheme: dark" in text
    opened = re.findall(r"<(\w+)[ >]", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))
    for name in ("div", "span", "p", "section", "table", "tr", "td", "ol", "li", "i", "b", "code"):
        assert opened.count(name) == text.count(f"</{name}>"), name


def test_numbers_for_people() -> None:
    assert [size_of(size) for size in (0, 999, 1000, 999_949, 999_950, 8 << 30)] == [
        "0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "8.59 GB"
    ]  # fmt: skip
    assert [seconds_of(one) for one in (0.04, 99.9, 100, 3661)] == [
        "0.0 s", "99.9 s", "1 min 40 s", "61 min 1 s"
    ]  # fmt: skip
    pairs = (1, 1), (0, 5), (100, 50), (100, 0), (100, 10), (1, 2)
    assert [relative_change(*pair) for pair in pairs] == [
        "", "more", "−50 %", "−100 %", "÷ 10", "+100 %"
    ]  # fmt: skip
    assert relative_change(1000, 999) == "same"


HOOKS = Hooks()


class Recorder:
    """An engine that builds nothing: each image is one layer with the Dockerfile's own text."""

    reader = DOCKER
    starts = False

    def __init__(self, refuse: bytes = b"\0") -> None:
        self.recipes: list[tuple[Recipe, bool, str]] = []
        self.images: dict[str, bytes] = {}
        self.refuse = refuse
        self.room: int | None = None

    def describe(self) -> str:
        return "recorder"

    def image_store(self) -> ImageStore:
        return ImageStore("none", lays_over=False)

    def free(self) -> int | None:
        return self.room

    def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks = HOOKS) -> Built:
        if self.refuse in recipe.dockerfile:
            raise BuildFailed("exit status 1", "#1 \x1b[31mno\x1b[0m\n")
        edited = Path(recipe.context, "a.py").read_text()
        self.recipes.append((recipe, fresh, edited))
        name = f"image:{len(self.recipes)}"
        layers = layer(("Dockerfile", recipe.dockerfile)), layer(("a.py", edited.encode()))
        self.images[name] = saved(*layers, name=name)
        return Built(
            name, 1.0, (BuildStep("[1/2] FROM x", False, 0.0), BuildStep("[2/2] COPY", False, 1.0))
        )

    def save(self, images: Sequence[str]) -> list[AbstractContextManager[BinaryIO]]:
        return [io.BytesIO(self.images[name]) for name in images]

    def remove(self, images: Sequence[str]) -> None:
        for image in images:
            del self.images[image]

    def run(self, image: str, command: str, timeout: float) -> Ran:
        raise AssertionError("nothing is to be run")

    def watch(self, image: str, command: str | None, timeout: float) -> Watched:
        raise AssertionError("nothing is to be run")

    def health(self, image: str, command: Sequence[str], timeout: float) -> Ran:
        raise AssertionError("nothing is to be started")

    def stop(self, image: str, grace: float) -> Stopped:
        raise AssertionError("nothing is to be started")

    def close(self) -> None:
        """Nothing is left."""


class Speaker:
    """A terminal that remembers."""

    colored = lively = False
    width = 100

    def __init__(self) -> None:
        self.printed = ""
        self.said = ""

    def print(self, text: str) -> None:
        self.printed += text

    def say(self, text: str) -> None:
        self.said += text


PROJECT = b"FROM debian\nCOPY a.py /\nRUN mkdir /b\nRUN chmod 700 /b\n"


def run(
    folder: Path, engine: Recorder, source: bytes = PROJECT, **own: object
) -> tuple[int, Speaker]:
    (folder / "Dockerfile").write_bytes(source)
    (folder / "a.py").write_text("pass\n")
    settings = Settings(context=DirectoryContext(str(folder)))
    target = Target("Dockerfile", source, PassSelection(), settings, str(folder))
    request = Request(Options(), BuildOptions(), MeasureOptions(**own))  # type: ignore[arg-type]
    speaker = Speaker()
    return measure.run(engine, request, [target], speaker), speaker


def test_what_is_built_and_from_what(tmp_path: Path) -> None:
    engine = Recorder()
    status, speaker = run(tmp_path, engine, json=True, html=str(tmp_path / "page.html"))
    assert status == 0
    assert [fresh for _, fresh, _ in engine.recipes] == [True, True, False, False]
    texts = [recipe.dockerfile for recipe, _, _ in engine.recipes]
    assert texts[0] == texts[2] == PROJECT
    assert texts[1] == texts[3] != PROJECT
    sources = [edited for _, _, edited in engine.recipes]
    assert sources[:2] == ["pass\n", "pass\n"]
    assert len(set(sources)) == 3
    assert {recipe.context for recipe, _, _ in engine.recipes[:2]} == {str(tmp_path)}
    assert (tmp_path / "a.py").read_text() == "pass\n"
    assert not engine.images
    (found,) = json.loads(speaker.printed)["images"]
    assert found["edited"]["path"] == "a.py"
    for version in ("before", "after"):
        assert found[version]["edit"]["rebuilt"] == 1
        assert len(found[version]["edit"]["layers"]) == 1
        assert 0 < found[version]["edit"]["packed"] < found[version]["edit"]["size"]
    assert "a.py" in (tmp_path / "page.html").read_text()


def test_a_file_that_needs_no_change_is_built_alone(tmp_path: Path) -> None:
    engine = Recorder()
    status, speaker = run(tmp_path, engine, b"FROM debian\nCOPY a.py /\n")
    assert status == 0
    assert len(engine.recipes) == 2
    assert "dockfix changes nothing" in speaker.printed


def test_a_file_that_does_not_build(tmp_path: Path) -> None:
    engine = Recorder(refuse=b"RUN chmod")
    status, speaker = run(tmp_path, engine)
    assert status == 2
    assert speaker.printed == ""
    assert speaker.said == (
        "error: Dockerfile: does not build\n  | #1 \\x1b[31mno\\x1b[0m\n  exit status 1\n"
    )
    # the rewritten file alone
    engine = Recorder(refuse=b"&&")
    assert run(tmp_path, engine)[0] == 2
    assert not engine.images


def test_too_little_room_is_said_before_anything_is_built(tmp_path: Path) -> None:
    engine = Recorder()
    engine.room = 500_000_000
    with pytest.raises(EngineError, match=r"0\.5 GB free where .*, and 1\.1 GB are needed: docker"):
        run(tmp_path, engine)
    assert not engine.recipes


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    engine = Recorder()
    with pytest.raises(EngineError, match="No such file"):
        run(tmp_path, engine, html=str(tmp_path / "none" / "page.html"))
    with pytest.raises(EngineError, match=r"--html: .* is a folder"):
        run(tmp_path, engine, html=str(tmp_path))
    for name in ("Dockerfile", "a.py"):
        with pytest.raises(EngineError, match=rf"--html: .*/{name} is there, and no page"):
            run(tmp_path, engine, html=str(tmp_path / name))
    assert (tmp_path / "Dockerfile").read_bytes() == PROJECT
    assert not engine.recipes
    (tmp_path / "page.html").write_text("<!doctype html>\n<p>an earlier one")
    assert run(tmp_path, engine, html=str(tmp_path / "page.html"))[0] == 0
    assert "a.py" in (tmp_path / "page.html").read_text()


def test_a_file_to_edit_may_be_named_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "shop/a.py", str(tmp_path / "shop" / "a.py")):
        status, speaker = run(tmp_path / "shop", Recorder(), edit=name)
        assert (status, speaker.said) == (0, "")
        assert "(a.py: asked for)" in speaker.printed
    (tmp_path / "b.py").touch()
    status, speaker = run(tmp_path / "shop", Recorder(), edit="b.py")
    assert status == 2
    assert "--edit: the build context has no file b.py, or an ignore file" in speaker.said


def test_an_edit_of_which_nothing_depends_and_none_at_all_are_said(tmp_path: Path) -> None:
    class Cached(Recorder):
        def build(self, recipe: Recipe, *, fresh: bool = False, hooks: Hooks = HOOKS) -> Built:
            found = super().build(recipe, fresh=fresh, hooks=hooks)
            self.images[found.image] = saved(layer(("a", b"")), name=found.image)
            return found._replace(steps=(BuildStep("[2/2] RUN a", True, 0.0),))

    _, speaker = run(tmp_path, Cached(), edit="Dockerfile")
    assert "(Dockerfile: asked for, but no step depends on it)" in speaker.printed
    source = PROJECT.replace(b"COPY a.py /\n", b"COPY *.none /\n")
    _, speaker = run(tmp_path, Recorder(), source)
    assert "(no edit was measured: the build copies no file that has lines)" in speaker.printed
    status, speaker = run(tmp_path, Recorder(), source, edit="none.py")
    assert status == 2


def test_an_engine_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(options: BuildOptions) -> Recorder:
        raise TimeoutError("no answer in 60 s: docker buildx inspect")

    monkeypatch.setattr(builds, "connect", hang)
    request = Request(Options(), BuildOptions(), MeasureOptions())
    with pytest.raises(EngineError, match="no answer in 60 s: docker buildx inspect"):
        builds.run_with_engine("measure", request, [], Speaker())


def test_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(PROJECT)
    done = dockfix_command("measure", "--help", cwd=tmp_path)
    for flag in (b"--edit", b"--json", b"--html", b"--network", b"--select"):
        assert flag in done.stdout
    assert b"--in-place" not in done.stdout
    assert dockfix_command("measure", "--nonsense", cwd=tmp_path).returncode == 2
    assert dockfix_command("measure", "-", cwd=tmp_path).returncode == 2
    nothing = dockfix_command("measure", ".", cwd=tmp_path, PATH="", DOCKER_HOST="unix:///none")
    assert nothing.returncode == 2
    assert b"docker" in nothing.stderr
