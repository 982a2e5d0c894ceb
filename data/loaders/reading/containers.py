"""Paths to blobs: folders, globs, compressed files and archives, known by their first bytes."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from crashsim.data.loaders.reading.blob import (
    DAMAGE,
    Blob,
    GuardedStream,
    read_up_to,
)
from crashsim.data.loaders.reading.packed.parts import JoinedFile, parts_of
from crashsim.data.loaders.reading.packed.tar import Owning, tar_members
from crashsim.scenarios.errors import InputError

MAX_DEPTH = 4  # a csv in a gz in a tar in a zip
MAX_MEMBERS = 100_000
_SKIPPED_SUFFIXES = (".checksum", ".md", ".txt.asc", ".sha256", ".md5", ".tmp", ".part")
_TAR_MAGIC = (b"ustar\x0000", b"ustar  \x00")


def input_files(path: str) -> list[Path]:
    """The files a PATH argument names: a file, all files of a folder, or a glob's; sorted.

    Of a file that was cut into parts the first part stands for all.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        found = sorted(p for p in place.rglob("*") if p.is_file() and _is_data(p.name))
    elif place.is_file():
        found = [place]
    else:
        found = sorted(p for p in _matches(place) if p.is_file())
    if not found:
        raise InputError(f"{path}: no such file or folder, and no file matches it as a pattern")
    return list(dict.fromkeys(parts_of(each)[0] for each in found))


def blobs_of(path: Path, at_byte: Callable[[int], None] = lambda _: None) -> Iterator[Blob]:
    """The contents of one file: itself, or the members of what it packs, to MAX_DEPTH.

    A file cut into parts is one. Members of a tar come as it is unpacked: a blob that is read
    before the next is asked for costs no unpacking of its own. at_byte is told the place in the
    file on disk as it is read, for progress.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror})") from None

    parts = parts_of(path)
    if len(parts) > 1:
        lead = parts[0].name

        def open_joined() -> BinaryIO:
            return cast(BinaryIO, io.BufferedReader(JoinedFile(parts, at_byte), 2**20))

        yield from _unpack(Blob(lead, str(path), open_joined), 0)
        return

    def open_watched() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Watched(path, at_byte), 2**20))

    yield from _unpack(Blob(path.name, str(path), open_watched), 0)


def _matches(pattern: Path) -> Iterator[Path]:
    """Files that a glob pattern names; none for a pattern that is malformed."""
    base, rest = Path(pattern.anchor), pattern.relative_to(pattern.anchor)
    try:
        yield from base.glob(str(rest))
    except (ValueError, NotImplementedError, OSError):
        return


class _Watched(io.FileIO):
    """A file that says how far it has been read."""

    def __init__(self, path: Path, at_byte: Callable[[int], None]) -> None:
        super().__init__(path)
        self._at_byte = at_byte

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = super().readinto(buffer) or 0
        self._at_byte(self.tell())
        return count


def _unpack(blob: Blob, depth: int) -> Iterator[Blob]:
    magic = blob.head(512)
    if depth >= MAX_DEPTH:
        raise InputError(f"{blob.path}: archives inside archives deeper than {MAX_DEPTH} levels")
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _zip_members(blob, depth)
    elif magic[257:265] in _TAR_MAGIC:
        yield from _tar_members(blob, depth)
    else:
        for lead, opener in _CODECS.items():
            if magic.startswith(lead):
                yield from _unpack(_decompressed(blob, opener), depth + 1)
                return
        yield blob


def _decompressed(blob: Blob, opener: Callable[[BinaryIO], BinaryIO]) -> Blob:
    def open_plain() -> BinaryIO:
        packed = blob.open()
        counted = _Counting(packed)
        try:
            inner = opener(cast(BinaryIO, counted))
        except DAMAGE as error:
            packed.close()
            raise InputError(f"{blob.path}: the compressed data are damaged ({error})") from None
        guarded = GuardedStream(inner, blob.path, lambda: counted.taken)
        return cast(BinaryIO, io.BufferedReader(guarded, 2**20))

    stem = PurePosixPath(blob.name)
    known = {".gz", ".zst", ".lz4", ".xz", ".bz2"}
    return Blob(stem.stem if stem.suffix.lower() in known else blob.name, blob.path, open_plain)


class _Counting(io.RawIOBase):
    """Counts the compressed bytes that a decompressor has taken."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.taken = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        block = self._inner.read(size)
        self.taken += len(block)
        return block

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


def _open_zstd(packed: BinaryIO) -> BinaryIO:
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd"))


def _open_lz4(packed: BinaryIO) -> BinaryIO:
    import lz4.frame

    return cast(BinaryIO, lz4.frame.open(packed, "rb"))


def _open_gzip(packed: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=packed))


def _open_bzip2(packed: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.BZ2File(packed))


def _open_xz(packed: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.LZMAFile(packed))


_CODECS: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": _open_gzip,
    b"\x28\xb5\x2f\xfd": _open_zstd,
    b"\x04\x22\x4d\x18": _open_lz4,
    b"\xfd7zXZ\x00": _open_xz,
    b"BZh": _open_bzip2,
}


def _zip_members(blob: Blob, depth: int) -> Iterator[Blob]:
    try:
        with blob.open() as stream, zipfile.ZipFile(_seekable(stream)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and _is_data(m.filename)]
    except DAMAGE as error:
        raise InputError(
            f"{blob.path}: not a whole zip archive ({error}); download it again"
        ) from None
    _refuse_crowd(blob, len(members), MAX_MEMBERS)
    for member in members:
        if member.flag_bits & 1:
            raise InputError(f"{blob.path}: {member.filename} is encrypted; unpack it first")
        inner = Blob(
            PurePosixPath(member.filename).name,
            f"{blob.path}:{member.filename}",
            lambda member=member: _open_zip_member(blob, member),  # type: ignore[misc]
        )
        yield from _unpack(inner, depth + 1)


def _open_zip_member(blob: Blob, member: zipfile.ZipInfo) -> BinaryIO:
    where = f"{blob.path}:{member.filename}"
    stream = blob.open()
    try:
        inner = zipfile.ZipFile(_seekable(stream)).open(member)  # noqa: SIM115 (both live on)
    except DAMAGE as error:
        stream.close()
        raise InputError(f"{where}: cannot be unpacked ({error}); download it again") from None
    raw = GuardedStream(Owning(inner, stream), where, lambda: member.compress_size)
    return cast(BinaryIO, io.BufferedReader(raw, 2**20))


def _tar_members(blob: Blob, depth: int) -> Iterator[Blob]:
    for number, member in enumerate(tar_members(blob), 1):
        _refuse_crowd(blob, number, MAX_MEMBERS)
        if _is_data(member.path):
            yield from _unpack(member, depth + 1)


def _seekable(stream: BinaryIO) -> BinaryIO:
    """A zip's index is at its end: a zip inside a compressed stream is taken into memory."""
    return stream if stream.seekable() else io.BytesIO(read_up_to(stream, 2**31))


def _is_data(name: str) -> bool:
    bare = PurePosixPath(name).name.lower()
    hidden = bare.startswith((".", "readme")) or "__macosx" in name.lower()
    return not hidden and not bare.endswith(_SKIPPED_SUFFIXES) and bare not in ("license", "")


def _refuse_crowd(blob: Blob, members: int, limit: int) -> None:
    if members > limit:
        raise InputError(
            f"{blob.path}: {members:,} members, more than {limit:,}; "
            "unpack it and import the folder"
        )
