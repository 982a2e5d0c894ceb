"""Kraken: PF_XBTUSD, PI_XBTUSD, FI_XBTUSD_251226, FF_XBTUSD_251226; spot XBT/USD or XXBTZUSD."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "PF_{coin}{usd}"),
    Spelling(Kind.PERPETUAL, "PI_{coin}{usd}", settlement=BASE),
    Spelling(Kind.FUTURE, "FF_{coin}{usd}_{yymmdd}"),
    Spelling(Kind.FUTURE, "FI_{coin}{usd}_{yymmdd}", settlement=BASE),
    Spelling(Kind.SPOT, "{coin}/{quote}"),
    Spelling(Kind.SPOT, "X(?P<base>[A-Z]{{3}})Z(?P<quote>USD|EUR|GBP|JPY|CAD|AUD)"),
    Spelling(Kind.SPOT, "{coin}{quote}"),
)
