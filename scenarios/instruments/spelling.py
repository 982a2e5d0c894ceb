"""One form in which a venue writes its markets: a pattern, and what it leaves unsaid."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from crashsim.scenarios.instruments.expiry import expiry_of
from crashsim.scenarios.instruments.instrument import Instrument, Kind
from crashsim.scenarios.instruments.multiples import coin_of, split_multiple

# What stands in braces in a pattern. A coin is as short as the rest allows, so BTCFDUSD is BTC in
# FDUSD; XXBTZUSD is Kraken's alone; a coin alone is not followed by its quote.
_COIN = r"(?P<base>(?!X[A-Z]{3}Z(?:USD|EUR|GBP|JPY|CAD|AUD)\Z)[A-Z0-9]+?)"
_PARTS = {
    "coin": _COIN,
    "alone": _COIN + "(?<!USDT)",
    "usd": "(?P<quote>USD)",
    "usdt": "(?P<quote>USDT)",
    "dollar": "(?P<quote>USDT|USDC|USDE|USD1)",
    "quote": "(?P<quote>USDT|USDC|USDE|USDe|USD1|USD|DAI|BTC|XBT|ETH|BNB|SOL|EURC|EURR|EUR|GBP|TRY"
    "|BRL|JPY|AUD|CAD|CHF|KRW|PLN|UAH|ZAR|RUB)",
    "yymmdd": r"(?P<expiry>\d{6})",
    "ddmmmyy": r"(?P<expiry>\d{1,2}[A-Z]{3}\d\d)",
    "month": r"(?P<expiry>[FGHJKMNQUVXZ]\d\d)",
    "strike": r"(?P<strike>\d+(?:[.d]\d+)?)-(?P<right>[CP])",
}

BASE = "base"  # the settlement of a coin-margined contract


@dataclass(frozen=True)
class Spelling:
    """How a kind of instrument is written.

    pattern: of the whole name, of the parts above in braces; their groups, or its own, are base
    and, where it says them, quote, settlement, expiry, strike and right. quote, settlement: what
    holds where it does not; a contract without either settlement pays in its quote, one with BASE
    in its coin.
    """

    kind: Kind
    pattern: str
    quote: str = ""
    settlement: str = ""

    def read(self, name: str) -> Instrument | None:
        """What the name stands for, or None where it is not of this form."""
        found = _compiled(self.pattern).fullmatch(name)
        if found is None:
            return None
        told = found.groupdict()
        expiry = expiry_of(told["expiry"]) if told.get("expiry") else None
        if told.get("expiry") and expiry is None:
            return None
        multiplier, base = split_multiple(_with_builder(told["base"]))
        quote = coin_of((told.get("quote") or self.quote).upper())
        strike = told.get("strike")
        return Instrument(
            kind=self.kind,
            base=base,
            quote=quote,
            settlement=self._settlement(told.get("settlement"), base, quote),
            multiplier=multiplier,
            expiry=expiry,
            strike=Decimal(strike.replace("d", ".")).normalize() if strike else None,
            right=told.get("right"),
        )

    def _settlement(self, told: str | None, base: str, quote: str) -> str | None:
        if self.kind is Kind.SPOT:
            return None
        if told:
            return coin_of(told.upper())
        return base if self.settlement is BASE else self.settlement or quote


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.format_map(_PARTS))


def _with_builder(base: str) -> str:
    """`xyz:TSLA` as ccxt writes it, XYZ-TSLA; any other base as it is."""
    return base.replace(":", "-").upper() if ":" in base else base
