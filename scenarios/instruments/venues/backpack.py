"""Backpack: BTC_USDC_PERP, kPEPE_USDC_PERP; spot SOL_USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

_COIN = "(?P<base>k?[A-Z0-9]+)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, _COIN + "_{dollar}_PERP"),
    Spelling(Kind.SPOT, _COIN + "_{quote}"),
)
