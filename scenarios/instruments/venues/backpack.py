"""Backpack: BTC_USDC_PERP, kPEPE_USDC_PERP; spot SOL_USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import ANY_QUOTE, DOLLAR, Spelling

_COIN = r"(?P<base>k?[A-Z0-9]+)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{_COIN}_{DOLLAR}_PERP"),
    Spelling(Kind.SPOT, f"{_COIN}_{ANY_QUOTE}"),
)
