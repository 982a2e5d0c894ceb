"""Loading a scenario: names, paths, overrides, and the resolved whole."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crashsim import scenarios
from crashsim.scenarios import Overrides
from crashsim.scenarios.bundled import bundled_scenarios
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario, ScenarioFile, duration_ms

TOY = next(listing.path.parent for listing in bundled_scenarios() if listing.name == "toy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's own copy of the toy scenario."""
    return Path(shutil.copytree(TOY, tmp_path / "mine"))


def _toy(*settings: str) -> Scenario:
    return scenarios.load("toy", overrides=Overrides(set=settings))


def _refused(*settings: str) -> str:
    with pytest.raises(InputError) as error:
        _toy(*settings)
    return str(error.value)


def test_a_bundled_name_loads_with_absolute_paths_and_its_venue() -> None:
    scenario = scenarios.load("toy")
    assert scenario.name == "toy"
    assert scenario.venue.name == "toy"
    for path in (scenario.prices.path, scenario.book.path, scenario.flows.path):
        assert path is not None
        assert path.is_absolute()
        assert path.exists()


def test_a_folder_and_its_file_load_alike_from_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    by_folder, by_file = scenarios.load("mine"), scenarios.load("mine/scenario.toml")
    assert by_folder == by_file == scenarios.load(folder)
    assert by_folder.prices.path == folder / "prices.csv"


def test_a_folder_called_like_a_bundled_scenario_needs_its_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = folder.rename(folder.parent / "toy")
    monkeypatch.chdir(own.parent)
    assert scenarios.load("toy").prices.path == TOY / "prices.csv"
    assert scenarios.load("./toy").prices.path == own / "prices.csv"


def test_october_tenth_is_another_name_of_october_eleventh() -> None:
    names = {listing.name for listing in bundled_scenarios()}
    if "oct11" in names:
        assert scenarios.load("oct10").name == "oct11"
    else:
        with pytest.raises(InputError, match='no scenario "oct11"'):
            scenarios.load("oct10")


def test_the_window_is_in_utc_milliseconds() -> None:
    scenario = _toy(
        "scenario.start=2025-10-10T23:00:00+02:00",
        "scenario.end=2025-10-10T21:05:00.5",
        "scenario.step=500ms",
    )
    start = datetime(2025, 10, 10, 21, tzinfo=UTC)
    assert scenario.scenario.start == start
    assert scenario.start_ms == int(start.timestamp()) * 1000
    assert scenario.end_ms == scenario.start_ms + 300_500
    assert scenario.step_ms == 500


@pytest.mark.parametrize(
    ("text", "ms"),
    [("1s", 1000), ("500ms", 500), ("1m", 60_000), ("2h", 7_200_000), ("0s", 0)]
    + [(text, None) for text in ("native", "s", "1", "1 s", "-1s", "1.5s", "1d")],
)
def test_durations(text: str, ms: int | None) -> None:
    assert duration_ms(text) == ms


def test_native_has_no_step_length() -> None:
    assert scenarios.load("toy").step_ms is None


def test_options_replace_what_the_file_says(folder: Path) -> None:
    overrides = Overrides(
        prices=(folder / "prices.csv",),
        book=folder / "book",
        flows=folder / "flows.csv",
        venue="binance",
        seed=7,
        extra_book=(folder / "book" / "positions.csv",),
    )
    scenario = scenarios.load("toy", overrides=overrides)
    assert scenario.prices.path == TOY / "prices.csv"
    assert scenario.overlays == (folder / "prices.csv",)
    assert scenario.book.path == folder / "book"
    assert scenario.flows.path == folder / "flows.csv"
    assert scenario.venue.name == "binance"
    assert scenario.seed == 7
    assert scenario.extra_book == (folder / "book" / "positions.csv",)


def test_paths_of_options_are_relative_to_the_working_directory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    scenario = scenarios.load(
        "toy", overrides=Overrides(book=Path("book"), venue="venue.toml", set=("name=own",))
    )
    assert scenario.book.path == folder / "book"
    assert scenario.venue.name == "own"
    assert scenario.scenario.venue == str(folder / "venue.toml")


def test_every_path_that_is_not_there_is_named() -> None:
    overrides = Overrides(
        prices=(Path("no-prices.csv"),), book=Path("no-book"), extra_book=(Path("no-mine.csv"),)
    )
    with pytest.raises(InputError) as error:
        scenarios.load("toy", overrides=overrides)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("--book no-book: there is no file or folder")
    assert lines[1:] == [
        "--prices no-prices.csv: no such file or folder",
        "--with no-mine.csv: no such file or folder",
    ]


def test_a_path_or_venue_that_is_not_there_is_laid_to_whoever_named_it(folder: Path) -> None:
    assert _refused("flows.path=no-flows.csv").startswith(
        "--set flows.path=no-flows.csv: there is no file or folder"
    )
    with pytest.raises(InputError, match=r"^--venue binanc: there is no venue"):
        scenarios.load("toy", overrides=Overrides(venue="binanc"))
    path = folder / "scenario.toml"
    path.write_text(path.read_text("utf-8").replace('"book"', '"bok"'), "utf-8")
    with pytest.raises(InputError, match=r"scenario\.toml: book\.path: there is no file"):
        scenarios.load(folder)


def test_an_absorber_that_the_venue_does_not_have_cannot_be_set() -> None:
    assert _refused("absorber.fund.cash=5") == (
        '--set absorber.fund.cash=5: the list has no entry "fund". It has 0 entries'
    )


def test_the_keys_of_the_venue_are_set_without_its_name() -> None:
    assert "the venue's own keys stand alone: adl.price. Known: " in _refused(
        "venue.adl.price=mark"
    )


def test_a_date_is_its_first_moment() -> None:
    scenario = _toy("scenario.start=2025-10-10", "scenario.end=2025-10-11")
    assert scenario.scenario.start == datetime(2025, 10, 10, tzinfo=UTC)
    assert scenario.scenario.end == datetime(2025, 10, 11, tzinfo=UTC)


def test_mistakes_in_scenario_and_venue_are_reported_together(folder: Path) -> None:
    for name in ("scenario.toml", "venue.toml"):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("seed = 1", "seed = -1").replace('"mark"', '"mrk"'), "utf-8")
    with pytest.raises(InputError) as error:
        scenarios.load(folder)
    in_venue, in_scenario = str(error.value).splitlines()
    assert in_venue.startswith(
        f'{folder}/venue.toml: adl.price: found "mrk", expected "bankruptcy"'
    )
    assert in_scenario == (
        f"{folder}/scenario.toml: scenario.seed: found -1, expected a whole number at least 0"
    )


def test_a_missing_venue_is_a_problem_of_its_key(folder: Path) -> None:
    path = folder / "scenario.toml"
    path.write_text(path.read_text("utf-8").replace('"venue.toml"', '"binanse"'), "utf-8")
    with pytest.raises(InputError, match=r'scenario.venue: there is no venue "binanse" \(did you'):
        scenarios.load(folder)


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("adl.price=bankruptcy", ("adl", "price"), "bankruptcy"),
        ('adl.price="bankruptcy"', ("adl", "price"), "bankruptcy"),
        ("adl.score=upnl * leverage", ("adl", "score"), "upnl * leverage"),
        ("adl.grace_s = 5", ("adl", "grace_s"), 5),
        ("adl.enabled=false", ("adl", "enabled"), False),
        ("loss.deposits=ring_fence", ("loss", "deposits"), "ring_fence"),
        ("withdraw_margin=1.5", ("withdraw_margin",), 1.5),
        ("liquidation.size=full", ("liquidation", "size"), "full"),
        ("liquidation.size.fraction=0.25", ("liquidation", "size", "fraction"), 0.25),
        ("takeover.below_mm_fraction=0.5", ("takeover", "below_mm_fraction"), 0.5),
    ],
)
def test_a_setting_reaches_the_venue(setting: str, path: tuple[str, ...], value: object) -> None:
    found: object = _toy(setting).venue
    for part in path:
        found = getattr(found, part)
    assert found == value


def test_a_setting_reaches_the_scenario(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    scenario = _toy("prices.path=prices.csv", "prices.volume_scale=0.5", "scenario.venue=okx")
    assert scenario.prices.path == folder / "prices.csv"
    assert scenario.prices.volume_scale == 0.5
    assert scenario.venue.name == "okx"


def test_absorbers_are_set_by_name_or_place() -> None:
    for key in ("absorber.insurance_fund.cash", "absorber.0.cash"):
        venue = scenarios.load_venue("binance", set=(f"{key}=1e6",))
        assert venue.absorber[0].cash == 1e6
    fund = 'absorber=[{name="fund", cash=5.0}]'
    assert (
        scenarios.load_venue("backpack", set=(fund, "absorber.fund.floor=1")).absorber[0].floor == 1
    )


@pytest.mark.parametrize("where", ["insurance_fund", "0"])
def test_setting_what_an_absorber_starts_with_removes_the_other_way(where: str) -> None:
    fraction = f"absorber.{where}.cash_frac_oi=0.02"
    cash = f"absorber.{where}.cash=7"
    for settings, expected in (
        ((cash,), (7.0, None)),
        ((fraction,), (None, 0.02)),
        ((cash, fraction), (None, 0.02)),
        ((fraction, cash), (7.0, None)),
    ):
        (fund, *_) = scenarios.load_venue("binance", set=settings).absorber
        assert (fund.cash, fund.cash_frac_oi) == expected


def test_only_an_absorber_s_cash_removes_anything() -> None:
    assert _refused("book.cash=1").startswith("--set book.cash=1: book.cash: unknown key")


def test_margin_tables_are_set_by_market() -> None:
    venue = scenarios.load_venue("backpack", set=("margin.markets.BTC.base=0.01",))
    assert venue.margin.markets["BTC"].model_dump()["base"] == 0.01
    tiers = 'margin.markets."*"={kind="tiers", tiers=[{from=0, rate=0.5}]}'
    assert scenarios.load_venue("backpack", set=(tiers,)).margin.markets["*"].kind == "tiers"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("adl.prise=mark", '--set adl.prise=mark: adl.prise: unknown key (did you mean "price"?)'),
        ("adl.price=marc", '--set adl.price=marc: adl.price: found "marc", expected'),
        ("ald.price=mark", '--set ald.price=mark: unknown key "ald" (did you mean "adl"?). Known:'),
        ("adl.price", "--set adl.price: expected section.key=value, such as"),
        ("=1", "--set =1: expected section.key=value"),
        ("adl..price=1", "--set adl..price=1: expected section.key=value"),
        ("absorber.0.cash=1", '--set absorber.0.cash=1: the list has no entry "0". It has 0'),
        ("adl=3", "--set adl=3: adl: found 3, expected a table with enabled, score"),
        ("scenario.step=1", "--set scenario.step=1: scenario.step: found 1, expected a text"),
        ("scenario.step=0s", '--set scenario.step=0s: scenario.step: found "0s", expected "nat'),
        ("scenario.start=noon", '--set scenario.start=noon: scenario.start: found "noon", exp'),
        ("scenario.end=2025-10-10T20:00:00Z", "--set scenario.end=2025-10-10T20:00:00Z: scenario"),
        ("scenario.seed=1.5", "--set scenario.seed=1.5: scenario.seed: found 1.5, expected a wh"),
        ("prices.source=anchors", "scenario toy --set prices.source=anchors: prices: give exact"),
        ("margin.markets.DOGE.base=0.1", "scenarios/bundled/toy"),
    ],
)
def test_a_setting_that_cannot_be_is_named_as_typed(setting: str, sentence: str) -> None:
    assert sentence in _refused(setting)


def test_the_resolved_whole_is_json_without_folders_and_loads_again(folder: Path) -> None:
    scenario = scenarios.load(folder, overrides=Overrides(extra_book=(folder / "book",)))
    resolved = json.loads(json.dumps(scenario.resolved(("BTC", "ETH"))))
    assert str(folder.parent) not in json.dumps(resolved)
    assert resolved["prices"]["path"] == "prices.csv"
    assert resolved["extra_book"] == ["book"]
    assert resolved["scenario"]["venue"] == "venue.toml"
    assert resolved["scenario"]["start"] == "2025-10-10T21:00:00Z"
    again = ScenarioFile.model_validate(
        {
            key: {"path": folder / value["path"]} if "path" in value else value
            for key, value in resolved.items()
            if key in ("scenario", "book", "flows")
        }
        | {"prices": {"path": folder / "prices.csv"}}
    )
    assert again.scenario.start == scenario.scenario.start
    own = folder / "again.toml"
    own.write_text(_toml(resolved["venue"]), encoding="utf-8")
    assert scenarios.load_venue(own).model_dump() == scenario.venue.model_dump()


def _toml(tables: dict[str, object]) -> str:
    """A venue as TOML, every key inline."""
    return "\n".join(f"{key} = {_inline(value)}" for key, value in tables.items())


def _inline(value: object) -> str:
    if isinstance(value, dict):
        items = (f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_inline(item) for item in value)}]"
    return json.dumps(value)
