"""Margin tables in a CSV beside a venue, each row with its source; and those of a stand-in."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim import scenarios
from crashsim.cli.commands.venues import app
from crashsim.engine.state.margin import MarginTables
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.facts import margin_sheet, venue_sheet
from crashsim.scenarios.models.margin_tables import SqrtTable, TierTable

SHARED = Path(__file__).parents[3] / "shared" / "data" / "venues"
of_the_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared tables are elsewhere")
ROOM = Path(scenarios.__file__).resolve().parent
TARGETS = ("backpack", "binance", "bybit", "hyperliquid")

HEAD = """\
# [page]
# since = 2025-10-09
# source = "https://example.org/tiers"
#
# [guess]
# assumption = "As the page has it for others."
"""
ROWS = """\
market,from_usd,rate,source
BTC,0,0.004,page
BTC,50000,0.005,page
1000PEPE,0,0.01,page
ETHUSDC,0,0.02,page
*,0,0.05,guess
"""
VENUE = """\
name = "mine"
[margin]
tables = "mine.csv"
[liquidation]
participation = 0.1
[adl]
score = "bitmex"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.csv").write_text(HEAD + ROWS, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(VENUE, encoding="utf-8")
    return tmp_path


def _served(venue: Path | str, market: str) -> str:
    return scenarios.load_venue(venue).margin.margin_table_for(market).key


@pytest.mark.parametrize(
    ("market", "key"),
    [
        ("BTCUSDT", "BTC"),
        ("BTC-PERP", "BTC"),
        ("1000PEPEUSDT", "1000PEPE"),
        ("kPEPE", "1000PEPE"),
        ("ETHUSDC", "ETHUSDC"),
        ("ETHUSDT", "*"),
    ],
)
def test_a_market_finds_its_rows(folder: Path, market: str, key: str) -> None:
    assert _served(folder / "mine.toml", market) == key


def test_rows_become_tiers_and_each_table_is_one_fact_with_the_source_of_its_rows(
    folder: Path,
) -> None:
    venue = scenarios.load_venue(folder / "mine.toml")
    facts = {fact.key: fact for fact in venue.facts()}
    btc = facts["margin.markets.BTC"]
    assert btc.text == "from 0: 0.4 %; from 50,000: 0.5 %"
    assert (btc.source, btc.since) == ("https://example.org/tiers", "2025-10-09")
    assert btc.unit == "USD (from), fraction of notional (rate)"
    assert facts['margin.markets."*"'].assumption == "As the page has it for others."
    assert sum(key.startswith("margin.") for key in facts) == 4
    assert venue.table_counts(("BTCUSDT", "XBTUSD", "SOLUSDT")) == (3, 2, 1)
    assert venue.rule_counts().values == 2


def test_a_file_of_functions_has_a_row_a_market(folder: Path) -> None:
    rows = "market,base,factor\nSOL,0.0125,0.000092\n*,0.05,0.00026\n"
    (folder / "mine.csv").write_text(rows, encoding="utf-8")
    table = scenarios.load_venue(folder / "mine.toml").margin.margin_table_for("SOLUSDT").table
    assert table == SqrtTable(kind="sqrt", base=0.0125, factor=0.000092)


def test_without_a_head_the_column_has_the_sources_themselves(folder: Path) -> None:
    rows = ROWS.replace(",page", ",https://example.org/a").replace(",guess", ",")
    (folder / "mine.csv").write_text(rows, encoding="utf-8")
    facts = {fact.key: fact for fact in venue_sheet(folder / "mine.toml").facts}
    assert facts["margin.markets.BTC"].source == "https://example.org/a"
    assert facts['margin.markets."*"'].source is None


def test_a_table_in_the_toml_goes_before_the_rows(folder: Path) -> None:
    inline = '[margin.markets.BTC]\nkind = "sqrt"\nbase = 0.2\nfactor = 0.0\n'
    (folder / "mine.toml").write_text(VENUE + inline, encoding="utf-8")
    table = scenarios.load_venue(folder / "mine.toml").margin.margin_table_for("BTCUSDT").table
    assert table == SqrtTable(kind="sqrt", base=0.2, factor=0.0)


def test_one_value_of_a_row_can_be_set_and_then_has_no_source(folder: Path) -> None:
    name = folder / "mine.toml"
    venue = scenarios.load_venue(name, set=("margin.markets.BTC.tiers.1.rate=0.4",))
    table = venue.margin.markets["BTC"]
    assert isinstance(table, TierTable)
    assert [tier.rate for tier in table.tiers] == [0.004, 0.4]
    (bare,) = (fact for fact in venue.facts() if fact.key == "margin.markets.BTC")
    assert (bare.source, bare.assumption) == (None, None)


def test_another_file_of_tables_can_be_set_from_where_one_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folder / "elsewhere"
    other.mkdir()
    (other / "flat.csv").write_text("market,from_usd,rate\n*,0,0.3\n", encoding="utf-8")
    monkeypatch.chdir(other)
    venue = scenarios.load_venue(folder / "mine.toml", set=("margin.tables=flat.csv",))
    assert list(venue.margin.markets) == ["*"]
    assert (
        scenarios.load_venue("bybit", set=("margin.tables=dydx",)).margin.markets["BTC"]
        == (scenarios.load_venue("dydx").margin.markets["BTC"])
    )


def _stands_in(folder: Path, rows: str) -> Path:
    (folder / "other.csv").write_text(rows, encoding="utf-8")
    text = VENUE.replace("[liquidation]", 'stand_in = "other.csv"\n[liquidation]')
    told = '[facts."margin.stand_in"]\nassumption = "Lent."\n'
    (folder / "mine.toml").write_text(text + told, encoding="utf-8")
    return folder / "mine.toml"


OTHERS = "market,from_usd,rate\nBTC,0,0.5\nPEPE,0,0.6\nSOL,0,0.7\n*,0,0.9\n"


@pytest.mark.parametrize(
    ("market", "rate", "stand_in"),
    [
        ("BTCUSDT", 0.004, ""),
        ("PEPEUSDT", 0.01, ""),
        ("SOLUSDT", 0.7, "other.csv"),
        ("DOGEUSDT", 0.05, ""),
    ],
)
def test_a_stand_in_serves_the_markets_without_a_table_of_their_own(
    folder: Path, market: str, rate: float, stand_in: str
) -> None:
    margin = scenarios.load_venue(_stands_in(folder, OTHERS)).margin
    served = margin.margin_table_for(market)
    assert isinstance(served.table, TierTable)
    assert (served.table.tiers[0].rate, served.stand_in) == (rate, stand_in)
    assert MarginTables(margin, (market,)).one(0, 1000.0) == pytest.approx(1000.0 * rate)


def test_a_stand_in_counts_as_one_assumption_and_lends_its_default(folder: Path) -> None:
    own = ROWS.replace("*,0,0.05,guess\n", "")
    (folder / "mine.csv").write_text(HEAD + own, encoding="utf-8")
    name = _stands_in(folder, OTHERS)
    venue = scenarios.load_venue(name)
    assert _served(name, "DOGEUSDT") == "*"
    keys = [fact.key for fact in venue.facts()]
    assert "margin.markets.SOL" not in keys and keys.count("margin.stand_in") == 1
    assert venue.table_counts(("SOLUSDT", "BTCUSDT")) == (2, 1, 1)
    (fact,) = margin_sheet(name, "SOLUSDT").facts
    assert (fact.text, fact.assumption) == ("from 0: 70 %", "Lent.")


def test_a_run_keeps_the_tables_that_serve_its_markets(folder: Path) -> None:
    margin = scenarios.load_venue(_stands_in(folder, OTHERS)).margin
    kept = margin.serving(("SOLUSDT", "BTCUSDT"))
    assert sorted(kept.markets) == ["*", "BTC", "SOL"]
    for market in ("SOLUSDT", "BTCUSDT"):
        assert kept.margin_table_for(market).table == margin.margin_table_for(market).table
    whole = scenarios.load("oct11", overrides=scenarios.Overrides(venue="binance"))
    venue = whole.resolved(("BTCUSDT", "SOLUSDT"))["venue"]
    assert isinstance(venue, dict)
    assert sorted(venue["margin"]["markets"]) == ["*", "BTC", "SOL"]


@pytest.mark.parametrize(
    ("found", "instead", "sentence"),
    [
        ("50000,0.005", "50000,five", 'mine.csv, line 9: rate: found "five", expected a number'),
        ("50000,0.005", "50000,5", "mine.csv, line 9: rate: found 5.0, expected a finite number"),
        ("50000,0.005", "-1,0.005", "mine.csv, line 9: from_usd: found -1.0, expected"),
        ("50000,0.005", "0,0.005", "mine.csv, lines 8 to 9, BTC: tiers must ascend"),
        ("50000,0.005", "50000,0.001", "lines 8 to 9, BTC: rates must not fall"),
        ("50000,0.005,page", "50000,0.005", "line 9: found 3 columns, expected 4: market,"),
        ("BTC,50000", ",50000", "mine.csv, line 9: market: found nothing"),
        ("0.005,page", "0.005,pag", 'line 9: source: found "pag", expected an id that stands'),
        ("0.005,page", "0.005,guess", 'found "guess", expected "page" as in the other rows of'),
        ("from_usd", "from", "line 7: found market, from, rate, source; expected the columns"),
        ("market,from_usd,rate,source\n", "", "line 7: found BTC, 0, 0.004, page; expected"),
        ("# [guess]", "# a note", "the comment before the header is not TOML"),
        ("# since", "# sinse", 'before the header: facts.page.sinse: unknown key (did you mean "'),
        ("*,0,0.05,guess\n", "", "margin.markets: the table of all other markets is missing"),
    ],
)
def test_what_is_unfit_is_named_by_file_line_and_column(
    folder: Path, found: str, instead: str, sentence: str
) -> None:
    text = HEAD + ROWS
    assert found in text
    (folder / "mine.csv").write_text(text.replace(found, instead), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        scenarios.load_venue(folder / "mine.toml")
    assert sentence in str(raised.value)


def test_a_market_of_two_functions_is_refused(folder: Path) -> None:
    rows = "market,base,factor\nSOL,0.1,0\nSOL,0.2,0\n*,0.1,0\n"
    (folder / "mine.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError, match="line 3: market: found SOL a second time"):
        scenarios.load_venue(folder / "mine.toml")


def test_a_file_that_is_not_there_is_asked_for_with_the_bundled_names(folder: Path) -> None:
    (folder / "mine.toml").write_text(VENUE.replace("mine.csv", "binanze"), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        scenarios.load_venue(folder / "mine.toml")
    text = str(raised.value)
    assert "mine.toml: margin.tables: there is no file of margin tables" in text
    assert '(did you mean "binance"?)' in text and "give a path to a CSV file" in text


def test_one_table_is_shown_for_a_market_and_a_few_of_hundreds_for_a_venue() -> None:
    shown = CliRunner().invoke(app, ["show", "binance"], env={"COLUMNS": "80"}).output
    assert "markets.SOL" in shown and "markets.DOGE" not in shown
    assert "and the tables of 600 more markets: --market NAME shows one" in shown
    one = CliRunner().invoke(app, ["show", "binance", "--market", "DOGE-PERP"]).output
    assert "margin of DOGE-PERP, table margin.markets.DOGE" in one and "750,000" in one
    told = CliRunner().invoke(app, ["show", "binance", "--json"]).output
    assert len([f for f in json.loads(told)["facts"] if "margin.markets." in f["key"]]) == 604


# What is bundled


def _rows(name: str) -> list[dict[str, str]]:
    lines = (SHARED / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _tiers(venue: str, market: str) -> list[tuple[float, float]]:
    table = scenarios.load_venue(venue).margin.margin_table_for(market).table
    assert isinstance(table, TierTable)
    return [(tier.from_, tier.rate) for tier in table.tiers]


@of_the_shared
def test_every_bracket_of_binance_is_bundled_and_found_by_the_name_of_its_market() -> None:
    published: dict[str, list[tuple[float, float]]] = {}
    for row in _rows("binance_brackets_2025-10-09.csv"):
        _, _, expiry = row["ccxt_symbol"].partition("-")
        name = row["market"] + (f"_{expiry}" if expiry else "")
        tier = float(row["notional_from_usd"]), float(row["maintenance_rate"])
        published.setdefault(name, []).append(tier)
    assert published.pop("ETHBTC")  # not in dollars
    margin = scenarios.load_venue("binance").margin
    served = {name: margin.margin_table_for(name) for name in published}
    assert len({each.key for each in served.values()}) == len(published) == 603
    found = {
        name: [(tier.from_, tier.rate) for tier in each.table.tiers]
        for name, each in served.items()
        if isinstance(each.table, TierTable)
    }
    assert found == published


@of_the_shared
def test_every_coin_of_hyperliquid_has_the_leverage_of_its_group() -> None:
    first = {"56": 40, "55": 25, "54": 20, "53": 20, "52": 10, "51": 10}
    for row in _rows("hyperliquid_margin_tables_2025-11.csv"):
        leverage = first.get(row["table"]) or int(row["table"])
        for coin in row["coins"].split():
            assert _tiers("hyperliquid", coin)[0] == (0.0, pytest.approx(0.5 / leverage)), coin


@of_the_shared
def test_bybits_tiers_give_the_deductions_that_bybit_publishes() -> None:
    margin = scenarios.load_venue("bybit").margin
    curve = MarginTables(margin, ("BTCUSDT",))
    for row in _rows("bybit_btcusdt_tiers.csv"):
        limit, rate = float(row["risk_limit"]), float(row["mmr"])
        published = limit * rate - float(row["mm_deduction"])
        assert curve.one(0, limit * (1 - 1e-12)) == pytest.approx(published, rel=1e-9)


@of_the_shared
@pytest.mark.parametrize("coin", ["BTC", "ETH", "ADA"])
def test_backpacks_functions_are_those_of_its_markets(coin: str) -> None:
    rows = {row["market"]: row for row in _rows("backpack_margins.csv")}
    row = rows[f"{coin}_USDC_PERP"]
    table = scenarios.load_venue("backpack").margin.margin_table_for(row["market"]).table
    expected = SqrtTable(kind="sqrt", base=float(row["mmf_base"]), factor=float(row["mmf_factor"]))
    assert table == expected


def test_binances_second_bracket_gives_the_deduction_that_binance_publishes() -> None:
    """0.4 % to 300,000 and 0.5 % above: 300 less than half a percent of all."""
    curve = MarginTables(scenarios.load_venue("binance").margin, ("BTCUSDT",))
    assert curve.one(0, 500_000.0) == pytest.approx(500_000 * 0.005 - 300)


def test_every_market_of_the_night_has_a_bracket_of_its_own_at_binance() -> None:
    rows = (ROOM / "bundled" / "oct11" / "anchors.csv").read_text(encoding="utf-8").splitlines()
    head = next(i for i, line in enumerate(rows) if not line.startswith("#"))
    markets = sorted({row["market"] for row in csv.DictReader(rows[head:])})
    venue = scenarios.load_venue("binance")
    assert len(markets) == 106
    assert venue.table_counts(markets) == (106, 106, 0)


@pytest.mark.parametrize("name", ["binance", "bybit", "hyperliquid"])
def test_at_least_half_of_the_values_have_a_source_with_and_without_the_margin_tables(
    name: str,
) -> None:
    venue = scenarios.load_venue(name)
    for counts in (venue.counts(), venue.rule_counts()):
        assert 2 * counts.sourced >= counts.values, counts
