"""Dividing a stage: what builds stays in a stage of its own, what runs goes into the final one."""
