"""OKX: BTC-USDT-SWAP, BTC-USD-SWAP, BTC-USDT-251226, BTC-USD-251226-100000-C, BTC-USDT."""

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

_COIN_MARGINED = f"{COIN}-(?P<quote>USD)-"
_IN_USDC = f"{COIN}-(?P<quote>USD)_UM-"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{COIN}-{DOLLAR}-SWAP"),
    Spelling(Kind.PERPETUAL, f"{_COIN_MARGINED}SWAP", settlement=BASE),
    Spelling(Kind.PERPETUAL, f"{_IN_USDC}SWAP", settlement="USDC"),
    Spelling(Kind.FUTURE, f"{COIN}-{DOLLAR}-{DIGITS}"),
    Spelling(Kind.FUTURE, _COIN_MARGINED + DIGITS, settlement=BASE),
    Spelling(Kind.FUTURE, _IN_USDC + DIGITS, settlement="USDC"),
    Spelling(Kind.OPTION, f"{_COIN_MARGINED}{DIGITS}-{STRIKE}", settlement=BASE),
    Spelling(Kind.OPTION, f"{_IN_USDC}{DIGITS}-{STRIKE}", settlement="USDC"),
    Spelling(Kind.SPOT, f"{COIN}-{ANY_QUOTE}"),
)
