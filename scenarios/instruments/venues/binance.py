"""Binance: BTCUSDT, BTCUSDT_251226, BTCUSD_PERP, BTCUSD_251226, BTC-251010-100000-C."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import (
    ANY_QUOTE,
    BASE,
    COIN,
    DIGITS,
    DOLLAR,
    STRIKE,
    Spelling,
)

# A coin of two letters before BUSD would be BNB in USD.
_OLD_DOLLAR = r"(?P<base>[A-Z0-9]{3,}?)(?P<quote>FDUSD|BUSD|TUSD)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, _OLD_DOLLAR),
    Spelling(Kind.PERPETUAL, COIN + DOLLAR),
    Spelling(Kind.FUTURE, f"{COIN}{DOLLAR}_{DIGITS}"),
    Spelling(Kind.PERPETUAL, f"{COIN}(?P<quote>USD)_PERP", settlement=BASE),
    Spelling(Kind.FUTURE, f"{COIN}(?P<quote>USD)_{DIGITS}", settlement=BASE),
    Spelling(Kind.OPTION, f"{COIN}-{DIGITS}-{STRIKE}", quote="USDT"),
    Spelling(Kind.SPOT, COIN + ANY_QUOTE),
    Spelling(Kind.SPOT, _OLD_DOLLAR),
)
