"""Rules that a venue names by a text, made ready to run: bundled, an expression, or Python.

`FILE.py:FUNCTION` is read from where the program runs, as any path on the command line.
"""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crashsim.engine.adl.score_functions import function_score
from crashsim.engine.adl.scores import Score, compile_score
from crashsim.engine.sharing import Rule, function_rule, rule_named
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import nearest
from crashsim.scenarios.models.venue import Venue, python_function


@dataclass(frozen=True)
class FunctionFile:
    """A Python function and the file it stands in, without its folders, for the manifest."""

    name: str
    function: str
    sha256: str


@dataclass(frozen=True)
class FunctionFiles:
    """The files of a venue's rules that are Python."""

    policy_file: FunctionFile | None = None
    loss_file: FunctionFile | None = None

    def as_json(self) -> dict[str, dict[str, str]]:
        """Those that there are."""
        return {key: file for key, file in asdict(self).items() if file is not None}


NO_FILES = FunctionFiles()


@dataclass(frozen=True)
class Ready:
    """What ranks under a venue's rules, what shares losses, and the Python among them."""

    score: Score
    sharing: Rule
    files: FunctionFiles


def ready(venue: Venue) -> Ready:
    """The rules that this venue names.

    Raises PolicyError for a name or an expression that is no rule and for a function that is unfit,
    and InputError for a file that cannot be run.
    """
    score, policy_file = score_named(venue.adl.score)
    sharing, loss_file = sharing_named(venue.loss.rule)
    return Ready(score, sharing, FunctionFiles(policy_file, loss_file))


def score_named(text: str) -> tuple[Score, FunctionFile | None]:
    """The score of `adl.score`, and its file where it is Python. Raises as `ready`."""
    if found := python_function(text):
        function, file = _load(*found)
        return function_score(f"{file.name}:{file.function}", function), file
    return compile_score(text), None


def sharing_named(text: str) -> tuple[Rule, FunctionFile | None]:
    """The rule of `loss.rule`, and its file where it is Python. Raises as `ready`."""
    if found := python_function(text):
        function, file = _load(*found)
        return function_rule(f"{file.name}:{file.function}", function), file
    return rule_named(text), None


def label(text: str) -> str:
    """How outputs and errors call a rule: a Python one without its folders."""
    return Path(text).name if python_function(text) else text


def _load(path: Path, name: str) -> tuple[Callable[..., Any], FunctionFile]:
    """Run a file and take its function."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    file = FunctionFile(path.name, name, hashlib.sha256(content).hexdigest())
    spec = importlib.util.spec_from_file_location(f"crashsim_rule_{file.sha256[:12]}", path)
    assert spec is not None and spec.loader is not None  # a .py path always has a loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"{path.name}: cannot be run: {type(error).__name__}: {error}") from error
    function = getattr(module, name, None)
    if not callable(function):
        known = [word for word, value in vars(module).items() if callable(value)]
        raise InputError(
            f"{path.name}:{name}: the file has no function {name}{nearest(name, known)}"
        )
    return function, file
