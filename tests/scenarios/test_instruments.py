"""Names of markets: what each venue's spellings stand for, and what may not be guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.expiry import expiry_of
from crashsim.scenarios.instruments.instrument import Instrument, Kind
from crashsim.scenarios.instruments.market_names import VENUES, parse, readings, venue_of
from crashsim.scenarios.instruments.multiples import split_multiple

SPELLINGS = {
    "binance-contracts": {
        "BTCUSDT": "BTC/USDT:USDT",
        "BTCUSDC": "BTC/USDC:USDC",
        "BTCFDUSD": "BTC/FDUSD:FDUSD",
        "BTCUSDT_251226": "BTC/USDT:USDT-251226",
        "BTCUSD_PERP": "BTC/USD:BTC",
        "BTCUSD_251226": "BTC/USD:BTC-251226",
        "BTC-251010-100000-C": "BTC/USDT:USDT-251010-100000-C",
        "1000PEPEUSDT": "1000PEPE/USDT:USDT",
        "1000000MOGUSDT": "1000000MOG/USDT:USDT",
        "1MBABYDOGEUSDT": "1000000BABYDOGE/USDT:USDT",
        "1INCHUSDT": "1INCH/USDT:USDT",
    },
    "binance-spot": {"BTCUSDT": "BTC/USDT", "ETHBTC": "ETH/BTC", "BTCEUR": "BTC/EUR"},
    "bybit-contracts": {
        "BTCUSDT": "BTC/USDT:USDT",
        "BTCPERP": "BTC/USDC:USDC",
        "BTCUSD": "BTC/USD:BTC",
        "BTCUSDH25": "BTC/USD:BTC-250328",
        "BTC-26DEC25": "BTC/USDC:USDC-251226",
        "BTCUSDT-26DEC25": "BTC/USDT:USDT-251226",
        "BTC-26DEC25-100000-C": "BTC/USDC:USDC-251226-100000-C",
        "BTC-26DEC25-100000-C-USDT": "BTC/USDT:USDT-251226-100000-C",
        "SHIB1000USDT": "1000SHIB/USDT:USDT",
    },
    "bybit-spot": {"BTCUSDT": "BTC/USDT", "BTCUSDC": "BTC/USDC", "ETHBTC": "ETH/BTC"},
    "okx": {
        "BTC-USDT-SWAP": "BTC/USDT:USDT",
        "BTC-USD-SWAP": "BTC/USD:BTC",
        "BTC-USD_UM-SWAP": "BTC/USD:USDC",
        "BTC-USDT-251226": "BTC/USDT:USDT-251226",
        "BTC-USD-251226": "BTC/USD:BTC-251226",
        "BTC-USD-251226-100000-C": "BTC/USD:BTC-251226-100000-C",
        "BTC-USDT": "BTC/USDT",
        "ETH-BTC": "ETH/BTC",
    },
    "deribit": {
        "BTC-PERPETUAL": "BTC/USD:BTC",
        "BTC_USDC-PERPETUAL": "BTC/USDC:USDC",
        "BTC-26DEC25": "BTC/USD:BTC-251226",
        "BTC-5DEC25": "BTC/USD:BTC-251205",
        "BTC_USDC-26DEC25": "BTC/USDC:USDC-251226",
        "BTC-26DEC25-100000-C": "BTC/USD:BTC-251226-100000-C",
        "XRP_USDC-26DEC25-2d5-P": "XRP/USDC:USDC-251226-2.5-P",
        "SOL_USDC": "SOL/USDC",
        "ETH_BTC": "ETH/BTC",
    },
    "bitmex": {
        "XBTUSD": "BTC/USD:BTC",
        "XBTUSDT": "BTC/USDT:USDT",
        "ETHUSD": "ETH/USD:BTC",
        "ETHUSD_ETH": "ETH/USD:ETH",
        "XBTZ25": "BTC/USD:BTC-251226",
        "ETHUSDZ25": "ETH/USD:BTC-251226",
        "ETHZ25": "ETH/BTC:BTC-251226",
        "XBTUSDTZ25": "BTC/USDT:USDT-251226",
        "XBT_USDT": "BTC/USDT",
    },
    "hyperliquid": {
        "BTC": "BTC/USDC:USDC",
        "kPEPE": "1000PEPE/USDC:USDC",
        "@107": "@107/USDC",
        "PURR/USDC": "PURR/USDC",
        "xyz:TSLA": "XYZ-TSLA/USDC:USDC",
    },
    "dydx": {"BTC-USD": "BTC/USDC:USDC"},
    "kraken": {
        "PF_XBTUSD": "BTC/USD:USD",
        "PI_XBTUSD": "BTC/USD:BTC",
        "FI_XBTUSD_251226": "BTC/USD:BTC-251226",
        "FF_XBTUSD_251226": "BTC/USD:USD-251226",
        "XBT/USD": "BTC/USD",
        "XXBTZUSD": "BTC/USD",
        "XBTUSDT": "BTC/USDT",
        "XDGUSD": "DOGE/USD",
    },
    "coinbase": {
        "BTC-USD": "BTC/USD",
        "BTC-PERP-INTX": "BTC/USDC:USDC",
        "BTC-PERP": "BTC/USDC:USDC",
    },
    "bitget": {
        "BTCUSDT_UMCBL": "BTC/USDT:USDT",
        "BTCUSD_DMCBL": "BTC/USD:BTC",
        "BTCUSD_DMCBL_251226": "BTC/USD:BTC-251226",
        "BTCPERP_CMCBL": "BTC/USDC:USDC",
        "BTCUSDT_SPBL": "BTC/USDT",
    },
    "backpack": {
        "BTC_USDC_PERP": "BTC/USDC:USDC",
        "kPEPE_USDC_PERP": "1000PEPE/USDC:USDC",
        "SOL_USDC": "SOL/USDC",
    },
    "ccxt": {
        "BTC/USDT": "BTC/USDT",
        "BTC/USDT:USDT": "BTC/USDT:USDT",
        "BTC/USD:BTC": "BTC/USD:BTC",
        "BTC/USDT:USDT-251226": "BTC/USDT:USDT-251226",
        "BTC/USD:BTC-251226-100000-C": "BTC/USD:BTC-251226-100000-C",
        "KPEPE/USDC:USDC": "1000PEPE/USDC:USDC",
        "KAS/USDT:USDT": "KAS/USDT:USDT",
    },
}
TABLE = [(venue, *pair) for venue, names in SPELLINGS.items() for pair in names.items()]


@pytest.mark.parametrize(("venue", "name", "unified"), TABLE)
def test_a_venue_spells_its_markets_so(venue: str, name: str, unified: str) -> None:
    assert str(parse(name, venue)) == unified


def test_every_venue_has_spellings_here() -> None:
    assert {venue.partition("-")[0] for venue in SPELLINGS} == set(VENUES)


@pytest.mark.parametrize(
    ("name", "unified"),
    [
        ("BTC", "BTC/USD:USD"),
        ("TOY", "TOY/USD:USD"),
        ("ALPHA", "ALPHA/USD:USD"),
        ("X-1", "X-1/USD:USD"),
        ("WBTC", "WBTC/USD:USD"),
        ("STETH", "STETH/USD:USD"),
        ("USDT", "USDT/USD:USD"),
        ("kPEPE", "1000PEPE/USD:USD"),
        ("BTCUSDT", "BTC/USDT:USDT"),
        ("BTC-USD", "BTC/USDC:USDC"),
        ("BTC-USD-PERP", "BTC/USD:USD"),
        ("ETHBTC", "ETH/BTC"),
        ("COTIBTC", "COTI/BTC"),
        ("SOLVBTC", "SOLVBTC/USD:USD"),
        ("PASTRY", "PASTRY/USD:USD"),
        ("XXBTZUSD", "BTC/USD"),
        ("DOTUSDT", "DOT/USDT:USDT"),
    ],
)
def test_without_a_venue_a_name_is_the_perpetual_that_it_may_be(name: str, unified: str) -> None:
    assert str(parse(name)) == unified


@pytest.mark.parametrize("name", ["BTCUSD", "XBTUSD", "ETHUSD", "BNBUSD", "BTC-26DEC25"])
def test_a_name_of_several_contracts_is_asked_for_its_venue(name: str) -> None:
    with pytest.raises(InputError, match=f'"{name}" may be .* or .*--names-of VENUE'):
        parse(name)


@pytest.mark.parametrize("name", ["a/b/c", "BTC/", "/USDT", "BTC/USDT:", ":", "BTC:USDT:X", ""])
def test_a_name_of_no_spelling_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="the name of no market"):
        parse(name)


@pytest.mark.parametrize(
    ("unified", "contract", "kind"),
    [
        ("BTC/USDT:USDT", "linear", Kind.PERPETUAL),
        ("BTC/USD:USDC", "linear", Kind.PERPETUAL),
        ("BTC/USD:BTC", "inverse", Kind.PERPETUAL),
        ("ETH/USD:BTC", "quanto", Kind.PERPETUAL),
        ("BTC/USDT", "spot", Kind.SPOT),
        ("BTC/USDT:USDT-251226", "linear", Kind.FUTURE),
        ("BTC/USD:BTC-251226-90000-P", "inverse", Kind.OPTION),
    ],
)
def test_the_contract_follows_from_quote_and_settlement(
    unified: str, contract: str, kind: Kind
) -> None:
    instrument = parse(unified, "ccxt")
    assert (instrument.contract, instrument.kind) == (contract, kind)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000PEPE", (1000, "PEPE")),
        ("kPEPE", (1000, "PEPE")),
        ("KPEPE", (1000, "PEPE")),
        ("1MBABYDOGE", (1_000_000, "BABYDOGE")),
        ("10000SATS", (10_000, "SATS")),
        ("SHIB1000", (1000, "SHIB")),
        ("1INCH", (1, "1INCH")),
        ("KAS", (1, "KAS")),
        ("XBT", (1, "BTC")),
        ("1000", (1, "1000")),
    ],
)
def test_a_multiple_stands_before_or_behind_its_coin(text: str, expected: tuple[int, str]) -> None:
    assert split_multiple(text) == expected


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("251226", date(2025, 12, 26)),
        ("26DEC25", date(2025, 12, 26)),
        ("5DEC25", date(2025, 12, 5)),
        ("Z25", date(2025, 12, 26)),
        ("H25", date(2025, 3, 28)),
        ("251326", None),
        ("31FEB25", None),
        ("26DEZ25", None),
        ("A25", None),
        ("", None),
    ],
)
def test_an_expiry_is_a_day_or_nothing(code: str, day: date | None) -> None:
    assert expiry_of(code) == day


@pytest.mark.parametrize(
    ("source", "venue"),
    [
        ("binance", "binance-contracts"),
        ("binance-cm", "binance-contracts"),
        ("binance-spot", "binance-spot"),
        ("tardis-binance", "binance-spot"),
        ("tardis-okex-swap", "okx-contracts"),
        ("tardis-deribit", "deribit-contracts"),
        ("freqtrade", "ccxt"),
        ("import", None),
    ],
)
def test_a_source_of_the_store_says_its_venue(source: str, venue: str | None) -> None:
    assert venue_of(source) == venue


_COINS = st.sampled_from(["BTC", "ETH", "PEPE", "X", "0G", "1INCH", "ALPHA", "USDE", "KAS", "@107"])
_QUOTES = st.sampled_from(["USD", "USDT", "USDC", "BTC", "EUR"])
_DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
_STRIKES = st.decimals("0.0001", "1000000", places=4).map(lambda value: value.normalize())


@st.composite
def _instruments(draw: st.DrawFn) -> Instrument:
    kind = draw(st.sampled_from(list(Kind)))
    base, quote = draw(_COINS), draw(_QUOTES)
    is_dated, is_option = kind in (Kind.FUTURE, Kind.OPTION), kind is Kind.OPTION
    settlement = draw(st.sampled_from([quote, "USDC", "BTC", "ETH"]))
    return Instrument(
        kind=kind,
        base=base,
        quote=quote,
        settlement=None if kind is Kind.SPOT else settlement,
        multiplier=draw(st.sampled_from([1, 1000, 1_000_000])) if base[0].isalpha() else 1,
        expiry=draw(_DAYS) if is_dated else None,
        strike=draw(_STRIKES) if is_option else None,
        right=draw(st.sampled_from("CP")) if is_option else None,
    )


@given(_instruments())
@example(Instrument(Kind.OPTION, "BTC", "USD", "BTC", 1, date(2025, 1, 1), Decimal("1E+5"), "C"))
def test_an_instrument_is_read_back_from_its_unified_form(instrument: Instrument) -> None:
    assert parse(str(instrument)) == instrument
    assert parse(str(instrument), "ccxt") == instrument


_PIECES = st.sampled_from(["BTC", "XBT", "1000", "k", "1M", "PEPE", "USDT", "USD", "PERP", "SWAP"])
_PIECES |= st.sampled_from(
    ["-", "_", "/", ":", "@", "251226", "26DEC25", "Z25", "C", "P", "d", "."]
)
_PIECES |= st.sampled_from(["PF_", "FI_", "PERPETUAL", "UMCBL", "INTX", "X", "Z", "1", "ETH"])
_NAMES = st.lists(_PIECES, max_size=9).map("".join) | st.text(max_size=12)


@given(_NAMES, st.sampled_from([None, *VENUES, "binance-spot", "bybit-contracts"]))
def test_any_text_is_one_instrument_that_reads_back_or_is_refused(
    name: str, venue: str | None
) -> None:
    for each in readings(name, venue):
        assert parse(str(each), "ccxt") == each
    try:
        found = parse(name, venue)
    except InputError:
        return
    assert found == readings(name, venue)[0]
