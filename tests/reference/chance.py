"""The draws of sections 6 and 8: uniform in [0, 1), a function of their words alone."""

import hashlib


def draw(*words: object) -> float:
    """The first 53 bits of SHA-256 of the words, with bars between, over 2^53."""
    text = "|".join(str(word) for word in words)
    digest = hashlib.sha256(text.encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
