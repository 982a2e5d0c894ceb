"""In which unit a column is, where its name alone does not say it."""

from dataclasses import replace

import polars as pl

from crashsim.data.loaders.format import Batch
from crashsim.data.loaders.meaning.column_names import plain
from crashsim.data.loaders.reading.rows import Rows
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.market_names import readings, venue_of

_OFF_BY = 2.0  # no bar's average price is so far from its close in the median
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


def one_unit(bars: pl.DataFrame, path: str, chosen: set[str]) -> pl.DataFrame:
    """Bars whose volume_usd is their volume times a price; else the one of the two that is chosen.

    bars: close, and volume and volume_usd where they are given. chosen: of ours, named with
    `--map`. Raises InputError where the two differ in unit (contracts, coins) and neither is.
    """
    pair = {"volume", "volume_usd"}
    if not pair <= set(bars.columns) or pair <= chosen:
        return bars
    times = pl.col("volume_usd") / pl.col("volume") / pl.col("close")
    off = bars.filter(pl.col("volume") > 0, pl.col("volume_usd") > 0).select(times.median()).item()
    if off is None or 1 / _OFF_BY < off < _OFF_BY:
        return bars
    if chosen & pair:
        return bars.drop(*(pair - chosen))
    raise InputError(
        f"{path}: its quote volume is {off:.3g} times volume times price (median): one of the two "
        "counts contracts, or is in a coin; name the one that is right, its column with "
        "--map COLUMN=volume (coins) or --map COLUMN=volume_usd"
    )


def by_notional(columns: list[str], used: dict[str, str], chosen: set[str]) -> dict[str, str]:
    """`used` with BitMEX's notionals in the place of its sizes, which count contracts.

    homeNotional is in coins, foreignNotional in what the price is in; chosen: named with `--map`.
    """
    coins, money = "homenotional", "foreignnotional"
    if not {coins, money} <= set(columns) or {coins, money} & chosen:
        return used
    is_bar = "open" in used.values()
    roles = {coins: "volume", money: "volume_usd"} if is_bar else {coins: "size"}
    others = {name: ours for name, ours in used.items() if ours not in roles.values()}
    return {**others, **roles}


def in_dollars(batch: Batch, source: str) -> Batch:
    """The batch without quote volumes of markets whose name says that the quote is no dollar.

    A volume in BTC is not USD; it stays unknown and is said. source: the rows' name in the store.
    """
    if "volume_usd" not in batch.rows.columns or batch.rows["volume_usd"].null_count() == len(
        batch.rows
    ):
        return batch
    found = {m: readings(m, venue_of(source)) for m in batch.rows["market"].unique().sort()}
    other = [m for m, read in found.items() if read and not any(r.is_in_dollars for r in read)]
    if not other:
        return batch
    kept = pl.when(~pl.col("market").is_in(other)).then(pl.col("volume_usd")).alias("volume_usd")
    note = f"quote volume of {', '.join(other)} is not in a dollar and was left out"
    return replace(batch, rows=batch.rows.with_columns(kept), notes=(*batch.notes, note))


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
