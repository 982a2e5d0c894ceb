"""Findings of `crashsim doctor` on stdout."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.text import Text

from crashsim.cli import output
from crashsim.cli.sheet import pairs
from crashsim.lab.computer.doctor import Finding

_STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print a line for each thing looked at, then the verdict."""
    rows = pairs(
        (one.area, Text(one.state, style=_STYLES[one.state]), Text(one.text)) for one in findings
    )
    content = [asdict(finding) for finding in findings]
    output.emit_result(content, [rows, Text(f"\n{_verdict(findings)}")], as_json=as_json)


def _verdict(findings: Sequence[Finding]) -> str:
    problems = [finding.area for finding in findings if finding.state == "problem"]
    if not problems:
        return "A replay will work here: crashsim replay oct11"
    return f"Would break a replay: {', '.join(problems)}"
