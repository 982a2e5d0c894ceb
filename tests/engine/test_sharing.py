"""The sharing rules against their definitions, and against a slow bisection."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashsim.engine.errors import PolicyError
from crashsim.engine.sharing import (
    RULES,
    Floats,
    Sharers,
    rap_weight,
    rule_named,
    water_fill,
)


def made(weight: list[float], **given_columns: list[float]) -> Sharers:
    """Sharers with these weights; what is not given is 1, and the cap is the weight."""
    ones = [1.0] * len(weight)
    columns = dict.fromkeys(("equity_usd", "leverage", "score", "beta_frac"), ones)
    columns |= {"cap_usd": weight} | given_columns
    return Sharers(np.array(weight), **{name: np.array(values) for name, values in columns.items()})


usd = st.one_of(st.just(0.0), st.floats(1e-6, 1e9))


@st.composite
def sharers_of(draw: st.DrawFn, least: int = 0) -> Sharers:
    count = draw(st.integers(least, 8))

    def column(values: st.SearchStrategy[float]) -> Floats:
        return np.array(draw(st.lists(values, min_size=count, max_size=count)), dtype=np.float64)

    return Sharers(
        weight_usd=column(usd),
        cap_usd=column(usd),
        equity_usd=column(usd),
        leverage=column(st.one_of(st.just(0.0), st.floats(0.01, 100.0))),
        score=column(st.integers(-3, 3).map(float)),
        beta_frac=column(st.floats(0.0, 1.0)),
    )


def effective(s: Sharers) -> dict[str, tuple[Floats, Floats]]:
    """Weight and cap of each proportional rule, written out from section 5."""
    by_fraction = np.minimum(s.cap_usd, s.beta_frac * s.weight_usd)
    return {
        "pro_rata": (s.weight_usd, s.cap_usd),
        "levered_pro_rata": (s.leverage * s.weight_usd, s.cap_usd),
        "capped_pro_rata": (s.weight_usd, by_fraction),
        "rap": (s.leverage**2 * s.weight_usd, by_fraction),
        "rap_power": (s.leverage**3 * s.weight_usd, by_fraction),
        "rap_cvar": (s.leverage * np.maximum(s.leverage - 0.9, 0) * s.weight_usd, by_fraction),
        "min_max": (s.equity_usd, s.cap_usd),
        "vector_mirror_descent": (s.weight_usd**2, np.minimum(s.cap_usd, s.weight_usd)),
    }


PROPORTIONAL = list(effective(made([1.0])))


def chargeable(rule: str, s: Sharers) -> float:
    if rule == "queue":
        return float(s.cap_usd.sum())
    weight, cap = effective(s)[rule]
    return float(cap[weight > 0].sum())


def bisected(loss_usd: float, weight: Floats, cap: Floats) -> Floats:
    """min(cap, level * weight) with the level found by halving the range of its exponent."""

    def at(log_level: float) -> Floats:
        with np.errstate(over="ignore"):
            return np.minimum(cap, np.exp2(log_level) * weight)

    low, high = -200.0, 200.0
    for _ in range(120):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle).sum() < loss_usd else (low, middle)
    return at(high)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), loss_usd=usd)
def test_charges_lie_between_zero_and_cap_and_sum_to_what_can_be_charged(
    rule: str, data: st.DataObject, loss_usd: float
) -> None:
    s = data.draw(sharers_of())
    charge = rule_named(rule)(loss_usd, s)
    assert charge.shape == s.cap_usd.shape
    assert (charge >= 0).all() and (charge <= s.cap_usd).all()
    assert charge.sum() <= min(loss_usd, s.cap_usd.sum()) * (1 + 1e-12)
    if rule in (*PROPORTIONAL, "queue"):
        expected = min(loss_usd, chargeable(rule, s))
        assert charge.sum() == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("rule", PROPORTIONAL)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), loss_usd=usd)
def test_the_level_is_that_of_a_bisection(rule: str, data: st.DataObject, loss_usd: float) -> None:
    s = data.draw(sharers_of())
    weight, cap = effective(s)[rule]
    loss_usd = min(loss_usd, chargeable(rule, s))
    expected = bisected(loss_usd, weight, cap) if loss_usd > 0 else np.zeros_like(cap)
    assert rule_named(rule)(loss_usd, s) == pytest.approx(
        expected, rel=1e-9, abs=1e-12 * (1 + loss_usd)
    )


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), loss_usd=usd, more_usd=usd)
def test_a_larger_loss_charges_nobody_less(
    rule: str, data: st.DataObject, loss_usd: float, more_usd: float
) -> None:
    s = data.draw(sharers_of())
    less, more = rule_named(rule)(loss_usd, s), rule_named(rule)(loss_usd + more_usd, s)
    assert (more >= less * (1 - 1e-12)).all()


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), loss_usd=usd, factor=st.sampled_from([0.25, 2.0, 1024.0]))
def test_money_in_another_unit_scales_every_charge(
    rule: str, data: st.DataObject, loss_usd: float, factor: float
) -> None:
    s = data.draw(sharers_of())
    scaled = Sharers(
        s.weight_usd * factor,
        s.cap_usd * factor,
        s.equity_usd * factor,
        s.leverage,
        s.score,
        s.beta_frac,
    )
    assert rule_named(rule)(loss_usd * factor, scaled) == pytest.approx(
        rule_named(rule)(loss_usd, s) * factor, rel=1e-12
    )


@pytest.mark.parametrize("rule", PROPORTIONAL)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), loss_usd=usd)
def test_the_order_of_rows_changes_no_charge(
    rule: str, data: st.DataObject, loss_usd: float
) -> None:
    s = data.draw(sharers_of(least=2))
    order = np.array(data.draw(st.permutations(range(len(s.cap_usd)))))
    moved = Sharers(
        s.weight_usd[order],
        s.cap_usd[order],
        s.equity_usd[order],
        s.leverage[order],
        s.score[order],
        s.beta_frac[order],
    )
    assert rule_named(rule)(loss_usd, moved) == pytest.approx(
        rule_named(rule)(loss_usd, s)[order], rel=1e-12, abs=1e-300
    )


def test_pro_rata_takes_the_same_share_until_a_cap_binds() -> None:
    s = made([8.0, 4.0, 0.5], cap_usd=[2.4, 4.0, 0.5])
    assert rule_named("pro_rata")(6.0, s) == pytest.approx([2.4, 3.2, 0.4])


def test_nobody_without_weight_pays_though_the_loss_is_not_met() -> None:
    s = made([0.0, 1.0], cap_usd=[100.0, 5.0])
    assert rule_named("pro_rata")(20.0, s).tolist() == [0.0, 5.0]


def test_the_queue_fills_from_the_top_and_keeps_row_order_in_ties() -> None:
    s = made([5.0, 5.0, 5.0], score=[1.0, 2.0, 2.0])
    assert rule_named("queue")(8.0, s).tolist() == [0.0, 5.0, 3.0]


def test_an_undefined_score_queues_last() -> None:
    s = made([5.0, 5.0], score=[-np.inf, -1.0])
    assert rule_named("queue")(6.0, s).tolist() == [1.0, 5.0]


def test_min_max_makes_fractions_of_equity_equal() -> None:
    s = made([8.0, 4.0, 0.5], equity_usd=[10.0, 5.0, 1.0])
    assert rule_named("min_max")(6.0, s) == pytest.approx([3.75, 1.875, 0.375])


def test_vector_mirror_descent_is_the_projection_of_nothing_onto_the_budget() -> None:
    weight = np.array([8.0, 4.0, 0.5])
    fraction = rule_named("vector_mirror_descent")(6.0, made(weight.tolist())) / weight
    rng = np.random.default_rng(0)
    others = rng.uniform(size=(2000, 3))
    others *= 6.0 / (others @ weight)[:, None]
    others = others[(others <= 1).all(axis=1)]
    assert len(others) > 100
    assert np.linalg.norm(fraction) <= np.linalg.norm(others, axis=1).min()


def test_charges_that_meet_every_cap_exactly_are_the_caps() -> None:
    s = made([3.0, 1.0, 2.0])
    assert rule_named("pro_rata")(6.0, s).tolist() == [3.0, 1.0, 2.0]


def test_weights_of_very_different_size_neither_overflow_nor_warn() -> None:
    charge = water_fill(1e12, np.array([1e-300, 1e300, 1.0]), np.array([1e6, 1e13, 1e6]))
    assert charge.sum() == pytest.approx(1e12, rel=1e-15)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("linear", [4.0, 0.25]), ("power", [8.0, 0.125]), ("cvar", [2.2, 0.0])],
)
def test_rap_weights_multiply_leverage_by_its_risk(model: str, expected: list[float]) -> None:
    assert rap_weight(model, np.array([2.0, 0.5])) == pytest.approx(expected)


def test_an_unknown_rule_is_refused_with_the_allowed_names() -> None:
    with pytest.raises(PolicyError, match=r'did you mean "rap_cvar"'):
        rule_named("rap_cvr")
    with pytest.raises(PolicyError, match=r'"fair"\. Known: pro_rata.*queue'):
        rule_named("fair")(1.0, made([1.0]))


def test_every_rule_says_in_one_line_what_it_does() -> None:
    documented: dict[str, Callable[..., Floats]] = dict(RULES)
    assert all((rule.__doc__ or "").strip() for rule in documented.values())
