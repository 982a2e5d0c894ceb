"""Array types, and the ways in which sums are taken by group."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSequence, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.dataframe.group_by import GroupBy

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]
Made = TypeVar("Made")


def sum_by(group: NDArray[np.integer], values: NDArray[np.generic], groups: int) -> Floats:
    """Sums of values by group, shape (groups,), each added in the order of the rows.

    The fixed order makes a group's sum the same bits whatever other groups are present.
    """
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64, copy=False)


def rows_by(frame: pl.DataFrame, *keys: str) -> GroupBy:
    """The frame in groups, ascending, the rows of a group in the order they had.

    Polars adds the rows of an unsorted frame by thread, which changes a float sum's last digits.
    """
    return frame.sort(keys, maintain_order=True).group_by(keys, maintain_order=True)


def index_in(column: str, names: Sequence[str] | pl.Series) -> pl.Expr:
    """The place of each value of a column among these names, Int64; null where it is none."""
    places = list(range(len(names)))
    return pl.col(column).replace_strict(
        pl.Series(values=names, dtype=pl.String), places, default=None, return_dtype=pl.Int64
    )


def first_places(key: Floats, count: int) -> Indices:
    """The places of at least the `count` smallest keys (n,), ascending; equal keys in row order.

    All that equal the last of them are among these, so those of a larger count begin with them.
    """
    if count >= key.size:
        return np.argsort(key, kind="stable")
    found = np.flatnonzero(key <= np.partition(key, count - 1)[count - 1])
    return found[np.argsort(key[found], kind="stable")]


def name_order(names: pl.Series) -> Indices:
    """What sorts these names by code point, (n,); equal ones in row order."""
    if names.is_sorted():
        return np.arange(len(names), dtype=np.intp)
    frame = pl.DataFrame({"name": names}).with_row_index("row")
    return frame.sort("name", maintain_order=True)["row"].to_numpy().astype(np.intp)


def dot(left: Floats, right: Floats) -> float:
    """Sum of products, without BLAS: its threads and kernels would make the bits machine-bound."""
    return float((left * right).sum())


def scalars(values: NDArray[Any]) -> MutableSequence[Any]:
    """The array itself, read and written one element at a time as a Python number.

    A memory view does that in half the time of an array, and takes no memory as a list would.
    """
    return cast("MutableSequence[Any]", values.data)


def read_only(values: Floats) -> Floats:
    """The same numbers, which whoever is given them cannot change."""
    view = values.view()
    view.flags.writeable = False
    return view


def plain_sum(values: Iterable[float]) -> float:
    """Sum in the order given. The builtin compensates from Python 3.12 on: other bits."""
    total = 0.0
    for value in values:
        total += value
    return total


class Lazily(Mapping[str, Made]):
    """What is made when it is first read, by name, and then kept.

    A maker is given this mapping, to read others by name; so no maker has to hold it, and all is
    freed without a search for cycles. A maker that has served is let go, with all that it holds.
    """

    def __init__(self, makers: Mapping[str, Callable[["Lazily[Made]"], Made]]) -> None:
        self._names = tuple(makers)
        self._makers = dict(makers)
        self._made: dict[str, Made] = {}

    def __getitem__(self, name: str) -> Made:
        if name in self._makers:
            self._made[name] = self._makers[name](self)
            del self._makers[name]
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
