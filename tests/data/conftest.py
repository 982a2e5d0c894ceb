from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crashsim.scenarios.models.scenario import Scenario

START = datetime(2025, 10, 10, 21, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a text file; spaces around commas and line ends are dropped for readable tables."""

    def _write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            ",".join(cell.strip() for cell in row.split(",")) for row in text.strip().split("\n")
        ]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    return _write


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[..., Scenario]:
    """A scenario over files of tmp_path; tables given by keyword replace the defaults' keys."""

    def _scenario(**tables: Any) -> Scenario:
        venue = {
            "name": "toy",
            "margin": {"markets": {"*": {"kind": "sqrt", "base": 0.01, "factor": 0.0}}},
            "liquidation": {"participation": 0.1},
            "adl": {"score": "bitmex"},
        }
        head = {"name": "toy", "start": START, "end": START.replace(minute=10), "venue": "toy"}
        extra = {key: tables[key] for key in ("overlays", "extra_book", "flows") if key in tables}
        return Scenario.model_validate(
            {
                "scenario": head | tables.get("head", {}),
                "prices": tables.get("prices", {"path": tmp_path / "prices.csv"}),
                "book": tables.get("book", {"path": tmp_path / "book"}),
                "venue": venue,
                **extra,
            }
        )

    return _scenario
