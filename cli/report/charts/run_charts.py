"""The charts of one run."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from crashsim.cli.report.charts.chart import Chart
from crashsim.cli.report.charts.panels import Panel, Series, Span, draw_panels, hover
from crashsim.cli.report.charts.shapes import draw_bands, draw_lorenz, draw_transfers
from crashsim.engine.readings import Frame, Tables, burden, distance, minutes, transfers
from crashsim.lab.figures import clock, short_usd


def charts_of(
    tables: Tables, summary: Mapping[str, Any], unserved: Collection[str] = ()
) -> list[Chart]:
    """Every chart of a run for which there is something to show.

    unserved: markets without an absorber.
    """
    return [
        timeline_chart(tables),
        *_fund_chart(tables, summary),
        *_transfer_chart(tables, unserved),
        *_lorenz_chart(tables),
        distance_chart(tables),
    ]


def timeline_chart(tables: Tables) -> Chart:
    """Price, liquidations, auto-deleveraging, debt and fund, minute by minute."""
    bins, prices = minutes.by_minute(tables), minutes.price_paths(tables)
    width = minutes.bin_minutes(tables["timeline"])
    data = minutes.with_prices(bins, prices)
    panels = list(_timeline_panels(data, list(dict.fromkeys(prices["market"]))))
    times = data["time"].to_list()
    draw = partial(draw_panels, times=times, panels=panels, span=_adl_span(tables))
    what = ", ".join(panel.title.lower() for panel in panels)
    return Chart(
        "timeline",
        "Minute by minute" if width == 1 else f"In steps of {width} minutes",
        f"Panels over time, one below the other: {what}. The data is in the table below.",
        "Prices are lowest marks of each bin over the first mark. Shaded: from the first to the "
        "last auto-deleveraging fill. Debt is the largest of each bin, the fund's equity the "
        "lowest.",
        data,
        draw,
        hover(times, panels),
    )


def _timeline_panels(bins: Frame, markets: Sequence[str]) -> Iterable[Panel]:
    lines = [
        Series(market, bins[market].to_list(), "line", kind) for kind, market in enumerate(markets)
    ]
    if lines:
        title = "Price" if len(lines) > 1 else f"Price of {markets[0]}"
        yield Panel(title, lines, 130, lambda value: f"{value:.0%}")
    closed = [Series("order book", bins["liquidated_usd"].to_list(), "bars", 0)]
    if any(bins["taken_over_usd"]):
        closed.append(Series("taken over", bins["taken_over_usd"].to_list(), "bars", 4))
    yield Panel("Liquidated", closed, 84)
    if any(bins["adl_usd"]):
        yield Panel("Auto-deleveraged", [Series("", bins["adl_usd"].to_list(), "bars", 1)], 84)
    if any(bins["debt_usd"]):
        yield Panel(
            "Debt owed by accounts", [Series("", bins["debt_usd"].to_list(), "area", 3)], 70
        )
    if bins["fund_usd"].null_count() < bins.height:
        fund = bins["fund_usd"].forward_fill().to_list()
        yield Panel("Insurance fund and vaults", [Series("", fund, "area", 2)], 70)


def _adl_span(tables: Tables) -> Span | None:
    fills = tables["adl_fills"]
    if fills.is_empty():
        return None
    first, last = fills["time"][0], fills["time"][-1]
    label = f"auto-deleveraging {first:%H:%M} to {last:%H:%M}"
    return Span(minutes.bin_of(tables, first), minutes.bin_of(tables, last), label)


def _fund_chart(tables: Tables, summary: Mapping[str, Any]) -> Iterable[Chart]:
    bins = minutes.by_minute(tables)
    if bins["fund_usd"].null_count() == bins.height:
        return
    data = bins.select("time", "fund_usd")
    times, values = data["time"].to_list(), data["fund_usd"].forward_fill().to_list()
    panel = Panel("Equity of insurance fund and vaults", [Series("", values, "area", 2)], 220)
    low, at = summary["absorber_low_usd"]["value"], summary["absorber_low_at"]["value"]
    refused = summary["absorber_first_refusal_at"]["value"]
    told = f"Lowest: {short_usd(low)} at {clock(at)} UTC."
    if refused:
        told += f" It first refused a takeover for lack of funds at {clock(refused)} UTC."
    yield Chart(
        "fund",
        "The fund's curve",
        f"Equity of the insurance fund and vaults over time. {told}",
        f"{told} Cash and unrealised profit of what it had taken over, the lowest of each bin.",
        data,
        partial(draw_panels, times=times, panels=[panel], span=_refusal_span(tables, refused)),
        hover(times, [panel]),
    )


def _refusal_span(tables: Tables, refused: str | None) -> Span | None:
    if not refused:
        return None
    start = minutes.bin_of(tables, datetime.fromisoformat(refused))
    return Span(start, None, f"{clock(refused)} first takeover refused")


def _transfer_chart(tables: Tables, unserved: Collection[str]) -> Iterable[Chart]:
    flows = transfers.who_paid_whom(tables, unserved)
    if flows.is_empty():
        return
    told = "; ".join(
        f"{payer} paid {short_usd(usd)} to {receiver} ({reason})"
        for payer, receiver, reason, usd in flows.iter_rows()
    )
    yield Chart(
        "who-paid-whom",
        "Who paid whom",
        f"Flows of money between groups: {told}.",
        "Money that changed hands beyond trading at mark. What prices alone made or lost is "
        "not in it. An account can be in more than one group.",
        flows,
        partial(draw_transfers, flows=flows),
    )


def _lorenz_chart(tables: Tables) -> Iterable[Chart]:
    curves = burden.lorenz(tables)
    if curves.is_empty():
        return
    told = "; ".join(
        f"{name}: {accounts:,} accounts, the ten largest bear {top:.0%}, Gini {gini:.2f}"
        for name, accounts, _, gini, top in burden.concentration(tables).iter_rows()
    )
    yield Chart(
        "lorenz",
        "How unequally it fell",
        f"Lorenz curves. {told}.",
        f"{told[0].upper()}{told[1:]}. The further a curve hangs below the dashed line, the "
        "fewer bear most of it.",
        curves,
        partial(draw_lorenz, curves=curves),
    )


def distance_chart(tables: Tables) -> Chart:
    """Distance to liquidation before and after."""
    data = distance.distance(tables)
    bands = data["band"].to_list()
    series = [("before", data["before"].to_list()), ("after", data["after"].to_list())]
    gone = int(data["after"][-1])
    alt = (
        "Bars: margin units by distance to liquidation before and after; "
        f"{gone:,} have no position left."
    )
    return Chart(
        "distance",
        "Distance to liquidation, before and after",
        alt,
        "Distance: (equity less maintenance margin) over notional, the adverse move of all "
        "positions that would bring liquidation. A unit is a cross account or one isolated "
        "position; those with a position at the start are counted.",
        data,
        partial(draw_bands, bands=bands, series=series, unit="margin units"),
    )
