"""The engine as a function from a plain case to a plain result, and both side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from crashsim.data.schema import (
    ACCOUNT_COLUMNS,
    COLLATERAL_COLUMNS,
    FLOW_COLUMNS,
    POSITION_COLUMNS,
    Book,
    Flows,
    MarketOrigin,
    Tape,
)
from crashsim.scenarios.models.venue import Venue
from tests.reference import replay as reference
from tests.reference.model import Case, Row

Replay = Callable[[Case], reference.Result]


@dataclass(frozen=True)
class Inputs:
    """A case as the engine takes it."""

    tape: Tape
    book: Book
    flows: Flows
    venue: Venue


def when(time_ms: int | None) -> datetime | None:
    """UTC, as the frames hold it."""
    return None if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC)


def inputs_of(case: Case) -> Inputs:
    """The boundary types of a case, rows in the case's order."""
    origin = MarketOrigin("mark", "assumed", "a test")
    return Inputs(
        Tape(
            time_ms=np.array(case.times_ms, dtype=np.int64),
            markets=tuple(case.markets),
            mark=np.array(case.mark, dtype=np.float64),
            volume_usd=np.array(case.volume_usd, dtype=np.float64),
            funding_rate=np.array(case.funding_rate, dtype=np.float64),
            origins=dict.fromkeys(case.markets, origin),
        ),
        Book(
            accounts=_frame(case.accounts, ACCOUNT_COLUMNS),
            positions=_frame(
                [{**row, "opened_at": when(row.get("opened_at_ms"))} for row in case.positions],
                POSITION_COLUMNS,
            ),
            provenance="assumed",
            source="a test",
            collateral=_frame(case.collateral, COLLATERAL_COLUMNS),
        ),
        Flows(
            _frame([{**row, "time": when(row["time_ms"])} for row in case.flows], FLOW_COLUMNS),
            provenance="assumed",
            source="a test",
        ),
        Venue.model_validate(case.venue),
    )


def _frame(rows: Sequence[Row], columns: Any) -> pl.DataFrame:
    picked = [{name: row.get(name) for name in columns} for row in rows]
    return pl.DataFrame(picked, schema=dict(columns))


def result_of(outcome: Any) -> reference.Result:
    """An Outcome as plain rows, times in UTC milliseconds."""
    return reference.Result(
        {name: [_plain(row) for row in frame.to_dicts()] for name, frame in _tables(outcome)},
        outcome.platform_cash_usd,
        outcome.deficit_usd,
        outcome.conservation_residual_frac,
    )


def _tables(outcome: Any) -> list[tuple[str, pl.DataFrame]]:
    return list(outcome.tables().items())


def _plain(row: Row) -> Row:
    if "time" in row:
        row["time_ms"] = round(row.pop("time").timestamp() * 1000)
    return row


def engine(case: Case, **options: Any) -> reference.Result:
    """The engine's replay of a case; skips where the engine is not built yet."""
    replay = pytest.importorskip("crashsim.engine.replay").replay
    given = inputs_of(case)
    return result_of(
        replay(given.tape, given.book, given.flows, given.venue, seed=case.seed, **options)
    )


IMPLEMENTATIONS: dict[str, Replay] = {"reference": reference.replay, "engine": engine}
on_both = pytest.mark.parametrize("replay", IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS)
