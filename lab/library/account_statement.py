"""One account's statement out of a run's tables."""

from crashsim.engine.readings import Tables
from crashsim.engine.readings.statement import Statement, statement_of
from crashsim.scenarios.errors import InputError


def statement_in(tables: Tables, account: str, run: str) -> Statement:
    """The statement of an account. run: how an error calls the run.

    Raises InputError for an account that is not in the book.
    """
    found = statement_of(tables, account)
    if found is None:
        known = tables["accounts"]["account"].head(3).to_list()
        raise InputError(
            f'{run} has no account "{account}"; its accounts are named like '
            f"{', '.join(known)} (accounts.parquet lists all)"
        )
    return found
