from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crashsim.data import read_inputs, read_tape
from crashsim.data.tape.prices import load_tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Write = Callable[[str, str], Path]
Build = Callable[..., Scenario]

BASE = """
time,              market,   mark, volume_usd
2025-10-10T21:00Z, BTC-PERP, 100,  60
2025-10-10T21:00Z, ETH-PERP, 10,   60
2025-10-10T21:05Z, BTC-PERP, 90,   60
2025-10-10T21:05Z, ETH-PERP, 9,    60
"""


def _laid(write: Write, scenario: Build, overlay: str, **tables: object) -> Scenario:
    write("prices.csv", BASE)
    return scenario(overlays=(write("mine.csv", overlay),), **tables)


def test_an_overlay_replaces_the_market_of_the_same_base_under_the_scenarios_name(
    write: Write, scenario: Build
) -> None:
    over = "time,market,mark,volume_usd\n" + (
        "2025-10-10T21:00Z,BTCUSDT,70,1\n2025-10-10T21:02Z,BTCUSDT,60,2"
    )
    tape = read_tape(_laid(write, scenario, over))
    assert tape.markets == ("BTC-PERP", "ETH-PERP")
    # The grid stays the scenario's: 21:00 and 21:05.
    assert tape.mark.tolist() == [[70, 10], [60, 9]]
    assert tape.volume_usd.tolist() == [[1, 60], [2, 60]]
    assert tape.origins["BTC-PERP"].source == "mine.csv"
    assert tape.origins["ETH-PERP"].source == "prices.csv"


FUNDED = """
time,              market,   mark, volume_usd, funding_rate
2025-10-10T21:00Z, BTC-PERP, 100,  60,         0.01
2025-10-10T21:00Z, ETH-PERP, 10,   60,         0.02
2025-10-10T21:05Z, BTC-PERP, 90,   60,         0.03
"""


@pytest.mark.parametrize(
    ("column", "cells", "rates"),
    [("", "", [0.01, 0.03]), (",funding_rate", ",0.5", [0.5, 0]), (",funding_rate", ",", [0, 0])],
)
def test_prices_without_a_column_of_funding_keep_the_scenarios_rates(
    write: Write, scenario: Build, column: str, cells: str, rates: list[float]
) -> None:
    write("prices.csv", FUNDED)
    over = f"time,market,mark,volume_usd{column}\n2025-10-10T21:00Z,BTCUSDT,70,1{cells}"
    over += f"\n2025-10-10T21:00Z,AAAUSDT,1,1{cells}"  # stands before BTC-PERP
    reading = load_tape(scenario(overlays=(write("mine.csv", over),)))
    tape, notes = reading.tape, reading.files[-1].notes
    is_told = "no funding rates: the scenario's stay for BTC-PERP" in notes
    assert is_told is (not column)
    assert tape.funding_rate[:, tape.markets.index("BTC-PERP")].tolist() == rates
    assert tape.funding_rate[:, tape.markets.index("ETH-PERP")].tolist() == [0.02, 0]


def test_an_exact_name_goes_before_a_shared_base(write: Write, scenario: Build) -> None:
    over = "time,market,mark,volume_usd\n" + (
        "2025-10-10T21:00Z,BTCUSDT,70,1\n2025-10-10T21:00Z,BTC-PERP,71,1"
    )
    tape = read_tape(_laid(write, scenario, over))
    assert tape.markets == ("BTC-PERP", "BTCUSDT", "ETH-PERP")
    assert tape.mark[0].tolist() == [71, 70, 10]


def test_a_market_that_the_scenario_does_not_have_is_added(write: Write, scenario: Build) -> None:
    over = "time,market,mark,volume_usd\n" + ("2025-10-10T21:00Z,SOLUSDT,70,1")
    tape = read_tape(_laid(write, scenario, over))
    assert tape.markets == ("BTC-PERP", "ETH-PERP", "SOLUSDT")
    assert tape.mark[:, 2].tolist() == [70, 70]


def test_an_overlay_must_know_the_price_at_the_first_step(write: Write, scenario: Build) -> None:
    over = "time,market,mark,volume_usd\n2025-10-10T21:01Z,BTCUSDT,70,1"
    with pytest.raises(
        InputError, match=r"mine.csv: has no price at or before the first step for BTC"
    ):
        read_tape(_laid(write, scenario, over))


def test_two_markets_for_one_are_refused(write: Write, scenario: Build) -> None:
    over = "time,market,mark,volume_usd\n" + (
        "2025-10-10T21:00Z,BTCUSDT,70,1\n2025-10-10T21:00Z,BTCUSDC,71,1"
    )
    with pytest.raises(InputError, match="BTCUSDC and BTCUSDT would both replace BTC-PERP"):
        read_tape(_laid(write, scenario, over))


def test_later_overlays_lie_over_earlier_ones(write: Write, scenario: Build) -> None:
    write("prices.csv", BASE)
    row = "time,market,mark,volume_usd\n2025-10-10T21:00Z,BTCUSDT"
    paths = (write("a.csv", f"{row},70,1"), write("b.csv", f"{row},71,1"))
    assert read_tape(scenario(overlays=paths)).mark[0, 0] == 71


def test_an_overlay_without_volume_takes_the_volume_file_then_the_default(
    write: Write, scenario: Build
) -> None:
    over = "time,market,mark\n2025-10-10T21:00Z,BTCUSDT,70"
    with pytest.raises(InputError, match=r"mine.csv: has no volume for BTCUSDT"):
        read_tape(_laid(write, scenario, over))
    prices = {"path": write("prices.csv", BASE), "default_volume_usd": 2.0}
    tape = read_tape(_laid(write, scenario, over, prices=prices))
    assert tape.volume_usd.tolist() == [[0, 60], [600, 60]]


ANCHORS = """
market, time,                 price, kind,  resolution
BTC,    2025-10-10T21:00:00Z, 100,   price, 1m
BTC,    2025-10-10T21:03:00Z, 60,    low,   1m
BTC,    2025-10-10T22:00:00Z, 90,    price, 1m
ETH,    2025-10-10T21:00:00Z, 10,    price, 1m
ETH,    2025-10-10T21:03:00Z, 7,     low,   1m
ETH,    2025-10-10T22:00:00Z, 9,     price, 1m
"""
VOLUME = """
market, start,                end,                  volume_usd
BTC,    2025-10-10T21:00:00Z, 2025-10-10T22:00:00Z, 3600
ETH,    2025-10-10T21:00:00Z, 2025-10-10T22:00:00Z, 3600
"""
MARKS = """
time,                 market, mark_open, mark_low, mark_close, last_open, last_low, last_close
2025-10-10T21:00:00Z, BTC,    100,       62,       90,         100,       60,       90
"""


def _reconstructed(write: Write, scenario: Build, **prices: object) -> Scenario:
    anchors = {
        "path": write("anchors.csv", ANCHORS),
        "volume_path": write("volume.csv", VOLUME),
        "mark_path": write("marks.csv", MARKS),
    }
    keys = {"prices": {"source": "anchors", "anchors": anchors, **prices}}
    built = scenario(**keys)
    head = built.scenario.model_copy(update={"step": "1s"})
    return built.model_copy(update={"scenario": head})


def test_a_reconstruction_holds_marks_and_the_last_prices_they_are_made_from(
    write: Write, scenario: Build
) -> None:
    tape = read_tape(_reconstructed(write, scenario))
    assert tape.last is not None
    assert tape.last.min(axis=0).tolist() == [60, 7]
    assert tape.mark.min(axis=0)[0] == 62 and tape.mark.min(axis=0)[1] > 7
    kinds = [tape.origins[market].price_kind for market in tape.markets]
    assert kinds == ["mark (reconstructed)"] * 2
    assert tape.origins["BTC"].source == "anchors.csv and marks.csv"


@pytest.mark.parametrize("kind", ["last", "index"])
def test_another_kind_of_price_goes_back_to_the_path_itself(
    write: Write, scenario: Build, kind: str
) -> None:
    made = read_tape(_reconstructed(write, scenario))
    plain = read_tape(_reconstructed(write, scenario, price_kind=kind))
    assert plain.last is None and made.last is not None
    assert plain.mark.tobytes() == made.last.tobytes()
    assert {origin.price_kind for origin in plain.origins.values()} == {kind}


def test_last_prices_laid_over_a_reconstruction_are_last_and_mark_alike(
    write: Write, scenario: Build
) -> None:
    row = "time,market,mark,volume_usd,price_kind\n2025-10-10T21:00Z"
    built = _reconstructed(write, scenario)
    for kind, last in (("last", 70.0), ("mark", np.nan)):
        over = write(f"{kind}.csv", f"{row},BTC,70,1,{kind}")
        tape = read_tape(built.model_copy(update={"overlays": (over,)}))
        assert tape.last is not None and (tape.mark[:, 0] == 70).all()
        assert np.array_equal(tape.last[:, 0], np.full(tape.time_ms.size, last), equal_nan=True)
        assert tape.last[:, 1].min() == 7


def test_a_smoothing_of_made_marks_is_refused(write: Write, scenario: Build) -> None:
    with pytest.raises(InputError, match="all prices here are marks"):
        read_tape(_reconstructed(write, scenario, mark_smoothing_s=30.0))
    smooth = _reconstructed(write, scenario, mark_smoothing_s=30.0, price_kind="last")
    assert read_tape(smooth).mark.min() > 7


def test_an_unknown_source_is_refused(scenario: Build) -> None:
    built = scenario(prices={"source": "anchors"})
    other = built.prices.model_copy(update={"source": "tarot"})
    with pytest.raises(InputError, match=r'prices.source is "tarot", expected one of: anchors'):
        read_tape(built.model_copy(update={"prices": other}))
    with pytest.raises(InputError, match='needs a step such as "1s"'):
        read_tape(built)


def test_what_a_file_does_not_cover_is_noted(write: Write, scenario: Build) -> None:
    write(
        "prices.csv",
        """
        time, market, open, high, low, close, volume
        2025-10-10T21:00Z, X, 1, 1, 1, 1, 1
        2025-10-10T21:01Z, X, 1, 1, 1, 1, 1
        2025-10-10T21:04Z, X, 1, 1, 1, 1, 1
        2025-10-10T21:01Z, Y, 1, 1, 1, 1, 1
        2025-10-10T21:10Z, Y, 1, 1, 1, 1, 1
        """,
    )
    (file,) = load_tape(scenario(head={"step": "30s"})).files
    assert file.role == "prices"
    assert file.rows == 5
    assert file.notes == (
        "X has no row after 2025-10-10T21:04:00Z: carried forward, volume 0",
        "X has 1 gaps (120 s in all): carried forward, volume 0",
        "Y has no price before 2025-10-10T21:01:00Z",
        "Y has 1 gaps (480 s in all): carried forward, volume 0",
        "bars of fewer than 6 steps: their lows and highs may not be touched",
    )


def test_all_inputs_are_read_together_with_an_account_of_the_files(
    write: Write, scenario: Build
) -> None:
    write("prices.csv", BASE)
    write("book/accounts.csv", "account,cash\na,1")
    write("book/positions.csv", "account,market,size,entry_price\na,BTCUSDT,1,100")
    flows = write("flows.csv", "time,account,kind,amount\n2025-10-10T21:01Z,mine,deposit,5")
    mine = write("mine.csv", "account,cash,market,size,entry_price\nmine,9,ETH,-1,10")
    inputs = read_inputs(scenario(flows={"path": flows}, extra_book=(mine,)))
    assert [(f.name, f.role, f.rows) for f in inputs.files] == [
        ("prices.csv", "prices", 4),
        ("accounts.csv", "accounts", 1),
        ("positions.csv", "positions", 1),
        ("mine.csv", "added", 1),
        ("flows.csv", "flows", 1),
    ]
    assert all(len(f.sha256) == 64 for f in inputs.files)
    assert inputs.book.positions["market"].to_list() == ["BTC-PERP", "ETH-PERP"]
    assert inputs.flows.frame["account"].to_list() == ["mine"]
    assert np.array_equal(inputs.tape.mark[0], [100, 10])
