"""A check of prices as plain values, for JSON and for what is printed."""

from typing import Any

import polars as pl

from crashsim.data.clock import utc_text
from crashsim.lab.price_check.check_prices import PriceCheck


def content(check: PriceCheck) -> dict[str, Any]:
    """Everything in it: the tables as lists of rows, their times as text."""
    return {
        "from": utc_text(check.first_ms),
        "to": utc_text(check.end_ms),
        "kind": check.kind,
        "leave_one_out": check.leave_one_out,
        "total": check.total,
        "markets": check.markets.to_dicts(),
        "minutes": timed(check.minutes).to_dicts(),
        "bars": timed(check.bars).to_dicts(),
        "stated": check.stated,
        "fit": check.fit,
        "used": check.used,
        "notes": list(check.notes),
    }


def timed(table: pl.DataFrame) -> pl.DataFrame:
    """The table with its times as UTC text, in a column `time`."""
    texts = table["time_ms"].map_elements(utc_text, return_dtype=pl.String).alias("time")
    place = table.columns.index("time_ms")
    return table.drop("time_ms").insert_column(place, texts)
