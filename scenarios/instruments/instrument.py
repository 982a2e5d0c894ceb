"""An instrument: the contract or pair that a market's name stands for."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

# Worth a dollar each, as far as a mark goes; written in capitals (USDE is USDe).
DOLLARS = frozenset(
    ("USD", "USDT", "USDC", "USDE", "FDUSD", "BUSD", "TUSD", "USD1", "USDH", "USDT0", "DAI")
)


class Kind(StrEnum):
    """The kinds of instrument, in the words of a message."""

    PERPETUAL = "perpetual"
    FUTURE = "dated future"
    OPTION = "option"
    SPOT = "spot pair"


@dataclass(frozen=True)
class Instrument:
    """What is traded under a name.

    base: the coin, without a multiple. quote: what its price is in. settlement: what a contract
    pays in; None of a spot pair. multiplier: coins in one unit of the name's base, so 1000 of
    1000PEPE and kPEPE. strike: in quote. right: "C" or "P".
    """

    kind: Kind
    base: str
    quote: str
    settlement: str | None = None
    multiplier: int = 1
    expiry: date | None = None
    strike: Decimal | None = None
    right: str | None = None

    @property
    def contract(self) -> str:
        """`spot`, `linear`, `inverse` (paid in the coin itself) or `quanto` (paid in another)."""
        if self.settlement is None:
            return "spot"
        if self.settlement == self.quote or {self.settlement, self.quote} <= DOLLARS:
            return "linear"
        return "inverse" if self.settlement == self.base else "quanto"

    @property
    def is_in_dollars(self) -> bool:
        """Whether its price is in a dollar."""
        return self.quote in DOLLARS

    def __str__(self) -> str:
        """The unified form of ccxt, such as BTC/USDT:USDT or BTC/USD:BTC-251226-100000-C."""
        pair = f"{self.multiplier if self.multiplier > 1 else ''}{self.base}/{self.quote}"
        parts = [pair if self.settlement is None else f"{pair}:{self.settlement}"]
        parts += [f"{self.expiry:%y%m%d}"] if self.expiry else []
        parts += [f"{self.strike.normalize():f}"] if self.strike is not None else []
        return "-".join([*parts, self.right] if self.right else parts)

    @property
    def in_words(self) -> str:
        """What it is, for a message: `a perpetual on BTC paid in BTC (coin-margined)`."""
        if self.kind is Kind.SPOT:
            return f"a {self.kind} of {self.base} in {self.quote}"
        until = f" of {self.expiry:%Y-%m-%d}" if self.expiry else ""
        if self.kind is Kind.OPTION:
            return f"an {self.kind} on {self.base}{until}"
        paid = {"inverse": " (coin-margined)", "quanto": " (a quanto)"}.get(self.contract, "")
        return f"a {self.kind} on {self.base}{until} paid in {self.settlement}{paid}"
