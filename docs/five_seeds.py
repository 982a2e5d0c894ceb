"""Write the counts over five seeds into README.md: `python docs/five_seeds.py` (minutes)."""

import re
from dataclasses import dataclass
from pathlib import Path

from crashsim import data, engine, scenarios
from crashsim.engine.measure.metrics import Replayed, summarise
from crashsim.lab.figures import short_usd
from crashsim.scenarios import Overrides

README = Path(__file__).parent.parent / "README.md"
SEEDS = (20251010, 1, 2, 3, 4)
MARKS = ("<!-- five seeds: written by docs/five_seeds.py -->", "<!-- end of five seeds -->")


@dataclass(frozen=True)
class Rules:
    """One column group of the table: a venue and what is changed in it."""

    title: str
    venue: str
    changes: tuple[str, ...] = ()


RULES = (
    Rules("backpack", "backpack"),
    Rules("binance, fund of 0", "binance", ("absorber.0.cash=0", "absorber.1.cash=0")),
    Rules("binance, fund of $1bn", "binance", ("absorber.0.cash=1e9", "absorber.1.cash=1e9")),
    Rules("hyperliquid", "hyperliquid"),
)
HEADER = (
    "| rules | seed | liquidated | auto-deleveraged | ended in debt | deposits to debts "
    "| below zero at the end |\n|---|---|---|---|---|---|---|"
)


def row(rules: Rules, seed: int) -> str:
    """One replay as a row of the table."""
    changed = Overrides(venue=rules.venue, set=rules.changes, seed=seed)
    scenario = scenarios.load("oct11", overrides=changed)
    inputs = data.read_inputs(scenario)
    outcome = engine.replay(
        inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=scenario.seed
    )
    found = summarise(Replayed(outcome, inputs.tape))
    pairs = (
        ("liquidated_accounts", "liquidated_notional_usd"),
        ("adl_accounts", "adl_notional_usd"),
        ("debt_accounts", "debt_usd"),
        ("deposits_to_debt_accounts", "deposits_to_debt_usd"),
        ("underwater_accounts", "underwater_usd"),
    )
    cells = [_cell(found[count], found[usd]) for count, usd in pairs]
    return f"| {rules.title} | {seed} | {' | '.join(cells)} |"


def _cell(count: object, usd: object) -> str:
    assert isinstance(count, int) and isinstance(usd, float)
    return f"{count:,} / {short_usd(usd)}" if count else "none"


def main() -> None:
    """Run every rule set under every seed and rewrite the table."""
    rows = [row(rules, seed) for rules in RULES for seed in SEEDS]
    table = "\n".join((MARKS[0], HEADER, *rows, MARKS[1]))
    text = README.read_text("utf-8")
    pattern = re.compile(f"{re.escape(MARKS[0])}.*?{re.escape(MARKS[1])}", re.DOTALL)
    README.write_text(pattern.sub(lambda _: table, text), "utf-8")


if __name__ == "__main__":
    main()
