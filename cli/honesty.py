"""What a reader must know before the numbers: what is recorded, reconstructed and assumed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crashsim.data.schema import Book, Flows, MarketOrigin, Tape
from crashsim.scenarios.scenario import Scenario

KINDS = ("recorded", "reconstructed", "assumed")


@dataclass(frozen=True)
class Statement:
    """One sentence about where a part of the result comes from."""

    kind: str  # one of KINDS, or "note"
    text: str


def statements(scenario: Scenario, tape: Tape, book: Book, flows: Flows) -> tuple[Statement, ...]:
    """The statements of a run, recorded first, notes last."""
    found = [
        *_prices(tape.origins),
        *_book(scenario, book),
        *_flows(flows),
        *_volume(scenario, tape.origins),
        *_last_as_mark(scenario, tape.origins),
    ]
    order = (*KINDS, "note")
    return tuple(sorted(found, key=lambda statement: order.index(statement.kind)))


def known(tape: Tape, book: Book, flows: Flows) -> Mapping[str, str]:
    """For each input of a metric, how it is known: recorded, reconstructed, assumed or a mix."""
    prices = _mix(origin.provenance for origin in tape.origins.values())
    return {
        "prices": prices,
        "volume": prices,
        "book": book.provenance,
        "flows": flows.provenance,
        "venue": "rules",
    }


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


def names(items: list[str], most: int = 4) -> str:
    """The items in words; beyond `most` of them, how many there are."""
    if len(items) > most:
        return f"{len(items)} markets"
    return ", ".join(items)


def _book(scenario: Scenario, book: Book) -> list[Statement]:
    generate = scenario.book.generate
    if generate is None:
        return [Statement(book.provenance, f"accounts and positions: {book.source}.")]
    return [
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
    if flows.frame.is_empty():
        return []
    return [Statement(flows.provenance, f"deposits and withdrawals: {flows.source}.")]


def _volume(scenario: Scenario, origins: Mapping[str, MarketOrigin]) -> list[Statement]:
    scale = scenario.prices.volume_scale
    if scale == 1.0:
        return []
    return [
        Statement(
            "assumed",
            f"this venue's volume is taken to be {scale:.4g} of the volume in the price source; "
            "it decides how much the book can close.",
        )
    ]


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
            "and falls less deep: BTC's low was 101,878 as mark and 101,516 as last.",
        )
    ]
