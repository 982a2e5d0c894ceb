"""The summary for people: exact words and numbers, in 80 columns."""

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from crashsim.cli import progress
from crashsim.cli.show import replay
from crashsim.engine.readings import minutes


def shown(tmp_path: Path, hand_made: Any, **options: Any) -> str:
    folder = hand_made.write(tmp_path / "run")
    screen = io.StringIO()
    settings = {"width": 80, "markup": False, "highlight": False} | options
    Console(file=screen, **settings).print(*replay.rendered(folder))
    return screen.getvalue()


def line(text: str, start: str) -> list[str]:
    (found,) = (row for row in text.splitlines() if row.strip().startswith(start))
    return found.split()


def test_it_fits_80_columns_and_has_no_colour_in_a_pipe(tmp_path: Path, hand_made: Any) -> None:
    text = shown(tmp_path, hand_made)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_it_has_colour_on_a_terminal_and_none_under_no_color(
    tmp_path: Path, hand_made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[33m" in shown(tmp_path, hand_made, force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[33m" not in shown(tmp_path, hand_made, force_terminal=True)


def test_counts_and_dollars_are_those_of_the_summary(tmp_path: Path, hand_made: Any) -> None:
    text = shown(tmp_path, hand_made)
    assert line(text, "liquidated on the order book")[-2:] == ["12,345", "$987,654,321"]
    assert line(text, "auto-deleveraged (winners")[-2:] == ["12", "$66,000,000"]
    assert line(text, "deposits that went to debts")[-2:] == ["1", "$40,000"]
    assert line(text, "insurance_fund, at its lowest")[-1] == "-$1,234,567"
    assert line(text, "first takeover refused")[-2:] == ["21:18:42", "UTC"]
    assert line(text, "marks fell by")[-4:] == ["ATOMUSDT", "99.9%,", "BTCUSDT", "16.7%"]


def test_the_ten_hardest_hit_are_ranked_by_cost_and_the_rest_counted(
    tmp_path: Path, hand_made: Any
) -> None:
    text = shown(tmp_path, hand_made)
    ranked = [row.split()[0] for row in text.splitlines() if row.startswith("  winner-")]
    assert ranked == [f"winner-{n:04}" for n in range(11, 1, -1)]
    assert "and 2 more in accounts.parquet" in text
    debtor = [row.split() for row in text.splitlines() if "debtor-0001" in row]
    assert debtor[0] == debtor[1]  # deepest in debt, and most of the deposits that went to debts
    assert debtor[0][1:] == ["$52,000", "$40,000", "$40,000", "$12,000"]


def test_a_winners_largest_position_is_named_and_the_others_counted(
    tmp_path: Path, hand_made: Any
) -> None:
    fill = hand_made.fill
    fills = [fill("BTC", 1.0, 50.0), fill("ETH", 3.0, 40.0), fill("SOL", 1.0, 2.0)]
    hand_made.tables["adl_fills"] = hand_made.frame("adl_fills", fills)
    text = shown(tmp_path, hand_made)
    assert line(text, "winner-0011")[1:4] == ["short", "ETH", "+2"]


def test_a_quiet_run_has_no_tables_of_victims(tmp_path: Path, hand_made: Any) -> None:
    for name in ("accounts", "timeline"):
        hand_made.tables[name] = hand_made.frame(name, [{}])
    text = shown(tmp_path, hand_made)
    assert "Hardest hit" not in text
    assert "Deepest in debt" not in text


def test_names_that_look_like_markup_stay_what_they_are(tmp_path: Path, hand_made: Any) -> None:
    row = {"account": "[red]x[/red]", "was_in_debt": True, "debt_peak_usd": 5.0}
    hand_made.tables["accounts"] = hand_made.frame("accounts", [row])
    assert "[red]x[/red]" in shown(tmp_path, hand_made)


def test_warnings_are_printed(tmp_path: Path, hand_made: Any) -> None:
    hand_made.manifest["warnings"] = ["the grid is coarser than 5 s"]
    assert "the grid is coarser than 5 s" in shown(tmp_path, hand_made)


def bars(values: list[float], columns: int, *, peak: bool = False) -> str:
    return replay.sparkline(minutes.levels(pl.Series(values), columns, 8, peak=peak))


def test_a_sparkline_shows_sums_as_bars_and_nothing_as_a_blank() -> None:
    assert bars([0.0, 0.0, 1.0, 3.0, 8.0, 8.0], 3) == " ▃█"
    assert bars([0.0, 5.0, 10.0, 10.0], 2, peak=True) == "▅█"
    assert bars([0.0, 0.0], 5) == "  "
    assert len(bars([1.0] * 4501, 56)) == 56


def test_a_tiny_bar_is_never_a_blank() -> None:
    assert bars([1e-9, 1.0], 2) == "▁█"


def test_no_progress_is_shown_where_nobody_looks() -> None:
    with progress.progress_bar("replaying") as report:
        assert report is None


def test_progress_appears_on_a_terminal_after_the_first_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    monkeypatch.setattr(progress, "_now", lambda: now[0])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress.progress_bar("replaying toy") as report:
        assert report is not None
        now[0] = 0.5
        report(1, 10)
        assert capsys.readouterr().err == ""
        now[0] = 1.5
        report(5, 10)
    streams = capsys.readouterr()
    assert "replaying toy" in streams.err
    assert streams.out == ""
