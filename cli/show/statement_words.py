"""A statement in plain sentences."""

from crashsim.engine.readings.statement import Item, Statement
from crashsim.engine.readings.statement_lines import Line
from crashsim.lab.figures import usd


def answer(statement: Statement) -> list[str]:
    """The first lines: what became of the account, and of its deposits."""
    return [*_deposits(statement), *_outcome(statement)]


def _deposits(statement: Statement) -> list[str]:
    swallowed = [item for item in statement.items if item.kind == "deposit_to_debt"]
    if not swallowed:
        return []
    origin = next((item for item in statement.items if item.kind == "debt"), None)
    deposits = statement.amount_usd("deposit")
    paid = statement.amount_usd("deposit_to_debt")
    at = ", ".join(_clock(item) for item in swallowed[:3])
    where = f"went to a debt that you already owed ({at} UTC), not to your balance"
    lines = [f"Of your deposits of {usd(deposits)}, {usd(paid)} {where}."]
    if origin is not None:
        lines.append(
            f"The debt began at {_clock(origin)} UTC: when your last position was closed, your "
            f"account was {usd(origin.amount_usd)} below zero, nobody else paid it, and this "
            "venue's rules carry it as a debt that later deposits repay first."
        )
    return lines


def _outcome(statement: Statement) -> list[str]:
    lines = []
    closed = [item for item in statement.items if item.kind in ("liquidation", "takeover")]
    if closed:
        lines.append(
            f"Positions of yours were liquidated from {_clock(closed[0])} UTC on, because your "
            "equity had fallen below the maintenance margin."
        )
    won = [item for item in statement.items if item.kind == "adl_winner"]
    if won:
        gain = statement.moved_usd("adl_winner")
        side = "better" if gain > 0 else "worse"
        price = f"{usd(abs(gain))} {side} than mark" if round(gain, 2) else "at mark"
        lines.append(
            f"Winning positions of yours were closed by force in {len(won):,} "
            f"{'fill' if len(won) == 1 else 'fills'} of auto-deleveraging, first at "
            f"{_clock(won[0])} UTC, {price}."
        )
    if statement.closing_debt_usd >= 0.01:
        lines.append(f"You still owe {usd(statement.closing_debt_usd)} at the end.")
    if not lines:
        lines.append("Nothing was closed by force in this account, and it was never in debt.")
    return lines


def _clock(item: Item) -> str:
    return f"{item.time:%H:%M:%S}" if item.time else ""


def when(line: Line) -> str:
    """The time of a line; of several items the first and the last."""
    if line.first is None or line.last is None:
        return ""
    first, last = f"{line.first:%H:%M:%S}", f"{line.last:%H:%M:%S}"
    return first if first == last else f"{first}–{last}"


_WORDS = {
    "price": "price of {position}, until closed or the end",
    "liquidation": "liquidated on the book: {position}{at}, against mark",
    "fee": "liquidation fee, {line.market}",
    "takeover": "taken over by {taker}: {position}, equity handed over",
    "adl_winner": "deleveraged as a winner: {position}{at}, against mark",
    "adl_loser": "closed against winners (bankrupt): {position}{at}, against mark",
    "funding": "funding, all positions",
    "deposit": "deposit",
    "deposit_to_debt": "of it applied to your debt",
    "withdrawal": "withdrawal",
    "withdrawal_refused": "withdrawal refused: {amount}",
    "shortfall": "below zero: {amount} borne by {line.counterparty}",
    "debt": "below zero: carried as your debt",
    "loss_share": "charged for losses of others",
    "collateral": "collateral: moves of its price, and sales",
    "isolated_to_debt": "from closed isolated positions, applied to your debt",
}


def what(line: Line) -> str:
    """A line in words."""
    return _WORDS[line.kind].format(
        line=line,
        position=_position(line),
        at=_at(line),
        taker=line.counterparty or "absorbers",
        amount=usd(line.amount_usd),
    )


def _position(line: Line) -> str:
    if line.size is None:
        return line.market
    return f"{'long' if line.size > 0 else 'short'} {abs(line.size):,.6g} {line.market}"


def _at(line: Line) -> str:
    if line.price is None:
        return ""
    fills = f" in {line.count:,} fills" if line.count > 1 else ""
    return f"{fills} at {line.price:,.6g}"


def ranked(item: Item) -> str:
    """A fill as a winner: who was ahead, whose bankruptcy it covered."""
    assert item.size is not None and item.rank is not None and item.price is not None
    side = "long" if item.size > 0 else "short"
    ahead = item.ahead or 0
    before = f"{ahead:,} {'was' if ahead == 1 else 'were'}" if ahead else "nobody was"
    of = f" of {item.candidates:,}" if item.candidates else ""
    return (
        f"At {_clock(item)} your {side} of {abs(item.size):,.6g} {item.market} was closed at "
        f"{item.price:,.6g} (mark {item.mark_price:,.6g}) for the bankruptcy of "
        f"{item.counterparty}: place {item.rank:,}{of} in the queue, {before} ahead of you, "
        f"score {item.score:.6g}."
    )
