"""A scenario in, a run folder out: what runs, compares, names, writes and reads. Prints nothing."""

from typing import TYPE_CHECKING

from crashsim.lazy import attach

if TYPE_CHECKING:
    from crashsim.lab.errors import OutputError as OutputError
    from crashsim.lab.folders.run_folder import RunFolder as RunFolder
    from crashsim.lab.folders.run_names import find_run as find_run
    from crashsim.lab.folders.run_names import find_runs as find_runs
    from crashsim.lab.library.comparison_result import Comparison as Comparison
    from crashsim.lab.library.run_result import Run as Run
else:
    __getattr__, __dir__, __all__ = attach(__name__, __file__)
