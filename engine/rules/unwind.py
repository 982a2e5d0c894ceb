"""Rule 9: absorbers sell what they took over into what is left of the book."""

import numpy as np

from crashsim.engine.adl.losers import close_absorber
from crashsim.engine.record.events import Closing
from crashsim.engine.rules.book_liquidation import mirror_outside
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step


def unwind(run: Run, step: Step) -> None:
    """Offer the positions of absorbers with `unwind`, by notional, without limit or fee."""
    for index in run.state.holding_absorbers():
        absorber = run.state.absorbers[index]
        if absorber.rules.unwind:
            notional = np.abs(absorber.size) * step.mark
            held = np.flatnonzero(absorber.size)
            for market in held[np.argsort(-notional[held], kind="stable")].tolist():
                _offer(run, step, index, market)


def _offer(run: Run, step: Step, index: int, market: int) -> None:
    absorber = run.state.absorbers[index]
    size = float(absorber.size[market])
    side = 1 if size > 0 else -1
    fill = step.book.close(market, side, abs(size), step.prices[market], None)
    if fill.qty <= 0.0:
        return
    close_absorber(absorber, market, fill.qty, fill.price, size)
    mirror_outside(run, market, side, fill)
    run.events.closings.append(
        Closing(
            step=step.index,
            absorber=index,
            market=market,
            side=side,
            qty=fill.qty,
            price=fill.price,
            stage="unwind",
        )
    )
