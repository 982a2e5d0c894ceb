"""A reconstructed tape against recorded bars: as it is, or with each market left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.clock import utc_text
from crashsim.data.schema import Tape
from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.synthetic.reconstruct import Published, read_published, tape_through
from crashsim.data.tape.grid import Floats, Ints, fixed_grid
from crashsim.lab.price_check.price_errors import by_market, by_minute, errors_by_bar, over_all
from crashsim.lab.price_check.price_fit import AllSlopes, fitted, slopes, stepped
from crashsim.lab.price_check.said_kind import Kind, kind_of
from crashsim.lab.price_check.tape_bars import (
    RecordedBars,
    bars_of_path,
    read_recorded,
    within,
)
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Anchors
from crashsim.scenarios.models.scenario import Scenario

_AROUND_MS = 600_000
_STEP_MS = 1_000  # that of the path, whatever the scenario reads off
Progress = Callable[[int, int], None]
FITTED = ("fall_power", "factor_noise", "thinning")


@dataclass(frozen=True)
class Asked:
    """What to hold a tape against. kind: of its prices; None for what the files say, else last.

    first_ms, end_ms: UTC; None for ten minutes around the low.
    """

    against: Sequence[Path]
    kind: Kind | None = None
    leave_one_out: bool = False
    first_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True)
class PriceCheck:
    """What was found.

    bars: one row a recorded bar, by market and time; the other tables and `total` sum it up.
    stated: the scenario's values of FITTED; fit: what all bars would choose; used: with
    leave_one_out, what the bars and anchors of the others chose, by market.
    """

    kind: Kind
    leave_one_out: bool
    first_ms: int
    end_ms: int
    bars: pl.DataFrame
    markets: pl.DataFrame
    minutes: pl.DataFrame
    total: dict[str, float | None]
    stated: dict[str, float]
    fit: dict[str, float]
    used: dict[str, dict[str, float]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Night:
    """A scenario's reconstruction, and which of its prices are looked at."""

    published: Published
    anchors: Anchors
    time_ms: Ints
    seed: int
    kind: Kind

    def tape(self) -> Tape:
        """The tape."""
        return tape_through(self.published, self.anchors, self.time_ms, self.seed)

    def with_settings(self, anchors: Anchors) -> "_Night":
        """The same facts under other settings."""
        return replace(self, anchors=anchors)

    def without(self, market: str) -> "_Night":
        """The night in which one market is known by the hour alone; this one, where it is."""
        markets = self.published.markets
        cut = tuple(each.by_the_hour() if each.market == market else each for each in markets)
        same = all(a.time_ms.size == b.time_ms.size for a, b in zip(cut, markets, strict=True))
        same &= all(a.low_bar_len_ms == b.low_bar_len_ms for a, b in zip(cut, markets, strict=True))
        return self if same else replace(self, published=replace(self.published, markets=cut))


def check_prices(scenario: Scenario, asked: Asked, progress: Progress | None = None) -> PriceCheck:
    """Hold the tape of a scenario that is reconstructed from anchors against recorded bars.

    Raises InputError for any other scenario, and for files without bars of its markets.
    """
    kind = kind_of(asked.against, asked.kind)
    night = _night(scenario, kind)
    tape = night.tape()
    first_ms, end_ms = _window(tape, asked)
    recorded = within(_recorded(scenario, tape, asked), first_ms, end_ms)
    if recorded.bars.is_empty():
        window = f"{utc_text(first_ms)} to {utc_text(end_ms)}"
        raise InputError(f"no bar of a market that moved lies in {window}: change --start or --end")
    bars = _compared(night, recorded.bars)
    found = slopes(bars, _compared(night.with_settings(stepped(night.anchors)), recorded.bars))
    used: dict[str, dict[str, float]] = {}
    if asked.leave_one_out:
        parts = []
        for done, market in enumerate(recorded.markets):
            rebuilt = _left_out(night, market, recorded.bars, found)
            used[market] = _values(rebuilt.anchors)
            own = recorded.bars.filter(pl.col("market") == market)
            parts.append(_compared(rebuilt, own))
            if progress:
                progress(done + 1, len(recorded.markets))
        bars = pl.concat(parts)
    markets = by_market(bars)
    return PriceCheck(
        kind=kind,
        leave_one_out=asked.leave_one_out,
        first_ms=first_ms,
        end_ms=end_ms,
        bars=bars,
        markets=markets,
        minutes=by_minute(bars),
        total=over_all(markets),
        stated=_values(night.anchors),
        fit=_values(fitted(night.anchors, night.published.markets, found)),
        used=used,
        notes=recorded.notes,
    )


def _left_out(night: _Night, market: str, bars: pl.DataFrame, found: AllSlopes) -> _Night:
    """The night without a market, its settings fitted to the others.

    found: slopes of all bars, which serve where the night is the same without the market.
    """
    rest = night.without(market)
    if rest is not night:
        others = bars.filter(pl.col("market") != market)
        further = rest.with_settings(stepped(rest.anchors))
        found = slopes(_compared(rest, others), _compared(further, others))
    return rest.with_settings(fitted(rest.anchors, rest.published.markets, found, market))


def _values(anchors: Anchors) -> dict[str, float]:
    return {name: float(getattr(anchors, name)) for name in FITTED}


def _night(scenario: Scenario, kind: Kind) -> _Night:
    prices = scenario.prices
    if prices.source != "anchors":
        raise InputError(
            f"{scenario.name}: its prices are not reconstructed, so there is nothing to check; "
            'expected prices.source = "anchors"'
        )
    anchors = prices.anchors
    if prices.price_kind in ("index", "last"):
        anchors = anchors.model_copy(update={"mark_path": None})
    if kind == "mark" and anchors.mark_path is None:
        raise InputError(f"{scenario.name}: has no marks beside its prices, expected --kind last")
    grid = fixed_grid(scenario.start_ms, scenario.end_ms, _STEP_MS)
    return _Night(
        published=read_published(anchors),
        anchors=anchors,
        time_ms=grid.time_ms,
        seed=scenario.seed,
        kind=kind,
    )


def _recorded(scenario: Scenario, tape: Tape, asked: Asked) -> RecordedBars:
    """The recorded bars that lie whole in the scenario's window."""
    recorded = read_recorded(asked.against, tape.markets)
    end = pl.col("time_ms") + pl.col("length_ms")
    whole = (pl.col("time_ms") >= scenario.start_ms) & (end <= scenario.end_ms)
    return replace(recorded, bars=recorded.bars.filter(whole))


def _window(tape: Tape, asked: Asked) -> tuple[int, int]:
    """The window asked for, else the ten minutes before and after the median low's ten."""
    prices = tape.mark if tape.last is None else tape.last
    low_ms = int(np.median(tape.time_ms[np.argmin(prices, axis=0)]))
    middle_ms = low_ms // _AROUND_MS * _AROUND_MS
    first_ms = middle_ms - _AROUND_MS if asked.first_ms is None else asked.first_ms
    end_ms = middle_ms + _AROUND_MS if asked.end_ms is None else asked.end_ms
    return first_ms, end_ms


def _compared(night: _Night, bars: pl.DataFrame) -> pl.DataFrame:
    """The errors of these bars' markets, by market and time."""
    if bars.is_empty():
        return errors_by_bar(bars, *[bars.select("close", "low", "high", "volume_usd")] * 2)
    tape = night.tape()
    prices = tape.mark if night.kind == "mark" or tape.last is None else tape.last
    facts_of = {facts.market: facts for facts in night.published.markets}
    steps_s = np.diff(tape.time_ms, prepend=tape.time_ms[:1]) / 1000
    parts = []
    for (market,), own in bars.group_by("market", maintain_order=True):
        facts, window = facts_of[str(market)], night.published.volumes[str(market)]
        column = tape.markets.index(facts.market)
        evenly = window.volume_usd / ((window.end_ms - window.start_ms) / 1000)
        # Marks are known by the hour alone.
        knots = facts.by_the_hour() if night.kind == "mark" else facts
        line = _line(prices[:, column], tape.time_ms, knots)
        traded = tape.volume_usd[:, column]
        parts.append(
            errors_by_bar(
                own,
                bars_of_path(prices[:, column], traded, tape.time_ms, own),
                bars_of_path(line, steps_s * evenly, tape.time_ms, own),
            )
        )
    return pl.concat(parts)


def _line(price: Floats, time_ms: Ints, facts: MarketAnchors) -> Floats:
    """Straight lines in log price between a path's values at anchors and at its low, (T,)."""
    known = np.isin(time_ms, facts.time_ms)
    known[[0, -1, int(np.argmin(price))]] = True
    return np.asarray(np.exp(np.interp(time_ms, time_ms[known], np.log(price[known]))))
