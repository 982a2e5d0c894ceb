"""BitMEX: XBTUSD (paid in the coin), XBTUSDT, ETHUSD (a quanto), XBTZ25, ETHUSDZ25, XBT_USDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import ANY_QUOTE, BASE, COIN, MONTH_CODE, Spelling

_XBT = r"(?P<base>XBT)"
_OTHER = rf"(?!XBT){COIN}"
# The coins that it had futures of: a code behind any letters would be a coin's own name.
_LISTED = r"(?P<base>ETH|LTC|XRP|BCH|ADA|EOS|TRX|SOL|DOT|BNB|DOGE|LINK|AVAX)"

SPELLINGS = (
    Spelling(Kind.PERPETUAL, f"{_XBT}(?P<quote>USD)", settlement=BASE),
    Spelling(Kind.PERPETUAL, f"{_OTHER}(?P<quote>USD)", settlement="BTC"),
    Spelling(Kind.PERPETUAL, f"{COIN}(?P<quote>USD)_(?P<settlement>ETH)"),
    Spelling(Kind.PERPETUAL, f"{COIN}(?P<quote>USDT)"),
    Spelling(Kind.PERPETUAL, f"{_OTHER}(?P<quote>XBT)"),
    Spelling(Kind.FUTURE, f"{_XBT}(?:USD)?{MONTH_CODE}", quote="USD", settlement=BASE),
    Spelling(Kind.FUTURE, f"{_OTHER}(?P<quote>USD){MONTH_CODE}", settlement="BTC"),
    Spelling(Kind.FUTURE, f"{COIN}(?P<quote>USDT){MONTH_CODE}"),
    Spelling(Kind.FUTURE, _LISTED + MONTH_CODE, quote="BTC"),
    Spelling(Kind.SPOT, rf"(?!\w+USD_){COIN}_{ANY_QUOTE}"),
)
