"""A deficit laid on a table of winners: reading it, the policies, and what is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from crashsim.data.book.winners_file import REQUIRED, WinnersTable, read_winners
from crashsim.data.checked.table import InputFile
from crashsim.engine.adl.scores import COLUMNS
from crashsim.engine.winners import Allocation, Winners, allocate, solvent_winners
from crashsim.lab.folders.whole import write_whole
from crashsim.lab.rules import policy_sources
from crashsim.lab.rules.function_files import label, sharing_named
from crashsim.scenarios.models.venue import python_function

# Rules that need no score and differ most, and queues by what such a table knows.
DEFAULT_POLICIES = (
    "pro_rata",
    "levered_pro_rata",
    "rap",
    "min_max",
    "vector_mirror_descent",
    "profit_usd",
    "leverage",
    "lowest_leverage",
    "random",
)
_EXTRA = tuple(name for name in COLUMNS if name not in ("upnl", *REQUIRED))


@dataclass(frozen=True)
class Allocated:
    """A deficit laid on winners by several policies.

    table: every account of the file, of which `winners` are those with equity. by_profit: whether
    rules weighed by profit alone.
    """

    table: WinnersTable
    deficit_usd: float
    by_profit: bool
    winners: Winners
    allocations: Sequence[Allocation]

    @property
    def file(self) -> InputFile:
        """The file of the winners."""
        return self.table.file

    @property
    def left_out(self) -> int:
        """Accounts with negative equity."""
        return int(self.table.insolvent.sum())

    @property
    def profit_usd(self) -> float:
        """Profit of all winners."""
        return float(self.winners.profit_usd.sum())

    @property
    def equity_usd(self) -> float:
        """Equity of all winners."""
        return float(self.winners.equity_usd.sum())

    @property
    def capacity_usd(self) -> float:
        """What can be taken of all winners."""
        return float(self.winners.capacity_usd.sum())


def run(
    path: Path,
    columns: Mapping[str, str],
    deficit_usd: float,
    policies: Sequence[str],
    largest_deficit_usd: float | None,
    seed: int,
    by_profit: bool = False,
) -> Allocated:
    """Read the winners and allocate. Raises InputError and PolicyError."""
    table = read_winners(path, columns, _EXTRA)
    solvent = table.frame.filter(~table.insolvent)
    winners = solvent_winners(
        solvent["account"].to_list(),
        solvent["weight"].to_numpy(),
        solvent["equity"].to_numpy(),
        solvent["leverage"].to_numpy(),
        np.ones(solvent.height, dtype=bool),
    )
    given = [name for name in _EXTRA if name in solvent.columns]
    winners = replace(winners, columns={name: solvent[name].to_numpy() for name in given})
    allocations = [
        allocate(
            _score_of(policy),
            deficit_usd,
            winners,
            largest_deficit_usd,
            seed,
            sharing=sharing_named(policy)[0] if python_function(policy) else None,
            by_profit=by_profit,
        )
        for policy in policies
    ]
    return Allocated(table, deficit_usd, by_profit, winners=winners, allocations=allocations)


def _score_of(policy: str) -> str:
    if not policy.endswith(".toml"):
        return label(policy)
    return policy_sources.one(policy).score or "pro_rata"


def told(result: Allocated) -> dict[str, Any]:
    """What `--json` prints: each policy's measures; the haircuts are in the file of --haircuts."""
    return {
        "file": {"name": result.file.name, "sha256": result.file.sha256, "rows": result.file.rows},
        "notes": result.table.notes,
        "weight": "profit" if result.by_profit else "the smaller of profit and equity",
        "deficit_usd": result.deficit_usd,
        "winners": len(result.winners.accounts),
        "left_out_negative_equity": result.left_out,
        "policies": {each.policy: _measures(each) for each in result.allocations},
    }


def _measures(each: Allocation) -> dict[str, Any]:
    return {
        "raised_usd": each.raised_usd,
        "uncovered_usd": each.uncovered_usd,
        "payers": each.payers,
        "largest_haircut_frac_of_equity": each.largest_frac,
        "gini": each.gini,
        "herfindahl": each.herfindahl,
        **{f"top_{count}_share_frac": share for count, share in each.top_share.items()},
        "ptsr_paper": each.ptsr_paper,
        "ptsr_code": each.ptsr_code,
        "pmr_paper": each.pmr_paper,
        "pmr_code": each.pmr_code,
    }


def write_haircuts(result: Allocated, path: Path) -> None:
    """Write what each policy charges every account, as CSV where the name ends so, else as Parquet.

    Those left out are charged 0. Beside it stand account, weight, equity and leverage as the file
    has them. Raises OutputError.
    """
    charges = {f"{each.policy} (USD)": each.charge_usd for each in result.allocations}
    charged = pl.DataFrame({"account": result.winners.accounts, **charges})
    every = result.table.frame.select(REQUIRED)
    frame = every.join(charged, on="account", how="left", maintain_order="left").fill_null(0.0)
    write = frame.write_csv if path.suffix == ".csv" else frame.write_parquet
    write_whole(path, "--haircuts", write)
