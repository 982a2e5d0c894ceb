"""Hand-made cases in a line or two, for the matrices."""

from dataclasses import dataclass, field

from tests.reference.model import Case, Row
from tests.reference.replay import Result

START_MS = 1_760_130_000_000
PLENTY = 1e12


@dataclass(frozen=True)
class Holding:
    """One position of a hand-made book; isolated where it has a margin of its own."""

    account: str
    size: float
    entry: float = 100.0
    market: str = "BTC"
    margin: float | None = None

    def row(self) -> Row:
        return {
            "account": self.account,
            "market": self.market,
            "size": self.size,
            "entry_price": self.entry,
            "margin_mode": "cross" if self.margin is None else "isolated",
            "isolated_margin": self.margin,
        }


@dataclass(frozen=True)
class Rules:
    """The parts of a venue that a matrix turns; margin 10 % of notional, nothing else on."""

    rate: float = 0.1
    liquidation: Row = field(default_factory=dict)
    takeover: Row = field(default_factory=dict)
    absorber: tuple[Row, ...] = ()
    adl: Row = field(default_factory=dict)
    loss: Row = field(default_factory=dict)
    margin: Row | None = None
    margin_scale: float = 1.0
    collateral: dict[str, float] = field(default_factory=dict)  # weights by asset
    pnl_settlement_s: float | None = None
    withdraw_margin: float = 2.0

    def venue(self) -> Row:
        tiers = {"kind": "tiers", "tiers": [{"from": 0.0, "rate": self.rate}]}
        return {
            "name": "by hand",
            "withdraw_margin": self.withdraw_margin,
            "margin": {"markets": self.margin or {"*": tiers}, "scale": self.margin_scale},
            "liquidation": {"participation": 1.0, **self.liquidation},
            "takeover": self.takeover,
            "absorber": list(self.absorber),
            "adl": {"score": "profit_usd", **self.adl},
            "loss": self.loss,
            "pnl_settlement_s": self.pnl_settlement_s,
            "collateral": {
                "assets": {asset: {"weight": weight} for asset, weight in self.collateral.items()}
            },
        }


def case(
    marks: list[float] | dict[str, list[float]],
    cash: dict[str, float],
    holdings: list[Holding],
    rules: Rules,
    volume: list[float] | float = 0.0,
    flows: list[tuple[int, str, str, float]] | None = None,
    funding: list[float] | None = None,
    collateral: list[tuple[str, str, float]] | None = None,
) -> Case:
    """One second a step. `marks` by market (a list: BTC), flows as (step, account, kind, amount).

    `collateral` as (account, asset, quantity); an asset is a market of `marks`.
    """
    by_market = marks if isinstance(marks, dict) else {"BTC": marks}
    markets = sorted(by_market)
    steps = len(by_market[markets[0]])
    volumes = volume if isinstance(volume, list) else [volume] * steps
    times = [START_MS + 1000 * step for step in range(steps)]
    return Case(
        times_ms=times,
        markets=markets,
        mark=[[by_market[m][k] for m in markets] for k in range(steps)],
        volume_usd=[[volumes[k]] * len(markets) for k in range(steps)],
        funding_rate=[[(funding or [0.0] * steps)[k]] * len(markets) for k in range(steps)],
        accounts=[{"account": name, "cash": cash[name]} for name in sorted(cash)],
        positions=sorted(
            (holding.row() for holding in holdings),
            key=lambda row: (row["account"], row["market"], row["margin_mode"]),
        ),
        flows=[
            {"time_ms": times[step], "account": account, "kind": kind, "amount": amount}
            for step, account, kind, amount in flows or []
        ],
        venue=rules.venue(),
        collateral=[
            {"account": name, "asset": asset, "quantity": quantity}
            for name, asset, quantity in sorted(collateral or [])
        ],
    )


def account(result: Result, name: str) -> Row:
    """The row of one account."""
    return next(row for row in result.tables["accounts"] if row["account"] == name)


def fills(result: Result, stage: str = "book") -> list[Row]:
    """The liquidations of a stage, in order."""
    return [row for row in result.tables["liquidations"] if row["stage"] == stage]


def open_size(result: Result, name: str, market: str = "BTC", mode: str = "cross") -> float:
    """What is still open at the end; 0 where nothing is."""
    rows = result.tables["positions_end"]
    found = [
        r for r in rows if (r["account"], r["market"], r["margin_mode"]) == (name, market, mode)
    ]
    return float(found[0]["size"]) if found else 0.0
