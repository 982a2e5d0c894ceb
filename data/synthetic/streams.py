"""Seeded random streams: one for each use, so that changing one leaves the others as they were."""

import hashlib

import numpy as np


def stream(seed: int, use: str) -> np.random.Generator:
    """A PCG64 generator of this seed and use (such as "book.leverage"); same bytes everywhere."""
    tag = int.from_bytes(hashlib.sha256(use.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, tag])))
