"""What a pull would ask, without asking: the calls still open, their address and their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crashsim.data.pull.client import Client, open_exchange
from crashsim.data.pull.errand import Ask
from crashsim.data.store.datasets import Window
from crashsim.data.store.store import Store

# A venue answers in about this time; its own rate limit comes on top.
_ANSWER_S = 0.25


@dataclass(frozen=True)
class Rehearsed:
    """One Ask before it is made. open: windows that the store lacks, one call each.

    first_url is the first question as ccxt would send it, None where nothing is open. seconds
    assumes that every page is whole.
    """

    ask: Ask
    open: tuple[Window, ...]
    first_url: str | None
    seconds: float


class _Heard(Exception):  # noqa: N818 - not an error: it carries the question out of ccxt
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def rehearse(asks: Sequence[Ask], store: Store) -> list[Rehearsed]:
    """What the store lacks of each Ask, and how it would be asked. Uses no network."""
    clients: dict[str, Client] = {}
    rehearsed = []
    for ask in asks:
        if ask.feed.name not in clients:
            clients[ask.feed.name] = _listening(ask)
        client = clients[ask.feed.name]
        windows = store.missing(ask.dataset, ask.pages)
        seconds = len(windows) * (client.rate_limit_ms / 1000 + _ANSWER_S)
        url = _url(client, ask, windows[0]) if windows else None
        rehearsed.append(Rehearsed(ask, windows, url, seconds))
    return rehearsed


def _listening(ask: Ask) -> Client:
    def hear(url: str, method: str, headers: Any, body: Any) -> Any:
        raise _Heard(url)

    exchange = open_exchange(ask.feed)
    exchange.enableRateLimit = False
    exchange.fetch = hear
    return Client(ask.feed, exchange)


def _url(client: Client, ask: Ask, window: Window) -> str:
    asked = ask.question(window)
    try:
        if ask.series == "funding":
            client.funding(ask.market, asked)
        else:
            client.candles(ask.market, ask.series, asked)
    except _Heard as heard:
        return heard.url
    raise AssertionError("unreachable: every question is a request")
