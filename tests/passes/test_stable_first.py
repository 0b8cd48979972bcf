"""stable-first: what may change places, what changes more often, what a variable may go past."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from dockfix import Safety, rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.installs.onlookers import is_metadata, look
from dockfix.passes.base import Settings
from dockfix.passes.stable_first import verify
from dockfix.shell.reader import read_script
from dockfix.shell.tree import Script
from helpers.amount import some
from helpers.builder import build
from helpers.command import dockfix_command, git
from helpers.facts import facts_of
from helpers.memory_context import Files

#: As many bytes are worth not being copied again.
HEAVY = 64 * 1024


class Heavy(Files):
    """A context in memory whose files are large, so that it counts how often they are copied."""

    def head(self, path: str, size: int) -> str | None:
        return None if super().head(path, size) is None else "x" * size


class Counted(Heavy):
    """A context in memory whose history is known."""

    def __init__(self, files: Mapping[str, str], counts: Mapping[str, int | None]) -> None:
        super().__init__(files)
        self.counts = counts

    def changes(self, path: str) -> int | None:
        return self.counts.get(path)


def rewritten(source: str, context: Files | None = None, *, unsafe: bool = False) -> str:
    settings = Settings(context=context)
    once = rewrite(source, select=["stable-first"], unsafe_fixes=unsafe, settings=settings).after
    again = rewrite(once, select=["stable-first"], unsafe_fixes=unsafe, settings=settings)
    assert not again.changed
    return once


def test_files_of_a_few_kilobytes_stay_where_they_are() -> None:
    source = "FROM debian\nCOPY . /one\nCOPY php.ini /usr/local/etc/php/\n"
    assert rewritten(source, Files({"php.ini": "a=1\n", "a.php": ""})) == source
    assert rewritten(source, Heavy({"php.ini": "a=1\n", "a.php": ""})) != source
    # without a context the name has to tell
    assert rewritten(source) == source


@pytest.mark.parametrize(("size", "moved"), [(HEAVY, True), (HEAVY // 2, False)])
def test_a_small_folder_costs_nothing_to_copy_again(size: int, moved: bool) -> None:
    class Small(Files):
        def changes(self, path: str) -> int | None:
            return 9 if path == "src" else 0

    files = {"src/a.c": "", "data/b": "b" * (size // 2), "data/c/d": "d" * (size // 2)}
    source = "FROM debian\nCOPY src /a\nCOPY data /b\n"
    assert (rewritten(source, Small(files)) != source) == moved


# What COPYs leave and cost, by a model of the builder


def built(source: str, files: Mapping[str, str]) -> object:
    image = build(source, files).image
    return image.files, image.folders, image.given


def rebuilt(source: str, files: Mapping[str, str], edited: str) -> int:
    """How many steps an edit of a file makes the builder do again."""
    other = {**files, edited: files[edited] + "x"}
    pairs = zip(build(source, files).steps, build(source, other).steps, strict=True)
    return sum(one.key != two.key for one, two in pairs)


SOURCES = ("app", "app/conf", "lib", "lib/a.jar", "vendor", "src", "src/main.py", ".", "start.sh")
TARGETS = (".", "./", "lib", "/srv/x/", "/srv/x", "/srv/x/conf/", "/opt/y/lib", "conf", "/etc/z/")
PATHS = (
    "app/main.py", "app/conf/a.ini", "app/lib/b.jar", "lib/a.jar", "lib/b.jar", "src/main.py",
    "src/conf", "vendor/v.py", "vendor/lib/a.jar", "start.sh", "conf/a.ini",
)  # fmt: skip


def project(choose: random.Random) -> tuple[str, dict[str, str], dict[str, int | None]]:
    files = {path: path for path in PATHS if choose.random() < 0.7} | {"app/x": "", "lib/x": ""}
    lines = ["FROM debian", f"WORKDIR /{choose.choice(('srv', 'work/here'))}"]
    for _ in range(choose.randrange(2, 6)):
        sources = choose.sample(SOURCES, choose.choice((1, 1, 1, 2)))
        sources = [one for one in sources if one == "." or any(
            path == one or path.startswith(f"{one}/") for path in files
        )] or ["app"]  # fmt: skip
        owner = choose.choice(("", "", "", "--chown=1 ", "--chown=2:2 "))
        target = choose.choice(TARGETS) if len(sources) == 1 else choose.choice((".", "/srv/x/"))
        lines.append(f"COPY {owner}{' '.join(sources)} {target}")
    counts: dict[str, int | None] = {}
    if choose.random() < 0.5:
        for path in files:
            counts[path] = choose.choice((0, 1, 5, 20))
        for path in SOURCES:
            inside = [n or 0 for file, n in counts.items() if file.startswith(f"{path}/")]
            if path not in files:
                counts[path] = max(inside, default=0)
        counts[""] = max((n or 0 for n in counts.values()), default=0)
    return "\n".join(lines) + "\n", files, counts


def test_random_rows_leave_the_same_files_and_cost_no_more() -> None:
    choose = random.Random(20261122)
    changed = 0
    for _ in range(some(1500)):
        source, files, counts = project(choose)
        after = rewritten(source, Counted(files, counts))
        if after == source:
            continue
        changed += 1
        assert built(after, files) == built(source, files), f"{source}{after}{files}"
        if counts:
            old, new = (
                sum(rebuilt(text, files, path) * (counts[path] or 0) for path in files)
                for text in (source, after)
            )
            assert new <= old, f"{source}{after}{counts}"
    assert changed > some(100)


def test_the_model_can_tell() -> None:
    files = {"a/x": "1", "b/x": "2"}
    assert built("FROM a\nCOPY a /t\nCOPY b /t\n", files) != built(
        "FROM a\nCOPY b /t\nCOPY a /t\n", files
    )
    assert built("FROM a\nCOPY --chown=1 a /t/a\nCOPY b /t/b\n", files) != built(
        "FROM a\nCOPY b /t/b\nCOPY --chown=1 a /t/a\n", files
    )
    assert built("FROM a\nCOPY a /t\nCOPY b/x /t/y\n", files) != built(
        "FROM a\nCOPY b/x /t/y\nCOPY a /t\n", files
    )


# Who changes more often


def test_the_history_decides_before_names() -> None:
    source = "FROM debian\nCOPY vendor /vendor\nCOPY app /app\n"
    swapped = "FROM debian\nCOPY app /app\nCOPY vendor /vendor\n"
    files = {"vendor/a": "", "app/a": ""}
    assert rewritten(source, Counted(files, {"vendor": 20, "app": 3})) == swapped
    assert rewritten(swapped, Counted(files, {"vendor": 3, "app": 20})) == source
    # by chance, and with the history of one of them only: the names decide
    assert rewritten(swapped, Counted(files, {"vendor": 3, "app": 4})) == swapped
    assert rewritten(swapped, Counted(files, {"app": 1})) == source
    assert rewritten(source, Counted(files, {"app": 1})) == source


def test_several_sources_and_patterns_are_as_lively_as_the_liveliest() -> None:
    source = "FROM debian\nCOPY a.c b.c /x/\nCOPY conf/*.ini /y/\n"
    files = dict.fromkeys(("a.c", "b.c", "conf/a.ini", "conf/b.ini", "conf/c.txt"), "")
    counts = {"a.c": 0, "b.c": 30, "conf/a.ini": 1, "conf/b.ini": 2, "conf/c.txt": 99}
    lines = source.splitlines(keepends=True)
    assert rewritten(source, Counted(files, counts)) == "".join((lines[0], lines[2], lines[1]))
    assert rewritten(source, Counted(files, {**counts, "conf/b.ini": 30})) == source


def test_by_a_real_history(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a").write_text("a" * HEAVY)
    source = b"FROM debian\nCOPY one /one\nCOPY two /two\n"
    (tmp_path / "Dockerfile").write_bytes(source)
    for number in range(6):
        (tmp_path / "one" / "a").write_text(str(number))
        git("add", "--all", cwd=tmp_path)
        git("commit", "--quiet", "-m", "x", cwd=tmp_path)
    select = ("--select", "stable-first")
    said = dockfix_command(*select, cwd=tmp_path).stdout
    assert b"Dockerfile:2:1: DF402 stable-first: move this COPY down: its files" in said
    assert dockfix_command(*select, "--in-place", cwd=tmp_path).returncode == 0
    after = b"FROM debian\nCOPY two /two\nCOPY one /one\n"
    assert (tmp_path / "Dockerfile").read_bytes() == after
    assert dockfix_command(*select, "--diff", cwd=tmp_path).returncode == 0


def test_a_thousand_files_of_one_repository(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    for number in range(4):
        for name in ("one", "two"):
            folder = tmp_path / str(number) / name
            folder.mkdir(parents=True)
            (folder / "a").write_text("a" * HEAVY)
    git("add", "--all", cwd=tmp_path)
    git("commit", "--quiet", "-m", "x", cwd=tmp_path)
    for number in range(30):
        (tmp_path / str(number % 4) / "one" / "a").write_text(str(number))
        git("commit", "--quiet", "--all", "-m", "x", cwd=tmp_path)
    source = "FROM debian\nCOPY one /one\nCOPY two /two\n"
    start = time.process_time()
    for number in range(1000):
        context = DirectoryContext(str(tmp_path / str(number % 4)))
        settings = Settings(context=context)
        assert rewrite(source, select=["stable-first"], settings=settings).changed
    assert time.process_time() - start < 5


# What lands where


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("COPY . /bin/x", "COPY a /usr/bin/x"),
        ("COPY . /var/run/x", "COPY a /run/x"),
        ("COPY . /etc", "COPY --chown=me a /a"),
        ("COPY --chown=me . /srv/b", "COPY a /etc/passwd"),
        ("COPY --chown=1 . /x/b", "COPY a /x/a"),
        ("ADD . /a", "ADD https://example.org/x /b"),
        ("COPY . /a", "COPY --parents a/b /b/"),
        ("COPY . /a", "COPY <<EOF /b\nx\nEOF"),
        ("COPY . ${X}", "COPY a /a"),
        ("COPY . /srv/new/", "COPY a /srv/new/sub/a"),
    ],
)
def test_what_may_not_change_places(first: str, second: str) -> None:
    source = f"FROM debian\n{first}\n{second}\n"
    assert rewritten(source, Heavy({"a": "", "b/c": ""}), unsafe=True) == source


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("COPY --chown=1 . /srv/b", "COPY a /srv/a"),
        ("COPY --chown=1 . /x/b", "COPY --chown=1 a /x/a"),
        ("COPY . .", "COPY a /etc/a"),
        ("COPY . /srv", "COPY a /opt/a/b/c"),
        ("COPY --chmod=755 . /b", "COPY a /c"),
        ("ADD . /b", "ADD a.tar.gz /c"),
        ('COPY [".", "/b"]', 'COPY ["a", "/c"]'),
    ],
)
def test_what_may(first: str, second: str) -> None:
    source = f"FROM debian\nWORKDIR /w\n{first}\n{second}\n"
    files = Heavy({"a": "", "b/c": "", "a.tar.gz": ""})
    assert rewritten(source, files) == f"FROM debian\nWORKDIR /w\n{second}\n{first}\n"


@pytest.mark.parametrize("link", ["outside", "inside", "nowhere", "above"])
def test_links_in_the_context_are_copied_as_links(link: str, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "lib" / "dependency").mkdir(parents=True)
    (tmp_path / "lib" / "dependency" / "a.jar").write_text("")
    (tmp_path / "etc").mkdir()
    source = "FROM debian\nWORKDIR /a\nCOPY app .\nCOPY lib/dependency sub/lib\n"
    settings = Settings(context=DirectoryContext(str(tmp_path)))
    swapped = "FROM debian\nWORKDIR /a\nCOPY lib/dependency sub/lib\nCOPY app .\n"
    (tmp_path / "app" / "sub").mkdir()
    assert rewrite(source, select=["DF402"], settings=settings).after == source
    (tmp_path / "app" / "sub").rmdir()
    (tmp_path / "app" / "dependency").mkdir()
    target = {"outside": "/tmp", "inside": "../etc", "nowhere": "none", "above": "../.."}[link]
    (tmp_path / "app" / "sub").symlink_to(target)
    assert rewrite(source, select=["DF402"], settings=settings).after == source
    (tmp_path / "app" / "sub").unlink()
    source = source.replace("COPY app", "COPY src").replace("lib/dependency", "vendor")
    (tmp_path / "app").rename(tmp_path / "src")
    (tmp_path / "lib").rename(tmp_path / "vendor")
    swapped = "FROM debian\nWORKDIR /a\nCOPY vendor sub/lib\nCOPY src .\n"
    assert rewrite(source, select=["DF402"], settings=settings).after == swapped


def test_values_of_variables_are_those_at_the_place() -> None:
    files = Heavy({"one/app/a": "", "one/lib/vendor/b": ""})
    known = "FROM debian\nWORKDIR /w\nENV X=one\nCOPY $X/app .\nCOPY ${X}/lib/vendor lib\n"
    swapped = "FROM debian\nWORKDIR /w\nENV X=one\nCOPY ${X}/lib/vendor lib\nCOPY $X/app .\n"
    assert rewritten(known.replace("/lib/vendor", "/vendor"), None) == known.replace(
        "/lib/vendor", "/vendor"
    )
    assert rewritten(known.replace("ENV X=one\n", ""), files) == known.replace("ENV X=one\n", "")
    assert rewritten(known.replace("X=one", "X=$Y"), files) == known.replace("X=one", "X=$Y")
    assert rewritten("ARG X=one\n" + known.replace("ENV X=one", "ARG X"), files) in (
        "ARG X=one\n" + swapped.replace("ENV X=one", "ARG X"),
        "ARG X=one\n" + known.replace("ENV X=one", "ARG X"),
    )


# Layout


def test_comments_and_empty_lines_go_along() -> None:
    source = (
        "FROM debian\n\n# the source\nCOPY . /app\n\n# how it starts\nCOPY start /bin/\n\n"
        "CMD start\n"
    )
    after = (
        "FROM debian\n\n# how it starts\nCOPY start /bin/\n\n# the source\nCOPY . /app\n\n"
        "CMD start\n"
    )
    assert rewritten(source) == after
    for text, end in ((source, "\n"), (source.removesuffix("\nCMD start\n"), "")):
        crlf = text.replace("\n", "\r\n").removesuffix("\r\n") + end
        assert rewritten(crlf).count("\r\n") == crlf.count("\r\n")
        assert rewritten(crlf).endswith(end)


def test_paragraphs_stay_together() -> None:
    for source in (
        "FROM debian\nCOPY . /app\n\nCOPY start.sh /\nRUN chmod +x /start.sh\n",
        "FROM debian\n# what it needs\nCOPY . /app\nCOPY start.sh /\n",
    ):
        assert rewritten(source) == source


# What a variable may go past


BLIND = """
    apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
    set -eux; apk add --no-cache curl; adduser -D app; mkdir -p /a /b
    yum install -y make && yum clean all
    if [ -e /etc/x ]; then apt-get install -y x; fi
    apt-get install -y $(cat list)
    export DEBIAN_FRONTEND=noninteractive; apt-get install -y x
    go mod download
    npm ci --ignore-scripts
"""
DOUBTFUL = """
    pip install flask
    apt-get update && pip install -r requirements.txt
    npm ci
    bundle install
"""
LOOKS = """
    make
    ./configure && make install
    env
    printenv
    export
    set > /environment
    sh -c 'apt-get install -y x'
    eval x
    . ./x
    curl x | sh
    apt-get install -y ./x.deb
    apt-get install -y x-$GIT_SHA
    apt-get install -y x; awk 'BEGIN { print ENVIRON["x"] }'
    apt-get install -y x && git clone x
    npm run build
    python setup.py install
    GIT_SHA=1 apt-get install -y x
    mkdir() { env; }; mkdir x
    apt-get install -y $(./list)
    pip install .
    xargs apt-get install -y
"""


def seen(text: str) -> str | None:
    script = read_script(text.strip(), "sh")
    assert isinstance(script, Script), text
    found = look(script, frozenset(("GIT_SHA",)))
    return found and found.doubt


def test_what_looks_at_its_environment() -> None:
    for text in BLIND.strip().splitlines():
        assert seen(text) == "", text
    for text in DOUBTFUL.strip().splitlines():
        assert seen(text), text
    for text in LOOKS.strip().splitlines():
        assert seen(text) is None, text


def test_names_that_say_what_is_built() -> None:
    for name in (
        "GIT_SHA", "GIT_COMMIT", "VCS_REF", "BUILD_DATE", "VERSION", "APP_VERSION", "COMMIT",
        "CI_COMMIT_SHA", "SOURCE_COMMIT", "BUILD_NUMBER", "REVISION", "version", "GIT_BRANCH",
    ):  # fmt: skip
        assert is_metadata(name), name
    for name in (
        "PATH", "HOME", "DEBIAN_FRONTEND", "http_proxy", "GIT_DIR", "GIT_SSH_COMMAND", "CACHEBUST",
        "SOURCE_DATE_EPOCH", "NODE_ENV", "PIP_INDEX_URL", "TZ", "LANG", "GIT_AUTHOR_DATE",
        "NODE_VERSION", "GIT_CONFIG_COUNT", "DATABASE_URL", "GIT_TRACE", "LD_PRELOAD",
    ):  # fmt: skip
        assert not is_metadata(name), name


_APT = "RUN apt-get install -y git\n"


@pytest.mark.parametrize(
    "text",
    [
        f"ARG GIT_SHA\nENV PATH=/opt/$GIT_SHA\n{_APT}LABEL a=$GIT_SHA\n",
        f"ARG GIT_SHA\nWORKDIR /$GIT_SHA\n{_APT}",
        f"ARG GIT_SHA X=1\n{_APT}LABEL a=$GIT_SHA$X\n",
        f"ARG GIT_SHA\nLABEL a=$GIT_SHA\nLABEL a=x\n{_APT}",
        f"ARG GIT_SHA\nONBUILD RUN make\n{_APT}LABEL a=$GIT_SHA\n",
        "ARG GIT_SHA\nRUN --mount=type=cache,target=/$GIT_SHA apt-get install -y x\n"
        "LABEL a=$GIT_SHA\n",
        "ARG GIT_SHA\nRUN <<EOF\napt-get install -y git\nEOF\nLABEL a=$GIT_SHA\n",
        'ARG GIT_SHA\nSHELL ["python", "-c"]\nRUN apt-get install -y x\nLABEL a=$GIT_SHA\n',
        'ARG GIT_SHA\nRUN ["apt-get", "install", "-y", "x"]\nLABEL a=$GIT_SHA\n',
        f"ARG GIT_SHA\nARG A=1\nENV A=2\nENV GIT_SHA=$A\n{_APT}",
        f"ENV GIT_SHA=x\n{_APT}LABEL a=$GIT_SHA\n",
        f"ARG GIT_BRANCH=v5.x\n{_APT}LABEL a=$GIT_BRANCH\n",
    ],
)
def test_metadata_that_stays(text: str) -> None:
    assert rewritten(f"FROM debian\n{text}", unsafe=True) == f"FROM debian\n{text}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"ARG VERSION=x\nARG VERSION\n{_APT}LABEL a=$VERSION\n",
            f"{_APT}ARG VERSION=x\nARG VERSION\nLABEL a=$VERSION\n",
        ),
        (
            f"ARG GIT_SHA\nARG VERSION\nLABEL a=$GIT_SHA\n{_APT}ENV VERSION=$VERSION\n",
            f"{_APT}ARG GIT_SHA\nARG VERSION\nLABEL a=$GIT_SHA\nENV VERSION=$VERSION\n",
        ),
        (
            f"ARG GIT_SHA\n{_APT}RUN make\n{_APT}LABEL a=$GIT_SHA\n",
            f"{_APT}ARG GIT_SHA\nRUN make\n{_APT}LABEL a=$GIT_SHA\n",
        ),
        (
            f"ARG GIT_SHA\nARG BUILD_DATE\nLABEL a=$GIT_SHA b=$BUILD_DATE\n{_APT}EXPOSE 80\n",
            f"{_APT}ARG GIT_SHA\nARG BUILD_DATE\nLABEL a=$GIT_SHA b=$BUILD_DATE\nEXPOSE 80\n",
        ),
        (
            f"ARG GIT_SHA\nLABEL a=$GIT_SHA\nLABEL b=x\nENV C=d\nUSER root\n{_APT}",
            f"LABEL b=x\nENV C=d\nUSER root\n{_APT}ARG GIT_SHA\nLABEL a=$GIT_SHA\n",
        ),
        (
            f"ARG VERSION\n{_APT}COPY app-$VERSION.jar /app.jar\n",
            f"{_APT}ARG VERSION\nCOPY app-$VERSION.jar /app.jar\n",
        ),
    ],
)
def test_metadata_that_moves(before: str, after: str) -> None:
    assert rewritten(f"FROM debian\n{before}") == f"FROM debian\n{after}"


def test_past_an_installer_of_a_language_only_when_asked() -> None:
    source = f"FROM python\nARG GIT_SHA\n{_APT}RUN pip install flask\nLABEL a=$GIT_SHA\n"
    safe = f"FROM python\n{_APT}ARG GIT_SHA\nRUN pip install flask\nLABEL a=$GIT_SHA\n"
    assert rewritten(source) == safe
    offered = rewrite(source, select=["stable-first"]).offered
    assert [one.safety for one in offered] == [Safety.UNSAFE]
    far = f"FROM python\n{_APT}RUN pip install flask\nARG GIT_SHA\nLABEL a=$GIT_SHA\n"
    assert rewritten(source, unsafe=True) == far


# Its own proof


@pytest.mark.parametrize(
    "after",
    [
        "FROM a\nARG V\nCOPY a /a\nRUN $V\nCOPY b /b\nLABEL l=1\n",
        "FROM a\nARG V\nCOPY b /b\nCOPY a /a\nUSER u\nRUN $V\nLABEL l=1\n",
        "FROM a\nCOPY a /a\nCOPY b /b\nRUN $V\nARG V\nLABEL l=1\n",
        "FROM a\nARG V\nCOPY a /a\nCOPY a /a\nRUN $V\nLABEL l=1\n",
        "FROM a\nRUN $V\nARG V\nCOPY a /a\nCOPY b /b\nLABEL l=1\n",
        "FROM a\nARG V\nCOPY a /a\nCOPY b /b\nRUN $V\nLABEL l=2\n",
    ],
)
def test_verify_refuses(after: str) -> None:
    before = facts_of("FROM a\nARG V\nCOPY a /a\nCOPY b /b\nRUN $V\nLABEL l=1\n")
    assert verify(before, facts_of(after)) is not None


def test_verify_allows() -> None:
    before = facts_of("FROM a\nARG V\nRUN b\nCOPY a /a\nCOPY b /b\nLABEL l=$V\n")
    after = facts_of("FROM a\nRUN b\nARG V\nCOPY b /b\nCOPY a /a\nLABEL l=$V\n")
    assert verify(before, after) is None


def test_what_moves_keeps_its_order_and_leaves_a_heading_to_those_that_stay() -> None:
    labels = ("# what it is", "LABEL made=$BUILD_DATE", "LABEL name=x", "LABEL rev=$VCS_REF")
    given = ("# given by CI", "ARG BUILD_DATE", "ARG VCS_REF")
    install = "RUN apt-get update && apt-get install -y git"
    paragraphs = (("FROM debian:12",), given, labels, (install,), ("RUN true",))
    source = "\n\n".join("\n".join(one) for one in paragraphs) + "\n"
    lines = rewritten(source).split("\n")
    assert lines[2:4] == ["# what it is", "LABEL name=x"]
    at = lines.index(install)
    assert lines[at + 1 : at + 7] == ["", *given, labels[1], labels[3]]


def test_a_comment_goes_along_with_what_is_no_heading() -> None:
    install = "RUN apt-get update && apt-get install -y git\n"
    source = f"FROM debian:12\n\n# the commit\nARG GIT_SHA\nARG A=1\n\n{install}RUN : $GIT_SHA $A\n"
    assert "git\n# the commit\nARG GIT_SHA\n" in rewritten(source).replace("\n\n#", "\n#")
