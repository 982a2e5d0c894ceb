"""Files that were cut into parts: `name.part-aa`, `name.partaa`, `name.tar.xz.001`."""

import io
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

from crashsim.scenarios.errors import InputError

_PART = re.compile(
    r".+(?:\.part[-_.]?(?P<part>[a-z]{2}|\d{1,4})"
    r"|\.(?:xz|gz|zst|lz4|bz2|zip|tar)\.(?P<bare>a[a-z]|\d{2,4}))",
    re.IGNORECASE,
)


def parts_of(path: Path) -> list[Path]:
    """All parts of the file that this path is a part of, in order; the path alone if it is whole.

    Raises InputError where a part between the first and the last is missing.
    """
    found = _PART.fullmatch(path.name)
    if found is None:
        return [path]
    lead = path.name.removesuffix(found["part"] or found["bare"])
    beside = (each for each in path.parent.iterdir() if each.name.startswith(lead))
    places = {each.name[len(lead) :]: each for each in beside if _PART.fullmatch(each.name)}
    ordered = sorted(places, key=lambda place: (len(place), place))
    numbers = [_number(place) for place in ordered]
    first = numbers[0] if ordered[0] in ("0" * len(ordered[0]), "1".zfill(len(ordered[0]))) else 0
    for place, number, expected in zip(ordered, numbers, count(first), strict=False):
        if number != expected:
            raise InputError(f"{path.parent / lead}{place}: the part before it is missing")
    return [places[place] for place in ordered]


def _number(place: str) -> int:
    """aa, ab, ... as 0, 1, ...; digits as their number."""
    if place.isdecimal():
        return int(place)
    number = 0
    for letter in place.lower():
        number = number * 26 + ord(letter) - ord("a")
    return number


class JoinedFile(io.RawIOBase):
    """The bytes of files one after the other, forwards only; says how far it has been read."""

    def __init__(self, paths: list[Path], at_byte: Callable[[int], None]) -> None:
        self._files = [path.open("rb", buffering=0) for path in paths]
        self._at_byte = at_byte
        self._done = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as a raw stream does."""
        while self._files:
            count = self._files[0].readinto(buffer) or 0
            if count:
                self._done += count
                self._at_byte(self._done)
                return count
            self._files.pop(0).close()
        return 0

    def close(self) -> None:
        """Close what is still open."""
        for file in self._files:
            file.close()
        super().close()
