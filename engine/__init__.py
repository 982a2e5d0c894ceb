"""Pure array arithmetic: the replay and its rules.

from crashsim import engine
outcome = engine.replay(tape, book, flows, venue, seed=7)       # tables as Polars frames
engine.summarise(engine.Replayed(outcome, tape))["debt_usd"]    # every metric of engine.METRICS
"""

from typing import TYPE_CHECKING

# Not lazy: `engine.replay` is a module too, and whoever imports that one first would get it here.
from crashsim.engine.record.outcome import Outcome as Outcome
from crashsim.engine.replay import replay as replay
from crashsim.lazy import attach

if TYPE_CHECKING:
    from crashsim.engine.adl.policies import POLICIES as POLICIES
    from crashsim.engine.adl.scores import compile_score as compile_score
    from crashsim.engine.errors import ConservationError as ConservationError
    from crashsim.engine.errors import PolicyError as PolicyError
    from crashsim.engine.measure.metrics import METRICS as METRICS
    from crashsim.engine.measure.metrics import Metric as Metric
    from crashsim.engine.measure.metrics import Replayed as Replayed
    from crashsim.engine.measure.metrics import summarise as summarise
    from crashsim.engine.readings.statement import statement_of as statement_of
    from crashsim.engine.record.tables import TABLES as TABLES
    from crashsim.engine.winners import allocate as allocate
    from crashsim.engine.winners import solvent_winners as solvent_winners
else:
    __getattr__, __dir__, __all__ = attach(__name__, __file__)
