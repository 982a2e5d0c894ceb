"""What `crashsim scenarios check` prints: a reconstructed tape against recorded bars."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from crashsim.cli.sheet import Sheet, section
from crashsim.lab.price_check.check_content import content
from crashsim.lab.price_check.check_prices import PriceCheck
from crashsim.lab.price_check.price_errors import SIDES

_MARKET = ("market", "close %", "low %", "high %", "range", "volume", "low at s", "fall %")
_MINUTE = ("UTC", "markets", "close %", "low %", "high %", "range", "volume")
_NUMBERS, _FIRST = frozenset(range(1, 8)), frozenset({0})
_LOGS = ("close_log_error", "low_log_error", "high_log_error")
_WORDS = (
    "In each cell the tape/straight lines between the same anchors. close, low, high: mean size "
    "of the error in log price; range: of bars, over the recorded; volume: a factor it is off by; "
    "low at: seconds after the recorded bar with the low; fall: error of the deepest fall."
)


def rendered(check: PriceCheck) -> Iterator[RenderableType]:
    """For people: each market and all, each minute, and what the bars would choose."""
    told = content(check)
    how = "each market from its hourly anchors alone" if check.leave_one_out else "as it is"
    yield Text(f"{check.kind} prices, {how}, against recorded bars", style="bold")
    yield Text(f"{told['from']} to {told['to']}")
    yield Text(_WORDS, style="dim")
    markets = [_market_row(row) for row in told["markets"]]
    markets.append(_market_row({"market": "mean size", **check.total}))
    yield section("By market", Sheet(_MARKET, markets, _NUMBERS, _FIRST).rendered())
    minutes = [_minute_row(row) for row in told["minutes"]]
    yield section("By minute", Sheet(_MINUTE, minutes, _NUMBERS, _FIRST).rendered())
    yield section("Settings of [prices.anchors] that records choose", *_settings(check))
    if check.notes:
        yield section("Notes", *(Text(f"{note}.") for note in check.notes))


def _market_row(row: Mapping[str, Any]) -> list[str]:
    low_at = f"{row['tape_low_time_error_s']:+.0f}"
    fall = _both(row, "drawdown_log_error", "%")
    return [row["market"], *_means(row), low_at, fall]


def _minute_row(row: Mapping[str, Any]) -> list[str]:
    return [row["time"][11:16], str(row["markets"]), *_means(row)]


def _means(row: Mapping[str, Any]) -> list[str]:
    logs = [_both(row, name, "%") for name in _LOGS]
    return [*logs, _both(row, "range_ratio", ".2f"), _both(row, "volume_factor", ".1f")]


def _both(row: Mapping[str, Any], name: str, form: str) -> str:
    """The value of the tape and that of the lines; a percentage goes without its sign."""
    forms = (".1%", ".0%") if form == "%" else (form, form)
    values = [row[f"{side}_{name}"] for side in SIDES]
    return "/".join(
        "-" if value is None else format(abs(value), each).rstrip("%")
        for value, each in zip(values, forms, strict=True)
    )


def _settings(check: PriceCheck) -> Iterator[RenderableType]:
    titles = ("", "stated", "all bars choose", *(("without one market",) if check.used else ()))
    rows = []
    for name, stated in check.stated.items():
        used = sorted(each[name] for each in check.used.values())
        span = [f"{used[0]:.2f} to {used[-1]:.2f}"] if used else []
        rows.append([name, f"{stated:.4g}", f"{check.fit[name]:.2f}", *span])
    yield Sheet(titles, rows, frozenset({1, 2, 3})).rendered()
