"""The position that auto-deleveraging closes: a bankrupt unit's, or a breached absorber's."""

from dataclasses import dataclass

from crashsim.engine.adl.candidates import key_code
from crashsim.engine.run import Run
from crashsim.engine.state.absorber_state import AbsorberState
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import close_row, return_isolated, settle


@dataclass(frozen=True, slots=True)
class Loser:
    """A position to be closed against winners. row is -1 for absorber number `absorber`."""

    row: int
    absorber: int
    market: int
    size: float
    price: float
    bankruptcy_price: float

    @property
    def side(self) -> int:
        """+1 for a long."""
        return 1 if self.size > 0 else -1

    @property
    def asks(self) -> int:
        """The code of the market and side that is asked."""
        return key_code(self.market, self.size < 0)


def close_loser(run: Run, step: Step, loser: Loser, qty: float) -> None:
    """Close qty of the loser's position at its price."""
    if loser.row >= 0:
        close_unit_row(run, step, loser.row, qty, loser.price, loser.size)
    else:
        absorber = run.state.absorbers[loser.absorber]
        close_absorber(absorber, loser.market, qty, loser.price, loser.size)


def close_unit_row(run: Run, step: Step, row: int, qty: float, price: float, start: float) -> None:
    """Close qty of a unit's position; an isolated unit that is closed returns its cash."""
    close_row(run.state, step, row, qty, price, start)
    return_isolated(run.state, step, run.state.fixed.row_unit[row], run.nets_debt)


def close_absorber(
    absorber: AbsorberState, market: int, qty: float, price: float, start: float
) -> None:
    """Close qty of an absorber's position; `start` is its size when the rule began."""
    held = float(absorber.size[market])
    side = 1.0 if held > 0 else -1.0
    absorber.cash_usd += side * qty * (price - float(absorber.entry[market]))
    absorber.size[market] = settle(held - side * qty, start)
