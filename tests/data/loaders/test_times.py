"""Seven shapes of time become UTC milliseconds, and nothing else does."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashsim.data.loaders.reading.times import to_utc_ms

MS = 1_760_130_964_831  # 2025-10-10 21:16:04.831 UTC


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1760130964", MS - 831),
        ("1760130964.8317", MS),
        ("1760130964.8319999999", MS),
        ("1760130964831", MS),
        ("1760130964831999", MS),
        ("1760130964831999999", MS),
        ("2025-10-10T21:16:04.831874687", MS),
        ("2025-10-10T21:16:04.8310000", MS),
        ("2025-10-10T21:16:04Z", MS - 831),
        ("2025-10-10 21:16:04", MS - 831),
        ("2025-10-10 21:16:04.831 UTC", MS),
        ("2025-10-10 21:16:04.831+00:00", MS),
        ("2025-10-11T05:16:04.831+08:00", MS),
        ("2025-10-10 17:16:04.831-0400", MS),
        ("2025-10-10T21:16", MS - 4831),
        ("", None),
        ("yesterday", None),
        ("17601309648", None),
        ("1960-01-01 00:00:00", None),
        ("99999999999999999999", None),
        ("2025-02-30 00:00:00", None),
        ("2025-10-10 25:00:00", None),
    ],
)
def test_a_time_is_read_exactly_or_not_at_all(text: str, ms: int | None) -> None:
    assert to_utc_ms(pl.Series([text]), None, "UTC").to_list() == [ms]


def test_a_time_without_a_zone_takes_the_one_that_is_given() -> None:
    times = pl.Series(["2025-10-10 17:16:04", "2025-10-10 21:16:04 UTC"])
    assert to_utc_ms(times, None, "America/New_York").to_list() == [MS - 831] * 2


def test_a_local_time_that_comes_twice_or_never_is_no_time() -> None:
    times = pl.Series(["2025-10-26 02:30:00", "2025-03-30 02:30:00"])
    assert to_utc_ms(times, None, "Europe/Berlin").to_list() == [None, None]


def test_the_first_value_says_the_unit_and_the_others_must_agree() -> None:
    assert to_utc_ms(pl.Series([MS, MS * 1000]), None, "UTC").to_list() == [MS, None]
    assert to_utc_ms(pl.Series([MS * 1000]), "ms", "UTC").to_list() == [None]


FIRST, LAST = (datetime.fromisoformat(day) for day in ("2010-01-01", "2099-01-01"))
MOMENTS = st.datetimes(FIRST, LAST)


@given(MOMENTS, st.sampled_from(["s", "ms", "us"]))
def test_text_and_numbers_of_one_moment_agree(moment: datetime, unit: str) -> None:
    since = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    ms = since // timedelta(milliseconds=1)
    size = {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1)}
    number = since // size.get(unit, timedelta(microseconds=1))
    iso = to_utc_ms(pl.Series([moment.isoformat()]), None, "UTC").to_list()
    counted = to_utc_ms(pl.Series([number]), None, "UTC").to_list()
    assert iso == [ms]
    assert counted == [ms - ms % 1000 if unit == "s" else ms]
