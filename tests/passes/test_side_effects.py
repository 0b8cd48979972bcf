"""What a RUN of the build does beside building must not get lost in the final stage."""

from __future__ import annotations

import pytest

from dockfix import rewrite
from dockfix.passes.base import Settings
from helpers.memory_context import Files

FILES = {
    "go.mod": "module example.org/pulse\n",
    "main.go": "package main\n",
    "start.sh": "#!/bin/sh\nexec /app/pulse\n",
    "views/a.html": "x\n",
}
APART = "COPY go.mod main.go ./\nCOPY start.sh /start.sh\n"


def divided(copies: str, run: str) -> tuple[bool, str]:
    """Whether a stage is divided, and the note."""
    source = f'FROM golang:1.22\nWORKDIR /app\n{copies}RUN {run}\nCMD ["/start.sh"]\n'
    result = rewrite(source, select=["multi-stage"], settings=Settings(context=Files(FILES)))
    return result.changed, " ".join(note.message for note in result.notes)


@pytest.mark.parametrize(
    ("copies", "run", "reason"),
    [
        (APART, "chmod +x /start.sh && go build -o pulse .", "what chmod in line 5 does"),
        (APART, "go build -o pulse . && chmod +x /*.sh", "what chmod in line 5 does"),
        (APART, "go build -o pulse . && rm /start.sh", "what rm in line 5 does"),
        (APART, "go build -o pulse . && mkdir -p /data", "line 5 works on /data"),
        (APART, "go build -o pulse . && mkdir logs", "line 5 works on logs"),
        (APART, "go build -o pulse . && echo 1 > /version", "line 5 works on /version"),
        (APART, "chmod 600 /etc/passwd && go build -o pulse .", "line 5 works on /etc/passwd"),
    ],
)
def test_what_would_be_lost_leaves_the_stage_alone(copies: str, run: str, reason: str) -> None:
    changed, note = divided(copies, run)
    assert not changed
    assert reason in note


@pytest.mark.parametrize(
    ("copies", "run"),
    [
        (APART, "mkdir -p bin && go build -o bin/pulse . && mv bin/pulse pulse"),
        (APART, "go build -o pulse . && chmod 755 pulse && rm -rf /tmp/x main.go"),
        (APART, "go build -o pulse . && echo built >&2"),
        ("COPY . .\nCOPY start.sh /start.sh\n", "chmod 644 views/a.html && go build -o pulse ."),
    ],
)
def test_what_is_carried_may_be_changed(copies: str, run: str) -> None:
    assert divided(copies, run) == (True, "")
