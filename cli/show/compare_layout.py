"""How a comparison is laid out for people: groups of metrics under plain names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.lab import figures


@dataclass(frozen=True)
class Item:
    """One metric under a plain name of at most two short lines."""

    heading: str
    metric: str


@dataclass(frozen=True)
class Group:
    """Metrics that answer one question. without_adl: whether the run without ADL has an answer."""

    question: str
    items: tuple[Item, ...]
    without_adl: bool = True


GROUPS: tuple[Group, ...] = (
    Group(
        "Winners: whose positions were closed by force?",
        (
            Item("accounts\nclosed", "adl_accounts"),
            Item("notional\nclosed", "adl_notional_usd"),
            Item("of what all\nwinners held", "winner_capacity_used_frac"),
            Item("from low\nleverage (<2)", "adl_low_leverage_share_frac"),
            Item("hedges\nbroken", "hedges_broken"),
        ),
        without_adl=False,
    ),
    Group(
        "Winners: what did it cost them, against the same night without ADL?",
        (
            Item("haircuts,\nall", "haircut_usd"),
            Item("worst, of\nits equity", "max_haircut_frac"),
            Item("top 10\nbear", "haircut_top_10_share_frac"),
            Item("Gini of\nhaircuts", "haircut_gini"),
            Item("beyond the\nneed", "overshoot_usd"),
        ),
        without_adl=False,
    ),
    Group(
        "Losers: who was liquidated, and who ended in debt?",
        (
            Item("accounts\nliquidated", "liquidated_accounts"),
            Item("notional\nliquidated", "liquidated_notional_usd"),
            Item("ended\nin debt", "debt_accounts"),
            Item("debt at\nthe end", "debt_usd"),
            Item("deposits\nto debts", "deposits_to_debt_usd"),
        ),
    ),
    Group(
        "The venue: who stood behind it, and what was left to whom?",
        (
            Item("taken over\nby funds", "taken_over_usd"),
            Item("funds at\ntheir low", "absorber_low_usd"),
            Item("first\nrefusal", "absorber_first_refusal_at"),
            Item("written\noff", "platform_loss_usd"),
            Item("charged\nto others", "shared_usd"),
        ),
    ),
    Group(
        "After the close: what would the closed positions have gained since?",
        (
            Item("1 s", "adl_markout_1s_usd"),
            Item("5 s", "adl_markout_5s_usd"),
            Item("60 s", "adl_markout_60s_usd"),
            Item("5 min", "adl_markout_300s_usd"),
            Item("the end", "adl_markout_end_usd"),
        ),
        without_adl=False,
    ),
    Group(
        "What would it cost to make everybody whole?",
        (
            Item("all of it", "make_whole_usd"),
            Item("ADL costs\n(to mark)", "make_whole_adl_costs_usd"),
            Item("swallowed\ndeposits", "make_whole_deposits_usd"),
            Item("debts left", "make_whole_debts_usd"),
            Item("half of\nthe fees", "make_whole_half_fees_usd"),
        ),
    ),
)

NOTHING = "-"


def _index(value: float) -> str:
    return f"{value:.2f}"


def _correlation(value: float) -> str:
    return f"{value:+.2f}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


_WRITE: Mapping[str, Callable[[float], str]] = MappingProxyType(
    {
        "USD": figures.short_usd,
        "fraction": figures.percent,
        "index": _index,
        "correlation": _correlation,
    }
)


def written(metric: str, value: Value) -> str:
    """A value as people read it; `-` where there is none."""
    if value is None or isinstance(value, Mapping):
        return NOTHING
    if isinstance(value, str):
        return figures.clock(value)
    return _WRITE.get(COMPARISON_METRICS[metric].unit, _count)(value)


def written_delta(metric: str, delta: Value) -> str:
    """A difference with its sign; nothing where there is none, or where it cannot be told."""
    if not isinstance(delta, int | float):
        return ""
    text = written(metric, abs(delta)).lstrip("+")
    if not any(figure in text for figure in "123456789"):
        return ""
    if COMPARISON_METRICS[metric].unit == "fraction":
        text = f"{text.removesuffix('%')} pt"  # points: not a percentage of the first run's
    return f"{'+' if delta > 0 else '-'}{text}"
