"""Frozen models of scenario and venue files. Field names are the keys of the files."""
