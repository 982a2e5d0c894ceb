"""What comes with the program: scenarios, venues and loss rules, by name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import nearest

_ROOM = Path(__file__).parent
_ALIASES = {"oct10": "oct11"}  # the night began on the tenth (UTC) and ended on the eleventh (Asia)


@dataclass(frozen=True)
class Listing:
    """A bundled file: the name to ask for it by, its title and where it lies."""

    name: str
    title: str
    path: Path


def bundled_scenarios() -> tuple[Listing, ...]:
    """The bundled scenarios, by name."""
    return _listings(scenario_files())


def bundled_venues() -> tuple[Listing, ...]:
    """The bundled venues, by name."""
    return _listings(venue_files())


def bundled_losses() -> tuple[Listing, ...]:
    """The bundled `[loss]` rules, by name."""
    return _listings(loss_files())


def scenario_files() -> dict[str, Path]:
    """Bundled scenarios: name -> file."""
    paths = _ROOM.glob("bundled/*/scenario.toml")
    return {path.parent.name: path for path in sorted(paths)}


def venue_files() -> dict[str, Path]:
    """Bundled venues: name -> file."""
    return {path.stem: path for path in sorted(_ROOM.glob("venues/*.toml"))}


def margin_files() -> dict[str, Path]:
    """Bundled files of margin tables: the venue's name -> file."""
    return {path.stem: path for path in sorted(_ROOM.glob("venues/*.csv"))}


def loss_files() -> dict[str, Path]:
    """Bundled `[loss]` rules: name -> file."""
    return {path.stem: path for path in sorted(_ROOM.glob("losses/*.toml"))}


def _listings(files: Mapping[str, Path]) -> tuple[Listing, ...]:
    return tuple(Listing(name, _title(path), path) for name, path in files.items())


def _title(path: Path) -> str:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return str(tables.get("scenario", tables).get("title", ""))


@dataclass(frozen=True)
class Located:
    """A file to read, and how errors name it."""

    path: Path
    label: str


def locate_scenario(name_or_path: str | Path) -> Located:
    """A bundled name, a folder with a scenario.toml, or a path to such a file.

    Raises InputError where it is none of them.
    """
    bundled = scenario_files()
    name = _ALIASES.get(str(name_or_path), str(name_or_path))
    if isinstance(name_or_path, str) and name in bundled:
        return Located(bundled[name], f"scenario {name}")
    path = Path(name_or_path)
    if path.is_dir():
        path /= "scenario.toml"
    if path.is_file():
        return Located(path.absolute(), str(path))
    if path.name == "scenario.toml" and path.parent.is_dir():
        raise InputError(f"{path}: no such file; a scenario is a folder with a scenario.toml")
    raise InputError(_unknown("scenario", name, bundled, "a folder or a scenario.toml"))


def locate_venue(name_or_path: str | Path, folder: Path) -> Located:
    """A bundled venue's name, or a path to a TOML, relative to `folder`.

    Raises InputError where it is neither.
    """
    return _locate("venue", venue_files(), name_or_path, folder)


def locate_loss(name_or_path: str | Path, folder: Path) -> Located:
    """A bundled `[loss]` by name, or a path to a TOML with such a table, like `locate_venue`."""
    return _locate("loss", loss_files(), name_or_path, folder)


def locate_margins(name_or_path: str | Path, folder: Path) -> Located:
    """The margin tables of a bundled venue by its name, or a path to such a CSV."""
    return _locate("file of margin tables", margin_files(), name_or_path, folder, "CSV")


def _locate(
    what: str,
    bundled: Mapping[str, Path],
    name_or_path: str | Path,
    folder: Path,
    form: str = "TOML",
) -> Located:
    name = str(name_or_path)
    if isinstance(name_or_path, str) and name in bundled:
        return Located(bundled[name], f"{what} {name}")
    path = folder / name_or_path
    if path.is_file():
        return Located(path.absolute(), _shown(path))
    raise InputError(_unknown(what, name, bundled, f"a path to a {form} file"))


def _shown(path: Path) -> str:
    """A path as its user would type it: below the working directory without that part."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _unknown(what: str, name: str, bundled: Mapping[str, Path], path_form: str) -> str:
    return (
        f'there is no {what} "{name}"{nearest(name, bundled)} '
        f"Bundled: {', '.join(bundled)}; or give {path_form}"
    )
