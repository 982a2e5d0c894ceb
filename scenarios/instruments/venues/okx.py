"""OKX: BTC-USDT-SWAP, BTC-USD-SWAP, BTC-USDT-251226, BTC-USD-251226-100000-C, BTC-USDT."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import BASE, Spelling

SPELLINGS = (
    Spelling(Kind.PERPETUAL, "{coin}-{dollar}-SWAP"),
    Spelling(Kind.PERPETUAL, "{coin}-{usd}-SWAP", settlement=BASE),
    Spelling(Kind.PERPETUAL, "{coin}-{usd}_UM-SWAP", settlement="USDC"),
    Spelling(Kind.FUTURE, "{coin}-{dollar}-{yymmdd}"),
    Spelling(Kind.FUTURE, "{coin}-{usd}-{yymmdd}", settlement=BASE),
    Spelling(Kind.FUTURE, "{coin}-{usd}_UM-{yymmdd}", settlement="USDC"),
    Spelling(Kind.OPTION, "{coin}-{usd}-{yymmdd}-{strike}", settlement=BASE),
    Spelling(Kind.OPTION, "{coin}-{usd}_UM-{yymmdd}-{strike}", settlement="USDC"),
    Spelling(Kind.SPOT, "{coin}-{quote}"),
)
