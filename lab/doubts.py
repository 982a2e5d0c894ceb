"""What a run warns of: the engine's own warnings, and what its book's first marks make doubtful."""

from crashsim.data import Inputs
from crashsim.engine.measure import opening
from crashsim.engine.record.outcome import Outcome


def warnings(inputs: Inputs, outcome: Outcome) -> tuple[str, ...]:
    """One sentence each; a drawn population is not held against the size of its markets."""
    is_drawn = all(file.role != "accounts" for file in inputs.files)
    added = [account for accounts in inputs.book.added.values() for account in accounts]
    return outcome.warnings + opening.doubts(outcome.tables(), added if is_drawn else None)
