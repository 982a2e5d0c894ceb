"""Section 8: what absorbers start with, whom they serve, and a floor that follows their peak."""

from tests.reference.model import Absorber, Case, Market, Row, World
from tests.reference.venue import name_of


def opened(case: Case, entries: list[Row]) -> list[Absorber]:
    """The absorbers before the first step: one an entry, or one for each market of an entry."""
    interest = _open_interest(case)
    listed = {name for entry in entries for name in entry["markets"] or ()}
    found = []
    for entry in entries:
        markets = None
        if entry["markets"] is not None:
            markets = frozenset(
                market for market in case.markets if name_of(listed, market) in entry["markets"]
            )
        own = {m: usd for m, usd in interest.items() if markets is None or m in markets}
        total = sum(own.values())
        cash = entry["cash"] if entry["cash_frac_oi"] is None else entry["cash_frac_oi"] * total
        if entry["per"] is None:
            found.append(_absorber(entry, entry["name"], cash, markets))
            continue
        for market, usd in own.items():
            if usd > 0:
                rules = _shared_out(entry, usd / total)
                name = f"{entry['name']} {market}"
                found.append(_absorber(rules, name, cash * usd / total, frozenset([market])))
    return found


def _open_interest(case: Case) -> dict[Market, float]:
    """`max(longs, shorts) * mark[0]` of each market."""
    interest = {}
    for market, mark in zip(case.markets, case.mark[0], strict=True):
        sizes = [row["size"] for row in case.positions if row["market"] == market]
        longs = sum(size for size in sizes if size > 0)
        interest[market] = max(longs, longs - sum(sizes)) * mark
    return interest


def _absorber(rules: Row, name: str, cash: float, markets: frozenset[Market] | None) -> Absorber:
    return Absorber(
        cash, name=name, rules={**rules, "cash": cash}, markets=markets, floor=rules["floor"]
    )


def _shared_out(entry: Row, share: float) -> Row:
    """What an entry states in USD, times the share of one of its markets."""
    bound = entry["max_notional"]
    return {
        **entry,
        "floor": entry["floor"] * share,
        "max_notional": None if bound is None else bound * share,
    }


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
