"""A comparison as Markdown, for pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from crashsim.cli.show import firmness
from crashsim.cli.show.compare import GROUPS, written, written_delta
from crashsim.engine.measure.metrics import COMPARISON_METRICS
from crashsim.lab.draws.draw_table import DRAWS


def markdown(told: Mapping[str, Any]) -> str:
    """One table a group of metrics, runs as rows; told: the content of comparison.json."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Mapping[str, Any]) -> Iterable[str]:
    runs = list(told["runs"])
    scenario = told["scenario"]["scenario"]
    yield f"# {scenario.get('title') or scenario['name']}"
    yield f"\nDifferences in brackets are from the first run, {runs[0]}."
    if told.get(DRAWS):
        yield f"\n{firmness.of_comparison(told[DRAWS])}"
    agreement = told.get(DRAWS, {}).get("agreement", {})
    for statement in told["provenance"]:
        yield f"\n- {statement['kind']}: {statement['text']}"
    for group in GROUPS:
        yield f"\n## {group.question}\n"
        headings = {metric: words.replace("\n", " ") for metric, words in group.headings.items()}
        yield f"| run | {' | '.join(headings.values())} |"
        yield f"|---|{'---:|' * len(headings)}"
        for run in runs if group.without_adl else runs[:-1]:
            cells = [
                _cell(metric, told["metrics"][metric], run, agreement.get(metric, {}))
                for metric in headings
            ]
            yield f"| {run} | {' | '.join(cells)} |"
        for metric, heading in headings.items():
            yield f"\n*{heading}* (`{metric}`): {COMPARISON_METRICS[metric].definition}"
    yield f"\n{told['caveat']}"


def _cell(metric: str, entry: Mapping[str, Any], run: str, agreement: Mapping[str, Any]) -> str:
    value = written(metric, entry["values"][run])
    delta = written_delta(metric, entry["deltas"].get(run))
    borne = firmness.borne_out(entry["deltas"].get(run), agreement.get(run)) if delta else ""
    more = ", ".join(part for part in (delta, borne) if part)
    return f"{value} ({more})" if more else value
