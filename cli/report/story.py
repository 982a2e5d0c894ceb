"""The journalist's page: what happened in order, figures with definitions, caveats."""

from collections.abc import Sequence

from crashsim.cli.report.headlines import Headline
from crashsim.cli.report.view import RunView
from crashsim.engine.readings import sides
from crashsim.engine.readings.moments import WHOLE_MINUTES, Moment
from crashsim.lab.figures import many, short_usd


def sentences(run: RunView) -> list[str]:
    """What happened, in order, a sentence a moment."""
    first = run.moments[0].time.date() if run.moments else None
    return [
        f"{_clock(moment)} UTC{_day(moment, first)}: {_said(moment, run)}" for moment in run.moments
    ]


def _clock(moment: Moment) -> str:
    return f"{moment.time:%H:%M}" if moment.kind in WHOLE_MINUTES else f"{moment.time:%H:%M:%S}"


def _day(moment: Moment, first: object) -> str:
    return f" ({moment.time:%d %B})" if moment.time.date() != first else ""


_WORDS = {
    "first_liquidation": "the first position is liquidated on the order book.",
    "first_takeover": "for the first time the insurance fund or a vault takes over an account's "
    "positions.",
    "busiest_liquidation": "the busiest minute of liquidations on the order book: {amount}.",
    "low": "{moment.name} is at its lowest, {moment.value:.1%} below its first mark.",
    "fund_low": "the equity of the fund and vaults is at its lowest, {amount}.",
    "fund_below_zero": "the fund and vaults together are below zero.",
    "first_adl": "the first winner is closed by force, in {moment.name}.",
    "busiest_adl": "the busiest minute of auto-deleveraging: {amount} closed.",
    "last_adl": "the last winner is closed by force, in {moment.name}; by now it has hit {hit}.",
    "first_debt": "an account ends below zero for the first time; it owes {amount}.",
    "debt_peak": "debts are at their peak, {amount}.",
    "first_deposit_to_debt": "for the first time a deposit goes to a debt: {amount} of it.",
}


def _said(moment: Moment, run: RunView) -> str:
    hit = many(run.summary["adl_accounts"]["value"], "account")
    return _WORDS[moment.kind].format(moment=moment, amount=short_usd(moment.value), hit=hit)


def standfirst(run: RunView) -> str:
    """One sentence that says what the run shows."""
    values = {name: entry["value"] for name, entry in run.summary.items()}
    parts = [f"{short_usd(values['liquidated_notional_usd'])} of positions were liquidated"]
    if values["adl_accounts"]:
        parts.append(f"{many(values['adl_accounts'], 'winning account')} were closed by force")
    if values["was_in_debt_accounts"]:
        parts.append(f"{many(values['was_in_debt_accounts'], 'account')} fell into debt")
    if values["deposits_to_debt_usd"]:
        swallowed = short_usd(values["deposits_to_debt_usd"])
        parts.append(f"{swallowed} of new deposits went to debts")
    words = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return f"In this replay under the rules of {run.venue}, {words}."


def markdown(runs: Sequence[RunView]) -> str:
    """The page of one run, or of the first of several with what the others change."""
    run = runs[0]
    lines = [f"# {run.title}", "", standfirst(run), "", f"**{run.caution}**", ""]
    lines += ["## What happened, in order", ""]
    lines += [f"- {sentence}" for sentence in sentences(run)] or ["- Nobody was liquidated."]
    lines += ["", "## Five figures", ""]
    lines += [_figure(place, one) for place, one in enumerate(run.headlines, 1)]
    if run.draws:
        lines += ["", "## How firm they are", "", *(f"- {text}." for text in run.firmness)]
    if len(runs) > 1:
        lines += ["", "## Under other rules", "", *_others(runs)]
    lines += ["", "## What to keep in mind", ""]
    lines += [f"- *{one.kind}*: {one.text}" for one in run.statements]
    lines += ["", "## To check it", "", *(f"    {one.command}" for one in runs), ""]
    return "\n".join(lines)


def known_words(headline: Headline) -> str:
    """How the inputs of a number are known, in a line."""
    return "; ".join(f"{name}: {how}" for name, how in headline.known.items())


def _figure(place: int, one: Headline) -> str:
    band = f" In 8 of 10 draws of what is assumed: {one.band}." if one.band else ""
    return (
        f"{place}. **{one.figure}** {one.label} ({one.more}).{band} *{one.definition}* "
        f"`{one.metric}` = {round(one.value, 2):,}. How it is known: {known_words(one)}."
    )


def _others(runs: Sequence[RunView]) -> list[str]:
    lines = []
    for other in runs[1:]:
        changed = [
            f"{now.figure} {now.label} instead of {then.figure}"
            for then, now in zip(runs[0].headlines, other.headlines, strict=True)
            if then.metric == now.metric and then.figure != now.figure
        ]
        crossed = sides.changers({run.label: run.tables for run in (runs[0], other)}).height
        lines.append(
            f"- **{other.label}**: {'; '.join(changed) or 'the same five figures'}. "
            f"{many(crossed, 'account')} would have ended on another side (in debt, "
            "deleveraged, liquidated or untouched)."
        )
    return lines
