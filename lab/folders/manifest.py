"""The manifest of a run: all that is needed to check it and to run it again."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

import crashsim
from crashsim.data import InputFile, Inputs, MarketOrigin
from crashsim.data.clock import utc_text
from crashsim.engine.measure.metrics import METRICS, Metric, Value
from crashsim.engine.state.conservation import TOLERANCE_FRAC
from crashsim.lab import doubts
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.folders import provenance
from crashsim.lab.folders.provenance import Statement, with_warnings
from crashsim.lab.request import Request, public_text
from crashsim.lab.rules.function_files import NO_FILES, FunctionFile, FunctionFiles
from crashsim.lab.rules.funds import markets_without_absorber, sized_by_book
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import Venue

if TYPE_CHECKING:
    from crashsim.lab.replay import Finished

_PACKAGES = ("numpy", "polars", "pyarrow", "pydantic")
METRIC_WORDS = ("unit", "definition", "sign", "horizon", "price_source")
FORMAT = 1
READABLE_FORMATS = (1,)
_NAME_DIGITS = 8
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


def run_name(
    scenario: Scenario, inputs: Inputs, files: FunctionFiles = NO_FILES, draws: int = 0
) -> str:
    """`<scenario>-<venue>-<hash>`; of all inputs and rules, seed, version, draws."""
    # A scenario may be called anything; its run folder stays one folder under runs/.
    names = (_NOT_IN_NAMES.sub("-", name) for name in (scenario.name, scenario.venue.name))
    more = {**files.as_json(), **({DRAWS: draws} if draws else {})}
    return f"{'-'.join(names).lstrip('.-') or 'run'}-{digest(scenario, inputs, more)}"


def digest(scenario: Scenario, inputs: Inputs, more: Mapping[str, object]) -> str:
    """The hash of a name: of scenario, venue, inputs, seed, version and `more`."""
    facts = {
        "version": crashsim.__version__,
        "scenario": scenario.resolved(inputs.tape.markets),
        "inputs": [each.recorded() for each in inputs.files],
        **more,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:_NAME_DIGITS]


class _Part(BaseModel):
    """A part of a manifest: frozen, strict about types; what a later version adds is kept."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


class Named(_Part):
    """A table with a name: a venue's, or the head of a scenario's."""

    name: str
    title: str = ""


class ScenarioTables(_Part):
    """A scenario's tables under its file's keys."""

    scenario: Named


class Window(_Part):
    """What was replayed: first and last time (UTC, ISO 8601), and how many of each."""

    start: str
    end: str
    steps: int
    markets: int
    accounts: int
    positions: int
    flows: int


class Known(_Part):
    """How the book or the flows are known, and from where."""

    provenance: str
    source: str


class Provenance(_Part):
    """How each input is known, and the same in sentences."""

    markets: Mapping[str, MarketOrigin]
    book: Known
    flows: Known
    statements: tuple[Statement, ...]


class Conservation(_Part):
    """The largest residual of any step over the gross notional, and the limit it kept."""

    largest_residual_frac_of_gross: float
    limit_frac_of_gross: float


class AbsorberAtStart(_Part):
    """What an absorber starts with, USD, and the open interest of its markets."""

    absorber: str
    cash_usd: float
    open_interest_usd: float | None


class Manifest(_Part):
    """The content of manifest.json. rows: of each table of the run folder; argv: for people.

    absorbers_at_start: those whose size depends on the book.
    """

    format: int
    crashsim: str
    run: str
    argv: tuple[str, ...]
    request: Request
    scenario: ScenarioTables
    venue: Named
    policy_file: FunctionFile | None
    loss_file: FunctionFile | None = None
    seed: int
    window: Window
    inputs: tuple[InputFile, ...]
    provenance: Provenance
    markets_on_default_margin_table: tuple[str, ...]
    absorbers_at_start: tuple[AbsorberAtStart, ...] = ()
    markets_without_absorber: tuple[str, ...] = ()
    conservation: Conservation
    warnings: tuple[str, ...]
    rows: Mapping[str, int]
    packages: Mapping[str, str]

    @property
    def told(self) -> tuple[Statement, ...]:
        """What a reader must know before the numbers, the run's warnings first of the notes."""
        return with_warnings(self.provenance.statements, self.warnings)

    def content(self) -> dict[str, Any]:
        """As it is written."""
        return self.model_dump(mode="json", exclude_unset=True)


def manifest(finished: "Finished", request: Request, argv: Sequence[str]) -> Manifest:
    """The manifest of a run. argv: for people only."""
    scenario, inputs, outcome = finished.scenario, finished.inputs, finished.outcome
    files = finished.files
    tables = scenario.resolved(inputs.tape.markets)
    venue = tables.pop("venue")
    return Manifest(
        format=FORMAT,
        crashsim=crashsim.__version__,
        run=run_name(scenario, inputs, files, finished.draw_count),
        argv=public_argv(argv),
        request=request.public(),
        scenario=ScenarioTables.model_validate(tables),
        venue=Named.model_validate(venue),
        policy_file=files.policy_file,
        loss_file=files.loss_file,
        seed=scenario.seed,
        window=_window(inputs),
        inputs=inputs.files,
        provenance=_provenance(scenario, inputs),
        markets_on_default_margin_table=outcome.default_margin_markets,
        conservation=Conservation(
            largest_residual_frac_of_gross=outcome.conservation_residual_frac,
            limit_frac_of_gross=TOLERANCE_FRAC,
        ),
        warnings=doubts.warnings(inputs, outcome),
        rows={name: frame.height for name, frame in finished.tables().items()},
        packages={"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        **_absorbers(scenario.venue, inputs),
    )


def _absorbers(venue: Venue, inputs: Inputs) -> dict[str, Any]:
    """Of absorbers what depends on the book; nothing where nothing does."""
    found = {
        "absorbers_at_start": tuple(
            AbsorberAtStart(
                absorber=fund.rules.name,
                cash_usd=fund.cash_usd,
                open_interest_usd=fund.open_interest_usd,
            )
            for each in sized_by_book(venue, inputs)
            for fund in each.funds
        ),
        "markets_without_absorber": markets_without_absorber(venue, inputs),
    }
    return {key: value for key, value in found.items() if value}


def _window(inputs: Inputs) -> Window:
    times = inputs.tape.time_ms
    return Window(
        start=utc_text(int(times[0])),
        end=utc_text(int(times[-1])),
        steps=int(times.size),
        markets=len(inputs.tape.markets),
        accounts=inputs.book.accounts.height,
        positions=inputs.book.positions.height,
        flows=inputs.flows.frame.height,
    )


def _provenance(scenario: Scenario, inputs: Inputs) -> Provenance:
    return Provenance(
        markets=inputs.tape.origins,
        book=Known(provenance=inputs.book.provenance, source=inputs.book.source),
        flows=Known(provenance=inputs.flows.provenance, source=inputs.flows.source),
        statements=provenance.statements(scenario, inputs),
    )


def summary(scenario: Scenario, inputs: Inputs, values: Mapping[str, Value]) -> dict[str, Any]:
    """The content of summary.json: each metric with its words and how its inputs are known."""
    known = provenance.known(scenario, inputs)
    fitted = {name: {"fitted_to": figure} for name, figure in scenario.fitted.items()}
    return {
        name: _entry(name, value, known) | fitted.get(name, {}) for name, value in values.items()
    }


def _entry(name: str, value: Value, known: Mapping[str, str]) -> dict[str, Any]:
    metric = METRICS[name]
    inputs = {name: known[name] for name in metric.inputs}
    return {"value": value, **words(metric), "inputs": inputs}


def words(metric: Metric) -> dict[str, str]:
    """What is said about a metric wherever its number stands."""
    return {word: getattr(metric, word) for word in METRIC_WORDS}


_OF_THE_MACHINE = ("--out", "--jobs")


def public_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """The arguments with absolute paths cut to their names, as everywhere in a manifest.

    `--out` and `--jobs` are left out: they say where the run went and how, not what it is.
    """
    kept: list[str] = []
    skip = False
    for argument in argv:
        option = argument.partition("=")[0]
        if not skip and option not in _OF_THE_MACHINE:
            kept.append(public_text(argument))
        skip = argument in _OF_THE_MACHINE
    return tuple(kept)
