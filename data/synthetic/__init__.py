"""Seeded generators of a bundled night: its tape, its population and its flows."""
