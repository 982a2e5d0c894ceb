"""Published tier tables that cases name by market only and no bundled venue has.

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

# Markets that the bundled venue serves by its table of all others.
BINANCE_NOT_BUNDLED = {"ATOMUSDT": _ATOM}

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
