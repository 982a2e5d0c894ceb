"""What a snapshot's liquidation prices say: maintenance rates of that day, and isolated margins.

At its liquidation price P a unit's equity is the maintenance margin of |size| * P. For a position
of `size` with collateral M, entered at `entry`, in a tier of rate r and deduction d:

    M + size * (P - entry) = |size| * P * r - d

An account with one cross position has M + size * (mark - entry) = account value, so r follows; the
venue's rates are 1 / (2 L) for a whole largest leverage L, which tells a rate from a slip. With the
coin's rate, M of an isolated position follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from crashsim.scenarios import load_venue
from crashsim.scenarios.models.margin_tables import MarginRules, Tier, TierTable

_LARGEST_LEVERAGE = 50
_TOLERANCE = 1e-3  # of L: prices are whole doubles, account values have six decimals


@dataclass(frozen=True)
class MarginTables:
    """Maintenance tables of the markets of a snapshot.

    own: those whose first rate the snapshot says, by market; accounts: how many accounts say it.
    """

    own: Mapping[str, TierTable]
    accounts: int

    def table(self, market: str) -> TierTable:
        """The market's own, else the bundled venue's."""
        return self.own.get(market) or _bundled(market)


def margin_tables(positions: pl.DataFrame, accounts: pl.DataFrame) -> MarginTables:
    """Tables out of the accounts with one position, cross (rows of their kinds in the store).

    A rate counts where more than half of the market's accounts of that sort agree on it. The bounds
    of higher tiers are not in a snapshot: a market whose rate is the bundled one keeps the bundled
    tiers, another has one rate.
    """
    said = _largest_leverages(positions, accounts)
    votes = said.group_by("market", "leverage").len().filter(pl.col("leverage").is_not_null())
    totals = said.group_by("market").len("all")
    agreed = votes.join(totals, on="market").filter(2 * pl.col("len") > pl.col("all"))
    own = {market: _with_rate(market, 0.5 / x) for market, x, *_ in agreed.sort("market").rows()}
    return MarginTables(own, int(agreed["len"].sum()))


def with_margin(positions: pl.DataFrame, tables: MarginTables) -> pl.DataFrame:
    """The positions with `margin`: isolated, USD; null for cross and where P is not said."""
    rows = positions.select("market", "size", "entry_price", "is_cross", "liquidation_price")
    margins = [
        None
        if is_cross is not False or not price or price <= 0
        else _margin(tables.table(market), size, entry, price)
        for market, size, entry, is_cross, price in rows.iter_rows()
    ]
    return positions.with_columns(pl.Series("margin", margins, pl.Float64()))


def _largest_leverages(positions: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """(market, leverage) of accounts with one position, cross; null where it is not whole."""
    alone = positions.filter(pl.len().over("account") == 1, pl.col("is_cross"))
    values = accounts.select("account", value="account_value")
    price, size = pl.col("liquidation_price"), pl.col("size")
    mark = pl.col("notional") / size.abs()
    at_price = pl.coalesce("value", "account_value") + size * (price - mark)
    known = alone.join(values, on="account", how="left").filter(price > 0)
    exact = known.select(
        "market", notional=size.abs() * price, leverage=size.abs() * price / (2 * at_price)
    )
    whole = pl.col("leverage").round()
    fits = ((pl.col("leverage") - whole).abs() <= _TOLERANCE * whole) & whole.is_between(
        1, _LARGEST_LEVERAGE
    )
    low = exact.join(_first_bounds(exact["market"]), on="market")
    return low.filter(pl.col("notional") < pl.col("bound")).select(
        "market", leverage=pl.when(fits).then(whole)
    )


def _first_bounds(markets: pl.Series) -> pl.DataFrame:
    """(market, bound): where each market's second tier begins."""
    names = markets.unique().sort().to_list()
    tiers = [_bundled(name).tiers for name in names]
    bounds = [each[1].from_ if len(each) > 1 else float("inf") for each in tiers]
    return pl.DataFrame(
        {"market": names, "bound": bounds}, {"market": pl.String, "bound": pl.Float64}
    )


@cache
def _bundled_margin() -> MarginRules:
    return load_venue("hyperliquid").margin


@cache
def _bundled(market: str) -> TierTable:
    table = _bundled_margin().margin_table_for(market).table
    assert isinstance(table, TierTable)  # the bundled venue has no other
    return table


def _with_rate(market: str, rate: float) -> TierTable:
    bundled = _bundled(market)
    if abs(bundled.tiers[0].rate - rate) <= _TOLERANCE * rate:
        return bundled
    return TierTable(kind="tiers", tiers=(Tier.model_validate({"from": 0.0, "rate": rate}),))


def _margin(table: TierTable, size: float, entry: float, price: float) -> float | None:
    """M of the module's text; None where it is not above 0: the price is then of something else."""
    notional = abs(size) * price
    maintenance = deduction = 0.0
    last_rate = 0.0
    for tier in table.tiers:
        deduction += tier.from_ * (tier.rate - last_rate)
        last_rate = tier.rate
        if tier.from_ <= notional:
            maintenance = notional * tier.rate - deduction
    margin = maintenance - size * (price - entry)
    return margin if margin > 0 else None
