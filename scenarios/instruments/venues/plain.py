"""Forms of no venue of ours alone: BTC-PERP, BTC-USDT-PERP, BTC-USD-PERP, BTC-251226."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}[-_]PERP", quote="USD"),
    Spelling(Kind.PERPETUAL, "{coin}[-_]{dollar}[-_]PERP"),
    Spelling(Kind.PERPETUAL, "{coin}[-_]{usd}[-_]PERP"),
    Spelling(Kind.FUTURE, "{coin}-{yymmdd}", quote="USD"),
)
COINS = (Spelling(Kind.PERPETUAL, r"(?P<base>[^/:\s](?:[^/:]*[^/:\s])?)", quote="USD"),)
