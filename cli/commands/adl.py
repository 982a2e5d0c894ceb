"""`crashsim adl`: a deficit laid on a table of winners, without a replay."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion

_EXAMPLE = r"""printf 'user,pnl,account_value,leverage\na,100,1000,2\nb,200,150,3\n' > winners.csv
crashsim adl winners.csv --deficit 50 --map weight=pnl --map equity=account_value \
  --policy pro_rata --policy "upnl * leverage" --haircuts haircuts.csv
"""


def _show_example(asked: bool) -> None:
    from crashsim.cli import output

    if asked:
        output.emit(_EXAMPLE)
        raise typer.Exit


def adl(
    winners: Annotated[
        Path,
        typer.Argument(
            metavar="WINNERS", help="CSV or Parquet with account, weight, equity and leverage."
        ),
    ],
    deficit: Annotated[
        float, typer.Option(min=0.0, metavar="USD", help="What the winners together have to pay.")
    ],
    policy: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.allocations,
            metavar="NAME",
            help="A sharing rule, a ranking (a queue by it), an expression, a policy TOML, or "
            "FILE.py:FUNCTION that shares a loss; repeatable.  [default: nine of them]",
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="NAME=COLUMN",
            help="Which column of the file is account, weight, equity, leverage, or a column that "
            "a score reads; repeatable.",
        ),
    ] = None,
    largest_deficit: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="USD",
            help="Of a single loser, for the ratio PMR; without it PMR is -.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the random order.")] = 0,
    haircuts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write every account's haircut to this .parquet or .csv file."
        ),
    ] = None,
    by_profit: Annotated[
        bool,
        typer.Option(
            "--by-profit", help="Rules weigh by profit alone, not the smaller of it and equity."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the measures as JSON.")] = False,
    example: Annotated[
        bool,
        typer.Option(
            "--example",
            is_eager=True,
            callback=_show_example,
            help="Print lines for the shell that write a small table and work on it.",
        ),
    ] = False,
) -> None:
    """Lay a deficit on winners: who pays what under each policy.

    The column weight is an account's profit (below 0 it counts as 0). Rules weigh by the smaller
    of profit and equity, and nobody pays more than that. Several rows an account are events, and
    are summed. Accounts with negative equity are reported and left out; where a column
    is_negative_equity says otherwise than the equity, the equity counts and the output says so.

    \b
    Examples:
      crashsim adl winners.csv --deficit 1e6
      crashsim adl winners.csv --deficit 1e6 --policy pro_rata --policy "upnl * leverage"
      crashsim adl hyperliquid_adl_by_account.parquet --deficit 23.19e6 \\
        --map weight=closed_pnl --map equity=account_value_realtime \\
        --map leverage=leverage_realtime --haircuts haircuts.csv
    """
    from crashsim.cli import output
    from crashsim.cli.show.allocation import rendered
    from crashsim.lab import winner_table

    pairs = [text.partition("=") for text in map_ or ()]
    if any(not (name and equals and column) for name, equals, column in pairs):
        raise typer.BadParameter(
            "expected NAME=COLUMN, such as weight=closed_pnl", param_hint="--map"
        )
    result = winner_table.run(
        winners,
        {name.strip(): column.strip() for name, _, column in pairs},
        deficit,
        policy or winner_table.DEFAULT_POLICIES,
        largest_deficit,
        seed,
        by_profit,
    )
    if haircuts is not None:
        winner_table.write_haircuts(result, haircuts)
    output.emit_result(winner_table.told(result), rendered(result), as_json=json)
