"""How far accounts stood from liquidation before and after."""

import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.readings import Tables
from crashsim.engine.readings.people import band_of

# Upper ends of the bands, as fractions of notional; the last band is open.
BAND_ENDS_FRAC = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
BANDS = (
    "below maintenance",
    "0 to 1%",
    "1 to 2%",
    "2 to 5%",
    "5 to 10%",
    "10 to 20%",
    "20 to 50%",
    "over 50%",
)
CLOSED = "no position left"


def distance(tables: Tables) -> pl.DataFrame:
    """band, before, after, before_usd, after_usd: units, and their notional, by distance.

    The distance of a unit is (equity - maintenance margin) / notional: the adverse move of all its
    positions, as a fraction, that brings it to its maintenance margin at the present rates. Units
    with a position before the first step are counted; in `after` those who have none left stand
    under CLOSED.
    """
    held = tables["units"].filter(pl.col("notional_start_usd") > 0)
    before = _counted(held, "start").rename({"units": "before", "usd": "before_usd"})
    after = _counted(held, "end").rename({"units": "after", "usd": "after_usd"})
    every = pl.DataFrame({"band": [*BANDS, CLOSED]}, schema={"band": _KIND})
    return every.join(before, on="band", how="left").join(after, on="band", how="left").fill_null(0)


_KIND = pl.Enum([*BANDS, CLOSED])


def _counted(units: pl.DataFrame, when: str) -> pl.DataFrame:
    notional = pl.col(f"notional_{when}_usd")
    left = (pl.col(f"equity_{when}_usd") - pl.col(f"mm_{when}_usd")) / notional
    found = band_of(left, BAND_ENDS_FRAC, BANDS)
    band = pl.when(notional > 0).then(found).otherwise(pl.lit(CLOSED)).cast(_KIND)
    return rows_by(units.with_columns(band=band), "band").agg(
        units=pl.len().cast(pl.Int64), usd=notional.sum()
    )
