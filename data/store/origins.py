"""Where the prices of a store came from: pulled or fetched, or a file of the user's own."""

from crashsim.data.checked.ownership import RECORDED, YOURS
from crashsim.data.store.datasets import MANY_MARKETS, Window
from crashsim.data.store.kinds import PRICE_KINDS
from crashsim.data.store.store import Store, open_store

_PRICED = (*PRICE_KINDS, "trades", "fills", "contexts")


def provenance_in_store(
    source: str, market: str, window: Window, store: Store | None = None
) -> str:
    """recorded where all of a market's prices in the window came from an address; else yours.

    source: as in `[prices] source`, without `store:`.
    """
    name, _, kind = source.partition("/")
    parts = [
        part
        for info in (store or open_store()).datasets()
        if info.dataset.source == name
        and info.dataset.kind in ((kind,) if kind else _PRICED)
        and info.dataset.market in (market, MANY_MARKETS)
        for part in info.parts
        if part.start_ms <= window.end_ms and part.end_ms > window.start_ms
    ]
    return RECORDED if parts and all("://" in part.place for part in parts) else YOURS
