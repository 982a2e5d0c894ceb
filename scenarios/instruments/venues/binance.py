"""Binance: BTCUSDT, BTCUSDT_251226, BTCUSD_PERP, BTCUSD_251226, BTC-251010-100000-C."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

# A coin of two letters before BUSD would be BNB in USD.
_OLD_DOLLAR = r"(?P<base>[A-Z0-9]{{3,}}?)(?P<quote>FDUSD|BUSD|TUSD)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}{dollar}"),
    Spelling(Kind.PERPETUAL, _OLD_DOLLAR),
    Spelling(Kind.FUTURE, "{coin}{dollar}_{yymmdd}"),
    Spelling(Kind.PERPETUAL, "{coin}{usd}_PERP", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}{usd}_{yymmdd}", settlement=BASE),
    Spelling(Kind.OPTION, "{coin}-{yymmdd}-{strike}", quote="USDT"),
    Spelling(Kind.SPOT, "{coin}{quote}"),
    Spelling(Kind.SPOT, _OLD_DOLLAR),
)
