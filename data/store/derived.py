"""Bars made of trades, fills and mark samples, where a source has no candles of its own."""

import polars as pl

# Closed by the venue between two accounts: no order book price, no volume of the book.
_OFF_BOOK = ("Auto-Deleveraging", "Settlement", "Net Child Vaults")
_BAR = "1s"


def bars_of_trades(trades: pl.LazyFrame) -> pl.DataFrame:
    """One-second bars of `trades` rows, in the order of their ids where those are numbers.

    Only seconds with a trade have a bar. volume in base units, volume_usd price times size.
    """
    order = ("market", "time", pl.col("trade_id").cast(pl.Int64, strict=False))
    named = pl.col("trade_id").is_not_null()
    once = ~named | pl.struct("market", "trade_id").is_first_distinct()
    rows = trades.filter(once).sort(*order, maintain_order=True)
    return _grouped(rows.select("time", "market", "price", "size"))


def bars_of_fills(fills: pl.LazyFrame) -> pl.DataFrame:
    """One-second bars of `fills` rows: one leg a trade, the taker's where it is known.

    A trade of which any leg was auto-deleveraged, settled or netted inside a vault is left out:
    it never met the order book.
    """
    order = ("market", "time", "block_number", "block_index")
    known = pl.col("trade_id").is_not_null() & (pl.col("trade_id") > 0)
    trade = (
        pl.when(known)
        .then(pl.col("trade_id"))
        .otherwise(-1 - pl.int_range(pl.len(), dtype=pl.Int64))
        .alias("trade")
    )
    rows = (
        fills.select("time", "market", "price", "size", "direction", "crossed", *order[2:], trade)
        .with_columns(off_book=pl.col("direction").is_in(_OFF_BOOK).fill_null(False))
        .sort(*order, pl.col("crossed").fill_null(False).not_(), maintain_order=True)
        .group_by("market", "trade", maintain_order=True)
        .agg(pl.col("time", "price", "size").first(), pl.col("off_book").any())
        .filter(~pl.col("off_book"))
    )
    return _grouped(
        rows.select("time", "market", "price", "size").sort("market", maintain_order=True)
    )


def bars_of_samples(contexts: pl.LazyFrame, column: str) -> pl.DataFrame:
    """Bars of one column of `contexts` rows (mark or index): a sample is a price at its second."""
    rows = contexts.filter(pl.col(column).is_not_null()).sort("market", "time", maintain_order=True)
    bars = _grouped(rows.select("time", "market", price=pl.col(column), size=pl.lit(0.0)))
    return bars.with_columns(pl.lit(None, pl.Float64()).alias("volume_usd"))


def _grouped(rows: pl.LazyFrame) -> pl.DataFrame:
    """rows: time, market, price, size, ordered by market and then as they happened."""
    price = pl.col("price")
    return (
        rows.group_by("market", pl.col("time").dt.truncate(_BAR), maintain_order=True)
        .agg(
            open=price.first(),
            high=price.max(),
            low=price.min(),
            close=price.last(),
            volume=pl.col("size").sum(),
            volume_usd=(price * pl.col("size")).sum(),
        )
        .collect()
    )
