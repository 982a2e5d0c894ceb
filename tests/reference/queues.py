"""The queues of rule 6: who may be deleveraged, in which order."""

from dataclasses import dataclass
from itertools import pairwise
from math import floor, inf, isnan

from tests.reference.chance import draw
from tests.reference.model import Absorber, Market, Position, Row, Unit, World
from tests.reference.scores import columns, score_of


@dataclass
class Candidate:
    """A position in the queue as it was at the start of rule 6."""

    holder: Unit | Absorber
    market: Market
    columns: Row
    size_at_start: float
    score: float = 0.0
    rank: int = 0


@dataclass(frozen=True)
class Queues:
    """The candidates by (market, side of their positions), and all sizes at the start."""

    by_market_side: dict[tuple[Market, int], list[Candidate]]
    sizes: dict[tuple[str, str, Market], float]


def queues_of(world: World, flagged: list[Unit]) -> Queues:
    """Rule 6: candidates and scores of the state at the start of the rule, for every side."""
    holders: list[Unit | Absorber] = [u for u in world.units.values() if u not in flagged]
    if world.rules["adl"]["absorbers_eligible"]:
        holders += world.absorbers
    by_market_side: dict[tuple[Market, int], list[Candidate]] = {}
    for holder in holders:
        for market, position in holder.positions.items():
            if isinstance(holder, Absorber):
                _note_rounded_entry(world, market, position)
            if _eligible(world, market, position):
                one = Candidate(holder, market, columns(world, holder, market), abs(position.size))
                by_market_side.setdefault((market, position.side), []).append(one)
    for (market, side), queue in by_market_side.items():
        _seat(world, market, side, queue)
        _rank(world, queue)
    everyone = [*world.units.values(), *world.absorbers]
    sizes = {(*h.id, m): abs(p.size) for h in everyone for m, p in h.positions.items()}
    return Queues(by_market_side, sizes)


def _note_rounded_entry(world: World, market: Market, position: Position) -> None:
    """An entry averaged over takeovers at one mark may miss that mark by rounding."""
    if position.upnl(world.mark[market]) == 0:
        world.close_calls.append(f"step {world.step}: an absorber's entry is the mark")


def _eligible(world: World, market: Market, position: Position) -> bool:
    """Rule 6: "profitable": only `upnl > 0`; "opposite": all."""
    if world.rules["adl"]["eligible"] == "opposite":
        return True
    upnl = position.upnl(world.mark[market])
    scale = position.notional(world.mark[market])
    return world.compare(upnl, 0.0, scale, "profit of a candidate") > 0


def _seat(world: World, market: Market, side: int, queue: list[Candidate]) -> None:
    """Section 8, `seeded_place`: the place in the list by unit id, counted from a drawn place."""
    long_or_short = "long" if side > 0 else "short"
    drawn = draw(world.case.seed, world.step, market, long_or_short)
    first = floor(drawn * len(queue))
    if first > 0 and "seeded_place" in world.rules["adl"]["score"].replace("dydx", "seeded_place"):
        world.reached("a seeded start in the midst of the list")
    for number, one in enumerate(sorted(queue, key=lambda one: one.holder.id)):
        one.columns["seeded_place"] = float((number - first) % len(queue))


def _rank(world: World, queue: list[Candidate]) -> None:
    """Rule 6: descending score, ties by unit id; an absorber's id is (name, empty)."""
    for one in queue:
        score = score_of(world.rules["adl"]["score"])(one.columns)
        one.score = -inf if isnan(score) else score  # an undefined score ranks last
    queue.sort(key=lambda one: (-one.score, one.holder.id))
    for place, (one, other) in enumerate(pairwise(queue), start=2):
        other.rank = place
        if one.score == other.score:
            world.reached("two candidates of the same score go by id")
        else:
            scale = max(abs(one.score), abs(other.score))
            world.compare(one.score, other.score, scale, "scores of two candidates")
    queue[0].rank = 1
