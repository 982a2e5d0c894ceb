"""Bundled policies, and the findings of an audit, on the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from crashsim.cli.sheet import Sheet, pairs
from crashsim.engine.adl.policies import POLICIES, Policy
from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.audit.counter_examples import Example, Finding
from crashsim.engine.readings import Frame

BOOKS = "seeded books: one bankrupt long, closed at its bankruptcy price against 2 to 7 shorts"
SHARERS = "seeded lists of 2 to 7 accounts that share a loss, by profit, equity or open interest"


def listed() -> Iterable[RenderableType]:
    """All bundled policies by name."""
    yield pairs((Text(one.name, style="bold"), one.description) for one in POLICIES.values())
    hint = "One of them: crashsim policies show NAME. Its weak points: crashsim policies audit NAME"
    yield Text(f"\n{hint}", style="dim")


def as_json(policy: Policy) -> dict[str, Any]:
    """A policy with the expression its score stands for."""
    return {**asdict(policy), "expression": _expression(policy)}


def _expression(policy: Policy) -> str | None:
    preset = PRESETS.get(policy.score) if policy.score else None
    return preset.expression if preset else policy.score


def shown(policy: Policy) -> Iterable[RenderableType]:
    """One policy: what it changes, and where that is from."""
    yield from (Text(policy.name, style="bold"), Text(policy.description))
    rows = pairs()
    rows.add_row("  adl.allocation", Text(policy.allocation or "the venue's", style="bold"))
    rows.add_row(
        "  adl.score", Text(policy.score or "the venue's (nobody is ranked)", style="bold")
    )
    if expression := _expression(policy):
        rows.add_row("  expression", expression)
    if policy.assumption:
        rows.add_row(Text("  ASSUMED", style="yellow"), policy.assumption)
    if policy.source:
        rows.add_row(Text("  source", style="green"), policy.source)
    yield rows


def audited(name: str, books: str, findings: Sequence[Finding]) -> Iterable[RenderableType]:
    """The findings of an audit, each with its counter-example. books: BOOKS or SHARERS."""
    yield Text(name, style="bold")
    yield Text(
        f"{findings[0].tried} {books}. A no is proved by its example; a yes means that no "
        "counter-example was found."
    )
    for finding in findings:
        verdict = "yes" if finding.holds else f"no, in {finding.broken} of {finding.tried} books"
        yield Text(f"\n{finding.question}", style="bold")
        yield Text(f"  {verdict}", style="green" if finding.holds else "yellow")
        if finding.example:
            yield Padding(_example(finding.example), (0, 0, 0, 2))


def _example(example: Example) -> RenderableType:
    parts: list[RenderableType] = [Text(f"{example.sentence}."), _book(example.before)]
    if example.after is not None:
        parts += [Text("changed:", style="dim"), _book(example.after)]
    return Group(*parts)


def _book(frame: Frame) -> RenderableType:
    rows = [
        [account, *("-" if value is None else f"{value:,.6g}" for value in values)]
        for account, *values in frame.iter_rows()
    ]
    return Sheet(frame.columns, rows, frozenset(range(1, len(frame.columns)))).rendered()


def findings_json(name: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for other programs."""
    return {"policy": name, "findings": [_finding_json(finding) for finding in findings]}


def _finding_json(finding: Finding) -> dict[str, Any]:
    example = finding.example
    return {
        "property": finding.name,
        "question": finding.question,
        "holds": finding.holds,
        "books": finding.tried,
        "broken_in": finding.broken,
        "example": None
        if example is None
        else {
            "sentence": example.sentence,
            "before": example.before.to_dicts(),
            "after": None if example.after is None else example.after.to_dicts(),
        },
    }
