"""Writing to stdout: the one place, so that a reader who leaves early ends the program quietly."""

import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crashsim.cli.exits import BROKEN_PIPE

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from crashsim.cli.sheet import Sheet
    from crashsim.lab.folders.run_folder import RunFolder


def emit(text: str) -> None:
    """Write text to stdout; exits quietly when nobody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)


def console(width: int | None = None) -> "Console":
    """A console for stdout that takes text as it is; plain in pipes and under NO_COLOR.

    width: in columns, where it is not that of the terminal.
    """
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False, width=width)


def emit_rendered(console: "Console", *renderables: "RenderableType") -> None:
    """Render for this console and write to stdout."""
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    # Tables are padded to their width, which only makes lines longer in a file.
    emit(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def emit_result(content: object, shown: "Iterable[RenderableType]", *, as_json: bool) -> None:
    """Write a result as JSON, or what is shown of it to people; that is not made in vain."""
    if as_json:
        emit_json(content)
    else:
        emit_rendered(console(), *shown)


def emit_sheet(sheet: "Sheet", content: object, *, json: bool, csv: bool, md: bool) -> None:
    """Write a table in the form asked for; content: it as JSON."""
    if json or not (csv or md):
        emit_result(content, [sheet.rendered()], as_json=json)
    else:
        emit(sheet.csv() if csv else sheet.markdown())


def note(line: str) -> None:
    """Write a line to stderr, beside the result."""
    print(line, file=sys.stderr)


def emit_notes(folders: "Iterable[RunFolder]") -> None:
    """Write to stderr what a reader should know about these run folders."""
    for folder in folders:
        for text in folder.notes:
            note(f"crashsim: note: {text}")


def emit_json(content: object) -> None:
    """Write JSON to stdout, as it stands in files. NaN and infinity are refused."""
    from crashsim.lab.folders.whole import dump_json

    emit(dump_json(content))
