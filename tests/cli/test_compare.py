"""`crashsim compare` and its neighbours, from the command line."""

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli import exits
from crashsim.cli.app import app
from crashsim.cli.show.compare import GROUPS, written, written_delta
from crashsim.engine.measure.metrics import COMPARISON_METRICS
from crashsim.lab.errors import OutputError
from crashsim.lab.rules.policy_sources import loss_names
from crashsim.scenarios.errors import InputError


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def compare(*words: str) -> Any:
    return CliRunner().invoke(app, ["compare", *words])


def told(*words: str) -> dict[str, Any]:
    result = compare("toy", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_without_options_it_tells_the_story() -> None:
    runs = told()["runs"]
    assert list(runs) == [
        "venue toy",
        "venue backpack",
        "venue binance",
        "venue hyperliquid",
        "policy bitmex",
        "policy binance",
        "policy hyperliquid",
        "policy pro_rata",
        "policy random",
        "loss ring_fence",
        "no ADL",
    ]


def test_the_dispute_over_deposits_is_told_in_numbers() -> None:
    found = told("--loss", "ring_fence")
    swallowed = found["metrics"]["deposits_to_debt_usd"]
    assert swallowed["values"] == {"venue toy": 400.0, "loss ring_fence": 0.0, "no ADL": 0.0}
    assert swallowed["deltas"]["loss ring_fence"] == -400.0
    assert swallowed["definition"] == COMPARISON_METRICS["deposits_to_debt_usd"].definition


def test_the_first_run_is_the_replay_of_the_scenario() -> None:
    found = told("--policy", "bitmex")["metrics"]
    alone = CliRunner().invoke(app, ["replay", "toy", "--json"])
    for name, entry in json.loads(alone.stdout).items():
        assert found[name]["values"]["venue toy"] == entry["value"], name


def test_an_account_of_the_users_own_is_in_every_run() -> None:
    Path("me.csv").write_text("account,cash,market,size,entry_price\nme,500,TOY,-20,100\n", "utf-8")
    assert (
        compare(
            "toy", "--with", "me.csv", "--policy", "random", "--keep-runs", "--out", "c"
        ).exit_code
        == 0
    )
    found = sorted(Path("c/runs").glob("*/accounts.parquet"))
    assert len(found) == 3
    assert all("me" in pl.read_parquet(path)["account"].to_list() for path in found)


def test_many_processes_find_what_one_does() -> None:
    words = ("--policy", "bitmex,pro_rata", "--loss", "share", "--venue", "binance")
    one, two = (told(*words, "--jobs", jobs) for jobs in ("1", "2"))
    (timings,) = Path("runs").glob("compare-*/timings.json")
    assert json.loads(timings.read_bytes())["workers"] == 2
    for part in ("runs", "metrics", "changes", "comparison"):
        assert one[part] == two[part], part


def test_a_folder_holds_the_comparison_and_its_runs() -> None:
    result = compare("toy", "--policy", "random", "--out", "here", "--keep-runs")
    assert result.exit_code == 0
    content = json.loads(Path("here/comparison.json").read_text(encoding="utf-8"))
    metrics = pl.read_parquet("here/metrics.parquet")
    (debt,) = metrics.filter(metric="debt_usd", run="policy random").iter_rows(named=True)
    assert debt["value"] == content["metrics"]["debt_usd"]["values"]["policy random"]
    changes = pl.read_parquet("here/changes.parquet")
    assert changes.to_dict(as_series=False) == content["changes"]
    runs = sorted(path.name for path in Path("here/runs").iterdir())
    assert runs == ["no-ADL", "policy-random", "venue-toy"]
    manifest = json.loads(Path("here/runs/policy-random/manifest.json").read_text(encoding="utf-8"))
    assert manifest["venue"]["adl"]["score"] == "random"


def test_the_same_comparison_has_the_same_name_and_bytes() -> None:
    first, again = (told("--policy", "random") for _ in range(2))
    assert first["comparison"] == again["comparison"] != told()["comparison"]
    bytes_of = Path(f"runs/{first['comparison']}/metrics.parquet").read_bytes
    before = bytes_of()
    told("--policy", "random")
    assert bytes_of() == before


def test_a_comparison_does_not_replace_other_files() -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("years of work", encoding="utf-8")
    result = CliRunner().invoke(app, ["compare", "toy", "--out", "mine"])
    assert isinstance(result.exception, OutputError)
    assert Path("mine/thesis.txt").exists()


@pytest.mark.parametrize("columns", [80, 120])
def test_the_tables_fit_the_terminal_and_name_every_run(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = compare("toy").stdout
    assert max(len(line) for line in shown.splitlines()) <= columns
    assert "…" not in shown
    for group in GROUPS:
        assert group.question in shown
    assert "could not all have been paid" in " ".join(shown.split())
    assert "policy hyperliquid" in shown and "no ADL" in shown


def test_other_programs_and_pages_get_their_forms() -> None:
    table = pl.read_csv(compare("toy", "--policy", "random", "--csv").stdout.encode())
    assert table.columns == ["metric", "unit", "key", "run", "value", "text", "delta"]
    page = compare("toy", "--policy", "random", "--md").stdout
    assert "| policy random |" in page and "`haircut_usd`" in page
    assert compare("toy", "--policy", "random", "--parquet", "m.parquet").exit_code == 0
    assert pl.read_parquet("m.parquet").height == table.height
    assert compare("toy", "--csv", "--md").exit_code == exits.USAGE


def test_a_condition_that_is_met_exits_with_1_and_says_by_whom() -> None:
    met = compare("toy", "--policy", "random", "--fail-on", "debt_usd > 0")
    assert met.exit_code == exits.FINDING
    assert "venue toy: debt_usd > 0" in met.stderr
    assert compare("toy", "--policy", "random", "--fail-on", "debt_usd > 1e6").exit_code == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--policy", "bitmx"), 'did you mean "bitmex"'),
        (("--loss", "cary"), 'did you mean "carry"'),
        (("--venue", "bynance"), 'did you mean "binance"'),
        (("--policy", "nowhere.toml"), "no such file"),
        (("--policy", "nowhere.py:rank"), "cannot be read"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told(words: tuple[str, ...], reason: str) -> None:
    result = compare("toy", *words)
    assert isinstance(result.exception, InputError)
    assert reason in str(result.exception)
    assert not Path("runs").exists()


def test_a_policy_file_may_change_score_and_allocation_only() -> None:
    Path("p.toml").write_text('[adl]\nscore = "upnl"\nprice = "mark"\n', encoding="utf-8")
    result = compare("toy", "--policy", "p.toml")
    assert isinstance(result.exception, InputError)
    assert "price" in str(result.exception)


def test_every_metric_is_explained() -> None:
    assert "could not all have been paid" in compare("--explain", "haircut_usd").stdout
    words = compare("--explain", "all").stdout
    assert all(f"{name} (" in words for name in COMPARISON_METRICS)
    assert compare("--explain", "haircut").exit_code == exits.USAGE
    assert compare().exit_code == exits.USAGE


def test_every_metric_of_the_layout_exists_once() -> None:
    shown = [metric for group in GROUPS for metric in group.headings]
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(COMPARISON_METRICS)


@pytest.mark.parametrize(
    ("metric", "value", "text", "delta"),
    [
        ("debt_usd", 1_234_567.0, "$1.2m", "+$1.2m"),
        ("debt_usd", -45_300.0, "-$45.3k", "-$45.3k"),
        ("debt_usd", 0.2, "$0.20", "+$0.20"),
        ("debt_usd", 1e-9, "$0", ""),
        ("max_haircut_frac", 0.1234, "12.3%", "+12.3 pt"),
        ("max_haircut_frac", -0.0001, "<0.1%", "-<0.1 pt"),
        ("haircut_spearman_size", 0.5, "+0.50", "+0.50"),
        ("adl_accounts", 12_289, "12,289", "+12,289"),
        ("adl_gini", None, "-", ""),
    ],
)
def test_how_numbers_are_written(metric: str, value: Any, text: str, delta: str) -> None:
    assert written(metric, value) == text
    assert written_delta(metric, value) == delta


def test_every_name_of_a_loss_rule_is_a_run_of_its_own() -> None:
    names = loss_names()
    assert {"withdrawal_haircut", "rap_cvar", "ring_fence", "drift"} <= set(names)
    runs = told(*(word for name in names for word in ("--loss", name)))["runs"]
    assert [f"loss {name}" for name in names] == list(runs)[1:-1]
    assert runs["loss rap_cvar"]["venue"]["loss"] == {
        "policy": "share",
        "deposits": "net",
        "basis": "profit",
        "rule": "rap_cvar",
    }


def test_a_sharing_rule_in_python_is_named_by_its_file_and_hash() -> None:
    Path("sub").mkdir()
    rule = "def share(loss_usd, sharers):\n    return sharers.cap_usd * 0.0\n"
    Path("sub/mine.py").write_text(rule, encoding="utf-8")
    run = told("--loss", str(Path("sub/mine.py:share").absolute()))["runs"]["loss mine.py:share"]
    assert run["venue"]["loss"]["rule"] == "mine.py:share"
    sha256 = hashlib.sha256(rule.encode()).hexdigest()
    assert run["loss_file"] == {"name": "mine.py", "function": "share", "sha256": sha256}
    assert run["policy_file"] is None
