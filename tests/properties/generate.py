"""Small random replays near distress, drawn from any `random.Random`.

Half of the cases are built of numbers with few binary digits, so that thresholds are met exactly
and ties are ties; the others of arbitrary floats. Half of them turn parameters that only some
venues have, and of those some pledge collateral.
"""

from dataclasses import replace
from random import Random

from tests.properties.draw import Draw
from tests.properties.extras import (
    STABLECOINS,
    random_collateral,
    random_weights,
    with_extras,
)
from tests.properties.venues import random_venue
from tests.reference.margin import maintenance
from tests.reference.model import Case, Row
from tests.reference.replay import run, start

MARKETS = ("AAA", "BBBUSDT", "CCC-PERP", "DDD/USDT:USDT")
START_MS = 1_760_130_000_000


def random_case(rng: Random) -> Case:
    """One case: tape, book, flows and venue."""
    draw = Draw(rng, exact=rng.random() < 0.5)
    markets = sorted(MARKETS[: rng.choice((1, 1, 2, 3, 4))])
    steps = rng.randint(3, rng.choice((5, 12, 25)))
    times = [START_MS]
    for _ in range(steps - 1):
        times.append(times[-1] + rng.choice((500, 1000, 1000, 10_000)))
    mark = _marks(draw, markets, steps)
    accounts, positions = _book(draw, markets, mark[0])
    case = Case(
        times_ms=times,
        markets=markets,
        mark=mark,
        volume_usd=_volumes(draw, markets, mark, positions),
        funding_rate=_funding(draw, markets, steps),
        accounts=accounts,
        positions=positions,
        flows=[],
        venue=random_venue(draw, _gross(positions, markets, mark[0])),
        seed=rng.randint(0, 5),
    )
    if draw.maybe(0.5):
        gross = _gross(positions, markets, mark[0])
        case = replace(case, venue=with_extras(draw, case.venue, gross))
        if draw.maybe(0.4):
            case = _with_collateral(draw, case)
    case = _near_distress(draw, case)
    return _with_flows(draw, case)


def _with_collateral(draw: Draw, case: Case) -> Case:
    """Stablecoins join the tape, some to lose their peg; accounts pledge them and other assets."""
    coins = STABLECOINS[: draw.rng.choice((1, 2, 2))]
    pegs = dict.fromkeys(coins, 1.0)
    prices = []
    for _ in case.times_ms:
        pegs = {c: draw.rng.choice((p, p, p, p, 1.0, 0.625)) for c, p in pegs.items()}
        prices.append(list(pegs.values()))
    none = [0.0] * len(coins)
    wider = replace(
        case,
        markets=[*case.markets, *coins],
        mark=[[*row, *more] for row, more in zip(case.mark, prices, strict=True)],
        volume_usd=[[*row, *none] for row in case.volume_usd],
        funding_rate=[[*row, *none] for row in case.funding_rate],
        venue={**case.venue, "collateral": random_weights(draw)},
    )
    marks = dict(zip(wider.markets, wider.mark[0], strict=True))
    return replace(wider, collateral=random_collateral(draw, wider.accounts, marks))


def _marks(draw: Draw, markets: list[str], steps: int) -> list[list[float]]:
    """Quiet steps, crashes of 5-60 %, rebounds, and stretches that do not move."""
    rng = draw.rng
    now = {market: draw.price(rng.choice((64.0, 100.0, 1000.0))) for market in markets}
    rows = [list(now.values())]
    for _ in range(steps - 1):
        common = rng.choice((0.0, 0.0, 0.0, -0.02, 0.02, -0.05, -0.3, 0.25))
        for market in markets:
            shock = rng.choice((0.0, 0.0, 0.01, -0.01, -rng.uniform(0.05, 0.6), 0.4))
            now[market] = draw.price(now[market] * (1 + common) * (1 + shock))
        rows.append(list(now.values()))
    return rows


def _book(draw: Draw, markets: list[str], mark: list[float]) -> tuple[list[Row], list[Row]]:
    """2-12 accounts, cross and isolated mixed, some of them copies of the one before."""
    accounts: list[Row] = []
    positions: list[Row] = []
    for number in range(draw.rng.randint(2, 12)):
        account = f"acct-{number:02d}"
        accounts.append({"account": account, "cash": 0.0})
        mine = [row for row in positions if number and row["account"] == f"acct-{number - 1:02d}"]
        if not mine or draw.maybe(0.8):
            mine = _positions(draw, markets, mark)
        positions += [{**row, "account": account} for row in mine]
    positions.sort(key=lambda row: (row["account"], row["market"], row["margin_mode"]))
    return accounts, positions


def _positions(draw: Draw, markets: list[str], mark: list[float]) -> list[Row]:
    rows: dict[tuple[str, str], Row] = {}
    for _ in range(draw.rng.choice((0, 1, 1, 2, 3, 4))):
        market = draw.rng.choice(markets)
        price = mark[markets.index(market)]
        mode = draw.rng.choice(("cross", "cross", "isolated"))
        side = draw.rng.choice((1, 1, -1))
        entry = draw.price(price * draw.rng.choice((1.0, 1.0, 0.5, 0.9, 1.1, 1.5)))
        size = side * draw.size(draw.rng.choice((8, 8, 64, 512)))
        rows[(market, mode)] = _position(draw, market, mode, size, entry)
        if draw.maybe(0.15):  # a hedge of it, margined apart
            other = "cross" if mode == "isolated" else "isolated"
            hedged = -size * draw.rng.choice((0.5, 1, 2))
            rows[(market, other)] = _position(draw, market, other, hedged, entry)
    return list(rows.values())


def _position(draw: Draw, market: str, mode: str, size: float, entry: float) -> Row:
    return {
        "market": market,
        "size": size,
        "entry_price": entry,
        "margin_mode": mode,
        "isolated_margin": 0.0 if mode == "isolated" else None,
        "opened_at_ms": START_MS - draw.rng.choice((0, 1000, 1000, 86_400_000)),
    }


def _gross(positions: list[Row], markets: list[str], mark: list[float]) -> float:
    gross = sum(abs(row["size"]) * mark[markets.index(row["market"])] for row in positions)
    return max(gross, 64.0)


def _volumes(
    draw: Draw, markets: list[str], mark: list[list[float]], positions: list[Row]
) -> list[list[float]]:
    """From none to plenty, against what is open in the market."""
    rows = []
    for prices in mark:
        row = []
        for column, market in enumerate(markets):
            held = sum(abs(p["size"]) for p in positions if p["market"] == market)
            part = draw.rng.choice((0.0, 0.0, 0.0625, 0.25, 1.0, 4.0))
            row.append(part * max(held, 1.0) * prices[column])
        rows.append(row)
    return rows


def _funding(draw: Draw, markets: list[str], steps: int) -> list[list[float]]:
    rates = (0.0, 0.0, 0.0, 0.0, 1 / 1024, -1 / 256)
    return [[draw.rng.choice(rates) for _ in markets] for _ in range(steps)]


def _near_distress(draw: Draw, case: Case) -> Case:
    """Cash such that each unit's equity is some multiple of its margin at some step."""
    world = start(case)
    cash, together = {}, {}
    for unit in world.units.values():
        step = draw.rng.randrange(len(case.times_ms))
        if draw.maybe(0.5):  # the units of an account fall at the same step
            step = together.setdefault(unit.account, step)
        mark = dict(zip(case.markets, case.mark[step], strict=True))
        world.mark = mark
        factor = draw.rng.choice((-2.0, 0.0, 0.25, 0.75, 0.96875, 1.0, 1.0, 1.25, 2.0, 4.0, 16.0))
        gift = draw.between(-8, 32) if draw.maybe(0.1) else 0.0
        pledged = unit.equity(mark) - unit.wealth(mark) if draw.maybe(0.8) else 0.0
        cash[unit.id] = maintenance(world, unit) * factor - unit.upnl(mark) - pledged + gift
    accounts = [{**row, "cash": cash[(row["account"], "")]} for row in case.accounts]
    positions = [
        {**row, "isolated_margin": cash[(row["account"], row["market"])]}
        if row["margin_mode"] == "isolated"
        else row
        for row in case.positions
    ]
    return replace(case, accounts=accounts, positions=positions)


def _with_flows(draw: Draw, case: Case) -> Case:
    """Deposits and withdrawals anywhere, and deposits about the size of a debt that arises."""
    rng, flows = draw.rng, []
    for _ in range(rng.choice((0, 1, 4))):
        time_ms = rng.choice(case.times_ms) - rng.choice((0, 0, 300))
        flows.append(_flow(draw, max(time_ms, START_MS), rng.choice(case.accounts)["account"]))
    if draw.maybe(0.7):
        flows += _flows_after_losses(draw, replace(case, flows=flows))
    flows.sort(key=lambda flow: flow["time_ms"])
    return replace(case, flows=flows)


def _flow(draw: Draw, time_ms: int, account: str) -> Row:
    kind = draw.rng.choice(("deposit", "withdrawal", "withdrawal"))
    amount = draw.rng.choice((1, 16, 256, 4096)) * draw.between(0.25, 2)
    return {"time_ms": time_ms, "account": account, "kind": kind, "amount": amount}


def _flows_after_losses(draw: Draw, case: Case) -> list[Row]:
    """Deposits about the size of a debt; of losses that a haircut collects, withdrawals."""
    flows = []
    haircut = case.venue["loss"]["policy"] == "withdrawal_haircut"
    for row in run(case).tables["shortfalls"]:
        lost = row["written_off_usd"] if haircut else row["carried_usd"]
        if lost > 0 and draw.maybe(0.7) and row["step"] + 1 < len(case.times_ms):
            time_ms = case.times_ms[draw.rng.randrange(row["step"] + 1, len(case.times_ms))]
            account = draw.rng.choice(case.accounts)["account"] if haircut else row["account"]
            kind = "withdrawal" if haircut else "deposit"
            amount = lost * draw.rng.choice((0.5, 1.0, 1.0, 3.0))
            flows.append({"time_ms": time_ms, "account": account, "kind": kind, "amount": amount})
    return flows


def stretched(case: Case, quiet_steps: int) -> Case:
    """The case with quiet steps of 1 s before each of its own: no volume, no funding, no move."""
    times, mark, volume, funding = [], [], [], []
    shifted = {}
    quiet = [0.0] * len(case.markets)
    for step, time_ms in enumerate(case.times_ms):
        before = case.mark[max(step - 1, 0)]
        for _ in range(quiet_steps if step else 0):
            times.append(times[-1] + 1000)
            mark.append(before)
            volume.append(quiet)
            funding.append(quiet)
        times.append(times[-1] + 1000 if times else time_ms)
        mark.append(case.mark[step])
        volume.append(case.volume_usd[step])
        funding.append(case.funding_rate[step])
        shifted[time_ms] = times[-1]
    flows = [{**flow, "time_ms": _later(shifted, flow["time_ms"])} for flow in case.flows]
    return replace(
        case, times_ms=times, mark=mark, volume_usd=volume, funding_rate=funding, flows=flows
    )


def _later(shifted: dict[int, int], time_ms: int) -> int:
    """The new time of the step in which a flow falls."""
    return next(new for old, new in shifted.items() if time_ms <= old)
