"""dYdX: BTC-USD, a perpetual in USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import COIN, Spelling

SPELLINGS = (Spelling(Kind.PERPETUAL, f"{COIN}-USD", quote="USDC"),)
