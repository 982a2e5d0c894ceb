"""Published and derived figures of venues and of the literature, one test a case.

Cases come from the folder `cases`, or from the file that CRASHSIM_VECTORS names. A case is replayed
where the product can state it; what a replay cannot tell is computed by a formula, and the table
`not_expressible.toml` says of which cases, and what the product lacks.

Where a case states no tolerance, a figure must agree to 1e-9, or to the last digit printed where at
least eight digits are. A sentence among the expected values is prose, and not compared unless an
adapter computes it; every other expected value must be computed.
"""

import itertools
import json
import math
import os
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from polars.exceptions import PolarsError

from crashsim.engine import replay as engine_replay
from crashsim.scenarios.bundled import venue_files
from tests.vectors.adapters.inputs import Case
from tests.vectors.reading import Reading, read
from tests.vectors.replays import scene
from tests.vectors.replays.margins import notional_of, own_margin
from tests.vectors.replays.scene import BUNDLED, NotExpressibleError

HERE = Path(__file__).parent
GIVEN = os.environ.get("CRASHSIM_VECTORS")
SHIPPED = sorted(HERE.glob("cases/*.json"))
LEAST_REPLAYED = 100

# Cases that must fail, and why: a formula cannot satisfy a source that contradicts itself.
CANNOT_PASS = {
    "paradex-socialised-loss-doc-example": (
        "the page's worked example divides the loss by the deposits alone (25 %), its formula by "
        "deposits and loss (20 %); the formula is the product's rule"
    ),
}
# Kinds that a bundled venue must replay, unless a case has orders in it.
REPLAYED_KINDS = ("maintenance_margin", "bankruptcy_price", "adl_rank_order", "partial_size")


def _cases(paths: list[Path]) -> list[Case]:
    loaded = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [case for one in loaded for case in (one if isinstance(one, list) else one["vectors"])]


CASES = _cases([Path(GIVEN)] if GIVEN else SHIPPED)
of_the_shipped = pytest.mark.skipif(bool(GIVEN), reason="CRASHSIM_VECTORS names other cases")


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


def reading_of(case: Case) -> Reading:
    """The reading of one case; fails, naming the key, where nothing understands it."""
    try:
        return read(case)
    except NotExpressibleError as missing:
        pytest.fail(f"{case['id']} ({case['venue']}, {case['kind']}): {missing}")
    except (ValueError, TypeError, ArithmeticError, LookupError, Warning, PolarsError) as error:
        pytest.fail(f"{case['id']}: inputs {sorted(case['inputs'])} are not understood: {error!r}")


def check(case: Case) -> list[str]:
    """The differences of one case."""
    expected = case["expected"]
    return differences(expected, reading_of(case).figures, expected.get("tolerance"), case["id"])


@dataclass(frozen=True)
class Counted:
    """A reading, and how many replays it took."""

    reading: Reading
    replays: int


@cache
def _readings() -> dict[str, Counted]:
    """The readings of the shipped cases, each replay of them counted."""
    count = itertools.count()

    def counted(*given: Any, **more: Any) -> Any:
        next(count)
        return engine_replay(*given, **more)

    found = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scene, "engine_replay", counted)
        for case in _cases(SHIPPED):
            before = next(count)
            found[case["id"]] = Counted(read(case), next(count) - before - 1)
    return found


def _listed() -> dict[str, dict[str, str]]:
    text = (HERE / "not_expressible.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(text)
    return tables


def test_the_vectors_are_there() -> None:
    assert CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_gives_its_expected_figures(case: Case) -> None:
    found = check(case)
    if case["id"] in CANNOT_PASS:
        assert found, f"{case['id']} passes now: take it off the list ({CANNOT_PASS[case['id']]})"
    else:
        assert not found, "\n".join(found)


@of_the_shipped
def test_at_least_a_hundred_cases_go_through_the_replay() -> None:
    replays = {
        name: found.replays for name, found in _readings().items() if found.reading.by == "replay"
    }
    assert len(replays) >= LEAST_REPLAYED
    assert {name for name, count in replays.items() if count == 0} == set()


@of_the_shipped
def test_margins_bankruptcy_prices_ranks_and_partial_sizes_of_bundled_venues_are_replayed() -> None:
    asked = {
        case["id"]
        for case in CASES
        if case["venue"] in BUNDLED
        and case["kind"] in REPLAYED_KINDS
        and not any("order" in key for key in case["inputs"])
    }
    assert asked
    assert {name for name in asked if _readings()[name].reading.by != "replay"} == set()


@of_the_shipped
def test_a_bundled_table_gives_the_margins_of_its_vectors() -> None:
    found = {}
    for case in CASES:
        market = case["inputs"].get("market")
        if case["venue"] in BUNDLED and case["kind"] == "maintenance_margin" and market:
            own = own_margin(case["venue"], market, notional_of(case["inputs"]))
            if own is not None:
                found[case["id"]] = own
    expected = {case["id"]: case["expected"] for case in CASES}
    stated = {
        name: expected[name].get("maintenance_margin", expected[name].get("maintenance_margin_usd"))
        for name in found
    }
    assert stated
    assert found == pytest.approx(stated)


@of_the_shipped
def test_what_the_product_cannot_express_is_exactly_what_is_listed() -> None:
    lists = _listed()
    lacking = {
        table: {
            name: found.reading.lacking
            for name, found in _readings().items()
            if found.reading.by in by and found.reading.lacking
        }
        for table, by in (("by_formula", ["formula"]), ("in_part", ["replay", "measure"]))
    }
    assert lists == lacking


@pytest.mark.parametrize("venue", sorted(BUNDLED))
def test_a_venue_says_that_it_lacks_what_its_vectors_say_it_lacks(venue: str) -> None:
    raw = tomllib.loads(venue_files()[BUNDLED[venue]].read_text(encoding="utf-8"))
    said = " ".join(raw.get("missing", [])).lower()
    venues = {case["id"]: case["venue"] for case in _cases(SHIPPED)}
    lacking = {
        key
        for table in _listed().values()
        for name, keys in table.items()
        if venues[name] == venue
        for key in keys.split(", ")
    }
    assert {
        key for key in lacking if key.removesuffix("_usd").replace("_", " ") not in said
    } == set()


def test_an_unknown_kind_fails_by_name() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"made-up.*Nowhere.*not expressible: key tea"):
        check({"id": "made-up", "venue": "Nowhere", "kind": "tea", "inputs": {}, "expected": {}})


def test_an_input_that_is_left_out_fails_by_name() -> None:
    case = {"id": "x", "venue": "OKX", "kind": "liquidation_price", "inputs": {}, "expected": {}}
    with pytest.raises(pytest.fail.Exception, match=r"x .*: not expressible: key mmr"):
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
