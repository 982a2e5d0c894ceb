"""Which of our columns a column of a book or of flows is, by the names that people's files have."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import PLACE, Table
from crashsim.data.loaders.meaning.column_names import ALIASES, plain
from crashsim.data.loaders.meaning.row_shape import with_points
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.instrument import DOLLARS

Names = Mapping[str, Sequence[str]]  # our name -> what it is called, the surest first

_ACCOUNT = (*ALIASES["account"], "account_id", "account_name", "trader")
_CURRENCY = ("currency", "ccy", "asset", "coin", "token", "symbol")
ACCOUNTS: Names = {
    "account": _ACCOUNT,
    "cash": ("cash", "balance", "wallet_balance", "cash_balance", "cash_usd", "balance_usd"),
    "tags": ("tags",),
    "currency": ("currency", "ccy"),
}
POSITIONS: Names = {
    "account": _ACCOUNT,
    "market": ALIASES["market"],
    "size": (*ALIASES["size"], "position_size", "position_amt", "position_amount", "szi"),
    "contracts": ("contracts",),
    "contract_size": ("contract_size",),
    "side": ("side", "position_side", "pos_side", "direction"),
    "entry_price": (
        "entry_price",
        "entry",
        "entry_px",
        "avg_price",
        "average_price",
        "avg_entry_price",
        "average_entry_price",
        "avg_px",
    ),
    "margin_mode": ("margin_mode", "margin_type", "mgn_mode"),
    "isolated_margin": ("isolated_wallet", "isolated_margin"),
    "opened_at": ("opened_at",),
}
COLLATERAL: Names = {
    "account": _ACCOUNT,
    "asset": ("asset", "coin", "currency", "ccy", "token", "symbol"),
    "quantity": ("quantity", "qty", "size", "amount", "balance"),
}
FLOWS: Names = {
    "time": ALIASES["time"],
    "account": _ACCOUNT,
    "kind": ("kind", "type", "direction", "flow", "action"),
    "amount": ("amount", "amount_usd", "usd", "value_usd", "amount_usdc", "amount_usdt"),
    "currency": _CURRENCY,
}
_NUMBERS = frozenset(
    ("cash", "size", "contracts", "contract_size", "entry_price", "isolated_margin")
) | {"quantity", "amount"}
# Of positions as ccxt gives them: there `collateral` is the money behind one position.
OF_CCXT = ("isolated_margin", "collateral", "initial_margin")
_WORTH = ("equity", "account_value", "margin_balance", "account_equity", "total_equity")


def known_as(table: Table, names: Names, needed: Sequence[str]) -> Table:
    """The columns that have a name of ours, under it; a note names those that are not used.

    Raises InputError for a column that is missing or almost one of ours, two columns of one name,
    and an account's worth where its cash is asked for.
    """
    used = {ours: own for ours, wild in names.items() if (own := _own(table, ours, wild))}
    _refuse_worth(table, [ours for ours in needed if ours not in used])
    findings = Findings(table)
    findings.require([used.get(ours, ours) for ours in needed])
    findings.refuse_misspelt({*used.values(), *(ours for ours in names if ours not in used)})
    rest = [name for name in table.columns if name not in used.values()]
    findings.stop()
    numbers = [own for ours, own in used.items() if ours in _NUMBERS]
    frame = with_points(table.frame, numbers, str(table.path), "write points in the file")
    return replace(
        table,
        frame=frame.select(*(pl.col(own).alias(ours) for ours, own in used.items()), PLACE),
        own=used,
        notes=(*table.notes, *([f"columns not used: {', '.join(rest)}"] if rest else [])),
    )


def _own(table: Table, ours: str, wild: Sequence[str]) -> str | None:
    """The file's column for one of ours: its own name, else the first alias that it has."""
    if table.has(ours) and plain(wild[0]) == plain(ours):
        return ours
    for name in wild:
        found = [own for own in table.columns if plain(own) == plain(name)]
        if len(found) > 1:
            raise InputError(f"{table.path}: has {' and '.join(found)}, expected one of them")
        if found:
            return found[0]
    return None


def _refuse_worth(table: Table, missing: Sequence[str]) -> None:
    worth = [own for own in table.columns if plain(own) in map(plain, _WORTH)]
    if "cash" in missing and worth:
        raise InputError(
            f"{table.path}: has {worth[0]} and no cash; equity is not cash, it has the profit of "
            "open positions in it: give a column cash with the wallet's balance, which is "
            "equity less unrealised profit"
        )


def refuse_other_money(findings: Findings) -> None:
    """Note the rows whose currency is not a dollar: amounts are USD."""
    if findings.table.has("currency"):
        told = findings.table.frame["currency"].cast(pl.String).str.strip_chars().str.to_uppercase()
        other = ~told.is_in([*DOLLARS, ""]).fill_null(True)
        findings.bad_rows(other, "currency", "a dollar such as USD or USDC: amounts are USD")
