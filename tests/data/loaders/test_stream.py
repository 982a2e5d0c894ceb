"""Binance's trade stream as a recorder keeps it: by X trades, liquidations or deleveraging."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.store.store import Store
from crashsim.scenarios.errors import InputError

AT_MS = 1_760_130_964_831
AT = datetime.fromtimestamp(AT_MS / 1000, UTC)
FIELDS = {"s": "ABCUSDT", "t": 42, "p": "10.0", "q": "2.0"}
TRADE = {"e": "trade", "E": AT_MS + 9, "T": AT_MS, **FIELDS, "X": "MARKET", "m": True}
OTHER = {"e": "markPriceUpdate", "E": AT_MS, "s": "ABCUSDT", "p": "10.1", "i": "10.1", "r": ""}


def plain(message: object) -> str:
    return json.dumps(message)


def enveloped(message: object) -> str:
    return json.dumps({"stream": "abcusdt@trade", "data": message})


def behind_a_time(message: object) -> str:
    return f"{AT_MS}000000 {enveloped(message)}"


def stored(folder: Path, *lines: str) -> tuple[Store, tuple[str, ...]]:
    path, store = folder / "recorded.log", Store(folder / "store")
    path.write_text("".join(line + "\n" for line in lines))
    (done,) = import_file(store, path, Options(), AT)
    return store, done.notes


def rows(store: Store, kind: str, *columns: str) -> list[tuple[object, ...]]:
    return store.read("binance", "*", kind, 0, 2**52).select("time", *columns).rows()


@pytest.mark.parametrize("line", [plain, enveloped, behind_a_time])
def test_a_trade_is_what_its_x_says(line, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    kinds = ("MARKET", "INSURANCE_FUND", "ADL")
    made = [TRADE | {"X": x, "q": n, "m": n != 3} for n, x in enumerate(kinds, 1)]
    store, notes = stored(tmp_path, *map(line, made))
    assert rows(store, "trades", "market", "price", "size", "side", "trade_id") == [
        (AT, "ABCUSDT", 10.0, 1.0, "sell", "42")
    ]
    assert rows(store, "liquidations", "market", "price", "size", "side") == [
        (AT, "ABCUSDT", 10.0, 2.0, "sell")
    ]
    assert rows(store, "adl", "market", "price", "size", "notional", "account") == [
        (AT, "ABCUSDT", 10.0, 3.0, 30.0, None)
    ]
    assert notes == (
        "the side of a trade with the insurance fund is the taker's: the stream has no other",
    )


def test_what_else_was_recorded_is_counted(tmp_path: Path) -> None:
    empty = TRADE | {"X": "NA", "p": "0", "q": "0"}
    arrays = json.dumps([OTHER, OTHER])
    lines = (plain(OTHER), plain(TRADE), arrays, enveloped([OTHER]), enveloped(empty))
    store, notes = stored(tmp_path, *lines, '{"result":null,"id":1}')
    assert len(rows(store, "trades")) == 1
    assert notes == (
        "4 messages that are no trades were left out",
        "1 trades whose X is NA were left out",
    )


def test_without_a_time_of_the_trade_the_events_counts(tmp_path: Path) -> None:
    early = {name: value for name, value in TRADE.items() if name != "T"} | {"E": AT_MS}
    store, _ = stored(tmp_path, plain(early))
    assert rows(store, "trades") == [(AT,)]


def test_a_stream_of_spot_goes_to_spot(tmp_path: Path) -> None:
    spot = {name: value for name, value in TRADE.items() if name != "X"} | {"M": True}
    store, _ = stored(tmp_path, plain(spot))
    assert [info.dataset.source for info in store.datasets()] == ["binance-spot"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"p": "0"}, "line 2: s is 'ABCUSDT', p 0 and q 2, expected a market"),
        ({"s": "ABCUSD_PERP"}, "line 2: ABCUSD_PERP is paid in its coin and q counts contracts"),
        ({"p": "ten"}, "line 2: not a record of this format"),
    ],
)
def test_what_cannot_be_a_trade_is_refused(
    change: dict[str, object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=says):
        stored(tmp_path, plain(TRADE), plain(TRADE | change))
    assert Store(tmp_path / "store").datasets() == ()


def test_prices_of_the_stream_are_the_markets_own(tmp_path: Path) -> None:
    from crashsim.data.store.bars import bars_from_store

    fund = TRADE | {"X": "INSURANCE_FUND", "p": "1.0"}
    store, _ = stored(tmp_path, plain(TRADE), plain(fund), plain(fund | {"X": "ADL"}))
    bars = bars_from_store("binance", None, AT_MS - 60_000, AT_MS + 60_000, store)
    assert bars.select(pl.col("low").min(), pl.col("volume_usd").sum()).row(0) == (10.0, 20.0)
