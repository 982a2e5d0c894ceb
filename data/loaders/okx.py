"""What OKX archive files share: two-language headers and sizes in contracts."""

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError


def plain_names(seen: Sample) -> tuple[str, ...]:
    """Column names without the second language that files of 2021-22 have after a slash."""
    return tuple(name.split("/")[0].strip() for name in seen.names)


def base_size(
    rows: Rows, markets: pl.Series, size: pl.Series, price: pl.Series, options: Options
) -> pl.Series:
    """Base units of a size that counts contracts for swaps and futures, base for spot.

    The contract's value (ctVal) is not in the file: it comes from `--contract-size`, in base units,
    or in USD for `-USD-` instruments, whose contracts are inverse.
    """
    factors = {market: _factor(rows, market, options) for market in markets.unique().to_list()}
    factor = markets.replace_strict(factors, return_dtype=pl.Float64)
    inverse = markets.str.contains("-USD-")
    return pl.select(
        pl.when(inverse).then(size * factor / price).otherwise(size * factor)
    ).to_series()


def _factor(rows: Rows, market: str, options: Options) -> float:
    if market.count("-") < 2:
        return 1.0  # spot: BTC-USDT
    size = options.contract_sizes.get(market, options.contract_sizes.get("*"))
    if size is None:
        raise InputError(
            f"{rows.path}: sizes of {market} count contracts, and the file does not say how large"
            f" one is. Say it with --contract-size {market}=0.01 (ctVal in OKX's instrument list)"
        )
    return size
