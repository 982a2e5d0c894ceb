"""`crashsim policies`: rankings of auto-deleveraging, and what they invite."""

from typing import Annotated

import typer

from crashsim.cli import completion, exits, options

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def policies(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the bundled policies: who is asked first, and how a loser is spread over them.

    `crashsim policies show NAME` prints one, `crashsim policies audit NAME` looks for what it
    invites. Own ones: docs/policies.md.
    """
    if context.invoked_subcommand is not None:
        return
    from crashsim.cli import output
    from crashsim.cli.show import policies
    from crashsim.engine.adl.policies import POLICIES

    content = [policies.as_json(each) for each in POLICIES.values()]
    output.emit_result(content, policies.listed(), as_json=json)


@app.command("show", no_args_is_help=True)
def show(
    name: Annotated[str, options.POLICY_NAME],
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print a policy: its expression, its source, and what in it is assumed."""
    from crashsim.cli import output
    from crashsim.cli.show import policies
    from crashsim.lab.rules import policy_sources

    policy = policy_sources.one(name)
    output.emit_result(policies.as_json(policy), policies.shown(policy), as_json=json)


@app.command("audit", no_args_is_help=True)
def audit(
    name: Annotated[str | None, options.POLICY_NAME] = None,
    adl_score: Annotated[
        str | None,
        typer.Option(metavar="EXPRESSION", help="Audit a queue by this expression instead."),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.sharing_rules,
            metavar="RULE",
            help="Audit a rule that shares losses instead: a bundled one or FILE.py:FUNCTION.",
        ),
    ] = None,
    books: Annotated[int, typer.Option(min=1, metavar="N", help="Books to try.")] = 50,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the books.")] = 0,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if a property is broken.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Search small books for what a policy invites, and show the counter-examples.

    Does splitting an account in ten, doubling its cash or hedging change what is closed of it? Is
    a higher score never closed less? Can anyone lose more than he has? Of a rule that shares
    losses: are they charged in full and nobody above his cap, and what do splitting and leverage
    change?

    \b
    Examples:
      crashsim policies audit profit_usd
      crashsim policies audit my_policy.py:rank --check
      crashsim policies audit --adl-score "upnl * leverage" --books 200
      crashsim policies audit --loss my_rule.py:share
    """
    from crashsim.cli import output
    from crashsim.cli.show import policies
    from crashsim.engine.audit.charges import audit_sharing
    from crashsim.engine.audit.properties import audit as audit_policy
    from crashsim.lab.rules import policy_sources
    from crashsim.lab.rules.function_files import label, score_named, sharing_named

    if [name, adl_score, loss].count(None) != 2:
        raise typer.BadParameter("give one of NAME, --adl-score and --loss", param_hint="NAME")
    if loss is not None:
        title, books_are = label(loss), policies.SHARERS
        findings = audit_sharing(sharing_named(loss)[0], count=books, seed=seed)
    else:
        policy = policy_sources.either(name, adl_score)
        assert policy is not None
        title, books_are = policy.name, policies.BOOKS
        score = score_named(policy.score)[0] if policy.score else None
        findings = audit_policy(policy, score=score, count=books, seed=seed)
    shown = policies.audited(title, books_are, findings)
    output.emit_result(policies.findings_json(title, findings), shown, as_json=json)
    if check and not all(finding.holds for finding in findings):
        raise typer.Exit(exits.FINDING)
