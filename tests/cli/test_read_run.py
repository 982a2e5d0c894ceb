"""Reading a run folder: of every format that was ever written, and what is amiss by its name."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import crashsim
from crashsim.cli import exits
from crashsim.cli.app import app
from crashsim.lab.folders import run_folder
from crashsim.lab.folders.manifest import READABLE_FORMATS
from crashsim.scenarios.errors import InputError

FIXTURES = Path(__file__).parent.parent / "fixtures"


def kept(format_: int) -> Path:
    """A toy run that a program of this format wrote; it is never written again."""
    return FIXTURES / f"toy_format_{format_}"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept(1), tmp_path / "run"))


def change(path: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_bytes())
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def typed(*words: str) -> Any:
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize("format_", READABLE_FORMATS)
def test_a_kept_run_of_each_format_is_read_and_shown(format_: int, tmp_path: Path) -> None:
    path = kept(format_)
    folder = run_folder.read(path)
    assert folder.manifest.format == format_
    assert {name: table.height for name, table in folder.tables().items()} == folder.manifest.rows
    assert "$231.14" in typed("runs", "show", str(path)).stdout
    assert "You still owe $231.14" in typed("account", str(path), "bob").stdout
    assert "computed from: leverage = 0.785714." in " ".join(
        typed("account", str(path), "whale").stdout.split()
    )
    page = tmp_path / "page.html"
    assert typed("report", str(path), "--out", str(page)).exit_code == 0
    assert "crashsim replay toy" in page.read_text(encoding="utf-8")


def test_a_run_of_another_version_is_reported_and_shown(copy: Path) -> None:
    change(copy / "manifest.json", lambda told: told.update(crashsim="0.0.9", later={"a": 1}))
    for words in (["runs", "show", str(copy)], ["account", str(copy), "bob"]):
        done = typed(*words)
        assert done.exit_code == 0
        assert f"was made by crashsim 0.0.9; this is {crashsim.__version__}" in done.stderr
    assert run_folder.read(copy).manifest.content()["later"] == {"a": 1}


def test_a_run_of_this_version_is_read_without_a_word(copy: Path) -> None:
    change(copy / "manifest.json", lambda told: told.update(crashsim=crashsim.__version__))
    assert run_folder.read(copy).notes == ()


@pytest.mark.parametrize("found", [2, None, "1", 0])
def test_an_unknown_format_is_refused(copy: Path, found: object) -> None:
    change(copy / "manifest.json", lambda told: told.update(format=found))
    with pytest.raises(InputError, match=r"manifest\.json: format: found .* reads format 1; make"):
        run_folder.read(copy)


def test_the_tables_asked_for_are_those_that_the_manifest_counts(copy: Path) -> None:
    change(copy / "manifest.json", lambda told: told["rows"].pop("absorbers"))
    (copy / "absorbers.parquet").unlink()
    assert "absorbers" not in run_folder.read(copy).tables()
    with pytest.raises(InputError, match="the run has no table absorbers"):
        run_folder.read(copy).tables()["absorbers"]
    change(copy / "manifest.json", lambda told: told["rows"].update(of_tomorrow=3))
    with pytest.raises(InputError, match=r"incomplete: of_tomorrow\.parquet missing"):
        run_folder.read(copy)


def test_a_view_that_needs_a_table_which_the_run_lacks_is_an_input_error(copy: Path) -> None:
    change(copy / "manifest.json", lambda told: told["rows"].pop("units"))
    done = typed("account", str(copy), "bob")
    assert isinstance(done.exception, InputError)
    assert "the run has no table units" in str(done.exception)


def without(*keys: str) -> Callable[[dict[str, Any]], object]:
    def edit(content: dict[str, Any]) -> None:
        for key in keys[:-1]:
            content = content[key]
        del content[keys[-1]]

    return edit


def with_value(value: object, *keys: str) -> Callable[[dict[str, Any]], object]:
    def edit(content: dict[str, Any]) -> None:
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "sentence"),
    [
        ("manifest.json", without("window"), "manifest.json: window is missing"),
        ("manifest.json", without("window", "end"), "manifest.json: window.end is missing"),
        ("manifest.json", without("venue", "name"), "manifest.json: venue.name is missing"),
        ("manifest.json", with_value("7", "seed"), 'seed: found "7", expected a valid integer'),
        ("manifest.json", with_value([1], "rows"), "manifest.json: rows: found [1], expected"),
        ("manifest.json", with_value({}, "scenario"), "scenario.scenario is missing"),
        ("manifest.json", with_value(3, "inputs", 0, "name"), "inputs.0.name: found 3, expected"),
        ("summary.json", without("debt_usd", "unit"), "summary.json: debt_usd.unit is missing"),
        ("summary.json", with_value("much", "debt_usd", "value"), 'debt_usd.value: found "much"'),
        ("summary.json", with_value(1, "mark_low_by_market", "value"), "expected a table"),
        ("summary.json", with_value(None, "debt_usd"), "summary.json: debt_usd: found null"),
        ("summary.json", without("debt_usd"), "summary.json: debt_usd is missing"),
    ],
)
@pytest.mark.parametrize("command", [["runs", "show"], ["report"]])
def test_what_is_amiss_is_named_by_file_and_field(
    copy: Path,
    file: str,
    edit: Callable[[dict[str, Any]], object],
    sentence: str,
    command: list[str],
) -> None:
    change(copy / file, edit)
    done = typed(*command, str(copy))
    assert isinstance(done.exception, InputError)
    assert sentence in str(done.exception)
    assert exits._explain(done.exception)[0] == exits.INPUT


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'"crashsim"', b"null"])
@pytest.mark.parametrize("file", ["summary.json", "manifest.json"])
def test_files_that_are_no_records_are_refused(copy: Path, file: str, content: bytes) -> None:
    (copy / file).write_bytes(content)
    with pytest.raises(InputError, match=r"is not a run folder|summary\.json: (not JSON|found no)"):
        run_folder.read(copy)


def test_a_damaged_table_is_named(copy: Path) -> None:
    (copy / "accounts.parquet").write_bytes(b"PAR1")
    done = typed("account", str(copy), "bob")
    assert isinstance(done.exception, InputError)
    assert "accounts.parquet cannot be read" in str(done.exception)


@pytest.mark.parametrize("content", ["{}", '{"runs": 3}', "[]", "{"])
def test_a_comparison_that_is_amiss_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "comparison.json").write_text(content, encoding="utf-8")
    done = typed("report", str(tmp_path))
    assert isinstance(done.exception, InputError)
    assert "comparison.json: " in str(done.exception)
