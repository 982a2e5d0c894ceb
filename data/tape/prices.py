"""The tape of a scenario: its own prices, with recorded files laid over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from crashsim.data.book.market_match import Match, match_notes, other_names
from crashsim.data.checked.ownership import provenance_of_file
from crashsim.data.checked.table import InputFile
from crashsim.data.clock import utc_ms, utc_text
from crashsim.data.schema import Tape
from crashsim.data.tape.coverage import coverage_notes
from crashsim.data.tape.file_tape import Fallbacks, outside_window, require_step, tape_of_file
from crashsim.data.tape.foreign_prices import any_price_rows
from crashsim.data.tape.grid import Grid, fixed_grid, native_grid
from crashsim.data.tape.overlay import lay_over, targets_of
from crashsim.data.tape.price_file import PRICE_KINDS, PriceRows, bar_width_ms
from crashsim.data.tape.smoothing import smoothed
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import PriceSource, Scenario, duration_ms


@dataclass(frozen=True)
class TapeReading:
    """A tape and the files that it was read from."""

    tape: Tape
    files: tuple[InputFile, ...]


@dataclass(frozen=True)
class _Laid:
    """A tape with its grid, so that more can be laid over it."""

    grid: Grid
    tape: Tape
    files: tuple[InputFile, ...]


def read_prices(
    path: Path,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    step: str = "native",
    price_kind: str | None = None,
    volume_path: Path | None = None,
    default_volume_usd: float | None = None,
    volume_scale: float = 1.0,
    mark_smoothing_s: float = 0.0,
) -> Tape:
    """The tape of one price file (CSV or Parquet, long form or bars), without a scenario.

    start, end: the window, inclusive, UTC where without a zone; by default all of the file.
    The other arguments are the keys of `[scenario]` and `[prices]` of the same names.
    Raises InputError for a file that breaks the rules of the contract, naming row and value.
    """
    if price_kind is not None and price_kind not in PRICE_KINDS:
        raise InputError(f'price_kind is "{price_kind}", expected {", ".join(PRICE_KINDS)} or none')
    rows = any_price_rows(Path(path))
    volume = any_price_rows(Path(volume_path), volume_only=True) if volume_path else None
    first_ms, last_ms = _extent_ms(rows)
    start_ms = first_ms if start is None else utc_ms(start)
    end_ms = last_ms if end is None else utc_ms(end)
    if end_ms < start_ms:
        raise InputError(
            f"the window ends ({utc_text(end_ms)}) before it starts ({utc_text(start_ms)})"
        )
    grid = _grid(rows, start_ms, end_ms, _step_ms(step))
    fallbacks = Fallbacks(price_kind, volume, default_volume_usd, volume_scale)
    tape = _known_alike(tape_of_file(grid, rows, fallbacks), provenance_of_file(Path(path)))
    return smoothed(tape, mark_smoothing_s) if mark_smoothing_s else tape


def read_tape(scenario: Scenario) -> Tape:
    """The tape of a scenario. Raises InputError for missing or invalid prices."""
    return load_tape(scenario).tape


def load_tape(scenario: Scenario) -> TapeReading:
    """The tape of a scenario, with an account of the files read."""
    settings = scenario.prices
    path = settings.volume_path
    house = scenario.scenario.names_of
    volume = any_price_rows(path, house, volume_only=True) if path else None
    laid = _from_file(scenario, volume) if settings.path else _from_source(scenario, volume)
    tape, files = laid.tape, laid.files
    if volume is not None:
        files += (volume.table.as_input("volume"),)
    for overlay in scenario.overlays:
        rows = any_price_rows(overlay, house)
        own = None if rows.volume_usd is not None else volume
        over = tape_of_file(laid.grid, rows, _fallbacks(settings, own))
        over = _known_alike(over, scenario.overlay_provenance or provenance_of_file(overlay))
        targets = targets_of(tape, over, rows.table)
        has_funding = rows.settlements is not None
        kept = () if has_funding else _kept_rates(tape, targets)
        tape = lay_over(tape, over, targets, str(overlay), has_funding=has_funding)
        notes = (*match_notes(targets, are_prices=True), *coverage_notes(laid.grid, rows), *kept)
        files += (rows.table.as_input("overlay", *notes, names=other_names(targets)),)
    if settings.mark_smoothing_s:
        tape = smoothed(tape, settings.mark_smoothing_s)
    return TapeReading(tape, files)


def _kept_rates(base: Tape, targets: Mapping[str, Match]) -> tuple[str, ...]:
    rates = dict(zip(base.markets, base.funding_rate.T, strict=True))
    kept = [each.market for each in targets.values() if np.any(rates.get(each.market, 0.0))]
    return (f"no funding rates: the scenario's stay for {', '.join(kept[:5])}",) if kept else ()


def _from_file(scenario: Scenario, volume: PriceRows | None) -> _Laid:
    assert scenario.prices.path is not None
    rows = any_price_rows(scenario.prices.path, scenario.scenario.names_of)
    grid = _grid(rows, scenario.start_ms, scenario.end_ms, scenario.step_ms)
    tape = tape_of_file(grid, rows, _fallbacks(scenario.prices, volume))
    tape = _known_alike(
        tape, scenario.prices.provenance or provenance_of_file(scenario.prices.path)
    )
    return _Laid(grid, tape, (rows.table.as_input("prices", *coverage_notes(grid, rows)),))


def _from_source(scenario: Scenario, volume: PriceRows | None) -> _Laid:
    source = scenario.prices.source or ""
    read = _SOURCES.get(source.partition(":")[0])
    if read is None:
        raise InputError(f'prices.source is "{source}", expected one of: {", ".join(_SOURCES)}')
    if scenario.step_ms is None:
        raise InputError(
            f'prices.source = "{source}" needs a step such as "1s" in [scenario], found "native"'
        )
    grid = fixed_grid(scenario.start_ms, scenario.end_ms, scenario.step_ms)
    return read(scenario, grid, volume)


def _from_store(scenario: Scenario, grid: Grid, volume: PriceRows | None) -> _Laid:
    from crashsim.data.store.datasets import Window
    from crashsim.data.store.origins import provenance_in_store
    from crashsim.data.store.store_tape import store_rows

    settings = scenario.prices
    name = (settings.source or "").partition(":")[2]
    rows = store_rows(
        name,
        scenario.start_ms,
        scenario.end_ms,
        settings.default_volume_usd,
        other_volume=volume is not None,
        names_of=scenario.scenario.names_of,
    )
    tape = tape_of_file(grid, rows, _fallbacks(settings, volume))
    window = Window(scenario.start_ms, scenario.end_ms)
    known = {m: settings.provenance or provenance_in_store(name, m, window) for m in tape.markets}
    tape = _known(tape, known)
    notes = (*rows.notes, *coverage_notes(grid, rows))
    return _Laid(grid, tape, (rows.table.as_input("prices", *notes),))


def _from_anchors(scenario: Scenario, grid: Grid, _: PriceRows | None) -> _Laid:
    from crashsim.data.synthetic.reconstruct import reconstruct_tape

    settings = scenario.prices
    anchors = settings.anchors
    if settings.price_kind in ("index", "last"):
        anchors = anchors.model_copy(update={"mark_path": None})
    tape = reconstruct_tape(
        anchors=anchors,
        time_ms=grid.time_ms,
        seed=scenario.seed,
        volume_scale=settings.volume_scale,
        price_kind=settings.price_kind or "last",
    )
    return _Laid(grid, tape, ())


# A source is "name" or "name:what".
_SOURCES: Mapping[str, Callable[[Scenario, Grid, PriceRows | None], _Laid]] = {
    "anchors": _from_anchors,
    "store": _from_store,
}


def _fallbacks(settings: PriceSource, volume: PriceRows | None) -> Fallbacks:
    return Fallbacks(
        settings.price_kind, volume, settings.default_volume_usd, settings.volume_scale
    )


def _grid(rows: PriceRows, start_ms: int, end_ms: int, step_ms: int | None) -> Grid:
    if step_ms is not None:
        return fixed_grid(start_ms, end_ms, step_ms)
    grid = native_grid(rows.time_ms, start_ms, end_ms)
    require_step(grid, rows)
    if not grid.steps:
        raise InputError(outside_window(rows, start_ms, end_ms))
    return grid


def _known(tape: Tape, by_market: Mapping[str, str]) -> Tape:
    """The tape with how each market's prices are known."""
    origins = {m: replace(each, provenance=by_market[m]) for m, each in tape.origins.items()}
    return replace(tape, origins=origins)


def _known_alike(tape: Tape, provenance: str) -> Tape:
    return _known(tape, dict.fromkeys(tape.markets, provenance))


def _extent_ms(rows: PriceRows) -> tuple[int, int]:
    """First and last time that the file knows of; a bar is known up to its end."""
    if not rows.is_bars:
        return int(rows.time_ms.min()), int(rows.time_ms.max())
    ends = rows.time_ms + bar_width_ms(rows)
    return int(rows.time_ms.min()), int(np.max(ends)) - 1


def _step_ms(step: str) -> int | None:
    if step == "native":
        return None
    parsed = duration_ms(step)
    if not parsed:
        raise InputError(f'step is "{step}", expected "native" or a duration such as "1s"')
    return parsed
