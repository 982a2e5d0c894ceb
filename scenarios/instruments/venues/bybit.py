"""Bybit: BTCUSDT, BTCPERP, BTCUSD, BTCUSDH25, BTC-26DEC25, BTC-26DEC25-100000-C-USDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}{usdt}"),
    Spelling(Kind.PERPETUAL, "{coin}PERP", quote="USDC"),
    Spelling(Kind.PERPETUAL, "{coin}{usd}", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}{usd}{month}", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}{usdt}-{ddmmmyy}"),
    Spelling(Kind.FUTURE, "{alone}-{ddmmmyy}", quote="USDC"),
    Spelling(Kind.OPTION, "{alone}-{ddmmmyy}-{strike}", quote="USDC"),
    Spelling(Kind.OPTION, "{coin}-{ddmmmyy}-{strike}-{usdt}"),
    Spelling(Kind.SPOT, r"{coin}(?!USD\Z){quote}"),
)
