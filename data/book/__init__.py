"""The book of a scenario: accounts, positions, deposits and withdrawals."""
