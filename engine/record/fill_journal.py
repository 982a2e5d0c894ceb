"""The journal of auto-deleveraging fills as one frame."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from crashsim.engine.record.events import AdlFill, AdlFillBlock, AdlFills
from crashsim.engine.record.journal import frame_of


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
    schema = frame_of([], AdlFill).schema
    if not blocks:
        return pl.DataFrame(schema=schema)
    counts = [block.qty.size for block in blocks]
    columns = {name: _column(name, blocks, counts) for name in schema}
    return pl.DataFrame(columns, schema=schema)


def _column(name: str, blocks: Sequence[AdlFillBlock], counts: Sequence[int]) -> np.ndarray:
    """One field of AdlFill, of all fills of these blocks."""
    values = [getattr(block, name, -1) for block in blocks]  # a block has no winner_absorber
    if isinstance(values[0], np.ndarray):
        return np.concatenate(values)
    return np.repeat(values, counts)
