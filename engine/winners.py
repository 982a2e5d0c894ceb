"""A deficit laid on a table of winners, without a replay: who pays what under a policy.

The endowment of a winner is its profit; a charge never exceeds the smaller of endowment and equity,
so principal is protected and nobody is charged into debt (capacity as in the code of arXiv
2512.01112, src/oss_adl/policy_per_wave.py @aae0be86).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from crashsim.engine.adl.score_columns import rand_column
from crashsim.engine.adl.scores import compile_score
from crashsim.engine.arrays import Flags, Floats, name_order
from crashsim.engine.errors import PolicyError
from crashsim.engine.measure import fairness, inequality
from crashsim.engine.sharing import RULES, Rule, Sharers


@dataclass(frozen=True)
class Winners:
    """Winners, one row each, in the order that breaks ties (by account); arrays (n,), finite.

    profit_usd: what can be taken, >= 0. equity_usd: >= 0. leverage: >= 0.
    beta_frac: largest fraction of the profit that may be taken; all 1 where none is stated.
    columns: more columns of `engine.adl.scores.COLUMNS` that a score may read.
    """

    accounts: Sequence[str]
    profit_usd: Floats
    equity_usd: Floats
    leverage: Floats
    beta_frac: Floats
    columns: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def capacity_usd(self) -> Floats:
        """The most a winner can be charged, (n,)."""
        return np.minimum(self.profit_usd, self.equity_usd)


@dataclass(frozen=True)
class Allocation:
    """What a policy charges, and how it falls.

    charge_usd: (n,). uncovered_usd: of the deficit, what no winner could pay.
    largest_frac: largest charge over equity. gini, herfindahl: over all winners; None where nothing
    is charged. top_share: by number of accounts, their share of what is charged. The four ratios
    are None where their denominator is not positive, PMR also where the largest deficit of a single
    loser was not given.
    """

    policy: str
    charge_usd: Floats
    raised_usd: float
    uncovered_usd: float
    payers: int
    largest_frac: float
    gini: float | None
    herfindahl: float | None
    top_share: Mapping[int, float | None]
    ptsr_paper: float | None
    ptsr_code: float | None
    pmr_paper: float | None
    pmr_code: float | None


TOP_COUNTS = (1, 10, 100)


def solvent_winners(
    accounts: Sequence[str],
    profit_usd: Floats,
    equity_usd: Floats,
    leverage: Floats,
    is_solvent: Flags,
) -> Winners:
    """The solvent accounts, sorted by id, losses counted as no profit; all arrays (n,).

    is_solvent: which rows to keep; the caller reports how many it leaves out.
    """
    names = pl.Series(accounts, dtype=pl.String)
    (kept,) = np.nonzero(is_solvent)
    kept = kept[name_order(names.gather(kept))]
    return Winners(
        accounts=names.gather(kept).to_list(),
        profit_usd=np.maximum(profit_usd[kept], 0.0),
        equity_usd=np.maximum(equity_usd[kept], 0.0),
        leverage=np.maximum(leverage[kept], 0.0),
        beta_frac=np.ones(kept.size),
    )


def allocate(
    policy: str,
    deficit_usd: float,
    winners: Winners,
    largest_deficit_usd: float | None = None,
    seed: int = 0,
    *,
    sharing: Rule | None = None,
    by_profit: bool = False,
) -> Allocation:
    """Lay a deficit on winners by a policy, with the measures of how it falls.

    policy: a rule of `engine.sharing.RULES` but `queue`, or a score (a preset or an expression)
    by which winners queue. largest_deficit_usd: of a single loser, for PMR. seed: of the preset
    `random`. sharing: a rule in the place of what the policy names. by_profit: rules weigh a winner
    by its profit, which takes all of those whose equity is smaller, and not by its capacity.

    Raises PolicyError for a policy that is neither, or a score that needs columns not given.
    """
    rule = sharing or (RULES.get(policy) if policy != "queue" else None)
    score = np.zeros(len(winners.accounts)) if rule else _scores(policy, winners, seed)
    sharers = Sharers(
        weight_usd=winners.profit_usd if by_profit else winners.capacity_usd,
        cap_usd=winners.capacity_usd,
        equity_usd=winners.equity_usd,
        leverage=winners.leverage,
        score=score,
        beta_frac=winners.beta_frac,
    )
    charge = (rule or RULES["queue"])(deficit_usd, sharers)
    return _measured(policy, deficit_usd, winners, charge, largest_deficit_usd or 0.0)


def _scores(policy: str, winners: Winners, seed: int) -> Floats:
    if policy == "queue":
        raise PolicyError("A queue needs a score: name it instead, such as 'profit_usd'.")
    score = compile_score(policy)
    given: dict[str, Floats] = {
        "upnl": winners.profit_usd,
        "equity": winners.equity_usd,
        "leverage": winners.leverage,
        **winners.columns,
    }
    if "rand" in score.columns:
        given["rand"] = rand_column(seed, 0, winners.accounts, [""] * len(winners.accounts))
    if missing := sorted(score.columns - given.keys()):
        raise PolicyError(
            f"Score '{policy}' reads {', '.join(missing)}, which this table does not have. "
            f"It has: {', '.join(sorted(given))}."
        )
    return score.evaluate(given)


def _measured(
    policy: str, deficit_usd: float, winners: Winners, charge: Floats, largest_deficit_usd: float
) -> Allocation:
    raised_usd = float(charge.sum())
    severity = fairness.severity(raised_usd, deficit_usd)
    survivor_usd = fairness.largest_survivor_usd(winners.profit_usd, charge)
    capacity_left_usd = fairness.largest_survivor_usd(winners.capacity_usd, charge)
    return Allocation(
        policy=policy,
        charge_usd=charge,
        raised_usd=raised_usd,
        uncovered_usd=fairness.unpaid_usd(deficit_usd, raised_usd),
        payers=int(np.count_nonzero(charge)),
        largest_frac=fairness.max_haircut_frac(charge, winners.equity_usd),
        gini=inequality.gini(charge),
        herfindahl=inequality.herfindahl(charge),
        top_share={count: inequality.top_share(charge, count) for count in TOP_COUNTS},
        ptsr_paper=fairness.ptsr_paper(survivor_usd, deficit_usd, severity),
        ptsr_code=fairness.ptsr_code(capacity_left_usd, deficit_usd, raised_usd),
        pmr_paper=fairness.pmr_paper(survivor_usd, largest_deficit_usd, severity),
        pmr_code=fairness.pmr_code(capacity_left_usd, deficit_usd, raised_usd, largest_deficit_usd),
    )
