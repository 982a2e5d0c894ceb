"""docs/pulling.md says what the tables of venues and archives say."""

import re
from pathlib import Path

from crashsim.data.fetch.archives import ARCHIVES
from crashsim.data.pull.feeds import FEEDS, SERIES

PAGE = (Path(__file__).parents[3] / "docs" / "pulling.md").read_text(encoding="utf-8")


def rows(first_column: str) -> list[list[str]]:
    """Cells of the table whose header begins with this column."""
    after = PAGE.split(f"\n| {first_column} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in after]


def test_every_venue_is_there_with_the_series_that_it_serves() -> None:
    told = {re.findall(r"`(\w+)`", cells[0])[0]: cells[1:5] for cells in rows("venue")}
    assert set(told) == set(FEEDS)
    for name, cells in told.items():
        served = tuple(
            series for series, cell in zip(SERIES, cells, strict=True) if not cell.startswith("no")
        )
        assert served == FEEDS[name].series, name


def test_every_archive_is_there_and_is_paid_for_where_it_costs() -> None:
    told = {}
    for cells in rows("archive"):
        names = re.findall(r"`([a-z-]+)`", cells[0])
        house = names[0].split("-")[0]
        for name in names:
            told[name if not name.startswith("-") else house + name] = cells[2]
    assert set(told) == set(ARCHIVES)
    for name, cost in told.items():
        assert (cost != "free") == ARCHIVES[name].paid, name
