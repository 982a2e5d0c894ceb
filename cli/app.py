"""The command line: its commands, and what becomes of their errors."""

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from crashsim.cli import exits

# In the order of the help: each a module in commands/ with a function of its name, or with a Typer
# where it has commands of its own.
_COMMANDS = (
    "replay",
    "compare",
    "adl",
    "report",
    "account",
    "runs",
    "doctor",
    "policies",
    "scenarios",
    "venues",
    "data",
)
_BARE = frozenset({"doctor"})  # of those, what does its work without a word more
_HELP = """\
Replay historical crypto crashes: who was deleveraged, who ended in debt, and what other rules
would have done.

\b
First steps:
  crashsim replay oct11                    the night of 10-11 October 2025, offline
  crashsim replay oct11 --venue binance    the same night under other rules
  crashsim compare oct11                   many rules side by side
  crashsim report RUN                      one HTML file that opens offline
  crashsim account RUN ACCOUNT             why did my deposit disappear?
  crashsim scenarios                       what can be replayed
  crashsim venues show backpack            a venue's rules, each with its source
  crashsim doctor                          will a replay work on this computer?

Data goes to stdout, notes and progress to stderr. Exit codes: 0 done, 1 a finding, 2 usage, 3 input
data missing or invalid, 4 network, 5 internal error, 130 interrupted. NO_COLOR is honoured.
"""

app = typer.Typer(
    name="crashsim",
    help=_HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for _name in _COMMANDS:
    _module = import_module(f"crashsim.cli.commands.{_name}")
    if _groups := [each for each in vars(_module).values() if isinstance(each, typer.Typer)]:
        app.add_typer(_groups[0], name=_name)
    else:
        app.command(_name, no_args_is_help=_name not in _BARE)(getattr(_module, _name))


def _print_version(wanted: bool) -> None:
    if wanted:
        import crashsim

        typer.echo(f"crashsim {crashsim.__version__}")
        raise typer.Exit


@app.callback()
def _crashsim(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without bars and lines gets question marks, not an error.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="crashsim")
    except KeyboardInterrupt:
        sys.exit(exits.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - every error ends here, as an exit code
        sys.exit(exits.report(error))
