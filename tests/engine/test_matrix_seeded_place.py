"""dYdX's order: the list of unit ids from a drawn start, on both implementations."""

import hashlib
from dataclasses import replace

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import Holding, Rules, case
from tests.reference.model import Case, Row

NAMES = ["w1", "w2", "w3", "w4", "w5"]


def start(count: int, seed: int, step: int, market: str = "BTC", side: str = "short") -> int:
    """Section 8, written out: where in the list of `count` candidates the first place is."""
    text = f"{seed}|{step}|{market}|{side}"
    return int(int(hashlib.sha256(text.encode()).hexdigest(), 16) / 2**256 * count)


def rotated(names: list[str], first: int) -> list[str]:
    return [*names[first:], *names[:first]]


def bankrupt_long(seed: int, score: str = "dydx", size: float = 5.0, steps: int = 1) -> Case:
    """A long bankrupt at the last step, against five shorts of 1 BTC with different profits."""
    shorts = [Holding(name, -1.0, 100.0 + 10 * k) for k, name in enumerate(NAMES)]
    made = case(
        [100.0] * (steps - 1) + [60.0],
        {"loser": 15.0 * size, **dict.fromkeys(NAMES, 1000.0)},
        [Holding("loser", size), *shorts],
        Rules(adl={"score": score}),
    )
    return replace(made, seed=seed)


def filled(replay: Replay, made: Case) -> list[Row]:
    return sorted(replay(made).tables["adl_fills"], key=lambda row: row["rank"])


@on_both
@pytest.mark.parametrize("seed", range(8))
def test_the_list_begins_at_the_drawn_place_and_goes_round(replay: Replay, seed: int) -> None:
    rows = filled(replay, bankrupt_long(seed))
    assert [row["winner"] for row in rows] == rotated(NAMES, start(5, seed, step=0))
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["score"] for row in rows] == [0.0, -1.0, -2.0, -3.0, -4.0]


def test_the_seeds_of_these_tests_begin_at_different_places() -> None:
    assert len({start(5, seed, step=0) for seed in range(8)}) >= 3


@on_both
def test_the_start_is_drawn_anew_at_every_step(replay: Replay) -> None:
    first = {}
    for steps in range(1, 7):
        rows = filled(replay, bankrupt_long(0, size=1.0, steps=steps))
        first[steps] = rows[0]["winner"]
    assert first == {steps: NAMES[start(5, 0, step=steps - 1)] for steps in range(1, 7)}
    assert len(set(first.values())) > 1


@on_both
@pytest.mark.parametrize("seed", range(4))
def test_shorts_are_deleveraged_from_a_start_of_their_own(replay: Replay, seed: int) -> None:
    longs = [Holding(name, 1.0) for name in NAMES]
    made = case(
        [140.0],
        {"loser": 75.0, **dict.fromkeys(NAMES, 1000.0)},
        [Holding("loser", -5.0), *longs],
        Rules(adl={"score": "dydx"}),
    )
    rows = filled(replay, replace(made, seed=seed))
    expected = rotated(NAMES, start(5, seed, step=0, side="long"))
    assert [row["winner"] for row in rows] == expected


@on_both
@pytest.mark.parametrize("seed", range(4))
def test_only_candidates_have_a_place_in_the_list(replay: Replay, seed: int) -> None:
    # at 115 w1 and w2 (entries 100 and 110) have no profit: three candidates are left
    made = bankrupt_long(seed)
    accounts = [
        {**row, "cash": -80.0} if row["account"] == "loser" else row for row in made.accounts
    ]
    made = replace(made, mark=[[115.0]], accounts=accounts)
    rows = filled(replay, made)
    assert [row["winner"] for row in rows] == rotated(NAMES[2:], start(3, seed, step=0))


@on_both
def test_the_place_is_a_column_of_any_score(replay: Replay) -> None:
    rows = filled(replay, bankrupt_long(3, score="seeded_place * 2 + side"))
    assert [row["winner"] for row in rows] == rotated(NAMES, start(5, 3, step=0))[::-1]
    assert [row["score"] for row in rows] == [7.0, 5.0, 3.0, 1.0, -1.0]
