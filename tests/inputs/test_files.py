"""Files as people hold them: what each is taken for, and what is said where it is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inputs.conftest import Case

Open = Callable[[str], Case]


@pytest.mark.parametrize(
    ("name", "file", "why"),
    [
        ("book-levels-as-trades", "levels.csv", "'is_snapshot' say that these are the levels of"),
        ("book-levels-as-trades", "levels2.csv", "the levels of an order book"),
        ("orders-as-trades", "orders.csv", "'status' say that these are orders"),
        ("what-is-this-file", "ABCUSDT-1m-2025-10-10.zip", "a web page, not the file"),
        ("what-is-this-file", "ABCUSDT-1m-2025-10-11.csv", "an error of the archive .*NoSuchKey"),
        ("what-is-this-file", "recorded.log", "the raw stream of a socket"),
        ("what-is-this-file", "book.xlsx", "a workbook of Excel; save the sheet as CSV"),
        ("what-is-this-file", "candles.h5", "an HDF5 file; convert it to Feather"),
        ("one-family-two-names", "Venue_ABCUSDT_2025-10-10.csv", "say it with --market"),
        ("ambiguous-hour-message", "tr_dst.csv", "it is ambiguous"),
    ],
)
def test_what_is_no_tape_is_refused_with_what_it_is(
    case: Open, name: str, file: str, why: str
) -> None:
    options = ["--map", "when=time,paid=price,n=size,way=side", "--market", "X"]
    zone = ["--tz", "America/New_York"] if file == "tr_dst.csv" else []
    done = case(name).run("data", "import", file, *(options + zone if zone else []))
    assert done.code == 3
    assert re.search(why, done.err), done.err


def test_contracts_are_not_coins_and_an_unfinished_candle_is_left_out(case: Open) -> None:
    at = case("contracts-as-coins")
    done = at.run("data", "import", "candles.csv")
    assert "1 unfinished candles (confirm says so) were left out" in done.out
    assert "not used: vol, confirm" in done.out
    assert at.stored("volume", "volume_usd").rows() == [(20.0, 2.3e6), (20.0, 2.17e6)]


def test_a_row_number_is_no_index_price(case: Open) -> None:
    at = case("row-number-as-index-price")
    assert "not used: index" in at.run("data", "import", "marks.csv").out
    assert at.stored("mark", "index").rows() == [(120e3, None), (112e3, None), (105e3, None)]


def test_an_unfinished_candle_does_not_set_the_length_of_bars(case: Open) -> None:
    at = case("unfinished-candle-sets-bar-length")
    assert "1 bars off the grid of 60 s were left out" in at.run("data", "import", "tail.csv").out
    assert at.stored("time").height == 3
    at.run("replay", "night", "--out", "run")
    alone = case("unfinished-candle-sets-bar-length")
    whole = (alone.place / "tail.csv").read_text().splitlines()[:-1]
    (alone.place / "tail.csv").write_text("\n".join(whole))
    alone.run("data", "import", "tail.csv")
    alone.run("replay", "night", "--out", "run")
    assert at.table("liquidations").height > 0
    for table in ("prices_1m", "liquidations", "accounts"):
        assert at.table(table).equals(alone.table(table))


def test_an_array_of_objects_is_a_table(case: Open) -> None:
    at = case("json-records")
    assert at.run("data", "import", "records.json").code == 0
    expected = [("ABC/USDT", 10.0, 2.0, "sell"), ("ABC/USDT", 10.5, 1.0, "buy")]
    assert at.stored("market", "price", "size", "side").rows() == expected


def test_an_array_of_objects_is_a_table_with_columns_named_too(case: Open) -> None:
    at = case("json-records")
    columns = "timestamp=time,price=price,amount=size,symbol=market"
    assert at.run("data", "import", "records.json", "--map", columns).code == 0
    assert at.stored("size")["size"].to_list() == [2.0, 1.0]


def test_a_saved_answer_of_twelve_columns_is_candles(case: Open) -> None:
    at = case("json-records")
    assert at.run("data", "import", "ABCUSDT-1m.json").code == 0
    assert at.stored("volume", "volume_usd").rows() == [(120.5, 1180.2), (20.5, 195.0)]


def test_an_answer_in_its_envelope_is_candles(case: Open) -> None:
    at = case("json-records")
    words = ("--market", "ABC", "--interval", "60")
    assert at.run("data", "import", "enveloped.json", *words).code == 0
    assert at.stored("volume", "volume_usd").rows() == [(120.5, 1180.2)]


@pytest.mark.parametrize("file", ["BTCUSDT_1m", "camel", "short", "slash", "spaced", "unnamed"])
def test_a_name_matches_whatever_its_case_spaces_and_underscores(case: Open, file: str) -> None:
    at = case("column-names")
    done = at.run("data", "import", f"{file}.csv", "--market", "BTCUSDT")
    assert done.code == 0 and "2 last 1m" in done.out
    stored = at.stored("time", "volume", "volume_usd")
    assert [f"{time:%H:%M}" for time in stored["time"]] == ["21:16", "21:17"]
    assert stored["volume"].to_list() == [100.0, 100.0]
    assert stored["volume_usd"].to_list() == ([1050.0] * 2 if file == "camel" else [None] * 2)


def test_a_volume_is_read_by_the_unit_in_its_name(case: Open) -> None:
    at = case("volume-lost-without-a-word")
    assert at.run("data", "import", "vol.csv").code == 0
    assert at.stored("volume", "volume_usd").rows()[0] == (20.0, 2.3e6)
    assert at.run("replay", "night", "--out", "run").code == 0


def test_bars_and_trades_of_one_tool_are_one_market_in_one_source(case: Open) -> None:
    at = case("one-family-two-names")
    done = at.run("data", "import", "ABC_USDT-1m.json", "ABC_USDT-trades.csv")
    assert done.out.count("of ABC/USDT -> store:ccxt") == 2


@pytest.mark.parametrize("file", ["a.csv", "b.csv"])
def test_what_import_reads_prices_reads_too(case: Open, file: str) -> None:
    at = case("prices-option-reads-less-than-import")
    words = ("--prices", file, "--out", "run")
    refused = at.run("replay", "toy", *words)
    assert refused.code == 3 and "try --set scenario.step=1s" in refused.err
    assert at.run("replay", "toy", *words, "--set", "scenario.step=1s").code == 0
    assert at.table("prices_1m")["open"][0] == 100.0


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_findings_are_never_cut(case: Open, columns: str) -> None:
    at = case("check-cuts-its-findings")
    file = "ABCLONGNAME_USDT_USDT-1m-futures.json"
    done = at.shell("data", "check", file, columns=columns)
    assert done.code == 1
    # 21:00, 21:01 and 21:02 are there, then 21:05: two bars are missing, over 120 s
    assert "\n  2 missing, longest gap 120 s\n" in done.out
    assert "ccxt last 1m ABCLONGNAME/USDT:USDT, 4 rows" in done.out
    assert at.shell("data", "import", file, columns=columns).code == 0
    listed = at.shell("data", "ls", columns=columns).out
    assert re.search(r"ABCLONGNAME/USDT:USDT +4 +2025-10-10 21:00 - 10-10 21:05 +1\n", listed)


def test_a_name_that_says_another_length_is_a_finding_beside_the_rest(case: Open) -> None:
    at = case("check-cuts-its-findings")
    candles = [[1760130000000 + 60_000 * n, 12, 12, 11, 11, 2] for n in range(20)]
    Path("XYZ_USDT-8m.json").write_text(json.dumps(candles), encoding="utf-8")
    done = at.run("data", "check", ".")
    assert done.code == 1
    assert "its name says bars of 480 s, its rows are 60 s apart" in done.out
    assert "2 missing, longest gap 120 s" in done.out


_COMMAS = "date;open;high;low;close;volume\n2025-10-10 21:{};{}\n2025-10-10 21:{};{}\n"


@pytest.mark.parametrize(
    ("bars", "options", "close"),
    [
        (("1,5;1,6;1,4;1,55;100", "1,55;1,6;1,4;1,5;100"), (), [1.55, 1.5]),
        (("1,500;1,600;1,400;1,550;9", "1,550;1,600;1,400;1,500;9"), (",",), [1.55, 1.5]),
        (("1,500;1,600;1,400;1,550;9", "1,550;1,600;1,400;1,500;9"), (".",), [1550.0, 1500.0]),
    ],
    ids=["proved by the file", "said to be decimal", "said to be thousands"],
)
def test_a_decimal_comma_is_proved_or_asked_for(
    case: Open, bars: tuple[str, str], options: tuple[str, ...], close: list[float]
) -> None:
    at = case("column-names")
    (at.place / "commas.csv").write_text(_COMMAS.format("16", bars[0], "17", bars[1]))
    words = ("data", "import", "commas.csv", "--market", "ABC")
    asked = at.run(*words)
    if options:
        assert asked.code == 3 and "say which with --decimal" in asked.err
        assert at.run(*words, "--decimal", *options).code == 0
    assert at.stored("close")["close"].to_list() == close


def test_decimal_commas_beside_decimal_points_are_refused(case: Open) -> None:
    at = case("column-names")
    bars = ("1,5;1,6;1,4;1,55;10.5", "1,55;1,6;1,4;1,5;10.5")
    (at.place / "commas.csv").write_text(_COMMAS.format("16", bars[0], "17", bars[1]))
    done = at.run("data", "import", "commas.csv", "--market", "ABC")
    assert done.code == 3 and "write all numbers one way" in done.err
