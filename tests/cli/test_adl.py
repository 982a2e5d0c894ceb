"""`crashsim adl` on a small table, and on the recorded accounts where they are."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.scenarios.errors import InputError

RECORDED = Path(__file__).parents[3] / "shared/data/oct11/hyperliquid_adl_by_account.parquet"
MAPPED = (
    "--map",
    "weight=closed_pnl",
    "--map",
    "equity=account_value_realtime",
    "--map",
    "leverage=leverage_realtime",
)


@pytest.fixture(autouse=True)
def winners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["account,weight,equity,leverage,notional", "b,4,5,1,9", "a,8,10,2,1", "x,9,-1,3,1"]
    Path("w.csv").write_text("\n".join([*rows, "c,0.5,1,4,5", ""]), encoding="utf-8")


def adl(*words: str) -> Any:
    return CliRunner().invoke(app, ["adl", *words])


def told(*words: str) -> dict[str, Any]:
    result = adl(*words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_each_policy_raises_the_deficit_and_says_how_it_falls() -> None:
    found = told("w.csv", "--deficit", "6")
    assert (found["winners"], found["left_out_negative_equity"]) == (3, 1)
    assert len(found["policies"]) == 9
    for name, measures in found["policies"].items():
        assert measures["raised_usd"] == pytest.approx(6.0), name
    assert found["policies"]["min_max"]["largest_haircut_frac_of_equity"] == pytest.approx(0.375)


def test_haircuts_are_written_by_account() -> None:
    policies = ("--policy", "pro_rata", "--policy", "upnl * leverage", "--policy", "size")
    assert adl("w.csv", "--deficit", "6", *policies, "--haircuts", "h.csv").exit_code == 0
    frame = pl.read_csv("h.csv")
    assert frame["account"].to_list() == ["a", "b", "c", "x"]
    assert frame["equity"].to_list() == [10.0, 5.0, 1.0, -1.0]
    assert frame["pro_rata (USD)"].to_list() == pytest.approx([3.84, 1.92, 0.24, 0.0])
    assert frame["upnl * leverage (USD)"].to_list() == [6.0, 0.0, 0.0, 0.0]
    assert frame["size (USD)"].to_list() == [1.5, 4.0, 0.5, 0.0]


def test_the_terminal_says_who_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = adl("w.csv", "--deficit", "20").stdout
    assert "1 accounts with negative equity are left out" in shown
    assert "…" not in shown


def test_a_deficit_is_laid_by_a_rule_in_python() -> None:
    rule = "def share(loss_usd, sharers):\n    return sharers.cap_usd * loss_usd / 12.5\n"
    Path("mine.py").write_text(rule, encoding="utf-8")
    # caps a 8, b 4, c 0.5: of 12.5 together a deficit of 5 takes two fifths
    adl("w.csv", "--deficit", "5", "--policy", "mine.py:share", "--haircuts", "h.csv")
    found = pl.read_csv("h.csv")
    charges = dict(zip(found["account"], found["mine.py:share (USD)"], strict=True))
    assert charges == pytest.approx({"a": 3.2, "b": 1.6, "c": 0.2, "x": 0.0})


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("w.csv", "--map", "weight=profit"), "has no column profit"),
        (("w.csv", "--map", "gain=weight"), "unknown name gain"),
        (("bad.csv",), "has no column for equity, leverage"),
        (("empty.csv",), "is empty, expected a header line"),
        (("/dev/null",), "is empty, expected a header line"),
        (("bad.csv",), "--map equity=COLUMN --map leverage=x_lever"),
        (("w.csv", "--policy", "my.py:share"), "my.py: cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(words: tuple[str, ...], reason: str) -> None:
    Path("bad.csv").write_text("account,weight,x_lever\na,1,2\n", encoding="utf-8")
    Path("empty.csv").write_text("\n", encoding="utf-8")
    result = adl(*words, "--deficit", "1")
    assert isinstance(result.exception, InputError)
    assert reason in str(result.exception)


@pytest.mark.skipif(not RECORDED.exists(), reason="recorded accounts are not here")
def test_the_recorded_accounts_of_the_night() -> None:
    found = told(str(RECORDED), "--deficit", "23190000", *MAPPED)
    # 654 accounts carry the file's flag: 562 of them have equity, and 32 without it carry none.
    assert found["left_out_negative_equity"] == 654 - 562 + 32
    assert found["winners"] == 19_337 - 124
    assert found["notes"] == [
        "is_negative_equity and equity disagree for 594 of 19,337 accounts; the equity was followed"
    ]
    worst = {
        name: each["largest_haircut_frac_of_equity"] for name, each in found["policies"].items()
    }
    assert min(worst, key=lambda name: worst[name]) == "min_max"
    assert found["policies"]["profit_usd"]["payers"] == 1
    # Each pays the same share of the smaller of profit and equity: 23.19m of 827m, 2.8%.
    frame = pl.read_parquet(RECORDED).filter(pl.col("account_value_realtime") >= 0)
    taken = pl.min_horizontal(pl.col("closed_pnl").clip(0), "account_value_realtime").sum()
    assert worst["pro_rata"] == pytest.approx(23_190_000 / frame.select(taken).item())
    by_profit = told(str(RECORDED), "--deficit", "23190000", "--by-profit", *MAPPED)
    assert by_profit["policies"]["pro_rata"]["largest_haircut_frac_of_equity"] == 1.0
