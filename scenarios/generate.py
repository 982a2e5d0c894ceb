"""Parameters of the seeded generators of a bundled tape, book and flows."""

from crashsim.scenarios.venue import Rules


class Anchors(Rules):
    """`[prices.anchors]`: the path through published price anchors."""


class Population(Rules):
    """`[book.generate]`: a seeded population of accounts."""


class FlowSample(Rules):
    """`[flows.generate]`: a seeded sample of deposits and withdrawals."""
