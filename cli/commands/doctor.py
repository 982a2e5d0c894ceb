"""`crashsim doctor`: will a replay work here?"""

from typing import Annotated

import typer

from crashsim.cli import exits, options


def doctor(
    store: options.StoreFolder = None,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say whether a replay will work here: versions, data, store, disk, memory, terminal.

    Runs the toy scenario in memory, reads every bundled scenario and venue, and looks at what the
    store has of the bundled nights. Changes nothing and asks no network.

    \b
    Examples:
      crashsim doctor
      crashsim doctor --json | jq '.[] | select(.state == "problem")'

    Exit codes: 0 a replay will work, 1 something would break it.
    """
    from crashsim.cli.show.doctor import print_findings
    from crashsim.lab.computer.doctor import examine

    findings = examine(store)
    print_findings(findings, as_json=json)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(exits.FINDING)
