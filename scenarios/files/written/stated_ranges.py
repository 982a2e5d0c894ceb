"""Whether the ranges that a file states are about numbers of it, and lie around them."""

from collections.abc import Iterator

from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.files.problems import dotted, found, nearest
from crashsim.scenarios.models.notes import Notes, ScenarioNotes
from crashsim.scenarios.models.sources import leaves


def range_faults(document: Document, notes: Notes) -> Iterator[str]:
    """A sentence for each range of the notes that does not fit the file's own values."""
    stated = {dotted(key): value for key, value in leaves(document.tables)}
    numbers = [key for key, value in stated.items() if _number(value) is not None]
    for key, within in notes.ranges().items():
        where = f"{document.label}: {_place(key, notes)}"
        if key not in stated:
            hint = nearest(key, numbers)
            yield f"{where}: the file states no value of that key{hint} A range is about one number"
        elif (value := _number(stated[key])) is None:
            yield f"{where}: a range is about a number, {key} is {found(stated[key])}"
        elif fault := within.fault(value):
            yield f"{where}: {fault}"
    if isinstance(notes, ScenarioNotes):
        yield from _misplaced(document, notes)


def _misplaced(document: Document, notes: ScenarioNotes) -> Iterator[str]:
    for key, note in notes.facts.items():
        if note.range is not None:
            yield (
                f"{document.label}: {dotted(('facts', key))}.range: a scenario states its ranges "
                f"in [{dotted(('uncertainty', key))}]"
            )


def _place(key: str, notes: Notes) -> str:
    if isinstance(notes, ScenarioNotes):
        return dotted(("uncertainty", key))
    return f"{dotted(('facts', key))}.range"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
