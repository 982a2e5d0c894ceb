"""What the reference computes on: the case, and the holders of positions in it."""

from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import Any

from tests.reference.branches import BRANCHES

DUST = 1e-12  # of the size at the start of the rule (section 3)
ROUNDING = 1e-9  # of gross (rules 7 and 8, section 4)
CLOSE_CALL = 1e-11  # of the scale: a decision this near is rounding, not a rule

Row = dict[str, Any]
Market = str
UnitId = tuple[str, str]


@dataclass(frozen=True)
class Case:
    """One replay's inputs as plain structures. Rows of mark, volume and funding are per step."""

    times_ms: list[int]
    markets: list[Market]
    mark: list[list[float]]
    volume_usd: list[list[float]]
    funding_rate: list[list[float]]
    accounts: list[Row]  # account, cash
    positions: list[Row]  # account, market, size, entry_price, margin_mode, isolated_margin
    flows: list[Row]  # time_ms, account, kind, amount
    venue: Row  # as in venue.toml, defaults left out
    seed: int = 0
    collateral: list[Row] = field(default_factory=list)  # account, asset, quantity


@dataclass
class Position:
    """A signed size in base units and its average entry price."""

    size: float
    entry: float

    @property
    def side(self) -> int:
        return 1 if self.size > 0 else -1

    def upnl(self, mark: float) -> float:
        return self.size * (mark - self.entry)

    def notional(self, mark: float) -> float:
        return abs(self.size) * mark


@dataclass
class Lot:
    """A quantity of one asset that a cross unit pledges, and the asset's weight (section 9)."""

    quantity: float
    weight: float

    def value(self, mark: float) -> float:
        return self.quantity * (self.weight * mark)


@dataclass
class Holder:
    """Cash and the positions that it margins together."""

    cash: float
    positions: dict[Market, Position] = field(default_factory=dict)

    def equity(self, mark: dict[Market, float]) -> float:
        """`equity = cash + sum(upnl)` (section 2)."""
        return self.wealth(mark)

    def wealth(self, mark: dict[Market, float]) -> float:
        """What section 4 counts: `cash + sum(upnl)`."""
        return self.cash + self.upnl(mark)

    def upnl(self, mark: dict[Market, float]) -> float:
        return sum(position.upnl(mark[m]) for m, position in sorted(self.positions.items()))

    def notional(self, mark: dict[Market, float]) -> float:
        return sum(position.notional(mark[m]) for m, position in sorted(self.positions.items()))


@dataclass
class Unit(Holder):
    """A cross account, or one isolated position with its margin (section 1)."""

    account: str = ""
    isolated_market: str = ""
    due_since_ms: int | None = None  # start of the present run of rule 5
    is_early: bool = False  # due for ADL with equity above 0, in the present step
    charged_usd: float = 0.0  # loss shares of earlier steps
    closed_usd: float = 0.0  # gross closed this step, and collateral sold
    closed_in: dict[Market, float] = field(default_factory=dict)  # of it by book and ADL
    deficit_counted: bool = False  # its ADL has begun before
    lots: dict[str, Lot] = field(default_factory=dict)  # by asset
    ordered: set[Market] = field(default_factory=set)  # an order of the position has filled
    closed_in_part_ms: dict[Market, int] = field(default_factory=dict)  # by the book, last time

    def equity(self, mark: dict[Market, float]) -> float:
        """`equity = cash + sum(upnl) + sum(quantity * weight * mark)` (section 9)."""
        pledged = sum(lot.value(mark[asset]) for asset, lot in sorted(self.lots.items()))
        return self.wealth(mark) + pledged

    def note_closed(self, market: Market, usd: float) -> None:
        """The book or ADL has closed this much of a position, at mark."""
        self.closed_usd += usd
        self.closed_in[market] = self.closed_in.get(market, 0.0) + usd

    @property
    def id(self) -> UnitId:
        return (self.account, self.isolated_market)

    @property
    def name(self) -> str:
        return self.account

    @property
    def mode(self) -> str:
        return "isolated" if self.isolated_market else "cross"


@dataclass
class Absorber(Holder):
    """An insurance fund, vault or liquidity provider (rule 5)."""

    name: str = ""
    rules: Row = field(default_factory=dict)  # of cash, floor and bound what is its own (section 8)
    markets: frozenset[Market] | None = None  # those that it serves; None for every market
    floor: float = 0.0  # of the present step
    equity_at_ends: list[tuple[int, float]] = field(default_factory=list)  # (time_ms, equity)
    mode: None = None  # an absorber has no margin mode

    @property
    def id(self) -> UnitId:
        return (self.name, "")

    def serves(self, market: Market | None) -> bool:
        """Section 8: whether a market is one of its own; None stands for no market."""
        return self.markets is None or market in self.markets


@dataclass
class World:
    """The state of a replay and everything it has written so far."""

    case: Case
    rules: Row  # the venue with every default filled in
    units: dict[UnitId, Unit]  # ascending by id
    absorbers: list[Absorber]  # in the order of the venue file
    debt: dict[str, float]
    outside_size: dict[Market, float]
    outside_cash: float
    platform_cash: float = 0.0
    pool_usd: float = 0.0  # of withdrawal_haircut: losses not yet charged
    settled_mark: dict[Market, float] = field(default_factory=dict)  # of the last settlement
    deficit_usd: float = 0.0
    step: int = 0
    mark: dict[Market, float] = field(default_factory=dict)
    used: dict[tuple[Market, int], float] = field(default_factory=dict)  # u of rule 4
    tables: dict[str, list[Row]] = field(default_factory=dict)
    accounts: dict[str, Row] = field(default_factory=dict)
    totals: Row = field(default_factory=dict)  # of the present step
    branches: Counter[str] = field(default_factory=Counter)
    close_calls: list[str] = field(default_factory=list)
    residual_frac: float = 0.0

    @property
    def time_ms(self) -> int:
        return self.case.times_ms[self.step]

    def first_absorber(self, market: Market) -> Absorber | None:
        """Section 8: the first that serves a market; None where there is none."""
        return next((one for one in self.absorbers if one.serves(market)), None)

    def cross(self, account: str) -> Unit:
        return self.units[(account, "")]

    def reached(self, branch: str) -> None:
        """Count a branch by its sentence; an unlisted sentence is a mistake."""
        if branch not in BRANCHES:
            raise KeyError(branch)
        self.branches[branch] += 1

    def compare(self, left: float, right: float, scale: float, what: str) -> float:
        """`left - right`, noting where rounding alone could turn its sign."""
        difference = left - right
        rough_tie = difference == 0 and (_is_rough(left) or _is_rough(scale))
        if rough_tie or (0 < abs(difference) <= CLOSE_CALL * scale < inf):
            self.close_calls.append(f"step {self.step}: {what}: {left!r} against {right!r}")
        return difference

    def write(self, table: str, **row: Any) -> None:
        self.tables[table].append({"step": self.step, "time_ms": self.time_ms, **row})


def _is_rough(number: float) -> bool:
    """Whether a number has more binary digits than the exact cases: it has been rounded."""
    return number * 2**20 % 1 != 0


def close_part(
    holder: Holder, market: Market, quantity: float, price: float, size_at_rule_start: float
) -> float:
    """Close `quantity` of a position at a price into cash; returns the realised profit.

    A remainder of at most 1e-12 of the size at the start of the rule is 0 (section 3).
    """
    position = holder.positions[market]
    realised = position.side * quantity * (price - position.entry)
    holder.cash += realised
    left = abs(position.size) - quantity
    if left <= DUST * abs(size_at_rule_start):
        del holder.positions[market]
    else:
        position.size = position.side * left
    return realised
