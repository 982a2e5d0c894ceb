"""Manifest and honesty: what a reader is told about where the numbers come from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crashsim.data import Inputs, read_inputs, read_tape
from crashsim.data.schema import MarketOrigin
from crashsim.lab.folders import manifest, provenance
from crashsim.lab.request import Request
from crashsim.scenarios import Overrides, load
from crashsim.scenarios.models.scenario import Scenario


def toy(**changes: object) -> tuple[Scenario, Inputs]:
    scenario = load("toy", overrides=Overrides(**changes))  # type: ignore[arg-type]
    return scenario, read_inputs(scenario)


def told(scenario: Scenario, inputs: Inputs) -> str:
    return "\n".join(f"{s.kind}: {s.text}" for s in provenance.statements(scenario, inputs))


def test_the_toy_does_not_pass_for_recorded() -> None:
    text = told(*toy())
    assert "recorded" not in text
    assert "assumed: prices and volume of TOY: prices.csv." in text
    assert "assumed: accounts and positions: book." in text
    assert "assumed: deposits and withdrawals: flows.csv." in text


def test_it_is_said_that_no_funding_was_paid_or_how_many_rates_are_known() -> None:
    scenario, inputs = toy()
    assert "note: no funding rate in the window: none was paid." in told(scenario, inputs)
    rates = np.zeros_like(inputs.tape.mark)
    rates[[1, 3], 0] = 0.001, -0.002
    funded = replace(inputs, tape=replace(inputs.tape, funding_rate=rates))
    assert "assumed: funding rates of TOY: 2 in all." in told(scenario, funded)
    assert "none was paid" not in told(scenario, funded)


@pytest.mark.parametrize(
    ("policy", "said"), [("carry", True), ("write_off", True), ("share", False)]
)
def test_a_sharing_rule_that_nothing_reads_is_said(policy: str, said: bool) -> None:
    scenario, inputs = toy(set=("loss.rule=queue", f"loss.policy={policy}"))
    note = f'note: loss.rule does nothing while loss.policy is "{policy}": only "share" reads it.'
    assert (note in told(scenario, inputs)) is said
    assert "does nothing" not in told(*toy())


def test_a_users_own_file_is_yours_unless_the_scenario_says_otherwise(tmp_path: Path) -> None:
    flows = tmp_path / "mine.csv"
    flows.write_text("time,account,kind,amount\n2025-10-10T21:01:00Z,bob,deposit,5\n")
    scenario, inputs = toy(flows=flows)
    assert "yours: deposits and withdrawals: mine.csv." in told(scenario, inputs)
    assert provenance.known(scenario, inputs)["flows"] == "yours"
    assert provenance.known(scenario, inputs)["book"] == "assumed"


def test_a_venues_assumptions_are_counted() -> None:
    scenario, inputs = toy(venue="backpack")
    ground = provenance.known(scenario, inputs)["venue"]
    assert ground.endswith("assumed; margin tables: 0 of 1 market with a source")
    assert f"assumed: rules of backpack: {ground}." in told(scenario, inputs)


FUND = "absorber.insurance_fund"


def test_what_a_fund_in_proportion_comes_to_is_said_in_dollars() -> None:
    """The longs of the toy have 440 at 100, and so one side has 44,000."""
    scenario, inputs = toy(venue="aster", set=(f"{FUND}.cash_frac_oi=0.1",))
    size = "insurance_fund starts with $4,400: 0.1 of the book's open interest of $44,000"
    assert f"yours: {size}." in told(scenario, inputs)
    assert provenance.known(scenario, inputs)["venue"].endswith(f"; {size}")


def test_a_fund_in_each_market_is_said_and_so_are_markets_without_one() -> None:
    each = (f"{FUND}.cash=100", f"{FUND}.per=market")
    size = "insurance_fund starts with $100 in 1 fund, one a market: shared over them by"
    assert size in told(*toy(venue="aster", set=each))
    other = (f"{FUND}.cash=100", f'{FUND}.markets=["BTC"]')
    assert "note: no absorber serves TOY." in told(*toy(venue="aster", set=other))
    assert "no absorber serves" not in told(*toy(venue="aster", set=(f"{FUND}.cash=100",)))


def test_the_funds_of_other_venues_of_a_comparison_are_said_in_one_statement() -> None:
    _, inputs = toy()
    sized = load("toy", overrides=Overrides(venue="aster", set=(f"{FUND}.cash_frac_oi=0.2",))).venue
    (one,) = provenance.other_funds([load("toy").venue, sized], inputs)
    assert one.text.startswith(
        "funds of the other venues: aster: insurance_fund starts with $8,800"
    )
    assert provenance.other_funds([load("toy").venue], inputs) == []


def test_a_venue_file_without_sources_is_called_that(tmp_path: Path) -> None:
    own = tmp_path / "venue.toml"
    own.write_text(
        'name = "mine"\n[margin.markets."*"]\nkind = "tiers"\ntiers = [{from = 0, rate = 0.05}]\n'
        '[liquidation]\nparticipation = 0.1\n[adl]\nscore = "bitmex"\n'
    )
    assert "rules of mine: a venue file without sources." in told(*toy(venue=own))


def test_last_prices_and_a_scaled_volume_are_never_unsaid() -> None:
    scenario, inputs = toy(set=("prices.volume_scale=0.01",))
    origins = {"TOY": MarketOrigin("last", "recorded", "bars.csv")}
    inputs = replace(inputs, tape=replace(inputs.tape, origins=origins))
    text = told(scenario, inputs)
    assert "note: last prices are used as marks in TOY." in text
    assert "assumed: this venue's volume is taken to be 0.01 of" in text
    assert provenance.known(scenario, inputs)["volume"] == "assumed"
    assert provenance.known(scenario, inputs)["prices"] == "recorded; last prices used as marks"


def test_made_marks_and_unknown_funding_are_never_unsaid() -> None:
    scenario = load("oct11")
    inputs = replace(toy()[1], tape=read_tape(scenario))
    text = told(scenario, inputs)
    assert "reconstructed: marks are made from last prices: 35 markets go through" in text
    assert "in 71 the mark falls 0.984 times as far as last in log price, the median of 35." in text
    assert "assumed: funding rates inside the window are not known: 0 in 106 markets." in text
    assert "used as marks" not in text
    prices = provenance.known(scenario, inputs)["prices"]
    assert prices == "reconstructed; marks made from last prices"


def test_rates_of_another_venue_are_called_that() -> None:
    scenario, inputs = toy()
    rates = np.full_like(inputs.tape.funding_rate, 0.01)
    for venue, is_told in (("binance", True), (None, False), (scenario.venue.name, False)):
        origins = {"TOY": MarketOrigin("mark", "yours", "mine.csv", venue)}
        tape = replace(inputs.tape, funding_rate=rates, origins=origins)
        text = told(scenario, replace(inputs, tape=tape))
        assert "yours: funding rates of TOY: 6 in all." in text
        assert ("note: funding rates of TOY are binance's, paid under" in text) is is_told


def test_a_volume_that_no_file_gives_is_an_assumption() -> None:
    scenario, inputs = toy(set=("prices.default_volume_usd=12_500.5",))
    assert "assumed: $12,500.5 is traded each second in a market for which" in told(
        scenario, inputs
    )
    assert provenance.known(scenario, inputs)["volume"] == "assumed"


def test_notes_about_files_are_passed_on() -> None:
    scenario, inputs = toy()
    noted = replace(inputs.files[0], notes=("market TOY is carried forward",))
    inputs = replace(inputs, files=(noted,))
    assert "note: prices.csv: market TOY is carried forward." in told(scenario, inputs)


def test_many_markets_are_counted_instead_of_named() -> None:
    assert provenance.names(["A", "B"]) == "A, B"
    assert provenance.names(list("ABCDE")) == "5 markets"


def test_the_name_of_a_run_covers_scenario_venue_inputs_and_seed(tmp_path: Path) -> None:
    flows = tmp_path / "flows.csv"
    flows.write_text("time,account,kind,amount\n")
    changes: list[dict[str, object]] = [
        {},
        {"seed": 2},
        {"venue": "backpack"},
        {"set": ("adl.grace_s=0.0",)},
        {"flows": flows},
    ]
    names = [manifest.run_name(*toy(**change)) for change in changes]
    assert len(set(names)) == len(changes)
    assert manifest.run_name(*toy()) == names[0]
    flows.write_text("time,account,kind,amount\n2025-10-10T21:01:00Z,bob,deposit,5\n")
    assert manifest.run_name(*toy(flows=flows)) not in names


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a b/c", "a-b-c-toy-"),
        ("../../up", "up-toy-"),
        ("Crash of 11.10.", "Crash-of-11.10.-toy-"),
        ("黑色星期六", "黑色星期六-toy-"),
    ],
)
def test_the_name_of_a_run_is_one_folder_whatever_the_scenario_is_called(
    name: str, begins: str
) -> None:
    run = manifest.run_name(*toy(set=(f"scenario.name='{name}'",)))
    assert run.startswith(begins)
    assert Path(run).name == run


@pytest.mark.parametrize(
    ("argv", "public"),
    [
        (["replay", "toy"], ["replay", "toy"]),
        (["replay", "/home/ada/x.toml"], ["replay", "x.toml"]),
        (["replay", "--prices=/home/ada/p.csv"], ["replay", "--prices=p.csv"]),
        (["--set", "book.path=/home/ada/b"], ["--set", "book.path=b"]),
        (["--prices", "mine/p.csv"], ["--prices", "mine/p.csv"]),
        (["replay", "toy", "--out", "a", "--json"], ["replay", "toy", "--json"]),
        (["replay", "toy", "--out=a"], ["replay", "toy"]),
        (["compare", "toy", "--jobs", "2", "--draws", "3"], ["compare", "toy", "--draws", "3"]),
        (["compare", "toy", "--jobs=2"], ["compare", "toy"]),
    ],
)
def test_arguments_are_kept_without_folders_and_without_where_and_how_it_ran(
    argv: list[str], public: list[str]
) -> None:
    assert list(manifest.public_argv(argv)) == public


def test_a_request_is_kept_as_it_was_given_but_for_absolute_folders() -> None:
    asked = Request(
        "/home/ada/night",
        Overrides(
            prices=(Path("/home/ada/p.csv"), Path("mine/p.csv")),
            book=Path("/home/ada/book"),
            venue="/home/ada/venue.toml",
            seed=7,
            set=("book.path=/home/ada/b", "adl.price=mark"),
            extra_book=(Path("mine"),),
        ),
        policy="/home/ada/rule.py:rank",
        loss="mine/loss.toml",
    )
    assert asked.public() == Request(
        "night",
        Overrides(
            prices=(Path("p.csv"), Path("mine/p.csv")),
            book=Path("book"),
            venue="venue.toml",
            seed=7,
            set=("book.path=b", "adl.price=mark"),
            extra_book=(Path("mine"),),
        ),
        policy="rule.py:rank",
        loss="mine/loss.toml",
    )
