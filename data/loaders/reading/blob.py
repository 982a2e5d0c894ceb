"""One file's content, wherever it lies: plain, or a member of archives inside archives."""

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from crashsim.scenarios.errors import InputError

# What codecs and archive readers raise for damaged data; Arrow's errors are OSError or ValueError.
DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
DAMAGE += (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, LookupError)
MAX_BYTES = 64 * 2**30  # nothing a user holds of one night is larger
MAX_RATIO = 250  # xz of repetitive JSON reaches about 60
RATIO_FLOOR_BYTES = 64 * 2**20  # small files may compress well
HEAD_BYTES = 2**20  # of a file, to see what it is
MAX_WHOLE_BYTES = 2**30  # of a file that has to be in memory at once


@dataclass(frozen=True)
class Blob:
    """Readable content. name: of the innermost file; path: as the user gave it, then members.

    asked: of a table's columns, whether its reader wanted them; filled while it is read.
    """

    name: str
    path: str
    open: Callable[[], BinaryIO]
    asked: dict[str, bool] = field(default_factory=dict, compare=False)

    def head(self, size: int) -> bytes:
        """The first bytes, decompressed."""
        with self.open() as stream:
            return read_up_to(stream, size)

    def whole(self) -> bytes:
        """All bytes; InputError where they do not fit into memory at once."""
        with self.open() as stream:
            data = read_up_to(stream, MAX_WHOLE_BYTES + 1)
        if len(data) > MAX_WHOLE_BYTES:
            raise InputError(
                f"{self.path}: over {MAX_WHOLE_BYTES >> 30} GiB of a format that is read whole;"
                " split it or convert it to Parquet"
            )
        return data


def read_up_to(stream: BinaryIO, size: int) -> bytes:
    """Read until `size` bytes or the end: a decompressor may give less a call."""
    parts, left = [], size
    while left > 0 and (block := stream.read(min(left, 2**20))):
        parts.append(block)
        left -= len(block)
    return b"".join(parts)


class GuardedStream(io.RawIOBase):
    """A decompressed stream that refuses bombs and turns damage into InputError.

    compressed_bytes: how much of the compressed file has been read so far.
    """

    def __init__(
        self, inner: BinaryIO | io.RawIOBase, path: str, compressed_bytes: Callable[[], int]
    ) -> None:
        self._inner = inner
        self._path = path
        self._compressed_bytes = compressed_bytes
        self._given = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as a raw stream does."""
        try:
            block = self._inner.read(len(buffer)) or b""
        except DAMAGE as error:
            raise InputError(
                f"{self._path}: the compressed data are damaged or cut off ({error}); download the"
                " file again and compare its checksum"
            ) from None
        self._given += len(block)
        self._refuse_bomb()
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close the decompressor too."""
        if not self.closed:
            self._inner.close()
        super().close()

    def _refuse_bomb(self) -> None:
        read = max(1, self._compressed_bytes())
        swollen = self._given > RATIO_FLOOR_BYTES and self._given > MAX_RATIO * read
        if swollen or self._given > MAX_BYTES:
            raise InputError(
                f"{self._path}: {self._given:,} bytes came out of {read:,}: this looks like a"
                f" decompression bomb (limits: {MAX_RATIO}-fold, {MAX_BYTES >> 30} GiB)"
            )
