"""From the rows of one answer to a checked page: inside its window, each minute once."""

import math
from dataclasses import dataclass, fields

import polars as pl

from crashsim.data.errors import NetworkError
from crashsim.data.pull.client import Row
from crashsim.data.pull.windows import MINUTE_MS
from crashsim.data.store.datasets import Window

_SCHEMA = {"time_ms": pl.Int64()} | {column.name: pl.Float64() for column in fields(Row)[1:]}


@dataclass(frozen=True)
class Page:
    """Candles of one window, by minute; `duplicates` counts identical rows that were dropped."""

    rows: dict[int, Row]
    duplicates: int = 0

    def frame(self, market: str) -> pl.DataFrame:
        """Columns of a bar table, sorted by time."""
        ordered = [self.rows[time_ms] for time_ms in sorted(self.rows)]
        columns = {name: [getattr(row, name) for row in ordered] for name in _SCHEMA}
        frame = pl.DataFrame(columns, schema=_SCHEMA)
        return frame.select(
            pl.from_epoch("time_ms", time_unit="ms").dt.replace_time_zone("UTC").alias("time"),
            pl.lit(market).alias("market"),
            pl.exclude("time_ms"),
        )


def add(page: Page, sent: list[Row], window: Window, where: str) -> Page:
    """The page with the rows of one more answer: clipped to [start, end), identical rows once.

    A row without prices counts as absent. Raises NetworkError for two different candles of one
    minute, a time that is not a whole minute, or a price that is not one.
    """
    rows, duplicates = dict(page.rows), page.duplicates
    for row in sent:
        if not window.start_ms <= row.time_ms < window.end_ms or row.close is None:
            continue
        _check(row, where)
        if rows.setdefault(row.time_ms, row) is not row:
            if rows[row.time_ms] != row:
                raise NetworkError(
                    f"{where}: two different candles for {_shown(row.time_ms)}; nothing of this"
                    " page was kept"
                )
            duplicates += 1
    return Page(rows, duplicates)


def _check(row: Row, where: str) -> None:
    prices = (row.open, row.high, row.low, row.close)
    if row.time_ms % MINUTE_MS:
        raise NetworkError(f"{where}: a 1-minute candle at {_shown(row.time_ms)}, inside a minute")
    if any(price is None or not math.isfinite(price) or price <= 0 for price in prices):
        raise NetworkError(f"{where}: a candle at {_shown(row.time_ms)} with the prices {prices}")


def _shown(time_ms: int) -> str:
    return str(pl.Series([time_ms]).cast(pl.Datetime("ms"))[0])
