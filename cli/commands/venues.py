"""`crashsim venues`."""

import typer

app = typer.Typer(help="List the bundled venues, or show one.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def venues() -> None:
    pass
