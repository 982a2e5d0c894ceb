"""The one schema of everything a replay writes: columns, types, units and meanings."""

from dataclasses import dataclass

import polars as pl

from crashsim.engine.adl.scores import COLUMNS

TIME = pl.Datetime("ms", "UTC")
INPUT = "input_"  # of the columns of adl_fills that say what a score read


@dataclass(frozen=True)
class Column:
    """One column of a run table."""

    name: str
    dtype: pl.DataType
    unit: str
    meaning: str


def _text(name: str, meaning: str) -> Column:
    return Column(name, pl.String(), "", meaning)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, pl.Boolean(), "", meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, pl.Int64(), "count", meaning)


def _usd(name: str, meaning: str) -> Column:
    return Column(name, pl.Float64(), "USD", meaning)


def _qty(name: str, meaning: str) -> Column:
    return Column(name, pl.Float64(), "base", meaning)


def _price(name: str, meaning: str) -> Column:
    return Column(name, pl.Float64(), "USD/base", meaning)


_STEP = Column("step", pl.Int64(), "index", "index of the step on the tape's grid")
_WHEN = Column("time", TIME, "UTC", "time of the step")
_ACCOUNT = _text("account", "account id")
_MARKET = _text("market", "market name as in the price file")
_MODE = _text("margin_mode", "cross or isolated")


_WORDS_OF_UNITS = {"USD": "USD", "USD per base unit": "USD/base", "in base units": "base"}


def _input(name: str, what: str) -> Column:
    """What a score read; `what` ends with the unit where there is one."""
    meaning, _, words = what.rpartition(", ")
    unit = _WORDS_OF_UNITS.get(words, "")
    read = f"read by the score: {meaning if unit else what}; null where not read or not known"
    return Column(f"{INPUT}{name}", pl.Float64(), unit, read)


def _positions(moment: str, mark: str) -> tuple[Column, ...]:
    return (
        _ACCOUNT,
        _MARKET,
        _MODE,
        _qty("size", f"signed size open {moment}; long > 0"),
        _price("entry_price", "average entry price"),
        _price("mark_price", f"{mark} mark"),
        _usd("upnl_usd", f"unrealised profit at the {mark} mark"),
    )


def _standing(when: str, moment: str) -> tuple[Column, ...]:
    return (
        _usd(f"cash_{when}_usd", f"cash {moment}; of an isolated unit its margin"),
        _usd(f"equity_{when}_usd", f"cash, unrealised profit and weighted collateral {moment}"),
        _usd(f"mm_{when}_usd", f"maintenance margin {moment}"),
        _usd(f"notional_{when}_usd", f"sum of the notionals {moment}"),
        _usd(f"collateral_{when}_usd", f"weighted collateral {moment}"),
    )


TABLES: dict[str, tuple[Column, ...]] = {
    "accounts": (
        _ACCOUNT,
        _usd("cash_start", "cash of the cross unit before the first step"),
        _usd("equity_start", "equity of all the account's units at the first marks"),
        _usd("cash_end", "cash of the cross unit after the last step"),
        _usd("equity_end", "equity of all the account's units at the last marks"),
        _usd("debt_end", "debt owed to the venue after the last step"),
        _usd("debt_peak_usd", "largest debt at the end of any step"),
        _usd("realised_pnl_usd", "profit of every closing, takeovers at mark"),
        _usd("liquidated_notional_usd", "closed by book and takeover, at mark"),
        _usd("adl_notional_usd", "closed by auto-deleveraging as a winner, at mark"),
        _count("adl_fills", "auto-deleveraging fills as a winner"),
        _usd("adl_cost_usd", "lost against mark in these fills; negative where gained"),
        _usd("shortfall_usd", "negative cash left after the last position was closed"),
        _usd("loss_share_usd", "charged for losses of others"),
        _usd("deposits_usd", "deposited"),
        _usd("deposits_to_debt_usd", "part of the deposits that repaid debt"),
        _usd("withdrawals_usd", "withdrawn"),
        _usd("withdrawals_refused_usd", "asked for and refused"),
        _usd("funding_usd", "funding; positive when received"),
        _usd("fees_usd", "liquidation fees paid"),
        _flag("was_liquidated", "the book or a takeover closed a position"),
        _flag("was_deleveraged", "was the winner of an auto-deleveraging fill"),
        _flag("was_in_debt", "debt was at least $0.01 after some step"),
        _flag("ended_in_debt", "debt is at least $0.01 after the last step"),
        _flag("ended_underwater", "equity is negative with positions still open"),
    ),
    "positions_start": _positions("before the first step", "first"),
    "positions_end": _positions("after the last step", "last"),
    "units": (
        _ACCOUNT,
        _MODE,
        _text("market", "of an isolated position; empty for the cross unit"),
        *_standing("start", "before the first step"),
        *_standing("end", "after the last step"),
    ),
    "liquidations": (
        _STEP,
        _WHEN,
        _text("account", "account id; an unwind's is the absorber"),
        _MARKET,
        _MODE,
        _text("side", "sell closes a long, buy closes a short"),
        _qty("size", "closed"),
        _price("price", "average fill price; a takeover's is the mark"),
        _price("mark_price", "mark of the step"),
        _price("bankruptcy_price", "when the unit's turn began; null for an unwind"),
        _usd("fee_usd", "liquidation fee"),
        _text("stage", "book, takeover or unwind"),
        _text("counterparty", "book, or the absorber's name"),
    ),
    "adl_fills": (
        _STEP,
        _WHEN,
        _MARKET,
        _text("winner", "account id, or an eligible absorber's name"),
        _text("loser", "account id, or an absorber's name on a breach"),
        _text("side", "long or short, of the winner's position"),
        _qty("size", "closed on both sides"),
        _price("price", "at which both sides close"),
        _price("mark_price", "mark of the step"),
        _price("bankruptcy_price", "of the loser's position when its ADL began"),
        Column("rank", pl.Int64(), "from 1", "place in the initial order of the step"),
        Column("score", pl.Float64(), "", "ranking score at the start of the rule"),
        _usd("winner_upnl_usd", "of the part closed, at mark"),
        _usd("cost_usd", "what the winner lost against mark; negative where it gained"),
        _count("candidates", "positions that were ranked with the winner's"),
        *(_input(name, what) for name, what in COLUMNS.items()),
    ),
    "shortfalls": (
        _STEP,
        _WHEN,
        _ACCOUNT,
        _usd("shortfall_usd", "negative cash of a unit without positions"),
        _usd("paid_by_absorbers_usd", "paid by insurance fund or vault"),
        _usd("carried_usd", "owed by the account"),
        _usd("written_off_usd", "borne by the platform"),
        _usd("shared_usd", "charged to other accounts"),
    ),
    "loss_shares": (_STEP, _WHEN, _ACCOUNT, _usd("amount_usd", "charged")),
    "flows": (
        _WHEN,
        _ACCOUNT,
        _text("kind", "deposit or withdrawal"),
        _usd("amount_usd", "asked for"),
        _usd("credited_usd", "became cash; of a withdrawal: paid out"),
        _usd("to_debt_usd", "repaid debt"),
        _usd("refused_usd", "refused part of a withdrawal"),
    ),
    "collateral_sales": (
        _STEP,
        _WHEN,
        _ACCOUNT,
        _text("asset", "market name of the asset sold"),
        _qty("quantity", "sold, in units of the asset"),
        _price("price", "mark less the weight's haircut"),
        _usd("proceeds_usd", "became cash"),
    ),
    "absorbers": (
        _STEP,
        _WHEN,
        _text("absorber", "name in the venue file"),
        _usd("cash_usd", "cash after the step"),
        _usd("equity_usd", "cash and unrealised profit after the step"),
        _usd("notional_usd", "sum of the net positions at mark"),
    ),
    "timeline": (
        _STEP,
        _WHEN,
        _usd("liquidated_usd", "closed on the book from accounts, at mark"),
        _usd("taken_over_usd", "taken over by absorbers, at mark"),
        _usd("adl_usd", "auto-deleveraged, at mark"),
        _usd("shortfall_usd", "shortfalls of the step"),
        _usd("debt_usd", "debt carried after the step"),
        _count("units_below_mm", "units flagged in rule 3"),
        _count("units_bankrupt", "units found with equity <= 0 in rule 5"),
        _usd("platform_cash_usd", "platform's cash after the step"),
    ),
    "prices_1m": (
        Column("time", TIME, "UTC", "start of the minute"),
        _MARKET,
        _price("open", "first mark of the minute"),
        _price("high", "highest mark of the minute"),
        _price("low", "lowest mark of the minute"),
        _price("close", "last mark of the minute"),
        _usd("volume_usd", "traded in the minute, as the replay took it"),
        _price("last_open", "first last price of the minute; null where there are only marks"),
        _price("last_high", "highest last price of the minute, or null"),
        _price("last_low", "lowest last price of the minute, or null"),
        _price("last_close", "last of the minute's last prices, or null"),
    ),
}


def polars_schema(table: str) -> pl.Schema:
    """Column names and types of one table of TABLES, as Polars takes them."""
    return pl.Schema({column.name: column.dtype for column in TABLES[table]})
