"""A hand-made run: the tables, summary and manifest of a folder, without an engine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crashsim.engine.measure.metrics import METRICS, Metric
from crashsim.engine.record.tables import TABLES, polars_schema
from crashsim.lab.folders import run_folder
from crashsim.lab.folders.manifest import Manifest

TIMINGS = run_folder.Timings("2025-10-11T09:00:00Z", 1.0, 2.0, 3.0)
START = datetime(2025, 10, 10, 21, tzinfo=UTC)
BLANK = {pl.String(): "", pl.Boolean(): False, pl.Int64(): 0, pl.Float64(): 0.0}


def frame(table: str, rows: Sequence[Mapping[str, Any]] = ()) -> pl.DataFrame:
    """Rows of a run table; a column that no row names is 0, false or empty."""
    blank = {column.name: BLANK.get(column.dtype, START) for column in TABLES[table]}
    return pl.DataFrame([blank | dict(row) for row in rows], schema=polars_schema(table))


@dataclass(frozen=True)
class HandMade:
    """The content of a run folder."""

    tables: dict[str, pl.DataFrame]
    summary: dict[str, Any]
    manifest: dict[str, Any]

    frame = staticmethod(frame)

    @staticmethod
    def fill(market: str, size: float, mark_price: float) -> dict[str, Any]:
        """A deleveraged short of winner-0011."""
        place = {"winner": "winner-0011", "side": "short", "market": market}
        return place | {"size": size, "mark_price": mark_price}

    def write(self, path: Path, *, csv: bool = False) -> run_folder.RunFolder:
        self.manifest["rows"] = {name: table.height for name, table in self.tables.items()}
        told = Manifest.model_validate_json(json.dumps(self.manifest))
        run_folder.write(path, self.tables, self.summary, told, TIMINGS, csv=csv)
        return run_folder.read(path)


def accounts() -> list[dict[str, Any]]:
    winners = [
        {
            "account": f"winner-{n:04}",
            "was_deleveraged": True,
            "adl_fills": n,
            "adl_notional_usd": 1e6 * n,
            "adl_cost_usd": 12_345.678 * (n - 3),
            "equity_end": 5e5,
        }
        for n in range(12)
    ]
    debtor = {
        "account": "debtor-0001",
        "was_in_debt": True,
        "ended_in_debt": True,
        "debt_peak_usd": 52_000.0,
        "debt_end": 12_000.0,
        "deposits_usd": 40_000.0,
        "deposits_to_debt_usd": 40_000.0,
    }
    return [*winners, debtor, {"account": "[red]bystander[/red]"}]


def timeline() -> list[dict[str, Any]]:
    return [
        {
            "step": k,
            "time": START + timedelta(seconds=k),
            "liquidated_usd": max(0.0, 300.0 - abs(k - 900)),
            "adl_usd": 50.0 if 1000 < k < 1100 else 0.0,
            "debt_usd": 52_000.0 if 900 < k < 1200 else 12_000.0 if k >= 1200 else 0.0,
        }
        for k in range(1801)
    ]


def summary() -> dict[str, Any]:
    values: dict[str, Any] = {name: _nothing(name) for name in METRICS}
    values |= {
        "mark_fall_frac_by_market": {"BTCUSDT": 0.167, "ATOMUSDT": 0.9989},
        "absorber_low_usd_by_absorber": {"insurance_fund": -1_234_567.0},
        "absorber_first_refusal_at": "2025-10-10T21:18:42Z",
        "book_accounts": 12_345,
        "book_liquidated_usd": 987_654_321.0,
        "adl_accounts": 12,
        "adl_notional_usd": 66e6,
        "adl_cost_usd": 444_444.4,
        "debt_accounts": 1,
        "debt_usd": 12_000.0,
        "deposits_to_debt_accounts": 1,
        "deposits_to_debt_usd": 40_000.0,
        "platform_receivable_usd": 12_000.0,
    }
    return {name: _entry(METRICS[name], value) for name, value in values.items()}


def _nothing(metric: str) -> Any:
    if "_by_" in metric:
        return {}
    return None if METRICS[metric].unit == "UTC" else 0


def _entry(metric: Metric, value: Any) -> dict[str, Any]:
    words = ("unit", "definition", "sign", "horizon", "price_source")
    return {"value": value, **{word: getattr(metric, word) for word in words}, "inputs": {}}


def manifest() -> dict[str, Any]:
    known = {"provenance": "assumed", "source": "by hand"}
    return {
        "format": 1,
        "crashsim": "0.1.0",
        "run": "night-backpack-00000000",
        "argv": ["replay", "night"],
        "request": {
            "scenario": "night",
            "overrides": {
                "prices": [],
                "book": None,
                "flows": None,
                "venue": None,
                "seed": None,
                "set": [],
                "extra_book": [],
                "names_of": None,
                "allow_implausible": False,
                "provenance": None,
            },
            "policy": None,
            "adl_score": None,
            "loss": None,
            "draws": 0,
        },
        "scenario": {"scenario": {"name": "night", "title": "A night by hand"}},
        "venue": {"name": "backpack"},
        "policy_file": None,
        "seed": 7,
        "window": {
            "start": "2025-10-10T21:00:00Z",
            "end": "2025-10-10T21:30:00Z",
            "steps": 1801,
            "markets": 2,
            "accounts": 14,
            "positions": 20,
            "flows": 3,
        },
        "inputs": [],
        "provenance": {
            "markets": {},
            "book": known,
            "flows": known,
            "statements": [
                {"kind": "recorded", "text": "prices and volume of BTCUSDT: bars.parquet."},
                {"kind": "assumed", "text": "total open interest of $3,000,000,000."},
                {"kind": "note", "text": "last prices are used as marks in BTCUSDT."},
            ],
        },
        "markets_on_default_margin_table": ["ATOMUSDT"],
        "conservation": {"largest_residual_frac_of_gross": 3.2e-15, "limit_frac_of_gross": 1e-9},
        "warnings": [],
        "rows": dict.fromkeys(TABLES, 0),
        "packages": {},
    }


@pytest.fixture
def hand_made() -> HandMade:
    rows = {"accounts": accounts(), "timeline": timeline()}
    tables = {name: frame(name, rows.get(name, ())) for name in TABLES}
    return HandMade(tables, summary(), manifest())
