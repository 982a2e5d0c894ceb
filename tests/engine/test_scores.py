"""Scores: presets worked by hand, expressions, refusals, and the seeded draw."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.adl.score_columns import MIN_EQUITY_USD, derived_columns, rand_column
from crashsim.engine.adl.scores import COLUMNS, Floats, compile_score
from crashsim.engine.errors import PolicyError

# A long 10 from 100 and a short 10 from 140, both at mark 120, each alone in its unit; the long's
# unit has 400 of equity (bankrupt at 80), the short's 300 (bankrupt at 150); both have won 200.
LONG_AND_SHORT: dict[str, Floats] = {
    "side": np.array([1.0, -1.0]),
    "size": np.array([10.0, -10.0]),
    "entry_price": np.array([100.0, 140.0]),
    "mark_price": np.array([120.0, 120.0]),
    "upnl": np.array([200.0, 200.0]),
    "notional": np.array([1200.0, 1200.0]),
    "equity": np.array([400.0, 300.0]),
    "cash": np.array([200.0, 100.0]),
    "mm": np.array([60.0, 60.0]),
    "position_mm": np.array([60.0, 60.0]),
    "unit_notional": np.array([1200.0, 1200.0]),
    "unit_upnl": np.array([200.0, 200.0]),
    "opened_at": np.array([1000.0, np.nan]),
    "rand": np.array([0.25, 0.75]),
    "seeded_place": np.array([3.0, 0.0]),
}

BY_HAND = {
    "bitmex": [0.2 * 3.0, (200 / 1400) * 4.0],
    "binance": [1.0 * 0.15, 2.0 * 0.2],
    "hyperliquid": [1.2 * 3.0, (140 / 120) * 4.0],
    "bybit": [0.2 * 3.0, (200 / 1400) * 4.0],
    "okx": [0.2 * 0.15, (200 / 1400) * 0.2],
    "aster": [1.0 * 0.15, 2.0 * 0.2],
    "ethereal": [3.0, 4.0],
    "profit_usd": [200.0, 200.0],
    "profit_frac": [0.2, 200 / 1400],
    "leverage": [3.0, 4.0],
    "lowest_leverage": [-3.0, -4.0],
    "size": [1200.0, 1200.0],
    "newest": [1000.0, -np.inf],
    "oldest": [-1000.0, -np.inf],
    "random": [0.25, 0.75],
    "dydx": [-3.0, -0.0],
}


def scored(text: str, base: dict[str, Floats]) -> Floats:
    score = compile_score(text)
    return score.evaluate(derived_columns(score.columns, base))


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_gives_what_its_formula_gives_by_hand(preset: str) -> None:
    assert scored(preset, LONG_AND_SHORT) == pytest.approx(BY_HAND[preset], rel=1e-14)


def test_every_preset_names_a_source_and_every_column_a_meaning() -> None:
    assert all(preset.description and preset.source for preset in PRESETS.values())
    assert all(COLUMNS.values())


def test_a_winner_at_its_bankruptcy_price_is_the_first_under_bitmex_long_or_short() -> None:
    base = LONG_AND_SHORT | {"equity": np.array([0.0, 0.0])}
    assert scored("bitmex", base).tolist() == [np.inf, np.inf]


def test_a_loss_is_divided_by_leverage_under_bitmex() -> None:
    base = LONG_AND_SHORT | {
        "entry_price": np.array([150.0, 100.0]),
        "upnl": np.array([-300.0, -200.0]),
    }
    assert scored("bitmex", base) == pytest.approx([-0.2 / 3, -0.2 / 4])


def test_a_loss_scores_nothing_under_binance_and_nothing_without_equity_under_aster() -> None:
    base = LONG_AND_SHORT | {"upnl": np.array([-1.0, 200.0]), "equity": np.array([400.0, -5.0])}
    assert scored("binance", base)[0] == 0.0
    assert scored("binance", base)[1] > 1e9  # divided by the least equity
    assert scored("aster", base).tolist() == [0.0, 0.0]


def test_an_equity_of_nothing_divides_as_the_least_equity() -> None:
    base = LONG_AND_SHORT | {"equity": np.array([0.0, -300.0])}
    columns = derived_columns({"leverage", "margin_ratio", "position_leverage"}, base)
    assert columns["leverage"] == pytest.approx([1200 / MIN_EQUITY_USD] * 2)
    assert columns["margin_ratio"] == pytest.approx([60 / MIN_EQUITY_USD] * 2)
    assert columns["position_leverage"] == pytest.approx([1200 / MIN_EQUITY_USD] * 2)


def test_the_bankruptcy_price_goes_by_notional_where_the_unit_has_no_maintenance_margin() -> None:
    nothing = np.array([0.0, 0.0])
    base = LONG_AND_SHORT | {
        "mm": nothing,
        "position_mm": nothing,
        "unit_notional": np.array([2400.0, 1200.0]),
    }
    prices = derived_columns({"bankruptcy_price"}, base)["bankruptcy_price"]
    assert prices == pytest.approx([120 - 400 / 2 / 10, 120 + 300 / 10])


def test_closing_a_whole_unit_at_its_bankruptcy_prices_leaves_exactly_nothing() -> None:
    size, mark = np.array([3.0, -50.0]), np.array([100.0, 7.0])
    equity = np.array([41.0, 41.0])
    base = {
        "size": size,
        "mark_price": mark,
        "equity": equity,
        "mm": np.array([9.0, 9.0]),
        "position_mm": np.array([2.0, 7.0]),
        "notional": np.abs(size) * mark,
        "unit_notional": np.full(2, 650.0),
    }
    prices = derived_columns({"bankruptcy_price"}, base)["bankruptcy_price"]
    assert equity[0] + (size * (prices - mark)).sum() == pytest.approx(0.0, abs=1e-12)


def test_an_expression_is_evaluated_over_its_columns_only() -> None:
    score = compile_score("upnl * GREATEST(1, leverage) - ABS(size)")
    assert score.columns == {"upnl", "leverage", "size"}
    columns = {
        "upnl": np.array([2.0, 2.0]),
        "leverage": np.array([0.5, 3.0]),
        "size": np.array([-1.0, 1.0]),
    }
    assert score.evaluate(columns).tolist() == [1.0, 5.0]


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_constant_scores_every_row_alike(rows: int) -> None:
    score = compile_score("7")
    assert score.evaluate({name: np.ones(rows) for name in score.columns}).tolist() == [7.0] * rows


def test_undefined_scores_come_last() -> None:
    values = compile_score("upnl / cash").evaluate(
        {"upnl": np.array([0.0, 1.0, np.nan]), "cash": np.array([0.0, 0.0, 1.0])}
    )
    assert values.tolist() == [-np.inf, np.inf, -np.inf]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_order_of_the_rows_changes_no_score(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 6))
    number = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    columns = {
        name: np.array(data.draw(st.lists(number, min_size=rows, max_size=rows)))
        for name in ("upnl", "leverage", "cash")
    }
    order = np.array(data.draw(st.permutations(range(rows))))
    score = compile_score("CASE WHEN upnl > 0 THEN upnl * leverage ELSE upnl / cash END")
    moved = score.evaluate({name: values[order] for name, values in columns.items()})
    assert moved.tolist() == score.evaluate(columns)[order].tolist()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("upnl *", "not an SQL expression"),
        ("", "not an SQL expression"),
        ("upnl; DROP", "not an SQL expression"),
        ("max(0, upnl)", r"not an SQL expression.*GREATEST"),
        ("read_csv('secrets')", "not an SQL expression"),
        ("upnl * levrage", r'unknown column levrage \(did you mean "leverage"\?\)'),
        ("kraken", r"unknown column kraken\. Presets"),
        ("'upnl'", "not one number"),
        ("NULL", "not one number"),
        ("CAST(upnl AS VARCHAR)", "not one number"),
        ("UPPER(upnl)", "cannot be computed"),
        ("upnl / MAX(upnl)", "compares a candidate with the others"),
        ("RANK() OVER (ORDER BY upnl)", "compares a candidate with the others"),
        ("COUNT(*)", "compares a candidate with the others"),
    ],
)
def test_what_is_no_score_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason) as refusal:
        compile_score(text)
    assert "\n" not in str(refusal.value)


def test_a_draw_is_the_first_53_bits_of_the_hash_of_its_own_key() -> None:
    digest = hashlib.sha256(b"20251010|17|acct-1|BTC").hexdigest()
    expected = int(bin(int(digest, 16))[2:].zfill(256)[:53], 2) / 2**53
    draws = rand_column(20251010, 17, ["acct-0", "acct-1"], ["BTC", "BTC"])
    assert draws[1] == expected
    assert draws[1] == rand_column(20251010, 17, ["acct-1"], ["BTC"])[0]
    assert draws[0] != draws[1]
    assert rand_column(1, 1, [], []).shape == (0,)
