"""What `--policy`, `--adl-score` and `--loss` name: changes of a venue's `[adl]` and `[loss]`."""

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from crashsim.engine.adl.policies import POLICIES, Policy
from crashsim.engine.sharing import RULES
from crashsim.lab.rules.function_files import label, score_named, sharing_named
from crashsim.scenarios import bundled_losses, load_loss
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.policy_file import load_policy
from crashsim.scenarios.files.problems import nearest
from crashsim.scenarios.models.venue import Deposits, LossPolicy, LossRules, python_function


def split(texts: Iterable[str]) -> list[str]:
    """The names in option texts, each of which may list several, separated by commas."""
    names = [name.strip() for text in texts for name in text.split(",")]
    return [name for name in names if name]


def one(text: str) -> Policy:
    """The policy of a bundled name, a TOML file, or FILE.py:FUNCTION.

    Raises InputError, and PolicyError for a score that cannot be evaluated.
    """
    if text in POLICIES:
        return POLICIES[text]
    if text.endswith(".toml"):
        return _from_toml(Path(text))
    if python_function(text) is not None:
        score_named(text)  # an error in it is told before anything runs
        return Policy(label(text), "a Python function", score=text, allocation="queue")
    raise InputError(
        f'there is no policy "{text}"{nearest(text, POLICIES)} '
        f"Bundled: {', '.join(POLICIES)}; or give a TOML file, a Python function as "
        'FILE.py:FUNCTION, or an expression with --adl-score "upnl * leverage"'
    )


def either(name: str | None, expression: str | None) -> Policy | None:
    """The policy of `--policy` or of `--adl-score`; None where neither is given."""
    if expression is not None:
        return from_expression(expression)
    return None if name is None else one(name)


def from_expression(text: str) -> Policy:
    """The policy of `--adl-score`: a queue by this expression.

    Raises PolicyError for an expression that cannot be evaluated.
    """
    score_named(text)
    return Policy(text, "an expression", score=text, allocation="queue")


def _from_toml(path: Path) -> Policy:
    found = load_policy(path)
    if found.adl.score is not None:
        score_named(found.adl.score)
    name = found.name or path.stem
    return Policy(name, f"from {path.name}", score=found.adl.score, allocation=found.adl.allocation)


def loss_names() -> list[str]:
    """Every name that `--loss` takes beside files."""
    bundled = [listing.name for listing in bundled_losses()]
    return [*get_args(LossPolicy), *get_args(Deposits), *RULES, *bundled]


def loss_rules(name: str, own: LossRules) -> LossRules:
    """The `[loss]` of a venue changed by a name, a TOML file or FILE.py:FUNCTION that shares.

    Raises InputError, and PolicyError for a function that is no such rule.
    """
    if name in get_args(LossPolicy):
        return own.model_copy(update={"policy": name})
    if name in get_args(Deposits):
        return own.model_copy(update={"deposits": name})
    if name in RULES or python_function(name) is not None:
        sharing_named(name)
        return own.model_copy(update={"policy": "share", "rule": name})
    known = loss_names()
    if name in known or name.endswith(".toml"):
        return load_loss(name)
    raise InputError(
        f'--loss {name}: there is no loss rule "{name}"{nearest(name, known)} '
        f"Known: {', '.join(known)}; or give a TOML file with a [loss] table, or a Python "
        "function that shares a loss as FILE.py:FUNCTION"
    )
