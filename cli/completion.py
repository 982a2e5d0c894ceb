"""What the Tab key offers. A list is read when it is asked for: `--help` pays for none."""

from collections.abc import Iterable, Iterator
from pathlib import Path

Offer = tuple[str, str]  # a word, and what is said about it

_RUNS = Path("runs")


def scenarios(incomplete: str) -> list[Offer]:
    """Bundled scenarios, and folders and files with one."""
    from crashsim.scenarios.bundled import bundled_scenarios

    bundled = [(found.name, found.title) for found in bundled_scenarios()]
    return [*_beginning(bundled, incomplete), *_files(incomplete, ".toml")]


def venues(incomplete: str) -> list[Offer]:
    """Bundled venues, and TOML files."""
    from crashsim.scenarios.bundled import bundled_venues

    bundled = [(found.name, found.title) for found in bundled_venues()]
    return [*_beginning(bundled, incomplete), *_files(incomplete, ".toml")]


def policies(incomplete: str) -> list[Offer]:
    """Bundled policies, and files that may hold one of the user's."""
    from crashsim.engine.adl.policies import POLICIES

    bundled = [(policy.name, policy.description) for policy in POLICIES.values()]
    return [*_beginning(bundled, incomplete), *_files(incomplete, ".toml", ".py")]


def losses(incomplete: str) -> list[Offer]:
    """Who bears losses, rules that share them, bundled ones, and files."""
    from crashsim.lab.rules.policy_sources import loss_names

    names = [(name, "") for name in loss_names()]
    return [*_beginning(names, incomplete), *_files(incomplete, ".toml", ".py")]


def sharing_rules(incomplete: str) -> list[Offer]:
    """Rules that share a loss, and files that may hold one of the user's."""
    from crashsim.engine.sharing import RULES

    rules = [(name, (rule.__doc__ or "").partition("\n")[0]) for name, rule in RULES.items()]
    return [*_beginning(rules, incomplete), *_files(incomplete, ".py")]


def allocations(incomplete: str) -> list[Offer]:
    """What lays a deficit on a table of winners: rules that share it, and rankings."""
    rules = [offer for offer in sharing_rules(incomplete) if offer[0] != "queue"]
    return list(dict([*rules, *policies(incomplete)]).items())


def runs(incomplete: str) -> list[Offer]:
    """Names under runs/, and folders."""
    made = [(folder.parent.name, "") for folder in sorted(_RUNS.glob("*/manifest.json"))]
    return [*_beginning(made, incomplete), *_files(incomplete)]


def feeds(incomplete: str) -> list[Offer]:
    """Venues that `crashsim data pull` asks."""
    from crashsim.data.pull.feeds import FEEDS

    return _beginning([(name, "") for name in FEEDS], incomplete)


def archives(incomplete: str) -> list[Offer]:
    """Archives that `crashsim data fetch` takes files from."""
    from crashsim.data.fetch.archives import ARCHIVES

    return _beginning([(name, found.what) for name, found in ARCHIVES.items()], incomplete)


def metrics(incomplete: str) -> list[Offer]:
    """Metrics of a run and of a comparison."""
    from crashsim.engine.measure.metrics import COMPARISON_METRICS

    return _beginning(
        [(name, found.unit) for name, found in COMPARISON_METRICS.items()], incomplete
    )


def _beginning(offers: Iterable[Offer], incomplete: str) -> list[Offer]:
    return [offer for offer in offers if offer[0].startswith(incomplete)]


def _files(incomplete: str, *suffixes: str) -> Iterator[Offer]:
    """Folders, and files with one of these suffixes, whose path begins so."""
    if not incomplete:
        return  # names come first; a path is offered once it is begun
    folder, slash, start = incomplete.rpartition("/")
    place = Path(f"{folder}{slash}" or ".")
    if not place.is_dir():
        return
    for path in sorted(place.iterdir()):
        if not path.name.startswith(start) or (path.name.startswith(".") and not start):
            continue
        if path.is_dir():
            yield f"{folder}{slash}{path.name}/", ""
        elif path.suffix in suffixes:
            yield f"{folder}{slash}{path.name}", ""
