"""Where two results of one case disagree.

The one tolerance: every number, turned into USD (a size times its mark, a price times its size),
agrees within 1e-9 of the book's gross notional; a score within 1e-9 of itself or of 1. Text,
counts, flags and the set of rows agree exactly, and NaN agrees with nothing.
"""

from collections.abc import Sequence

from tests.reference.model import Case, Row
from tests.reference.replay import Result

TOLERANCE = 1e-9

KEYS: dict[str, tuple[str, ...]] = {
    "accounts": ("account",),
    "positions_end": ("account", "market", "margin_mode"),
    "liquidations": ("step", "account", "market", "margin_mode", "stage", "counterparty"),
    "adl_fills": ("step", "market", "winner", "loser", "rank"),
    "shortfalls": ("step", "account"),
    "loss_shares": ("step", "account"),
    "flows": (),
    "collateral_sales": ("step", "account", "asset"),
    "absorbers": ("step", "absorber"),
    "timeline": ("step",),
}


# A weight that is 0 but for rounding may be charged its rounding; a borrow may be no more.
MAY_BE_ROUNDING = {"loss_shares": "amount_usd", "collateral_sales": "proceeds_usd"}


def gross_usd(case: Case) -> float:
    """The book's notional at the highest marks of the tape."""
    highest = [max(prices) for prices in zip(*case.mark, strict=True)]
    held = [abs(p["size"]) * highest[case.markets.index(p["market"])] for p in case.positions]
    return sum(held) or 1.0


def differences(case: Case, expected: Result, found: Result) -> list[str]:
    """One sentence for each disagreement; empty where there is none."""
    tolerance = TOLERANCE * gross_usd(case)
    said = []
    for name in ("platform_cash_usd", "deficit_usd"):
        one, other = getattr(expected, name), getattr(found, name)
        if not abs(one - other) <= tolerance:
            said.append(f"{name}: expected {one!r}, found {other!r}")
    for table, key in KEYS.items():
        said += _table(table, key, expected.tables[table], found.tables[table], tolerance)
    return said


def _table(
    table: str, key: tuple[str, ...], expected: Sequence[Row], found: Sequence[Row], usd: float
) -> list[str]:
    def place(row: Row) -> tuple[object, ...]:
        return tuple("" if row[name] is None else row[name] for name in key)

    if table in MAY_BE_ROUNDING:
        amount = MAY_BE_ROUNDING[table]
        expected = [row for row in expected if row[amount] > usd]
        found = [row for row in found if row[amount] > usd]
    ours, theirs = sorted(expected, key=place), sorted(found, key=place)
    missing = [row for row in ours if place(row) not in {place(row) for row in theirs}]
    extra = [row for row in theirs if place(row) not in {place(row) for row in ours}]
    said = [f"{table}: missing {row}" for row in missing]
    said += [f"{table}: not expected {row}" for row in extra]
    if len(ours) != len(theirs) and not said:
        said.append(f"{table}: {len(ours)} rows expected, {len(theirs)} found")
    if said:
        return said
    for one, other in zip(ours, theirs, strict=True):
        said += [
            f"{table} {place(one)} {name}: expected {value!r}, found {other[name]!r}"
            for name, value in one.items()
            if not _agree(name, value, other[name], one, usd)
        ]
    return said


def _agree(name: str, one: object, other: object, row: Row, usd: float) -> bool:
    if not isinstance(one, float) or not isinstance(other, float | int):
        return one == other
    if one == other:
        return True
    if name == "score":
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one))
    return abs(one - other) * _worth(name, row) <= usd


def _worth(name: str, row: Row) -> float:
    """What turns a column's number into USD."""
    if name == "size":
        return abs(float(row["mark_price"]))
    if name == "quantity":
        return float(row["price"])
    if name.endswith("price"):
        return abs(float(row["size"] if "size" in row else row["quantity"]))
    return 1.0
