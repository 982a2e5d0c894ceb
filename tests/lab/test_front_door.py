"""`import crashsim`: the names, and what they return."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import crashsim
from crashsim.cli.app import app
from crashsim.engine.measure.metrics import METRICS
from crashsim.engine.record.tables import TABLES
from crashsim.lab.library.run_result import Run, RunTables
from crashsim.scenarios.files.overrides import parse_setting, setting_text

ROOT = Path(__file__).parents[2]
PACKAGES = ("crashsim", "crashsim.data", "crashsim.engine", "crashsim.lab", "crashsim.scenarios")
HEAVY = {"numpy", "polars", "pyarrow", "pydantic", "rich", "typer"}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return found


def test_importing_the_package_loads_nothing_heavy() -> None:
    probe = "import sys, crashsim; dir(crashsim); print(*{n.split('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(done.stdout.split())


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_shows_its_names_and_each_can_be_had(name: str) -> None:
    package = importlib.import_module(name)
    assert dir(package) == sorted(package.__all__)
    for public in dir(package):
        assert getattr(package, public) is not None, public
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(package, "nothing")  # noqa: B009 - mypy knows that it is not there


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_gives_every_name_that_editors_see(name: str) -> None:
    package = importlib.import_module(name)
    tree = ast.parse(Path(str(package.__file__)).read_text("utf-8"))
    homes = {
        alias.asname: importlib.import_module(str(node.module))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    assert homes.keys() == set(package.__all__) == set(dir(package))
    for each, home in homes.items():
        assert getattr(package, each) is getattr(home, each)


def test_the_front_door_shows_no_module_of_its_own() -> None:
    assert {"replay", "compare", "open_run", "load", "Run"} <= set(dir(crashsim))
    assert {"cli", "front_door", "lazy"}.isdisjoint(dir(crashsim))


def test_a_run_has_every_table_as_a_typed_attribute() -> None:
    assert set(RunTables.__annotations__) == {"tables", *TABLES}
    run = crashsim.replay("toy")
    assert list(run.tables) == list(TABLES)
    for name in TABLES:
        assert getattr(run, name) is run.tables[name]
    assert {"adl_fills", "metrics", "save"} <= set(dir(run))
    with pytest.raises(AttributeError, match="a run has no 'ledger'"):
        getattr(run, "ledger")  # noqa: B009 - mypy knows that it is not there


def test_a_saved_run_is_the_folder_of_the_command() -> None:
    words = ["replay", "toy", "--set", "adl.grace_s=0.0", "--seed", "7", "--format", "csv"]
    subprocess.run(
        [sys.executable, "-m", "crashsim", *words, "--out", "by-command"],
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
    )
    run = crashsim.replay("toy", set={"adl.grace_s": 0.0}, seed=7)
    assert run.save("by-library", csv=True) == Path("by-library")
    ours, theirs = files(Path("by-library")), files(Path("by-command"))
    made, wanted = (json.loads(found.pop("manifest.json")) for found in (ours, theirs))
    assert ours.pop("timings.json") and theirs.pop("timings.json")
    assert ours == theirs
    assert made.pop("argv") == ["replay", "toy", "--set", "adl.grace_s=0.0", "--seed", "7"]
    del wanted["argv"]
    assert made == wanted


def test_a_run_goes_under_runs_by_its_name() -> None:
    run = crashsim.replay("toy", venue="binance")
    assert run.save() == Path("runs") / run.name
    assert crashsim.open_run(run.name[:-3]).name == run.name


def test_an_opened_run_is_the_run() -> None:
    run = crashsim.replay("toy")
    opened = crashsim.open_run(run.save("night"))
    assert type(opened) is type(run) is Run
    for name in TABLES:
        assert_frame_equal(getattr(opened, name), getattr(run, name))
    assert_frame_equal(opened.metrics, run.metrics)
    assert opened.account("bob") == run.account("bob")
    assert repr(opened) == repr(run)
    assert opened._repr_html_() == run._repr_html_()
    assert opened.scenario == run.scenario
    markets = ("BTC", "ETH")
    assert opened.scenario.resolved(markets) == crashsim.load("toy").resolved(markets)


def test_an_opened_run_is_copied_to_the_byte() -> None:
    first = crashsim.replay("toy").save("first")
    second = crashsim.open_run(first).save("second")
    assert files(first) == files(second)
    third = crashsim.open_run(first).save("third", csv=True)
    assert files(third) == files(crashsim.replay("toy").save("fourth", csv=True)) | {
        "timings.json": files(first)["timings.json"]
    }
    assert crashsim.open_run(first).save(first) == first  # onto itself
    assert files(first) == files(second)


def test_a_run_is_saved_over_no_folder_of_others(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    run = crashsim.replay("toy")
    opened = crashsim.open_run(run.save("night"))
    for one in (run, opened):
        with pytest.raises(crashsim.OutputError, match="other files in it"):
            one.save("mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_metrics_are_those_of_the_summary_with_their_words() -> None:
    run = crashsim.replay("toy")
    rows = run.metrics
    words = ["unit", "definition", "sign", "horizon", "price_source"]
    assert rows.columns == ["metric", "key", "value", "text", *words]
    assert rows["metric"].unique(maintain_order=True).to_list() == list(METRICS)
    (debt,) = rows.filter(metric="debt_usd").iter_rows(named=True)
    metric = METRICS["debt_usd"]
    assert [debt[word] for word in words] == [getattr(metric, word) for word in words]
    assert round(debt["value"], 2) == 231.14
    assert debt["value"] == run.metric("debt_usd") == run.summary["debt_usd"]["value"]
    (fall,) = rows.filter(metric="mark_fall_frac_by_market").iter_rows(named=True)
    assert (fall["key"], fall["value"]) == ("TOY", 0.12)


def test_a_metric_that_is_a_time_is_in_the_text() -> None:
    run = crashsim.replay("toy", venue="binance", set={"absorber.1.cash": 1})
    (row,) = run.metrics.filter(metric="absorber_first_refusal_at").iter_rows(named=True)
    assert (row["value"], row["text"]) == (None, run.metric("absorber_first_refusal_at"))
    assert row["text"].startswith("2025-10-10T21:0")


def test_unknown_names_are_told_with_the_nearest() -> None:
    run = crashsim.replay("toy")
    with pytest.raises(crashsim.InputError, match=r'no metric "debt_us".*debt_usd'):
        run.metric("debt_us")
    with pytest.raises(crashsim.InputError, match=r'no account "bib".*named like'):
        run.account("bib")
    with pytest.raises(crashsim.InputError, match=r'no metric "haircuts".*haircut'):
        crashsim.compare("toy", policies=["random"]).metric("haircuts")
    with pytest.raises(crashsim.InputError, match=r"adl\.grace: unknown key.*grace_s"):
        crashsim.replay("toy", set={"adl.grace": 0.0})


def test_inputs_are_replaced_as_by_the_options(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "accounts.csv").write_text("account,cash\nme,500\n")
    (tmp_path / "more" / "positions.csv").write_text(
        "account,market,size,entry_price\nme,TOY,-20,100\n"
    )
    (tmp_path / "none.csv").write_text("time,account,kind,amount\n")
    toy = ROOT / "scenarios" / "bundled" / "toy"
    run = crashsim.replay(
        "toy",
        prices=toy / "prices.csv",
        book=toy / "book",
        flows=tmp_path / "none.csv",
        extra_book=["more"],
    )
    assert "me" in run.accounts["account"]
    assert run.flows.is_empty()
    assert list(run.manifest.argv[2::2]) == ["--prices", "--book", "--flows", "--with"]


def test_rankings_and_losses_are_replaced_as_by_the_options(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def rank(columns):\n    return -columns['leverage']\n")
    by_file = crashsim.replay("toy", policy="mine.py:rank")
    by_text = crashsim.replay("toy", adl_score="-leverage")
    first = by_file.adl_fills["winner"].to_list()
    assert first == by_text.adl_fills["winner"].to_list()
    assert first != crashsim.replay("toy").adl_fills["winner"].to_list()
    assert by_file.manifest.content()["policy_file"]["function"] == "rank"
    assert "mine.py:rank" in by_file._repr_html_()
    assert by_text.scenario.venue.adl.score == "-leverage"
    assert crashsim.replay("toy", loss="write_off").metric("debt_usd") == 0.0
    with pytest.raises(crashsim.InputError, match="not both"):
        crashsim.replay("toy", policy="random", adl_score="upnl")
    with pytest.raises(crashsim.PolicyError, match="nonsense"):
        crashsim.replay("toy", adl_score="nonsense")
    result = CliRunner().invoke(app, ["replay", "toy", "--loss", "write_off", "--json"])
    assert json.loads(result.stdout)["debt_usd"]["value"] == 0.0


@pytest.mark.parametrize(
    "value",
    [
        True,
        0,
        -3,
        0.1,
        1e-9,
        1e22,
        float("inf"),
        "mark",
        "1.5",
        'say "ü"\\',
        [1.5, 2],
        ["a", "b"],
        {"kind": "tiers", "tiers": [{"from": 0, "rate": 0.05}]},
    ],
)
def test_a_setting_keeps_its_python_value(value: object) -> None:
    setting = parse_setting(setting_text('margin.markets."*"', value))
    assert (setting.key, setting.value) == (("margin", "markets", "*"), value)
    assert type(setting.value) is type(value)


@pytest.mark.parametrize("value", [None, object(), [None], {1, 2}])
def test_a_setting_that_no_file_could_hold_is_refused(value: object) -> None:
    with pytest.raises(crashsim.InputError, match=r"set adl\.lot: found .*, expected a number"):
        crashsim.replay("toy", set={"adl.lot": value})


def test_a_path_in_a_setting_is_its_text() -> None:
    assert parse_setting(setting_text("prices.path", Path("a/b.csv"))).value == "a/b.csv"


def test_a_comparison_is_the_folder_of_the_command() -> None:
    words = ["--policy", "pro_rata", "--adl-score", "upnl", "--loss", "write_off", "--keep-runs"]
    result = CliRunner().invoke(app, ["compare", "toy", *words, "--out", "by-command"])
    assert result.exit_code == 0, result.output
    found = crashsim.compare("toy", policies=["pro_rata"], scores=["upnl"], losses=["write_off"])
    assert found.save("by-library") == Path("by-library")
    ours, theirs = files(Path("by-library")), files(Path("by-command"))
    assert ours.keys() == theirs.keys()
    for name in ours:
        if not name.endswith(("manifest.json", "comparison.json", "timings.json")):
            assert ours[name] == theirs[name], name
    content = json.loads(ours["comparison.json"])
    assert content["argv"] == ["compare", "toy", *words[:-1]]
    assert content["metrics"] == json.loads(theirs["comparison.json"])["metrics"]


def test_a_comparison_has_frames_words_and_runs() -> None:
    found = crashsim.compare("toy", venues=["binance"], losses=["write_off"])
    assert list(found.runs) == ["venue toy", "venue binance", "loss write_off", "no ADL"]
    debt = found.metrics.filter(metric="debt_usd")
    assert dict(debt.select("run", "value").iter_rows()) == found.metric("debt_usd")
    assert debt["definition"].unique().to_list() == [METRICS["debt_usd"].definition]
    assert set(found.changes["run"]) <= set(found.runs)
    alone = crashsim.replay("toy", loss="write_off")
    for name in TABLES:
        assert_frame_equal(found.runs["loss write_off"].tables[name], alone.tables[name])
    assert found.runs["loss write_off"].summary == alone.summary
    assert found.runs["loss write_off"].name == alone.name


def test_one_name_need_not_be_in_a_list() -> None:
    found = crashsim.compare("toy", venues="binance", policies="random", losses="net")
    assert list(found.runs) == [
        "venue toy",
        "venue binance",
        "policy random",
        "loss net",
        "no ADL",
    ]


def test_a_comparison_that_kept_no_runs_says_so() -> None:
    found = crashsim.compare("toy", policies=["random"], keep_runs=False, horizon_s=60.0)
    assert found.runs == {}
    assert found.content["horizon_s"] == 60.0
    with pytest.raises(crashsim.InputError, match="keep_runs=True"):
        found.report("page.html")


def test_reports_are_the_pages_of_the_command() -> None:
    run = crashsim.replay("toy")
    assert run.report("ours.html") == Path("ours.html")
    folder = str(run.save("night"))
    assert CliRunner().invoke(app, ["report", folder, "--out", "theirs.html"]).exit_code == 0
    assert Path("ours.html").read_bytes() == Path("theirs.html").read_bytes()
    found = crashsim.compare("toy", policies=["pro_rata"])
    found.report("ours.html")
    folder = str(found.save("nights"))
    assert CliRunner().invoke(app, ["report", folder, "--out", "theirs.html"]).exit_code == 0
    assert Path("ours.html").read_bytes() == Path("theirs.html").read_bytes()


def test_everything_is_told_in_one_line() -> None:
    run = crashsim.replay("toy")
    assert repr(run) == (
        "Run toy under toy: 6 accounts, 2 liquidated, 2 deleveraged, 1 in debt at the end ($231)"
    )
    found = crashsim.compare("toy", policies=["random"])
    assert repr(found) == "Comparison of toy: 3 runs, venue toy against policy random, no ADL"
    scenario = crashsim.load("toy")
    told = "Scenario toy under toy: 2025-10-10 21:00:00 to 2025-10-10 21:05:00 UTC, seed 1"
    assert repr(scenario) == str(scenario) == told
    inputs = crashsim.data.read_inputs(scenario)
    outcome = crashsim.engine.replay(inputs.tape, inputs.book, inputs.flows, scenario.venue)
    assert repr(outcome) == (
        f"Outcome: 6 accounts, 6 steps, 2 deleveraged, 1 in debt at the end; {len(TABLES)} tables"
    )


def test_the_card_of_a_notebook_has_rules_metrics_and_counts_but_no_rows() -> None:
    run = crashsim.replay("toy")
    card = run._repr_html_()
    assert f'<pre class="crashsim-text">{run!r}</pre>' in card
    for told in ("<td>leverage</td>", ">231.14</td><td>USD</td>", "<td>adl_fills</td>", "assumed"):
        assert told in card
    assert "bob" not in card
    assert "<tr></tr>" not in card
    assert len(card) < 6_000


def test_names_are_escaped_in_a_card() -> None:
    run = crashsim.replay("toy", set={"scenario.name": "<b>x</b>", "name": "<script>"})
    found = crashsim.compare("toy", policies=["random"], set={"name": "<script>"})
    for card in (run._repr_html_(), found._repr_html_()):
        assert "&lt;script&gt;" in card
        assert "<script>" not in card and "<b>x" not in card


def test_a_scenario_of_another_version_is_told_and_the_rest_stays_readable() -> None:
    folder = crashsim.replay("toy").save("night")
    made = manifest(folder)
    made["crashsim"] = "9.9.9"
    made["scenario"]["scenario"]["weather"] = "fair"
    (folder / "manifest.json").write_text(json.dumps(made), "utf-8")
    run = crashsim.open_run(folder)
    assert run.accounts.filter(pl.col("was_in_debt"))["account"].to_list() == ["bob"]
    with pytest.raises(crashsim.InputError, match=r"made by crashsim 9\.9\.9"):
        assert run.scenario


def test_what_is_no_run_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(crashsim.InputError, match="neither a run folder nor"):
        crashsim.open_run("oct12")
    with pytest.raises(crashsim.InputError, match="not a run folder"):
        crashsim.open_run(tmp_path)
