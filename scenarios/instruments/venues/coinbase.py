"""Coinbase: BTC-USD (spot), BTC-PERP-INTX and BTC-PERP (perpetuals in USDC)."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}-PERP(?:-INTX)?", quote="USDC"),
    Spelling(Kind.SPOT, "{coin}-{quote}"),
)
