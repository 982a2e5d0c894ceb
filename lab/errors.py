"""The exception of the lab: what a user named for the output cannot be used."""


class OutputError(Exception):
    """The place the user named for the output cannot be used (exit code 2)."""
