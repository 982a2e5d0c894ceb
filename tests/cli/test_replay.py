"""`crashsim replay` on the toy: what it prints, what it leaves, and how it fails."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import crashsim
from crashsim import engine, scenarios
from crashsim.cli import app
from crashsim.engine.errors import ConservationError
from crashsim.engine.measure.metrics import METRICS
from crashsim.engine.record.tables import TABLES, polars_schema
from crashsim.lab.folders import run_folder
from crashsim.lab.request import Request
from crashsim.scenarios import Overrides

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    """What a command left on its streams."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `crashsim ARGS` in an empty folder, through main() and its exit codes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRASHSIM_DEBUG", raising=False)

    def run(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["crashsim", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            app.main()
        streams = capsys.readouterr()
        code = stop.value.code
        return Done(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_replay_prints_the_summary_and_leaves_one_run_folder(crash: Command) -> None:
    done = crash("replay", "toy")
    assert done.code == 0
    assert done.err == ""
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("toy-toy-")
    for words in ("How this is known", "auto-deleveraged", "in debt at the end", folder.name):
        assert words in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "\x1b" not in done.out


def test_every_table_has_the_columns_of_the_schema(crash: Command) -> None:
    crash("replay", "toy", "--out", "run")
    folder = run_folder.read(Path("run"))
    for name in TABLES:
        assert folder.table(name).schema == polars_schema(name), name


def test_json_is_the_summary_and_nothing_else(crash: Command) -> None:
    done = crash("replay", "toy", "--out", "run", "--json")
    printed = json.loads(done.out)
    assert list(printed) == list(METRICS)
    assert printed == json.loads(Path("run/summary.json").read_text())
    for metric in printed.values():
        assert metric["definition"] and metric["unit"] and metric["inputs"]


def test_two_runs_give_the_same_bytes_apart_from_timings(crash: Command) -> None:
    crash("replay", "toy", "--format", "csv", "--out", "one")
    crash("replay", "toy", "--format", "csv", "--out", "two")
    one, two = files_of(Path("one")), files_of(Path("two"))
    for files in (one, two):
        assert list(json.loads(files.pop("timings.json"))) == [
            "started_at",
            "read_s",
            "replay_s",
            "metrics_s",
            "draws_s",
        ]
    assert one == two
    assert {f"{name}.csv" for name in TABLES} < set(one)


def test_the_default_folder_is_named_after_what_decides_the_result(crash: Command) -> None:
    crash("replay", "toy")
    crash("replay", "toy", "--format", "csv")
    assert len(list(Path("runs").iterdir())) == 1
    for change in (("--seed", "2"), ("--venue", "binance"), ("--set", "adl.grace_s=0")):
        crash("replay", "toy", *change)
    assert len(list(Path("runs").iterdir())) == 4


def test_options_change_the_run(crash: Command) -> None:
    done = crash("replay", "toy", "--set", "adl.grace_s=0.0", "--seed", "9", "--out", "run")
    assert done.code == 0, done.err
    manifest = run_folder.read(Path("run")).manifest
    assert manifest.content()["venue"]["adl"]["grace_s"] == 0.0
    assert manifest.seed == 9
    assert manifest.argv == ("replay", "toy", "--set", "adl.grace_s=0.0", "--seed", "9")
    assert manifest.request == Request("toy", Overrides(seed=9, set=("adl.grace_s=0.0",)))


def test_my_own_account_joins_the_book(crash: Command, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "accounts.csv").write_text("account,cash\nme,1000\n")
    (mine / "positions.csv").write_text("account,market,size,entry_price\nme,TOY,5,100\n")
    done = crash("replay", "toy", "--with", mine, "--out", "run")
    assert done.code == 0, done.err
    folder = run_folder.read(Path("run"))
    assert "me" in folder.table("accounts")["account"]
    assert folder.manifest.window.accounts == 7


def test_the_manifest_names_no_home_and_no_folder_of_this_machine(
    crash: Command, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "ada"
    home.mkdir(parents=True)
    flows = home / "flows.csv"
    flows.write_text("time,account,kind,amount\n2025-10-10T21:01:00Z,bob,deposit,5\n")
    assert crash("replay", "toy", "--flows", flows, "--out", "run").code == 0
    text = Path("run/manifest.json").read_text()
    assert str(home) not in text
    assert str(ROOT) not in text
    assert "flows.csv" in text


def test_the_numbers_on_the_terminal_are_those_of_the_summary(crash: Command) -> None:
    done = crash("replay", "toy", "--out", "run")
    summary = run_folder.read(Path("run")).summary
    for name in ("debt_usd", "deposits_to_debt_usd"):
        assert f"${summary[name]['value']:,.2f}" in done.out, name


@pytest.mark.parametrize(
    ("case", "args", "code", "words"),
    [
        ("an unknown scenario", ["replay", "toi"], 3, ["toi", "toy"]),
        ("an unknown venue", ["replay", "toy", "--venue", "binanse"], 3, ["binanse", "binance"]),
        ("an unknown key", ["replay", "toy", "--set", "adl.grase_s=1"], 3, ["grase_s"]),
        ("a wrong value", ["replay", "toy", "--set", "adl.price=low"], 3, ["adl.price", "low"]),
        ("a missing file", ["replay", "toy", "--prices", "no.csv"], 3, ["no.csv"]),
        (
            "a score that is no expression",
            ["replay", "toy", "--set", "adl.score=pnl+"],
            3,
            ["pnl+"],
        ),
        ("an unknown option", ["replay", "toy", "--sede", "1"], 2, ["--sede"]),
        ("an unknown command", ["reply", "toy"], 2, ["reply"]),
        ("an unknown format", ["replay", "toy", "--format", "xls"], 2, ["xls"]),
        ("a negative seed", ["replay", "toy", "--seed", "-1"], 2, ["seed"]),
    ],
)
def test_bad_input_ends_in_a_sentence_and_a_code(
    crash: Command, case: str, args: Sequence[str], code: int, words: Sequence[str]
) -> None:
    done = crash(*args)
    assert done.code == code, case
    assert done.out == "", case
    assert "Traceback" not in done.err, case
    for word in words:
        assert word in done.err, case
    assert not Path("runs").exists(), case


def test_a_folder_with_other_files_is_refused_before_anything_is_replayed(
    crash: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("thesis").mkdir()
    Path("thesis/chapter.txt").write_text("precious")
    monkeypatch.setattr(engine, "replay", lambda *_, **__: pytest.fail("was replayed"))
    done = crash("replay", "toy", "--out", "thesis")
    assert done.code == 2
    assert "thesis" in done.err
    assert files_of(Path("thesis")) == {"chapter.txt": b"precious"}


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConservationError("step 3: 5 USD appeared"), 5, "conservation is broken"),
        (ZeroDivisionError("division by zero"), 5, "CRASHSIM_DEBUG=1"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_a_failure_inside_leaves_a_code_a_sentence_and_no_files(
    crash: Command,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    words: str,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(engine, "replay", fail)
    done = crash("replay", "toy")
    assert done.code == code
    assert words in done.err
    assert "Traceback" not in done.err
    assert list(Path().iterdir()) == []


def test_the_traceback_is_there_for_those_who_ask(
    crash: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHSIM_DEBUG", "1")
    done = crash("replay", "toi")
    assert done.code == 3
    assert "Traceback" in done.err


def test_a_reader_who_leaves_early_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m crashsim replay toy --json --out {tmp_path}/run | head -c 1"
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "{"
    assert done.stderr == ""


def test_a_terminal_that_knows_ascii_only_gets_the_summary(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crashsim", "replay", "toy", "--out", str(tmp_path / "run")],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "auto-deleveraged (winners closed by force)" in done.stdout


def test_the_version_is_printed(crash: Command) -> None:
    done = crash("--version")
    assert (done.code, done.out) == (0, f"crashsim {crashsim.__version__}\n")


@pytest.mark.parametrize("command", [[], ["replay"], ["scenarios", "show"], ["venues", "show"]])
def test_every_command_explains_itself(crash: Command, command: Sequence[str]) -> None:
    done = crash(*command, "--help")
    assert done.code == 0
    assert done.out.startswith("Usage: crashsim")
    assert max(map(len, done.out.splitlines())) <= 100


@pytest.mark.parametrize("kind", ["scenarios", "venues"])
def test_every_bundled_name_is_listed_and_shown(crash: Command, kind: str) -> None:
    listed = json.loads(crash(kind, "--json").out)
    bundled = getattr(scenarios, f"bundled_{kind}")()
    assert [entry["name"] for entry in listed] == [item.name for item in bundled]
    table = crash(kind).out
    for item in bundled:
        assert item.name in table
        shown = crash(kind, "show", item.name)
        assert shown.code == 0
        assert max(map(len, shown.out.splitlines())) <= 80


def test_a_sheet_shows_every_value_and_marks_the_assumed(crash: Command) -> None:
    facts = json.loads(crash("venues", "show", "backpack", "--json").out)["facts"]
    shown = crash("venues", "show", "backpack").out
    flat = " ".join(shown.split())
    for fact in facts:
        assert fact["key"].rpartition(".")[2] in shown, fact["key"]
        assert " ".join(fact["text"].split()) in flat, fact["key"]
    grounds = {fact["assumption"] for fact in facts if fact["assumption"]}
    assert shown.count("ASSUMED") >= len(grounds) > 0
    tables = [fact for fact in facts if fact["key"].startswith("margin.markets.")]
    assert f"{len(facts) - len(tables)} values: " in shown
    assert f"{len(tables)} margin tables: " in shown
