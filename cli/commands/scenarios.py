"""`crashsim scenarios`: what can be replayed."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import options

app = typer.Typer(rich_markup_mode=None)


class PriceKind(StrEnum):
    """What a path of prices is."""

    LAST = "last"
    MARK = "mark"


@app.callback(invoke_without_command=True)
def scenarios(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the bundled scenarios; `crashsim scenarios show NAME` prints one."""
    if context.invoked_subcommand is not None:
        return
    from crashsim.cli.show import facts
    from crashsim.scenarios import bundled_scenarios

    facts.print_list(
        bundled_scenarios(),
        "Replay one: crashsim replay NAME. Its inputs: crashsim scenarios show NAME",
        as_json=json,
    )


@app.command("show", no_args_is_help=True)
def show(
    name: Annotated[str, options.SCENARIO_NAME],
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Print a scenario: every value with its unit and its source or assumption."""
    from crashsim.cli.show import facts
    from crashsim.scenarios import scenario_sheet

    facts.print_sheet(scenario_sheet(name), as_json=json)


@app.command("check", no_args_is_help=True)
def check(
    name: Annotated[str, options.SCENARIO_NAME],
    against: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Recorded bars, CSV or Parquet, of any length."),
    ],
    leave_one_out: Annotated[
        bool,
        typer.Option(
            "--leave-one-out",
            help="Rebuild each market from its hourly anchors alone, with settings fitted to the "
            "others.",
        ),
    ] = False,
    kind: Annotated[
        PriceKind | None,
        typer.Option(
            help="What the bars are: last prices or marks.  [default: as the files say, else last]"
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="UTC.  [default: ten minutes before the low]"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="UTC.  [default: ten minutes after the low]"),
    ] = None,
    set_: options.Set = None,
    seed: options.Seed = None,
    json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print every bar as CSV.")] = False,
) -> None:
    """Hold reconstructed prices against recorded bars.

    Of every market that the bars and the scenario share: how far close, low, high, range and volume
    of each bar are off, beside straight lines between the same anchors. With --leave-one-out the
    finer anchors and the bars of a market are left out of its path and of all fits.

    \b
    Examples:
      crashsim scenarios check oct11 --against my_bars.parquet
      crashsim scenarios check oct11 --against my_bars.csv --leave-one-out
      crashsim scenarios check oct11 --against my_mark_bars.csv --kind mark --json
    """
    from crashsim.cli import output
    from crashsim.cli.progress import progress_bar
    from crashsim.cli.show.price_check import rendered
    from crashsim.cli.target import typed_time
    from crashsim.data.clock import utc_ms
    from crashsim.lab.price_check import check_content
    from crashsim.lab.price_check.check_prices import Asked, check_prices
    from crashsim.scenarios import Overrides, load

    options.one_form(json=json, csv=csv, md=False)
    first_ms = None if start is None else utc_ms(typed_time(start, "--start"))
    end_ms = None if end is None else utc_ms(typed_time(end, "--end"))
    asked = Asked(tuple(against), kind.value if kind else None, leave_one_out, first_ms, end_ms)
    changed = Overrides(set=tuple(set_ or ()), seed=seed)
    with progress_bar(f"rebuilding markets of {name}") as progress:
        found = check_prices(load(name, overrides=changed), asked, progress)
    if csv:
        output.emit(check_content.timed(found.bars).write_csv())
    else:
        output.emit_result(check_content.content(found), rendered(found), as_json=json)


@app.command("new", no_args_is_help=True)
def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="The folder to make.")],
) -> None:
    """Write a scenario folder with a toy in it: commented, and ready to replay.

    \b
    Then:
      crashsim replay NAME
      crashsim compare NAME --policy bitmex --policy pro_rata
    """
    from crashsim.cli import output
    from crashsim.scenarios import new_scenario

    files = new_scenario(name)
    lines = [*map(str, files), f"\nReplay it: crashsim replay {name}"]
    output.emit("\n".join(lines) + "\n")
