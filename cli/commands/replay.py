"""`crashsim replay`: one scenario under one venue's rules, into a run folder."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion, options


class Format(StrEnum):
    """Formats of the run tables."""

    PARQUET = "parquet"
    CSV = "csv"


def replay(
    scenario: Annotated[str, options.SCENARIO],
    prices: options.Prices = None,
    book: options.Book = None,
    flows: options.Flows = None,
    with_: options.With = None,
    names_of: options.NamesOf = None,
    allow_implausible: options.AllowImplausible = False,
    provenance: options.Provenance = None,
    venue: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.venues,
            metavar="NAME_OR_FILE",
            help="Rules: a bundled venue or a venue.toml.",
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.policies,
            metavar="NAME",
            help="Rank winners by another policy: a bundled name (crashsim policies), a TOML file "
            "or FILE.py:FUNCTION.",
        ),
    ] = None,
    adl_score: Annotated[
        str | None,
        typer.Option(metavar="EXPRESSION", help='Rank winners by this, such as "upnl * leverage".'),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.losses,
            metavar="NAME",
            help="Another rule for losses, as in crashsim compare.",
        ),
    ] = None,
    set_: options.Set = None,
    seed: options.Seed = None,
    draws: options.Draws = None,
    jobs: options.Jobs = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The run folder.  [default: runs/<scenario>-<venue>-<hash>]"
        ),
    ] = None,
    format_: Annotated[
        Format,
        typer.Option("--format", help="csv writes every table as CSV too."),
    ] = Format.PARQUET,
    json: Annotated[
        bool, typer.Option("--json", help="Print summary.json instead of the summary for people.")
    ] = False,
) -> None:
    """Replay a scenario: who was deleveraged, and who ended in debt.

    SCENARIO is a bundled name (see `crashsim scenarios`), a folder with a scenario.toml, or a path
    to such a file. The result is a run folder: Parquet tables, summary.json (every metric with its
    definition) and manifest.json (what is needed to check the run and to repeat it). The same
    inputs and seed give the same bytes. An earlier run at the same place is replaced.

    A scenario that states the ranges of its assumed numbers is replayed 24 times more, with numbers
    drawn from these and other seeds: each figure is printed with what it is in 8 of 10 of them.
    The run folder holds the stated case, and the draws in draws.parquet.

    \b
    Examples:
      crashsim replay oct11
      crashsim replay oct11 --venue binance --set absorber.insurance_fund.cash=1e9
      crashsim replay oct11 --prices recorded_bars.parquet --seed 7 --draws 0
      crashsim replay oct11 --with my_positions.csv
      crashsim replay toy --format csv --out my-run
      crashsim replay oct11 --json | jq .debt_usd.value

    \b
    Options come in three groups: other inputs (--prices, --book, --flows, --with, --names-of,
    --allow-implausible, --provenance), other rules (--venue, --policy, --adl-score, --loss, --set,
    --seed, --draws), and output (--out, --format, --json); --jobs says how many processes draw.
    """
    # Everything heavy is imported here, so that `crashsim --help` stays fast.
    from crashsim.cli import output
    from crashsim.cli.progress import progress_bar
    from crashsim.cli.show.replay import rendered
    from crashsim.lab.draws.replayed import with_draws
    from crashsim.lab.folders import run_folder
    from crashsim.lab.replay import RUNS, run, save, with_rules
    from crashsim.lab.request import Request
    from crashsim.scenarios import load

    if out is not None:
        run_folder.check_target(out)
    else:
        run_folder.check_parent(RUNS / "run")
    if policy is not None and adl_score is not None:
        raise typer.BadParameter("give --policy or --adl-score, not both")
    changed = options.overrides(
        prices, book, flows, with_, set_, seed, names_of, allow_implausible, provenance, venue
    )
    loaded = with_rules(load(scenario, overrides=changed), policy, adl_score, loss)
    with progress_bar(f"replaying {loaded.name}") as progress:
        stated = run(loaded, progress)
    with progress_bar(f"replaying {loaded.name} over its assumptions") as progress:
        finished = with_draws(stated, draws, jobs, progress)
    request = Request(scenario, changed, policy, adl_score, loss=loss, draws=finished.draw_count)
    path = save(finished, out, request, sys.argv[1:], csv=format_ is Format.CSV)
    folder = run_folder.read(path)
    output.emit_result(folder.content(), rendered(folder), as_json=json)
