"""A contract book and its flows out of a venue's record, at any moment after the snapshot.

Everything is point in time: only what happened up to the moment counts, never the state at the
end of the window. Money follows from one identity that no entry price can disturb:

    equity = K + sum(size * mark),   K = cash - sum(size * entry)

K at the snapshot is the account value less the sum of size * mark there (the account value includes
unrealised profit and isolated margin). A fill changes it by -delta * price - fee, funding and
ledger updates by their amount. Cash at the moment is K + sum(size * entry).
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from crashsim.data.clock import utc_words
from crashsim.data.rebuild.isolated import isolated_apart
from crashsim.data.rebuild.liquidation_price import MarginTables, margin_tables, with_margin
from crashsim.data.rebuild.positions import positions_after
from crashsim.data.rebuild.record import Record
from crashsim.data.schema import FLOW_COLUMNS
from crashsim.scenarios.errors import InputError

_CENT = 0.01
_LATE_FILL_S = 60  # a busy venue trades every second
_IMBALANCE = 1e-6  # of a market's open interest: longs equal shorts on a whole book


@dataclass(frozen=True)
class VenueBook:
    """A book as the contract wants it, the flows after it, and what its reader must know.

    accounts: account, cash. positions: POSITION_COLUMNS. flows: FLOW_COLUMNS. tables: maintenance
    margin of the day. notes: sentences.
    """

    accounts: pl.DataFrame
    positions: pl.DataFrame
    flows: pl.DataFrame
    tables: MarginTables
    notes: tuple[str, ...]


def book_at(
    record: Record, at_ms: int, report: Callable[[int, int], None] | None = None
) -> VenueBook:
    """The book at a moment (UTC ms), fills and events of that very millisecond included.

    report: told how many markets' fills are in it, and of how many.
    Raises InputError for a moment before the snapshot.
    """
    if at_ms < record.snapshot_ms:
        raise InputError(
            f"--at {utc_words(at_ms)} is before the snapshot of {utc_words(record.snapshot_ms)}: "
            "a book can only be carried forward"
        )
    fills, events = until(record.fills, at_ms), until(record.events, at_ms)
    tables = margin_tables(record.positions, record.accounts)
    held = positions_after(with_margin(record.positions, tables), fills, report)
    cash = _cash(collateral(record, fills, events), held.frame)
    isolated = isolated_apart(held.frame, cash, events)
    positions = isolated.positions
    flows = _flows(record.events, at_ms)
    accounts = _accounts(isolated.cross_cash, positions, flows)
    notes = [
        *record.notes,
        *_coverage_notes(record, at_ms),
        *_event_notes(record.events),
        *isolated.notes,
        *_table_notes(positions, tables),
        *_book_notes(record, positions, held.breaks),
    ]
    return VenueBook(accounts, positions, flows, tables, notes=tuple(notes))


def until(rows: pl.DataFrame, at_ms: int) -> pl.DataFrame:
    """Rows up to a moment, UTC ms, that millisecond included."""
    return rows.filter(pl.col("time").dt.epoch("ms") <= at_ms)


def collateral(record: Record, fills: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """K of every account after these fills and events: account, usd."""
    delta = pl.when(pl.col("side") == "buy").then(pl.col("size")).otherwise(-pl.col("size"))
    in_usdc = pl.col("fee_token").cast(pl.String).fill_null("USDC") == "USDC"
    fee = pl.when(in_usdc).then(pl.col("fee").fill_null(0.0)).otherwise(0.0)
    traded = fills.select("account", usd=-delta * pl.col("price") - fee)
    return _summed(
        record.accounts.select("account", usd="account_value"),
        _values_without_account(record),
        # size * mark of the snapshot, signed.
        record.positions.select("account", usd=-pl.col("notional") * pl.col("size").sign()),
        _summed(traded).cast({"account": pl.String}),
        events.select("account", usd=pl.col("amount_usd").fill_null(0.0)),
    )


def _cash(collateral: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Cash of every account, isolated margin included: account, cash."""
    entered = held.select("account", usd=pl.col("size") * pl.col("entry_price"))
    total = _summed(collateral, entered).rename({"usd": "cash"})
    return total.filter(pl.col("account") != "").sort("account")


def _summed(*parts: pl.DataFrame) -> pl.DataFrame:
    """Sums by account, added in one order: sums of unsorted rows differ in their last digits."""
    rows = pl.concat(parts).sort("account", maintain_order=True)
    return rows.group_by("account", maintain_order=True).agg(pl.col("usd").sum())


def _values_without_account(record: Record) -> pl.DataFrame:
    """Account values that only the positions file has (account, usd)."""
    rest = record.positions.join(record.accounts, on="account", how="anti")
    return rest.group_by("account").agg(usd=pl.col("account_value").first().fill_null(0.0))


def _flows(events: pl.DataFrame, at_ms: int) -> pl.DataFrame:
    """Deposits and withdrawals after the moment; funding is the tape's."""
    later = events.filter(
        (pl.col("time").dt.epoch("ms") > at_ms)
        & (pl.col("type") != "funding")
        & (pl.col("amount_usd").abs() > 0)
    )
    kind = pl.when(pl.col("amount_usd") > 0).then(pl.lit("deposit")).otherwise(pl.lit("withdrawal"))
    return later.select("time", "account", kind=kind, amount=pl.col("amount_usd").abs()).cast(
        pl.Schema(FLOW_COLUMNS)
    )


def _accounts(cash: pl.DataFrame, positions: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    """Accounts with a position, a flow, or a cent."""
    named = pl.concat([positions.select("account"), flows.select("account")]).unique()
    whole = cash.join(named, on="account", how="full", coalesce=True)
    whole = whole.with_columns(pl.col("cash").fill_null(0.0))
    needed = pl.col("account").is_in(named["account"].to_list()) | (pl.col("cash").abs() >= _CENT)
    return whole.filter(needed).sort("account")


def _coverage_notes(record: Record, at_ms: int) -> list[str]:
    times = record.fills["time"].dt.epoch("ms")
    if at_ms == record.snapshot_ms:
        return []
    first, last = times.min(), times.max()
    if not isinstance(first, int) or not isinstance(last, int):
        return ["no fills after the snapshot: positions are those of the snapshot"]
    notes = []
    if first - record.snapshot_ms > _LATE_FILL_S * 1000:
        notes.append(
            f"the first fill is of {utc_words(first)}, {(first - record.snapshot_ms) / 1000:.0f} s "
            "after the snapshot: fills are missing in between"
        )
    if at_ms - last > _LATE_FILL_S * 1000:
        notes.append(
            f"the last fill is of {utc_words(last)}, before {utc_words(at_ms)}: fills are missing"
        )
    if record.events.is_empty():
        notes.append("no ledger events: deposits, withdrawals and funding are not in the book")
    return notes


def _event_notes(events: pl.DataFrame) -> list[str]:
    unknown = events.filter(pl.col("amount_usd").is_null()).group_by("type").len().sort("type")
    return [
        f"{count} events of type {kind!r}: their effect on cash is unknown and not applied"
        for kind, count in unknown.iter_rows()
    ]


def _table_notes(positions: pl.DataFrame, tables: MarginTables) -> list[str]:
    markets = set(positions["market"])
    known = len(markets & set(tables.own))
    said = (
        f"maintenance rates of {known} of {len(markets)} markets are those of that day, out of the"
        f" liquidation prices of {tables.accounts} accounts with one cross position; "
        if known
        else ""
    )
    rest = "those of the other markets, and all higher tiers," if known else "maintenance rates"
    return [f"{said}{rest} are the bundled venue's, and isolated margins rest on them"]


def _book_notes(record: Record, positions: pl.DataFrame, breaks: int) -> list[str]:
    notes = []
    if record.set_apart:
        notes.append(f"{record.set_apart} rows of spot and builder markets are set apart")
    if breaks:
        notes.append(
            f"{breaks} fills do not begin where the position before them ended: fills are missing"
        )
    unvalued = record.positions.join(record.accounts, on="account", how="anti")
    unvalued = unvalued.filter(pl.col("account_value").is_null())
    if unvalued.height:
        notes.append(f"{unvalued['account'].n_unique()} accounts have no account value: taken as 0")
    other = record.fills.filter(
        pl.col("fee_token").cast(pl.String).fill_null("USDC") != "USDC"
    ).height
    if other:
        notes.append(f"{other} fills paid their fee in another token: not charged")
    modes = record.accounts["account_mode"].drop_nulls().unique().sort().to_list()
    unified = [mode for mode in modes if mode not in ("standard", "default", "")]
    if unified:
        notes.append(
            f"account modes {', '.join(unified)}: spot balances back these accounts but are not in"
            " their cash"
        )
    return notes + _imbalances(positions)


def _imbalances(positions: pl.DataFrame) -> list[str]:
    """Markets whose longs do not equal their shorts: part of the venue's book is absent."""
    sums = positions.group_by("market").agg(
        net=pl.col("size").sum(), gross=pl.col("size").abs().sum()
    )
    uneven = sums.filter(pl.col("net").abs() > _IMBALANCE * pl.col("gross")).sort("market")
    if uneven.is_empty():
        return []
    worst = uneven.sort((pl.col("net") / pl.col("gross")).abs(), descending=True).row(0, named=True)
    share = abs(worst["net"]) / worst["gross"]
    return [
        (
            f"in {uneven.height} markets longs and shorts differ (most in {worst['market']}, by"
            f" {share:.2%} of open interest): part of the book is absent"
        )
    ]
