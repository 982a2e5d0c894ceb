"""Binance USD-M metrics: open interest and long/short ratios every five minutes.

Sample:

    2025-10-10 21:15:00,ABCUSDT,1000.0,9800.0,1.10,1.20,0.90,0.70

Rows are not sorted, cells may be empty, one row may fall on the next midnight. Sources disagree
whether the stamp is the start or the end of its interval: it is kept as it is.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample

_RATIOS = {
    "count_toptrader_long_short_ratio": "toptrader_account_ratio",
    "sum_toptrader_long_short_ratio": "toptrader_position_ratio",
    "count_long_short_ratio": "account_ratio",
    "sum_taker_long_short_vol_ratio": "taker_volume_ratio",
}


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names[:3] == ("create_time", "symbol", "sum_open_interest")


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Metrics as they are stamped, sorted by nobody."""
    for rows in csv_rows(blob):
        ratios = [rows.number(name, True).alias(ours) for name, ours in _RATIOS.items()]
        frame = pl.DataFrame(
            [
                rows.time("create_time", options).alias("time"),
                rows.text("symbol").alias("market"),
                rows.not_negative("sum_open_interest", True).alias("open_interest"),
                rows.not_negative("sum_open_interest_value", True).alias("open_interest_usd"),
                *ratios,
            ]
        )
        yield Batch("metrics", frame)


FORMAT = Format("binance-um-metrics", "binance", sniff, read)
