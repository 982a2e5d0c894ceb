"""Options of a reader from what a user typed."""

import zoneinfo
from collections.abc import Mapping, Sequence

from crashsim.data.loaders.format import Options
from crashsim.data.store.kinds import KINDS
from crashsim.scenarios.errors import InputError

UNITS = ("s", "ms", "us", "ns")


def parse_options(
    market: str | None,
    kind: str | None,
    columns: str | None,
    time_unit: str | None,
    tz: str,
    interval_s: int | None,
    contract_sizes: Sequence[str],
    decimal: str | None = None,
) -> Options:
    """Checked options. Raises InputError naming the option that is wrong and what it takes."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"--kind {kind}: expected one of {', '.join(KINDS)}")
    if time_unit is not None and time_unit not in UNITS:
        raise InputError(f"--time-unit {time_unit}: expected one of {', '.join(UNITS)}")
    if decimal not in (None, ",", "."):
        raise InputError(f"--decimal {decimal}: expected , or .")
    try:
        zoneinfo.ZoneInfo(tz)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"--tz {tz}: no such time zone; expected a name as Asia/Tokyo") from None
    return Options(
        market=market,
        kind=kind,
        columns=_columns(columns) if columns else {},
        time_unit=time_unit,
        tz=tz,
        interval_s=interval_s,
        contract_sizes=dict(_contract_size(each) for each in contract_sizes),
        decimal=decimal,
    )


def _columns(text: str) -> Mapping[str, str]:
    pairs = [part.split("=") for part in text.split(",")]
    if any(len(pair) != 2 or not all(p.strip() for p in pair) for pair in pairs):
        raise InputError(
            f"--map {text}: expected theirs=ours pairs, as when=time,paid=price,n=size"
        )
    return {theirs.strip(): ours.strip() for theirs, ours in pairs}


def _contract_size(text: str) -> tuple[str, float]:
    market, _, size = text.rpartition("=")
    try:
        value = float(size)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise InputError(
            f"--contract-size {text}: expected a number above 0, or MARKET=number, as"
            " BTC-USDT-SWAP=0.01"
        )
    return market or "*", value
