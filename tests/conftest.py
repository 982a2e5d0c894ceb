"""Hypothesis budgets, and the run folder made by hand that cli and lab share.

Budgets are small and the same every time, or CRASHSIM_HYPOTHESIS_EXAMPLES of them. Shrinking a
replay takes minutes, so only the second does it.
"""

import os

from hypothesis import HealthCheck, Phase, settings

from tests.hand_made import hand_made

__all__ = ["hand_made"]

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "ci",
    max_examples=40,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=SLOW_IS_FINE,
)
settings.register_profile(
    "many",
    max_examples=int(os.environ.get("CRASHSIM_HYPOTHESIS_EXAMPLES", "1000")),
    deadline=None,
    suppress_health_check=SLOW_IS_FINE,
    print_blob=True,
)
settings.load_profile("many" if "CRASHSIM_HYPOTHESIS_EXAMPLES" in os.environ else "ci")
