"""Reading the inputs of a case: names that mean the same, signs, and accounts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.vectors.formulas.margin_account import MarginAccount

Inputs = Mapping[str, Any]
Case = Mapping[str, Any]
Computed = dict[str, Any]


def first(inputs: Inputs, *names: str) -> Any:
    """The value of the first name that is given; KeyError with all names where none is."""
    for name in names:
        if name in inputs:
            return inputs[name]
    raise KeyError(f"none of {', '.join(names)}")


def side_of(inputs: Inputs) -> int:
    """+1 for a long, -1 for a short: from `side`, else from the sign of the size."""
    words = str(inputs.get("side", "")).lower().split()
    if "short" in words:
        return -1
    if "long" in words:
        return 1
    return -1 if size_given(inputs) < 0 else 1


def size_given(inputs: Inputs) -> float:
    return float(inputs.get("size", inputs.get("size_base", inputs.get("position_base", 1.0))))


def isolated_margin(inputs: Inputs) -> float:
    """Isolated margin: given, or entry value over leverage."""
    if "margin" in inputs or "position_margin" in inputs:
        return float(first(inputs, "margin", "position_margin"))
    return float(inputs["entry"] * abs(size_given(inputs)) / inputs["leverage"])


def signed_size(inputs: Inputs) -> float:
    return side_of(inputs) * abs(size_given(inputs))


def account_of(inputs: Inputs, shared: Inputs | None = None) -> MarginAccount:
    """A cross account; margin fractions may be given once (also in `shared`) or by position."""
    common = {**(shared or {}), **inputs}
    positions: Sequence[Inputs] = inputs["positions"]

    def fractions(name: str) -> Any:
        return np.array([float({**common, **position}[name]) for position in positions])

    return MarginAccount(
        cash_usd=float(first(inputs, "usdc_balance", "usdc", "collateral")),
        size_qty=np.array([signed_size(position) for position in positions]),
        price_usd=np.array(
            [float(first(p, "oracle_price_usd", "oracle_price", "mark")) for p in positions]
        ),
        initial_frac=fractions("imf"),
        maintenance_frac=fractions("mmf"),
    )


def place_of(market: str | None, inputs: Inputs) -> int:
    """Place of a market among the positions; of the only one where no market is named."""
    markets = [position["market"] for position in inputs["positions"]]
    if market is None:
        (market,) = markets
    return markets.index(market)
