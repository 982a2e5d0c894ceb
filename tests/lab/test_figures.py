"""How numbers and times are written for people."""

import pytest

from crashsim.lab import figures


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "-"),
        (0.0, "-"),
        (0.004, "$0.00"),
        (12.5, "$12.50"),
        (-12.5, "-$12.50"),
        (999.999, "$1,000.00"),
        (1000.4, "$1,000"),
        (-1_234_567.89, "-$1,234,568"),
    ],
)
def test_dollars(amount: float | None, text: str) -> None:
    assert figures.usd(amount) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (
            "2025-10-10T20:45:00Z",
            "2025-10-10T22:00:00Z",
            "2025-10-10 20:45 to 22:00 UTC",
        ),
        (
            "2025-10-10T23:59:30Z",
            "2025-10-11T00:00:00Z",
            "2025-10-10 23:59:30 to 2025-10-11 00:00:00 UTC",
        ),
    ],
)
def test_windows(start: str, end: str, text: str) -> None:
    assert figures.span(start, end) == text


def test_counts_have_the_right_number_of_their_noun() -> None:
    assert figures.many(1, "market") == "1 market"
    assert figures.many(4501, "step") == "4,501 steps"
    assert figures.many(0, "deposit or withdrawal", "deposits and withdrawals").startswith("0 dep")


def test_a_residual_is_a_bound_or_a_number() -> None:
    assert figures.residual(3.2e-15) == "under 1e-12"
    assert figures.residual(4.56e-10) == "4.6e-10"


def test_long_addresses_are_shortened_and_short_names_are_not() -> None:
    assert figures.short_account("0x1234567890abcdef1234567890abcdef12345678") == "0x123456…345678"
    assert figures.short_account("acct-00042") == "acct-00042"


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (0, "$0"),
        (999.6, "$1k"),
        (1234.5, "$1.2k"),
        (-7.5e6, "-$7.5m"),
        (99.96e6, "$100m"),
        (19.1e9, "$19.1bn"),
        (4.2, "$4.20"),
        (6.000001, "$6"),
        (-1e-9, "$0"),
        (-0.0, "$0"),
    ],
)
def test_dollars_in_few_characters(amount: float, written: str) -> None:
    assert figures.short_usd(amount) == written


def test_lengths_and_sizes_have_the_unit_that_fits() -> None:
    assert [figures.duration(s) for s in (2.4, 89.0, 90.0, 600.0)] == [
        "2 s",
        "89 s",
        "2 min",
        "10 min",
    ]
    assert figures.megabytes(6_000_000) == "6.0 MB"
    assert figures.megabytes(1_250_000_000) == "1.25 GB"
