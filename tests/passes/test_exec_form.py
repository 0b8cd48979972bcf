"""exec-form: the array holds what real shells make of the text."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockfix import rewrite
from dockfix.dockerfile.parser import parse
from dockfix.edit.edits import Safety, apply
from dockfix.passes.base import Settings
from dockfix.passes.exec_form import PASS
from dockfix.shell.builtins import BUILTINS, KEYWORDS
from helpers.amount import some
from helpers.facts import facts_of
from helpers.memory_context import Files

SHELLS = [["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]]
PRESENT = [shell for shell in SHELLS if shutil.which(shell[0])]


def rewritten(source: str, settings: Settings, *, unsafe: bool = True) -> str:
    allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
    for _ in range(10):
        before = facts_of(source)
        groups = [group for group in PASS.rewrite(before, settings) if group.safety in allowed]
        if not groups:
            return source
        for group in groups[:1]:
            source = apply(source, group.edits)
            assert PASS.verify(before, facts_of(source)) is None
    raise AssertionError("never quiet")


PEERS = {
    "CMD FOO=bar env": None,
    "CMD exec app": ["app"],
    "CMD ulimit -n 100": None,
    "CMD echo hi # x": None,
    "CMD app \\\n--flag": ["app", "--flag"],
    "CMD app e\\ f": ["app", "e f"],
    'CMD app "\\"a\\"b"': ["app", '"a"b'],
}


@pytest.mark.parametrize("text", PEERS)
def test_what_peers_get_wrong(text: str) -> None:
    after = rewritten(f"FROM x\n{text}\n", Settings())
    wanted = PEERS[text]
    if wanted is None:
        assert after == f"FROM x\n{text}\n"
    else:
        assert parse(after).instructions[-1].json == tuple(wanted)


def test_an_ignored_cmd_is_no_argument_by_default() -> None:
    source = 'FROM debian\nENTRYPOINT app\nCMD ["-v"]\n'
    held = source.replace("app", "exec app")
    assert rewritten(source, Settings(), unsafe=False) == held


def with_exec(source: str) -> str:
    """A file with `exec` before what its last line starts."""
    above, keyword, rest = re.split(r"(CMD |ENTRYPOINT )(?!.*\n.)", source, maxsplit=1)
    return f"{above}{keyword}exec {rest}"


def test_a_cmd_of_the_base_stage_is_reset_by_entrypoint() -> None:
    source = 'FROM debian AS a\nCMD ["-v"]\nFROM a\nENTRYPOINT app\n'
    assert rewritten(source, Settings(), unsafe=False).endswith("ENTRYPOINT exec app\n")
    assert rewritten(source, Settings()).endswith('ENTRYPOINT ["app"]\n')


def test_a_cmd_of_a_later_stage_would_become_an_argument() -> None:
    source = 'FROM debian AS a\nENTRYPOINT app\nFROM a\nCMD ["-v"]\n'
    held = source.replace("ENTRYPOINT app", "ENTRYPOINT exec app")
    assert rewritten(source, Settings(), unsafe=False) == held


def test_the_shell_of_another_stage_does_not_count() -> None:
    source = 'FROM x\nSHELL ["pwsh", "-c"]\nFROM y\nCMD app -v\n'
    assert rewritten(source, Settings()).endswith('CMD ["app", "-v"]\n')


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_and_a_missing_last_one(ending: str) -> None:
    source = f"FROM x{ending}CMD app \\{ending}  # why{ending}  -v"
    wanted = f'FROM x{ending}CMD ["app", \\{ending}  # why{ending}  "-v"]'
    assert rewritten(source, Settings()) == wanted


def test_text_that_is_not_utf_8_is_left_alone() -> None:
    source = "FROM x\nCMD app \udce9\n"
    assert rewritten(source, Settings()) == source


REPLACED = [
    "argv $ONE $TWO '$ONE' x\"$TWO\"y",
    'argv "$@" "$0" $# ${NONE:-a b} ${ONE##*o}',
    "argv *.txt ~ ~/a {a,b} [ab].txt",
    "argv $(echo a b) `echo c`",
    "argv $((1 + 2)) $$x",
    "argv a $ONE > out",
    "argv $ONE 2>&1 >> out",
    "> out argv < a.txt $ONE",
    "argv $ONE > nowhere/out",
    "argv $ONE < nowhere",
    "argv ${NONE:?none}",
    "fail $ONE",
    "missing $ONE",
    "./missing $ONE",
    "closed $ONE",
    "./noshebang $ONE $TWO",
    "noshebang $ONE",
    "argv $ONE # and $TWO",
    "argv \\\n    # why\n    $ONE \\\n    b",
    "$FOLDER/argv x",
    "./$ARGV $TWO",
]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    texts = {
        "argv": "#!/bin/sh\nprintf '<%s>' \"$@\"\n",
        "fail": "#!/bin/sh\nexit 3\n",
        "closed": "#!/bin/sh\n",
        "noshebang": "printf '(%s)' \"$@\"; exit 5\n",
        "a.txt": "a",
        "b.txt": "b",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o644 if name in ("closed", "a.txt", "b.txt") else 0o755)
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{folder}:{os.environ['PATH']}", "HOME": "/home", "FOLDER": str(folder),
        "ONE": "one *", "TWO": "-n two  three", "ARGV": "argv",
    }  # fmt: skip


def test_below_an_unknown_base_image_a_profile_may_set_the_path() -> None:
    for source in ("FROM example.org/base\nCMD app -v\n", "FROM x\nHEALTHCHECK CMD probe -v\n"):
        assert rewritten(source, Settings(), unsafe=False) == source
        assert rewritten(source, Settings()) != source
    known = 'FROM x\nSHELL ["/bin/sh", "-c"]\nCMD app -v\n'
    assert rewritten(known, Settings(), unsafe=False).endswith('CMD ["app", "-v"]\n')


def test_a_whole_tree_may_bring_a_script_that_only_a_shell_runs() -> None:
    source = "FROM debian\nCOPY rootfs/ /\nCMD start-app\n"
    settings = Settings(context=Files({"rootfs/usr/local/bin/start-app": "echo started\n"}))
    assert rewritten(source, settings, unsafe=False) == with_exec(source)
    settings = Settings(context=Files({"rootfs/usr/local/bin/start-app": "#!/bin/sh\n"}))
    assert rewritten(source, settings, unsafe=False).endswith('CMD ["start-app"]\n')
    link = "FROM debian\nCOPY run /opt/run\nRUN ln -s /opt/run /usr/bin/app\nCMD app\n"
    settings = Settings(context=Files({"run": "echo started\n"}))
    assert rewritten(link, settings, unsafe=False) == with_exec(link)


BUILT = "FROM golang:1.23 AS build\nWORKDIR /app\nCOPY . .\nRUN {}\n"
SHIPPED = f"{BUILT}FROM debian:12\nCOPY --from=build {{}}\nCMD {{}}\n"


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        (SHIPPED.format("go build -o server .", "/app/server /srv/server", "/srv/server"), True),
        (SHIPPED.format("go build -o /out/ ./cmd/x", "/out/x /", "/x"), True),
        (SHIPPED.format("go build -o /out/x .", "/out /srv", "/srv/x"), True),
        (SHIPPED.format("go build -o /out/y .", "/out /srv", "/srv/x"), False),
        (SHIPPED.format("go build -o /out/x . && echo > /out/x", "/out /srv", "/srv/x"), False),
        (SHIPPED.format("go build -o /out/x . || true", "/out /srv", "/srv/x"), True),
        (SHIPPED.format("cargo build -r", "/app/target/release/x /srv/", "/srv/x"), True),
        (SHIPPED.format("cargo build -r", "/app/target/release/x.d /srv/", "/srv/x.d"), False),
        (SHIPPED.format("x", "/app/target/release/x /srv/", "/srv/x"), False),
        ("FROM golang:1.23\nRUN go install x.org/y@v1\nCMD /go/bin/y\n", True),
        ("FROM golang:1.23\nRUN x\nCMD /go/bin/y\n", False),
        ("FROM python:3.12\nRUN python -m venv /v && /v/bin/pip install x\nCMD /v/bin/x\n", True),
        ("FROM python:3.12\nRUN python -m venv /v\nCOPY x /v/bin/x\nCMD /v/bin/x\n", False),
        ("FROM node:22\nRUN npm ci\nCMD ./node_modules/.bin/gulp\n", True),
        ("FROM node:22\nCOPY . .\nCMD ./node_modules/.bin/gulp\n", False),
        ("FROM debian:12\nRUN curl -L x.org/t > /usr/bin/t && chmod +x /usr/bin/t\nCMD t\n", False),
        ("FROM debian:12\nRUN curl -Lo /usr/bin/t x.org/a && chmod +x /usr/bin/t\nCMD t\n", False),
        ("FROM debian:12\nRUN wget -P /usr/bin x.org/t && chmod +x /usr/bin/t\nCMD t\n", False),
        ("FROM debian:12\nRUN curl -L x.org/t.tgz | tar -xz -C /usr/bin\nCMD t\n", False),
        ("FROM debian:12\nRUN git clone x.org/t /t && make -C /t install\nCMD t\n", False),
        ("FROM debian:12\nADD https://x.org/t /usr/bin/t\nCMD t\n", False),
        ("FROM debian:12\nADD t.tar.gz /\nCMD t\n", False),
        ("FROM debian:12\nCOPY x .\nRUN mv x /usr/bin/\nCMD x\n", False),
        ("FROM debian:12\nENV PATH=/app/bin:$PATH\nCOPY x /app/bin/\nCMD x\n", False),
        ("FROM debian:12\nENV A=/app PATH=$A/bin:$PATH\nCOPY x /app/bin/\nCMD x\n", False),
        ("FROM debian:12\nARG A\nENV PATH=$A/bin:$PATH\nCOPY x $A/bin/\nCMD x\n", False),
        ("FROM debian:12\nCOPY y /y\nRUN sed -i 1d /y && chmod +x /y\nCMD /y\n", False),
        ("FROM debian:12\nCOPY y /y\nRUN python3 -c \"open('/y', 'w')\"\nCMD /y\n", False),
        ("FROM debian:12\nCOPY y /y\nRUN sed -i 's/\\r$//' /y; dos2unix /y\nCMD /y\n", True),
        ("FROM debian:12\nCOPY y /y\nRUN chmod +x /y && /y --version\nCMD /y\n", True),
        ("FROM tomcat:10\nRUN tar -xf a.tar\nCMD catalina.sh run\n", True),
        # binaries, whoever publishes them; and nothing is unpacked where curl is installed
        ("FROM debian:12\nRUN curl -Lo /usr/bin/tini x.org/tini\nCMD tini -s -- sleep 1\n", True),
        ("FROM debian:12\nRUN curl -L x.org/t.tgz | tar -xz -C /usr/bin\nCMD nginx\n", True),
        ("FROM debian:12\nRUN apt-get install -y curl tar t\nCMD t\n", True),
        ("FROM debian:12\nRUN echo x > /usr/bin/t && chmod +x /usr/bin/t\nCMD t\n", False),
    ],
)
def test_what_the_file_compiles_or_installs_is_no_script(source: str, safe: bool) -> None:
    settings = Settings(context=Files({"x": "echo\n", "y": "#!/bin/sh\n"}))
    assert ("CMD [" in rewritten(source, settings, unsafe=False)) is safe


def test_what_a_compiler_writes_is_no_script() -> None:
    source = "FROM golang:1.23\nWORKDIR /app\nCOPY . .\nRUN {}\nCMD ./server\n"
    settings = Settings(context=Files({"main.go": "package main\n"}))
    for command in ("go build -o server .", "gcc -O2 x.c -o ./server", "go build -o=/app/server ."):
        compiled = source.format(command)
        assert rewritten(compiled, settings, unsafe=False).endswith('CMD ["./server"]\n')
    for command in ("go build -o other .", "go build -o server . && echo exit > server"):
        other = source.format(command)
        assert rewritten(other, settings, unsafe=False) == with_exec(other)


def test_an_entrypoint_goes_on_ignoring_arguments() -> None:
    source = "FROM debian\nENTRYPOINT app -v\n"
    assert rewritten(source, Settings(), unsafe=False) == with_exec(source)
    (held,) = PASS.rewrite(facts_of(with_exec(source)), Settings())
    assert held.safety is Safety.UNSAFE
    assert "arguments of docker run" in held.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", 'import os\nprint(os.environ["PWD"])\n'),
        ("src/config.py", "BASE = os.environ.get('PWD')\n"),
        ("src/config.py", 'BASE = os.getenv("PWD")\n'),
        ("src/config.py", "from os import environ as e\nBASE = e['PWD']\n"),
        ("a.py", "os.path.expandvars('$PWD/x')\n"),
        ("a.py", "'{PWD}/x'.format(**os.environ)\n"),
        ("a.js", "const { PWD } = process.env;\n"),
        ("A.java", 'String d = System.getenv().get("PWD");\n'),
        ("server.js", "app.use(express.static(process.env.PWD + '/public'))\n"),
        ("a.rb", "ENV.fetch('PWD')\n"),
        ("a.php", "<?php echo $_SERVER['PWD'];\n"),
        ("main.go", 'os.Getenv("PWD")\n'),
        ("main.rs", 'env::var("PWD")\n'),
        ("App.cs", 'Environment.GetEnvironmentVariable("PWD")\n'),
        ("bin/serve", "#!/usr/bin/env python3\nos.environ['PWD']\n"),
        ("supervisord.conf", "[program:a]\ndirectory=%(ENV_PWD)s\n"),
        ("uwsgi.ini", "[uwsgi]\nchdir = $(PWD)\n"),
        ("src/main/resources/application.yml", "data: ${PWD}/data\n"),
        ("log4j2.xml", '<File fileName="${env:PWD}/a.log"/>\n'),
        (".env", "ROOT=$PWD/x\n"),
        ("conf/a.conf.ctmpl.tmpl", '{{ env "PWD" }}\n'),
        ("a.js", "if (process.env.SHLVL) {}\n"),
    ],
)
def test_a_program_that_reads_pwd_keeps_its_shell(name: str, text: str) -> None:
    settings = Settings(context=Files({"main.txt": "x", name: text}))
    source = "FROM debian\nCOPY . .\n{}\n"
    for start in ("CMD app", "ENTRYPOINT app -x"):
        shelled = source.format(start)
        assert rewritten(shelled, settings, unsafe=False) == with_exec(shelled)
    shelled = source.format('CMD ["sh", "-c", "exec app"]')
    assert rewritten(shelled, settings, unsafe=False) == shelled
    # npm starts a shell, and $X needs one here, which the program then replaces
    for start in ("CMD npm start", "CMD app $X"):
        assert rewritten(source.format(start), settings, unsafe=False) != source.format(start)


def test_a_program_that_does_not_read_pwd_needs_no_shell() -> None:
    files = {
        "a.py": "PWD = os.getcwd()\nX = 'UID=a;PWD=b'\n", "tests/a.py": "os.environ['PWD']",
        "b.sh": "echo $PWD",
        "docker-compose.yml": "- ${PWD}:/app\n", "package.json": '{"scripts": {"a": "ls $PWD"}}',
        "db.ini": "dsn = UID=a;PWD=b\n", "bin/x": "#!/bin/bash\nls ${PWD}\n",
        "Makefile": "a:\n\tls $(PWD)\n",
    }  # fmt: skip
    settings = Settings(context=Files(files))
    after = rewritten("FROM debian\nCOPY . .\nCMD app\n", settings, unsafe=False)
    assert after.endswith('CMD ["app"]\n')


def test_make_is_given_the_directory_by_its_shell() -> None:
    source = "FROM debian\nCOPY . .\nCMD make run\n"
    for text, array in (("run:\n\tls $(PWD)\n", False), ("run:\n\tls $(CURDIR) $$PWD\n", True)):
        settings = Settings(context=Files({"Makefile": text}))
        assert ("CMD [" in rewritten(source, settings, unsafe=False)) is array


def test_text_behind_an_array_is_only_pointed_out() -> None:
    for keyword in ("CMD", "ENTRYPOINT", "RUN"):
        source = f'FROM debian\n{keyword} ["sleep", "1"] # a second\n'
        (note,) = PASS.rewrite(facts_of(source), Settings())
        assert note.safety is Safety.NOTE
        assert "after the JSON array" in note.message
    assert not list(PASS.rewrite(facts_of('FROM a\nRUN [ "a" = "b" ] || true\n'), Settings()))


def test_a_script_for_the_shell_of_the_entrypoint_stays_one_text() -> None:
    source = 'FROM debian\nENTRYPOINT ["/bin/sh", "-c"]\nCMD ls /etc/hostname\n'
    assert rewritten(source, Settings()) == source


def test_a_comma_too_many_over_lines_never_ran() -> None:
    source = 'FROM debian\nENTRYPOINT [ \\\n  "echo", \\\n  "some text", \\\n]\n'
    assert rewritten(source, Settings(), unsafe=False) == source.replace('text",', 'text"')


@pytest.mark.parametrize("shell", PRESENT, ids=" ".join)
def test_a_program_that_replaces_its_shell_does_the_same(shell: list[str], programs: Path) -> None:
    for command in REPLACED:
        before = parse(f"FROM x\nCMD {command}\n")
        after = parse(rewritten(before.source, Settings()))
        known = command.startswith("$")
        assert (before.source == after.source) == known, command
        ran = []
        for text in (before.instructions[-1].arguments, after.instructions[-1].arguments):
            (programs / "out").unlink(missing_ok=True)
            done = subprocess.run(
                [*shell, "-c", text.replace("$$x", "y")],
                cwd=programs, env=environment(programs), capture_output=True, check=False,
            )  # fmt: skip
            out = (programs / "out").read_bytes() if (programs / "out").exists() else None
            # for a program that must not be executed dash says 127, and behind exec 126
            status = 127 if done.returncode == 126 else done.returncode
            ran.append((status, done.stdout, out))
        assert ran[0] == ran[1], command


@pytest.mark.parametrize("shell", PRESENT, ids=" ".join)
def test_a_signal_reaches_a_program_that_replaced_its_shell(
    shell: list[str], programs: Path
) -> None:
    (programs / "server").write_text(
        "#!/bin/sh\ntrap 'exit 9' TERM\n: > up\nwhile :; do sleep 0.05; done\n"
    )
    (programs / "server").chmod(0o755)
    for command in ("server $ONE > out", 'sh -c "server \\$ONE"'):
        after = parse(rewritten(f"FROM x\nCMD {command}\n", Settings())).instructions[-1]
        argv = list(after.json or (*shell, "-c", after.arguments))
        assert argv[-1].startswith("exec server")
        (programs / "up").unlink(missing_ok=True)
        with subprocess.Popen(argv, cwd=programs, env=environment(programs)) as process:
            while not (programs / "up").exists():
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 9


def test_a_string_of_an_array_is_changed_where_it_stands() -> None:
    before = 'FROM x\nCMD [ "/bin/sh","-ec", \\\n  "  app \\"$X\\" \\u00e9" ]\n'
    after = before.replace("  app", "  exec app")
    assert rewritten(before, Settings()) == after
    escaped = 'FROM x\nCMD ["sh", "-c", "\\u0020app $X"]\n'
    assert rewritten(escaped, Settings()) == escaped


def test_a_probe_is_run_by_the_last_shell() -> None:
    probe = "HEALTHCHECK --timeout=3s \\\n    CMD curl -f http://localhost/\n"
    array = 'HEALTHCHECK --timeout=3s \\\n    CMD ["curl", "-f", "http://localhost/"]\n'
    assert rewritten(f"FROM x\n{probe}", Settings()) == f"FROM x\n{array}"
    shell = 'SHELL ["/bin/bash", "-c"]\n'
    assert rewritten(f"FROM x\n{shell}{probe}", Settings()) == f"FROM x\n{shell}{array}"
    later = f"FROM x AS a\n{probe}FROM a\n{shell}"
    assert rewritten(later, Settings()) == later


def test_a_probe_that_may_find_its_own_shell_is_only_offered() -> None:
    for options, safe in (("-f 'celery worker'", False), ("-xf app", False), ("--full a", False),
                          ("-x celery", True), ("celery", True)):  # fmt: skip
        source = f"FROM debian\nHEALTHCHECK CMD pgrep {options}\n"
        assert (rewritten(source, Settings(), unsafe=False) != source) is safe
        assert rewritten(source, Settings()) != source


def test_a_probe_that_may_lack_its_first_line_is_only_offered() -> None:
    source = "FROM debian\nCOPY probe.sh /\nHEALTHCHECK CMD /probe.sh\n"
    assert rewritten(source, Settings(), unsafe=False) == source
    settings = Settings(context=Files({"probe.sh": "#!/bin/sh\n"}))
    assert rewritten(source, settings, unsafe=False).endswith('CMD ["/probe.sh"]\n')


def test_a_script_without_shebang_is_no_program() -> None:
    source = "FROM debian\nWORKDIR /app\nCOPY . .\nCMD ./run\n"
    settings = Settings(context=Files({"run": "exec app\n"}))
    assert rewritten(source, settings, unsafe=False) == with_exec(source)
    settings = Settings(context=Files({"run": "#!/bin/sh\nexec app\n"}))
    assert rewritten(source, settings, unsafe=False).endswith('CMD ["./run"]\n')


@pytest.mark.parametrize("shell", PRESENT, ids=" ".join)
def test_every_builtin_of_the_shells_is_known(shell: list[str]) -> None:
    """Every program here, and every name of the table, asked of the shell itself."""
    names = BUILTINS | KEYWORDS | {path.name for path in Path("/usr/bin").iterdir()}
    script = 'while read -r name; do case $(type "$name" 2>/dev/null) in '
    script += '*builtin* | *keyword* | *"reserved word"*) echo "$name" ;; esac; done'
    found = subprocess.run(
        [*shell, "-c", script], input="\n".join(names).encode(), capture_output=True, check=True
    )
    inside = set(found.stdout.decode().split())
    assert {"echo", "cd", "export", "if"} <= inside <= BUILTINS | KEYWORDS


PIECES = [
    "a",
    "b-c",
    "--x=y",
    "/p/q",
    ".",
    ",",
    ":",
    "%",
    "@",
    "+",
    "=",
    "é",
    "한글",
    "#",
    "]",
    "[",
    "{",
    "}",
]
PIECES += [
    "'",
    '"',
    "\\",
    "\\\\",
    "\\ ",
    "\\'",
    '\\"',
    "\\$",
    "' '",
    '" "',
    "''",
    '""',
    "'$x'",
    "'\\'",
]
PIECES += [
    '"\'"',
    "'\"'",
    "'*'",
    '"\\n"',
    '"\\\\"',
    "{a,b}",
    "~",
    "!",
    "^",
    "\t",
    "\u00a0",
    "\u200b",
]


def commands(seed: int, count: int) -> Iterator[str]:
    dice = random.Random(seed)
    for _ in range(count):
        words = [
            "".join(dice.choices(PIECES, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 4))
        ]
        yield "app " + "".join(
            word + dice.choice([" ", "  ", " \\\n  ", " \\\n# x\n "]) for word in words
        )


@pytest.mark.parametrize("seed", range(2))
def test_real_shells_make_the_same_words(seed: int, tmp_path: Path) -> None:
    helper = tmp_path / "argv"
    helper.write_text('#!/bin/sh\nprintf "%s\\0" "$@" "\001"\n')
    helper.chmod(0o755)
    texts: list[str] = []
    wanted: list[tuple[str, ...]] = []
    for command in commands(seed, some(2000)):
        before = parse(f"FROM x\nCMD {command}\n")
        after = parse(rewritten(before.source, Settings()))
        argv = after.instructions[-1].json
        if argv is not None:
            assert before.instructions[-1].arguments.startswith("app")
            texts.append(str(helper) + before.instructions[-1].arguments[3:])
            wanted.append(argv[1:])
    assert len(texts) >= some(500)
    for shell in PRESENT:
        found: list[tuple[str, ...]] = []
        for start in range(0, len(texts), 200):
            script = "\n".join(texts[start : start + 200])
            done = subprocess.run(
                [*shell, "-c", script], cwd=tmp_path, capture_output=True, check=True
            )
            printed = done.stdout.decode().split("\001\0")[:-1]
            found += [tuple(words.split("\0")[:-1]) for words in printed]
        assert found == wanted, shell


def test_arrays_stay_readable() -> None:
    after = rewritten('FROM x\nCMD app 안녕 "a\tb" \\\\\n', Settings())
    assert after == 'FROM x\nCMD ["app", "안녕", "a\\tb", "\\\\"]\n'
    assert json.loads(after.partition("CMD ")[2]) == ["app", "안녕", "a\tb", "\\"]


def test_no_shell_replaces_a_variable_in_an_array() -> None:
    source = 'FROM debian\nCMD ["app", "-p", "$PORT", "a b", "it\'s ${X:-y}"]\n'
    assert rewritten(source, Settings(), unsafe=False) == source
    after = 'FROM debian\nCMD exec app -p "$PORT" \'a b\' "it\'s ${X:-y}"\n'
    assert rewritten(source, Settings()) == after
    for alone in (
        'FROM debian\nENTRYPOINT ["app", "$PORT"]\n',
        'FROM debian\nENTRYPOINT ["app"]\nCMD ["-p", "$PORT"]\n',
        'FROM debian\nCMD ["sh", "-c", "exec app $PORT"]\n',
        'FROM debian\nCMD ["awk", "{ print $1 }"]\n',
    ):
        assert rewritten(alone, Settings()) == alone
    for script in (
        'ENTRYPOINT ["tini", "--", "bash", "-lc", "app $PORT"]',
        'ENTRYPOINT ["tini", "--"]\nCMD ["sh", "-eu", "-o", "pipefail", "-c", "app $PORT"]',
        'CMD ["su-exec", "app", "/bin/sh", "-c", "exec app $PORT"]',
    ):
        assert not [
            group
            for group in PASS.rewrite(facts_of(f"FROM debian\n{script}\n"), Settings())
            if "no shell replaces" in group.message
        ]
    for unread in ('CMD ["sh", "$HOME/x"]', 'CMD ["bash", "-e", "x", "$HOME"]',
                   'CMD ["sh", "-c", "app $1", "sh", "$HOME"]'):  # fmt: skip
        groups = PASS.rewrite(facts_of(f"FROM debian\n{unread}\n"), Settings())
        assert any("no shell replaces $HOME" in group.message for group in groups), unread
    (note,) = PASS.rewrite(facts_of('FROM debian\nENTRYPOINT ["app", "$PORT"]\n'), Settings())
    assert note.safety is Safety.NOTE
    assert note.message == "in the exec form of ENTRYPOINT no shell replaces $PORT"
    bare = 'FROM debian\nCMD ["app", "-p", $PORT]\n'
    assert rewritten(bare, Settings()) == 'FROM debian\nCMD exec app -p "$PORT"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('CMD ["sh", "-c", "tail -f /dev/null"]', 'CMD ["tail", "-f", "/dev/null"]'),
        ('CMD [ "/bin/bash","-c","exec app \\"a b\\"" ]', 'CMD [ "app","a b" ]'),
        # what the shell is needed for, or may be
        ('CMD ["sh", "-c", "cd /x"]', 'CMD ["sh", "-c", "cd /x"]'),
        ('CMD ["sh", "-c", "A=1 app"]', 'CMD ["sh", "-c", "A=1 app"]'),
        ('CMD ["sh", "-c", "app > x"]', 'CMD ["sh", "-c", "exec app > x"]'),
        ('CMD ["sh", "-c", "./start.sh"]', 'CMD ["sh", "-c", "exec ./start.sh"]'),
        ('CMD ["bash", "-lc", "app"]', 'CMD ["bash", "-lc", "app"]'),
        ('CMD ["sh", "-c", "app", "x"]', 'CMD ["sh", "-c", "exec app", "x"]'),
        ('ENTRYPOINT ["sh", "-c", "app -x"]', 'ENTRYPOINT ["sh", "-c", "exec app -x"]'),
    ],
)
def test_a_shell_in_an_array_that_only_starts_a_program(before: str, after: str) -> None:
    assert rewrite(f"FROM debian\n{before}\n", select=["exec-form"]).after == (
        f"FROM debian\n{after}\n"
    )


def test_a_shell_in_an_array_stays_where_the_base_may_look_at_it() -> None:
    source = 'FROM example.org/app\nCMD ["sh", "-c", "app -x"]\n'
    assert '"sh"' in rewrite(source, select=["exec-form"]).after


@pytest.mark.parametrize(
    ("image", "command"),
    [
        ("docker:27-dind", "dockerd --tls=false"),
        ("joomla", "apache2-foreground"),
        ("jetty:12", "java -jar /usr/local/jetty/start.jar"),
        ("rabbitmq:4", "rabbitmq-plugins list"),
        # a backup that would no longer be root, and could not write to its volume
        ("mongo:6", "mongodump --out /backup"),
        ("nextcloud:28", "apachectl -D FOREGROUND"),
        ("composer:2", "install -d /srv/app"),
        ("docker:27-cli", "ps aux"),
    ],
)
def test_an_entrypoint_of_a_base_image_that_looks_at_its_program(image: str, command: str) -> None:
    source = f"FROM {image}\nCMD {command}\n"
    assert rewritten(source, Settings(), unsafe=False) == with_exec(source)
    assert "CMD [" in rewritten(source, Settings())
    other = f"FROM {image}\nCMD app\n"
    assert rewritten(other, Settings(), unsafe=False) != other
