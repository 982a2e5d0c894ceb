"""Every format of the matrix from made-up rows: what it is told to be, what becomes of a row."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import read_file
from crashsim.data.loaders.registry import FORMATS
from crashsim.scenarios.errors import InputError

MINUTE = datetime(2025, 10, 10, 21, 16, tzinfo=UTC)
MOMENT = datetime(2025, 10, 10, 21, 16, 4, 831000, tzinfo=UTC)
KLINE = "1760130960000,10.0,10.5,9.1,9.4,120.5,1760131019999,1180.2,42,60.1,590.0,0\n"
KLINE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore\n"
)
MARK_KLINE = "1760130960000,10.0,10.5,9.1,9.4,0,1760131019999,0,60,0,0,0\n"
BAR = {"time": MINUTE, "open": 10.0, "high": 10.5, "low": 9.1, "close": 9.4}
FULL_BAR = BAR | {"volume": 120.5, "volume_usd": 1180.2}
TRADE = {"time": MOMENT, "price": 10.0, "size": 2.0, "side": "sell"}
FILL_RECORD = {
    "coin": "ABC",
    "px": "10.0",
    "sz": "2.0",
    "side": "B",
    "time": 1760130964831,
    "startPosition": "-5.0",
    "dir": "Auto-Deleveraging",
    "closedPnl": "7.0",
    "crossed": True,
    "fee": "0.0",
    "tid": 42,
    "oid": 7,
    "hash": "0x0",
    "feeToken": "USDC",
    "liquidation": {"liquidatedUser": "0xbb", "markPx": "10.1", "method": "backstop"},
}
FILL = {
    "time": MOMENT,
    "account": "0xaa",
    "market": "ABC",
    "side": "buy",
    "price": 10.0,
    "size": 2.0,
    "start_position": -5.0,
    "direction": "Auto-Deleveraging",
    "closed_pnl": 7.0,
    "crossed": True,
    "trade_id": 42,
    "liquidated_account": "0xbb",
    "liquidation_mark": 10.1,
    "liquidation_method": "backstop",
}

BINANCE_FUND = {
    "symbols": ["ABCUSDT", "BCDUSDT"],
    "assets": [{"asset": "USDT", "marginBalance": "5.0", "updateTime": 1760130964831}],
}
OKX_DETAIL = {"balance": "5.0", "ccy": "ETH", "ts": "1760130964831", "type": "regular_update"}
OKX_FUND = {
    "code": "0",
    "data": [{"details": [OKX_DETAIL, OKX_DETAIL | {"balance": ""}], "instType": "SWAP"}],
}
BITMEX_FUND = {
    "currency": "XBt",
    "timestamp": "2025-10-10T21:16:04.831Z",
    "walletBalance": 500_000_000,
}
USDT = {"currency": "USDt", "walletBalance": 5_000_000}
NO_OPTIONS = Options()


@dataclass(frozen=True)
class Case:
    """A made-up file and its first row as the store gets it."""

    id: str
    name: str
    content: bytes
    format_id: str
    kind: str
    row: dict[str, object]
    interval_s: int | None = None
    options: Options = NO_OPTIONS


def csv(header: str, *rows: str) -> bytes:
    return ("\n".join([header, *rows]) + "\n").encode()


def lines(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def parquet(**columns: object) -> bytes:
    sink = io.BytesIO()
    pl.DataFrame(columns).write_parquet(sink)
    return sink.getvalue()


def feather(**columns: object) -> bytes:
    sink = io.BytesIO()
    pl.DataFrame(columns).write_ipc(sink, compression="lz4")
    return sink.getvalue()


def event(inner: object) -> object:
    stamp = "2025-10-10T21:00:00.100000001"
    return {
        "block_time": stamp,
        "block_number": 1,
        "events": [{"time": stamp, "hash": "0x0", "inner": inner}],
    }


def block(*fills: object) -> object:
    return {
        "local_time": "2025-10-10T21:16:04.9",
        "block_time": "2025-10-10T21:16:04.831874687",
        "block_number": 1,
        "events": [["0xaa", fill] for fill in fills],
    }


RESERVOIR_FILL = {
    "coin": "ABC",
    "dex": "",
    "trade_id": 42,
    "order_id": 7,
    "address": "0xaa",
    "side": "B",
    "price": pl.Series([10]).cast(pl.Decimal(20, 10)),
    "size": pl.Series([2]).cast(pl.Decimal(20, 10)),
    "timestamp": [MOMENT],
    "direction": "Auto-Deleveraging",
    "realized_pnl": 7.0,
    "start_position": -5.0,
    "fee": 0.0,
    "crossed": True,
    "liquidation_mark_px": 10.1,
    "liquidation_method": "backstop",
    "liquidated_user": "0xbb",
    "is_liquidation": True,
}
POSITION = {
    "user": "0xaa",
    "size": -5.0,
    "notional_size": 50.0,
    "funding_pnl": 0.0,
    "entry_price": 11.0,
    "is_cross": True,
    "leverage": 5,
    "liquidation_price": None,
    "account_value": 100.0,
}
SNAPSHOT_AT = datetime.fromtimestamp(1760126694218 / 1000, UTC).replace(microsecond=218000)
POSITION_ROW = {
    "time": SNAPSHOT_AT,
    "account": "0xaa",
    "market": "ABC",
    "size": -5.0,
    "notional": 50.0,
    "entry_price": 11.0,
    "is_cross": True,
    "liquidation_price": None,
}
OKX_SIZES = Options(contract_sizes={"*": 0.1})
TARDIS = "exchange,symbol,timestamp,local_timestamp,"

CASES = [
    Case(
        "binance-um-klines with a header",
        "BTCUSDT-1m-2025-10-10.csv",
        (KLINE_HEADER + KLINE).encode(),
        "binance-um-klines",
        "last",
        FULL_BAR | {"market": "BTCUSDT"},
        60,
    ),
    Case(
        "binance-um-klines without a header",
        "BTCUSDT-1m-2021-10-10.csv",
        KLINE.encode(),
        "binance-um-klines",
        "last",
        FULL_BAR | {"market": "BTCUSDT"},
        60,
    ),
    Case(
        "binance-cm-klines count contracts",
        "BTCUSD_PERP-1m-2025-10-10.csv",
        b"1760130960000,110000,110500,109100,109400,1100,1760131019999,1.0,42,500,0.46,0\n",
        "binance-cm-klines",
        "last",
        {"market": "BTCUSD_PERP", "volume": 1.0, "volume_usd": 110_000.0},
        60,
    ),
    *(
        Case(
            f"binance-um-{folder}",
            f"{folder}/BTCUSDT-1m-2025-10-10.csv",
            (KLINE_HEADER + MARK_KLINE).encode(),
            "binance-um-klines",
            kind,
            BAR | {"market": "BTCUSDT", "volume": None},
            60,
        )
        for folder, kind in (("markPriceKlines", "mark"), ("indexPriceKlines", "index"))
    ),
    Case(
        "binance-spot-klines are in microseconds",
        "BTCUSDT-1m-2025-10-10.csv",
        b"1760130960000000,10.0,10.5,9.1,9.4,120.5,1760131019999999,1180.2,42,60.1,590.0,0\n",
        "binance-spot-klines",
        "last",
        FULL_BAR,
        60,
    ),
    Case(
        "binance-um-aggTrades",
        "BTCUSDT-aggTrades-2025-10-10.csv",
        csv(
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
            "7,10.0,2.0,11,13,1760130964831,true",
        ),
        "binance-um-aggTrades",
        "trades",
        TRADE | {"market": "BTCUSDT", "trade_id": "7"},
    ),
    Case(
        "binance-spot aggTrades without a header",
        "BTCUSDT-aggTrades-2025-10-10.csv",
        b"7,10.0,2.0,11,13,1760130964831999,True,True\n",
        "binance-um-aggTrades",
        "trades",
        TRADE,
    ),
    Case(
        "binance-um-trades",
        "BTCUSDT-trades-2025-10-10.csv",
        csv("id,price,qty,quote_qty,time,is_buyer_maker", "11,10.0,2.0,20.0,1760130964831,false"),
        "binance-um-trades",
        "trades",
        TRADE | {"side": "buy", "trade_id": "11"},
    ),
    Case(
        "binance-spot trades without a header",
        "BTCUSDT-trades-2025-10-10.csv",
        b"11,10.0,2.0,20.0,1760130964831999,True,True\n",
        "binance-um-trades",
        "trades",
        TRADE,
    ),
    Case(
        "binance-um-fundingRate",
        "ABCUSDT-fundingRate-2025-10.csv",
        csv("calc_time,funding_interval_hours,last_funding_rate", "1760112000001,8,0.0001"),
        "binance-um-fundingRate",
        "funding",
        {"market": "ABCUSDT", "funding_rate": 0.0001},
    ),
    Case(
        "binance-cm-liquidationSnapshot stands twice and counts contracts",
        "BTCUSD_PERP-liquidationSnapshot-2024-10-14.csv",
        csv(
            "time,side,order_type,time_in_force,original_quantity,price,average_price,"
            "order_status,last_fill_quantity,accumulated_fill_quantity",
            *["1728866962145,SELL,LIMIT,IOC,7,10.0,10.1,FILLED,7,7"] * 2,
        ),
        "binance-cm-liquidationSnapshot",
        "liquidations",
        {"side": "sell", "size": 70.0, "market": "BTCUSD_PERP"},
    ),
    Case(
        "binance-trade-stream behind the time of a recorder",
        "recorded.log",
        b'1760130964840000000 {"stream":"abcusdt@trade","data":{"e":"trade","E":1760130964840,'
        b'"T":1760130964831,"s":"ABCUSDT","t":42,"p":"10.0","q":"2.0","X":"MARKET","m":true}}\n',
        "binance-trade-stream",
        "trades",
        TRADE | {"market": "ABCUSDT", "trade_id": "42"},
    ),
    Case(
        "bybit-trading in decimal seconds, with the newer column",
        "ABCUSDT2025-10-10.csv",
        csv(
            "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
            "foreignNotional,RPI",
            "1760130964.8317,ABCUSDT,Sell,2,10.0,MinusTick,0-1,2e+09,2,20.0,0",
        ),
        "bybit-trading",
        "trades",
        TRADE | {"market": "ABCUSDT", "trade_id": "0-1"},
    ),
    Case(
        "bybit-spot",
        "ABCUSDT_2025-10-10.csv",
        csv("id,timestamp,price,volume,side", "1,1760130964831,10.0,2.0,sell"),
        "bybit-spot",
        "trades",
        TRADE | {"market": "ABCUSDT"},
    ),
    Case(
        "okx-trades with CRLF and sizes in contracts",
        "ABC-USDT-SWAP-trades-2025-10-10.csv",
        csv(
            "instrument_name,trade_id,side,price,size,created_time,source\r",
            "ABC-USDT-SWAP,9,sell,10.0,20.0,1760130964831,0\r",
        ),
        "okx-trades",
        "trades",
        TRADE | {"market": "ABC-USDT-SWAP"},
        options=OKX_SIZES,
    ),
    Case(
        "okx-trades with the two-language header of 2021",
        "x.csv",
        csv(
            "instrument_name/合约,trade_id/撮合id,side/交易方向,price/价格,size/数量,created_time/时间",
            "ABC-USDT,9,sell,10.0,2.0,1760130964831",
        ),
        "okx-trades",
        "trades",
        TRADE | {"market": "ABC-USDT"},
    ),
    Case(
        "okx-candles leave out the open bar",
        "ABC-USDT-SWAP-candlesticks-2025-10-10.csv",
        csv(
            "instrument_name,open,high,low,close,vol,vol_ccy,vol_quote,open_time,confirm",
            "ABC-USDT-SWAP,10.0,10.5,9.1,9.4,1205,120.5,1180.2,1760130960000,1",
            "ABC-USDT-SWAP,10.0,10.5,9.1,9.4,1205,120.5,1180.2,1760131020000,0",
        ),
        "okx-candles",
        "last",
        FULL_BAR,
        60,
    ),
    Case(
        "okx-funding",
        "allswap-fundingrates-2025-10-10.csv",
        csv("instrument_name,funding_rate,funding_time", "ABC-USDT-SWAP,0.0001,1760130960000"),
        "okx-funding",
        "funding",
        {"time": MINUTE, "market": "ABC-USDT-SWAP", "funding_rate": 0.0001},
    ),
    Case(
        "hl-node-fills-by-block, the first block empty",
        "21",
        lines(block(), block(FILL_RECORD)),
        "hl-node-fills",
        "fills",
        FILL | {"block_number": 1, "block_index": 0},
    ),
    Case(
        "hl-node-fills, a pair a line",
        "21",
        lines(["0xaa", FILL_RECORD]),
        "hl-node-fills",
        "fills",
        FILL | {"block_number": None},
    ),
    Case(
        "hl-node-trades have both sides",
        "21",
        lines(
            {
                "coin": "ABC",
                "side": "A",
                "time": "2025-10-10T21:16:04.831",
                "px": "10.0",
                "sz": "2.0",
                "hash": "0x0",
                "trade_dir_override": "Na",
                "side_info": [
                    {"user": "0xaa", "start_pos": "0.0", "oid": 1, "twap_id": None, "cloid": None},
                    {"user": "0xbb", "start_pos": "2.0", "oid": 2, "twap_id": None, "cloid": None},
                ],
            }
        ),
        "hl-node-trades",
        "fills",
        {"time": MOMENT, "account": "0xaa", "side": "buy", "crossed": False, "start_position": 0.0},
    ),
    Case(
        "hl-misc-events, funding",
        "21",
        lines(
            event(
                {
                    "Funding": {
                        "deltas": [
                            {
                                "user": "0xaa",
                                "coin": "ABC",
                                "funding_amount": "0.01",
                                "szi": "-5.0",
                                "funding_rate": "0.0000125",
                            }
                        ]
                    }
                }
            )
        ),
        "hl-misc-events",
        "events",
        {"account": "0xaa", "type": "funding", "market": "ABC", "amount_usd": 0.01, "size": -5.0},
    ),
    Case(
        "hl-misc-events, a withdrawal with its fee",
        "21",
        lines(
            event(
                {
                    "LedgerUpdate": {
                        "users": ["0xaa"],
                        "delta": {"type": "withdraw", "usdc": "10.0", "fee": "1.0", "nonce": 1},
                    }
                }
            )
        ),
        "hl-misc-events",
        "events",
        {"account": "0xaa", "type": "withdraw", "amount_usd": -11.0},
    ),
    Case(
        "hl-asset-ctxs with an empty mid",
        "20251010.csv",
        csv(
            "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px,"
            "mid_px,impact_bid_px,impact_ask_px",
            "2025-10-10T21:16:00Z,ABC,0.0000125,1000.0,11.0,50000.0,-0.001,10.0,9.9,,9.8,10.0",
        ),
        "hl-asset-ctxs",
        "contexts",
        {"time": MINUTE, "market": "ABC", "mark": 9.9, "index": 10.0, "mid": None},
    ),
    Case(
        "hyperreplay-accounts",
        "account_value_snapshot_758750000_1760126694218.json",
        json.dumps(
            [
                {
                    "user": "0xaa",
                    "account_value": 100.0,
                    "total_long_notional": 0.0,
                    "total_short_notional": 50.0,
                }
            ]
        ).encode(),
        "hyperreplay-accounts",
        "accounts",
        {"time": SNAPSHOT_AT, "account": "0xaa", "account_value": 100.0, "short_notional": 50.0},
    ),
    Case(
        "hyperreplay-positions",
        "perp_positions_758750000_1760126694218.json",
        json.dumps(
            [
                {
                    "market_name": "hyperliquid:ABC",
                    "snapshot_id": "custom_1",
                    "position_count": 1,
                    "positions": [POSITION],
                }
            ]
        ).encode(),
        "hyperreplay-positions",
        "positions",
        POSITION_ROW,
    ),
    Case(
        "hyperreplay-csv adl_fills without the wrong start position",
        "adl_fills.csv",
        csv(
            "block_time,user,coin,direction,price,size,side,start_position,closed_pnl,fee,notional",
            "1760130964831,0xaa,ABC,Auto-Deleveraging,10.0,2.0,B,-3.0,7.0,0.0,20.0",
        ),
        "hyperreplay-csv",
        "fills",
        {"time": MOMENT, "account": "0xaa", "side": "buy", "start_position": None},
    ),
    Case(
        "hyperreplay-csv adl_detailed",
        "adl_detailed.csv",
        csv(
            "user,coin,time,adl_price,adl_size,adl_notional,closed_pnl,position_size,entry_price,"
            "account_value_realtime,total_unrealized_pnl,total_equity,is_negative_equity,"
            "leverage_realtime,position_unrealized_pnl,pnl_percent,liquidated_user",
            "0xaa,ABC,2025-10-10 21:16:04.831,10.0,2.0,20.0,7.0,-5.0,11.0,100.0,1.0,101.0,False,"
            "0.5,1.0,9.1,0xbb",
        ),
        "hyperreplay-csv",
        "adl",
        {"time": MOMENT, "account": "0xaa", "is_negative_equity": False, "leverage": 0.5},
    ),
    Case(
        "reservoir-fills",
        "fills.parquet",
        parquet(**RESERVOIR_FILL),
        "reservoir-fills",
        "fills",
        FILL,
    ),
    Case(
        "reservoir-positions",
        "758760000_1760126694218.parquet",
        parquet(
            user="0xaa",
            market="ABC",
            size=-5.0,
            notional=50.0,
            entry_price=11.0,
            liquidation_price=[None],
            leverage_type="cross",
            leverage=5,
            funding_pnl=0.0,
            account_value=100.0,
            account_mode="standard",
        ),
        "reservoir-snapshots",
        "positions",
        POSITION_ROW | {"account_mode": "standard"},
    ),
    Case(
        "reservoir-accounts",
        "758760000_1760126694218.parquet",
        parquet(
            user="0xaa",
            dex="",
            collateral_token="USDC",
            account_value=100.0,
            total_long_notional=0.0,
            total_short_notional=50.0,
            account_mode="standard",
        ),
        "reservoir-snapshots",
        "accounts",
        {"time": SNAPSHOT_AT, "account": "0xaa", "account_value": 100.0},
    ),
    Case(
        "reservoir-candles",
        "candles.parquet",
        parquet(
            coin="ABC",
            dex="",
            asset_class="crypto",
            base_symbol="ABC",
            quote_symbol="USDC",
            timestamp=[1760130960000],
            open=10.0,
            high=10.5,
            low=9.1,
            close=9.4,
            volume=120.5,
            volume_quote=1180.2,
            trade_count=42,
        ),
        "reservoir-candles",
        "last",
        FULL_BAR | {"market": "ABC"},
        1,
    ),
    *(
        Case(
            f"tardis-{kind}",
            f"hyperliquid_{kind}_2025-10-10_ABC.csv",
            csv(
                TARDIS + "id,side,price,amount",
                "hyperliquid,ABC,1760130964831000,1760130964900000,42,sell,10.0,2.0",
            ),
            "tardis-trades",
            kind,
            TRADE | {"market": "ABC"},
        )
        for kind in ("trades", "liquidations")
    ),
    Case(
        "tardis-derivative_ticker with an empty prediction",
        "x.csv",
        csv(
            TARDIS + "funding_timestamp,funding_rate,predicted_funding_rate,open_interest,"
            "last_price,index_price,mark_price",
            "bybit,ABCUSDT,1760130964831000,1760130964900000,1760140800000000,0.0001,,1000.0,10.0,"
            "10.1,10.05",
        ),
        "tardis-derivative_ticker",
        "contexts",
        {"time": MOMENT, "mark": 10.05, "index": 10.1, "last": 10.0, "market": "ABCUSDT"},
    ),
    Case(
        "coinapi-flat with semicolons",
        "IDDI-1+SC-HYPERLIQUIDL4_PERP_ABC_USDC+S-ABC.csv",
        csv(
            "time_exchange;time_coinapi;guid;price;base_amount;taker_side;id_exch_guid;"
            "id_exch_int_inc;order_id_maker;order_id_taker",
            "2025-10-10T21:16:04.8310000;2025-10-10T21:16:04.9000000;g-1;10.0;2.0;SELL;;;;",
        ),
        "coinapi-flat",
        "trades",
        TRADE | {"trade_id": "g-1", "market": "ABC_USDC"},
    ),
    Case(
        "coinapi-flat with the date in the path",
        "D-20251010/ABC.csv",
        csv(
            "time_exchange;time_coinapi;guid;price;base_amount;taker_side",
            "21:16:04.8310000;21:16:04.9000000;g-1;10.0;2.0;SELL",
        ),
        "coinapi-flat",
        "trades",
        TRADE,
        options=Options(market="ABC"),
    ),
    Case(
        "cryptodatadownload begins with an address and the newest row",
        "Binance_ABCUSDT_minute.csv",
        csv(
            "https://www.CryptoDataDownload.com",
            "Unix,Date,Symbol,Open,High,Low,Close,Volume ABC,Volume USDT,tradecount",
            "1760131020000,2025-10-10 21:17:00,ABCUSDT,9.4,9.5,9.1,9.2,1,9,2",
            "1760130960000,2025-10-10 21:16:00,ABCUSDT,10,10.5,9.1,9.4,120.5,1180.2,42",
        ),
        "cryptodatadownload",
        "last",
        FULL_BAR | {"market": "ABCUSDT"},
        60,
    ),
    Case(
        "freqtrade-feather",
        "ABC_USDT_USDT-1m-futures.feather",
        feather(date=[MINUTE], open=10.0, high=10.5, low=9.1, close=9.4, volume=120.5),
        "freqtrade",
        "last",
        BAR | {"market": "ABC/USDT:USDT", "volume": 120.5},
        60,
    ),
    Case(
        "freqtrade-parquet marks",
        "ABC_USDT_USDT-1m-mark.parquet",
        parquet(date=[MINUTE], open=10.0, high=10.5, low=9.1, close=9.4, volume=0.0),
        "freqtrade",
        "mark",
        BAR | {"volume": None},
        60,
    ),
    Case(
        "freqtrade funding of older files, the rate in open",
        "ABC_USDT_USDT-8h-funding_rate.feather",
        feather(date=[MINUTE], open=0.0001, high=0.0, low=0.0, close=0.0, volume=0.0),
        "freqtrade",
        "funding",
        {"time": MINUTE, "funding_rate": 0.0001},
    ),
    Case(
        "freqtrade funding of 2026",
        "ABC_USDT_USDT-8h-funding_rate.feather",
        feather(date=[MINUTE], funding_rate=0.0001),
        "freqtrade",
        "funding",
        {"time": MINUTE, "funding_rate": 0.0001},
    ),
    Case(
        "freqtrade-json",
        "ABC_USDT_USDT-1m-futures.json",
        b"[[1760130960000,10.0,10.5,9.1,9.4,120.5]]",
        "ohlcv-json",
        "last",
        BAR | {"market": "ABC/USDT:USDT", "volume": 120.5},
        60,
    ),
    Case(
        "freqtrade-json trades",
        "ABC_USDT_USDT-trades.json",
        b'[[1760130964831,"42",null,"sell",10.0,2.0,20.0]]',
        "ohlcv-json",
        "trades",
        TRADE | {"trade_id": "42"},
    ),
    Case(
        "ccxt-json",
        "candles.json",
        b"[\n [1760130960000, 10.0, 10.5, 9.1, 9.4, 120.5],\n [1760131020000, 9, 9, 9, 9, 0]]",
        "ohlcv-json",
        "last",
        BAR | {"market": "ABC"},
        60,
        Options(market="ABC"),
    ),
    *(
        Case(
            f"insurance-fund of {venue}",
            "funds.json",
            json.dumps(answer).encode(),
            "insurance-fund",
            "fund",
            {"time": MOMENT, "market": market, "currency": currency, "balance": 5.0},
        )
        for venue, answer, market, currency in (
            ("Binance", [BINANCE_FUND], "ABCUSDT and 1 more", "USDT"),
            ("Binance, one group", BINANCE_FUND, "ABCUSDT and 1 more", "USDT"),
            ("OKX", OKX_FUND, "SWAP", "ETH"),
            ("BitMEX", [BITMEX_FUND], "*", "BTC"),
            ("BitMEX in USDt", [BITMEX_FUND | USDT], "*", "USDT"),
        )
    ),
    Case(
        "rest-answer of OKX",
        "answer.json",
        b'{"code":"0","data":[["1760130960000","10.0","10.5","9.1","9.4","1205","120.5","1180.2",'
        b'"1"],["1760131020000","9.4","9.4","9.4","9.4","0","0","0","1"]]}',
        "rest-answer",
        "last",
        BAR | {"volume": 120.5, "volume_usd": 1180.2},
        60,
        Options(market="BTC-USDT-SWAP"),
    ),
    Case(
        "dune-csv",
        "query.csv",
        csv("block_time,user,coin,px,sz", "2025-10-10 21:16:04.831 UTC,0xaa,ABC,10.0,2.0"),
        "generic",
        "fills",
        {"time": MOMENT, "account": "0xaa", "market": "ABC", "price": 10.0, "size": 2.0},
    ),
    Case(
        "kaiko through the mapper",
        "kaiko.csv",
        csv("when;paid;n;way", "1760130964831;10.0;2.0;sell"),
        "generic",
        "trades",
        TRADE | {"market": "ABC"},
        options=Options(
            market="ABC", columns={"when": "time", "paid": "price", "n": "size", "way": "side"}
        ),
    ),
    Case(
        "generic JSON lines",
        "x.ndjson",
        lines({"ts": "2025-10-10T21:16:04.831Z", "symbol": "ABC", "px": 10, "qty": "2"}),
        "generic",
        "trades",
        {"time": MOMENT, "market": "ABC", "price": 10.0, "size": 2.0},
    ),
    Case(
        "generic Parquet in local time",
        "x.parquet",
        parquet(when=[MOMENT.replace(tzinfo=None, hour=23)], market="ABC", px=10.0, n=2.0),
        "generic",
        "trades",
        {"time": MOMENT, "market": "ABC", "price": 10.0},
        options=Options(columns={"when": "time", "n": "size"}, tz="Europe/Berlin"),
    ),
    Case(
        "generic bars whose column says that they are marks",
        "x.csv",
        csv(
            "ts,market,kind,open,high,low,close",
            "2025-10-10 21:16:00,ABCUSDT,perp_usdtm_mark,10,10.5,9.1,9.4",
            "2025-10-10 21:17:00,ABCUSDT,perp_usdtm_mark,10,10.5,9.1,9.4",
        ),
        "generic",
        "mark",
        BAR | {"market": "ABCUSDT"},
        60,
    ),
]


def answer(
    name: str,
    content: object,
    row: dict[str, object],
    kind: str = "last",
    options: Options = NO_OPTIONS,
    format_id: str = "rest-answer",
) -> Case:
    """A saved answer of a venue's interface, which seldom names its market."""
    interval_s = 60 if kind in ("last", "mark") else None
    text = json.dumps(content).encode()
    return Case(name, "ABC.json", text, format_id, kind, row, interval_s, options=options)


def minutes(*values: object, count: int = 3, s: int = 1) -> list[list[object]]:
    """Candles by position, the newest last; their times in 1/s of a millisecond."""
    return [[(1760130960000 + 60_000 * n) // s, *values] for n in range(count)]


OHLC_TEXT = ("10.0", "10.5", "9.1", "9.4")
INVERSE_BAR = {"time": MINUTE, "open": 110000.0, "volume": 1.0, "volume_usd": 110_000.0}
BYBIT_INVERSE = {"symbol": "BTCUSD", "category": "inverse"}
DERIBIT = {
    "ticks": [1760130960000, 1760131020000],
    "open": [10.0, 9],
    "high": [10.5, 9],
    "low": [9.1, 9],
    "close": [9.4, 9],
    "volume": [120.5, 1],
    "cost": [1180.2, 9],
}
DYDX = {"ticker": "BTC-USD", "resolution": "1MIN", "low": "9.1", "high": "10.5", "open": "10.0"}
DYDX |= {"close": "9.4", "baseTokenVolume": "120.5", "usdVolume": "1180.2"}
HL_CANDLE = {"s": "ABC", "i": "1m", "o": "10.0", "c": "9.4", "h": "10.5", "l": "9.1", "v": "120.5"}
BITMEX = {"symbol": "XBTUSD", "homeNotional": 1.0, "foreignNotional": 110_000}
OWN_FILL = {key: value for key, value in FILL_RECORD.items() if key != "liquidation"}
NAMED = Options(market="ABC")

CASES += [
    answer(
        "Binance candles, an array of twelve",
        minutes(*OHLC_TEXT, "120.5", 1760131019999, "1180.2", 42, "60.1", "590.0", "0"),
        FULL_BAR,
        options=NAMED,
    ),
    answer(
        "Binance aggregated trades, named by letters in two cases",
        [{"a": 7, "p": "10.0", "q": "2.0", "f": 1, "l": 1, "T": 1760130964831, "m": True}],
        TRADE | {"trade_id": "7"},
        "trades",
        NAMED,
    ),
    answer(
        "OKX candles, whose first volume counts contracts",
        {"code": "0", "data": minutes(*OHLC_TEXT, "1205", "120.5", "1180.2", "1")},
        FULL_BAR,
        options=NAMED,
    ),
    answer(
        "OKX mark candles",
        {"code": "0", "data": minutes(*OHLC_TEXT, "1")},
        BAR,
        "mark",
        Options(market="ABC", kind="mark"),
    ),
    answer(
        "OKX trades count contracts",
        {
            "code": "0",
            "data": [
                {"instId": "ABC-USDT-SWAP", "side": "sell", "sz": "20", "px": "10.0"}
                | {"tradeId": "9", "ts": "1760130964831"}
            ],
        },
        TRADE | {"market": "ABC-USDT-SWAP"},
        "trades",
        OKX_SIZES,
    ),
    answer(
        "OKX funding",
        {
            "code": "0",
            "data": [
                {"fundingRate": "0.0001", "fundingTime": "1760130960000", "instId": "A-USDT-SWAP"}
            ],
        },
        {"time": MINUTE, "market": "A-USDT-SWAP", "funding_rate": 0.0001},
        "funding",
    ),
    answer(
        "Bybit linear candles",
        {
            "retCode": 0,
            "result": {"symbol": "ABCUSDT", "list": minutes(*OHLC_TEXT, "120.5", "1180.2")},
        },
        FULL_BAR | {"market": "ABCUSDT"},
    ),
    answer(
        "Bybit inverse candles count dollars",
        {
            "retCode": 0,
            "result": BYBIT_INVERSE
            | {"list": minutes("110000", "110500", "109100", "109400", "110000", "1.0")},
        },
        INVERSE_BAR | {"market": "BTCUSD"},
    ),
    answer(
        "Bybit inverse trades count dollars",
        {
            "retCode": 0,
            "result": {
                "category": "inverse",
                "list": [
                    {"symbol": "BTCUSD", "price": "10.0", "size": "20", "side": "Sell"}
                    | {"time": "1760130964831"}
                ],
            },
        },
        TRADE | {"market": "BTCUSD"},
        "trades",
    ),
    answer(
        "Deribit candles, a list a column",
        {"jsonrpc": "2.0", "result": DERIBIT},
        FULL_BAR,
        options=NAMED,
    ),
    answer(
        "dYdX candles",
        {"candles": [DYDX | {"startedAt": f"2025-10-10T21:{n}:00.000Z"} for n in (16, 17, 18)]},
        FULL_BAR | {"market": "BTC-USD"},
    ),
    answer(
        "dYdX funding",
        {
            "historicalFunding": [
                {"ticker": "BTC-USD", "rate": "0.0001", "price": "110000"}
                | {"effectiveAt": "2025-10-10T21:16:00.000Z"}
            ]
        },
        {"time": MINUTE, "market": "BTC-USD", "funding_rate": 0.0001},
        "funding",
    ),
    answer(
        "Paradex candles",
        {"results": minutes(10.0, 10.5, 9.1, 9.4, 120.5)},
        BAR | {"volume": 120.5, "volume_usd": None},
        options=NAMED,
    ),
    answer(
        "Kraken futures candles",
        {
            "candles": [
                {"time": t, "open": "10.0", "high": "10.5", "low": "9.1", "close": "9.4"}
                | {"volume": "120.5"}
                for t in (1760130960000, 1760131020000)
            ]
        },
        BAR | {"volume": 120.5},
        options=NAMED,
    ),
    answer(
        "Kraken spot candles, named by their pair and with a mean price",
        {
            "error": [],
            "result": {"XBTUSD": minutes(*OHLC_TEXT, "9.8", "120.5", 42, s=1000), "last": 1},
        },
        BAR | {"market": "XBTUSD", "volume": 120.5, "volume_usd": None},
    ),
    answer(
        "Hyperliquid candles, named by letters in two cases",
        [HL_CANDLE | {"t": t, "T": t + 59_999, "n": 42} for t in (1760130960000, 1760131020000)],
        BAR | {"market": "ABC", "volume": 120.5},
    ),
    answer(
        "Hyperliquid fills of one account, which its file names",
        [OWN_FILL],
        {"time": MOMENT, "account": "ABC", "market": "ABC", "side": "buy", "size": 2.0},
        "fills",
        format_id="generic",
    ),
    answer(
        "Hyperliquid funding",
        [{"coin": "ABC", "fundingRate": "0.0001", "premium": "-0.0005", "time": 1760130960000}],
        {"time": MINUTE, "market": "ABC", "funding_rate": 0.0001},
        "funding",
        format_id="generic",
    ),
    answer(
        "Binance funding, with the mark at which it was settled",
        [
            {"symbol": "ABCUSDT", "fundingTime": 1760130960000, "fundingRate": "0.0001"}
            | {"markPrice": "10"}
        ],
        {"time": MINUTE, "market": "ABCUSDT", "funding_rate": 0.0001},
        "funding",
        format_id="generic",
    ),
    answer(
        "ccxt funding",
        [
            {"info": {"a": 1}, "symbol": "ABC/USDT:USDT", "fundingRate": 0.0001}
            | {"timestamp": 1760130960000, "datetime": "2025-10-10T21:16:00.000Z"}
        ],
        {"time": MINUTE, "market": "ABC/USDT:USDT", "funding_rate": 0.0001},
        "funding",
        format_id="generic",
    ),
    answer(
        "BitMEX candles count contracts, and have what these are in coins",
        [
            BITMEX
            | {"timestamp": f"2025-10-10T21:{n}:00.000Z", "open": 110000, "high": 110500}
            | {"low": 109100, "close": 109400, "volume": 110000, "turnover": 100000000}
            for n in (16, 17)
        ],
        INVERSE_BAR | {"market": "XBTUSD"},
        format_id="generic",
    ),
    answer(
        "BitMEX trades count contracts, and have what these are in coins",
        [
            BITMEX
            | {"timestamp": "2025-10-10T21:16:04.831Z", "side": "Sell", "size": 110000}
            | {"price": 110000}
        ],
        {"time": MOMENT, "market": "XBTUSD", "price": 110_000.0, "size": 1.0, "side": "sell"},
        "trades",
        format_id="generic",
    ),
    Case(
        "BitMEX's dump of a day",
        "20251010.csv",
        csv(
            "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"
            "foreignNotional,trdType",
            "2025-10-10D21:16:04.831999000,XBTUSD,Sell,20,10.0,MinusTick,0-1,2e+08,2.0,20,Regular",
        ),
        "bybit-trading",
        "trades",
        TRADE | {"market": "XBTUSD"},
    ),
]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"code": "0", "data": minutes(*OHLC_TEXT, "1")}, "--kind mark or --kind index"),
        ({"retCode": 0, "result": {"list": minutes(*OHLC_TEXT)}}, "--kind mark or --kind index"),
        ({"code": "0", "data": minutes("10", "9", "11", "8", "1", "9")}, "in another order"),
        ({"result": DERIBIT | {"cost": [1]}}, "lists of different lengths"),
        (
            {
                "code": "0",
                "data": [{"instId": "A-B-SWAP", "sz": "1", "px": "1", "ts": "1760130960"}],
            },
            "--contract-size",
        ),
    ],
)
def test_an_answer_that_can_be_read_in_two_ways_is_refused(
    content: object, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "ABC.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        list(read_file(path, NAMED))


@pytest.mark.parametrize(("market", "known"), [("ETHBTC", None), ("ETHUSDT", 1180.2)])
def test_a_quote_volume_that_is_no_dollar_is_left_out(
    market: str, known: float | None, tmp_path: Path
) -> None:
    path = tmp_path / f"{market}-1m-2025-10-10.csv"
    path.write_text(KLINE_HEADER + KLINE, encoding="utf-8")
    ((_, _, batch),) = read_file(path, Options())
    assert (batch.rows["volume"][0], batch.rows["volume_usd"][0]) == (120.5, known)
    told = f"quote volume of {market} is not in a dollar and was left out"
    assert (told in batch.notes) == (known is None)


def test_every_format_has_a_made_up_file_with_values() -> None:
    told = {case.format_id for case in CASES if case.row}
    assert told == {known.id for known in FORMATS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_file_is_known_by_its_content_and_read_exactly(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(case.content)
    _, known, batch = next(read_file(path, case.options))
    assert (known.id, batch.kind, batch.interval_s) == (case.format_id, case.kind, case.interval_s)
    row = batch.rows.row(0, named=True)
    for name, value in case.row.items():
        wanted = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        assert row[name] == wanted, name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_file_cut_anywhere_is_an_input_error_or_whole_rows(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.parent.mkdir(exist_ok=True)
    for size in range(0, len(case.content), max(1, len(case.content) // 12)):
        path.write_bytes(case.content[:size])
        try:
            for _ in read_file(path, case.options):
                pass
        except InputError as error:
            assert str(error)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_damaged_bytes_are_an_input_error_or_rows(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(20251010)
    for _ in range(25):
        content = bytearray(case.content)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            for _ in read_file(path, case.options):
                pass
        except InputError as error:
            assert str(error)


BROKEN: list[tuple[str, str, Callable[[str], str]]] = [
    (
        "a price that is a word",
        "found 'abc', expected a number",
        lambda s: s.replace("10.5", "abc"),
    ),
    ("a price that is not a number", "expected a number", lambda s: s.replace("10.5", "NaN")),
    ("an endless price", "expected a number", lambda s: s.replace("10.5", "1e999")),
    ("a price of zero", "expected a number above 0", lambda s: s.replace("10.5", "0")),
    ("a negative volume", "expected 0 or more", lambda s: s.replace("120.5", "-120.5")),
    ("a row of another width", "Expected 12 columns, got 13", lambda s: s + "1," + KLINE),
    ("a time of another century", "expected a time", lambda s: s + KLINE.replace("17601", "99901")),
]


@pytest.mark.parametrize(("what", "says", "spoil"), BROKEN, ids=[case[0] for case in BROKEN])
def test_a_broken_value_is_named_with_file_row_and_column(
    what: str, says: str, spoil: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "BTCUSDT-1m-2025-10-10.csv"
    path.write_text(spoil(KLINE_HEADER + KLINE))
    with pytest.raises(InputError) as caught:
        list(read_file(path, Options()))
    assert says in str(caught.value) and "BTCUSDT-1m" in str(caught.value)


def test_a_byte_order_mark_crlf_semicolons_and_a_trailing_column_change_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "BTCUSDT-1m-2025-10-10.csv"
    path.write_text(KLINE_HEADER + KLINE)
    ((_, _, plain),) = read_file(path, Options())
    odd = (KLINE_HEADER + KLINE).replace(",", ";").replace("\n", ";\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + odd.encode())
    ((_, _, same),) = read_file(path, Options())
    assert same.rows.equals(plain.rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (KLINE_HEADER + MARK_KLINE, "--kind mark"),
        (KLINE_HEADER, "no rows"),
        ("colour,shape\nred,round\n", "no known format"),
        ("", "the file is empty"),
    ],
)
def test_what_the_content_does_not_say_is_asked_for(
    content: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "BTCUSDT-1m-2025-10-10.csv"
    path.write_text(content)
    if says == "no rows":
        assert list(read_file(path, Options())) == []
        return
    with pytest.raises(InputError, match=says):
        list(read_file(path, Options()))
