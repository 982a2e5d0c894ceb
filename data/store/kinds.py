"""The tables a store holds: one column table per kind of data."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from crashsim.data.schema import TIME
from crashsim.scenarios.errors import InputError

_F = pl.Float64()
_S = pl.String()
_I = pl.Int64()
_B = pl.Boolean()


@dataclass(frozen=True)
class Kind:
    """One kind of table.

    columns: name -> type, in order; every one has `time` (UTC ms), all but accounts a `market`.
    required: columns that may not be null.
    key: columns that name one row; two rows with one key are a conflict.
    identity: columns that show two equal rows to be one row seen twice. Where one of them is null,
        or without any, equal rows can be two real ones (two trades of one size in one ms).
    """

    columns: Mapping[str, pl.DataType]
    required: tuple[str, ...]
    key: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()


_BARS = Kind(
    # volume is in base units, volume_usd in quote; both null where the source has none.
    {"time": TIME, "market": _S, "open": _F, "high": _F, "low": _F, "close": _F}
    | {"volume": _F, "volume_usd": _F},
    required=("time", "market", "open", "high", "low", "close"),
    key=("time", "market"),
    identity=("time", "market"),
)
INTERVAL = "interval_s"  # a column with the length of bars, seconds
PRICE_KINDS = ("mark", "last", "index")  # in the order a scenario prefers them

KINDS: Mapping[str, Kind] = {
    "last": _BARS,
    "mark": _BARS,
    "index": _BARS,
    "trades": Kind(
        # side is the taker's: buy or sell; size in base units.
        {"time": TIME, "market": _S, "price": _F, "size": _F, "side": _S, "trade_id": _S},
        required=("time", "market", "price", "size"),
        identity=("market", "trade_id"),
    ),
    "funding": Kind(
        {"time": TIME, "market": _S, "funding_rate": _F},
        required=("time", "market", "funding_rate"),
        key=("time", "market"),
        identity=("time", "market"),
    ),
    "contexts": Kind(
        {"time": TIME, "market": _S, "mark": _F, "index": _F, "mid": _F, "last": _F}
        | {"funding_rate": _F, "open_interest": _F, "volume_day_usd": _F, "premium": _F}
        | {"impact_bid": _F, "impact_ask": _F},
        required=("time", "market"),
        identity=("time", "market"),
    ),
    "liquidations": Kind(
        # side is the closing order's: sell closes a long.
        {"time": TIME, "market": _S, "side": _S, "price": _F, "average_price": _F, "size": _F}
        | {"filled_size": _F, "order_id": _S},
        required=("time", "market", "side", "price", "size"),
    ),
    "fills": Kind(
        {"block_number": _I, "block_index": _I, "time": TIME, "account": _S, "market": _S}
        | {"side": _S, "price": _F, "size": _F, "start_position": _F, "direction": _S}
        | {"closed_pnl": _F, "fee": _F, "fee_token": _S, "crossed": _B, "trade_id": _I}
        | {"order_id": _I, "liquidated_account": _S, "liquidation_mark": _F}
        | {"liquidation_method": _S},
        required=("time", "account", "market", "price", "size"),
        identity=("account", "trade_id"),
    ),
    "events": Kind(
        # What moves an account's cash besides fills; amount_usd is the change of its cash, null
        # where the type does not say. detail: the source's own record as JSON.
        {"block_number": _I, "block_index": _I, "time": TIME, "account": _S, "type": _S}
        | {"market": _S, "amount_usd": _F, "size": _F, "funding_rate": _F, "detail": _S},
        required=("time", "type"),
        identity=("block_number", "block_index"),
    ),
    "accounts": Kind(
        # account_value includes unrealised profit and isolated margin (the source's convention).
        {"time": TIME, "account": _S, "dex": _S, "account_value": _F, "long_notional": _F}
        | {"short_notional": _F, "account_mode": _S},
        required=("time", "account", "account_value"),
        key=("time", "account", "dex"),
        identity=("time", "account"),
    ),
    "positions": Kind(
        {"time": TIME, "account": _S, "market": _S, "size": _F, "notional": _F}
        | {"entry_price": _F, "is_cross": _B, "leverage": _F, "liquidation_price": _F}
        | {"funding_pnl": _F, "account_value": _F, "account_mode": _S},
        required=("time", "account", "market", "size", "entry_price"),
        key=("time", "account", "market"),
        identity=("time", "account", "market"),
    ),
    "adl": Kind(
        # Deleveraging fills; of some with their authors' account figures (end-of-window state).
        {"time": TIME, "account": _S, "market": _S, "price": _F, "size": _F, "notional": _F}
        | {"closed_pnl": _F, "position_size": _F, "entry_price": _F, "account_value": _F}
        | {"leverage": _F, "is_negative_equity": _B, "liquidated_account": _S},
        required=("time", "market", "price", "size"),
    ),
    "fund": Kind(
        # The balance of an insurance fund. market: what it stands for, `*` for all of a venue.
        {"time": TIME, "market": _S, "currency": _S, "balance": _F},
        required=("time", "market", "currency", "balance"),
        key=("time", "market", "currency"),
        identity=("time", "market", "currency"),
    ),
}


def conform(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the columns of its kind, in order; absent optional ones are null.

    Raises InputError for an unknown kind, a required column that is absent or has a null, a column
    that is not of the kind, or a type that cannot be cast without loss.
    """
    if kind not in KINDS:
        raise InputError(f"unknown kind of data {kind!r}; known are {', '.join(KINDS)}")
    table = KINDS[kind]
    extra = [name for name in frame.columns if name not in table.columns]
    if extra:
        raise InputError(f"{kind} rows have no column {extra[0]!r}")
    try:
        whole = frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in table.columns.items()
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{kind} rows have a value of a wrong type: {_first(error)}") from None
    for name in table.required:
        if whole[name].null_count():
            row = whole[name].is_null().arg_max()
            raise InputError(f"{kind} row {row}: {name} is missing")
    return whole


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
