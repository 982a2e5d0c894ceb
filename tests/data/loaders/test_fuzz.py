"""Whatever the bytes are: an InputError, or rows that satisfy their kind."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import read_file
from crashsim.data.loaders.registry import FORMATS
from crashsim.data.store.kinds import KINDS
from crashsim.scenarios.errors import InputError

HEADERS = {
    "klines": "open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,c",
    "aggTrades": "agg_trade_id,price,quantity,first,last,transact_time,is_buyer_maker",
    "bybit": "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,f",
    "okx": "instrument_name,trade_id,side,price,size,created_time",
    "metrics": "create_time,symbol,sum_open_interest,sum_open_interest_value,"
    "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,count_long_short_ratio,"
    "sum_taker_long_short_vol_ratio",
    "tardis": "exchange,symbol,timestamp,local_timestamp,id,side,price,amount",
    "coinapi": "time_exchange,time_coinapi,guid,price,base_amount,taker_side",
    "bars": "ts,market,open,high,low,close,volume",
    "fills": "block_time,user,coin,px,sz,side,tid",
    "bitmex": "timestamp,symbol,side,size,price,homeNotional,foreignNotional",
    "bitmex bars": "timestamp,symbol,open,high,low,close,volume,homeNotional,foreignNotional",
    "own fills": "time,coin,px,sz,side,dir,closedPnl,startPosition,tid,oid",
    "okx fundings": "instId,fundingTime,fundingRate,markPrice",
    "two volumes": "Open Time,symbol,open,high,low,close,quote_volume,Volume BTC,confirm",
    "contexts": "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px,"
    "mid_px,impact_bid_px,impact_ask_px",
}
CELLS = st.sampled_from(
    [
        *("", "NaN", "inf", "-inf", "1e999", "-1", "0", "10.5", "1e-320", "0x10", "1_000", "null"),
        *("1760130964831", "1760130964.8317", "2025-10-10 21:16:04", "9" * 30, "true", "False"),
        *("buy", "SELL", "ABC", '"', "'", "é", "\x00", "\r", " 5 ", "1,5", "½", "-0.0"),
    ]
)
SLOW_OK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
OPTIONS = Options(market="ABC", kind="trades", contract_sizes={"*": 1.0}, interval_s=60)
ASKING = Options()


def read_all(path: Path, options: Options) -> None:
    """Reading must end in an InputError with a message, or give rows of their kind."""
    try:
        for _, _, batch in read_file(path, options):
            assert set(batch.rows.columns) == set(KINDS[batch.kind].columns)
            for name in KINDS[batch.kind].required:
                assert batch.rows[name].null_count() == 0
            for name, dtype in batch.rows.schema.items():
                if dtype.is_float():
                    assert batch.rows[name].is_finite().fill_null(True).all()
    except InputError as error:
        assert path.name in str(error)


@SLOW_OK
@given(content=st.binary(max_size=400))
def test_random_bytes(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    read_all(path, ASKING)


MAGIC = [b"PK\x03\x04", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\xfd7zXZ\x00"]
MAGIC += [b"BZh9", b"PAR1", b"ARROW1\x00\x00", b"FEA1", b"[", b"{", b'[["', b"\xef\xbb\xbf"]


@SLOW_OK
@given(lead=st.sampled_from(MAGIC), content=st.binary(max_size=300))
def test_random_bytes_behind_the_first_bytes_of_a_known_format(
    lead: bytes, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "x_1760126694218"
    path.write_bytes(lead + content)
    read_all(path, ASKING)


@SLOW_OK
@given(
    header=st.sampled_from(sorted(HEADERS)),
    cells=st.lists(st.lists(CELLS, min_size=5, max_size=13), max_size=4),
    fit=st.booleans(),
    delimiter=st.sampled_from(",;"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_odd_cells_under_known_headers(
    header: str,
    cells: list[list[str]],
    fit: bool,
    delimiter: str,
    ending: str,
    tmp_path: Path,
) -> None:
    names = HEADERS[header].split(",")
    if fit:
        cells = [(row * 3)[: len(names)] for row in cells]
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=delimiter, lineterminator=ending)
    writer.writerows([names, *cells])
    path = tmp_path / "x.csv"
    path.write_bytes(sink.getvalue().encode("utf-8", "surrogatepass"))
    for options in (ASKING, Options(market="ABC", contract_sizes={"*": 1.0}, interval_s=60)):
        read_all(path, options)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "1.5", "0xaa"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coin", "px", "time", "events", "block_number", "user", "positions"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


CANDLE = st.lists(
    st.sampled_from([1760130960000, "1760130960000", "10.0", 10.5, "", None, "x", True, -1, [], {}])
)
RECORD = st.dictionaries(
    st.sampled_from([*"tTsiohlcvnapqfm", "instId", "sz", "px", "ts", "price", "size", "time"]),
    st.sampled_from([1760130960000, "1760130964831", "10.0", 2, "", None, "x", True, [], {}]),
)


@SLOW_OK
@given(rows=st.lists(CANDLE | RECORD, max_size=4), same=st.booleans(), shape=st.integers(0, 7))
def test_answers_of_venues_with_odd_rows(
    rows: list[object], same: bool, shape: int, tmp_path: Path
) -> None:
    import json

    rows = rows[:1] * 3 if same else rows
    result = {"category": "inverse", "symbol": "BTCUSD", "list": rows}
    answers: list[object] = [
        rows,
        {"code": "0", "data": rows},
        {"retCode": 0, "result": result},
        {"error": [], "result": {"XBTUSD": rows, "last": 1}},
        {"result": {"ticks": rows, "open": rows, "high": rows[:1], "low": rows, "close": rows}},
        {"historicalFunding": rows},
        {"candles": rows},
        {"trades": rows, "result": rows},
    ]
    path = tmp_path / "x.json"
    path.write_text(json.dumps(answers[shape]))
    for options in (ASKING, OPTIONS, Options(market="ABC", kind="mark", interval_s=60)):
        read_all(path, options)


@SLOW_OK
@given(value=JSON, template=st.sampled_from(["block", "pair", "account", "market", "array", "any"]))
def test_json_of_wrong_types(value: object, template: str, tmp_path: Path) -> None:
    import json

    wrapped: object = {
        "block": {"local_time": "x", "block_number": 1, "events": [["0xaa", value]]},
        "pair": ["0xaa", {"coin": value}],
        "account": [{"account_value": value, "total_long_notional": 1, "user": "0xaa"}],
        "market": [{"market_name": "A", "positions": [value]}],
        "array": [[1760130964831, value, value, value, value, value]],
        "any": value,
    }[template]
    path = tmp_path / "x_1760126694218.json"
    path.write_text(json.dumps(wrapped))
    read_all(path, Options(market="ABC", interval_s=60))


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.id)
def test_every_format_shows_a_sample_row_and_reads_as_its_module_says(known: object) -> None:
    import sys

    module = sys.modules[known.sniff.__module__]  # type: ignore[attr-defined]
    text = module.__doc__ or ""
    assert "Sample" in text and "\n    " in text, "the docstring shows a sample row"
    assert module.FORMAT is known
