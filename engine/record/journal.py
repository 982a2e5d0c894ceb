"""The journal's rows as Polars frames, with indices turned into names and times."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from crashsim.data.schema import TIME, Tape
from crashsim.engine.arrays import Indices
from crashsim.engine.record.tables import polars_schema
from crashsim.engine.run import Run
from crashsim.engine.state.shape import CROSS

_TYPES = {int: pl.Int64(), float: pl.Float64(), str: pl.String()}


def frame_of(rows: Sequence[NamedTuple], kind: type[Any]) -> pl.DataFrame:
    """Journal rows of one kind as a frame with the kind's fields as columns."""
    schema = {name: _TYPES[typed] for name, typed in kind.__annotations__.items()}
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.DataFrame(
        [
            pl.Series(name, column, dtype=dtype)
            for (name, dtype), column in zip(schema.items(), columns, strict=True)
        ]
    )


class Names:
    """What the indices of a journal stand for. An index of -1 stands for nothing: null."""

    def __init__(self, run: Run, tape: Tape) -> None:
        self._state = run.state
        self._tape = tape
        self._markets = _with_null(tape.markets)
        self._absorbers = _with_null([a.rules.name for a in run.state.absorbers])
        self._times = pl.Series(tape.time_ms).cast(TIME)

    @cached_property
    def _accounts(self) -> pl.Series:
        return _with_null(self._state.accounts)

    def account(self, index: pl.Series) -> pl.Series:
        """Account ids."""
        return _gather(self._accounts, index)

    def holder(self, row: pl.Series) -> pl.Series:
        """Account ids of position rows."""
        rows = row.to_numpy()
        account = self._state.unit_account[self._state.row_unit[rows]]
        return self.account(pl.Series(np.where(rows < 0, -1, account)))

    def market(self, index: pl.Series) -> pl.Series:
        """Market names."""
        return _gather(self._markets, index)

    def absorber(self, index: pl.Series) -> pl.Series:
        """Absorber names."""
        return _gather(self._absorbers, index)

    def mode(self, row: pl.Series) -> pl.Series:
        """Margin modes of position rows."""
        rows = row.to_numpy()
        return self.unit_mode(np.where(rows < 0, -1, self._state.row_unit[rows]))

    def unit_mode(self, unit: Indices) -> pl.Series:
        """Margin modes of units."""
        isolated = self._state.unit_market[unit] != CROSS
        return _gather(_MODES, pl.Series(np.where(unit < 0, -1, isolated)))

    def time(self, step: pl.Series) -> pl.Series:
        """Times of steps."""
        return self._times.gather(step)

    def mark(self, step: pl.Series, market: pl.Series) -> pl.Series:
        """Marks at steps and markets."""
        return pl.Series(self._tape.mark[step.to_numpy(), market.to_numpy()], dtype=pl.Float64)


def _with_null(values: Sequence[str] | pl.Series) -> pl.Series:
    return pl.Series(values, dtype=pl.String).extend_constant(None, 1)


_MODES = _with_null(["cross", "isolated"])


def _gather(names: pl.Series, index: pl.Series) -> pl.Series:
    places = index.to_numpy()
    return names.gather(np.where(places < 0, names.len() - 1, places))


def fit(table: str, columns: dict[str, pl.Series]) -> pl.DataFrame:
    """The columns of one run table, in its order and types."""
    return pl.DataFrame(
        [columns[name].cast(dtype).alias(name) for name, dtype in polars_schema(table).items()]
    )


def plain_table(
    table: str, rows: Sequence[NamedTuple], kind: type[Any], names: Names
) -> pl.DataFrame:
    """A run table whose columns are the journal's fields, with names in the place of indices."""
    return fit(table, named_columns(frame_of(rows, kind), names))


def named_columns(raw: pl.DataFrame, names: Names) -> dict[str, pl.Series]:
    """The columns of journal rows with names in the place of indices, and their time."""
    meant = {
        "account": names.account,
        "market": names.market,
        "asset": names.market,
        "absorber": names.absorber,
    }
    columns = {name: raw[name] for name in raw.columns}
    for name in columns.keys() & meant.keys():
        columns[name] = meant[name](raw[name])
    columns["time"] = columns["time_ms"] if "time_ms" in columns else names.time(raw["step"])
    return columns
