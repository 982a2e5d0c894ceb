"""The one exception that bad input raises, in every room."""


class InputError(Exception):
    """Input data are missing or invalid (exit code 3).

    The message is written for the person who holds the file: which file, which row or key, what
    was found, what was expected and what to do. Several problems are one message of several lines.
    """
