"""What all tests share: in CI, generated cases are the same in every run."""

from __future__ import annotations

import os

from hypothesis import settings

from real_engine import real_engine, started_engine

__all__ = ["real_engine", "started_engine"]

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
