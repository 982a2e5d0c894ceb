"""Pages that are run: a page's examples, in their order, in one empty folder.

`console`: lines that begin with `$ ` are run, and the page must show what they print.
`python`: the block is run. `pycon`: a Python session; the page must show what it prints, and the
blocks of a page go on where the last one ended. A block of code or data whose first line is a
comment with nothing but a file name (`# my_venue.toml`) is written to that file instead, without
that line. Other blocks are only shown.
"""

import os
import re
import subprocess
import sys
import traceback
import warnings
from code import InteractiveInterpreter
from contextlib import chdir, redirect_stdout
from doctest import DocTestParser
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(r"# ([\w./-]+\.\w+)\n")


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of one language."""
    return [body for name, body in BLOCK.findall(page.read_text("utf-8")) if name == language]


def is_run(page: Path) -> bool:
    """Whether a page has anything to run."""
    return any(blocks(page, language) for language in ("console", "pycon", "python"))


def run_page(page: Path, folder: Path) -> str:
    """The page as it looks when its examples are run. Fails where one of them does."""
    names: dict[str, Any] = {}

    def run_block(match: re.Match[str]) -> str:
        language, body = match[1], match[2]
        name = FILE_NAME.match(body)
        if name is not None:
            _write(folder / name[1], body[name.end() :])
        elif language == "console":
            return f"```console\n{transcript(body, folder)}```"
        elif language == "pycon":
            return f"```pycon\n{session(body, names, folder)}```"
        elif language == "python":
            run_python(body, folder)
        return match[0]

    return BLOCK.sub(run_block, page.read_text("utf-8"))


def _write(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, "utf-8")


def transcript(block: str, folder: Path) -> str:
    """A console block as it looks when its commands are run, one after the other."""
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_output(command, folder)}" for command in commands)


class _Session(InteractiveInterpreter):
    """Runs the lines of a session; an error is told as doctests tell it."""

    def showtraceback(self) -> None:
        told = "".join(traceback.format_exception_only(sys.exc_info()[1]))
        print(f"Traceback (most recent call last):\n  ...\n{told}", end="")


def session(block: str, names: dict[str, Any], folder: Path) -> str:
    """A Python session as it looks when its lines are run; names: what earlier ones left."""
    shown = StringIO()
    with chdir(folder), redirect_stdout(shown), warnings.catch_warnings(), pl.Config() as config:
        config.set_tbl_width_chars(100)
        warnings.simplefilter("error")
        for example in DocTestParser().get_examples(block):
            shown.write(">>> " + "... ".join(example.source.splitlines(keepends=True)))
            before = shown.tell()
            _Session(names).runcode(compile(example.source, "<page>", "single"))
            failed = shown.getvalue()[before:].startswith("Traceback")
            assert not failed or example.exc_msg, shown.getvalue()
    return shown.getvalue()


def _output(command: str, folder: Path) -> str:
    crashsim = f'crashsim() {{ "{sys.executable}" -m crashsim "$@"; }}; set -o pipefail; '
    done = subprocess.run(
        ["bash", "-c", crashsim + command],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def run_python(source: str, folder: Path) -> str:
    """Run an example, every warning an error; what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{source}\n{done.stderr}"
    return done.stdout


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    ours = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "CRASHSIM_HOME": str(folder / ".home")}
    return kept | ours
