"""What `import crashsim` gives: replay, compare, open a run, load a scenario."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from crashsim import scenarios
from crashsim.cli.report import view, writing
from crashsim.lab import compare as comparing
from crashsim.lab import replay as replaying
from crashsim.lab.draws.compared import with_draws as with_comparison_draws
from crashsim.lab.draws.replayed import with_draws
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.folders.run_names import find_run
from crashsim.lab.library.comparison_result import Comparison, comparison_of
from crashsim.lab.library.run_result import Run, from_folder, from_memory
from crashsim.lab.request import Request
from crashsim.lab.variants import Wanted, variants
from crashsim.scenarios import Overrides
from crashsim.scenarios.files.overrides import setting_text
from crashsim.scenarios.models.scenario import Scenario

File = str | Path
Files = File | Sequence[File]
Names = str | Sequence[str]


def load(
    scenario: File,
    *,
    venue: File | None = None,
    set: Mapping[str, object] | None = None,
    prices: Files = (),
    book: File | None = None,
    flows: File | None = None,
    extra_book: Files = (),
    seed: int | None = None,
) -> Scenario:
    """A scenario with its venue's rules, checked, without replaying it.

    Parameters are those of `replay`. Raises InputError with every problem, a line each.
    """
    overrides = _overrides(
        venue=venue,
        set=set,
        prices=prices,
        book=book,
        flows=flows,
        extra_book=extra_book,
        seed=seed,
    )
    return scenarios.load(scenario, overrides=overrides)


def replay(
    scenario: File,
    *,
    venue: File | None = None,
    policy: str | None = None,
    adl_score: str | None = None,
    loss: str | None = None,
    set: Mapping[str, object] | None = None,
    prices: Files = (),
    book: File | None = None,
    flows: File | None = None,
    extra_book: Files = (),
    seed: int | None = None,
    draws: int = 0,
    jobs: int | None = None,
) -> Run:
    """Replay a scenario: who was deleveraged, and who ended in debt.

    scenario: a bundled name ("oct11", "toy"), a folder, or a scenario.toml.
    venue: all rules of a bundled venue ("binance") or of a venue.toml.
    policy: who is deleveraged first: a bundled name, a TOML file, or "FILE.py:FUNCTION".
    adl_score: the same as an expression, such as "upnl * leverage".
    loss: who bears what is left: a name as in `crashsim compare --loss`, or a TOML file.
    set: single keys of scenario or venue, {"adl.grace_s": 0.0}.
    prices: files laid over the scenario's prices, market by market. book: a folder that replaces
    the accounts, flows: a file that replaces deposits and withdrawals; extra_book: accounts added.
    seed: of everything random, 0 or more. The same inputs, rules and seed give the same tables.
    draws: replay that many draws of the assumed numbers and the seed too (the command's default is
    24): `Run.bands` and `Run.tables["draws"]`. jobs: their processes; None takes one a core where
    that is worth it (a script then needs `if __name__ == "__main__":`).

    Raises InputError for what cannot be read or is no rule, PolicyError for a score that cannot be
    evaluated, and ConservationError if money or sizes do not add up (a bug).
    """
    overrides = _overrides(
        venue=venue,
        set=set,
        prices=prices,
        book=book,
        flows=flows,
        extra_book=extra_book,
        seed=seed,
    )
    loaded = scenarios.load(scenario, overrides=overrides)
    ranked = replaying.with_rules(loaded, policy, adl_score, loss)
    argv = _command(
        ["replay", str(scenario)],
        overrides,
        {
            "--policy": _given(policy),
            "--adl-score": _given(adl_score),
            "--loss": _given(loss),
            "--draws": _draws(ranked, draws),
        },
    )
    request = Request(str(scenario), overrides, policy, adl_score, loss, draws)
    return from_memory(with_draws(replaying.run(ranked), draws, jobs), request, argv, _pages)


def compare(
    scenario: File,
    *,
    venues: Names = (),
    policies: Names = (),
    scores: Names = (),
    losses: Names = (),
    set: Mapping[str, object] | None = None,
    prices: Files = (),
    book: File | None = None,
    flows: File | None = None,
    extra_book: Files = (),
    seed: int | None = None,
    horizon_s: float = 0.0,
    draws: int = 0,
    jobs: int | None = None,
    keep_runs: bool = True,
) -> Comparison:
    """Replay the same night under several rules, each held against the scenario's own.

    venues, policies, scores (expressions), losses: one run each, on the scenario's venue but for
    venues; none at all compares three venues, five rankings and two ways with deposits. The other
    inputs are those of `replay` and the same for all runs; `set` is laid over every venue.
    horizon_s: haircuts are measured this many seconds after the last wave that hit an account.
    draws: compare over that many draws of the assumed numbers and the seed too, the same for all
    runs (the command's default is 8): `Comparison.content["draws"]`.
    jobs: processes; None takes one a core where that is worth it (a script then needs
    `if __name__ == "__main__":`). keep_runs: hold every run's tables (of `oct11` 25 MB each,
    300 MB where all winners are closed pro rata).

    Raises what `replay` raises.
    """
    overrides = _overrides(
        set=set, prices=prices, book=book, flows=flows, extra_book=extra_book, seed=seed
    )
    loaded = scenarios.load(scenario, overrides=overrides)
    wanted = Wanted(*map(_names, (policies, scores, venues, losses)))
    compared = comparing.compare(
        loaded,
        variants(loaded, wanted, overrides.set),
        horizon_s=horizon_s,
        keep=keep_runs,
        workers=jobs,
    )
    argv = _command(
        ["compare", str(scenario)],
        overrides,
        {
            "--venue": wanted.venues,
            "--policy": wanted.policies,
            "--adl-score": wanted.scores,
            "--loss": wanted.losses,
            "--horizon": [str(horizon_s)] if horizon_s else [],
            "--draws": _draws(loaded, draws),
        },
    )
    compared = with_comparison_draws(compared, draws, jobs)
    return comparison_of(compared, Request(str(scenario), overrides), argv, _pages)


def open_run(path_or_name: File) -> Run:
    """A run folder by its path, by its name under runs/, or by the beginning of one.

    Raises InputError where there is none, more than one, or one that is incomplete.
    """
    return from_folder(find_run(str(path_or_name)), _pages)


def _overrides(
    *,
    set: Mapping[str, object] | None,
    prices: Files,
    book: File | None,
    flows: File | None,
    extra_book: Files,
    seed: int | None,
    venue: File | None = None,
) -> Overrides:
    return Overrides(
        prices=_paths(prices),
        book=None if book is None else Path(book),
        flows=None if flows is None else Path(flows),
        venue=venue,
        seed=seed,
        set=tuple(setting_text(key, value) for key, value in (set or {}).items()),
        extra_book=_paths(extra_book),
    )


def _paths(files: Files) -> tuple[Path, ...]:
    return (Path(files),) if isinstance(files, File) else tuple(Path(file) for file in files)


def _names(names: Names) -> Sequence[str]:
    return (names,) if isinstance(names, str) else names


def _draws(scenario: Scenario, draws: int) -> list[str]:
    """How many draws, where the command would take another number of its own accord."""
    stated = any(fact.range for fact in scenario.facts())
    return [str(draws)] if draws or stated else []


def _given(value: object) -> list[str]:
    return [] if value is None else [str(value)]


def _command(
    words: Sequence[str], overrides: Overrides, rules: Mapping[str, Sequence[str]]
) -> list[str]:
    """The command that makes the same, as a manifest shows it to people."""
    options = {
        "--prices": map(str, overrides.prices),
        "--book": _given(overrides.book),
        "--flows": _given(overrides.flows),
        "--with": map(str, overrides.extra_book),
        "--venue": _given(overrides.venue),
        "--set": overrides.set,
        "--seed": _given(overrides.seed),
        **rules,
    }
    return [
        *words,
        *(word for key, values in options.items() for one in values for word in (key, one)),
    ]


def _pages(folders: Sequence[RunFolder], target: Path) -> None:
    writing.write_report(view.views(folders, None), target, None)
