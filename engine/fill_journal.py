"""The journal of auto-deleveraging fills as one frame."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from crashsim.engine.events import AdlFill, AdlFillBlock, AdlFills
from crashsim.engine.journal import frame_of


def fills_frame(fills: AdlFills) -> pl.DataFrame:
    """All fills in the order they came, with the fields of AdlFill as columns."""
    frames = []
    blocks: list[AdlFillBlock] = []
    for part in fills.parts:
        if isinstance(part, AdlFillBlock):
            blocks.append(part)
            continue
        frames += [_frame_of_blocks(blocks), frame_of(part, AdlFill)]
        blocks = []
    return pl.concat([*frames, _frame_of_blocks(blocks)])


def _frame_of_blocks(blocks: Sequence[AdlFillBlock]) -> pl.DataFrame:
    empty = frame_of([], AdlFill)
    if not blocks:
        return empty
    counts = [block.qty.size for block in blocks]
    bounds = np.cumsum([0, *counts])
    columns = {
        name: np.empty(bounds[-1], dtype=_numpy(dtype)) for name, dtype in empty.schema.items()
    }
    for block, (first, end) in zip(blocks, pairwise(bounds.tolist()), strict=True):
        for name, column in columns.items():
            column[first:end] = getattr(block, name, -1)  # winner_absorber: never in a block
    return pl.DataFrame(columns, schema=empty.schema)


def _numpy(dtype: pl.DataType) -> type[np.int64] | type[np.float64]:
    return np.int64 if dtype == pl.Int64 else np.float64
