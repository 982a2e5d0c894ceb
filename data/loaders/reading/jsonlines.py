"""JSON lines with a typed decoder, streamed."""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
import polars as pl

from crashsim.data.loaders.reading.blob import MAX_WHOLE_BYTES, Blob
from crashsim.scenarios.errors import InputError

T = TypeVar("T")


def json_lines(
    blob: Blob, kind: type[T], lead: re.Pattern[bytes] | None = None
) -> Iterator[tuple[int, T]]:
    """(line number from 1, record) of every line that is not blank.

    lead: what may stand before a record. Numbers may be written as text. Raises InputError for a
    line that is not JSON of this type.
    """
    decoder = msgspec.json.Decoder(kind, strict=False)
    with blob.open() as stream:
        number = 0
        while line := stream.readline(MAX_WHOLE_BYTES):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if lead:
                line = lead.sub(b"", line, count=1)
            if line and not line.isspace():
                yield number, _decode(decoder, line, blob, f"line {number}")


def json_value(blob: Blob, kind: type[T]) -> T:
    """The one JSON value of a blob that is read whole."""
    data = blob.whole().removeprefix(b"\xef\xbb\xbf")
    return _decode(msgspec.json.Decoder(kind, strict=False), data, blob, "content")


def _decode(decoder: "msgspec.json.Decoder[T]", data: bytes, blob: Blob, where: str) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"{blob.path}: {where}: not a record of this format ({error}); is the file cut off?"
        ) from None


def finite(frame: pl.DataFrame, blob: Blob) -> pl.DataFrame:
    """The frame; InputError where one of its numbers is not finite."""
    for name, dtype in frame.schema.items():
        if dtype.is_float() and not frame[name].is_finite().fill_null(True).all():
            raise InputError(f"{blob.path}: {name} holds a number that is not finite")
    return frame


def epoch_times(values: list[int] | pl.Series, blob: Blob) -> pl.Series:
    """UTC times of epoch milliseconds, InputError outside 2009-2100."""
    from crashsim.data.loaders.reading.times import to_utc_ms
    from crashsim.data.schema import TIME

    ms = to_utc_ms(pl.Series(values, dtype=pl.Int64), "ms", "UTC")
    if ms.null_count():
        bad = values[int(ms.is_null().arg_max() or 0)]
        raise InputError(f"{blob.path}: time {bad} is not milliseconds between 2009 and 2100")
    return ms.cast(TIME)


def text_times(values: list[str], blob: Blob) -> pl.Series:
    """UTC times of ISO text (no zone: UTC), InputError for anything else."""
    from crashsim.data.loaders.reading.times import to_utc_ms
    from crashsim.data.schema import TIME

    ms = to_utc_ms(pl.Series(values, dtype=pl.String), None, "UTC")
    if ms.null_count():
        bad = values[int(ms.is_null().arg_max() or 0)]
        raise InputError(f"{blob.path}: {bad!r} is not a time")
    return ms.cast(TIME)
