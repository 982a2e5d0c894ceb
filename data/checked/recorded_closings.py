"""Recorded liquidations and auto-deleveraging by market and minute."""

from collections.abc import Iterable, Mapping

import polars as pl
from polars.dataframe.group_by import GroupBy

from crashsim.data.schema import TIME

CLOSING_KINDS = ("liquidations", "adl", "fills")
ALL_MARKETS = "all markets"
CLOSING_COLUMNS: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "kind": pl.String(),
    "market": pl.String(),
    "time": TIME,
    "count": pl.Int64(),
    "notional_usd": pl.Float64(),
}
_KEYS = ("source", "kind", "market", "time")


def _grouped(frame: pl.DataFrame, *keys: str) -> GroupBy:
    # Of an unsorted frame Polars adds by thread, which changes a sum's last digits.
    return frame.sort(keys, maintain_order=True).group_by(keys, maintain_order=True)


def closings_by_minute(rows: pl.DataFrame, source: str, kind: str) -> pl.DataFrame:
    """CLOSING_COLUMNS of rows of a kind of CLOSING_KINDS: how many began in a minute, and USD.

    time: the start of the minute. notional_usd: size times price; of a liquidation order the size
    that was filled and its average price, where the record has them. Of fills those that were
    liquidated, one leg a trade, and the legs of winners that were deleveraged.
    """
    if kind != "fills":
        return _counted(rows, source, kind)
    is_adl = (pl.col("direction") == "Auto-Deleveraging").fill_null(False)
    is_loser = (pl.col("account") == pl.col("liquidated_account")).fill_null(False)
    named = pl.col("trade_id").fill_null(0) > 0
    # First those few that matter: a record has millions of fills.
    once = rows.filter(is_adl | is_loser).filter(
        ~named | pl.struct("account", "trade_id", "side").is_first_distinct()
    )
    of_adl = pl.when(named).then(is_adl.any().over("market", "trade_id")).otherwise(is_adl)
    liquidated, deleveraged = once.filter(is_loser & ~of_adl), once.filter(is_adl & ~is_loser)
    return pl.concat(
        [_counted(deleveraged, source, "adl"), _counted(liquidated, source, "liquidations")]
    )


def _counted(rows: pl.DataFrame, source: str, kind: str) -> pl.DataFrame:
    price, size = pl.col("price"), pl.col("size")
    if "filled_size" in rows.columns:
        average = pl.col("average_price")
        price = pl.when(average > 0).then(average).otherwise(price)
        size = pl.coalesce("filled_size", "size")
    named = rows.with_columns(
        source=pl.lit(source),
        kind=pl.lit(kind),
        time=pl.col("time").dt.truncate("1m"),
        notional_usd=size * price,
    )
    counted = _grouped(named, *_KEYS).agg(
        count=pl.len().cast(pl.Int64), notional_usd=pl.col("notional_usd").sum()
    )
    return counted.select(CLOSING_COLUMNS.keys())


def joined_closings(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All of several frames of CLOSING_COLUMNS."""
    return pl.concat([pl.DataFrame(schema=dict(CLOSING_COLUMNS)), *parts])


def with_totals(closings: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """The rows, then all markets together, by minute; and each over all time, where time is null.

    keys: the columns beside market and time that rows are told apart by; all others are summed.
    """
    sums = pl.exclude(*keys, "market", "time").sum()
    together = closings.with_columns(market=pl.lit(ALL_MARKETS))
    by_minute = _grouped(together, *keys, "market", "time").agg(sums)
    minutes = pl.concat([closings, by_minute.select(closings.columns)])
    over_time = minutes.with_columns(time=pl.lit(None, TIME))
    totals = _grouped(over_time, *keys, "market", "time").agg(sums)
    is_all = pl.col("market") == ALL_MARKETS
    return pl.concat([minutes, totals.select(closings.columns)]).sort(
        *keys, is_all, "market", "time", nulls_last=True
    )
