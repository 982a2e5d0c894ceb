"""What docs/fidelity.py compares: recorded figures, and the replayed ones they are held against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from crashsim.lab.figures import short_usd
from docs.by_seed import count, ratio, share

How = Literal["set", "fitted", "predicted"]


@dataclass(frozen=True)
class Form:
    """How a line's numbers are written, and under which venue's rules they are replayed."""

    written: Callable[[float], str]
    venue: str


@dataclass(frozen=True)
class Line:
    """One comparison.

    recorded: keys of recorded.csv, the first over the second where there are two. figure: of
    docs/replayed.py. how: fitted, where the default was chosen for it, or predicted.
    """

    what: str
    recorded: tuple[str, ...]
    figure: str
    how: How


def _minute(value: float) -> str:
    return f"{int(value) // 60}:{int(value) % 60:02d}"


USD, COUNT, SHARE, RATIO, MINUTE = short_usd, count, share, ratio, _minute

COMPARED: tuple[tuple[Form, tuple[Line, ...]], ...] = (
    (
        Form(COUNT, "backpack"),
        (
            Line(
                "users whose deposits debts took", ("backpack_depositors",), "depositors", "fitted"
            ),
        ),
    ),
    (
        Form(USD, "backpack"),
        (
            Line("taken from the largest", ("backpack_largest",), "largest_usd", "fitted"),
            Line("closed by force", ("backpack_closed",), "closed_usd", "fitted"),
        ),
    ),
    (
        Form(SHARE, "backpack"),
        (
            Line("of it in SOL", ("backpack_closed_sol", "backpack_closed"), "sol_frac", "fitted"),
            Line("of it on the order book", ("backpack_on_book",), "book_frac", "predicted"),
            Line("of it longs'", ("all_long_frac",), "long_frac", "predicted"),
            Line(
                "of it in the worst minute",
                ("all_2115", "all_2050_2130"),
                "worst_minute_frac",
                "predicted",
            ),
        ),
    ),
    (
        Form(MINUTE, "backpack"),
        (Line("that minute (UTC)", ("all_worst_minute",), "worst_minute", "predicted"),),
    ),
    (
        Form(RATIO, "backpack"),
        (
            Line(
                "customers' assets / open interest",
                ("backpack_custody", "backpack_open_interest_july"),
                "equity_frac_oi",
                "predicted",
            ),
        ),
    ),
    (
        Form(SHARE, "hyperliquid"),
        (
            Line(
                "liquidated, of open interest",
                ("hl_liquidated", "hl_open_interest"),
                "liquidated_frac_oi",
                "predicted",
            ),
            Line(
                "auto-deleveraged, of open interest",
                ("hl_adl", "hl_open_interest"),
                "adl_frac_oi",
                "predicted",
            ),
            Line(
                "open interest that was gone after",
                ("hl_open_interest_gone", "hl_open_interest"),
                "gone_frac",
                "predicted",
            ),
            Line(
                "accounts auto-deleveraged",
                ("hl_adl_accounts", "hl_accounts"),
                "adl_accounts_frac",
                "predicted",
            ),
            Line("of ADL in BTC", ("hl_adl_btc", "hl_adl"), "adl_btc_frac", "predicted"),
            Line("of ADL in ETH", ("hl_adl_eth", "hl_adl"), "adl_eth_frac", "predicted"),
            Line("of ADL in SOL", ("hl_adl_sol", "hl_adl"), "adl_sol_frac", "predicted"),
        ),
    ),
    (
        Form(RATIO, "hyperliquid"),
        (
            Line(
                "median leverage of the deleveraged",
                ("hl_adl_leverage",),
                "adl_leverage",
                "predicted",
            ),
        ),
    ),
    (
        Form(SHARE, "binance"),
        (
            Line(
                "of its insurance fund used",
                ("binance_fund_used", "binance_fund"),
                "fund_used_frac",
                "predicted",
            ),
        ),
    ),
)
