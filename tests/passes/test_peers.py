"""Rewrites that other tools are known to get wrong: each a file, and its result to the byte.

All of it goes through the default passes together; every merge that may be made is made. What a RUN
does is held against real shells where that can be done without a network.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.expansion import expand
from dockfix.dockerfile.parser import parse
from dockfix.dockerfile.source import encode
from dockfix.passes.base import Settings
from helpers.command import CLEAN, MENDABLE, dockfix_command
from helpers.shell_runs import SHELLS, outcomes, runs_of

FROM = "FROM debian:12\n"
#: Every merge that may be made is made: what is worth it is another question.
ALL = Settings(merge_strategy="all")
#: An image that may ship package lists, so that an install without an update is left alone.
LISTED = "FROM example.org/base\n"


def becomes(before: str, after: str) -> None:
    """The default passes make exactly `after` of `before`, and leave `after` as it is."""
    result = rewrite(before, settings=ALL)
    assert result.after == after
    assert not rewrite(after, settings=ALL).changed
    for shell in ("dash", "bash"):
        for text in runs_of(after):
            checked = subprocess.run([shell, "-n", "-c", text], capture_output=True, check=False)
            assert checked.returncode == 0, checked.stderr


def is_sorted(before: str, after: str) -> None:
    """`before` becomes `after` where it is only offered, as its order may matter."""
    assert rewrite(before, select=["sort-packages"]).after == before
    result = rewrite(before, select=["sort-packages"], unsafe_fixes=True)
    assert result.after == after


def stays(text: str | bytes, *, unsafe_fixes: bool = False) -> None:
    """The file is left alone, byte for byte."""
    after = rewrite(text, unsafe_fixes=unsafe_fixes, settings=ALL).after
    assert encode(after) == (text if isinstance(text, bytes) else encode(text))


def acts_alike(folder: Path, *befores: str, shells: Sequence[str] = tuple(SHELLS)) -> None:
    """In real shells the RUNs leave what they left before, and fail where they failed."""
    afters = [rewrite(before, settings=ALL).after for before in befores]
    for name in shells:
        old = outcomes([runs_of(before) for before in befores], SHELLS[name], folder)
        new = outcomes([runs_of(after) for after in afters], SHELLS[name], folder)
        assert new == old, name


# Shell and layers


def test_comment_does_not_swallow_the_next_run(tmp_path: Path) -> None:
    before = FROM + "RUN echo one > a # note\nRUN echo two > b\n"
    becomes(before, FROM + "# note\nRUN echo one > a \\\n    && echo two > b\n")
    acts_alike(tmp_path, before)


def test_an_or_list_joined_as_a_later_part_runs_only_after_success(tmp_path: Path) -> None:
    before = FROM + "RUN mkdir d\nRUN test -e d || touch b\n"
    becomes(before, FROM + "RUN mkdir d \\\n    && { test -e d || touch b; }\n")
    failing = FROM + "RUN touch x\nRUN test -e y\nRUN test -e z || touch b\n"
    acts_alike(tmp_path, before, failing, before.replace("mkdir", "rmdir"))


def test_exit_in_an_or_list_does_not_skip_what_follows(tmp_path: Path) -> None:
    before = FROM + "RUN test -e / && exit 0 || exit 1\nRUN touch after\n"
    becomes(before, FROM + "RUN (test -e / && exit 0 || exit 1) \\\n    && touch after\n")
    acts_alike(tmp_path, before, before.replace("-e", "-f"))


def test_cd_does_not_leak(tmp_path: Path) -> None:
    before = FROM + "RUN mkdir -p d && cd d\nRUN touch here\n"
    becomes(before, FROM + "RUN (mkdir -p d && cd d) \\\n    && touch here\n")
    acts_alike(tmp_path, before, FROM + "RUN mkdir d\nRUN cd d; touch a\nRUN touch b\n")


def test_export_does_not_leak(tmp_path: Path) -> None:
    before = FROM + 'RUN export A=1\nRUN echo "${A-unset}" > a\n'
    becomes(before, FROM + 'RUN (export A=1) \\\n    && echo "${A-unset}" > a\n')
    acts_alike(tmp_path, before, FROM + "RUN inherited=2\nRUN sh -c 'echo $inherited' > a\n")


def test_umask_does_not_leak(tmp_path: Path) -> None:
    before = FROM + "RUN umask 077\nRUN touch a\n"
    becomes(before, FROM + "RUN (umask 077) \\\n    && touch a\n")
    acts_alike(tmp_path, before)


def test_set_does_not_leak(tmp_path: Path) -> None:
    before = FROM + "RUN set +e\nRUN false; touch a\n"
    becomes(before, FROM + "RUN (set +e) \\\n    && { false; touch a; }\n")
    acts_alike(tmp_path, before, FROM + "RUN set -f\nRUN touch x\nRUN echo x* > a\n")


def test_activating_an_environment_does_not_leak(tmp_path: Path) -> None:
    before = FROM + "RUN . venv/bin/activate && pip install flask\nRUN pip list > installed\n"
    becomes(
        before,
        FROM + "RUN (. venv/bin/activate && pip install --no-cache-dir flask) \\\n"
        "    && pip list > installed\n",
    )
    file = "RUN mkdir -p venv/bin\nRUN echo 'A=1; export A' > venv/bin/activate\n"
    acts_alike(tmp_path, FROM + file + 'RUN . venv/bin/activate\nRUN echo "${A-unset}" > a\n')


def test_mount_does_not_become_a_word_of_the_shell() -> None:
    mount = "--mount=type=cache,target=/root/.cache"
    stays(FROM + f"RUN make deps\nRUN {mount} make all\n")
    stays(FROM + f"RUN {mount} make deps\nRUN make all\n")
    becomes(
        FROM + f"RUN {mount} make deps\nRUN {mount} make all\n",
        FROM + f"RUN {mount} make deps \\\n    && make all\n",
    )


def test_network_none_is_not_dropped() -> None:
    stays(FROM + "RUN make fetch\nRUN --network=none make check\n")
    stays(FROM + "RUN --network=none make check\nRUN make push\n")
    becomes(
        FROM + "RUN --network=none make check\nRUN --network=none make test\n",
        FROM + "RUN --network=none make check \\\n    && make test\n",
    )


def test_errexit_is_not_put_before_a_negated_command(tmp_path: Path) -> None:
    stays(FROM + "RUN ! grep -q x f\n")
    before = FROM + "RUN echo y > f\nRUN ! grep -q x f\nRUN touch g\n"
    becomes(before, FROM + "RUN echo y > f \\\n    && ! grep -q x f \\\n    && touch g\n")
    stays(FROM + "RUN set -e; touch f; ! grep -q x f\nRUN set -e; touch g\n")
    acts_alike(tmp_path, before, before.replace("echo y", "echo x"))


def test_a_pipe_does_not_get_pipefail_in_a_shell_without_it(tmp_path: Path) -> None:
    stays(FROM + "RUN echo hi | cat\n", unsafe_fixes=True)
    before = FROM + "RUN echo hi | cat > a\nRUN false | true\nRUN touch b\n"
    becomes(before, FROM + "RUN echo hi | cat > a \\\n    && false | true \\\n    && touch b\n")
    acts_alike(tmp_path, before)


def test_cd_and_a_command_do_not_become_a_working_directory() -> None:
    stays(FROM + "RUN cd /x; make\n")
    stays(FROM + 'RUN mkdir -p /x && cd /x && make\nCMD ["./run"]\n')
    stays(FROM + "RUN cd /x\nCMD run --here | cat\n")


def test_onbuild_keeps_its_onbuild() -> None:
    becomes(
        FROM + "ONBUILD RUN touch a\nONBUILD RUN touch b\nRUN touch c\n",
        FROM + "ONBUILD RUN touch a \\\n    && touch b\nRUN touch c\n",
    )
    stays(FROM + "RUN touch a\nONBUILD RUN touch b\n")
    stays(FROM + "ONBUILD RUN apt-get update && apt-get install -y git\nONBUILD CMD app -v\n")


def test_a_here_document_is_not_edited_doubled_or_followed() -> None:
    stays(
        FROM + "RUN <<EOF\napt-get update\napt-get install -y zip curl\nEOF\n"
        "RUN cat <<EOF > /etc/motd\nRUN apt-get install -y b a\nCMD app\nEOF\n"
        "RUN touch a\nCOPY <<-end /x\n\tRUN a\n\tRUN b\n\tend\n"
    )


def test_nothing_is_left_for_a_second_run() -> None:
    becomes(
        FROM + "RUN apt-get update\n# tools\nRUN apt-get install -y zip\n"
        "RUN apt-get install -y curl\nWORKDIR /srv\nCOPY a /srv/a\nRUN cd a && cc a.c\n"
        "RUN test -e b || mkdir b\nRUN set -e; pwd; id\nRUN set -e; date\nCMD app -v\n",
        FROM + "RUN apt-get update \\\n    # tools\n    && apt-get install -y curl zip \\\n"
        "    && rm -rf /var/lib/apt/lists/*\nWORKDIR /srv\nCOPY a /srv/a\n"
        "RUN (cd a && cc a.c) \\\n    && { test -e b || mkdir b; }\n"
        'RUN set -e; pwd; id; \\\n    date\nCMD ["app", "-v"]\n',
    )


# Packages


def test_a_list_one_per_line_stays_one_per_line() -> None:
    becomes(
        FROM + "RUN apt-get update && apt-get install -y \\\n    zip \\\n    curl\n",
        FROM + "RUN apt-get update && apt-get install -y \\\n    curl \\\n    zip \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n",
    )
    becomes(
        FROM + "RUN apt-get update\nRUN apt-get install -y \\\n      zip \\\n      curl \\\n"
        "  && rm -rf /var/lib/apt/lists/*\n",
        FROM
        + "RUN apt-get update \\\n  && apt-get install -y \\\n        curl \\\n        zip \\\n"
        "  && rm -rf /var/lib/apt/lists/*\n",
    )


def test_a_list_with_a_comment_stays_whole() -> None:
    becomes(
        FROM + "RUN apk add --no-cache \\\n    zip \\\n    # for the health check\n    curl \\\n"
        "    bash\n",
        FROM + "RUN apk add --no-cache \\\n    zip \\\n    # for the health check\n    bash \\\n"
        "    curl\n",
    )


def test_a_list_with_a_variable_stays_whole() -> None:
    becomes(
        FROM + "ARG EXTRA\nRUN apk add --no-cache \\\n    zip \\\n    curl \\\n    $EXTRA \\\n"
        "    vim \\\n    git\n",
        FROM + "ARG EXTRA\nRUN apk add --no-cache \\\n    curl \\\n    zip \\\n    $EXTRA \\\n"
        "    git \\\n    vim\n",
    )


def test_the_value_of_an_option_is_no_package() -> None:
    stays(FROM + "RUN pip install --no-cache-dir torch -f https://l.html aiohttp\n")
    is_sorted(
        FROM + "RUN pip install --no-cache-dir torch numpy -f https://l.html flask aiohttp\n",
        FROM + "RUN pip install --no-cache-dir \\\n    numpy \\\n    torch \\\n"
        "    -f https://l.html \\\n"
        "    aiohttp \\\n    flask\n",
    )


def test_a_cleanup_comes_behind_the_list_and_before_a_comment() -> None:
    becomes(
        FROM + "RUN apt-get update && apt-get install -y \\\n    curl \\\n    # last\n    zip \\\n"
        "    # nothing follows\n",
        FROM + "RUN apt-get update && apt-get install -y \\\n    curl \\\n    # last\n    zip \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n    # nothing follows\n",
    )


def test_a_cleanup_is_not_put_behind_a_comment_that_swallows_it() -> None:
    stays(FROM + "RUN apt-get update && apt-get install -y git # tools\n")


def test_lists_stay_for_a_later_install_without_an_update() -> None:
    install = "RUN apt-get update && apt-get install -y git\n"
    stays(FROM + install + "USER root\nRUN x || apt-get install -y vim\n")
    stays(FROM + install + "COPY setup.sh /\nRUN /setup.sh\n")
    stays(f"FROM debian:12 AS base\n{install}FROM base\nRUN x || apt-get install -y vim\n")


def test_lists_in_a_cache_mount_stay() -> None:
    for target in ("/var/lib/apt", "/var/lib/apt/lists", "/var/cache/apt", "/var"):
        mount = f"--mount=type=cache,target={target},sharing=locked"
        stays(FROM + f"RUN {mount} apt-get update && apt-get install -y git\n")


def test_sudo_stays_in_a_package_list() -> None:
    becomes(
        FROM + "RUN apk add --no-cache sudo curl && sudo -V\n",
        FROM + "RUN apk add --no-cache curl sudo && sudo -V\n",
    )


def test_every_pip_install_of_a_run_is_handled() -> None:
    is_sorted(
        FROM + "RUN pip install requests flask && echo done && pip install uvicorn gunicorn\n",
        FROM + "RUN pip install flask requests && echo done && pip install gunicorn uvicorn\n",
    )


def test_what_a_variable_holds_keeps_its_place() -> None:
    is_sorted(
        LISTED + "RUN apt-get install -y $PKGS b a\n",
        LISTED + "RUN apt-get install -y \\\n    $PKGS \\\n    a \\\n    b\n",
    )


def test_removals_in_a_list_keep_it_as_it_is() -> None:
    stays(LISTED + "RUN apt-get install -y zip nano- curl\n")
    stays(LISTED + "RUN apt-get install -y zip vim+ curl\n")


def test_versions_and_files_in_a_list() -> None:
    is_sorted(
        LISTED + "RUN apt-get install -y zip=3.0-13 curl=7.88.1-10 ./local.deb\n",
        LISTED + "RUN apt-get install -y \\\n    curl=7.88.1-10 \\\n    zip=3.0-13 \\\n"
        "    ./local.deb\n",
    )


def test_suites_and_options_in_a_list() -> None:
    is_sorted(
        LISTED + "RUN apt-get install -t bookworm-backports -o Dpkg::Use-Pty=0 -y zip curl\n",
        LISTED + "RUN apt-get install -t bookworm-backports -o Dpkg::Use-Pty=0 -y curl zip\n",
    )


# Forms and words


@pytest.mark.parametrize(
    "text",
    [
        "CMD FOO=bar env",
        "CMD ulimit -n 100",
        "CMD echo hi # x",
        "CMD exec FOO=bar env",
    ],
)
def test_what_only_a_shell_can_start_stays_in_shell_form(text: str) -> None:
    stays(f"{FROM}{text}\n", unsafe_fixes=True)


@pytest.mark.parametrize(
    "command", ["ls /etc/*", "java $OPTS -jar x", 'java "$OPTS" -jar x', "java ${OPTS} -jar x"]
)
def test_what_a_shell_makes_of_words_it_goes_on_making(command: str) -> None:
    for keyword in ("CMD", "ENTRYPOINT"):
        becomes(f"{FROM}{keyword} {command}\n", f"{FROM}{keyword} exec {command}\n")


@pytest.mark.parametrize(
    ("text", "after", "argv"),
    [
        ("exec app", '["app"]', ["app"]),
        ("app \\\n    --flag", '["app", \\\n    "--flag"]', ["app", "--flag"]),
        ("app e\\ f", '["app", "e f"]', ["app", "e f"]),
        ('app "a\\"b"', '["app", "a\\"b"]', ["app", 'a"b']),
        ('app "\\"a\\"b"', '["app", "\\"a\\"b"]', ["app", '"a"b']),
        ("app 'a\"b' '\\' \"\"", '["app", "a\\"b", "\\\\", ""]', ["app", 'a"b', "\\", ""]),
    ],
)
def test_words_reach_the_program_as_before(text: str, after: str, argv: list[str]) -> None:
    becomes(f"{FROM}CMD {text}\n", f"{FROM}CMD {after}\n")
    written = parse(f"{FROM}CMD {after}\n").instructions[1].arguments
    assert json.loads(written) == argv
    show = "printf '%s\\0' "
    told = parse(f"{FROM}CMD {text}\n").instructions[1].arguments
    told = show + told.removeprefix("exec ")
    for shell in SHELLS.values():
        ran = subprocess.run([*shell.split(), told], capture_output=True, check=True)
        assert ran.stdout.decode() == "".join(word + "\0" for word in argv)


def test_an_entrypoint_in_shell_form_beside_a_command_it_ignores() -> None:
    for source in (
        FROM + "ENTRYPOINT app serve\nCMD other thing\n",
        "FROM debian:12 AS one\nENTRYPOINT app serve\nFROM one\nCMD other thing\n",
        FROM + 'CMD ["other"]\nENTRYPOINT app serve\n',
    ):
        # still in shell form, so that it goes on ignoring the command
        becomes(source, source.replace("app", "exec app"))


def test_bash_is_not_rewritten_for_another_shell(tmp_path: Path) -> None:
    bash = FROM + 'SHELL ["/bin/bash", "-c"]\n'
    before = bash + "RUN [[ -e /a || -e / ]] && touch c\nRUN touch d\n"
    becomes(before, bash + "RUN ([[ -e /a || -e / ]] && touch c) \\\n    && touch d\n")
    acts_alike(tmp_path, before, shells=["bash"])


def test_a_command_does_not_move_below_another_shell() -> None:
    shell = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\n'
    stays(FROM + "CMD app one | cat\n" + shell + "RUN a | b\n")
    becomes(
        FROM + "CMD app one\n" + shell + "RUN a | b\nRUN id\n",
        FROM + 'CMD ["app", "one"]\n' + shell + "RUN a | b \\\n    && id\n",
    )


@pytest.mark.parametrize(
    "text",
    [
        "ENV PATH=/a:$PATH\nENV PATH=/b:$PATH",
        'COPY ["my file", "dest dir/"]',
        "ARG SRC\nADD $SRC /src",
        "ADD git@example.org:a/b.git /b",
        "ADD x.tar /x",
        "ADD https://example.org/x.tar.gz /x",
    ],
)
def test_words_that_others_spoil_are_left_alone(text: str) -> None:
    stays(f"{FROM}{text}\n", unsafe_fixes=True)


@pytest.mark.parametrize(
    ("text", "after"),
    [('ENV FOO "a b"', 'ENV FOO="a b"'), ("ENV FOO a b", 'ENV FOO="a b"')],
)
def test_a_value_gains_no_literal_quotes(text: str, after: str) -> None:
    becomes(f"{FROM}{text}\n", f"{FROM}{after}\n")
    (value,) = parse(f"{FROM}{after}\n").instructions[1].words
    assert expand(value.text, {}) == "FOO=a b"


def test_a_relative_working_directory_says_from_where_it_counts() -> None:
    becomes(FROM + "WORKDIR /a\nWORKDIR b\n", FROM + "WORKDIR /a\nWORKDIR /a/b\n")
    stays("FROM example.org/base\nWORKDIR b\n")


def test_carriage_returns_stay() -> None:
    becomes(
        "FROM debian:12\r\nRUN touch a\r\nRUN touch b\r\nCMD app -v\r\n",
        'FROM debian:12\r\nRUN touch a \\\r\n    && touch b\r\nCMD ["app", "-v"]\r\n',
    )


def test_mixed_line_endings_stay_as_they_are() -> None:
    becomes(
        "FROM debian:12\r\n# one\nRUN touch a\nRUN touch b\nENV x=y\r\n",
        "FROM debian:12\r\n# one\nRUN touch a \\\n    && touch b\nENV x=y\r\n",
    )


def test_a_byte_order_mark_stays() -> None:
    becomes("\ufeffFROM debian:12\nCMD app -v\n", '\ufeffFROM debian:12\nCMD ["app", "-v"]\n')


def test_an_escape_by_backticks_stays() -> None:
    stays(
        "# escape=`\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN dir c:\\ `\n && cd\n"
        "RUN dir\nRUN dir c:\\\nCMD app -v\n"
    )


def test_no_final_newline_stays() -> None:
    becomes(
        "FROM debian:12\nRUN touch a\nRUN touch b", "FROM debian:12\nRUN touch a \\\n    && touch b"
    )


def test_latin_1_stays() -> None:
    before = b'FROM debian:12\nLABEL who="Jos\xe9"\nRUN touch \xe9 # caf\xe9\nRUN touch b\n'
    after = b'FROM debian:12\nLABEL who="Jos\xe9"\n# caf\xe9\nRUN touch \xe9 \\\n    && touch b\n'
    assert encode(rewrite(before, settings=ALL).after) == after
    stays(after)


def test_an_invalid_file_does_not_stop_a_run_of_many(tmp_path: Path) -> None:
    mended = rewrite(MENDABLE).after.encode()
    invalid = {
        "b.Dockerfile": b"FROM debian\nRUM make\n",
        "c.Dockerfile": b"FROM debian\nRUN <<EOF\nnever ends\n",
        "d.Dockerfile": b"",
        "e.Dockerfile": b"\xff\xfe\x00binary",
    }
    for name in ("a", "f", "g"):
        (tmp_path / f"{name}.Dockerfile").write_bytes(MENDABLE)
    (tmp_path / "h.Dockerfile").write_bytes(CLEAN)
    for name, content in invalid.items():
        (tmp_path / name).write_bytes(content)
    done = dockfix_command("--in-place", ".", cwd=tmp_path)
    assert done.returncode == 2
    for name in ("a", "f", "g"):
        assert (tmp_path / f"{name}.Dockerfile").read_bytes() == mended
    assert (tmp_path / "h.Dockerfile").read_bytes() == CLEAN
    for name, content in invalid.items():
        assert (tmp_path / name).read_bytes() == content
        assert f"{name}:".encode() in done.stderr
