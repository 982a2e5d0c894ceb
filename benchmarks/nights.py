"""The nights that are measured against an older commit: a book, a tape and a venue each."""

from dataclasses import dataclass

from benchmarks.standard_book import ACCOUNTS

_MARGIN = {
    "markets": {
        "M000USDT": {
            "kind": "tiers",
            "tiers": [{"from": 0.0, "rate": 0.005}, {"from": 1e6, "rate": 0.01}],
        },
        "*": {"kind": "sqrt", "base": 0.02, "factor": 0.00004},
    }
}
_ADL = {"score": "bybit"}
_FUND = {"name": "fund", "cash": 1e13}


@dataclass(frozen=True)
class Night:
    """What is replayed. venue: as a venue file has it, without what all nights share."""

    accounts: int
    steps: int
    quiet: bool = False
    participation: float = 0.0
    funds: tuple[dict[str, object], ...] = ()
    adl: tuple[tuple[str, object], ...] = ()

    def venue(self) -> dict[str, object]:
        """The rules, as plain data that every commit's model reads."""
        return {
            "name": "benchmark",
            "margin": _MARGIN,
            "liquidation": {
                "participation": self.participation,
                "half_spread": 0.0005,
                "impact": 0.01,
                "limit": "none",
                "fee_rate": 0.005,
            },
            "absorber": list(self.funds),
            "adl": _ADL | dict(self.adl),
        }


def _ways(accounts: int, steps: int) -> dict[str, Night]:
    return {
        "idle": Night(accounts, steps, quiet=True),
        "taken over": Night(accounts, steps, funds=(_FUND,)),
        "on the book": Night(accounts, steps, participation=1.0),
        "heavy ADL": Night(accounts, steps),
    }


_PRO_RATA = (("allocation", "pro_rata"),)

NIGHTS = {
    **{f"20k {name}": night for name, night in _ways(20_000, 720).items()},
    "20k pro rata": Night(20_000, 720, adl=_PRO_RATA),
    "20k heavy ADL, 11,520 steps": Night(20_000, 11_520),
    **{f"438k {name}": night for name, night in _ways(ACCOUNTS, 720).items()},
    "438k idle, 86,400 steps": Night(ACCOUNTS, 86_400, quiet=True),
}
SMALL = ("oct11", *(name for name in NIGHTS if name.startswith("20k")))
