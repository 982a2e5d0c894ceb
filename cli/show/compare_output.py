"""Where a comparison is printed, and in which form."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from crashsim.cli import output
from crashsim.cli.show import compare, compare_text
from crashsim.engine.measure.metrics import COMPARISON_METRICS
from crashsim.lab.compare import Compared
from crashsim.lab.folders.whole import write_whole
from crashsim.scenarios.files.problems import nearest


def check_formats(*, json: bool, csv: bool, md: bool) -> None:
    """Refuse more than one form on stdout. Raises typer.BadParameter."""
    if json + csv + md > 1:
        raise typer.BadParameter("give one of --json, --csv and --md: they all go to stdout")


def announce(
    compared: Compared,
    told: Mapping[str, Any],
    path: Path,
    *,
    json: bool,
    csv: bool,
    md: bool,
    parquet: Path | None,
) -> None:
    """Print the comparison in the form asked for, and write the Parquet file."""
    if parquet is not None:
        _write_parquet(compared, parquet)
    if json:
        output.emit_json(told)
    elif csv:
        output.emit(compared.metrics.write_csv())
    elif md:
        output.emit(compare_text.markdown(told))
    else:
        shown = compare.rendered(told, compared.changes, path)
        output.emit_rendered(output.console(), shown)


def _write_parquet(compared: Compared, path: Path) -> None:
    write_whole(path, "--parquet", compared.metrics.write_parquet)


def explain_metric(name: str) -> str:
    """The words of one metric, or of all. Raises typer.BadParameter for an unknown one."""
    if name == "all":
        return compare_text.explained(COMPARISON_METRICS.values())
    if name not in COMPARISON_METRICS:
        raise typer.BadParameter(
            f'there is no metric "{name}"{nearest(name, COMPARISON_METRICS)} '
            "--explain all prints every one"
        )
    return compare_text.explained([COMPARISON_METRICS[name]])
