"""Accounts under other names: keyed, so that only who holds the key can tell who is who."""

import hmac
from collections.abc import Mapping
from hashlib import sha256

import polars as pl

_COLUMNS = ("account", "winner", "loser")
_DIGITS = 12


def pseudonym(key: str, account: str) -> str:
    """`id-` and 12 hexadecimal digits of HMAC-SHA256 of the account under the key."""
    return f"id-{hmac.new(key.encode(), account.encode(), sha256).hexdigest()[:_DIGITS]}"


def pseudonymised(tables: Mapping[str, pl.DataFrame], key: str) -> dict[str, pl.DataFrame]:
    """The run tables with every account replaced; absorbers keep their names."""
    funds = set(tables["absorbers"]["absorber"].unique())
    accounts = tables["accounts"]["account"].to_list()
    names = {name: pseudonym(key, name) for name in accounts if name not in funds}
    return {table: _renamed(frame, names) for table, frame in tables.items()}


def _renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    columns = [name for name in _COLUMNS if name in frame.columns]
    return frame.with_columns(pl.col(columns).replace(names))
