"""Laying one tape over another, market by market."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from crashsim.data.book.market_match import AbsentError, Match, MismatchError, Use, index_of
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import Table
from crashsim.data.schema import Tape
from crashsim.data.tape.grid import Floats
from crashsim.scenarios.errors import InputError


def lay_over(
    base: Tape, over: Tape, targets: Mapping[str, Match], source: str, *, has_funding: bool
) -> Tape:
    """`base` with the markets of `over`, which is on the same grid and named `source` in errors.

    targets: of `targets_of`; a price in another multiple of the coin becomes one in the target's.
    has_funding: whether `over` knows of funding; else a market that it replaces keeps its rates.
    Raises InputError where a replacing market has no price at the first step, since that would
    take a known price away.
    """
    names = {market: targets[market].market for market in over.markets}
    late = [m for m in over.markets if names[m] in base.markets and not _known(over, m)]
    if late:
        raise InputError(
            f"{source}: has no price at or before the first step for {', '.join(late[:5])}, "
            "expected prices that cover the start of the window"
        )
    units = [targets[m].tape_units / targets[m].own_units for m in over.markets]
    renamed = replace(
        over,
        markets=tuple(names[m] for m in over.markets),
        mark=over.mark * np.array(units),
        last=None if over.last is None else over.last * np.array(units),
        origins={names[m]: origin for m, origin in over.origins.items()},
    )
    joined = _joined(base, renamed)
    return joined if has_funding else _with_funding_of(base, joined)


def _with_funding_of(base: Tape, tape: Tape) -> Tape:
    rates = tape.funding_rate.copy()
    rates[:, [tape.markets.index(market) for market in base.markets]] = base.funding_rate
    return replace(tape, funding_rate=rates)


def _known(tape: Tape, market: str) -> bool:
    return bool(np.isfinite(tape.mark[0, tape.markets.index(market)]))


def targets_of(base: Tape, over: Tape, table: Table) -> dict[str, Match]:
    """The market that each market of `over`, read from `table`, replaces or is added as.

    One of the same name, else the one of `base` that it is a price of and that no exact name
    claims (BTC-PERP is laid over BTCUSDT, which keeps its name). What `base` has nothing of is
    added under its own name. Raises InputError, naming the rows, for a contract of another kind on
    a coin of `base`, an ambiguous name, and two markets for one.
    """
    exact = set(base.markets) & set(over.markets)
    index = index_of(replace(base, markets=tuple(m for m in base.markets if m not in exact)))
    findings = Findings(table)
    written = table.frame["market"].cast(pl.String).str.strip_chars()
    targets: dict[str, Match] = {}
    for market in over.markets:
        try:
            known = market in exact
            found = Match(market) if known else index.find(market, _venue(over, market), Use.PRICE)
        except AbsentError:
            found = Match(market)
        except MismatchError as problem:
            findings.bad_rows(written == market, "market", str(problem))
            continue
        targets[market] = found
    findings.stop()
    _refuse_two_for_one(targets, table)
    return targets


def _venue(tape: Tape, market: str) -> str | None:
    return tape.origins[market].venue


def _refuse_two_for_one(targets: Mapping[str, Match], table: Table) -> None:
    claimed: dict[str, str] = {}
    for market, target in targets.items():
        if target.market in claimed:
            raise InputError(
                f"{table.path}: {claimed[target.market]} and {market} would both replace "
                f"{target.market}, expected one market for it"
            )
        claimed[target.market] = market


def _joined(base: Tape, over: Tape) -> Tape:
    markets = tuple(sorted({*base.markets, *over.markets}))
    origins = {**base.origins, **over.origins}
    place = {market: (over, column) for column, market in enumerate(over.markets)}
    for column, market in enumerate(base.markets):
        place.setdefault(market, (base, column))
    chosen = [place[market] for market in markets]
    return Tape(
        time_ms=base.time_ms,
        markets=markets,
        mark=np.column_stack([tape.mark[:, c] for tape, c in chosen]),
        volume_usd=np.column_stack([tape.volume_usd[:, c] for tape, c in chosen]),
        funding_rate=np.column_stack([tape.funding_rate[:, c] for tape, c in chosen]),
        origins={market: origins[market] for market in markets},
        last=_last(chosen),
    )


def _last(chosen: Sequence[tuple[Tape, int]]) -> Floats | None:
    """The last prices of these columns: a price used as mark is one too, where it is a last."""
    if all(tape.last is None for tape, _ in chosen):
        return None
    columns = []
    for tape, column in chosen:
        is_last = tape.origins[tape.markets[column]].price_kind == "last"
        own = tape.mark if is_last else tape.last
        columns.append(np.full(tape.time_ms.size, np.nan) if own is None else own[:, column])
    return np.column_stack(columns)
