"""The book of a venue at a moment: a small market with every kind of event, worked out by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import lz4.frame
import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli.commands.data import data_app
from crashsim.data.rebuild.positions import positions_after
from crashsim.data.rebuild.record import Record
from crashsim.data.rebuild.record_files import RecordPaths, read_record
from crashsim.data.rebuild.venue_book import VenueBook, book_at
from crashsim.scenarios.errors import InputError

T0 = 1_760_130_000_000  # 2025-10-10 21:00:00 UTC: the snapshot
MINUTE = 60_000


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123"


def fill(user: str, side: str, size: float, price: float, start: float, **more: object) -> object:
    record = {
        "coin": "ABC",
        "px": str(price),
        "sz": str(size),
        "side": side,
        "time": T0 + MINUTE,
        "startPosition": str(start),
        "dir": "x",
        "closedPnl": "0.0",
        "oid": 1,
        "crossed": True,
        "fee": "0.0",
        "tid": 1,
    }
    return [user, record | more]


def block(number: int, ms: int, *events: object) -> bytes:
    record = {"local_time": iso(ms), "block_time": iso(ms), "block_number": number}
    return json.dumps(record | {"events": events}).encode() + b"\n"


def ledger(ms: int, users: list[str], **delta: object) -> object:
    return {
        "time": iso(ms),
        "hash": "0x0",
        "inner": {"LedgerUpdate": {"users": users, "delta": delta}},
    }


def position(user: str, size: float, entry: float, **more: object) -> dict[str, object]:
    return {
        "user": user,
        "size": size,
        "notional_size": abs(size) * 10.0,
        "funding_pnl": 0.0,
        "entry_price": entry,
        "is_cross": True,
        "leverage": 5,
        "liquidation_price": None,
        "account_value": 0.0,
    } | more


# At the mark of 10: 0xaa is short 5 from 11 (up 5), 0xbb long 5 from 10, 0xcc isolated long 1
# and short 1.
ACCOUNTS = {"0xaa": 100.0, "0xbb": 200.0, "0xcc": 50.0, "0xdd": 7.0, "0xee": 0.0}


def files(folder: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    accounts = [
        {
            "user": user,
            "account_value": value,
            "total_long_notional": 0.0,
            "total_short_notional": 0.0,
        }
        for user, value in ACCOUNTS.items()
    ]
    markets = [
        {
            "market_name": "hyperliquid:ABC",
            "snapshot_id": "s",
            "position_count": 4,
            "positions": [
                position("0xaa", -5.0, 11.0),
                position("0xbb", 5.0, 10.0),
                position("0xcc", 1.0, 10.0, is_cross=False, leverage=4),
                position("0xff", -1.0, 10.0, account_value=30.0),
            ],
        },
        {
            "market_name": "hyperliquid:xyz:MU",
            "snapshot_id": "s",
            "position_count": 1,
            "positions": [position("0xaa", 1.0, 10.0)],
        },
    ]
    snapshot = folder / "snapshot"
    snapshot.mkdir(exist_ok=True)
    (snapshot / f"account_values_1_{T0}.json").write_text(json.dumps(accounts))
    (snapshot / f"perp_positions_1_{T0}.json").write_text(json.dumps(markets))
    fills = folder / "21.lz4"
    fills.write_bytes(
        lz4.frame.compress(
            # 0xaa buys back 2 at 9 from 0xbb; then, in one block, 0xaa turns around: buys 4 at 8.
            block(
                2,
                T0 + MINUTE,
                fill("0xaa", "B", 2.0, 9.0, -5.0, fee="0.1"),
                fill("0xbb", "A", 2.0, 9.0, 5.0),
            )
            + block(
                3,
                T0 + MINUTE,
                fill("0xaa", "B", 3.0, 8.0, -3.0, tid=2),
                fill("0xaa", "B", 1.0, 8.0, 0.0, tid=3),
                fill("0xbb", "A", 4.0, 8.0, 3.0, tid=4),
                fill("0xaa", "B", 1.0, 2.0, 0.0, tid=5, coin="@1"),
            )
            # After the moment: none of it may count.
            + block(
                4,
                T0 + 10 * MINUTE,
                fill("0xaa", "A", 1.0, 1.0, 1.0, time=T0 + 10 * MINUTE, tid=6),
            )
        )
    )
    events = folder / "misc"
    funding = {
        "user": "0xbb",
        "coin": "ABC",
        "funding_amount": "-0.5",
        "szi": "5",
        "funding_rate": 0,
    }
    events.write_bytes(
        block(
            2,
            T0 + MINUTE,
            {"time": iso(T0 + MINUTE), "hash": "0x0", "inner": {"Funding": {"deltas": [funding]}}},
            ledger(T0 + MINUTE, ["0xdd"], type="deposit", usdc="40.0"),
            ledger(T0 + MINUTE, ["0xdd"], type="spotTransfer", usdc="1000.0"),
            ledger(T0 + MINUTE, ["0xee"], type="somethingNew", usdc="3"),
        )
        + block(
            9,
            T0 + 9 * MINUTE,
            ledger(T0 + 9 * MINUTE, ["0xdd"], type="withdraw", usdc="10.0", fee="1.0", nonce=1),
            ledger(T0 + 9 * MINUTE, ["0x99"], type="deposit", usdc="25.0"),
        )
    )
    return {"snapshot": str(snapshot), "fills": str(fills), "events": str(events)}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    names = files(tmp_path)
    until = T0 + 5 * MINUTE
    paths = RecordPaths((), [names["snapshot"]], [names["fills"]], [names["events"]])
    return read_record(paths, until)


def cash(book: VenueBook) -> dict[str, float]:
    return dict(book.accounts.rows())


def test_at_the_snapshot_the_book_is_the_snapshot_without_its_profits(record: Record) -> None:
    book = book_at(record, T0)
    # 0xaa: 100 less 5 unrealised. 0xcc: 50, of which 1 x 10 / 4 is isolated margin.
    assert cash(book) == {
        "0x99": 0.0,
        "0xaa": 95.0,
        "0xbb": 200.0,
        "0xcc": 47.5,
        "0xdd": 7.0,
        "0xff": 30.0,
    }
    assert book.positions.select("account", "size", "margin_mode", "isolated_margin").rows() == [
        ("0xaa", -5.0, "cross", None),
        ("0xbb", 5.0, "cross", None),
        ("0xcc", 1.0, "isolated", 2.5),
        ("0xff", -1.0, "cross", None),
    ]


def test_five_minutes_later_only_what_happened_by_then_counts(record: Record) -> None:
    book = book_at(record, T0 + 5 * MINUTE)
    # 0xaa: +2 x (11-9) - 0.1, +3 x (11-8), then long 1 from 8.
    # 0xbb: -2, -3 x 2, then short 1 from 8.
    assert cash(book) == pytest.approx(
        {
            "0x99": 0.0,
            "0xaa": 95.0 + 4.0 - 0.1 + 9.0,
            "0xbb": 200.0 - 2.0 - 6.0 - 0.5,
            "0xcc": 47.5,
            "0xdd": 47.0,
            "0xff": 30.0,
        }
    )
    assert book.positions.select("account", "size", "entry_price").rows() == [
        ("0xaa", 1.0, 8.0),
        ("0xbb", -1.0, 8.0),
        ("0xcc", 1.0, 10.0),
        ("0xff", -1.0, 10.0),
    ]


def test_flows_are_what_came_after_and_funding_is_none(record: Record) -> None:
    flows = book_at(record, T0 + 5 * MINUTE).flows
    assert flows.select("account", "kind", "amount").rows() == [
        ("0xdd", "withdrawal", 11.0),
        ("0x99", "deposit", 25.0),
    ]


def test_what_is_assumed_unknown_or_set_apart_is_said(record: Record) -> None:
    notes = " ".join(book_at(record, T0 + 5 * MINUTE).notes)
    assert "1 events of type 'somethingNew'" in notes
    assert "2 rows of spot and builder markets are set apart" in notes
    assert "1 isolated positions without a liquidation price: their margin is assumed" in notes
    assert "the last fill is of 2025-10-10 21:01:00" in notes
    assert "longs and shorts differ" not in notes and "do not begin" not in notes


def test_a_missing_fill_is_noticed_and_the_next_one_believed() -> None:
    start = pl.DataFrame(
        {
            "account": ["0xaa"],
            "market": ["ABC"],
            "size": [5.0],
            "entry_price": [10.0],
            "is_cross": [True],
            "leverage": [5.0],
            "margin": pl.Series([None], dtype=pl.Float64),
        }
    )
    fills = pl.DataFrame(
        {
            "account": "0xaa",
            "market": "ABC",
            "side": ["sell", "sell"],
            "price": [12.0, 12.0],
            "size": [1.0, 1.0],
            "start_position": [5.0, 3.0],
        }
    )
    held = positions_after(start, fills)
    assert held.breaks == 1
    assert held.frame["size"].to_list() == [2.0]
    assert held.frame["entry_price"].to_list() == [10.0]


def test_fills_of_markets_that_alternate_are_folded_each_in_its_own_order() -> None:
    start = pl.DataFrame(
        {
            "account": ["0xaa", "0xaa"],
            "market": ["ABC", "XYZ"],
            "size": [5.0, -2.0],
            "entry_price": [10.0, 30.0],
            "is_cross": [True, True],
            "leverage": [5.0, 5.0],
            "margin": pl.Series([None, None], dtype=pl.Float64),
        }
    )
    fills = pl.DataFrame(
        {
            "account": ["0xaa", "0xbb", "0xaa", "0xaa"],
            "market": ["ABC", "NEW", "XYZ", "ABC"],
            "side": ["buy", "sell", "buy", "sell"],
            "price": [20.0, 7.0, 40.0, 50.0],
            "size": [5.0, 3.0, 2.0, 4.0],
            "start_position": [5.0, 0.0, -2.0, 10.0],
        }
    )
    told: list[tuple[int, int]] = []
    held = positions_after(start, fills, lambda done, of: told.append((done, of)))
    assert held.breaks == 0
    rows = held.frame.select("account", "market", "size", "entry_price").rows()
    assert rows == [("0xaa", "ABC", 6.0, 15.0), ("0xbb", "NEW", -3.0, 7.0)]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_moment_before_the_snapshot_and_half_a_snapshot_are_refused(
    record: Record, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="before the snapshot"):
        book_at(record, T0 - 1)
    lone = next((tmp_path / "snapshot").glob("perp*"))
    with pytest.raises(InputError, match="no accounts"):
        read_record(RecordPaths(snapshot=[str(lone)]), T0)
    with pytest.raises(InputError, match=r"holds fills.*expected events"):
        paths = RecordPaths(
            snapshot=[str(tmp_path / "snapshot")], events=[str(tmp_path / "21.lz4")]
        )
        read_record(paths, T0)


def test_the_command_writes_a_book_that_a_replay_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crashsim.data.inputs import read_inputs
    from crashsim.scenarios import Overrides, load

    names = files(tmp_path / "in")
    out = tmp_path / "book"
    arguments = ["book", "--at", "2025-10-10T21:05:00Z", "--out", str(out)]
    arguments += [part for name, path in names.items() for part in (f"--{name}", path)]
    done = CliRunner().invoke(data_app, arguments)
    assert done.exit_code == 0, done.output
    known = json.loads((out / "book.json").read_text())
    assert known["snapshot_ms"] == T0 and len(known["inputs"]) == 4
    assert str(tmp_path) not in json.dumps(known)
    again = CliRunner().invoke(data_app, arguments)
    assert "already and not empty" in str(again.exception)

    scenario = tmp_path / "scenario.toml"
    (tmp_path / "prices.csv").write_text(
        "time,market,mark,volume_usd\n2025-10-10T21:05:00Z,ABC,8,1\n2025-10-10T21:20:00Z,ABC,7,1\n"
    )
    scenario.write_text(
        '[scenario]\nname = "t"\nstart = 2025-10-10T21:05:00Z\nend = 2025-10-10T21:20:00Z\n'
        'venue = "hyperliquid"\n[prices]\npath = "prices.csv"\n[book]\npath = "book"\n'
        '[flows]\npath = "book/flows.parquet"\n'
    )
    inputs = read_inputs(load(str(scenario), overrides=Overrides()))
    assert inputs.book.positions.height == 4 and inputs.flows.frame.height == 2
