"""Section 8: the floor of an absorber that stops at a drawdown from its peak."""

from tests.reference.model import Absorber, World


def set_floors(world: World) -> None:
    """Before rule 1: the larger of `floor` and `(1 - max_drawdown_frac) * peak`."""
    for absorber in world.absorbers:
        drawdown = absorber.rules["max_drawdown_frac"]
        if drawdown is None:
            continue
        by_peak = (1 - drawdown) * _peak(world, absorber)
        absorber.floor = max(absorber.rules["floor"], by_peak)
        follows = by_peak > absorber.rules["floor"]
        world.reached("a floor follows the peak" if follows else "a fixed floor is the higher one")


def _peak(world: World, absorber: Absorber) -> float:
    """The largest equity at the end of a step in the window, or of the last step in any case."""
    if not absorber.equity_at_ends:
        return float(absorber.rules["cash"])
    earliest_ms = world.time_ms - absorber.rules["drawdown_window_s"] * 1000
    within = [equity for time_ms, equity in absorber.equity_at_ends if time_ms >= earliest_ms]
    _, last = absorber.equity_at_ends[-1]
    if not within:
        world.reached("a window shorter than the step")
    peak = max([*within, last])
    if peak < max(equity for _, equity in absorber.equity_at_ends):
        world.reached("a peak has moved out of the window")
    return peak


def note_equities(world: World) -> None:
    """The equity of every absorber at the end of the step."""
    for absorber in world.absorbers:
        absorber.equity_at_ends.append((world.time_ms, absorber.equity(world.mark)))
