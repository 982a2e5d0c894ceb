"""Bitget: BTCUSDT_UMCBL, BTCPERP_CMCBL, BTCUSD_DMCBL, BTCUSD_DMCBL_251226, BTCUSDT_SPBL."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}{usdt}(?:_UMCBL)?"),
    Spelling(Kind.PERPETUAL, "{coin}PERP(?:_CMCBL)?", quote="USDC"),
    Spelling(Kind.PERPETUAL, "{coin}{usd}(?:_DMCBL)?", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}{usd}_DMCBL_{yymmdd}", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}{usd}{month}", settlement=BASE),
    Spelling(Kind.SPOT, "{coin}{quote}_SPBL"),
    Spelling(Kind.SPOT, r"{coin}(?!USD\Z){quote}"),
)
