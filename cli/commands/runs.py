"""`crashsim runs`: the run folders on disk."""

from typing import Annotated

import typer

from crashsim.cli import completion, options

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def runs(context: typer.Context) -> None:
    """List the runs under runs/; show, compare or remove them."""
    if context.invoked_subcommand is None:
        ls(json=False, csv=False, md=False)


@app.command("ls")
def ls(
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the list as CSV.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Print the list as Markdown.")] = False,
) -> None:
    """List the runs under runs/, with their main numbers."""
    from crashsim.cli import output
    from crashsim.cli.show.runs import list_sheet
    from crashsim.lab.folders import run_list

    entries = run_list.entries()
    if not entries and not (json or csv or md):
        return output.note("no runs under runs/ yet; make one: crashsim replay oct11")
    output.emit_sheet(list_sheet(entries), entries, json=json, csv=csv, md=md)


@app.command("show", no_args_is_help=True)
def show(
    run: options.Run,
    json: Annotated[bool, typer.Option("--json", help="Print summary.json.")] = False,
) -> None:
    """Print the summary of a run, as `crashsim replay` does."""
    from crashsim.cli import output
    from crashsim.cli.show.replay import rendered
    from crashsim.lab.folders.run_names import find_run

    folder = find_run(run)
    output.emit_notes([folder])
    output.emit_result(folder.content(), rendered(folder), as_json=json)


@app.command("diff", no_args_is_help=True)
def diff(
    left: options.Run,
    right: options.Run,
    json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the differences as CSV.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Print the differences as Markdown.")] = False,
) -> None:
    """Print where two runs differ: scenario, rules, inputs, version, metrics.

    Exit code 0 if nothing differs, 1 if something does.
    """
    from crashsim.cli import exits, output
    from crashsim.cli.show.runs import diff_sheet
    from crashsim.lab.folders import run_diff
    from crashsim.lab.folders.run_names import find_run

    folders = find_run(left), find_run(right)
    output.emit_notes(folders)
    found = run_diff.differences(*folders)
    if found or json or csv or md:
        content = [vars(one) for one in found]
        output.emit_sheet(diff_sheet(found), content, json=json, csv=csv, md=md)
    else:
        output.note("no difference")
    if found:
        raise typer.Exit(exits.FINDING)


@app.command("rm", no_args_is_help=True)
def rm(
    runs: Annotated[
        list[str],
        typer.Argument(autocompletion=completion.runs, metavar="RUN...", help="Runs to remove."),
    ],
) -> None:
    """Remove run folders; a folder that is not a run is refused."""
    import shutil

    from crashsim.cli import output
    from crashsim.lab.folders.run_names import find_exact

    folders = [find_exact(name) for name in runs]
    for folder in folders:
        shutil.rmtree(folder)
        output.emit(f"removed {folder}\n")
