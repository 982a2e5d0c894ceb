"""Section 4 from the outside: what came in and what everybody holds, from the tables alone."""

from tests.reference.model import Case, Row
from tests.reference.replay import Result, start

Tables = dict[str, list[Row]]


def wealth_in_usd(case: Case, result: Result) -> float:
    """Cash and unrealised profit at the first marks, of absorbers too, and flows less withdrawals.

    The outside world begins with nothing: it holds the mirror of the book at the first marks.
    """
    first = dict(zip(case.markets, case.mark[0], strict=True))
    wealth = sum(row["cash"] for row in case.accounts)
    for row in case.positions:
        wealth += row["isolated_margin"] or 0.0
        wealth += row["size"] * (first[row["market"]] - row["entry_price"])
    wealth += sum(one.cash for one in start(case).absorbers)
    accounts = result.tables["accounts"]
    return wealth + sum(row["deposits_usd"] - row["withdrawals_usd"] for row in accounts)


def wealth_out_usd(case: Case, result: Result, collateral_usd: float) -> float:
    """Wealth of accounts, absorbers, platform and outside after the last step.

    collateral_usd: weighted collateral in the accounts' equity, which is no part of it.
    """
    last = len(case.times_ms) - 1
    absorbers = [row for row in result.tables["absorbers"] if row["step"] == last]
    wealth = sum(row["equity_end"] for row in result.tables["accounts"]) - collateral_usd
    wealth += sum(row["equity_usd"] for row in absorbers)
    return wealth + result.platform_cash_usd + outside_usd(case, result.tables)


def outside_usd(case: Case, tables: Tables) -> float:
    """What the outside made: it mirrors the book, takes every fill and buys the collateral."""
    first = dict(zip(case.markets, case.mark[0], strict=True))
    last = dict(zip(case.markets, case.mark[-1], strict=True))
    sizes = dict.fromkeys(case.markets, 0.0)
    cash = 0.0
    for row in case.positions:
        sizes[row["market"]] -= row["size"]
        cash += row["size"] * first[row["market"]]
    traded = [row for row in tables["liquidations"] if row["stage"] != "takeover"]
    for step, rates in enumerate(case.funding_rate):
        for market, rate in zip(case.markets, rates, strict=True):
            mark = case.mark[step][case.markets.index(market)]
            cash -= sizes[market] * mark * rate
        for row in traded:
            if row["step"] == step:
                signed = row["size"] if row["side"] == "sell" else -row["size"]
                sizes[row["market"]] += signed
                cash -= signed * row["price"]
    cash -= sum(sale["proceeds_usd"] for sale in tables["collateral_sales"])
    return cash + sum(size * last[market] for market, size in sizes.items())
