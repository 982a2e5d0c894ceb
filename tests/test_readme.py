"""The README is run: every command prints what it says, and the Python example works.

CRASHSIM_REGOLD=1 rewrites the output in the README instead (`make golden`).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(README.read_text("utf-8")) if name == language]


def commands(block: str) -> list[str]:
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def transcript(block: str, folder: Path) -> str:
    """The block as it looks when its commands are run, one after the other, in a folder."""
    return "".join(f"$ {command}\n{_output(command, folder)}" for command in commands(block))


def _output(command: str, folder: Path) -> str:
    crashsim = f'crashsim() {{ "{sys.executable}" -m crashsim "$@"; }}; set -o pipefail; '
    clean = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    done = subprocess.run(
        ["bash", "-c", crashsim + command],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tour")


@pytest.mark.parametrize("number", range(len(blocks("console"))))
def test_a_command_of_the_readme_prints_what_it_says(number: int, folder: Path) -> None:
    block = blocks("console")[number]
    found = transcript(block, folder)
    if os.environ.get("CRASHSIM_REGOLD"):
        text = README.read_text("utf-8")
        README.write_text(text.replace(f"```console\n{block}```", f"```console\n{found}```"))
        return
    assert found == block


def test_the_readmes_python_example_runs(tmp_path: Path) -> None:
    (example,) = blocks("python")
    assert len(example.splitlines()) <= 12
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "bob" in done.stdout


def test_every_make_target_of_the_readme_is_in_the_makefile() -> None:
    targets = re.findall(r"^make (\w+)", "".join(blocks("sh")), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
