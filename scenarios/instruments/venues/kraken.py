"""Kraken: PF_XBTUSD, PI_XBTUSD, FI_XBTUSD_251226, FF_XBTUSD_251226; spot XBT/USD or XXBTZUSD."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import ANY_QUOTE, BASE, COIN, DIGITS, Spelling

_USD = r"(?P<quote>USD)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"PF_{COIN}{_USD}"),
    Spelling(Kind.PERPETUAL, f"PI_{COIN}{_USD}", settlement=BASE),
    Spelling(Kind.FUTURE, f"FF_{COIN}{_USD}_{DIGITS}"),
    Spelling(Kind.FUTURE, f"FI_{COIN}{_USD}_{DIGITS}", settlement=BASE),
    Spelling(Kind.SPOT, f"{COIN}/{ANY_QUOTE}"),
    Spelling(Kind.SPOT, r"X(?P<base>[A-Z]{3})Z(?P<quote>USD|EUR|GBP|JPY|CAD|AUD)"),
    Spelling(Kind.SPOT, COIN + ANY_QUOTE),
)
