"""Which margin table serves a market."""

import pytest

from crashsim import scenarios
from crashsim.scenarios.models.margin_tables import MarginRules


def _rules(*keys: str) -> MarginRules:
    flat = {"kind": "sqrt", "base": 0.05, "factor": 0.0}
    return MarginRules.model_validate({"markets": dict.fromkeys(keys, flat)})


@pytest.mark.parametrize(
    "market",
    [
        "BTC",
        "BTCUSDT",
        "BTCUSDC",
        "BTCUSD",
        "BTCPERP",
        "BTC/USDT:USDT",
        "BTC/USD:BTC",
        "BTC_USDC_PERP",
        "BTC-PERP",
        "BTC-USDT-SWAP",
        "BTC-USD",
        "BTCUSDT_251226",
        "BTC-251226",
    ],
)
def test_every_spelling_of_a_bitcoin_perpetual_is_bitcoin(market: str) -> None:
    assert _rules("BTC", "*").margin_table_for(market).key == "BTC"


@pytest.mark.parametrize(
    ("market", "coin"),
    [("USDEUSDT", "USDE"), ("USDT", "USDT"), ("1INCHUSDT", "1INCH"), ("kPEPE", "PEPE")],
)
def test_a_name_is_not_cut_to_nothing_or_to_another_coin(market: str, coin: str) -> None:
    assert _rules(coin, "US", "INCH", "E", "*").margin_table_for(market).key == coin


@pytest.mark.parametrize(
    ("market", "keys", "served"),
    [
        ("BTCUSDT", ("BTC", "BTCUSDT", "*"), "BTCUSDT"),
        ("1000PEPEUSDT", ("1000PEPE", "PEPE", "*"), "1000PEPE"),
        ("1000PEPEUSDT", ("PEPE", "*"), "PEPE"),
        ("1000PEPEUSDT", ("kPEPE", "*"), "kPEPE"),
        ("kPEPE", ("1000PEPE", "*"), "1000PEPE"),
        ("kPEPE", ("kPEPE", "PEPE", "*"), "kPEPE"),
        ("1MBABYDOGEUSDT", ("BABYDOGE", "*"), "BABYDOGE"),
        ("KASUSDT", ("AS", "*"), "*"),
        ("ETHUSDT", ("BTC", "*"), "*"),
        ("btcusdt", ("BTC", "*"), "*"),
    ],
)
def test_the_most_exact_table_serves_and_says_its_key(
    market: str, keys: tuple[str, ...], served: str
) -> None:
    rules = _rules(*keys)
    assert rules.margin_table_for(market).key == served
    assert rules.margin_table_for(market).table is rules.markets[served]


def test_a_coin_has_its_own_table_at_hyperliquid_and_one_that_it_does_not_list_the_default() -> (
    None
):
    margin = scenarios.load_venue("hyperliquid").margin
    assert margin.margin_table_for("XRPUSDT").key == "XRP"
    assert margin.margin_table_for("1000PEPEUSDT").key == "kPEPE"
    assert margin.margin_table_for("NAORISUSDT").key == "*"
