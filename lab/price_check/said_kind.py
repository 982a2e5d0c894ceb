"""What files of bars say of their own prices: last prices, or marks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from crashsim.data.loaders.reading.any_table import table_rows
from crashsim.data.loaders.reading.containers import blobs_of
from crashsim.scenarios.errors import InputError

Kind = Literal["last", "mark"]
KINDS: tuple[Kind, ...] = ("last", "mark")
_COLUMNS = ("kind", "price_kind", "price_type")


def kind_of(paths: Sequence[Path], asked: Kind | None) -> Kind:
    """The kind asked for, else that which the files say, else last.

    Raises InputError where a file says another one than was asked for, or than another file.
    """
    said = {path: kind for path in paths if (kind := _said(path))}
    for path, kind in said.items():
        if asked and kind != asked:
            raise InputError(
                f"{path}: a column of it says that these are {kind} prices, found --kind {asked}; "
                f"expected --kind {kind}"
            )
    if len(set(said.values())) > 1 or ("mark" in said.values() and len(said) < len(set(paths))):
        names = ", ".join(f"{path.name} ({said.get(path, 'not said')})" for path in paths)
        raise InputError(f"{names}: not all say the same kind of prices; check them apart")
    told: Kind = next(iter(said.values()), "last")
    return asked or told


def _said(path: Path) -> Kind | None:
    """What the rows of a table say in a column of that name; None where nothing."""
    texts: set[str] = set()
    try:
        for rows in (rows for blob in blobs_of(path) for rows in table_rows(blob)):
            if name := rows.pick(_COLUMNS):
                texts.update(str(value).lower() for value in rows.frame[name].unique())
    except InputError:
        return None  # whoever reads the bars says what is wrong
    kinds: list[Kind] = [kind for kind in KINDS if any(kind in text for text in texts)]
    if len(kinds) > 1:
        raise InputError(f"{path}: a column says both marks and last; expected one: split the file")
    return kinds[0] if kinds else None
