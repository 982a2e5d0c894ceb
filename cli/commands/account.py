"""`crashsim account`: what happened to one account, as a statement that adds up."""

from typing import Annotated

import typer

from crashsim.cli import completion, options


def account(
    run: options.Run,
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account id.")],
    across: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.runs,
            metavar="RUN",
            help="The same account under this run, or compare folder, too; repeatable.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print every item as CSV.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Print the statement as Markdown.")] = False,
) -> None:
    """Why did my deposit disappear? One account's statement, which adds up.

    Opening equity, what prices made of each position, liquidations, takeovers, fees, funding,
    auto-deleveraging (with rank, score and its inputs), shortfall, debt, deposits applied to debt,
    closing equity.

    \b
    Examples:
      crashsim account oct11-backpack acct-00042
      crashsim account toy bob --json
      crashsim account oct11-backpack acct-00042 --across oct11-binance
    """
    from crashsim.cli import output
    from crashsim.cli.show import account
    from crashsim.lab.folders.run_names import find_run, find_runs

    options.one_form(json=json, csv=csv, md=md)
    folders = [find_run(run), *(folder for name in across or () for folder in find_runs(name))]
    output.emit_notes(folders)
    views = [account.view_of(folder, account_id) for folder in folders]
    if csv or md:
        output.emit(account.items_sheet(views).csv() if csv else account.markdown(views))
    else:
        content = [account.as_json(view) for view in views]
        output.emit_result(content if across else content[0], account.rendered(views), as_json=json)
