"""`crashsim report`: one HTML file of a run, or of several side by side."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            autocompletion=completion.runs,
            metavar="RUN...",
            help="Run folders, names under runs/, or a compare folder.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The HTML file.  [default: report.html in the run]"),
    ] = None,
    assets: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write each chart as SVG and PNG too, its data as CSV."),
    ] = None,
    pseudonymise: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            envvar="CRASHSIM_PSEUDONYM_KEY",
            help="Replace account ids by keyed hashes (HMAC-SHA256).",
        ),
    ] = None,
    story: Annotated[
        bool, typer.Option("--story", help="Print the journalist's page (Markdown), write no file.")
    ] = False,
) -> None:
    """Make a report: one HTML file that opens offline.

    One RUN: what happened minute by minute, who was deleveraged, who ended in debt, who paid whom,
    and how each number is known. Several: the runs side by side, and who changes sides; the first
    is what the others are held against.

    \b
    Examples:
      crashsim report oct11-backpack
      crashsim report oct11-backpack oct11-binance --out compared.html
      crashsim report oct11-backpack --assets charts
      crashsim report oct11-backpack --pseudonymise "$KEY"
      crashsim report oct11-backpack --story > story.md
    """
    from crashsim.cli import output
    from crashsim.cli.report import story as story_page
    from crashsim.cli.report import writing
    from crashsim.cli.report.view import views
    from crashsim.lab.folders.run_names import find_runs

    folders = [folder for name in runs for folder in find_runs(name)]
    output.emit_notes(folders)
    shown = views(folders, pseudonymise)
    if story:
        output.emit(story_page.markdown(shown))
        return
    target = out or writing.default_target(folders)
    written = writing.write_report(shown, target, assets)
    output.emit("".join(f"{path}\n" for path in written))
