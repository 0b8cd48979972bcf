"""What all tests share: in CI, generated cases are the same in every run; interrupts interrupt."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

from real_engine import real_engine, started_engine

__all__ = ["real_engine", "started_engine"]

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# A shell starts what runs in its background with interrupts ignored, and so would be every program
# that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
