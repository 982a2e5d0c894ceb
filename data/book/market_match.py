"""Which of the known markets a name means: the one of that name, else the only one of its base."""

from collections.abc import Iterable

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.markets import base_of


class MarketIndex:
    """Known markets, found by exact name, then by base (BTC-PERP finds BTCUSDT)."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._by_base: dict[str, list[str]] = {}
        for market in sorted(self._known):
            self._by_base.setdefault(base_of(market), []).append(market)

    def find(self, name: str) -> str | None:
        """The known market, or None. Raises InputError where several have the name's base."""
        if name in self._known:
            return name
        found = self._by_base.get(base_of(name), [])
        if len(found) > 1:
            raise InputError(
                f"market {name} may be {' or '.join(found)}: expected one of these names"
            )
        return found[0] if found else None
