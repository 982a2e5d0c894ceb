"""What a report shows of one run or of several: pure functions of the tables of a run folder."""

from collections.abc import Mapping

import polars as pl

Frame = pl.DataFrame  # what a reading gives
Tables = Mapping[str, pl.DataFrame]  # the tables of `engine.record.tables.TABLES` by name

__all__ = ["Frame", "Tables"]
