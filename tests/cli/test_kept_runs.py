"""A run that a comparison keeps is the run made alone, but for what was asked and how."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.lab.folders.run_names import find_runs

POLICY = "def rank(columns):\n    return columns['upnl'] * columns['leverage']\n"
ALONE = {
    "venue-toy": (),
    "venue-binance": ("--venue", "binance"),
    "policy-pro_rata": ("--policy", "pro_rata"),
    "policy-mine.py:rank": ("--policy", "mine.py:rank"),
    "policy-upnl-*-equity": ("--adl-score", "upnl * equity"),
    "loss-ring_fence": ("--set", "loss.deposits=ring_fence"),
    "no-ADL": ("--set", "adl.enabled=false"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("mine.py").write_text(POLICY, encoding="utf-8")
        rules = ("--venue", "binance", "--policy", "pro_rata,mine.py:rank", "--loss", "ring_fence")
        made = ("--adl-score", "upnl * equity", "--keep-runs", "--out", "compared")
        run("compare", "toy", "--seed", "7", *rules, *made)
        for name, options in ALONE.items():
            run("replay", "toy", "--seed", "7", *options, "--out", f"alone/{name}")
    return folder


def run(*words: str) -> None:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_kind_of_variant_is_looked_at(place: Path) -> None:
    assert {path.name for path in (place / "compared" / "runs").iterdir()} == set(ALONE)


@pytest.mark.parametrize("name", ALONE)
def test_a_kept_run_is_the_same_run_made_alone(place: Path, name: str) -> None:
    kept, alone = files(place / "compared" / "runs" / name), files(place / "alone" / name)
    assert alone.pop("timings.json")
    ours, theirs = (json.loads(found.pop("manifest.json")) for found in (kept, alone))
    assert kept == alone
    asked = ours.pop("request"), theirs.pop("request")
    if not name.startswith("loss"):  # one of several settings may be asked for by name, or by key
        assert asked[0] == asked[1]
    ours.pop("argv"), theirs.pop("argv")
    assert ours == theirs


def test_a_kept_run_of_another_venue_counts_the_values_of_its_own_file(place: Path) -> None:
    summary = json.loads((place / "compared/runs/venue-binance/summary.json").read_bytes())
    known = summary["debt_usd"]["inputs"]["venue"]
    assert "margin tables: 0 of 1 market with a source; insurance_fund starts with $" in known
    manifest = json.loads((place / "compared/runs/venue-binance/manifest.json").read_bytes())
    assert manifest["scenario"]["scenario"]["venue"] == "binance"


def test_two_runs_whose_names_look_alike_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    long = " + ".join(["upnl"] * 60)
    scores = ("1 / leverage", "1 - leverage", long)
    run("compare", "toy", *(f"--adl-score={score}" for score in scores), "--keep-runs", "--out=two")
    kept = [folder.manifest.content()["request"]["adl_score"] for folder in find_runs("two")]
    assert kept == [None, *scores, None]
    run("report", "two", "--out", "two.html")
