"""Multiples in a coin's name: 1000PEPE, kPEPE, 1MBABYDOGE, 1000000MOG, SHIB1000."""

import re
from collections.abc import Iterator

_THOUSANDS = re.compile(r"(10{3,})(?=[A-Z])")
_MILLION = re.compile(r"1M(?=[A-Z])")
# ccxt writes Hyperliquid's kPEPE with a capital, which is no multiple in KAS or KSM.
_KILO = re.compile(r"k(?=[A-Z])|K(?=(?:PEPE|BONK|SHIB|FLOKI|LUNC|NEIRO|DOGS)$)")
_SUFFIX = re.compile(r"([A-Z]{3,})(10{3,})")
_ALIASES = {"XBT": "BTC", "XDG": "DOGE"}


def split_multiple(text: str) -> tuple[int, str]:
    """Coins in one unit, and the coin: `kPEPE` is (1000, "PEPE"), `XBT` is (1, "BTC")."""
    multiplier, coin = _split(text)
    return multiplier, coin_of(coin)


def coin_of(code: str) -> str:
    """A coin under its usual code: XBT is BTC."""
    return _ALIASES.get(code, code)


def _split(text: str) -> tuple[int, str]:
    if found := _THOUSANDS.match(text):
        return int(found[1]), text[found.end() :]
    for pattern, multiplier in ((_MILLION, 1_000_000), (_KILO, 1000)):
        if found := pattern.match(text):
            return multiplier, text[found.end() :]
    if found := _SUFFIX.fullmatch(text):
        return int(found[2]), found[1]
    return 1, text


def spelled(multiplier: int, coin: str) -> Iterator[str]:
    """The ways to write a multiple of a coin, `1000PEPE` before `kPEPE`."""
    if multiplier > 1:
        yield f"{multiplier}{coin}"
        letter = {1000: "k", 1_000_000: "1M"}.get(multiplier)
        if letter:
            yield f"{letter}{coin}"
