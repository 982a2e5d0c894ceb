"""Published and derived figures of venues and of the literature, one test a case.

The file comes from CRASHSIM_VECTORS, else from the folder `shared` beside the project. Where a
case states no tolerance, a figure must agree to 1e-9, or to the last digit printed where at least
eight digits are. A sentence among the expected values is prose, and not compared unless an adapter
computes it; every other expected value must be computed.
"""

import json
import math
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

Case=dict
ROOT = Path(__file__).parents[2]
BESIDE = ROOT.parent / "shared" / "vectors" / "venue_vectors.json"
PATH = Path(os.environ.get("CRASHSIM_VECTORS") or BESIDE)

# Cases that must fail, and why: a formula cannot satisfy a source that contradicts itself.
CANNOT_PASS = {
    "paradex-socialised-loss-doc-example": (
        "the page's worked example divides the loss by the deposits alone (25 %), its formula by "
        "deposits and loss (20 %); the formula is implemented"
    ),
}


def _cases() -> list[Case]:
    if not PATH.exists():
        return []
    loaded = json.loads(PATH.read_text(encoding="utf-8"))
    return loaded if isinstance(loaded, list) else loaded["vectors"]


def _tolerance(expected: float) -> float:
    printed = Decimal(repr(expected)).normalize().as_tuple()
    exponent = printed.exponent
    half_digit = 0.0
    if len(printed.digits) >= 8 and isinstance(exponent, int):
        half_digit = 0.5 * 10.0**exponent
    return max(half_digit, 1e-9 * abs(expected)) or 1e-9


def differences(expected: Any, computed: Any, tolerance: float | None, at: str) -> list[str]:
    """What of `expected` is missing from or unlike `computed`."""
    if isinstance(expected, dict):
        return [
            line
            for key, value in expected.items()
            if not (_is_prose(value) and key not in computed) and key != "tolerance"
            for line in (
                differences(value, computed[key], tolerance, f"{at}.{key}")
                if key in computed
                else [f"{at}.{key}: not computed"]
            )
        ]
    if isinstance(expected, list):
        if len(expected) != len(computed):
            return [f"{at}: {len(computed)} values, not {len(expected)}"]
        return [
            line
            for place, (one, other) in enumerate(zip(expected, computed, strict=True))
            for line in differences(one, other, tolerance, f"{at}[{place}]")
        ]
    if isinstance(expected, bool | str) or computed is None:
        return [] if expected == computed else [f"{at}: {computed!r}, not {expected!r}"]
    allowed = _tolerance(expected) if tolerance is None else tolerance
    return (
        []
        if math.isclose(computed, expected, rel_tol=0.0, abs_tol=allowed)
        else [f"{at}: {computed!r}, not {expected!r} within {allowed:.3g}"]
    )


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and " " in value


def check(case: Case) -> list[str]:
    """The differences of one case; fails where nothing computes its venue and kind."""
    key = (case["venue"], case["kind"])
    if key not in ADAPTERS:
        pytest.fail(f"{case['id']}: no adapter for venue and kind {key}")
    try:
        computed = ADAPTERS[key](case)
    except (KeyError, ValueError) as error:
        pytest.fail(f"{case['id']}: inputs {sorted(case['inputs'])} are not understood: {error!r}")
    expected = case["expected"]
    return differences(expected, computed, expected.get("tolerance"), case["id"])


@pytest.mark.skipif(not PATH.exists(), reason="the vectors are not here; set CRASHSIM_VECTORS")
def test_the_vectors_are_there() -> None:
    assert len(_cases()) > 0


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["id"])
def test_a_case_gives_its_expected_figures(case: Case) -> None:
    found = check(case)
    if case["id"] in CANNOT_PASS:
        assert found, f"{case['id']} passes now: take it off the list ({CANNOT_PASS[case['id']]})"
    else:
        assert not found, "\n".join(found)


def test_an_unknown_kind_fails_by_name() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"made-up.*Nowhere"):
        check({"id": "made-up", "venue": "Nowhere", "kind": "tea", "inputs": {}, "expected": {}})


def test_inputs_that_are_not_understood_fail_by_name() -> None:
    case = {"id": "x", "venue": "OKX", "kind": "liquidation_price", "inputs": {}, "expected": {}}
    with pytest.raises(pytest.fail.Exception, match=r"x: inputs \[\] are not understood"):
        check(case)


def test_a_figure_that_is_expected_but_not_computed_is_a_difference() -> None:
    assert differences({"a": 1, "note": "some words"}, {}, None, "case") == ["case.a: not computed"]


@pytest.mark.parametrize(
    ("expected", "computed", "agree"),
    [
        (7735.372549, 7735.3725490196, True),
        (7735.372549, 7735.3726, False),
        (38.4, 38.41, False),
        (True, True, True),
        (True, False, False),
        ([1.0, 2.0], [1.0], False),
    ],
)
def test_figures_agree_to_the_digits_that_are_printed(
    expected: Any, computed: Any, agree: bool
) -> None:
    assert (differences(expected, computed, None, "case") == []) is agree
