"""dYdX: BTC-USD, a perpetual in USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

SPELLINGS = (Spelling(Kind.PERPETUAL, "{coin}-USD", quote="USDC"),)
