"""The pipeline: passes over a file until nothing changes, and the checks of every step."""
