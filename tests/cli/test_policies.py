"""`crashsim policies`: listed, shown and audited."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim.cli import exits
from crashsim.cli.app import app
from crashsim.engine.adl.policies import POLICIES


def test_all_policies_are_listed_and_shown() -> None:
    listed = CliRunner().invoke(app, ["policies"]).stdout
    assert all(name in listed for name in POLICIES)
    shown = CliRunner().invoke(app, ["policies", "show", "bitmex"]).stdout
    assert "CASE WHEN pnl_frac > 0" in shown and "bitmex.com" in shown
    everything = json.loads(CliRunner().invoke(app, ["policies", "--json"]).stdout)
    assert [each["name"] for each in everything] == list(POLICIES)
    assert all(each["source"] for each in everything)


def test_an_audit_shows_its_counter_examples_and_can_be_a_gate() -> None:
    words = ["policies", "audit", "size", "--books", "8"]
    result = CliRunner().invoke(app, [*words, "--check"])
    assert result.exit_code == exits.FINDING
    assert "split over 10 accounts" in result.stdout and "winner1.9" in result.stdout
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    verdicts = {each["property"]: each["holds"] for each in found["findings"]}
    assert verdicts["split_proof"] is False and verdicts["bounded"] is True


def test_an_audit_wants_one_policy() -> None:
    both = ["policies", "audit", "size", "--adl-score", "upnl"]
    assert CliRunner().invoke(app, both).exit_code == exits.USAGE


def test_a_sharing_rule_is_audited_by_name_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rule = "def share(loss_usd, sharers):\n    return sharers.cap_usd * 0.0\n"
    Path("nobody.py").write_text(rule, encoding="utf-8")
    for name, whole in (("pro_rata", True), ("nobody.py:share", False)):
        words = ["policies", "audit", "--loss", name, "--books", "6"]
        found = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
        assert found["policy"] == name
        verdicts = {each["property"]: each["holds"] for each in found["findings"]}
        assert verdicts["whole"] is whole and verdicts["bounded"] is True
        checked = CliRunner().invoke(app, [*words, "--check"])
        assert checked.exit_code == (0 if whole else exits.FINDING)
    assert "$0.00 is charged where" in checked.stdout
