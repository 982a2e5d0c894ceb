"""`crashsim compare`: the same night under other rules, side by side."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crashsim.cli import completion, exits, options

if TYPE_CHECKING:
    from crashsim.engine.readings import Frame


def compare(
    scenario: Annotated[str | None, options.SCENARIO] = None,
    prices: options.Prices = None,
    book: options.Book = None,
    flows: options.Flows = None,
    with_: options.With = None,
    names_of: options.NamesOf = None,
    allow_implausible: options.AllowImplausible = False,
    provenance: options.Provenance = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.policies,
            metavar="NAME",
            help="Another ranking on the scenario's venue: a bundled name (crashsim policies), a "
            "TOML file, or FILE.py:FUNCTION; repeatable, or separated by commas.",
        ),
    ] = None,
    adl_score: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXPRESSION",
            help='Another ranking as an expression, such as "upnl * leverage"; repeatable.',
        ),
    ] = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.venues,
            metavar="NAME_OR_FILE",
            help="All rules of another venue; repeatable, or separated by commas.",
        ),
    ] = None,
    loss: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.losses,
            metavar="NAME",
            help="Another rule for losses on the scenario's venue: who bears them (write_off), "
            "what deposits do (ring_fence), how they are shared (rap), a bundled set (drift), a "
            "TOML file, or FILE.py:FUNCTION; repeatable.",
        ),
    ] = None,
    set_: options.Set = None,
    seed: options.Seed = None,
    horizon: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="SECONDS",
            help="Measure haircuts this long after the last wave that hit an account.",
        ),
    ] = 0.0,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help="Exit with 1 if a run (the one without ADL aside) meets this, such as "
            "'debt_usd > 0'; repeatable.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.metrics,
            metavar="METRIC",
            help="Say what a metric means (all: every one), and stop.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder.  [default: runs/compare-<hash>]"),
    ] = None,
    keep_runs: Annotated[
        bool, typer.Option("--keep-runs", help="Keep each run's folder under DIR/runs.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print comparison.json.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the metrics as CSV.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Print the tables as Markdown.")] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the metrics to this Parquet file too."),
    ] = None,
    draws: options.Draws = None,
    jobs: options.Jobs = None,
) -> None:
    """Compare rules on the same night: what each did to whom.

    The scenario's own rules come first, and every difference is from them; the same rules with
    auto-deleveraging off come last. A policy changes who is asked and how a loser is spread over
    them, nothing else. Prices, accounts and flows are read once and are the same for all; --prices,
    --book, --flows and --with change them as in `crashsim replay`.

    A scenario that states the ranges of its assumed numbers is compared 8 times more, each time
    with other numbers and another seed for all rules alike. A difference is called one where 24 or
    more such draws (--draws 24) bear it out, nine of ten of them with its sign.

    Without --policy, --adl-score, --venue and --loss it compares three venues (backpack, binance,
    hyperliquid), five rankings, and deposits that go to debts with deposits that do not.

    \b
    Examples:
      crashsim compare oct11
      crashsim compare oct11 --policy bitmex --policy hyperliquid --policy pro_rata
      crashsim compare oct11 --adl-score "upnl * leverage" --policy my_policy.py:rank
      crashsim compare oct11 --venue okx,bybit --loss drift --md > rules.md
      crashsim compare my-night --fail-on 'debt_usd > 0' --json | jq .metrics.haircut_usd
      crashsim compare --explain haircut_usd
    """
    from crashsim.cli import output
    from crashsim.cli.progress import progress_bar
    from crashsim.cli.show.explain import explained
    from crashsim.lab import conditions
    from crashsim.lab.compare import compare as compare_variants
    from crashsim.lab.draws.compared import with_draws
    from crashsim.lab.folders import comparison_folder
    from crashsim.lab.folders.whole import write_whole
    from crashsim.lab.request import Request
    from crashsim.lab.variants import Wanted, variants
    from crashsim.scenarios import load

    if explain is not None:
        return output.emit(explained(explain))
    if scenario is None:
        raise typer.BadParameter("name a SCENARIO, such as oct11", param_hint="SCENARIO")
    options.one_form(json=json, csv=csv, md=md)
    comparison_folder.check_target(out)
    wanted_conditions = conditions.parse(fail_on or ())
    asked = options.overrides(
        prices, book, flows, with_, set_, seed, names_of, allow_implausible, provenance
    )
    loaded = load(scenario, overrides=asked)
    wanted = Wanted(policy or (), adl_score or (), venue or (), loss or ())
    compared = variants(loaded, wanted, asked.set)
    with progress_bar(f"comparing {len(compared)} runs of {loaded.name}") as bar:
        found = compare_variants(
            loaded, compared, horizon_s=horizon, keep=keep_runs, workers=jobs, progress=bar
        )
    with progress_bar(f"comparing them over the assumptions of {loaded.name}") as bar:
        found = with_draws(found, draws, jobs, bar)
    told = comparison_folder.content(found, sys.argv[1:])
    path = comparison_folder.save(found, told, out, Request(scenario, asked), sys.argv[1:])
    if parquet is not None:
        write_whole(parquet, "--parquet", found.metrics.write_parquet)
    if csv:
        output.emit(found.metrics.write_csv())
    else:
        _show(told, found.changes, path, json=json, md=md)
    _tell(conditions.met(wanted_conditions, found))


def _show(told: Mapping[str, Any], changes: "Frame", path: Path, *, json: bool, md: bool) -> None:
    """Write comparison.json, or what people read of it."""
    from crashsim.cli import output
    from crashsim.cli.show.compare import rendered
    from crashsim.cli.show.compare_text import markdown

    if md:
        output.emit(markdown(told))
    else:
        output.emit_result(told, rendered(told, changes, path), as_json=json)


def _tell(met: list[str]) -> None:
    """End with a finding where a condition is met."""
    for line in met:
        typer.echo(f"crashsim: --fail-on met by {line}", err=True)
    if met:
        raise typer.Exit(exits.FINDING)
