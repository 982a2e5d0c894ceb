"""`crashsim scenarios`."""

import typer

app = typer.Typer(help="List the bundled scenarios, or show one.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def scenarios() -> None:
    pass
