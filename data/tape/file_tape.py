"""The tape of one price file on a given grid."""

from dataclasses import dataclass

import numpy as np

from crashsim.data.book.market_match import AbsentError, MarketIndex, MismatchError, Use
from crashsim.data.clock import utc_text
from crashsim.data.schema import MarketOrigin, Tape
from crashsim.data.tape.bar_path import marks_of_bars, volume_of_bars
from crashsim.data.tape.grid import Floats, Grid, carried_forward
from crashsim.data.tape.long_form import funding_of_rows, marks_of_rows, volume_of_rows
from crashsim.data.tape.price_file import PriceRows
from crashsim.scenarios.errors import InputError

_MS_PER_S = 1000.0


@dataclass(frozen=True)
class Fallbacks:
    """What holds where a price file does not say.

    price_kind: of a file without the column; None for `mark` of the long form and `last` of bars.
    volume: rows of a second file that gives the volume instead.
    default_volume_usd: per second and market, where no file gives a volume.
    volume_scale: factor on volume out of a file (not on the default).
    """

    price_kind: str | None = None
    volume: PriceRows | None = None
    default_volume_usd: float | None = None
    volume_scale: float = 1.0


def tape_of_file(grid: Grid, rows: PriceRows, fallbacks: Fallbacks) -> Tape:
    """Lay checked rows on the grid. Raises InputError for bars on a native grid, and no volume."""
    require_step(grid, rows)
    start_ms, end_ms = int(grid.time_ms[0]), int(grid.time_ms[-1])
    reach_ms = rows.time_ms + rows.spacing_ms[rows.market]
    if not ((reach_ms >= start_ms) & (rows.time_ms <= end_ms)).any():
        raise InputError(outside_window(rows, start_ms, end_ms))
    marks = marks_of_bars(grid, rows) if rows.is_bars else marks_of_rows(grid, rows)
    return Tape(
        time_ms=grid.time_ms,
        markets=rows.markets,
        mark=carried_forward(marks),
        volume_usd=_volume(grid, rows, fallbacks),
        funding_rate=funding_of_rows(grid, rows),
        origins=_origins(rows, fallbacks.price_kind),
    )


def outside_window(rows: PriceRows, start_ms: int, end_ms: int) -> str:
    """The sentence for a file none of whose rows lies in the window."""
    first, last = int(rows.time_ms.min()), int(rows.time_ms.max())
    return (
        f"{rows.table.path}: has no row in the window {utc_text(start_ms)} to {utc_text(end_ms)}; "
        f"its rows go from {utc_text(first)} to {utc_text(last)}"
    )


def require_step(grid: Grid, rows: PriceRows) -> None:
    """Raise InputError for bars on a native grid."""
    if rows.is_bars and grid.step_ms is None:
        raise InputError(
            f'{rows.table.path}: holds bars, which need a step such as "1s" in [scenario], '
            'found "native"; try --set scenario.step=1s'
        )


def _origins(rows: PriceRows, price_kind: str | None) -> dict[str, MarketOrigin]:
    default = price_kind or ("last" if rows.is_bars else "mark")
    name = rows.table.path.name
    return {
        m: MarketOrigin(rows.kinds.get(m, default), "recorded", name, rows.venue)
        for m in rows.markets
    }


def _volume(grid: Grid, rows: PriceRows, fallbacks: Fallbacks) -> Floats:
    source = fallbacks.volume or rows
    if source.volume_usd is None:
        return _default_volume(grid, rows, rows.markets, fallbacks.default_volume_usd)
    require_step(grid, source)
    lay = volume_of_bars if source.is_bars else volume_of_rows
    recorded = lay(grid, source, source.volume_usd) * fallbacks.volume_scale
    if source is rows:
        return recorded
    return _by_market(grid, rows, source, recorded, fallbacks.default_volume_usd)


def _by_market(
    grid: Grid, rows: PriceRows, source: PriceRows, recorded: Floats, default_usd: float | None
) -> Floats:
    """The volume file's columns in the order of the price file's markets."""
    index = MarketIndex(dict.fromkeys(source.markets, source.venue))
    found = [_volume_market(index, source, market) for market in rows.markets]
    absent = tuple(m for m, match in zip(rows.markets, found, strict=True) if match is None)
    volume = np.empty((grid.steps, len(rows.markets)))
    if absent:
        volume[:] = _default_volume(grid, source, absent, default_usd)[:, :1]
    for column, match in enumerate(found):
        if match is not None:
            volume[:, column] = recorded[:, source.markets.index(match)]
    return volume


def _volume_market(index: MarketIndex, source: PriceRows, market: str) -> str | None:
    try:
        return index.find(market, source.venue, Use.PRICE).market
    except AbsentError:
        return None
    except MismatchError as problem:
        raise InputError(
            f"{source.table.path}: has no volume for {market}, expected {problem}"
        ) from None


def _default_volume(
    grid: Grid, rows: PriceRows, markets: tuple[str, ...], per_second_usd: float | None
) -> Floats:
    """(T, len(markets)) the default for the seconds of each step; nothing at k = 0."""
    if per_second_usd is None:
        raise InputError(
            f"{rows.table.path}: has no volume for {', '.join(markets[:5])}"
            f"{' and others' if len(markets) > 5 else ''}, expected a column volume_usd (bars: "
            "volume_usd, quote_volume or volume); else set prices.volume_path, or "
            "prices.default_volume_usd (USD per second and market, 0 allowed)"
        )
    seconds = np.diff(grid.time_ms, prepend=grid.time_ms[:1]) / _MS_PER_S
    return np.tile((seconds * per_second_usd)[:, None], (1, len(markets)))
