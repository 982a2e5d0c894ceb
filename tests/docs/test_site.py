"""The site of docs/ builds without a warning, and its pages ask no network for anything."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.executed import ROOT

ZENSICAL = shutil.which("zensical", path=str(Path(sys.executable).parent))


@pytest.mark.slow
@pytest.mark.skipif(ZENSICAL is None and "CI" not in os.environ, reason="no docs extra here")
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    done = subprocess.run(
        [str(ZENSICAL), "build", "--strict"],
        cwd=tmp_path,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    built = {page.relative_to(tmp_path / "site").with_suffix("").as_posix() for page in pages}
    written = {
        page.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for page in (ROOT / "docs").rglob("*.md")
    }
    assert written <= built
    for page in pages:
        loaded = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text()
        )
        assert not loaded, page.name
