"""Loading a scenario or a venue: read, override, resolve paths, validate; all errors at once."""

from collections.abc import Sequence
from pathlib import Path

from crashsim.scenarios.bundled import Located, locate_loss, locate_scenario, locate_venue
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.files.overrides import Overrides, Setting, apply, parse_setting
from crashsim.scenarios.files.paths import absolute_setting, asked_by, missing_files, resolve_paths
from crashsim.scenarios.files.problems import Problems, dotted, nearest
from crashsim.scenarios.files.venues.venue_file import laid_over, read_venue
from crashsim.scenarios.files.written.extending import LOSS, SCENARIO, read_with_notes
from crashsim.scenarios.models.rules import Rules
from crashsim.scenarios.models.scenario import Provenance, Scenario, ScenarioFile
from crashsim.scenarios.models.sources import leaves
from crashsim.scenarios.models.venue import LossRules, Venue


def load(name_or_path: str | Path, *, overrides: Overrides | None = None) -> Scenario:
    """A bundled scenario's name (`oct10` is `oct11`), a folder, or a path to a scenario.toml.

    Returns the scenario with the overrides applied, every path absolute and existing, and its
    venue loaded. Raises InputError with all problems of the scenario and its venue, a line each.
    """
    overrides = overrides or Overrides()
    settings = [parse_setting(text) for text in overrides.set]
    _refuse_unknown_sections(settings, [*ScenarioFile.model_fields, *Venue.model_fields])
    located = locate_scenario(name_or_path)
    problems = Problems()
    written, notes = read_with_notes(located, problems, SCENARIO)
    document = resolve_paths(written, located.path.parent, overrides)
    own = [setting for setting in settings if setting.key[0] in ScenarioFile.model_fields]
    document = apply(document, [absolute_setting(setting) for setting in own])
    venue = _venue_of(document, located.path.parent, overrides, problems)
    file = problems.validated(ScenarioFile, document)
    problems.lines += missing_files(document, overrides)
    problems.raise_any()
    assert file is not None and venue is not None
    own_paths = resolve_paths(written, located.path.parent, Overrides())
    return Scenario(
        scenario=file.scenario,
        prices=file.prices,
        book=file.book,
        flows=file.flows,
        venue=venue,
        overlays=tuple(path.absolute() for path in overrides.prices),
        overlay_provenance=_overlays_known(file, overrides, settings),
        extra_book=tuple(path.absolute() for path in overrides.extra_book),
    ).told_by(notes, _kept(own_paths, document), fixed=_fixed(document))


def _overlays_known(
    file: ScenarioFile, overrides: Overrides, settings: Sequence[Setting]
) -> Provenance | None:
    """What the user says of prices; what the scenario's file says is of its own prices."""
    is_told = any(setting.key == ("prices", "provenance") for setting in settings)
    return file.prices.provenance if overrides.provenance or is_told else None


def _venue_of(
    document: Document, folder: Path, overrides: Overrides, problems: Problems
) -> Venue | None:
    """The venue that the scenario names; None where it names none (validation then says so)."""
    head = document.tables.get("scenario")
    name = head.get("venue") if isinstance(head, dict) else None
    if not isinstance(name, str):
        return None
    try:
        located = locate_venue(name, folder)
    except InputError as error:
        who = asked_by(document, overrides, ("scenario", "venue"))
        problems.lines.append(f"{who}: {error}")
        return None
    try:
        return _venue(located, [parse_setting(text) for text in overrides.set], problems)
    except InputError as error:
        problems.lines.append(str(error))
        return None


def load_venue(name_or_path: str | Path, *, set: Sequence[str] = ()) -> Venue:
    """A bundled venue's name, or a path to a TOML; `set` as in Overrides, venue keys only.

    Raises InputError with all problems of the file, a line each.
    """
    settings = [parse_setting(text) for text in set]
    _refuse_unknown_sections(settings, list(Venue.model_fields))
    problems = Problems()
    return problems.checked(_venue(locate_venue(name_or_path, Path.cwd()), settings, problems))


def _venue(located: Located, settings: Sequence[Setting], problems: Problems) -> Venue | None:
    own = [setting for setting in settings if setting.key[0] in Venue.model_fields]
    file = read_venue(located, own, problems)
    document = laid_over(file, own)
    venue = problems.validated(Venue, document)
    if venue is None:
        return None
    margin = venue.margin.with_stand_in(file.others.tables)
    full = venue.model_copy(update={"margin": margin})
    return full.told_by(file.notes, _kept(file.document, document), fixed=_fixed(document))


def _kept(written: Document, document: Document) -> set[str]:
    """Keys of the values that are as the file has them."""
    before = dict(leaves(written.tables))
    return {dotted(key) for key, value in leaves(document.tables) if before.get(key) == value}


def _fixed(document: Document) -> set[str]:
    """Keys that the user has set, be it to what the file says, and tables that he replaced."""
    fixed = {dotted(key) for key in document.settings}
    return fixed | ({"prices"} if fixed & {"prices.source", "prices.path"} else set())


class _LossFile(Rules):
    """A file of `scenarios/losses`: a `[loss]` table alone."""

    loss: LossRules


def load_loss(name_or_path: str | Path) -> LossRules:
    """The `[loss]` of a bundled preset (drift, deribit, paradex), or of a path to such a TOML.

    Raises InputError with all problems of the file, a line each.
    """
    located = locate_loss(name_or_path, Path.cwd())
    problems = Problems()
    document, notes = read_with_notes(located, problems, LOSS)
    file = problems.checked(problems.validated(_LossFile, document))
    return file.loss.told_by(notes, _kept(document, document), under="loss")


def _hint(key: Sequence[str], known: Sequence[str]) -> str:
    if key[0] == "venue" and len(key) > 1:
        return f"; the venue's own keys stand alone: {'.'.join(key[1:])}."
    return nearest(key[0], known)


def _refuse_unknown_sections(settings: Sequence[Setting], known: Sequence[str]) -> None:
    lines = [
        f'--set {setting.text}: unknown key "{setting.key[0]}"'
        f"{_hint(setting.key, known)} "
        f"Known: {', '.join(known)}"
        for setting in settings
        if setting.key[0] not in known
    ]
    if lines:
        raise InputError("\n".join(lines))
