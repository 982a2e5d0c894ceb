"""Orders of deleveraging and of liquidation, and what traders are shown of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.arrays import Floats


def descending(score: Floats, ids: Sequence[str]) -> NDArray[np.intp]:
    """Row numbers (n,) by score from the highest; ties by id, ascending by code point."""
    return np.lexsort((np.array(ids, dtype=np.str_), -score))


def queue_indicator_percent(quantity: Floats, step_percent: float = 20.0) -> Floats:
    """Lights shown to those in a queue: cumulative share of quantity, up to the next step.

    quantity: (n,) in the queue's order. Returns percentages (n,).
    Source: https://testnet.bitmex.com/app/autoDeleveragingExamples
    """
    steps: Floats = np.cumsum(quantity) / quantity.sum() * (100.0 / step_percent)
    lit: Floats = np.ceil(steps - 1e-12) * step_percent
    return lit


def liquidation_priority(
    limit_usd: Floats, size_qty: Floats, oracle_usd: float, hashes: Sequence[str]
) -> NDArray[np.intp]:
    """Order (n,) in which a block's liquidation orders are tried.

    By distance of the limit from the oracle price, then by notional at the oracle price, both
    descending; then by hash ascending.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/liquidations.go
    """
    distance = np.abs(limit_usd - oracle_usd) / oracle_usd
    notional = np.abs(size_qty) * oracle_usd
    return np.lexsort((np.array(hashes, dtype=np.str_), -notional, -distance))
