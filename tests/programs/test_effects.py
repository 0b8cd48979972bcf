"""Which programs the table of effects is of, and which are files that somebody wrote."""

from __future__ import annotations

import pytest

from dockfix.programs.effects import deeds_of_text


@pytest.mark.parametrize(
    "command",
    [
        "go build ./...",
        "/usr/local/go/bin/go build",
        "/opt/gradle/bin/gradle build",
        "./node_modules/.bin/webpack",
        "vendor/bin/phpunit",
        "/usr/bin/install a b",
        "$CONDA/bin/sed s/a/b/ c",
        "./configure --prefix=/usr",
        "./gradlew build",
        "../autogen.sh",
    ],
)
def test_programs_of_the_table(command: str) -> None:
    assert not deeds_of_text(command)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("./go", "./go"),
        ("/opt/unpack/go a", "/opt/unpack/go"),
        ("./test", "./test"),
        ("bin/install b", "bin/install"),
        ("scripts/test", "scripts/test"),
        ("/srv/scripts/convert", "/srv/scripts/convert"),
        ("tools/ld", "tools/ld"),
        ("cd a && ./b", "a/./b"),
        ("cd a && sh b", "a/b"),
        # by PATH, whatever the directory
        ("cd a && b", "b"),
        ("(cd a && b)", "b"),
    ],
)
def test_files_that_only_have_the_name_of_a_program(command: str, path: str) -> None:
    (deed,) = deeds_of_text(command)
    assert deed.unknown
    assert deed.called is not None
    assert deed.called.path == path


@pytest.mark.parametrize("run", ["bash n.sh", "sudo -E bash ./n.sh", "sh /tmp/n.sh -y", "./n.sh"])
@pytest.mark.parametrize(
    "fetch",
    [
        "curl -sL https://astral.sh/uv/install.sh -o n.sh",
        "curl -fsSLo /tmp/n.sh https://astral.sh/uv/install.sh",
        "wget -qO n.sh https://astral.sh/uv/install.sh",
        "curl https://astral.sh/uv/install.sh > n.sh",
    ],
)
def test_an_installer_that_is_known_may_lie_in_a_file(fetch: str, run: str) -> None:
    assert not any(deed.unknown for deed in deeds_of_text(f"{fetch} && {run}"))
    for other in (fetch.replace("n.sh", "m.sh"), fetch.replace("astral.sh", "example.org")):
        assert any(deed.unknown for deed in deeds_of_text(f"{other} && {run}"))
