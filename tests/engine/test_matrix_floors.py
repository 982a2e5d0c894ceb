"""A fund that stops at a drawdown from its peak, on both implementations.

The fund's own money moves by takeovers alone: a long of 1 BTC entered at 100 with cash 15 is worth
`mark - 85`, so that the fund which takes it over gains or loses that and holds the position.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, open_size
from tests.reference.model import Case, Row

LONG = 1.0


def fund(**rules: object) -> Row:
    return {"name": "fund", "cash": 100.0, **rules}


def offered(mark: float, absorber: Row) -> Case:
    """One bankrupt long, offered to a fund of 100 at the first step."""
    rules = Rules(absorber=(absorber,), adl={"enabled": False})
    return case([mark], {"a": 15.0}, [Holding("a", LONG)], rules)


@on_both
@pytest.mark.parametrize(
    ("mark", "drawdown", "floor", "accepted"),
    [
        (75.0, 0.25, 0.0, True),
        (60.0, 0.25, 0.0, True),
        (59.0, 0.25, 0.0, False),
        (59.0, 0.5, 0.0, True),
        (1.0, 1.0, 0.0, True),
        (60.0, 0.5, 80.0, False),
        (65.0, 0.5, 80.0, True),
    ],
    ids=[
        "down to 90 of a floor of 75",
        "down to exactly its floor of 75",
        "below its floor of 75",
        "down to 74 of a floor of 50",
        "down to 16, it having no floor above 0",
        "below its fixed floor, the higher one",
        "down to exactly its fixed floor",
    ],
)
def test_a_fund_is_asked_to_go(
    replay: Replay, mark: float, drawdown: float, floor: float, accepted: bool
) -> None:
    result = replay(offered(mark, fund(max_drawdown_frac=drawdown, floor=floor)))
    assert open_size(result, "a") == (0.0 if accepted else LONG)
    cash = 100.0 + (mark - 85.0 if accepted else 0.0)
    assert result.tables["absorbers"][-1]["cash_usd"] == pytest.approx(cash)


# The fund takes over "a" at 85, worth 0, and gains 20 on it at step 2, of which nothing is left
# after. At the last step "b" is bankrupt by 20 in ETH: the fund would have 80.
def risen_and_fallen(drawdown: float, window_s: float, quiet_steps: int) -> Case:
    quiet = [85.0] * quiet_steps
    btc = [100.0, 85.0, 105.0, *quiet, 85.0]
    eth = [100.0, 100.0, 100.0, *[100.0] * quiet_steps, 65.0]
    absorber = fund(max_drawdown_frac=drawdown, drawdown_window_s=window_s)
    rules = Rules(absorber=(absorber,), adl={"enabled": False})
    holdings = [Holding("a", 1.0), Holding("b", 1.0, market="ETH")]
    return case({"BTC": btc, "ETH": eth}, {"a": 15.0, "b": 15.0}, holdings, rules)


@on_both
@pytest.mark.parametrize(
    ("drawdown", "window_s", "quiet_steps", "accepted"),
    [
        (0.25, 28_800.0, 1, False),
        (0.5, 28_800.0, 1, True),
        (0.25, 2.0, 1, False),
        (0.25, 2.0, 2, True),
        (0.25, 1.0, 1, True),
        (0.25, 0.5, 1, True),
        (0.25, 0.5, 0, False),
    ],
    ids=[
        "a quarter below its peak of 120",
        "half below its peak of 120",
        "a quarter below a peak exactly as old as the window",
        "a quarter below its peak, which has moved out of the window",
        "a quarter, its window holding the last step alone",
        "a quarter, its window being shorter than a step",
        "a quarter below the peak of the last step, however short the window",
    ],
)
def test_a_fund_that_stops_at(
    replay: Replay, drawdown: float, window_s: float, quiet_steps: int, accepted: bool
) -> None:
    result = replay(risen_and_fallen(drawdown, window_s, quiet_steps))
    equities = [row["equity_usd"] for row in result.tables["absorbers"]]
    assert equities[:3] == pytest.approx([100.0, 100.0, 120.0])
    assert open_size(result, "b", "ETH") == (0.0 if accepted else 1.0)
    assert equities[-1] == pytest.approx(80.0 if accepted else 100.0)


@on_both
def test_a_fund_pays_shortfalls_down_to_its_drawdown_floor(replay: Replay) -> None:
    rules = Rules(liquidation={"limit": "none"}, absorber=(fund(max_drawdown_frac=0.125),))
    made = case([60.0], {"a": 15.0}, [Holding("a", 1.0)], rules, volume=PLENTY)
    result = replay(made)
    (row,) = result.tables["shortfalls"]
    assert (row["shortfall_usd"], row["paid_by_absorbers_usd"]) == (25.0, 12.5)
    assert account(result, "a")["debt_end"] == 12.5


@on_both
@pytest.mark.parametrize(
    ("on_breach", "price"), [("adl", 75.0), ("hold", None)], ids=["is deleveraged", "holds"]
)
def test_a_fund_below_its_drawdown_floor(
    replay: Replay, on_breach: str, price: float | None
) -> None:
    # It takes over the long at 85 with nothing; at 70 it has 85 of a floor of 90. A sale at 75
    # brings it back to 90.
    made = case(
        [100.0, 85.0, 70.0],
        {"a": 15.0, "w": 1000.0},
        [Holding("a", 1.0), Holding("w", -2.0)],
        Rules(absorber=(fund(max_drawdown_frac=0.1, on_breach=on_breach),)),
    )
    result = replay(made)
    equity = result.tables["absorbers"][-1]["equity_usd"]
    if price is None:
        assert (result.tables["adl_fills"], equity) == ([], pytest.approx(85.0))
        return
    (fill,) = result.tables["adl_fills"]
    assert (fill["loser"], fill["winner"], fill["size"]) == ("fund", "w", 1.0)
    assert fill["price"] == pytest.approx(price)
    assert equity == pytest.approx(90.0)
