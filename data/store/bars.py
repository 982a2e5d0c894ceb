"""Price bars of a scenario out of the store: `[prices] source = "store:binance"`."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.store.datasets import MANY_MARKETS, Window
from crashsim.data.store.derived import bars_of_fills, bars_of_samples, bars_of_trades
from crashsim.data.store.kinds import INTERVAL, PRICE_KINDS
from crashsim.data.store.marks import marks_by_second
from crashsim.data.store.store import Store, open_store
from crashsim.scenarios.errors import InputError

BAR_COLUMNS: tuple[str, ...] = (
    "time",
    "market",
    "open",
    "high",
    "low",
    "close",
    "volume_usd",
    "price_kind",
)
BAR_COLUMNS += (INTERVAL, "is_recorded")
_ALL_TIME_MS = (0, 2**52)
_SAMPLE_REACH_MS = 60_000  # a mark is sampled once a minute: the one before the start counts


@dataclass(frozen=True)
class _Series:
    """Bars of one kind and length, of all markets that have them.

    measured: for bars made of trades, when trading is known: a bar without a trade has volume 0.
    """

    kind: str
    interval_s: int
    frame: pl.DataFrame
    measured: Window | None = None


def bars_from_store(
    source: str,
    markets: tuple[str, ...] | None,
    start_ms: int,
    end_ms: int,
    store: Store | None = None,
) -> pl.DataFrame:
    """Bars that overlap [start_ms, end_ms] of the named markets (None: all), BAR_COLUMNS.

    source: a source of the store (`binance`), or one of its kinds (`binance/last`). Each market is
    served by one series: one that covers the window before one that does not, then mark before last
    before index, then the shorter bar. volume_usd is the quote volume, base volume times close
    where only that is known, and for mark and index bars the volume of the last-price bars of the
    same source (0 in a bar without a trade); null where none is known. Nothing is filled in
    between. A source without candles is served by bars of one second made of its trades, its fills
    (book trades only) or its marks; is_recorded says which seconds of the last had a mark of their
    own, and is null for all other bars.

    Raises InputError where the store has nothing of the source, or nothing of a named market in
    the window.
    """
    name, _, wanted_kind = source.partition("/")
    store = store or open_store()
    kinds = (wanted_kind,) if wanted_kind else PRICE_KINDS
    known = _all_series(store, name, (*kinds, "last"), start_ms, end_ms)
    series = [each for each in known if each.kind in kinds]
    found = sorted({m for each in series for m in each.frame["market"].unique()})
    _refuse_absent(store, source, markets, found)
    volumes = [each for each in known if each.kind == "last"]
    parts = [
        _with_volume(_best(series, market, start_ms, end_ms), market, volumes)
        for market in (found if markets is None else markets)
    ]
    whole = pl.concat(parts, how="diagonal").sort("market", "time")
    if "is_recorded" not in whole.columns:
        whole = whole.with_columns(is_recorded=pl.lit(None, pl.Boolean))
    return whole.select(BAR_COLUMNS)


def _all_series(
    store: Store, source: str, kinds: tuple[str, ...], start_ms: int, end_ms: int
) -> list[_Series]:
    datasets = [info.dataset for info in store.datasets() if info.dataset.source == source]
    lengths = {(d.kind, d.interval_s) for d in datasets if d.kind in kinds}
    series = []
    for kind, length in sorted((k, n) for k, n in lengths if n is not None):
        # The bar that is open at the start belongs to the window.
        first_ms = start_ms - start_ms % (length * 1000)
        frame = store.read(source, MANY_MARKETS, kind, first_ms, end_ms + 1, length)
        series.append(_Series(kind, length, frame))
    from_ms = start_ms - start_ms % _SAMPLE_REACH_MS
    series += _traded_series(store, source, kinds, from_ms, end_ms)
    by_second = [each.frame for each in series if each.kind == "last" and each.interval_s == 1]
    # The path to the first mark after the window is part of the window.
    beyond = _traded_series(store, source, kinds, end_ms + 1, end_ms + _SAMPLE_REACH_MS)
    made = [each.frame for each in (*series, *beyond) if each.measured] or by_second[-1:]
    trades = pl.concat(made) if made else pl.DataFrame()
    marked = _marked_series(store, source, kinds, trades, Window(from_ms, end_ms + 1))
    return [each for each in (*series, *marked) if each.frame.height]


def _traded_series(
    store: Store, source: str, kinds: tuple[str, ...], from_ms: int, end_ms: int
) -> list[_Series]:
    """Bars of the trades and fills that the source has."""
    series = []
    for kind, bars_of in (("trades", bars_of_trades), ("fills", bars_of_fills)):
        measured = _measured(store, source, kind)
        if measured and "last" in kinds:
            if kind == "fills" and _is_of_one_account(store, source):
                continue
            frame = bars_of(store.scan(source, MANY_MARKETS, kind, from_ms, end_ms + 1))
            series.append(_Series("last", 1, frame, measured))
    return [each for each in series if each.frame.height]


def _is_of_one_account(store: Store, source: str) -> bool:
    """Whether one account made all fills, which are no tape; refused if there is no other."""
    account = pl.col("account")
    fills = store.scan(source, MANY_MARKETS, "fills", *_ALL_TIME_MS)
    one, other = fills.select(account.first(), other=(account != account.first()).any()).collect()
    if one.null_count() or other.item():
        return False
    held = {info.dataset.kind for info in store.datasets() if info.dataset.source == source}
    if held <= {"fills"}:
        raise InputError(
            f"store:{source}: all its fills are of one account ({one.item()}), which is not what "
            "the market traded; bring the market's own trades or candles"
        )
    return True


def _measured(store: Store, source: str, kind: str) -> Window | None:
    """From the first to the last row of a kind, and what a quiet market may lack of a minute."""
    infos = [i for i in store.datasets() if (i.dataset.source, i.dataset.kind) == (source, kind)]
    firsts = [info.first_ms for info in infos if info.first_ms is not None]
    lasts = [info.last_ms for info in infos if info.last_ms is not None]
    if not firsts:
        return None
    return Window(min(firsts) - _SAMPLE_REACH_MS, max(lasts) + _SAMPLE_REACH_MS)


def _marked_series(
    store: Store, source: str, kinds: tuple[str, ...], trades: pl.DataFrame, window: Window
) -> list[_Series]:
    """Bars of recorded marks and index prices; with bars of trades, of the marks between too."""
    held = {info.dataset.kind for info in store.datasets() if info.dataset.source == source}

    def scan(kind: str, beyond_ms: int = 0) -> pl.LazyFrame:
        end_ms = window.end_ms + beyond_ms
        return store.scan(source, MANY_MARKETS, kind, window.start_ms, end_ms)

    made: list[tuple[str, pl.DataFrame]] = []
    if "mark" in kinds and trades.height:
        samples, fills = (scan(kind, _SAMPLE_REACH_MS) for kind in ("contexts", "fills"))
        marks = marks_by_second(samples, fills, trades)
        made.append(("mark", marks.filter(pl.col("time").dt.epoch("ms") < window.end_ms)))
    elif "mark" in kinds and "contexts" in held:
        made.append(("mark", bars_of_samples(scan("contexts"), "mark")))
    if "index" in kinds and "contexts" in held:
        made.append(("index", bars_of_samples(scan("contexts"), "index")))
    return [_Series(kind, _spacing_s(frame), frame) for kind, frame in made if frame.height]


def _spacing_s(frame: pl.DataFrame) -> int:
    """The most frequent distance of two samples of a market; 1 s where no market has two."""
    gaps = frame.select(pl.col("time").dt.epoch("s").diff().over("market")).to_series()
    usual = gaps.drop_nulls().mode().min()
    return max(1, usual) if isinstance(usual, int) else 1


def _best(series: list[_Series], market: str, start_ms: int, end_ms: int) -> _Series:
    candidates = [
        _Series(each.kind, each.interval_s, each.frame.filter(pl.col("market") == market))
        for each in series
    ]

    def rank(each: _Series) -> tuple[bool, int, int, int]:
        times = each.frame["time"].dt.epoch("ms").to_list()
        step_ms = each.interval_s * 1000
        covers = times[0] <= start_ms and times[-1] + step_ms >= end_ms
        span_ms = 0 if covers else times[-1] - times[0] + step_ms
        preference = PRICE_KINDS.index(each.kind) if each.kind in PRICE_KINDS else 0
        return (not covers, -span_ms, preference, each.interval_s)

    return min((each for each in candidates if each.frame.height), key=rank)


def _with_volume(best: _Series, market: str, volumes: list[_Series]) -> pl.DataFrame:
    own = _quote_volume(best.frame)
    more = [name for name in ("is_recorded",) if name in best.frame.columns]
    bars = best.frame.select("time", "market", "open", "high", "low", "close", *more)
    bars = bars.with_columns(
        own.alias("volume_usd"),
        pl.lit(best.kind).alias("price_kind"),
        pl.lit(best.interval_s, pl.Int64).alias(INTERVAL),
    )
    if best.kind == "last":
        return bars
    bars = bars.with_columns(pl.lit(None, pl.Float64()).alias("volume_usd"))
    for each in sorted(volumes, key=lambda v: v.interval_s, reverse=True):
        rows = each.frame.filter(pl.col("market") == market)
        if rows.height and best.interval_s % each.interval_s == 0:
            traded = _traded_usd(rows, best.interval_s)
            joined = bars.drop("volume_usd").join(traded, on="time", how="left")
            measured = each.measured or _extent(rows, each.interval_s)
            return joined.with_columns(_zero_inside(measured)).select(bars.columns)
    return bars


def _traded_usd(rows: pl.DataFrame, interval_s: int) -> pl.DataFrame:
    """Volume of one market's last-price bars per longer bar of `interval_s`."""
    usd = rows.select(pl.col("time").dt.truncate(f"{interval_s}s"), _quote_volume(rows))
    known = pl.col("volume_usd").is_not_null().any()
    total = pl.when(known).then(pl.col("volume_usd").sum())
    return (
        usd.sort("time", maintain_order=True)
        .group_by("time", maintain_order=True)
        .agg(total.alias("volume_usd"), has_candle=pl.lit(True))
    )


def _extent(rows: pl.DataFrame, interval_s: int) -> Window:
    """From the first candle to the end of the last: a venue has none where nobody traded."""
    times = rows["time"].dt.epoch("ms")
    return Window(int(times[0]), int(times[-1]) + interval_s * 1000 - 1)


def _zero_inside(measured: Window) -> pl.Expr:
    """The volume, 0 where it was measured and there is no candle; a candle's own may be unknown."""
    volume = pl.col("volume_usd")
    inside = pl.col("time").dt.epoch("ms").is_between(measured.start_ms, measured.end_ms)
    quiet = inside & pl.col("has_candle").is_null()
    return pl.when(quiet).then(0.0).otherwise(volume).alias("volume_usd")


def _quote_volume(frame: pl.DataFrame) -> pl.Series:
    usd = pl.coalesce("volume_usd", pl.col("volume") * pl.col("close"))
    return frame.select(usd.alias("volume_usd")).to_series()


def _refuse_absent(
    store: Store, source: str, markets: tuple[str, ...] | None, found: list[str]
) -> None:
    absent = [market for market in markets or () if market not in found]
    if found and not absent:
        return
    known = sorted({info.dataset.source for info in store.datasets()})
    what = f"prices of {', '.join(absent)}" if absent and found else "prices"
    raise InputError(
        f'[prices] source = "store:{source}": the store has no {what} in the scenario\'s window'
        f" (sources in the store: {', '.join(known) or 'none'}); `crashsim data ls` shows what it"
        " has, `crashsim data pull` and `crashsim data import` bring more"
    )
