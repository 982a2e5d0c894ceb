"""Replay historical crypto crashes under configurable rules.

    import crashsim
    run = crashsim.replay("oct11", venue="binance")     # a Run: tables, metrics, save(), report()
    crashsim.compare("oct11", policies=["pro_rata"])    # a Comparison
    crashsim.open_run("runs/oct11-binance-0a1b2c3d")    # a Run again
    crashsim.load("oct11")                              # a scenario, checked, not replayed

The rooms are `crashsim.scenarios` (facts), `data` (files to checked inputs), `engine` (arithmetic)
and `lab` (a scenario in, a run folder out). All of it is imported when first asked for.
"""

from typing import TYPE_CHECKING

from crashsim.lazy import attach

if TYPE_CHECKING:
    from crashsim import data as data
    from crashsim import engine as engine
    from crashsim import lab as lab
    from crashsim import scenarios as scenarios
    from crashsim.engine.errors import ConservationError as ConservationError
    from crashsim.engine.errors import PolicyError as PolicyError
    from crashsim.front_door import compare as compare
    from crashsim.front_door import load as load
    from crashsim.front_door import open_run as open_run
    from crashsim.front_door import replay as replay
    from crashsim.lab.errors import OutputError as OutputError
    from crashsim.lab.library.comparison_result import Comparison as Comparison
    from crashsim.lab.library.run_result import Run as Run
    from crashsim.scenarios.errors import InputError as InputError
    from crashsim.version import __version__ as __version__
else:
    __getattr__, __dir__, __all__ = attach(__name__, __file__)
