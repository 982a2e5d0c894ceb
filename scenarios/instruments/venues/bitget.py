"""Bitget: BTCUSDT_UMCBL, BTCPERP_CMCBL, BTCUSD_DMCBL, BTCUSD_DMCBL_251226, BTCUSDT_SPBL, BTCUSDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import (
    ANY_QUOTE,
    BASE,
    COIN,
    DIGITS,
    MONTH_CODE,
    Spelling,
)

_USDT = r"(?P<quote>USDT)"
_USD = r"(?P<quote>USD)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{COIN}{_USDT}(?:_UMCBL)?"),
    Spelling(Kind.PERPETUAL, f"{COIN}PERP(?:_CMCBL)?", quote="USDC"),
    Spelling(Kind.PERPETUAL, f"{COIN}{_USD}(?:_DMCBL)?", settlement=BASE),
    Spelling(Kind.FUTURE, f"{COIN}{_USD}_DMCBL_{DIGITS}", settlement=BASE),
    Spelling(Kind.FUTURE, f"{COIN}{_USD}{MONTH_CODE}", settlement=BASE),
    Spelling(Kind.SPOT, f"{COIN}{ANY_QUOTE}_SPBL"),
    Spelling(Kind.SPOT, rf"{COIN}(?!USD\Z){ANY_QUOTE}"),
)
