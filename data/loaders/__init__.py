"""Readers of the files that users hold: one module a format, listed in the registry."""
