"""Bybit: BTCUSDT, BTCPERP, BTCUSD, BTCUSDH25, BTC-26DEC25, BTC-26DEC25-100000-C-USDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import (
    ALONE,
    ANY_QUOTE,
    BASE,
    COIN,
    MONTH_CODE,
    STRIKE,
    WRITTEN,
    Spelling,
)

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{COIN}(?P<quote>USDT)"),
    Spelling(Kind.PERPETUAL, f"{COIN}PERP", quote="USDC"),
    Spelling(Kind.PERPETUAL, f"{COIN}(?P<quote>USD)", settlement=BASE),
    Spelling(Kind.FUTURE, f"{COIN}(?P<quote>USD){MONTH_CODE}", settlement=BASE),
    Spelling(Kind.FUTURE, f"{COIN}(?P<quote>USDT)-{WRITTEN}"),
    Spelling(Kind.FUTURE, f"{COIN}{ALONE}-{WRITTEN}", quote="USDC"),
    Spelling(Kind.OPTION, f"{COIN}{ALONE}-{WRITTEN}-{STRIKE}", quote="USDC"),
    Spelling(Kind.OPTION, f"{COIN}{ALONE}-{WRITTEN}-{STRIKE}-(?P<quote>USDT)"),
    Spelling(Kind.SPOT, rf"{COIN}(?!USD\Z){ANY_QUOTE}"),
)
