"""Files over a loopback archive: verified, resumed, recorded, priced, and never half there."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crashsim.data.errors import NetworkError
from crashsim.data.fetch.archives import ARCHIVES
from crashsim.data.fetch.bundle import Fetched, Order, cost_usd, fetch, order_for
from crashsim.data.fetch.remote import Endpoint, Remote
from crashsim.data.fetch.remote_files import RemoteFile, files_for
from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.loaders.reading.containers import input_files
from crashsim.data.retry import Retry
from crashsim.data.store.store import open_store
from crashsim.scenarios.errors import InputError

START = datetime(2025, 10, 10, 20, tzinfo=UTC)
END = datetime(2025, 10, 10, 22, tzinfo=UTC)
KEY = "data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip"
ZIP = b"PK\x03\x04" + bytes(range(256)) * 20_000  # 5 MB: several chunks
LZ4 = b"\x04\x22\x4d\x18" + b"x" * 1_000_000


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


def with_checksum(archive: Any, key: str, data: bytes) -> None:
    archive.files[key] = data
    digest = hashlib.sha256(data).hexdigest()
    archive.files[key + ".CHECKSUM"] = f"{digest}  {Path(key).name}\n".encode()


@pytest.fixture
def get(archive: Any, tmp_path: Path, retry: Retry) -> Any:
    def run(name: str = "binance-klines", *markets: str, progress: Any = None) -> Fetched:
        source = ARCHIVES[name]
        remote = Remote(source, Endpoint(archive.url))
        files = files_for(source, markets or ("BTC",), START, END)
        order = order_for(remote, files, tmp_path, retry)
        return fetch(remote, order, tmp_path, retry, now, progress)

    return run


@pytest.fixture
def order(archive: Any, tmp_path: Path, retry: Retry) -> Any:
    def plan(name: str, *markets: str) -> Order:
        source = ARCHIVES[name]
        remote = Remote(source, Endpoint(archive.url))
        return order_for(remote, files_for(source, markets, START, END), tmp_path, retry)

    return plan


def recorded(folder: Path) -> dict[str, Any]:
    files: dict[str, Any] = json.loads((folder / ".fetched.json").read_text())["files"]
    return files


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if ".part" in path.name]


def test_a_file_lands_whole_checked_and_recorded(get: Any, archive: Any, tmp_path: Path) -> None:
    with_checksum(archive, KEY, ZIP)
    heard: list[tuple[int, int]] = []
    done = get(progress=lambda here, size: heard.append((here, size)))
    assert (tmp_path / KEY).read_bytes() == ZIP
    assert done == Fetched((tmp_path / KEY,), len(ZIP), ())
    assert len(heard) > 3
    assert heard == sorted(heard)
    assert heard[-1] == (1000, 1000)
    assert recorded(tmp_path)[KEY] == {
        "url": f"https://data.binance.vision/{KEY}",
        "bytes": len(ZIP),
        "sha256": hashlib.sha256(ZIP).hexdigest(),
        "checked": True,
        "fetched_at": "2026-11-22T00:00:00Z",
    }
    assert leftovers(tmp_path) == []


def test_a_file_that_is_here_is_not_asked_for_again(get: Any, archive: Any) -> None:
    with_checksum(archive, KEY, ZIP)
    get()
    archive.requests.clear()
    assert get().new_bytes == 0
    assert archive.requests == []


def test_a_file_that_changed_on_disk_is_refused_and_not_overwritten(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    get()
    (tmp_path / KEY).write_bytes(b"PK mine")
    with pytest.raises(InputError, match=r"is not the archive's file \(7 bytes.*Move it away"):
        get()
    assert (tmp_path / KEY).read_bytes() == b"PK mine"


def test_the_archives_own_file_brought_by_hand_is_taken_as_it_is(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    (tmp_path / KEY).parent.mkdir(parents=True)
    (tmp_path / KEY).write_bytes(ZIP)
    get()
    assert archive.asked() == [KEY + ".CHECKSUM"]
    assert recorded(tmp_path)[KEY]["checked"] is True


def test_a_wrong_checksum_keeps_nothing(get: Any, archive: Any, tmp_path: Path) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.files[KEY] = ZIP[:-1] + b"?"
    with pytest.raises(NetworkError, match="the archive says"):
        get()
    assert not (tmp_path / KEY).exists()
    assert leftovers(tmp_path) == []


def test_a_checksum_file_that_is_none_is_an_error(get: Any, archive: Any) -> None:
    archive.files |= {KEY: ZIP, KEY + ".CHECKSUM": b"<html>"}
    with pytest.raises(NetworkError, match="this is not a SHA-256 checksum"):
        get()


def test_a_file_without_a_published_checksum_is_kept_as_unchecked(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    archive.files[KEY] = ZIP
    get()
    assert recorded(tmp_path)[KEY]["checked"] is False


def test_a_download_that_was_cut_goes_on_where_it_stopped(
    get: Any, archive: Any, clock: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.faults.extend([-3_000_000])
    get()
    assert (tmp_path / KEY).read_bytes() == ZIP
    assert len(clock.waits) == 1
    ranges = [headers.get("range") for _, path, headers in archive.requests if path == KEY]
    assert ranges[0] is None
    start = int(ranges[1].removeprefix("bytes=").rstrip("-"))
    assert 1_000_000 <= start <= 3_000_000


def test_the_next_run_continues_what_an_earlier_one_left(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.faults.extend([-3_000_000, 500, 500, 500])
    with pytest.raises(NetworkError, match="HTTP 500; gave up after 4 attempts"):
        get()
    assert not (tmp_path / KEY).exists()
    assert len(leftovers(tmp_path)) == 2
    archive.requests.clear()
    get()
    assert archive.requests[0][2]["range"] != "bytes=0-"
    assert (tmp_path / KEY).read_bytes() == ZIP
    assert leftovers(tmp_path) == []


def test_a_file_that_was_replaced_meanwhile_is_begun_anew(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.faults.extend([-3_000_000, 500, 500, 500])
    with pytest.raises(NetworkError):
        get()
    other = b"PK\x03\x04" + b"other" * 900_000
    with_checksum(archive, KEY, other)
    get()
    assert (tmp_path / KEY).read_bytes() == other


@pytest.mark.parametrize("lacking", ["ranges", "etags"])
def test_a_server_that_cannot_continue_is_asked_for_the_whole(
    lacking: str, get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    setattr(archive, lacking, False)
    archive.faults.extend([-3_000_000])
    get()
    assert (tmp_path / KEY).read_bytes() == ZIP


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_asked_again(status: int, get: Any, archive: Any, clock: Any) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.faults.extend([status, status])
    assert get().new_bytes == len(ZIP)
    assert len(clock.waits) == 2


@pytest.mark.parametrize("status", [400, 403, 451])
def test_a_refusal_ends_at_once(status: int, get: Any, archive: Any, clock: Any) -> None:
    with_checksum(archive, KEY, ZIP)
    archive.faults.extend([status])
    with pytest.raises(NetworkError, match=f"HTTP {status}"):
        get()
    assert clock.waits == []
    assert len(archive.requests) == 1


def test_a_file_that_the_archive_lacks_is_reported_and_stops_no_other(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    done = get("binance-klines", "NEW", "BTC")
    assert [path.name for path in done.files] == ["BTCUSDT-1m-2025-10-10.zip"]
    assert len(done.absent) == 1
    assert "NEWUSDT-1m-2025-10-10.zip is not in the archive" not in done.absent[0]
    assert done.absent[0].endswith("/NEWUSDT/1m/NEWUSDT-1m-2025-10-10.zip")


def test_a_sign_in_page_is_not_taken_for_a_zip(get: Any, archive: Any, tmp_path: Path) -> None:
    archive.files[KEY] = b"<html>sign in</html>"
    with pytest.raises(NetworkError, match=r"is no \.zip file .*sign-in page"):
        get()
    assert not (tmp_path / KEY).exists()


def fills(archive: Any) -> None:
    for hour in (20, 21, 22):
        key = f"hl-mainnet-node-data/node_fills_by_block/hourly/20251010/{hour}.lz4"
        archive.files[key] = LZ4 + bytes([hour]) * hour


def test_a_paid_order_is_sized_and_priced_before_a_byte_moves(order: Any, archive: Any) -> None:
    fills(archive)
    planned = order("hl-fills")
    assert planned.bytes == 3 * len(LZ4) + 20 + 21 + 22
    assert archive.asked("GET") == []
    assert len(archive.asked("HEAD")) == 3
    price = planned.bytes / 1e9 * 0.114
    assert cost_usd(ARCHIVES["hl-fills"], planned) == pytest.approx(price + 7 * 4.7e-6)


def test_every_request_to_a_paid_bucket_says_that_we_pay(get: Any, archive: Any) -> None:
    fills(archive)
    archive.files[
        "hydromancer-reservoir/by_dex/hyperliquid/fills/perp/adl/date=2025-10-10/f.parquet"
    ] = b"PAR1" * 100
    get("hl-fills")
    get("reservoir-adl")
    assert len(archive.requests) == 3 + 3 + 2
    for _, _, headers in archive.requests:
        assert headers["x-amz-request-payer"] == "requester"
        assert "AKIAMADEUP" in headers["authorization"]


def test_a_folder_of_the_reservoir_is_listed_and_all_its_files_come(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    base = "by_dex/hyperliquid/snapshots/perp"
    names = [f"{base}/date=2025-10-09/1_2.parquet", f"{base}/date=2025-10-10/3_4.parquet"]
    for name in names:
        archive.files[f"hydromancer-reservoir/{name}"] = b"PAR1" + name.encode()
    done = get("reservoir-positions")
    assert [str(path.relative_to(tmp_path)) for path in done.files] == names
    archive.requests.clear()
    again = get("reservoir-positions")
    assert again.new_bytes == 0
    assert len(archive.requests) == 2  # the listings


def test_nothing_written_down_holds_a_key(get: Any, archive: Any, tmp_path: Path) -> None:
    fills(archive)
    get("hl-fills")
    text = (tmp_path / ".fetched.json").read_text()
    assert "AKIA" not in text
    assert "secret" not in text
    assert str(tmp_path) not in text


def test_a_refused_bucket_explains_the_account(get: Any, archive: Any) -> None:
    fills(archive)
    archive.faults.extend([403])
    with pytest.raises(NetworkError, match="bills the one who asks, so it needs an AWS account"):
        get("hl-fills")


def test_a_free_archive_is_asked_for_nothing_before_the_download(order: Any, archive: Any) -> None:
    planned = order("binance-klines", "BTC")
    assert [item.size for item in planned.items] == [None]
    assert cost_usd(ARCHIVES["binance-klines"], planned) == 0.0
    assert archive.requests == []


def test_a_record_that_cannot_be_read_is_said_plainly(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    (tmp_path / ".fetched.json").write_text("{")
    with pytest.raises(InputError, match=r"\.fetched.json cannot be read .*move it away"):
        get()


def test_an_unreachable_archive_is_a_network_error(tmp_path: Path, retry: Retry) -> None:
    source = ARCHIVES["binance-klines"]
    remote = Remote(source, Endpoint("http://127.0.0.1:9"))
    order = order_for(remote, [RemoteFile(source, KEY)], tmp_path, retry)
    with pytest.raises(NetworkError, match="no answer, or one that was cut; gave up after 4"):
        fetch(remote, order, tmp_path, retry, now)


def test_without_credentials_the_account_is_explained_at_once(
    order: Any, archive: Any, clock: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(
        "crashsim.data.fetch.remote._INSTANCE_ROLE", archive.url
    )  # no test may ask the real address
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", archive.url)
    with pytest.raises(NetworkError, match=r"no AWS credentials were found. This bucket bills"):
        order("hl-fills")
    assert clock.waits == []


def test_a_key_without_its_secret_explains_the_account_too(order: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NetworkError, match=r"Missing SecretAccessKey.*needs an AWS account"):
        order("hl-fills")


def test_an_import_of_the_folder_finds_the_files_and_nothing_else(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    with_checksum(archive, KEY, ZIP)
    get()
    other = KEY.replace("BTC", "ETH")
    with_checksum(archive, other, ZIP)
    archive.faults.extend([-3_000_000, 500, 500, 500])
    with pytest.raises(NetworkError):
        get("binance-klines", "ETH")
    assert [path.name for path in input_files(str(tmp_path))] == ["BTCUSDT-1m-2025-10-10.zip"]


def test_a_fetched_mark_file_is_imported_as_mark_candles(
    get: Any, archive: Any, tmp_path: Path
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        row = "1760130960000,10.0,10.5,9.1,9.4,0,1760131019999,0,42,0,0,0\n"
        made.writestr("BTCUSDT-1m-2025-10-10.csv", row)
    with_checksum(archive, KEY.replace("klines", "markPriceKlines"), packed.getvalue())
    (path,) = get("binance-mark").files
    store = open_store(tmp_path / "store")
    import_file(store, path, Options(), now())
    ((dataset, rows),) = [(info.dataset, info.rows) for info in store.datasets()]
    assert (dataset.market, dataset.kind, dataset.interval_s, rows) == ("BTCUSDT", "mark", 60, 1)
