"""The run folder: whole or not there, the same bytes every time, nobody else's files."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crashsim.engine.record.tables import TABLES
from crashsim.lab.errors import OutputError
from crashsim.lab.folders import run_folder
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files import beside


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_run_folder_reads_back_as_it_was_written(tmp_path: Path, hand_made: Any) -> None:
    folder = hand_made.write(tmp_path / "run")
    written = json.loads((folder.path / "manifest.json").read_bytes())
    assert written == folder.manifest.content() == hand_made.manifest
    assert folder.summary == hand_made.summary
    for name, table in hand_made.tables.items():
        assert folder.table(name).equals(table), name
    parquet = [f"{name}.parquet" for name in TABLES]
    assert names(folder.path) == sorted([*parquet, "manifest.json", "summary.json", "timings.json"])


def test_csv_is_written_beside_parquet_with_times_in_utc(tmp_path: Path, hand_made: Any) -> None:
    folder = hand_made.write(tmp_path / "run", csv=True)
    for name, table in hand_made.tables.items():
        header, *rows = (folder.path / f"{name}.csv").read_text().splitlines()
        assert header.split(",") == table.columns
        assert len(rows) == table.height
    assert "2025-10-10T21:00:01.000Z" in (folder.path / "timeline.csv").read_text()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path, hand_made: Any) -> None:
    one, two = (hand_made.write(tmp_path / name, csv=True).path for name in ("one", "two"))
    assert names(one) == names(two)
    for name in names(one):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_missing_folders_above_are_made(tmp_path: Path, hand_made: Any) -> None:
    assert hand_made.write(tmp_path / "a" / "b" / "run").path.is_dir()


def test_an_earlier_run_is_replaced_whole(tmp_path: Path, hand_made: Any) -> None:
    path = hand_made.write(tmp_path / "run", csv=True).path
    hand_made.manifest["seed"] = 8
    assert hand_made.write(path).manifest.seed == 8
    assert not list(path.glob("*.csv"))
    assert names(tmp_path) == ["run"]


def test_an_empty_folder_is_used(tmp_path: Path, hand_made: Any) -> None:
    (tmp_path / "run").mkdir()
    assert hand_made.write(tmp_path / "run").manifest.seed == 7


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '"crashsim"', '{"name": "another tool\'s manifest"}']
)
def test_a_folder_with_other_files_is_refused_and_kept(
    tmp_path: Path, hand_made: Any, content: str | None
) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("precious")
    if content is not None:
        (foreign / "manifest.json").write_text(content)
    before = names(foreign)
    with pytest.raises(OutputError, match="other files"):
        hand_made.write(foreign)
    assert names(foreign) == before
    assert names(tmp_path) == ["thesis"]


def test_a_file_in_the_place_is_refused(tmp_path: Path, hand_made: Any) -> None:
    (tmp_path / "run").write_text("precious")
    with pytest.raises(OutputError, match="name a folder"):
        hand_made.write(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "precious"


@pytest.mark.parametrize("place", [".", "..", "/", "a/.."])
def test_a_place_without_a_name_is_refused(hand_made: Any, place: str) -> None:
    with pytest.raises(OutputError, match="names no folder"):
        hand_made.write(Path(place))


def test_a_place_below_a_file_or_a_closed_folder_is_refused_before_the_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OutputError, match="file is not a folder"):
        run_folder.check_target(tmp_path / "file" / "run")
    monkeypatch.setattr(run_folder.os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(OutputError, match="is not writable; name another place with --out"):
        run_folder.check_target(tmp_path / "new" / "run")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("broken", ["write_table", "write_json", "_replace_folder"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_what_was_there_before(
    tmp_path: Path,
    hand_made: Any,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    error: BaseException,
) -> None:
    path = hand_made.write(tmp_path / "run").path
    before = {name: (path / name).read_bytes() for name in names(path)}

    def fail(*_: object, **__: object) -> None:
        raise error

    home = beside if broken == "_replace_folder" else run_folder
    monkeypatch.setattr(home, broken, fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        hand_made.write(path)
    assert names(tmp_path) == ["run"]
    assert {name: (path / name).read_bytes() for name in names(path)} == before


def test_a_disk_that_refuses_is_one_sentence(
    tmp_path: Path, hand_made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_folder, "write_json", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        hand_made.write(tmp_path / "run")
    assert names(tmp_path) == []


def test_when_the_last_rename_fails_the_earlier_run_is_put_back(
    tmp_path: Path, hand_made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_made.write(tmp_path / "run").path
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "made":
            raise OSError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError, match="Permission denied"):
        hand_made.write(path)
    assert names(tmp_path) == ["run"]
    assert run_folder.read(path).manifest.seed == 7


def test_a_table_with_other_columns_is_never_written(tmp_path: Path, hand_made: Any) -> None:
    hand_made.tables["flows"] = pl.DataFrame({"time": [1]})
    with pytest.raises(TypeError, match="flows"):
        hand_made.write(tmp_path / "run")
    assert names(tmp_path) == []


def test_not_a_number_never_reaches_a_summary(tmp_path: Path, hand_made: Any) -> None:
    hand_made.summary["debt_usd"]["value"] = float("nan")
    with pytest.raises(ValueError, match="not JSON compliant"):
        hand_made.write(tmp_path / "run")
    assert names(tmp_path) == []


def test_a_folder_that_is_no_run_or_lacks_a_table_is_an_input_error(
    tmp_path: Path, hand_made: Any
) -> None:
    with pytest.raises(InputError, match="is not a run folder"):
        run_folder.read(tmp_path)
    (tmp_path / "night" / "runs").mkdir(parents=True)
    with pytest.raises(InputError, match=r"a comparison keeps its runs under runs/"):
        run_folder.read(tmp_path / "night")
    path = hand_made.write(tmp_path / "run").path
    (path / "adl_fills.parquet").unlink()
    with pytest.raises(InputError, match=r"adl_fills\.parquet missing"):
        run_folder.read(path)


def test_a_table_of_another_run_is_an_input_error(tmp_path: Path, hand_made: Any) -> None:
    path = hand_made.write(tmp_path / "run").path
    accounts = pl.read_parquet(path / "accounts.parquet")
    pl.concat([accounts, accounts]).write_parquet(path / "accounts.parquet")
    with pytest.raises(InputError, match=r"accounts.parquet has \d+ rows, the manifest counts"):
        run_folder.read(path).table("accounts")


def test_json_keeps_its_order_and_its_letters(tmp_path: Path, hand_made: Any) -> None:
    hand_made.manifest["scenario"]["scenario"]["title"] = "Zürich"
    path = hand_made.write(tmp_path / "run").path
    text = (path / "manifest.json").read_text(encoding="utf-8")
    assert "Zürich" in text
    assert list(json.loads(text)) == list(hand_made.manifest)


def test_a_run_folder_may_be_read_by_whom_any_new_folder_may(
    tmp_path: Path, hand_made: Any
) -> None:
    (tmp_path / "any").mkdir()
    mode = hand_made.write(tmp_path / "run").path.stat().st_mode
    assert mode == (tmp_path / "any").stat().st_mode


def test_two_writers_of_one_place_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with beside.beside(target) as first, beside.beside(target) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"  # the last to be moved
    assert names(tmp_path) == ["file"]
