"""`crashsim scenarios`: what can be replayed."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import options

app = typer.Typer(rich_markup_mode=None)


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
