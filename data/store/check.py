"""What is wrong with recorded rows: gaps, repeats, disorder, zero volume, outliers, coverage.

Nothing is repaired or filled. What counts as a finding:

- gap: bars that are missing between a market's first and last; for other regular series (funding,
  contexts) a distance over 1.5 times the usual one;
- repeat: a second row of one key (time and market; trade id); it is worse where the two differ;
- disorder: a row that is earlier than the one before it in its file;
- zero volume: a bar in which nothing was traded (not in mark and index bars);
- outlier: a price ten times above or below the median of the closes around it, or a bar whose high
  is not its largest price, or low not its smallest;
- coverage: where a window is asked for, rows that do not reach its start or end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from crashsim.data.store.datasets import MANY_MARKETS, Window
from crashsim.data.store.kinds import KINDS
from crashsim.scenarios.instruments.instrument import DOLLARS

_OUTLIER_FACTOR = 10.0
_AROUND = 11  # closes whose median a price is held against
_BARS = ("last", "mark", "index")
_REGULAR = ("funding", "contexts")
_AT_MS = pl.col("time").dt.epoch("ms")
_LATE = 1.5  # times the usual distance of two rows


@dataclass(frozen=True)
class MarketCheck:
    """What was found in the rows of one market of one kind. Counts of rows unless said otherwise.

    missing: bars, or samples, that are absent between first and last. longest_gap_s: the longest
    stretch without a row beyond the usual. late_start_s, early_end_s: seconds of the window asked
    for that the rows do not reach.
    """

    source: str
    kind: str
    interval_s: int | None
    market: str
    rows: int
    first_ms: int
    last_ms: int
    missing: int = 0
    longest_gap_s: float = 0.0
    repeated: int = 0
    contradicting: int = 0
    disordered: int = 0
    zero_volume: int = 0
    outliers: int = 0
    late_start_s: float = 0.0
    early_end_s: float = 0.0

    @property
    def findings(self) -> tuple[str, ...]:
        """One phrase a finding, none where the rows are clean."""
        gap = f"{self.missing} missing, longest gap {self.longest_gap_s:g} s"
        pairs = (
            (self.missing, gap),
            (self.contradicting, f"{self.contradicting} repeated with other values"),
            (self.repeated, f"{self.repeated} repeated"),
            (self.disordered, f"{self.disordered} out of order"),
            (self.zero_volume, f"{self.zero_volume} with zero volume"),
            (self.outliers, f"{self.outliers} outliers"),
            (self.late_start_s, f"starts {self.late_start_s:g} s late"),
            (self.early_end_s, f"ends {self.early_end_s:g} s early"),
        )
        return tuple(text for found, text in pairs if found)


def check_rows(
    frame: pl.DataFrame,
    source: str,
    kind: str,
    interval_s: int | None,
    window: Window | None = None,
) -> tuple[MarketCheck, ...]:
    """Check rows of one kind, in the order of their files; a line a market, sorted by market.

    frame: columns of `kinds.KINDS[kind]`. window: what the rows should cover, if that is known.
    """
    if "market" not in frame.columns or kind in ("events", "accounts", "positions"):
        return _whole(frame, source, kind)
    return tuple(
        _check_market(str(market), rows, source, kind, interval_s, window)
        for market, rows in _by_market(frame)
    )


def fund_notes(rows: pl.DataFrame, source: str, window: Window | None) -> tuple[str, ...]:
    """What each fund held in each currency at the window's start (without one, at the end).

    rows: of the kind `fund`. One that is known later only is told with the time of its first row.
    """
    ordered = rows.sort("market", "currency", "time")
    notes = []
    for (market, currency), own in ordered.group_by("market", "currency", maintain_order=True):
        early = own if window is None else own.filter(_AT_MS.le(window.start_ms))
        row = early.row(-1, named=True) if early.height else own.row(0, named=True)
        of = f"{source} {market}" if market != MANY_MARKETS else source
        held = f"{row['balance']:,.2f} {currency} at {row['time']:%Y-%m-%d %H:%M} UTC"
        start = f"; --set absorber.NAME.cash={row['balance']:.2f} starts an absorber with it"
        notes.append(f"fund of {of}: {held}{start if currency in DOLLARS else ''}")
    return tuple(notes)


def _by_market(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    parts = frame.partition_by("market", as_dict=True, maintain_order=True)
    for key in sorted(parts, key=str):
        yield key[0], parts[key]


def _whole(frame: pl.DataFrame, source: str, kind: str) -> tuple[MarketCheck, ...]:
    """Tables by account have no series to check but their keys."""
    if frame.is_empty():
        return ()
    times = frame["time"].dt.epoch("ms")
    repeated, contradicting = _repeats(frame, KINDS[kind].identity)
    first, last = _ends(times)
    line = MarketCheck(
        source=source,
        kind=kind,
        interval_s=None,
        market=MANY_MARKETS,
        rows=frame.height,
        first_ms=first,
        last_ms=last,
        repeated=repeated,
        contradicting=contradicting,
    )
    return (line,)


def _check_market(
    market: str,
    rows: pl.DataFrame,
    source: str,
    kind: str,
    interval_s: int | None,
    window: Window | None,
) -> MarketCheck:
    times = rows["time"].dt.epoch("ms")
    first, last = _ends(times)
    repeated, contradicting = _repeats(rows, KINDS[kind].identity)
    missing, longest_s = _gaps(times, kind, interval_s)
    is_bars = kind in _BARS
    late_s, early_s = _uncovered(first, last, interval_s, window)
    return MarketCheck(
        source=source,
        kind=kind,
        interval_s=interval_s,
        market=market,
        rows=rows.height,
        first_ms=first,
        last_ms=last,
        missing=missing,
        longest_gap_s=longest_s,
        repeated=repeated,
        contradicting=contradicting,
        disordered=int((times.diff() < 0).sum()),
        zero_volume=_zero_volume(rows) if kind == "last" else 0,
        outliers=_outliers(rows) if is_bars else 0,
        late_start_s=late_s,
        early_end_s=early_s,
    )


def _ends(times: pl.Series) -> tuple[int, int]:
    first, last = times.min(), times.max()
    assert isinstance(first, int) and isinstance(last, int)
    return first, last


def _repeats(rows: pl.DataFrame, identity: tuple[str, ...]) -> tuple[int, int]:
    """Rows that repeat an earlier one, and those that repeat its identity with other values."""
    if not identity:
        return 0, 0
    named = rows.drop_nulls(list(identity))
    if identity == ("account", "trade_id"):  # an account may trade with itself
        identity = ("account", "trade_id", "side", "block_index")
    same_key = named.height - named.n_unique(list(identity))
    same_row = named.height - named.n_unique()
    return min(same_key, same_row), max(0, same_key - same_row)


def _gaps(times: pl.Series, kind: str, interval_s: int | None) -> tuple[int, float]:
    """Missing rows between the first and the last, and the longest stretch without one, seconds."""
    apart = times.unique().sort().diff().drop_nulls()
    if apart.is_empty() or (kind not in _BARS and kind not in _REGULAR):
        return 0, 0.0
    usual = interval_s * 1000 if interval_s else apart.median()
    if not isinstance(usual, (int, float)) or usual <= 0:
        return 0, 0.0
    wide = apart.filter(apart > usual * _LATE)
    if wide.is_empty():
        return 0, 0.0
    absent = ((wide / usual).round() - 1).sum()
    longest = wide.max()
    return int(absent), (float(longest) - usual) / 1000 if isinstance(longest, int) else 0.0


def _zero_volume(rows: pl.DataFrame) -> int:
    volume = rows.select(pl.coalesce("volume_usd", "volume")).to_series()
    return int((volume == 0).sum())


def _outliers(rows: pl.DataFrame) -> int:
    close = pl.col("close")
    around = close.rolling_median(_AROUND, center=True, min_samples=1)
    prices = pl.col("open", "high", "low", "close")
    far = pl.any_horizontal(
        (prices > around * _OUTLIER_FACTOR) | (prices < around / _OUTLIER_FACTOR)
    )
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    crooked = (pl.col("high") < top) | (pl.col("low") > bottom)
    ordered = rows.sort("time", maintain_order=True)
    return int(ordered.select((far | crooked).sum()).item())


def _uncovered(
    first_ms: int, last_ms: int, interval_s: int | None, window: Window | None
) -> tuple[float, float]:
    if window is None:
        return 0.0, 0.0
    end_ms = last_ms + (interval_s or 0) * 1000
    return (
        max(0, first_ms - window.start_ms) / 1000,
        max(0, window.end_ms - end_ms) / 1000,
    )
