"""Cases of other people's files: each is a folder here, copied and run in a place of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from crashsim.cli import app

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Done:
    """What a command left on its streams; out of `Case.run` is one line, whatever the width."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Case:
    """A case in a folder of its own."""

    place: Path
    run: Callable[..., Done]

    def shell(self, *words: str, columns: str) -> Done:
        """Run a command in a process of its own, on a pipe of this width; out as it is."""
        done = subprocess.run(
            [sys.executable, "-m", "crashsim", *words],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": columns},
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def stored(self, *columns: str) -> pl.DataFrame:
        """All rows of the store, of its only kind."""
        parts = sorted((self.place / "home").rglob("*.parquet"))
        return pl.concat([pl.read_parquet(part) for part in parts]).select(columns)

    def table(self, name: str) -> pl.DataFrame:
        """A table of the run in `run`."""
        return pl.read_parquet(self.place / "run" / f"{name}.parquet")


@pytest.fixture
def case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Case]:
    """Open a case by the name of its folder."""

    def open_case(name: str) -> Case:
        place = Path(tempfile.mkdtemp(dir=tmp_path)) / "case"
        shutil.copytree(FOLDER / name, place)
        monkeypatch.chdir(place)
        monkeypatch.setenv("CRASHSIM_HOME", str(place / "home"))
        return Case(place, run)

    def run(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["crashsim", *words])
        monkeypatch.setitem(os.environ, "COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            app.main()
        streams = capsys.readouterr()
        code = ended.value.code
        return Done(
            code if isinstance(code, int) else 0, " ".join(streams.out.split()), streams.err
        )

    return open_case
