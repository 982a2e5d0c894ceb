"""Price bars of a scenario out of the store: `[prices] source = "store:binance"`."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.store.datasets import MANY_MARKETS
from crashsim.data.store.derived import bars_of_fills, bars_of_samples, bars_of_trades
from crashsim.data.store.kinds import PRICE_KINDS
from crashsim.data.store.store import Store, open_store
from crashsim.scenarios.errors import InputError

BAR_COLUMNS = ("time", "market", "open", "high", "low", "close", "volume_usd", "price_kind")
_SAMPLE_REACH_MS = 60_000  # a mark is sampled once a minute: the one before the start counts


@dataclass(frozen=True)
class _Series:
    """Bars of one kind and length, of all markets that have them."""

    kind: str
    interval_s: int
    frame: pl.DataFrame


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
    same source; null where none is known. Nothing is filled in between. A source without candles is
    served by bars of one second made of its trades, its fills (book trades only) or its marks.

    Raises InputError where the store has nothing of the source, or nothing of a named market in
    the window.
    """
    name, _, wanted_kind = source.partition("/")
    store = store or open_store()
    kinds = (wanted_kind,) if wanted_kind else PRICE_KINDS
    series = _all_series(store, name, kinds, start_ms, end_ms)
    found = sorted({m for each in series for m in each.frame["market"].unique()})
    _refuse_absent(store, source, markets, found)
    volumes = _all_series(store, name, ("last",), start_ms, end_ms)
    parts = [
        _with_volume(_best(series, market, start_ms, end_ms), market, volumes)
        for market in (found if markets is None else markets)
    ]
    return pl.concat(parts).sort("market", "time").select(BAR_COLUMNS)


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
    return series + _made_series(store, source, kinds, start_ms, end_ms)


def _made_series(
    store: Store, source: str, kinds: tuple[str, ...], start_ms: int, end_ms: int
) -> list[_Series]:
    """Bars of what the source has besides bars: trades, fills and samples of its marks."""
    held = {info.dataset.kind for info in store.datasets() if info.dataset.source == source}
    from_ms = start_ms - start_ms % _SAMPLE_REACH_MS

    def scan(kind: str) -> pl.LazyFrame:
        return store.scan(source, MANY_MARKETS, kind, from_ms, end_ms + 1)

    made: list[tuple[str, pl.DataFrame]] = []
    if "trades" in held and "last" in kinds:
        made.append(("last", bars_of_trades(scan("trades"))))
    if "fills" in held and "last" in kinds:
        made.append(("last", bars_of_fills(scan("fills"))))
    if "contexts" in held:
        samples = ((k, bars_of_samples(scan("contexts"), k)) for k in ("mark", "index"))
        made += [(kind, frame) for kind, frame in samples if kind in kinds]
    return [_Series(kind, _spacing_s(frame), frame) for kind, frame in made if frame.height]


def _spacing_s(frame: pl.DataFrame) -> int:
    """Smallest distance of two bars of one market; 1 s where none has two."""
    gaps = frame.select(pl.col("time").dt.epoch("ms").diff().over("market")).to_series()
    shortest = gaps.drop_nulls().min()
    return max(1, shortest // 1000) if isinstance(shortest, int) else 1


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
    bars = best.frame.select("time", "market", "open", "high", "low", "close")
    bars = bars.with_columns(own.alias("volume_usd"), pl.lit(best.kind).alias("price_kind"))
    if best.kind == "last":
        return bars
    traded = _traded_usd(market, volumes, best.interval_s)
    if traded is None:
        return bars.with_columns(pl.lit(None, pl.Float64()).alias("volume_usd"))
    joined = bars.drop("volume_usd").join(traded, on="time", how="left")
    return joined.select(bars.columns)


def _traded_usd(market: str, volumes: list[_Series], interval_s: int) -> pl.DataFrame | None:
    """Volume of the market per bar of `interval_s`, from last-price bars that divide it."""
    for each in sorted(volumes, key=lambda v: v.interval_s, reverse=True):
        rows = each.frame.filter(pl.col("market") == market)
        if rows.is_empty() or interval_s % each.interval_s:
            continue
        usd = rows.select(pl.col("time").dt.truncate(f"{interval_s}s"), _quote_volume(rows))
        known = pl.col("volume_usd").is_not_null().any()
        total = pl.when(known).then(pl.col("volume_usd").sum())
        return (
            usd.sort("time", maintain_order=True)
            .group_by("time", maintain_order=True)
            .agg(total.alias("volume_usd"))
        )
    return None


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
