"""Deribit: BTC-PERPETUAL, BTC_USDC-PERPETUAL, BTC-26DEC25, BTC-26DEC25-100000-C, SOL_USDC."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}_{dollar}-PERPETUAL"),
    Spelling(Kind.PERPETUAL, "{coin}-PERPETUAL", quote="USD", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}_{dollar}-{ddmmmyy}"),
    Spelling(Kind.FUTURE, "{alone}-{ddmmmyy}", quote="USD", settlement=BASE),
    Spelling(Kind.OPTION, "{coin}_{dollar}-{ddmmmyy}-{strike}"),
    Spelling(Kind.OPTION, "{alone}-{ddmmmyy}-{strike}", quote="USD", settlement=BASE),
    Spelling(Kind.SPOT, "{coin}_{quote}"),
)
