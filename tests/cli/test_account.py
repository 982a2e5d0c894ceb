"""`crashsim account`: the statement of one account, and what stands first in it."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crashsim.cli.app import app
from crashsim.scenarios.errors import InputError


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two toys: as it is, and with deposits left alone."""
    folder = tmp_path_factory.mktemp("runs")
    for name, more in (("toy", []), ("fenced", ["--set", "loss.deposits=ring_fence"])):
        done = typed("replay", "toy", "--out", folder / name, *more)
        assert done.exit_code == 0
    return folder


def typed(*args: str | Path) -> Result:
    """`crashsim ARGS`, with the arguments where a manifest finds them."""
    words = [*map(str, args)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["crashsim", *words])
        return CliRunner().invoke(app, words)


def crash(*args: str | Path) -> Result:
    return typed("account", *args)


def test_why_did_my_deposit_disappear_is_answered_first(place: Path) -> None:
    done = crash(place / "toy", "bob")
    lines = done.stdout.splitlines()
    assert lines[2].startswith(
        "Of your deposits of $400.00, $400.00 went to a debt that you already"
    )
    assert "The debt began at 21:03:00 UTC" in done.stdout
    assert "You still owe $231.14 at the end." in done.stdout
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in done.stdout


def test_who_kept_the_deposit_is_not_told_that_it_disappeared(place: Path) -> None:
    done = crash(place / "fenced", "bob")
    assert "went to a debt" not in done.stdout
    assert "You still owe $631.14 at the end." in done.stdout


def test_an_untouched_account_is_told_so(place: Path) -> None:
    assert "Nothing was closed by force in this account" in crash(place / "toy", "eve").stdout


def test_the_deleveraged_learn_who_was_ahead_and_what_the_score_read(place: Path) -> None:
    told = " ".join(crash(place / "toy", "whale").stdout.split())
    assert "for the bankruptcy of bob: place 2 of 2 in the queue, 1 was ahead of you" in told
    assert "computed from: leverage = 0.785714." in told


def test_the_json_has_every_item_and_adds_up(place: Path) -> None:
    content = json.loads(crash(place / "toy", "dora", "--json").stdout)
    moved = sum(item["equity_usd"] for item in content["items"])
    assert content["opening_equity_usd"] + moved == pytest.approx(content["closing_equity_usd"])
    (fill,) = (item for item in content["items"] if item["kind"] == "adl_winner")
    assert (fill["rank"], fill["ahead"], fill["counterparty"]) == (1, 0, "bob")
    assert fill["candidates"] == 2
    assert fill["score_inputs"] == {"leverage": pytest.approx(4.0)}


def test_the_csv_has_every_item_unrounded(place: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(crash(place / "toy", "bob", "--csv").stdout)))
    opening, *items, closing = rows
    assert (opening["kind"], closing["kind"]) == ("opening", "closing")
    moved = sum(float(row["equity_usd"]) for row in items)
    assert float(opening["equity_usd"]) + moved == pytest.approx(float(closing["equity_usd"]))
    assert float(closing["debt_usd"]) == pytest.approx(231.13975)


def test_across_puts_the_same_account_under_other_rules_beside_it(place: Path) -> None:
    done = crash(place / "toy", "bob", "--across", place / "fenced", "--md")
    head = done.stdout.splitlines()[:4]
    assert head[0].startswith("| run | equity | debt |")
    assert "| 0.00 | 231.14 |" in head[2] and "| 400.00 |" in head[2]
    assert "| 400.00 | 631.14 |" in head[3]


def test_an_unknown_account_is_named_with_examples(place: Path) -> None:
    done = crash(place / "toy", "zoe")
    assert isinstance(done.exception, InputError)
    assert 'no account "zoe"; its accounts are named like ann, bob, cara' in str(done.exception)


def test_a_comparisons_runs_say_what_the_score_read_too(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "compared"
    made = ["compare", "toy", "--policy", "bitmex", "--keep-runs", "--out", str(out), "--jobs", "1"]
    assert typed(*made).exit_code == 0
    told = crash(out / "runs" / "policy-bitmex", "whale")
    assert "computed from:" in " ".join(told.stdout.split())
    page = typed("report", out, "--out", tmp_path / "page.html")
    assert page.exit_code == 0
    assert "3 replays side by side" in (tmp_path / "page.html").read_text()
