"""HyperReplay spot balances, file `spot_balances__{block}_{ms}.json`.

No public script reads this file; the fields are those of Reservoir's twin. Sample:

    [{"user":"0xaa","token":"USDC","balance":12.5,"entry_value":0.0}]
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_value
from crashsim.data.loaders.reading.names import snapshot_ms
from crashsim.data.loaders.reading.sample import Sample


class Balance(msgspec.Struct):
    """One token of one account."""

    user: str
    token: str
    balance: float
    entry_value: float | None = None


def sniff(seen: Sample) -> bool:
    """An array of objects with user, token and balance."""
    head = seen.text[:2000]
    return seen.layout == "json" and '"token"' in head and '"balance"' in head


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All balances at the moment in the file's name."""
    at = snapshot_ms(blob)
    balances = json_value(blob, list[Balance])
    frame = pl.DataFrame(
        {
            "time": epoch_times([at] * len(balances), blob),
            "account": [each.user for each in balances],
            "token": [each.token for each in balances],
            "balance": [each.balance for each in balances],
            "entry_value": [each.entry_value for each in balances],
        }
    )
    yield Batch("balances", finite(frame, blob))


FORMAT = Format("hyperreplay-spot", "hyperliquid", sniff, read)
