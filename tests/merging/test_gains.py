"""Which merges of RUNs are worth it, each line of the table by an example and a counter-example."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.context.directory import DirectoryContext
from dockfix.passes.base import Settings

MERGED = (
    "apt-get update|apt-get install -y git",
    "apt-get update|mkdir /x|apt-get install -y git",
    "apt-get install -y gcc|make -C /s install|apt-get purge -y gcc",
    "apk add --virtual .d gcc|gem install puma|apk del .d",
    "wget https://example.org/a.tgz|tar -xf a.tgz|rm a.tgz",
    "wget https://example.org/a.deb|dpkg -i a.deb",
    "wget -O - https://example.org/key | apt-key add -|apt-get install -y agent",
    "echo deb https://example.org x main > /etc/apt/sources.list.d/x.list|apt-get install -y agent",
    "yum install -y git|yum install -y make && yum clean all",
    "yum install -y git|yum clean all",
    "apt-key adv --recv-keys 1 && add-apt-repository x && apt-get update|apt-get install -y r-base",
    "pip install flask|pip install gunicorn",
    "pip install flask|rm -rf /root/.cache/pip",
    "mkdir /data|chmod 777 /data|useradd app|ln -s /a /b",
    "curl -o /usr/bin/tool https://example.org/tool|chmod +x /usr/bin/tool",
    "git clone https://example.org/x /x|chown -R app /x",
    "cd /opt && mkdir a|mkdir /opt/b",
    "node -v|npm -v|yarn -v|cypress -v",
    "curl -o $SRC/a.tgz http://x.org/a && tar -xf $SRC/a.tgz -C $SRC/a|mv $SRC/a/b $SRC/b",
)
APART = (
    "apt-get install -y git|pip install flask",
    "pip install torch==2.4.0|pip install transformers",
    "apt-get install -y git|make -C /s",
    "pip install flask|useradd app",
    "git clone https://example.org/x /x|make -C /x",
    "pip install https://x.org/torch-2.4.0+cpu.whl|pip install transformers",
    "cd /opt && mkdir a|mkdir b",
    "yum -y install git; yum clean all|yum -y install make; yum clean all",
    "cargo install a|cargo install b",
    "apt-get install -y git|pip install flask|rm -rf /var/lib/apt/lists/*",
    # a program that is told of a folder, and something else in it
    "pip install flask && fix-permissions /home/me|rm -rf /home/me/x",
    "useradd --home /app app|pip install -r /app/requirements.txt",
    # each RUN removes what it brought itself
    "apt-get install -y git && rm -rf /var/lib/apt/lists/*"
    "|apt-get update && apt-get install -y zip && unzip /x && rm -rf /var/lib/apt/lists/*",
    "curl -o /tmp/a.sh https://x.org/a.sh && rm /tmp/a.sh|make && rm /tmp/a.sh",
    # each cleans up after itself
    "yum install -y git && yum clean all|yum install -y make && yum clean all",
    # the second update is none too many
    "apt-get update && apt-get install -y software-properties-common"
    "|apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*",
    # what is installed lies elsewhere
    "pip install . && x|useradd app && chown -R app /app",
    # nobody writes `a; b && c`
    "if x; then y; fi; mkdir /a|mkdir /b",
    # many slow steps between
    "apt-get install -y gcc|make -C /a|make -C /b|make -C /c|make -C /d|apt-get purge -y gcc",
    # it removes what it brought itself, whatever another RUN removes beside it
    "wget -O /tmp/a-$V.tgz https://x.org/a-$V.tgz && make && rm -rf /tmp/a-$V.tgz"
    "|pip install six && rm -rf /tmp/*",
    # a source of packages from which nothing is installed here
    "apt-get install -y curl|curl -L https://x.org/k -o /etc/apt/keyrings/x.asc",
)
COMMENTS = ("# these layers are shared", "# keep this step cached", "# the order matters",
            "# rebuilt by every push", "# mkdir /x -p")  # fmt: skip


def merged(scripts: str, between: str = "") -> int:
    """How many RUNs are left of several, which `|` divides."""
    runs = scripts.split("|") if " | " not in scripts else scripts.replace(" | ", "\0").split("|")
    lines = f"\n{between}".join(f"RUN {one}\n".replace("\0", " | ") for one in runs)
    source = f"FROM python:3.12\n{lines}"
    return rewrite(source, select=["merge-runs"]).after.count("RUN ")


@pytest.mark.parametrize("scripts", MERGED)
def test_what_pays_is_merged(scripts: str) -> None:
    assert merged(scripts) == 1


@pytest.mark.parametrize("scripts", APART)
def test_what_does_not_pay_stays_apart(scripts: str) -> None:
    assert merged(scripts) == scripts.count("|") + 1


@pytest.mark.parametrize("comment", COMMENTS)
def test_nothing_is_merged_across_what_a_comment_says(comment: str) -> None:
    assert merged("mkdir /x|mkdir /y", f"{comment}\n") == 2


@pytest.mark.parametrize(
    ("between", "left"), [("# Model folder\n", 2), ("# hadolint ignore=DL1\n", 1)]
)
def test_a_comment_that_begins_a_step_keeps_it_apart(between: str, left: int) -> None:
    """One for a linter says nothing about the step."""
    assert merged("mkdir /x|mkdir /y", between) == left
    assert merged("pip install flask|pip install gunicorn", between) == left


def test_what_a_comment_keeps_separate_stays_so_up_to_the_next_empty_line() -> None:
    runs = "RUN mkdir /a\nRUN mkdir /b\n"
    source = f"FROM debian\n# separate commands, to avoid timeouts\n{runs}\n{runs}"
    after = rewrite(source, select=["merge-runs"]).after
    assert after.split("\n\n", 1)[0] == source.split("\n\n", 1)[0]
    assert "/a \\\n    && mkdir /b" in after.split("\n\n", 1)[1]
    once = source.replace("separate commands, to avoid timeouts", "folders")
    assert rewrite(once, select=["merge-runs"]).after.count("RUN ") == 1


def test_who_fetches_the_lists_itself_gains_nothing_by_an_update_above() -> None:
    source = "FROM alpine\nRUN apk update && apk add --no-cache git\nRUN apk add {} lua || true\n"
    assert not rewrite(source.format("--no-cache"), select=["merge-runs"]).changed
    assert rewrite(source.format("-q"), select=["merge-runs"]).changed


def test_two_parentheses_begin_no_arithmetic() -> None:
    before = "FROM debian\nRUN (cd /a && make); set +f\nRUN rm /b\n"
    result = rewrite(before, select=["merge-runs"], settings=Settings(merge_strategy="all"))
    assert "RUN ( (cd /a && make); set +f) \\\n    && rm /b" in result.after


def test_what_cannot_be_merged_to_its_end_is_not_begun() -> None:
    """Without the `rm` the image keeps the archive; with it, `./x/install` may harm it."""
    scripts = ("curl -o a.zip https://x.org/a.zip", "unzip a.zip", "./a/install", "rm -r a.zip a")
    runs = "".join(f"RUN {one}\n" for one in scripts)
    result = rewrite(f"FROM x.org/base\n{runs}", select=["merge-runs"])
    assert result.after.count("RUN ") == 3
    assert "a.zip \\\n    && unzip a.zip\nRUN ./a/install\n" in result.after
    whole = rewrite(f"FROM debian\n{runs}", select=["merge-runs"])
    assert whole.after.count("RUN ") == 1


def test_a_command_that_is_switched_off_below_keeps_its_twin_apart() -> None:
    source = "FROM debian\nRUN mkdir /a\nRUN rm -r /b\n{}\nUSER x\n"
    twin = rewrite(source.format("#RUN rm -r /b /c"), select=["merge-runs"])
    assert not twin.changed
    assert rewrite(source.format("# gone"), select=["merge-runs"]).changed


def test_nobody_puts_parentheses_around_several_lines() -> None:
    """Around one line they are worth bytes; and none are needed if the next needs no directory."""
    unpack = "RUN cd /tmp && {}wget -q https://x.org/a.tgz && tar -xf a.tgz\n"
    remove = "RUN make -C a && rm -rf /tmp/a.tgz\n"
    merged = [
        rewrite(f"FROM debian\n{unpack.format(gap)}{last}", select=["merge-runs"]).after
        for gap in ("", "\\\n    ")
        for last in (remove, "RUN rm -rf /tmp/a.tgz\n")
    ]
    assert [("(cd" in one, one.count("RUN ")) for one in merged] == [
        (True, 1),
        (False, 1),
        (False, 2),
        (False, 1),
    ]


def test_a_comment_is_no_barrier_where_the_image_gets_smaller() -> None:
    assert merged("apt-get update|apt-get install -y git", "# Git\n") == 1


def test_installs_by_a_language_s_manager_save_nothing_where_no_image_gets_the_layers() -> None:
    runs = "WORKDIR /a\nRUN go mod download\nRUN go mod download -x\n"
    handing_on = f"FROM golang AS build\n{runs}FROM debian\nCOPY --from=build /x /x\n"
    assert not rewrite(handing_on, select=["merge-runs"]).changed


def test_a_comment_about_a_cleanup_is_no_barrier() -> None:
    assert merged("pip install a|rm -rf /root/.cache/pip", "# clean the cache\n") == 1


def test_steps_of_a_stage_that_only_hands_on_files_stay_apart() -> None:
    build = "FROM debian AS build\nRUN mkdir /x\nRUN chmod 777 /x\n"
    handing_on = f"{build}FROM debian\nCOPY --from=build /x /x\n"
    assert not rewrite(handing_on, select=["merge-runs"]).changed
    assert rewrite(f'{build}FROM build\nCMD ["x"]\n', select=["merge-runs"]).changed


@pytest.mark.parametrize(
    "scripts",
    [
        "wget https://example.org/a.tgz|tar -xf a.tgz|rm a.tgz",
        "apt-get update && apt-get install -y gcc|make|apt-get purge -y gcc",
        "pip install flask|rm -rf /root/.cache/pip",
    ],
)
def test_a_layer_that_no_image_gets_need_not_be_small(scripts: str) -> None:
    runs = "".join(f"RUN {one}\n" for one in scripts.split("|"))
    build = f"FROM debian AS build\n{runs}"
    assert not rewrite(
        f"{build}FROM debian\nCOPY --from=build /x /x\n", select=["merge-runs"]
    ).changed
    assert rewrite(build, select=["merge-runs"]).changed


def test_a_source_of_packages_goes_to_the_install_that_needs_it() -> None:
    setup = "RUN echo deb https://x.org x main > /etc/apt/sources.list.d/x.list\n"
    install = "RUN apt-get update && apt-get install -y curl\n"
    for source, expected in (
        (f"{install}{setup}", 2),
        (f"{install}{setup}COPY a /a\n{install}", 3),
        (f"{setup}{install}", 1),
        (f"{install}{setup}{setup}{install}", 1),
    ):
        after = rewrite(f"FROM debian\n{source}", select=["merge-runs"]).after
        assert after.count("RUN ") == expected


def test_what_other_dockerfiles_begin_with_is_left_alone(tmp_path: Path) -> None:
    shared = "FROM debian\nCOPY a /a\nRUN pip install flask\n"
    (tmp_path / "a").touch()
    own = tmp_path / "Dockerfile"
    own.write_text(f"{shared}RUN pip install gunicorn\n")
    settings = Settings(context=DirectoryContext(str(tmp_path), dockerfile=str(own)))
    again = Settings(context=DirectoryContext(str(tmp_path), dockerfile=str(own)))
    source = own.read_text()
    assert rewrite(source, select=["merge-runs"], settings=settings).changed
    (tmp_path / "other.Dockerfile").write_text(f"{shared}RUN pip install celery\n")
    assert not rewrite(source, select=["merge-runs"], settings=again).changed


def test_what_it_brings_is_said() -> None:
    source = "FROM debian\nRUN apt-get install -y gcc\nRUN make\nRUN apt-get purge -y gcc\n"
    (finding,) = rewrite(source, select=["merge-runs"]).applied
    assert finding.message == (
        "merge 3 consecutive RUNs: 2 fewer layers; gcc is installed and removed in one "
        "layer, so the image does not store it"
    )


def test_related_runs_are_those_of_one_manager_by_whatever_program() -> None:
    settings = Settings(merge_strategy="related")
    for first, second, related in (
        ("apt-get install -y curl", "dpkg -i /a.deb", True),
        ("yum install -y curl", "rpm -i /a.rpm", True),
        ("npm install -g a", "yarn global add b", True),
        ("apt-get install -y curl", "rpm -i /a.rpm", False),
    ):
        source = f"FROM example.org/x\nRUN {first}\nRUN {second}\n"
        assert rewrite(source, select=["merge-runs"], settings=settings).changed is related
