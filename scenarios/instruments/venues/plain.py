"""Forms of no venue of ours alone: BTC-PERP, BTC-USDT-PERP, BTC-USD-PERP, BTC-251226."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import COIN, DIGITS, DOLLAR, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{COIN}[-_]PERP", quote="USD"),
    Spelling(Kind.PERPETUAL, f"{COIN}[-_]{DOLLAR}[-_]PERP"),
    Spelling(Kind.PERPETUAL, f"{COIN}[-_](?P<quote>USD)[-_]PERP"),
    Spelling(Kind.FUTURE, f"{COIN}-{DIGITS}", quote="USD"),
)
COINS = (Spelling(Kind.PERPETUAL, r"(?P<base>[^/:\s](?:[^/:]*[^/:\s])?)", quote="USD"),)
