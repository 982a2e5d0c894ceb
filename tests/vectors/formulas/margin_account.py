"""A cross-margin account as a vector of positions, for rules that share equity over positions."""

from dataclasses import dataclass, replace

import numpy as np

from crashsim.engine.arrays import Floats

# A fill at the bankruptcy price keeps equity over maintenance exactly; floats to about this much.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class MarginAccount:
    """Cash and m positions. Fractions are of notional; `initial` is at least `maintenance`.

    cash_usd: net quote balance (negative after buying). The arrays are (m,).
    """

    cash_usd: float
    size_qty: Floats
    price_usd: Floats
    initial_frac: Floats
    maintenance_frac: Floats

    @property
    def equity_usd(self) -> float:
        """Cash plus the signed value of the positions."""
        return self.cash_usd + float(self.size_qty @ self.price_usd)

    @property
    def position_maintenance_usd(self) -> Floats:
        """Maintenance margin by position, (m,)."""
        return np.abs(self.size_qty) * self.price_usd * self.maintenance_frac

    @property
    def maintenance_usd(self) -> float:
        """Maintenance margin of the account."""
        return float(self.position_maintenance_usd.sum())

    @property
    def gross_usd(self) -> float:
        """What its equity is the difference of: the scale of its rounding."""
        return abs(self.cash_usd) + float(np.abs(self.size_qty) @ self.price_usd)

    @property
    def initial_usd(self) -> float:
        """Initial margin of the account."""
        return float((np.abs(self.size_qty) * self.price_usd) @ self.initial_frac)

    def after(self, position: int, delta_qty: float, delta_cash_usd: float) -> "MarginAccount":
        """The account after a fill of one position."""
        size_qty = self.size_qty.copy()
        size_qty[position] += delta_qty
        return replace(self, cash_usd=self.cash_usd + delta_cash_usd, size_qty=size_qty)


def is_update_allowed(before: MarginAccount, after: MarginAccount) -> bool:
    """Whether an account may be left so: at or above initial margin, or nearer to it than before.

    Below initial margin, maintenance must not rise and equity over maintenance must not fall;
    with no position left, equity must rise.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/subaccounts (state transitions).
    """
    if after.equity_usd >= after.initial_usd:
        return True
    if after.maintenance_usd > before.maintenance_usd:
        return False
    if after.maintenance_usd == 0:
        return after.equity_usd > before.equity_usd
    kept = after.equity_usd * before.maintenance_usd
    needed = before.equity_usd * after.maintenance_usd
    return kept >= needed - _ROUNDING * before.gross_usd * before.maintenance_usd
