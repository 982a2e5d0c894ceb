"""What a report shows of one run or of several: pure functions of the tables of a run folder."""

from collections.abc import Mapping

import polars as pl

Tables = Mapping[str, pl.DataFrame]  # the tables of `engine.tables.TABLES` by name

__all__ = ["Tables"]
