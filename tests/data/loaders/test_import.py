"""Files into the store: packings, bombs, unsafe archives, all or nothing, bounded batches."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import lz4.frame
import polars as pl
import pyarrow as pa
import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.formats import hl_fills
from crashsim.data.loaders.importer import Progress, import_file
from crashsim.data.loaders.reading import blob
from crashsim.data.loaders.reading.containers import input_files
from crashsim.data.store.store import Store
from crashsim.scenarios.errors import InputError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAME = "BTCUSDT-1m-2025-10-10.csv"
KLINE = b"1760130960000,10.0,10.5,9.1,9.4,120.5,1760131019999,1180.2,42,60.1,590.0,0\n"
NONE = Options()


def zipped(content: bytes, name: str = NAME) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr(f"folder/{name}", content)
        archive.writestr("README.md", "read me")
        archive.writestr(f"{name}.CHECKSUM", "0" * 64)
    return sink.getvalue()


def tarred(content: bytes, name: str = NAME, mode: str = "w") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "zip": zipped,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
    "zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    "tar": tarred,
    "tar.xz": lambda content: tarred(content, mode="w:xz"),
    "gz in a zip": lambda content: zipped(gzip.compress(content), f"{NAME}.gz"),
    "two gz in one file": lambda content: gzip.compress(content[:40]) + gzip.compress(content[40:]),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_rows(packing: str, tmp_path: Path) -> None:
    # The name's ending says nothing: packed content is known by its first bytes.
    path = tmp_path / NAME
    path.write_bytes(PACKINGS[packing](KLINE))
    store = Store(tmp_path / "store")
    (result,) = import_file(store, path, NONE, NOW)
    assert (result.format_id, result.rows, result.source) == (
        "binance-um-klines",
        {"last": 1},
        "binance",
    )
    rows = store.read("binance", "BTCUSDT", "last", 0, 2**50, 60)
    assert rows["close"].to_list() == [9.4]
    assert not (store.root / ".staging").exists()


@pytest.mark.parametrize("packing", [name for name in PACKINGS if name not in ("plain", "tar")])
def test_a_packed_file_cut_off_is_an_input_error_and_leaves_nothing(
    packing: str, tmp_path: Path
) -> None:
    path = tmp_path / NAME
    packed = PACKINGS[packing](KLINE * 50)
    path.write_bytes(packed[: len(packed) - 9])
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match="BTCUSDT"):
        import_file(store, path, NONE, NOW)
    assert store.datasets() == ()
    assert not list(store.root.rglob("*.parquet"))


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob, "RATIO_FLOOR_BYTES", 2**16)
    for packing in ("zip", "gz", "xz", "zst", "lz4", "bz2"):
        path = tmp_path / f"{packing}.bin"
        path.write_bytes(PACKINGS[packing](KLINE + b"," * 2**23))
        with pytest.raises(InputError, match=r"bomb|more than|longer"):
            import_file(Store(tmp_path / "store"), path, NONE, NOW)
            pytest.fail(packing)


def test_an_archive_member_that_points_outside_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    path.write_bytes(tarred(KLINE, name=f"../../{NAME}"))
    with pytest.raises(InputError, match="unsafe archive member"):
        import_file(Store(tmp_path / "store"), path, NONE, NOW)


def test_a_file_that_breaks_in_its_second_half_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crashsim.data.loaders.reading.delimited.BATCH_ROWS", 1)
    monkeypatch.setattr("crashsim.data.loaders.reading.delimited.BLOCK_BYTES", 200)
    path = tmp_path / NAME
    path.write_bytes(KLINE * 20 + KLINE.replace(b"10.5", b"oops"))
    store = Store(tmp_path / "store")
    with pytest.raises(InputError, match="row 21, column 'high': found 'oops'"):
        import_file(store, path, NONE, NOW)
    assert store.datasets() == ()


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(KLINE)
    store = Store(tmp_path / "store")
    import_file(store, path, NONE, NOW)
    before = next(store.root.rglob("manifest.json")).read_text()
    import_file(store, path, NONE, datetime(2027, 1, 1, tzinfo=UTC))
    assert next(store.root.rglob("manifest.json")).read_text() == before
    assert json.loads(before)["parts"][0]["place"] == NAME
    assert str(tmp_path) not in before


def test_files_of_a_folder_and_of_a_glob(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "README.md", "a.csv.CHECKSUM", ".hidden"):
        (tmp_path / name).write_text("x")
    assert [p.name for p in input_files(str(tmp_path))] == ["a.csv", "b.csv"]
    assert [p.name for p in input_files(f"{tmp_path}/b*")] == ["b.csv"]
    with pytest.raises(InputError, match="no such file"):
        input_files(f"{tmp_path}/nothing*")


def test_many_fills_come_in_bounded_batches_with_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hl_fills, "BATCH_FILLS", 100)
    fill = {
        "coin": "ABC",
        "px": "10.0",
        "sz": "2.0",
        "side": "A",
        "time": 1760130964831,
        "startPosition": "5.0",
        "dir": "Close Long",
        "closedPnl": "0",
        "oid": 1,
        "crossed": True,
        "fee": "0.1",
        "tid": 1,
    }
    lines = [
        json.dumps(
            {
                "local_time": "x",
                "block_time": "x",
                "block_number": n,
                "events": [["0xaa", fill | {"tid": n}]] * 2,
            }
        )
        for n in range(1, 251)
    ]
    path = tmp_path / "21.lz4"
    path.write_bytes(lz4.frame.compress("\n".join(lines).encode()))
    seen: list[Progress] = []
    store = Store(tmp_path / "store")
    (result,) = import_file(store, path, NONE, NOW, "hl", seen.append)
    assert result.rows == {"fills": 500}
    assert [at.rows for at in seen] == [100, 200, 300, 400, 500]
    assert seen[-1].done_bytes == seen[-1].total_bytes == path.stat().st_size
    rows = store.scan("hl", "*", "fills", 0, 2**50).collect()
    assert rows["block_number"].to_list() == [n for n in range(1, 251) for _ in range(2)]
    assert rows.select(pl.col("block_index").unique().sort()).to_series().to_list() == [0, 1]


def test_what_was_read_of_a_table_is_told_and_what_was_not(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(KLINE)
    (plain,) = import_file(Store(tmp_path / "s"), path, NONE, NOW)
    used = ("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume")
    assert tuple(plain.columns.used) == used
    assert plain.columns.unused == ("count", "taker_buy_volume", "taker_buy_quote_volume", "ignore")
    frame = pl.DataFrame({"date": [NOW], "funding_rate": [0.1], "note": ["x"]})
    table = tmp_path / "ABC_USDT_USDT-8h-funding_rate.feather"
    frame.write_ipc(table)
    (arrow,) = import_file(Store(tmp_path / "t"), table, NONE, NOW)
    assert (tuple(arrow.columns.used), arrow.columns.unused) == (
        ("date", "funding_rate"),
        ("note",),
    )
