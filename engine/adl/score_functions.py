"""A ranking written as a Python function of columns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from crashsim.engine.adl.scores import COLUMNS, PROBE, reads_one_row
from crashsim.engine.arrays import Floats, read_only
from crashsim.engine.errors import PolicyError

Function = Callable[[Mapping[str, Floats]], Floats]

# Drawn for every candidate by hashing, so computed only for a function that reads them.
_DRAWN = frozenset({"rand", "seeded_place"})


@dataclass(frozen=True)
class FunctionScore:
    """A function from the columns of `engine.adl.scores.COLUMNS`, (n,) each, to scores (n,).

    name: how errors call it. columns: what it is given.
    """

    name: str
    function: Function
    columns: frozenset[str]

    def evaluate(self, columns: Mapping[str, Floats]) -> Floats:
        """Score every candidate; NaN counts as -inf. Raises PolicyError for unfit results."""
        count = len(columns["notional"])
        given = {name: read_only(columns[name]) for name in self.columns}
        values = self._call(given)
        if values.shape != (count,):
            raise PolicyError(
                f"{self.name} returned an array of shape {values.shape} for {count} candidates; "
                "expected one number a candidate"
            )
        return np.where(np.isnan(values), -np.inf, values)

    def _call(self, given: Mapping[str, Floats]) -> Floats:
        try:
            with np.errstate(all="ignore"):  # an undefined score is NaN, which comes last
                return np.array(self.function(given), dtype=np.float64)
        except KeyError as error:
            name = str(error.args[0]) if error.args else ""
            if name not in _DRAWN:
                raise PolicyError(
                    f"{self.name}: there is no column {name!r}; columns: {', '.join(COLUMNS)}"
                ) from None
            raise PolicyError(
                f"{self.name} did not read the column {name!r} when it was tried out; read it "
                "on every call"
            ) from None
        except Exception as error:
            raise PolicyError(f"{self.name} failed: {type(error).__name__}: {error}") from error


def function_score(name: str, function: Function) -> FunctionScore:
    """A function as a score, tried out on made-up candidates.

    Raises PolicyError for one that fails, returns anything but one number a candidate, gives
    different numbers for the same candidates, or lets a candidate's score depend on the others.
    """
    seen = _Seen()
    FunctionScore(name, function, frozenset(COLUMNS))._call(seen)
    score = FunctionScore(name, function, frozenset(COLUMNS) - (_DRAWN - seen.names))
    if not np.array_equal(score.evaluate(PROBE), score.evaluate(PROBE)):
        raise PolicyError(
            f"{name} gives different numbers for the same candidates; for a seeded lot read the "
            "column 'rand'"
        )
    if not reads_one_row(score):
        raise PolicyError(
            f"{name} compares a candidate with the others; a score must follow from the "
            "candidate's own row, and ranking comes after it"
        )
    return score


class _Seen(Mapping[str, Floats]):
    """The probe, noting which columns are read."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Floats:
        self.names.add(name)
        return read_only(PROBE[name])

    def __iter__(self) -> Iterator[str]:
        return iter(PROBE)

    def __len__(self) -> int:
        return len(PROBE)
