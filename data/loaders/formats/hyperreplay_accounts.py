"""HyperReplay account snapshots; the file is named `..._{block}_{ms}.json`.

Sample (account_value includes unrealised profit and isolated margin):

    [{"user":"0xaa","account_value":100.0,"total_long_notional":0.0,"total_short_notional":50.0}]

HyperReplay's data are for non-commercial use, with attribution.
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_value
from crashsim.data.loaders.reading.names import snapshot_ms
from crashsim.data.loaders.reading.sample import Sample


class Account(msgspec.Struct):
    """One account."""

    user: str
    account_value: float
    total_long_notional: float | None = None
    total_short_notional: float | None = None


def sniff(seen: Sample) -> bool:
    """An array of objects with account_value and total_long_notional, without markets."""
    head = seen.text[:2000]
    return (
        seen.layout == "json"
        and '"account_value"' in head
        and '"total_long_notional"' in head
        and '"market_name"' not in head
    )


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All accounts at the moment in the file's name."""
    at = snapshot_ms(blob)
    accounts = json_value(blob, list[Account])
    frame = pl.DataFrame(
        {
            "time": epoch_times([at] * len(accounts), blob),
            "account": [each.user for each in accounts],
            "account_value": [each.account_value for each in accounts],
            "long_notional": [each.total_long_notional for each in accounts],
            "short_notional": [each.total_short_notional for each in accounts],
        }
    )
    yield Batch("accounts", finite(frame, blob))


FORMAT = Format("hyperreplay-accounts", "hyperliquid", sniff, read)
