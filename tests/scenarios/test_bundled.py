"""What is bundled: it loads, and every number says where it is from."""

from pathlib import Path

import pytest

from crashsim import scenarios
from crashsim.scenarios.bundled import bundled_losses, bundled_scenarios, bundled_venues
from crashsim.scenarios.facts import Fact, FactSheet, loss_sheet, scenario_sheet, venue_sheet
from crashsim.scenarios.files.documents import read_toml
from crashsim.scenarios.files.replaced import with_numbers
from crashsim.scenarios.models.notes import Notes

ROOM = Path(scenarios.__file__).resolve().parent
TOY_VENUE = ROOM / "bundled" / "toy" / "venue.toml"
VENUES = [listing.name for listing in bundled_venues()]
SCENARIOS = [listing.name for listing in bundled_scenarios()]
LOSSES = [listing.name for listing in bundled_losses()]
FILES = [*bundled_venues(), *bundled_scenarios(), *bundled_losses()]


def _groundless(facts: tuple[Fact, ...]) -> list[str]:
    return [fact.key for fact in facts if not (fact.source or fact.assumption)]


def _is_number(fact: Fact) -> bool:
    if isinstance(fact.value, list):
        return not all(isinstance(item, str) for item in fact.value)  # names of markets
    return isinstance(fact.value, int | float) and not isinstance(fact.value, bool)


def test_the_venues_and_loss_rules_of_the_story_are_bundled() -> None:
    known = {"backpack", "binance", "hyperliquid", "bybit", "okx", "bitmex", "dydx", "aster"}
    assert known | {"lighter"} <= {*VENUES}
    assert {"drift", "deribit", "paradex"} <= {*LOSSES}
    assert "toy" in SCENARIOS


@pytest.mark.parametrize("name", VENUES)
def test_a_bundled_venue_loads_under_its_own_name(name: str) -> None:
    venue = scenarios.load_venue(name)
    assert venue.name == name
    served = [venue.margin.margin_table_for(f"{coin}USDT").key for coin in ("BTC", "ETH", "SOL")]
    assert served == ["BTC", "ETH", "SOL"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_bundled_scenario_loads_under_its_own_name(name: str) -> None:
    assert scenarios.load(name).name == name


@pytest.mark.parametrize("name", LOSSES)
def test_a_bundled_loss_rule_loads_and_leaves_no_debt(name: str) -> None:
    assert scenarios.load_loss(name).policy in ("share", "withdrawal_haircut")


@pytest.mark.parametrize("name", [*VENUES, TOY_VENUE])
def test_every_value_of_a_bundled_venue_has_a_source_or_an_assumption(name: str | Path) -> None:
    sheet = venue_sheet(name)
    assert _groundless(sheet.facts) == []
    assert [fact.key for fact in sheet.facts if _is_number(fact) and not fact.unit] == []


@pytest.mark.parametrize("name", LOSSES)
def test_every_value_of_a_bundled_loss_rule_has_a_source_or_an_assumption(name: str) -> None:
    assert _groundless(loss_sheet(name).facts) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_value_of_a_bundled_scenario_has_a_source_or_an_assumption(name: str) -> None:
    chosen = ("scenario.step", "scenario.venue", "scenario.seed")  # the user's, not the night's
    facts = scenario_sheet(name).facts
    assert _groundless(tuple(fact for fact in facts if fact.key not in chosen)) == []


def _unbounded(facts: tuple[Fact, ...]) -> list[str]:
    """Assumptions that are numbers without a range, or choices without alternatives.

    The seed is drawn in any case.
    """
    return [
        fact.key
        for fact in facts
        if fact.assumption
        and fact.key != "scenario.seed"
        and not (fact.range if _is_one_number(fact) else fact.alternatives)
    ]


def _is_one_number(fact: Fact) -> bool:
    return isinstance(fact.value, int | float) and not isinstance(fact.value, bool)


def test_every_assumption_of_the_night_states_its_range_or_its_alternatives() -> None:
    assert _unbounded(scenario_sheet("oct11").facts) == []


@pytest.mark.parametrize("name", VENUES)
def test_every_assumption_of_a_venue_states_its_range_or_its_alternatives(name: str) -> None:
    assert _unbounded(venue_sheet(name).rules) == []  # margin tables are varied by margin.scale


@pytest.mark.parametrize("name", VENUES)
def test_both_ends_of_every_range_can_be_replayed(name: str) -> None:
    night = scenarios.load("oct11", overrides=scenarios.Overrides(venue=name))
    for fact in (*night.facts(), *night.venue.facts()):
        if fact.range is not None:
            kind = type(fact.value)
            assert kind(fact.range.low) == fact.range.low  # whole numbers have whole ends
            for end in (fact.range.low, fact.range.high):
                with_numbers(night, {fact.key: kind(end)})


@pytest.mark.parametrize("name", VENUES)
def test_what_is_sourced_says_since_when(name: str) -> None:
    undated = [fact.key for fact in venue_sheet(name).facts if fact.source and not fact.since]
    assert undated == []


@pytest.mark.parametrize("listing", FILES, ids=lambda listing: listing.name)
def test_no_fact_is_about_a_value_that_is_not_there(listing: scenarios.Listing) -> None:
    tables = read_toml(listing.path).tables
    notes = Notes.model_validate({k: v for k, v in tables.items() if k in Notes.model_fields})
    keys = [fact.key for fact in _sheet(listing).facts]
    stale = [
        name
        for name in notes.facts
        if not any(key == name or key.startswith(f"{name}.") for key in keys)
    ]
    assert stale == []


def _sheet(listing: scenarios.Listing) -> FactSheet:
    sheets = {"venues": venue_sheet, "losses": loss_sheet}
    return sheets.get(listing.path.parent.name, scenario_sheet)(listing.path)


@pytest.mark.parametrize("listing", FILES, ids=lambda listing: listing.name)
def test_everything_bundled_has_a_title(listing: scenarios.Listing) -> None:
    assert listing.title


def test_a_title_and_the_facts_name_no_path_of_a_machine() -> None:
    for listing in FILES:
        assert "/home/" not in listing.path.read_text(encoding="utf-8")
        assert str(Path.cwd()) not in listing.path.read_text(encoding="utf-8")


def test_backpack_is_peer_to_peer_and_carries_debts() -> None:
    venue = scenarios.load_venue("backpack")
    assert venue.absorber == ()
    assert venue.liquidation.limit == "none"
    assert (venue.loss.policy, venue.loss.deposits) == ("carry", "net")
    assert venue.adl.grace_s > 0


def test_hyperliquids_vault_steps_in_at_two_thirds_and_deleverages_at_the_previous_mark() -> None:
    venue = scenarios.load_venue("hyperliquid")
    assert venue.takeover.below_mm_fraction == pytest.approx(2 / 3)
    assert venue.adl.price == "previous_mark"
    assert venue.liquidation.cooldown_s == 30


def test_a_fact_sheet_gives_values_units_and_grounds() -> None:
    facts = {fact.key: fact for fact in venue_sheet("hyperliquid").facts}
    tiers = facts["margin.markets.BTC"]
    rows = [{"from": 0.0, "rate": 0.0125}, {"from": 150e6, "rate": 0.025}]
    assert tiers.value == {"kind": "tiers", "tiers": rows}
    assert tiers.text == "from 0: 1.25 %; from 150,000,000: 2.5 %"
    assert tiers.since == "2025-10-10"
    assert tiers.source is not None and "margin-tiers" in tiers.source
    assert facts["absorber.liquidator_vault.cash_frac_oi"].assumption is None
    assert facts["absorber.liquidator_vault.cash_frac_oi"].text == "0.029"


def test_the_venue_file_in_the_docs_is_enough(tmp_path: Path) -> None:
    page = (ROOM.parent / "docs" / "venues.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "mine.toml").write_text(example, encoding="utf-8")
    assert scenarios.load_venue(tmp_path / "mine.toml").name == "mine"


@pytest.mark.parametrize("listing", scenarios.bundled_venues(), ids=lambda listing: listing.name)
def test_a_loaded_venue_carries_the_facts_of_its_file(listing: scenarios.Listing) -> None:
    def grounds(facts: tuple[Fact, ...]) -> dict[str, tuple[str | None, str | None]]:
        return {fact.key: (fact.source, fact.assumption) for fact in facts}

    venue = scenarios.load_venue(listing.name)
    assert grounds(venue.facts()) == grounds(venue_sheet(listing.name).facts)
    assert venue.counts() == venue_sheet(listing.name).counts


def test_a_loaded_scenario_carries_the_facts_of_its_file() -> None:
    assert scenarios.load("oct11").counts() == scenario_sheet("oct11").counts


def test_a_value_that_was_replaced_loses_its_ground_and_the_others_keep_theirs() -> None:
    plain = scenarios.load_venue("binance").counts()
    changed = scenarios.load_venue("binance", set=("absorber.insurance_fund.cash=5",))
    (bare,) = (fact for fact in changed.facts() if not (fact.source or fact.assumption))
    assert (bare.key, bare.value) == ("absorber.insurance_fund.cash", 5.0)
    assert changed.counts() == (plain.values, plain.sourced, plain.assumed - 1)
    head = scenarios.load("oct11", overrides=scenarios.Overrides(seed=99))
    assert [fact.key for fact in head.facts() if fact.value == 99 and fact.assumption] == []


def test_the_facts_of_a_loss_file_come_with_its_rules() -> None:
    venue = scenarios.load_venue("binance")
    borne = venue.model_copy(update={"loss": scenarios.load_loss("drift")})
    told = {fact.key: fact for fact in borne.facts() if fact.key.startswith("loss.")}
    assert told
    for fact in loss_sheet("drift").facts:
        assert told[fact.key].source == fact.source
