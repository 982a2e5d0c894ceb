"""Coinbase: BTC-USD (spot), BTC-PERP-INTX and BTC-PERP (perpetuals in USDC)."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import ANY_QUOTE, COIN, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{COIN}-PERP(?:-INTX)?", quote="USDC"),
    Spelling(Kind.SPOT, f"{COIN}-{ANY_QUOTE}"),
)
