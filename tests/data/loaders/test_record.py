"""A venue's record as it is shipped, and what follows from it: the cases of the real night."""

import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli.commands.data import data_app
from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.loaders.reading.containers import blobs_of, input_files
from crashsim.data.rebuild.later_snapshot import check_against
from crashsim.data.rebuild.liquidation_price import margin_tables
from crashsim.data.rebuild.record_files import RecordPaths, read_record, read_snapshot
from crashsim.data.rebuild.venue_book import book_at
from crashsim.data.store.store import Store
from crashsim.data.tape.prices import load_tape
from crashsim.scenarios import Overrides, load, load_venue
from crashsim.scenarios.errors import InputError
from tests.executed import ROOT, blocks, run_python

CASES = Path(__file__).parent / "cases"
SNAPSHOT_MS = 1_760_126_694_218
AT = 1_760_130_900_000  # 21:15
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The record that docs/data.md makes: one archive of all kinds, in two parts."""
    (source,) = blocks(ROOT / "docs" / "data.md", "python")
    run_python(source, tmp_path)
    return tmp_path


def imported(folder: Path, *names: str) -> Store:
    store = Store(folder / "store")
    for name in names:
        import_file(store, CASES / name, Options(), NOW)
    return store


def rows(store: Store, kind: str) -> pl.DataFrame:
    return store.read("hyperliquid", "*", kind, 0, 2**53)


def tape_until(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path))
    imported(tmp_path, "20251010.csv", "21.json.gz")
    window = ("scenario.start=2025-10-10T21:15:00Z", f"scenario.end=2025-10-10T{end}Z")
    source = "prices.source=store:hyperliquid"
    return load_tape(load("oct11", overrides=Overrides(set=(*window, source))))


def test_a_minute_without_a_trade_has_no_volume_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = tape_until("21:18:00", tmp_path, monkeypatch)
    assert reading.tape.mark.shape == (181, 1)
    assert reading.tape.mark[-1, 0] == 111_000.0 and reading.tape.volume_usd[-1, 0] == 0.0
    notes = " ".join(note for file in reading.files for note in file.notes)
    assert "minutes without a trade, volume 0: BTC 1 min" in notes


def test_marks_inside_fills_join_the_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = tape_until("21:17:30", tmp_path, monkeypatch)
    mark = reading.tape.mark[:, 0]
    fills = rows(Store(tmp_path / "store"), "fills").filter(pl.col("liquidation_mark") > 0)
    by_second = fills.group_by(pl.col("time").dt.epoch("s")).agg(pl.col("liquidation_mark").last())
    for second, recorded in by_second.iter_rows():
        assert mark[second - AT // 1000] == recorded
    assert mark.min() == 100_000.0 and mark[0] == 116_000.0
    notes = " ".join(note for file in reading.files for note in file.notes)
    assert "recorded marks in BTC 62 s" in notes


def test_between_recorded_marks_the_path_is_the_last_trade_shifted_in_log_linear_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = tape_until("21:16:00", tmp_path, monkeypatch)
    fills = rows(Store(tmp_path / "store"), "fills")
    trades = dict(fills.select(pl.col("time").dt.epoch("s"), "price").rows())
    last = [trades[max(s for s in trades if s <= AT // 1000 + k)] for k in range(61)]
    ends = np.log(116_000.0 / last[0]), np.log(112_000.0 / last[60])
    for k in range(61):
        shift = ends[0] + (ends[1] - ends[0]) * k / 60
        assert reading.tape.mark[k, 0] == pytest.approx(last[k] * np.exp(shift), rel=1e-12)


def test_isolated_margin_is_in_the_liquidation_price() -> None:
    record = read_record(RecordPaths(snapshot=[str(CASES / "snap")]), SNAPSHOT_MS + 800)
    book = book_at(record, SNAPSHOT_MS + 800)
    held = dict(book.positions.select("account", "isolated_margin").rows())
    assert held["0x" + "a" * 40] == pytest.approx(500.0)
    assert dict(book.accounts.rows())["0x" + "a" * 40] == pytest.approx(100.0)
    # The other account's price is of no whole leverage (62.01): it says nothing.
    assert book.tables.own == {}
    assert any("isolated margins rest on them" in note for note in book.notes)


def test_higher_tiers_count_in_the_liquidation_price() -> None:
    """30m at P: 20m at 5 %, 10m at 10 %, so maintenance 2m; M = 2m + 300,000 x (120 - 100)."""
    row = {"account": "a", "market": "ABC", "size": 300_000.0, "notional": 3e7}
    row |= {"entry_price": 120.0, "is_cross": False, "liquidation_price": 100.0}
    from crashsim.data.rebuild.liquidation_price import MarginTables, with_margin

    made = with_margin(pl.DataFrame([row]), MarginTables({}, 0))
    assert made["margin"].to_list() == pytest.approx([2e6 + 6e6])


@pytest.mark.parametrize("leverage", [3, 5, 10, 20, 25, 40])
def test_the_rate_of_the_day_is_said_by_accounts_with_one_cross_position(leverage: int) -> None:
    value, size, mark = 300.0, -7.0, 50.0
    price = (value - size * mark) / (abs(size) * (1 + 0.5 / leverage))
    position = {"account": "a", "market": "NEW", "size": size, "notional": 350.0, "is_cross": True}
    position |= {"liquidation_price": price, "account_value": None}
    accounts = pl.DataFrame({"account": ["a"], "account_value": [value]})
    frame = pl.DataFrame([position], schema_overrides={"account_value": pl.Float64})
    tables = margin_tables(frame, accounts)
    assert tables.table("NEW").tiers[0].rate == pytest.approx(0.5 / leverage)
    assert len(tables.table("NEW").tiers) == (2 if leverage == 10 else 1)


def test_fills_without_local_time(tmp_path: Path) -> None:
    (fill,) = rows(imported(tmp_path, "20_fills.json"), "fills").rows(named=True)
    assert (fill["market"], fill["price"], fill["size"], fill["side"]) == (
        "AVAX",
        22.075,
        28.53,
        "buy",
    )
    assert fill["liquidation_mark"] == 22.025 and fill["liquidation_method"] == "backstop"


@pytest.mark.parametrize("name", ["without_user.jsonl", "null_user.jsonl"])
def test_a_liquidation_without_its_user_is_a_fill_all_the_same(tmp_path: Path, name: str) -> None:
    fills = rows(imported(tmp_path, name), "fills")
    assert fills.height == 2 and fills["liquidated_account"].null_count() > 0


def test_every_ledger_shape_of_the_documentation_is_booked(tmp_path: Path) -> None:
    (result,) = import_file(Store(tmp_path), CASES / "misc20.json", Options(), NOW)
    assert result.notes == ()
    events = rows(Store(tmp_path), "events")
    paid = events.filter(pl.col("type") == "vaultWithdraw")["amount_usd"].to_list()
    assert paid == [98.5, -99.5, 98.5, -99.5]  # with and without the net: the same
    moved = events.filter(pl.col("type") == "perpDexClassTransfer")["amount_usd"].to_list()
    assert moved == [0.0]  # between spot and a builder's market


def test_an_archive_of_all_kinds_in_parts_is_one_record(night: Path) -> None:
    assert [path.name for path in input_files(str(night / "record"))] == ["night.tar.xz.part-aa"]
    second = night / "record" / "night.tar.xz.part-ab"
    assert input_files(str(second)) == [second.with_name("night.tar.xz.part-aa")]
    record = read_record(RecordPaths([str(second)]), AT)
    assert record.snapshot_ms == SNAPSHOT_MS and record.positions.height == 3
    assert record.fills["trade_id"].to_list()[:2] == [1, 1] and record.events.height == 2
    assert record.notes == ("20251010.csv: contexts are not in a book: not read",)


def test_spot_balances_are_no_part_of_a_record(night: Path) -> None:
    spot = night / "record" / "spot_balances__758750000_1760126694218.json"
    spot.write_text('[{"user":"0xaa","token":"USDC","balance":12.5}]')
    record = read_record(RecordPaths([str(night / "record")]), AT)
    assert record.positions.height == 3
    assert any("spot balances: nothing in crashsim reads them" in note for note in record.notes)


def test_a_part_that_is_missing_is_named(night: Path) -> None:
    (night / "record" / "night.tar.xz.part-aa").unlink()
    with pytest.raises(InputError, match=r"part-ab: the part before it is missing"):
        input_files(str(night / "record"))


def test_members_of_a_tar_can_be_read_as_they_come_and_again_later(tmp_path: Path) -> None:
    path, contents = tmp_path / "a.tar.gz", [b"x" * 3_000_000, b"y" * 10, b"z" * 2_000_000]
    with tarfile.open(path, "w:gz") as archive:
        for n, content in enumerate(contents):
            member = tarfile.TarInfo(f"{n}.txt")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert [(blob.head(5), blob.whole(), blob.whole()) for blob in blobs_of(path)] == [
        (content[:5], content, content) for content in contents
    ]
    assert [blob.whole() for blob in list(blobs_of(path))] == contents


def test_a_line_of_twenty_megabytes_and_a_second_snapshot(night: Path) -> None:
    delta = {"user": "0x" + "a" * 40, "coin": "ABC", "funding_amount": "-0.001", "szi": "10"}
    deltas = json.dumps([delta | {"funding_rate": "0"}] * 150_000)
    line = (
        '{"block_time":"x","block_number":9,"events":[{"time":"2025-10-10T21:00:00.1","hash":"0x0",'
        f'"inner":{{"Funding":{{"deltas":{deltas}}}}}}}]}}'
    )
    assert len(line) > 17_000_000
    (night / "record" / "funding.json").write_text(line)
    record = read_record(RecordPaths([str(night / "record"), str(night / "later")]), AT)
    assert record.snapshot_ms == 1_760_129_094_000  # the latest before the moment
    earlier = read_record(
        RecordPaths([str(night / "record"), str(night / "later")]), AT, 1_760_129_094_000
    )
    assert earlier.snapshot_ms == SNAPSHOT_MS


def test_the_check_lists_what_differs_by_what_happened(night: Path) -> None:
    later = read_snapshot(str(night / "later"))
    record = read_record(RecordPaths([str(night / "record")]), AT, later.snapshot_ms)
    check = check_against(record, later)
    assert (check.sizes, check.accounts) == (3, 3)
    assert check.by_type().rows() == [("somethingNew, trade", 0, 1, pytest.approx(3.0))]


def test_the_command_writes_the_venue_of_the_day(night: Path) -> None:
    arguments = ["book", "--record", str(night / "record"), "--at", "2025-10-10T21:15:00Z"]
    done = CliRunner().invoke(data_app, [*arguments, "--out", str(night / "book")])
    assert done.exit_code == 0, done.output
    venue = load_venue(night / "book" / "venue.toml")
    assert venue.margin.margin_table_for("ABC").table.tiers[0].rate == 0.025  # type: ignore[union-attr]
    assert venue.margin.margin_table_for("BTC") == load_venue(
        "hyperliquid"
    ).margin.margin_table_for("BTC")
    positions = pl.read_parquet(night / "book" / "positions.parquet")
    assert positions["isolated_margin"].drop_nulls().to_list() == pytest.approx([500.0])
    known = json.loads((night / "book" / "book.json").read_text())
    assert [each["file"] for each in known["inputs"]] == [
        "night.tar.xz.part-aa",
        "night.tar.xz.part-ab",
    ]


def test_a_leg_of_two_files_comes_once(night: Path) -> None:
    record = night / "record"
    with tarfile.open(
        fileobj=io.BytesIO(b"".join(p.read_bytes() for p in sorted(record.iterdir())))
    ) as archive:
        member = archive.extractfile("20_fills.json")
        assert member is not None
        (record / "20_fills.json").write_bytes(member.read())
    assert read_record(RecordPaths([str(record)]), SNAPSHOT_MS + 10**7).fills.height == 722
