"""Published tier tables that cases name by market only and no bundled venue has.

Binance's are those of the cases' date, a year before the night whose tables are bundled.

Lower bound (USD): rate.

Binance: freqtrade/freqtrade@c9ae5e1e freqtrade/exchange/binance_leverage_tiers.json (2024-10-24).
Cube: https://cubexch.gitbook.io/cube-api/perpetual-futures/margin
"""

_ATOM = {
    0: 0.006,
    10e3: 0.01,
    50e3: 0.015,
    80e3: 0.02,
    200e3: 0.025,
    600e3: 0.05,
    2e6: 0.1,
}

_TO_12M = {0: 0.004, 50e3: 0.005, 600e3: 0.0065, 3e6: 0.01, 12e6: 0.02}
_BTC = _TO_12M | {
    70e6: 0.025,
    100e6: 0.05,
    230e6: 0.1,
    480e6: 0.125,
    600e6: 0.15,
    800e6: 0.25,
    1.2e9: 0.5,
}
_ETH = _TO_12M | {
    50e6: 0.025,
    65e6: 0.05,
    150e6: 0.1,
    320e6: 0.125,
    400e6: 0.15,
    530e6: 0.25,
    800e6: 0.5,
}
_SOL = {
    0: 0.005,
    20e3: 0.0065,
    100e3: 0.01,
    800e3: 0.02,
    4e6: 0.025,
    8e6: 0.05,
    40e6: 0.1,
    80e6: 0.125,
    100e6: 0.25,
    200e6: 0.5,
}
_ENA = {
    0: 0.01,
    10e3: 0.015,
    80e3: 0.02,
    400e3: 0.025,
    800e3: 0.05,
    4e6: 0.1,
    8e6: 0.125,
    10e6: 0.25,
    20e6: 0.5,
}
BINANCE_OF_2024 = {
    "ATOMUSDT": _ATOM,
    "BTCUSDT": _BTC,
    "ENAUSDT": _ENA,
    "ETHUSDT": _ETH,
    "SOLUSDT": _SOL,
}

CUBE = {
    0: 0.005,
    50e3: 0.01,
    200e3: 0.02,
    500e3: 0.05,
    1e6: 0.075,
    5e6: 0.166,
    10e6: 0.25,
    20e6: 0.5,
}
