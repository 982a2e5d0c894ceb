"""The README is run: every command prints what it says, and the Python example works.

CRASHSIM_REGOLD=1 rewrites the output in the README instead (`make golden`).
"""

import re
from pathlib import Path

from tests.executed import ROOT, blocks, run_python

README = ROOT / "README.md"


def test_the_readmes_python_example_is_short_and_finds_bob(tmp_path: Path) -> None:
    (example,) = blocks(README, "python")
    assert len(example.splitlines()) <= 12
    assert "bob" in run_python(example, tmp_path)


def test_every_make_target_of_the_readme_is_in_the_makefile() -> None:
    targets = re.findall(r"^make (\w+)", "".join(blocks(README, "sh")), re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
