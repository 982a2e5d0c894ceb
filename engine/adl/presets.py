"""The named rankings of auto-deleveraging: expression, source, and what in them is assumed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Preset:
    """One named score: the higher, the sooner a position is deleveraged.

    expression: SQL over the columns of `engine.adl.scores.COLUMNS`.
    assumption: what the source leaves open and how it is read here; None where nothing is.
    """

    expression: str
    description: str
    source: str
    assumption: str | None = None


# Multiplied out, so that a distance of 0 is +0 for longs and shorts: infinite leverage, the first.
_EFFECTIVE_LEVERAGE = "(mark_price / (side * mark_price - side * bankruptcy_price))"
_PROFIT_OVER_WALLET = "GREATEST(0, upnl) / GREATEST(1, cash) * margin_ratio"
_CONTROL = "a control of this project, not a venue's rule"

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "bitmex": Preset(
            f"CASE WHEN pnl_frac > 0 THEN pnl_frac * {_EFFECTIVE_LEVERAGE} "
            f"ELSE pnl_frac / {_EFFECTIVE_LEVERAGE} END",
            "profit fraction times effective leverage; a loss is divided by it",
            "https://support.bitmex.com/hc/en-gb/articles/18589621443357-What-is-Auto-Deleveraging",
            "linear contracts: value = size * price",
        ),
        "binance": Preset(
            _PROFIT_OVER_WALLET,
            "profit over wallet balance, times margin ratio",
            "https://www.binance.com/en/support/faq/360033525471",
            "the venue gives the terms in prose only; each is read as Aster's published formula",
        ),
        "hyperliquid": Preset(
            "POWER(mark_price / entry_price, side) * position_leverage",
            "price gain times the position's notional over account value",
            "https://hyperliquid.gitbook.io/hyperliquid-docs/trading/auto-deleveraging",
            "for shorts entry / mark is used: the published mark / entry would rank the "
            "largest gains of shorts last",
        ),
        "bybit": Preset(
            "pnl_frac * leverage",
            "leveraged return",
            "https://www.bybit.com/en/help-center/article/Auto-Deleveraging-ADL",
            "the exact formula is not known; the account's leverage is used, and losses too "
            "are multiplied by it",
        ),
        "okx": Preset(
            "CASE WHEN pnl_frac > 0 THEN pnl_frac * margin_ratio ELSE pnl_frac / margin_ratio END",
            "profit ratio over the venue's margin ratio (equity over maintenance margin)",
            "https://www.okx.com/help/iv-introduction-to-auto-deleveraging-adl",
            "published for positions in profit only: a loss is divided where a profit is "
            "multiplied; the profit ratio is taken over entry value",
        ),
        "aster": Preset(
            f"CASE WHEN equity <= 0 THEN 0 ELSE {_PROFIT_OVER_WALLET} END",
            "profit over wallet balance, times margin ratio; 0 without equity",
            "https://docs.asterdex.com/product/asterex-pro/adl",
            "the profit is that of the position ranked; equity is that of its unit",
        ),
        "ethereal": Preset(
            "leverage",
            "effective leverage, the first of the venue's four keys",
            "https://docs.ethereal.trade/trading/perpetual-futures/auto-deleveraging",
            "the later keys (profit, lowest balance, newest account) would only break exact "
            "ties of leverage; here ties go by unit id",
        ),
        "profit_usd": Preset("upnl", "largest profit in USD first", _CONTROL),
        "profit_frac": Preset("pnl_frac", "largest profit over entry value first", _CONTROL),
        "leverage": Preset("leverage", "highest leverage of the unit first", _CONTROL),
        "lowest_leverage": Preset("-leverage", "lowest leverage of the unit first", _CONTROL),
        "size": Preset("notional", "largest notional first", _CONTROL),
        "newest": Preset("opened_at", "last opened first; unknown dates last", _CONTROL),
        "oldest": Preset("-opened_at", "first opened first; unknown dates last", _CONTROL),
        "dydx": Preset(
            "-seeded_place",
            "no profit, no leverage: the stored list of accounts from a pseudo-random start",
            "https://github.com/dydxprotocol/v4-chain (x/clob/keeper/deleveraging.go)",
            "the stored list is taken to be in the order of unit ids",
        ),
        "random": Preset("rand", "seeded lot, drawn anew at every step", _CONTROL),
    }
)
