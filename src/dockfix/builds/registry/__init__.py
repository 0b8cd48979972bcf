"""Registries: what a tag means today."""
