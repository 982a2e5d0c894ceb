"""ccxt's unified form: BTC/USDT, BTC/USDT:USDT, BTC/USD:BTC-251226, BTC/USD:BTC-251226-100000-C."""

from crashsim.scenarios.instruments.instrument import Kind
from crashsim.scenarios.instruments.spelling import Spelling

_PAIR = r"(?P<base>[^/:\s](?:[^/:]*[^/:\s])?)/(?P<quote>[A-Za-z0-9]+)"
_CONTRACT = _PAIR + ":(?P<settlement>[A-Za-z0-9]+)"

SPELLINGS = (
    Spelling(Kind.SPOT, _PAIR),
    Spelling(Kind.OPTION, _CONTRACT + "-{yymmdd}-{strike}"),
    Spelling(Kind.FUTURE, _CONTRACT + "-{yymmdd}"),
    Spelling(Kind.PERPETUAL, _CONTRACT),
)
