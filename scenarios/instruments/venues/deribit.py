"""Deribit: BTC-PERPETUAL, BTC_USDC-PERPETUAL, BTC-26DEC25, BTC-26DEC25-100000-C, SOL_USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import (
    ALONE,
    ANY_QUOTE,
    BASE,
    COIN,
    DOLLAR,
    STRIKE,
    WRITTEN,
    Spelling,
)

_LINEAR = f"{COIN}_{DOLLAR}-"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{_LINEAR}PERPETUAL"),
    Spelling(Kind.PERPETUAL, f"{COIN}-PERPETUAL", quote="USD", settlement=BASE),
    Spelling(Kind.FUTURE, _LINEAR + WRITTEN),
    Spelling(Kind.FUTURE, f"{COIN}{ALONE}-{WRITTEN}", quote="USD", settlement=BASE),
    Spelling(Kind.OPTION, f"{_LINEAR}{WRITTEN}-{STRIKE}"),
    Spelling(Kind.OPTION, f"{COIN}{ALONE}-{WRITTEN}-{STRIKE}", quote="USD", settlement=BASE),
    Spelling(Kind.SPOT, f"{COIN}_{ANY_QUOTE}"),
)
