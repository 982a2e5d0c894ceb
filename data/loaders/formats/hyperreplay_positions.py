"""HyperReplay position snapshots, an array of markets; named `..._{block}_{ms}.json`.

Sample (size is signed; notional_size / |size| is the mark):

    [{"market_name":"hyperliquid:ABC","snapshot_id":"custom_1","position_count":1,"positions":[
     {"user":"0xaa","size":-5.0,"notional_size":50.0,"funding_pnl":0.0,"entry_price":11.0,
     "is_cross":true,"leverage":5,"liquidation_price":29.0,"account_value":100.0}]}]
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_value
from crashsim.data.loaders.reading.names import snapshot_ms
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError


class Position(msgspec.Struct):
    """One position."""

    user: str
    size: float
    notional_size: float
    entry_price: float
    is_cross: bool
    leverage: float | None = None
    funding_pnl: float | None = None
    liquidation_price: float | None = None
    account_value: float | None = None


class Market(msgspec.Struct):
    """All positions of a market."""

    market_name: str
    positions: list[Position]
    position_count: int | None = None


def sniff(seen: Sample) -> bool:
    """An array of markets with positions."""
    head = seen.text[:2000]
    return seen.layout == "json" and '"market_name"' in head and '"positions"' in head


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All positions at the moment in the file's name; `hyperliquid:` is taken off the market."""
    at = snapshot_ms(blob)
    markets = json_value(blob, list[Market])
    for market in markets:
        if market.position_count not in (None, len(market.positions)):
            raise InputError(
                f"{blob.path}: {market.market_name}: {len(market.positions)} positions, but"
                f" position_count says {market.position_count}; is the file cut off?"
            )
    held = [(market, each) for market in markets for each in market.positions]
    frame = pl.DataFrame(
        {
            "time": epoch_times([at] * len(held), blob),
            "account": [each.user for _, each in held],
            "market": [market.market_name.removeprefix("hyperliquid:") for market, _ in held],
            "size": [each.size for _, each in held],
            "notional": [abs(each.notional_size) for _, each in held],
            "entry_price": [each.entry_price for _, each in held],
            "is_cross": [each.is_cross for _, each in held],
            "leverage": [each.leverage for _, each in held],
            "liquidation_price": [each.liquidation_price for _, each in held],
            "funding_pnl": [each.funding_pnl for _, each in held],
            "account_value": [each.account_value for _, each in held],
        }
    )
    yield Batch("positions", finite(frame, blob))


FORMAT = Format("hyperreplay-positions", "hyperliquid", sniff, read)
