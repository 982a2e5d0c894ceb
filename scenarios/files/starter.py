"""A new scenario folder with a toy in it, commented, for its owner to replace file by file."""

import re
import shutil
from pathlib import Path

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.beside import beside

_TEMPLATE = Path(__file__).parents[1] / "template"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def new_scenario(folder: Path) -> tuple[Path, ...]:
    """Write a scenario folder that replays at once; returns its files.

    Raises InputError where the name is unfit, or something is there already.
    """
    name = folder.name
    if not _NAME.fullmatch(name):
        raise InputError(
            f'"{name}" is no name for a scenario; use letters, digits, ".", "-" and "_"'
        )
    if folder.exists() or folder.is_symlink():
        raise InputError(f"{folder} is there already; choose a name that is free")
    try:
        with beside(folder) as made:
            shutil.copytree(_TEMPLATE, made)
            head = made / "scenario.toml"
            text = head.read_text(encoding="utf-8").replace("NAME", name)
            head.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}") from error
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))
