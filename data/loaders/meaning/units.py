"""In which unit a column is, where its name alone does not say it."""

import polars as pl

from crashsim.data.loaders.meaning.column_names import plain
from crashsim.data.loaders.reading.rows import Rows
from crashsim.scenarios.errors import InputError

# What a venue writes beside `vol` where `vol` counts contracts.
_UNFINISHED = ("confirm", "confirmed", "is_closed", "is_final", "closed", "complete")
_SAYS_NO = ("0", "false", "f", "no")


def refuse_bare_volume(rows: Rows, used: dict[str, str]) -> None:
    """Refuse `vol` without a second volume: contracts on OKX, coins or dollars elsewhere."""
    bare = [name for name, ours in used.items() if ours == "volume" and plain(name) == "vol"]
    if bare and "volume_usd" not in used.values():
        raise InputError(
            f"{rows.path}: column '{bare[0]}' counts contracts at one venue, coins or dollars at "
            f"another; say which: --map {bare[0]}=volume (coins) or --map {bare[0]}=volume_usd"
        )


def is_row_number(rows: Rows, name: str) -> bool:
    """Whether a column only counts the rows, as pandas writes its index."""
    values = rows.frame[name].cast(pl.String, strict=False).str.strip_suffix(".0")
    counted = values.cast(pl.Int64, strict=False)
    if counted.null_count() or counted.is_empty():
        return False
    steps = counted.diff().drop_nulls()
    return bool((steps == 1).all()) and int(counted[0]) in (rows.first_row - 1, rows.first_row)


def finished(rows: Rows) -> tuple[Rows, tuple[str, ...]]:
    """The rows without candles that the file itself calls unfinished, and a note where any is."""
    name = next((each for each in rows.frame.columns if plain(each) in map(plain, _UNFINISHED)), "")
    if not name:
        return rows, ()
    text = rows.frame[name].cast(pl.String, strict=False).str.to_lowercase().str.strip_chars()
    open_rows = text.is_in(_SAYS_NO).fill_null(False)
    if not open_rows.any():
        return rows, ()
    note = f"{int(open_rows.sum())} unfinished candles ({name} says so) were left out"
    return Rows(rows.frame.filter(~open_rows), rows.path, rows.first_row), (note,)
