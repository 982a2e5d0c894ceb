"""What `--policy` and `--adl-score` name: a bundled policy, an expression, a TOML, or Python."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from crashsim.engine.adl.policies import POLICIES, Policy
from crashsim.engine.adl.score_functions import FunctionScore, function_score
from crashsim.engine.adl.scores import compile_score
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.policy_file import load_policy
from crashsim.scenarios.files.problems import nearest


@dataclass(frozen=True)
class FunctionFile:
    """A Python function that ranks candidates, and the file it stands in.

    sha256: of the file's bytes when it was named, for the manifest.
    """

    path: Path
    function: str
    sha256: str

    @property
    def label(self) -> str:
        """How outputs and errors call it."""
        return f"{self.path.name}:{self.function}"


@dataclass(frozen=True)
class PolicySource:
    """A policy as it was named: the patch it makes, and the function where it is Python."""

    policy: Policy
    file: FunctionFile | None = None


def one(text: str) -> PolicySource:
    """The policy of a bundled name, a TOML file, or FILE.py:FUNCTION. Raises InputError."""
    path, colon, function = text.rpartition(":")
    if colon and path.endswith(".py"):
        return _from_python(Path(path), function)
    if text.endswith(".toml"):
        return _from_toml(Path(text))
    if text in POLICIES:
        return PolicySource(POLICIES[text])
    raise InputError(
        f'there is no policy "{text}"{nearest(text, POLICIES)} '
        f"Bundled: {', '.join(POLICIES)}; or give a TOML file, a Python function as "
        'FILE.py:FUNCTION, or an expression with --adl-score "upnl * leverage"'
    )


def from_expression(text: str) -> PolicySource:
    """The policy of `--adl-score`: a queue by this expression.

    Raises PolicyError for an expression that cannot be evaluated.
    """
    compile_score(text)
    return PolicySource(Policy(text, "an expression", score=text, allocation="queue"))


def _from_toml(path: Path) -> PolicySource:
    found = load_policy(path)
    if found.adl.score is not None:
        compile_score(found.adl.score)
    name = found.name or path.stem
    return PolicySource(
        Policy(name, f"from {path.name}", score=found.adl.score, allocation=found.adl.allocation)
    )


def _from_python(path: Path, function: str) -> PolicySource:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"--policy {path}: cannot be read: {error.strerror}") from None
    file = FunctionFile(path.absolute(), function, hashlib.sha256(content).hexdigest())
    load_function(file)  # an error in it is told before anything runs
    return PolicySource(Policy(file.label, "a Python function", allocation="queue"), file)


def load_function(file: FunctionFile) -> FunctionScore:
    """Run the file and take its function as a score.

    Raises InputError where the file cannot be run or has no such function, and PolicyError for a
    function that is no score.
    """
    spec = importlib.util.spec_from_file_location(f"crashsim_policy_{file.sha256[:12]}", file.path)
    assert spec is not None and spec.loader is not None  # a .py path always has a loader
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(
            f"--policy {file.path.name}: cannot be run: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, file.function, None)
    if not callable(function):
        found = [name for name, value in vars(module).items() if callable(value)]
        raise InputError(
            f"--policy {file.label}: the file has no function {file.function}"
            f"{nearest(file.function, found)}"
        )
    return function_score(file.label, function)
