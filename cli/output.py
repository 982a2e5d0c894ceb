"""Writing to stdout: the one place, so that a reader who leaves early ends the program quietly."""

import json
import os
import re
import sys
from typing import TYPE_CHECKING

from crashsim.cli.exits import BROKEN_PIPE

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def emit(text: str) -> None:
    """Write text to stdout; exits quietly when nobody reads it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BROKEN_PIPE)


def console() -> "Console":
    """A console for stdout that takes text as it is; plain in pipes and under NO_COLOR."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def emit_rendered(console: "Console", *renderables: "RenderableType") -> None:
    """Render for this console and write to stdout."""
    with console.capture() as captured:
        for renderable in renderables:
            console.print(renderable)
    # Tables are padded to their width, which only makes lines longer in a file.
    emit(re.sub(r" +$", "", captured.get(), flags=re.MULTILINE))


def dump_json(content: object) -> str:
    """JSON as it is written to files and to stdout. NaN and infinity are refused."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
