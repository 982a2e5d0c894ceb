"""A replay's inputs from a page's tables."""

import tomllib
from typing import Any

from tests.cases.arithmetic import value_of
from tests.cases.page import INDEX, Cells, Page, read
from tests.reference.cases import START_MS
from tests.reference.model import Case, Row

NOT_MARKETS = ("second", "volume", "funding")


def case_of(page: Page) -> Case:
    """Accounts, prices and flows as they stand; rules over those of the index page."""
    prices, before = page.rows("Prices"), page.rows("Before")
    markets = sorted(name for name in prices[0] if name.split()[0] not in NOT_MARKETS)
    rules = _rules([*read(INDEX).rows("Rules"), *page.rows("Rules")])
    return Case(
        times_ms=[_time_ms(row) for row in prices],
        markets=markets,
        mark=[[value_of(row[market]) for market in markets] for row in prices],
        volume_usd=[[_by_market(row, "volume", market) for market in markets] for row in prices],
        funding_rate=[[_by_market(row, "funding", market) for market in markets] for row in prices],
        accounts=_accounts(before),
        positions=[_position(row, markets[0]) for row in before if row.get("size")],
        flows=[_flow(row) for row in page.rows("Flows")],
        venue=rules,
        seed=rules.pop("seed"),
        collateral=[
            {**row, "quantity": value_of(row["quantity"])} for row in page.rows("Collateral")
        ],
    )


def _time_ms(row: Cells) -> int:
    return START_MS + round(1000 * value_of(row["second"]))


def _by_market(row: Cells, what: str, market: str) -> float:
    """A column for one market, else the one for all; 0 where there is neither."""
    return value_of(row.get(f"{what} {market}") or row.get(what) or "0")


def _accounts(before: list[Cells]) -> list[Row]:
    """One row an account: its cash stands in the first of its rows."""
    cash: dict[str, float] = {}
    for row in before:
        cash.setdefault(row["account"], value_of(row["cash"] or "0"))
    return [{"account": name, "cash": cash[name]} for name in sorted(cash)]


def _position(row: Cells, only_market: str) -> Row:
    margin, age_s = row.get("isolated margin"), row.get("age s")
    return {
        "account": row["account"],
        "market": row.get("market") or only_market,
        "size": value_of(row["size"]),
        "entry_price": value_of(row["entry"]),
        "margin_mode": "isolated" if margin else "cross",
        "isolated_margin": value_of(margin) if margin else None,
        "opened_at_ms": START_MS - round(1000 * value_of(age_s)) if age_s else None,
    }


def _flow(row: Cells) -> Row:
    return {
        "time_ms": _time_ms(row),
        "account": row["account"],
        "kind": row["kind"],
        "amount": value_of(row["amount"]),
    }


def values_of(rows: list[Cells]) -> dict[str, Any]:
    """Keys with their TOML values, later over earlier."""
    return {
        row["key"].strip("`"): tomllib.loads(f"value = {row['value'].strip('`')}")["value"]
        for row in rows
    }


def _rules(rows: list[Cells]) -> dict[str, Any]:
    """Dotted keys as tables; `absorber.NAME.key` makes an absorber."""
    rules: dict[str, Any] = {"name": "by hand"}
    absorbers: dict[str, Row] = {}
    for key, value in values_of(rows).items():
        *path, last = key.split(".")
        place = rules
        if path[:1] == ["absorber"]:
            place = absorbers.setdefault(path[1], {"name": path[1]})
        else:
            for name in path:
                place = place.setdefault(name, {})
        place[last] = value
    return {**rules, "absorber": list(absorbers.values())}
