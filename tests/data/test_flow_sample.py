from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data.inputs import read_inputs
from crashsim.data.schema import FLOW_COLUMNS, Book, Flows, MarketOrigin, Tape
from crashsim.data.synthetic.flow_sample import generate_flows
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.loading import load
from crashsim.scenarios.files.overrides import Overrides
from crashsim.scenarios.models.generate import FlowSample

START = datetime(2025, 10, 10, 20, 45, tzinfo=UTC)
DIP_FROM, DIP_TO = START.replace(hour=21, minute=20), START.replace(hour=21, minute=50)
SAMPLE = FlowSample(
    dip_buyers_per_1000_accounts=200.0,
    dip_min_leverage=5.0,
    dip_from=DIP_FROM,
    dip_to=DIP_TO,
    dip_median_usd=3_000.0,
    dip_sigma=1.7,
    deposits_per_1000_accounts=500 / 3,
    withdrawals_per_1000_accounts=700 / 3,
)


def tape_of(first_mark: float = 100.0, later_mark: float = 100.0, minutes: int = 75) -> Tape:
    time_ms = np.arange(minutes * 60 + 1, dtype=np.int64) * 1000 + int(START.timestamp() * 1000)
    mark = np.full((time_ms.size, 1), later_mark)
    mark[0] = first_mark
    zeros = np.zeros_like(mark)
    origin = {"AUSDT": MarketOrigin("mark", "assumed", "test")}
    return Tape(time_ms, ("AUSDT",), mark, zeros, zeros, origin)


def book_of(scale: float = 1.0, thirds: int = 100) -> Book:
    """300 accounts: a third long at leverage 10, a third long at 2, a third short at 10."""
    names = [f"acct-{i:05d}" for i in range(3 * thirds)]
    size = np.tile([scale, scale, -scale], thirds)
    cash = 100.0 * scale / np.tile([10.0, 2.0, 10.0], thirds)
    accounts = pl.DataFrame({"account": names, "cash": cash})
    positions = pl.DataFrame(
        {
            "account": names,
            "market": "AUSDT",
            "size": size,
            "entry_price": 100.0,
            "margin_mode": "cross",
            "isolated_margin": pl.Series([None] * 3 * thirds, dtype=pl.Float64),
            "opened_at": pl.Series([None] * 3 * thirds, dtype=pl.Datetime("ms", "UTC")),
        }
    )
    return Book(accounts, positions, "assumed", "test")


def flows_of(sample: FlowSample = SAMPLE, tape: Tape | None = None, seed: int = 1) -> Flows:
    return generate_flows(sample, book_of(), tape or tape_of(), seed)


def only_dips(**changes: object) -> FlowSample:
    ordinary = ("deposits_per_1000_accounts", "withdrawals_per_1000_accounts")
    return SAMPLE.model_copy(update={**dict.fromkeys(ordinary, 0.0), **changes})


def test_the_frame_is_that_of_the_contract() -> None:
    flows = flows_of()
    assert dict(flows.frame.schema) == dict(FLOW_COLUMNS)
    assert flows.frame.height == 60 + 50 + 70
    assert flows.frame["time"].is_sorted()
    assert (flows.frame["amount"] > 0).all() and flows.provenance == "assumed"
    assert flows.frame["kind"].value_counts().sort("kind").rows() == [
        ("deposit", 110),
        ("withdrawal", 70),
    ]


def test_dip_buyers_are_distinct_leveraged_longs() -> None:
    accounts = flows_of(only_dips()).frame["account"]
    numbers = accounts.str.tail(5).cast(pl.Int64)
    assert accounts.n_unique() == 60
    assert (numbers % 3 == 0).all()  # longs at leverage 10; not those at 2, not the shorts


def test_dip_buyers_come_between_the_given_times() -> None:
    time = flows_of(only_dips(dip_buyers_per_1000_accounts=1000 / 3)).frame["time"]
    assert time.min() >= DIP_FROM and time.max() <= DIP_TO


def test_deposits_have_a_heavy_tail_that_ends_exactly_at_the_maximum() -> None:
    amount = flows_of(only_dips(dip_buyers_per_1000_accounts=1000 / 3, dip_sigma=3.0)).frame[
        "amount"
    ]
    assert amount.max() == 40_000.0
    assert amount.median() < 10_000 < amount.mean()


def test_flows_see_side_and_leverage_and_not_what_happens_later() -> None:
    calm, crash = flows_of(tape=tape_of()), flows_of(tape=tape_of(later_mark=1.0))
    assert calm.frame.equals(crash.frame)


def test_flows_do_not_depend_on_the_size_of_accounts() -> None:
    small, large = (generate_flows(SAMPLE, book_of(scale), tape_of(), 1) for scale in (1.0, 64.0))
    assert small.frame.equals(large.frame)


def test_the_seed_decides_the_sample() -> None:
    assert flows_of(seed=1).frame.equals(flows_of(seed=1).frame)
    assert not flows_of(seed=1).frame.equals(flows_of(seed=2).frame)


def test_ordinary_flows_do_not_move_the_dip_buyers() -> None:
    dips = flows_of(only_dips()).frame
    more = flows_of(
        only_dips(deposits_per_1000_accounts=23.0, withdrawals_per_1000_accounts=30.0)
    ).frame
    assert dips.join(more, on=dips.columns, how="anti").is_empty()
    assert more.height == dips.height + 16


def test_what_falls_outside_the_tape_is_left_out() -> None:
    short = flows_of(only_dips(dip_buyers_per_1000_accounts=1000 / 3), tape_of(minutes=50)).frame
    assert 0 < short.height < 100
    assert short["time"].max() <= START.replace(hour=21, minute=35)


def test_where_there_are_fewer_leveraged_longs_all_of_them_deposit_and_it_is_told() -> None:
    many = flows_of(only_dips(dip_buyers_per_1000_accounts=336.0))
    assert many.frame.height == many.frame["account"].n_unique() == 100
    assert "sample of 100 dip buyers among leveraged longs (101 wanted, there are no" in many.source
    assert "wanted" not in flows_of(only_dips(dip_buyers_per_1000_accounts=333.0)).source


@pytest.mark.parametrize(("thirds", "dips"), [(100, 60), (10, 6), (1, 1)])
def test_a_smaller_book_draws_fewer(thirds: int, dips: int) -> None:
    small = generate_flows(only_dips(), book_of(thirds=thirds), tape_of(), 1)
    assert small.frame.height == dips


@pytest.mark.parametrize("key", ["dip_buyers", "deposits", "withdrawals"])
def test_a_count_of_all_accounts_is_refused_with_what_to_write(key: str) -> None:
    with pytest.raises(
        InputError, match=rf"flows.generate: {key} is stated .* write {key}_per_1000"
    ):
        load("oct11", overrides=Overrides(set=(f"flows.generate.{key}=64",)))


def test_a_time_without_a_zone_is_utc() -> None:
    naive = only_dips(dip_from=DIP_FROM.replace(tzinfo=None), dip_to=DIP_TO.replace(tzinfo=None))
    assert flows_of(naive).frame.equals(flows_of(only_dips()).frame)


def _user_book(folder: Path) -> Path:
    folder.mkdir()
    (folder / "accounts.csv").write_text("account,cash\nmine,1000\n")
    (folder / "positions.csv").write_text(
        "account,market,size,entry_price\nmine,BTCUSDT,0.08,117000\n"
    )
    return folder


def test_an_account_added_by_the_user_neither_deposits_nor_moves_the_sample(tmp_path: Path) -> None:
    plain = read_inputs(load("oct11"))
    added = Overrides(extra_book=(_user_book(tmp_path / "mine"),))
    joined = read_inputs(load("oct11", overrides=added))
    assert "mine" in joined.book.accounts["account"]
    assert joined.flows.frame.equals(plain.flows.frame)


def test_a_book_of_the_users_own_gets_no_invented_deposits(tmp_path: Path) -> None:
    own = load("oct11", overrides=Overrides(book=_user_book(tmp_path / "mine")))
    assert own.flows.generate is None and own.flows.path is None
