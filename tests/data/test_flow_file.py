from collections.abc import Callable
from pathlib import Path

import pytest

from crashsim.data import Flows, read_book, read_flow_file, read_flows, read_tape
from crashsim.data.book.flow_file import load_flows
from crashsim.data.schema import FLOW_COLUMNS
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Write = Callable[[str, str], Path]
Build = Callable[..., Scenario]
HEADER = "time,account,kind,amount"


@pytest.fixture
def built(write: Write, scenario: Build) -> Callable[[str], Scenario]:
    def _built(flows: str) -> Scenario:
        write("prices.csv", "time,market,mark,volume_usd\n2025-10-10T21:00Z,X,1,0")
        write("book/accounts.csv", "account,cash\na,1")
        write("book/positions.csv", "account,market,size,entry_price\na,X,1,1")
        return scenario(flows={"path": write("flows.csv", flows)}, head={"step": "1m"})

    return _built


def _read(scenario: Scenario) -> Flows:
    tape = read_tape(scenario)
    return read_flows(scenario, read_book(scenario, tape), tape)


def test_flows_are_sorted_by_time_then_file_order(built: Callable[[str], Scenario]) -> None:
    rows = "2025-10-10T21:02Z,a,deposit,1\n2025-10-10T21:01Z,a,withdrawal,2\n"
    rows += "2025-10-10T23:01+02:00,a,deposit,3"
    frame = _read(built(f"{HEADER}\n{rows}")).frame
    assert dict(frame.schema) == dict(FLOW_COLUMNS)
    assert frame["amount"].to_list() == [2, 3, 1]
    assert frame["kind"].to_list() == ["withdrawal", "deposit", "deposit"]


def test_flows_from_the_first_to_the_last_step_count_and_later_ones_are_noted(
    built: Callable[[str], Scenario],
) -> None:
    rows = "\n".join(f"2025-10-10T21:{m:02d}Z,a,deposit,{m + 1}" for m in (0, 10, 11))
    scenario = built(f"{HEADER}\n{rows}")
    tape = read_tape(scenario)
    reading = load_flows(scenario, read_book(scenario, tape), tape)
    assert reading.flows.frame["amount"].to_list() == [1, 11]
    note = "flows after the last step 2025-10-10T21:10:00Z, not applied: 1"
    assert reading.files[0].notes == (note,)
    assert reading.files[0].rows == 3


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "2025-10-10T20:59Z,a,deposit,1",
            "expected a time from the first step 2025-10-10T21:00:00Z on",
        ),
        ("2025-10-10T21:01Z,z,deposit,1", 'account is "z", expected an account of the book (book)'),
        ("2025-10-10T21:01Z,a,gift,1", 'kind is "gift", expected deposit or withdrawal'),
        ("2025-10-10T21:01Z,a,,1", "kind is empty, expected deposit or withdrawal"),
        ("2025-10-10T21:01Z,a,deposit,0", 'amount is "0", expected a number of USD above 0'),
        ("2025-10-10T21:01Z,a,deposit,-5", 'amount is "-5", expected a number of USD above 0'),
        ("2025-10-10T21:01Z,a,deposit,", "amount is empty, expected a number of USD above 0"),
        ("2025-10-10T21:01Z,a,deposit,nan", 'amount is "nan", expected a number of USD above 0'),
        ("noon,a,deposit,1", 'time is "noon", expected an ISO time'),
    ],
)
def test_an_unfit_flow_is_named_by_line_and_value(
    built: Callable[[str], Scenario], row: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        _read(built(f"{HEADER}\n2025-10-10T21:01Z,a,deposit,1\n{row}"))
    assert "flows.csv, line 3: " in str(caught.value)
    assert message in str(caught.value)


def test_columns_of_a_flow_file_are_the_contracts(write: Write) -> None:
    with pytest.raises(InputError, match="has no column amount"):
        read_flow_file(write("f.csv", "time,account,kind\n2025-10-10T21:01Z,a,deposit"))
    with pytest.raises(InputError, match='line 2: currency is "EUR", expected a dollar'):
        read_flow_file(write("f.csv", f"{HEADER},currency\n2025-10-10T21:01Z,a,deposit,1,EUR"))


def test_a_file_with_only_a_header_and_no_file_at_all_are_no_flows(
    write: Write, built: Callable[[str], Scenario], scenario: Build
) -> None:
    assert read_flow_file(write("f.csv", HEADER)).frame.is_empty()
    assert _read(built(HEADER)).frame.is_empty()
    without = _read(scenario(head={"step": "1m"})).frame
    assert without.is_empty()
    assert dict(without.schema) == dict(FLOW_COLUMNS)
