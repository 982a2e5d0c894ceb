"""What a reader must know before the numbers: recorded, yours, reconstructed, fitted, assumed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crashsim.data import Book, Flows, InputFile, Inputs, MarketOrigin, Tape
from crashsim.data.schema import RECONSTRUCTED_MARK
from crashsim.data.synthetic.made_marks import read_marks
from crashsim.lab.figures import many
from crashsim.lab.rules.funds import markets_without_absorber, sized_by_book
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import Venue

_FLOWS = "deposits and withdrawals"
KINDS = ("recorded", "yours", "reconstructed", "fitted", "assumed")


@dataclass(frozen=True)
class Statement:
    """One sentence about where a part of the result comes from."""

    kind: str  # one of KINDS, or "note"
    text: str


def statements(scenario: Scenario, inputs: Inputs) -> tuple[Statement, ...]:
    """The statements of a run in the order of KINDS, notes last."""
    origins = inputs.tape.origins
    found = [
        *_prices(origins),
        *_funding(scenario, inputs.tape),
        *_book(scenario, inputs.book),
        *_flows(inputs.flows),
        *_fitted(scenario.fitted),
        *_volume(scenario),
        *_rules(scenario.venue, inputs.tape.markets),
        *_funds(scenario.venue, inputs),
        *_last_as_mark(scenario, origins),
        *_made_marks(scenario, inputs.tape),
        *_file_notes(inputs.files),
    ]
    order = (*KINDS, "note")
    return tuple(sorted(found, key=lambda statement: order.index(statement.kind)))


def with_warnings(found: Iterable[Statement], warnings: Iterable[str]) -> tuple[Statement, ...]:
    """The statements with a run's warnings, first of the notes."""
    own = [*(Statement("note", f"{each}.") for each in warnings), *found]
    return tuple(sorted(own, key=lambda statement: statement.kind == "note"))


def known(scenario: Scenario, inputs: Inputs) -> Mapping[str, str]:
    """For each input of a metric, how it is known: one of KINDS or a mix."""
    origins = tuple(inputs.tape.origins.values())
    prices = _mix(origin.provenance for origin in origins)
    return {
        "prices": "; ".join([prices, *_in_place_of_marks(origins)]),
        "volume": "assumed" if _volume(scenario) else prices,
        "book": _mix((inputs.book.provenance, *(["yours"] if inputs.book.added else []))),
        "flows": _mix((inputs.flows.provenance, *(["yours"] if inputs.flows.added else []))),
        "venue": "; ".join(
            [
                _ground_of_rules(scenario.venue, inputs.tape.markets),
                *_fund_texts(scenario.venue, inputs),
            ]
        ),
    }


def _in_place_of_marks(origins: Iterable[MarketOrigin]) -> list[str]:
    kinds = {origin.price_kind for origin in origins}
    words = {"last": "last prices used as marks", RECONSTRUCTED_MARK: "marks made from last prices"}
    return [text for kind, text in words.items() if kind in kinds]


def _ground_of_rules(venue: Venue, markets: Sequence[str]) -> str:
    rules, tables = venue.rule_counts(), venue.table_counts(markets)
    if not (rules.assumed or rules.sourced or tables.assumed or tables.sourced):
        return "a venue file without sources"
    words = f"{rules.sourced} of {rules.values} values with a source, {rules.assumed} assumed"
    of_markets = f"{tables.sourced} of {many(tables.values, 'market')}"
    return f"{words}; margin tables: {of_markets} with a source"


def _rules(venue: Venue, markets: Sequence[str]) -> list[Statement]:
    policy = venue.loss.policy
    idle = (
        f'loss.{key} does nothing while loss.policy is "{policy}": only "share" reads it.'
        for key in venue.loss.idle
    )
    lent = [m for m in markets if venue.margin.margin_table_for(m).stand_in]
    return [
        Statement("assumed", f"rules of {venue.name}: {_ground_of_rules(venue, markets)}."),
        *([Statement("assumed", _lent(venue, lent))] if lent else []),
        *(Statement("note", text) for text in idle),
    ]


def _funds(venue: Venue, inputs: Inputs) -> list[Statement]:
    """What absorbers start with whose size depends on the book, and where there is none."""
    unserved = markets_without_absorber(venue, inputs)
    return [
        *(
            Statement("assumed" if each.is_grounded else "yours", f"{each.text}.")
            for each in sized_by_book(venue, inputs)
        ),
        *([Statement("note", f"no absorber serves {names(unserved)}.")] if unserved else []),
    ]


def other_funds(venues: Iterable[Venue], inputs: Inputs) -> list[Statement]:
    """The same of other venues on the same book, in one statement; none where nothing is said."""
    texts = {venue.name: ", ".join(_fund_texts(venue, inputs)) for venue in venues}
    told = "; ".join(f"{name}: {text}" for name, text in texts.items() if text)
    return [Statement("assumed", f"funds of the other venues: {told}.")] if told else []


def _fund_texts(venue: Venue, inputs: Inputs) -> list[str]:
    return [each.text for each in sized_by_book(venue, inputs)]


def _lent(venue: Venue, markets: Sequence[str]) -> str:
    owner = Path(venue.margin.stand_in).stem
    return f"margin tables of {names(markets)}: {owner}'s stand in for {venue.name}'s."


def _file_notes(files: Iterable[InputFile]) -> list[Statement]:
    return [Statement("note", f"{file.name}: {note}.") for file in files for note in file.notes]


def _mix(kinds: Iterable[str]) -> str:
    found = set(kinds)
    return " and ".join(kind for kind in KINDS if kind in found)


def _prices(origins: Mapping[str, MarketOrigin]) -> list[Statement]:
    groups: dict[tuple[str, str], list[str]] = {}
    for market, origin in origins.items():
        groups.setdefault((origin.provenance, origin.source), []).append(market)
    return [
        Statement(provenance, f"prices and volume of {names(markets)}: {source}.")
        for (provenance, source), markets in groups.items()
    ]


def _funding(scenario: Scenario, tape: Tape) -> list[Statement]:
    unknown = [m for m in tape.markets if tape.origins[m].provenance == "reconstructed"]
    paid = _settled(tape)
    if unknown := [market for market in unknown if market not in paid]:
        text = f"funding rates inside the window are not known: 0 in {names(unknown)}."
        return [Statement("assumed", text), *_rates(scenario, tape, paid)]
    return _rates(scenario, tape, paid) or [
        Statement("note", "no funding rate in the window: none was paid.")
    ]


def _settled(tape: Tape) -> dict[str, int]:
    """How many rates a market has in the window, of those that have any."""
    counts = np.count_nonzero(tape.funding_rate, axis=0).tolist()
    return {market: n for market, n in zip(tape.markets, counts, strict=True) if n}


def _rates(scenario: Scenario, tape: Tape, settled: Mapping[str, int]) -> list[Statement]:
    groups: dict[str, list[str]] = {}
    for market in settled:
        groups.setdefault(tape.origins[market].provenance, []).append(market)
    return [
        Statement(kind, f"funding rates of {names(each)}: {sum(settled[m] for m in each)} in all.")
        for kind, each in groups.items()
    ] + _rates_of_others(scenario, tape, settled)


def _rates_of_others(scenario: Scenario, tape: Tape, settled: Mapping[str, int]) -> list[Statement]:
    """A rate is one venue's: where it is paid under another's rules, that is said."""
    groups: dict[str, list[str]] = {}
    for market in settled:
        venue = tape.origins[market].venue
        if venue is not None and venue != scenario.venue.name:
            groups.setdefault(venue, []).append(market)
    rules = scenario.venue.name
    return [
        Statement("note", f"funding rates of {names(each)} are {venue}'s, paid under {rules}.")
        for venue, each in groups.items()
    ]


def names(items: Sequence[str], most: int = 4) -> str:
    """The items in words; beyond `most` of them, how many there are."""
    if len(items) > most:
        return f"{len(items)} markets"
    return ", ".join(items)


def _book(scenario: Scenario, book: Book) -> list[Statement]:
    added = [
        Statement("yours", f"{many(len(ids), 'account')} added to the book: {name}.")
        for name, ids in book.added.items()
    ]
    generate = scenario.book.generate
    if generate is None:
        assert scenario.book.path is not None  # exactly one of the two is given
        own = f"accounts and positions: {scenario.book.path.name}."
        return [Statement(book.provenance, own), *added]
    return [
        *added,
        Statement(
            "assumed",
            "every account is synthetic, drawn from a seeded population: counts and dollars show "
            "what the rules do and are not the figures of any venue.",
        ),
        Statement(
            "assumed",
            f"total open interest of ${generate.open_interest_usd:,.0f}; it decides how much is "
            "deleveraged.",
        ),
    ]


def _flows(flows: Flows) -> list[Statement]:
    added = [
        Statement("yours", f"{many(count, 'deposit or withdrawal', _FLOWS)} added: {name}.")
        for name, count in flows.added.items()
    ]
    if flows.frame.height == sum(flows.added.values()):
        return added
    return [Statement(flows.provenance, f"{_FLOWS}: {flows.source}."), *added]


def _fitted(figures: Mapping[str, str]) -> list[Statement]:
    if not figures:
        return []
    listed = "; ".join(dict.fromkeys(figures.values()))
    told = (
        f"accounts and deposits were chosen so that this default comes near what was told: {listed}"
    )
    return [Statement("fitted", f"{told}. Where it does, that confirms nothing.")]


def _volume(scenario: Scenario) -> list[Statement]:
    scale, default_usd = scenario.prices.volume_scale, scenario.prices.default_volume_usd
    found = []
    if scale != 1.0:
        found.append(
            f"this venue's volume is taken to be {scale:.4g} of the volume in the price source; "
            "it decides how much the book can close."
        )
    if default_usd is not None:
        found.append(
            f"${default_usd:,.10g} is traded each second in a market for which no file gives a "
            "volume; it decides how much the book can close."
        )
    return [Statement("assumed", text) for text in found]


def _last_as_mark(scenario: Scenario, origins: Mapping[str, MarketOrigin]) -> list[Statement]:
    last = [market for market, origin in origins.items() if origin.price_kind == "last"]
    if not last:
        return []
    smoothing = scenario.prices.mark_smoothing_s
    how = f", smoothed over {smoothing:g} s" if smoothing else ""
    return [
        Statement(
            "note",
            f"last prices are used as marks in {names(last)}{how}. A venue's mark follows an index "
            "and falls less deep: BTC's low on 10 October 2025 was 101,878 as mark and 101,516 as "
            "last.",
        )
    ]


def _made_marks(scenario: Scenario, tape: Tape) -> list[Statement]:
    made = {m for m in tape.markets if tape.origins[m].price_kind == RECONSTRUCTED_MARK}
    path = scenario.prices.anchors.mark_path
    if not made or path is None:
        return []
    marks = read_marks(path)
    known = made & {*marks.by_market}
    return [
        Statement(
            "reconstructed",
            f"marks are made from last prices: {len(known)} markets go through recorded hourly "
            f"marks; in {len(made) - len(known)} the mark falls {marks.fall_ratio:.3f} times as "
            f"far as last in log price, the median of {len(marks.by_market)}.",
        )
    ]
