"""BitMEX: XBTUSD (paid in the coin), XBTUSDT, ETHUSD (a quanto), XBTZ25, ETHUSDZ25, XBT_USDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

_XBT = r"(?P<base>XBT)"
# The coins that it had futures of: a code behind any letters would be a coin's own name.
_LISTED = r"(?P<base>ETH|LTC|XRP|BCH|ADA|EOS|TRX|SOL|DOT|BNB|DOGE|LINK|AVAX)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, _XBT + "{usd}", settlement=BASE),
    Spelling(Kind.PERPETUAL, "(?!XBT){coin}{usd}", settlement="BTC"),
    Spelling(Kind.PERPETUAL, "{coin}{usd}_(?P<settlement>ETH)"),
    Spelling(Kind.PERPETUAL, "{coin}{usdt}"),
    Spelling(Kind.PERPETUAL, "(?!XBT){coin}(?P<quote>XBT)"),
    Spelling(Kind.FUTURE, _XBT + "(?:USD)?{month}", quote="USD", settlement=BASE),
    Spelling(Kind.FUTURE, "(?!XBT){coin}{usd}{month}", settlement="BTC"),
    Spelling(Kind.FUTURE, "{coin}{usdt}{month}"),
    Spelling(Kind.FUTURE, _LISTED + "{month}", quote="BTC"),
    Spelling(Kind.SPOT, r"(?!\w+USD_){coin}_{quote}"),
)
