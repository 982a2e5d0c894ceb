"""The five headline numbers of a run, from summary.json: each with how it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from crashsim.cli.show import firmness
from crashsim.lab.draws.draws_told import Draws
from crashsim.lab.figures import clock, many, short_usd

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Headline:
    """A number in words. metric: its name in summary.json; value: as it stands there.

    band: between what it lies in 8 of 10 draws of what is assumed; empty where none were made.
    """

    metric: str
    value: float
    figure: str
    label: str
    more: str
    definition: str
    known: Mapping[str, str]
    band: str = ""


def headlines(summary: Summary, draws: Draws | None = None) -> list[Headline]:
    """Five numbers: liquidated, deleveraged, in debt, deposits swallowed, who bore the losses."""
    liquidated, deleveraged, swallowed = (
        _usd(summary, metric, label, more(summary))
        for metric, label, more in (
            ("liquidated_notional_usd", "of positions liquidated", _of_accounts),
            ("adl_notional_usd", "of winning positions closed by force", _deleveraged),
            ("deposits_to_debt_usd", "of new deposits went to old debts", _swallowed),
        )
    )
    found = [liquidated, deleveraged, _in_debt(summary), swallowed, _backing(summary)]
    return [replace(one, band=firmness.band(one.metric, draws)) for one in found]


def _value(summary: Summary, name: str) -> Any:
    return summary[name]["value"]


def _headline(summary: Summary, name: str, figure: str, label: str, more: str) -> Headline:
    entry = summary[name]
    known = dict(entry.get("inputs", {}))
    if "fitted_to" in entry:
        known["fitted to"] = entry["fitted_to"]
    return Headline(name, entry["value"], figure, label, more, entry["definition"], known)


def _usd(summary: Summary, name: str, label: str, more: str) -> Headline:
    return _headline(summary, name, short_usd(_value(summary, name)), label, more)


def _of_accounts(summary: Summary) -> str:
    accounts = many(_value(summary, "liquidated_accounts"), "account")
    taken = _value(summary, "taken_over_usd")
    return f"{accounts}; {short_usd(taken)} of it taken over" if taken else accounts


def _deleveraged(summary: Summary) -> str:
    accounts = many(_value(summary, "adl_accounts"), "account")
    cost = _value(summary, "adl_cost_usd")
    if not cost:
        return f"{accounts}, at mark"
    what = "at a cost against mark of" if cost > 0 else "with a gain against mark of"
    return f"{accounts}, {what} {short_usd(abs(cost))}"


def _in_debt(summary: Summary) -> Headline:
    count = _value(summary, "was_in_debt_accounts")
    peak, owed = (short_usd(_value(summary, name)) for name in ("debt_peak_usd", "debt_usd"))
    still = f"{_value(summary, 'debt_accounts'):,} still owe {owed} at the end"
    more = f"{peak} at the peak; {still}" if count else "nobody owed the venue"
    label = "account fell into debt" if count == 1 else "accounts fell into debt"
    return _headline(summary, "was_in_debt_accounts", f"{count:,}", label, more)


def _swallowed(summary: Summary) -> str:
    deposited = short_usd(_value(summary, "deposits_usd"))
    accounts = many(_value(summary, "deposits_to_debt_accounts"), "account")
    return f"of {accounts}; {deposited} were deposited in all"


def _backing(summary: Summary) -> Headline:
    low = _value(summary, "absorber_low_usd")
    if low is None:
        label = "owed to the platform at the end"
        lost = f"{short_usd(_value(summary, 'platform_loss_usd'))} written off"
        return _usd(summary, "platform_receivable_usd", label, f"no insurance fund; {lost}")
    refused = _value(summary, "absorber_first_refusal_at")
    more = f"at {clock(_value(summary, 'absorber_low_at'))} UTC"
    if refused:
        more += f"; takeovers refused from {clock(refused)}"
    return _usd(summary, "absorber_low_usd", "the insurance fund at its lowest", more)
