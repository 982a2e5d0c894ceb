"""One file into a folder: continued where it was cut, verified, and only then given its name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crashsim.data.errors import NetworkError, TransientError
from crashsim.data.fetch.remote import AbsentError, ChangedError, Meta, Remote
from crashsim.data.fetch.remote_files import RemoteFile
from crashsim.data.retry import Retry
from crashsim.data.store.datasets import file_sha256

Landed = Callable[[int, int], None]

_MAGIC = {
    ".zip": b"PK",
    ".gz": b"\x1f\x8b",
    ".lz4": b"\x04\x22\x4d\x18",
    ".parquet": b"PAR1",
}


@dataclass(frozen=True)
class Body:
    """A verified file on disk. checked: the archive's own SHA-256 agreed."""

    bytes: int
    sha256: str
    checked: bool


@dataclass
class _Part:
    """The bytes that landed so far, and whose they are: `.<name>.part` and `.<name>.part.json`."""

    path: Path

    @property
    def _label(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    def etag(self) -> str | None:
        """The etag of the file that the bytes belong to; None where they cannot be continued."""
        try:
            known = json.loads(self._label.read_text(encoding="utf-8"))
            return str(known["etag"]) if self.path.stat().st_size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, meta: Meta) -> None:
        self.drop()
        if meta.etag is not None:
            self._label.write_text(json.dumps({"etag": meta.etag}), encoding="utf-8")

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._label.unlink(missing_ok=True)

    def become(self, target: Path) -> None:
        self.path.replace(target)
        self._label.unlink(missing_ok=True)


def download(
    remote: Remote,
    file: RemoteFile,
    target: Path,
    retry: Retry,
    landed: Landed,
) -> Body:
    """Fetch a file as `target`; after each chunk `landed` hears how many bytes of how many.

    Raises AbsentError where the archive has no such file, NetworkError where it cannot be had or
    its bytes are not what the archive says.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(target.with_name(f".{target.name}.part"))
    meta = retry.call(lambda: _receive(remote, file, part, landed))
    digest = file_sha256(part.path)
    try:
        _verify_kind(part.path, target, file)
        checked = verify(remote, file, digest, retry)
    except NetworkError:
        part.drop()
        raise
    part.become(target)
    return Body(meta.size, digest, checked)


def verify(remote: Remote, file: RemoteFile, digest: str, retry: Retry) -> bool:
    """Compare with the archive's SHA-256; False where it publishes none for this file.

    Raises NetworkError where it differs.
    """
    told = published_sha256(remote, file, retry)
    if told is None:
        return False
    if told != digest:
        raise NetworkError(
            f"{file.url}: its SHA-256 is {digest}, the archive says {told}; nothing was kept. Fetch"
            " again later: the archive may be replacing the file"
        )
    return True


def published_sha256(remote: Remote, file: RemoteFile, retry: Retry) -> str | None:
    """The SHA-256 that the archive publishes beside a file; None where it has none."""
    if not file.archive.checksum:
        return None
    beside = RemoteFile(file.archive, file.key + file.archive.checksum)
    try:
        words = retry.call(lambda: remote.read(beside)).decode("ascii", "replace").split()
    except AbsentError:
        return None
    if not words or len(words[0]) != hashlib.sha256().digest_size * 2:
        raise NetworkError(f"{beside.url}: this is not a SHA-256 checksum")
    return words[0].lower()


def _receive(remote: Remote, file: RemoteFile, part: _Part, landed: Landed) -> Meta:
    """Append what is missing to the part; a part of another file is begun anew."""
    etag = part.etag()
    try:
        return _append(remote, file, part, etag, landed)
    except ChangedError:
        part.drop()
        return _append(remote, file, part, None, landed)


def _append(
    remote: Remote, file: RemoteFile, part: _Part, etag: str | None, landed: Landed
) -> Meta:
    offset = part.path.stat().st_size if etag is not None else 0
    stream = remote.stream(file, offset, etag)
    meta = next(stream)
    assert isinstance(meta, Meta)  # the stream begins with it
    if not offset:
        part.begin(meta)
    with part.path.open("ab") as out:
        for chunk in stream:
            if isinstance(chunk, bytes):
                out.write(chunk)
                landed(out.tell(), meta.size)
    size = part.path.stat().st_size
    if size != meta.size:
        raise TransientError(f"{file.url}: {size} of {meta.size} bytes arrived")
    return meta


def _verify_kind(path: Path, target: Path, file: RemoteFile) -> None:
    magic = _MAGIC.get(target.suffix)
    with path.open("rb") as stream:
        start = stream.read(8)
    if magic is not None and not start.startswith(magic):
        raise NetworkError(
            f"{file.url}: what came is no {target.suffix} file (it begins with {start!r}); "
            "something between here and the archive answers in its place (a sign-in page, a proxy)"
        )
