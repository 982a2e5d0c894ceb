"""Members of a tar archive as it is unpacked, in one pass."""

import io
import tarfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from crashsim.data.loaders.reading.blob import (
    DAMAGE,
    HEAD_BYTES,
    Blob,
    GuardedStream,
    read_up_to,
)
from crashsim.scenarios.errors import InputError


def tar_members(blob: Blob) -> Iterator[Blob]:
    """Members in the order of the archive, read in place: nothing is written to disk.

    A member that is read before the next is asked for is unpacked once.
    """
    with blob.open() as stream:
        for number, (member, content) in enumerate(_each_file(blob, stream)):
            name = _safe_member(blob, member)
            opened = _Member(blob, number, member.size, content)
            yield Blob(PurePosixPath(name).name, f"{blob.path}:{name}", opened.open)
            opened.pass_by()


def _each_file(blob: Blob, stream: BinaryIO) -> Iterator[tuple[tarfile.TarInfo, BinaryIO]]:
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    yield member, cast(BinaryIO, archive.extractfile(member))
    except DAMAGE as error:
        raise InputError(f"{blob.path}: not a whole tar archive ({error})") from None


def _safe_member(blob: Blob, member: tarfile.TarInfo) -> str:
    """The name of a member that stays inside; `tarfile.data_filter` is not in every Python 3.11."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(
            f"{blob.path}: unsafe archive member ({member.name!r} would be outside of the archive)"
        )
    return member.name


class _Member:
    """A member of a tar that is being unpacked: read once as it comes, else unpacked again.

    Its beginning is kept, so that a look at it does not use up the one reading.
    """

    def __init__(self, blob: Blob, number: int, size: int, live: BinaryIO) -> None:
        self._blob, self._number, self._size = blob, number, size
        self._head = read_up_to(live, HEAD_BYTES)
        self._live: BinaryIO | None = live

    def open(self) -> BinaryIO:
        """The content from its start."""
        raw = GuardedStream(_Resumed(self._head, self._rest), self._blob.path, lambda: self._size)
        return cast(BinaryIO, io.BufferedReader(raw, 2**20))

    def pass_by(self) -> None:
        """The archive goes on: what was not read of the member has to be unpacked again."""
        self._live = None

    def _rest(self) -> BinaryIO:
        """What follows the kept beginning."""
        if self._live is not None:
            live, self._live = self._live, None
            return live
        stream = self._blob.open()
        again = islice(_each_file(self._blob, stream), self._number, None)
        member = next(again, None)
        if member is None:
            raise EOFError("a member is gone")
        read_up_to(member[1], len(self._head))
        return cast(BinaryIO, Owning(member[1], stream, again))


class _Resumed(io.RawIOBase):
    """A kept beginning, and the rest, which is opened when the beginning is used up."""

    def __init__(self, head: bytes, open_rest: Callable[[], BinaryIO]) -> None:
        self._head = io.BytesIO(head)
        self._open_rest = open_rest
        self._rest: BinaryIO | None = None
        self._whole = len(head) < HEAD_BYTES

    def read(self, size: int = -1) -> bytes:
        block = self._head.read(size)
        if block or self._whole:
            return block
        self._rest = self._rest or self._open_rest()
        return self._rest.read(size)

    def close(self) -> None:
        if not self.closed and isinstance(self._rest, Owning):
            self._rest.close()
        super().close()


class Owning(io.RawIOBase):
    """A member's stream that closes the archive's stream with itself, and keeps `held` alive."""

    def __init__(self, inner: object, owned: BinaryIO, held: object = None) -> None:
        self._inner = cast(BinaryIO, inner)
        self._owned = owned
        self._held = held

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As the member's stream does."""
        return self._inner.read(size)

    def close(self) -> None:
        """Close both."""
        if not self.closed:
            self._inner.close()
            self._owned.close()
        super().close()
