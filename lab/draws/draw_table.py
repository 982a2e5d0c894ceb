"""The table of draws: one row a draw, with what was drawn and what came of it."""

from collections.abc import Mapping, Sequence

import polars as pl

from crashsim.engine.measure.comparison import numbers_of
from crashsim.engine.measure.metrics import Value
from crashsim.engine.record.tables import Column

DRAWS = "draws"

Cell = float | str | None

COLUMNS: tuple[Column, ...] = (
    Column("draw", pl.Int64(), "index", "number of the draw, from 1"),
    Column("seed", pl.Int64(), "", "of everything random in it"),
    Column("status", pl.String(), "", "done, or failed"),
    Column("reason", pl.String(), "", "why it failed, else null"),
)
RUN = Column("run", pl.String(), "", "name of the run, in the draws of a comparison")
# The columns of what differs from scenario to scenario, in words.
OTHERS: tuple[Column, ...] = (
    Column("<key>", pl.Float64(), "of the key", "each number that was drawn, by its dotted key"),
    Column("<metric>", pl.Float64(), "of the metric", "each metric with one number"),
    Column("<metric>", pl.String(), "UTC", "each metric that is a time"),
    Column(
        "<metric>.<name>",
        pl.Float64(),
        "of the metric",
        "each metric by market or absorber, a column for each of them",
    ),
)


def draw_cells(
    number: int, seed: int, values: Mapping[str, float], found: Mapping[str, Value] | str
) -> dict[str, Cell]:
    """One row by column; found: the metrics, or why there are none."""
    row: dict[str, Cell] = {"draw": number, "seed": seed, **values}
    if isinstance(found, str):
        return row | {"status": "failed", "reason": found}
    return row | {"status": "done"} | _cells(found)


def _cells(metrics: Mapping[str, Value]) -> dict[str, Cell]:
    return {
        f"{name}.{key}" if key else name: text if text is not None else value
        for name, metric in metrics.items()
        for key, value, text in numbers_of(metric)
    }


def frame_of(rows: Sequence[Mapping[str, Cell]], first: Sequence[Column] = ()) -> pl.DataFrame:
    """The rows as a table: `first` and COLUMNS, then the others as they come.

    A column is of text where any row has text in it; where none has anything it is of numbers.
    """
    types: dict[str, pl.DataType] = {column.name: column.dtype for column in (*first, *COLUMNS)}
    for row in rows:
        for name, cell in row.items():
            if name not in types or (isinstance(cell, str) and types[name] == pl.Float64()):
                types[name] = pl.String() if isinstance(cell, str) else pl.Float64()
    data = {name: [row.get(name) for row in rows] for name in types}
    return pl.DataFrame(data, schema=types, strict=False)
