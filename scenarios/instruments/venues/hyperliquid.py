"""Hyperliquid: BTC, kPEPE, dex:COIN (a builder's market), PURR/USDC, @107 (a spot pair's number).

A builder's market is quoted in its own dollar, and a numbered pair's coin is known to the venue
alone: both are taken to be in USDC, and neither matches anything but its own name.
"""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

SPELLINGS = (
    Spelling(Kind.SPOT, r"(?P<base>@\d+)", quote="USDC"),
    Spelling(Kind.SPOT, r"(?P<base>[A-Za-z0-9]+)/(?P<quote>[A-Z0-9]+)"),
    Spelling(Kind.PERPETUAL, r"(?P<base>[a-z][a-z0-9]*:[A-Za-z0-9]+)", quote="USDC"),
)
COINS = (Spelling(Kind.PERPETUAL, r"(?P<base>[A-Za-z0-9]+)", quote="USDC"),)
